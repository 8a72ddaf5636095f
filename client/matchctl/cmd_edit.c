/*
 * edit: a listing as YAML in the user's editor, then what has changed as a revision. What is hidden
 * is neither shown nor sent, and so stays as it is.
 */

#include "client/matchctl/definition.h"
#include "client/matchctl/editor.h"
#include "client/matchctl/objects.h"
#include "client/matchctl/times.h"
#include "client/matchctl/yaml_file.h"
#include "client/matchctl/yaml_write.h"

#include <inttypes.h>
#include <stdio.h>

/* The keys of a listing that can be edited, in the order shown. */
static const char *const keys[] = {"title",	  "text",   "language", "valid_from",
				   "valid_until", "fields", "variants"};
enum { WHY = BOTH_RU };
enum { N_KEYS = sizeof keys / sizeof *keys };

struct edit {
	struct tool *tool;
	struct mp shown;      /* the listing as matchd has it */
	struct mp definition; /* of its exchange */
	struct buf text;      /* as first given to the editor */
	struct buf before;    /* the same, read back: what "unchanged" means */
};

static void
put(struct buf *out, const char *text)
{
	buf_put(out, text, strlen(text));
}

static struct str
text_at(struct mp map, const char *key)
{
	struct mp at = mp_find(map, str_of(key));
	return mp_peek(&at) == MP_STR ? mp_get_str(&at) : STR_NONE;
}

/* ---- the listing as YAML ---- */

static bool
is_hidden(struct mp value)
{
	return mp_peek(&value) == MP_STR && str_eq(mp_get_str(&value), STR("(hidden)"));
}

static bool
variants_hide(struct mp variants)
{
	uint32_t n = mp_get_array(&variants);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t pairs = mp_get_map(&variants);
		for (uint32_t k = 0; k < pairs; k++) {
			mp_get_str(&variants);
			if (is_hidden(variants))
				return true;
			mp_get_raw(&variants);
		}
	}
	return false;
}

static void
put_fields(struct buf *out, const struct edit *e, struct mp fields)
{
	size_t before;
	uint32_t n = mp_get_map(&fields);
	put(out, "fields:\n");
	before = out->len;
	for (uint32_t i = 0; i < n; i++) {
		struct str name = mp_get_str(&fields);
		struct mp value = fields;
		mp_get_raw(&fields);
		if (is_hidden(value))
			continue;
		yaml_put_comment(out, 2,
				 definition_text(definition_field(e->definition, name), "title"));
		yaml_put_pair(out, 2, name, value);
	}
	if (out->len == before) {
		out->len -= strlen("\n");
		put(out, " {}\n");
	}
}

static void
put_hidden(struct buf *out, struct mp fields)
{
	uint32_t n = mp_get_map(&fields);
	for (uint32_t i = 0; i < n; i++) {
		struct str name = mp_get_str(&fields);
		struct buf line = BUF_EMPTY;
		if (is_hidden(fields)) {
			buf_put(&line, name.p, name.len);
			put(&line, TR(": hidden, and stays as it is unless you state it here",
				      ": скрыто и останется как есть, если не заполнить здесь"));
			yaml_put_comment(out, 2, buf_str(&line));
		}
		buf_free(&line);
		mp_get_raw(&fields);
	}
}

static void
put_variants(struct buf *out, struct mp variants)
{
	uint32_t n = mp_get_array(&variants);
	put(out, n > 0 ? "variants:\n" : "");
	for (uint32_t i = 0; i < n; i++) {
		put(out, "  - ");
		yaml_put_inline(out, variants);
		put(out, "\n");
		mp_get_raw(&variants);
	}
}

/* "2026-05-01T09:00:00.123Z" */
static void
put_time(struct buf *out, const char *key, struct mp value)
{
	char text[TIMES_TEXT];
	int64_t ms = mp_get_int(&value);
	times_write(ms, text);
	text[strlen("YYYY-MM-DD")] = 'T';
	if (ms % 1000 != 0)
		snprintf(text + strlen(text) - 1, sizeof text - strlen(text), ".%03dZ",
			 (int)(ms % 1000));
	put(out, key);
	put(out, ": ");
	put(out, text);
	put(out, "\n");
}

static void
put_key(struct buf *out, const struct edit *e, const char *key)
{
	struct mp value = mp_find(e->shown, str_of(key));
	switch (mp_peek(&value)) {
	case MP_STR:
		yaml_put_pair(out, 0, str_of(key), value);
		break;
	case MP_INT:
		put_time(out, key, value);
		break;
	case MP_MAP:
		put_fields(out, e, value);
		put_hidden(out, value);
		break;
	case MP_ARRAY:
		if (!variants_hide(value))
			put_variants(out, value);
		else
			yaml_put_comment(
			    out, 0,
			    str_of(
				TR("variants: some values are hidden; replace them all, or leave "
				   "them as they are",
				   "variants: есть скрытые значения; замените все варианты или "
				   "оставьте как есть")));
		break;
	default:
		break;
	}
}

static void
put_listing(struct buf *out, const struct edit *e)
{
	static const char *const named[] = {"listing", "exchange", "side", "state"};
	struct buf head = BUF_EMPTY;
	for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
		struct str text = text_at(e->shown, named[i]);
		put(&head, i > 0 ? ", " : "");
		buf_put(&head, text.p, text.len);
	}
	yaml_put_comment(out, 0, buf_str(&head));
	yaml_put_comment(
	    out, 0,
	    str_of(TR("What you take away is removed. Save to revise; leave as it is to "
		      "change nothing.",
		      "Убранное отсюда удаляется. Сохраните, чтобы изменить; оставьте "
		      "как есть, чтобы не менять.")));
	for (size_t i = 0; i < N_KEYS; i++)
		put_key(out, e, keys[i]);
	buf_free(&head);
}

/* ---- and back ---- */

/* The first document, and the first mistake. */
struct reading {
	struct buf *map;
	unsigned count;
	char mistake[WHY];
};

static int
take_document(void *arg, const struct document *d)
{
	struct reading *r = arg;
	if (r->count++ == 0)
		buf_put(r->map, d->map.p, d->map.len);
	return 0;
}

static void
take_mistake(void *arg, const char *file, unsigned line, const char *message)
{
	struct reading *r = arg;
	(void)file;
	if (!*r->mistake)
		snprintf(r->mistake, sizeof r->mistake, TR("line %u: %s", "строка %u: %s"), line,
			 message);
}

/* False with a sentence in `why`. */
static bool
read_back(struct str text, struct buf *map, char why[WHY])
{
	struct reading r = {.map = map};
	const struct document_reader reader = {take_document, take_mistake, &r};
	yaml_read("", text, &reader);
	if (!*r.mistake && r.count != 1)
		snprintf(r.mistake, sizeof r.mistake, "%s",
			 TR("there must be one listing", "здесь должно быть одно объявление"));
	memcpy(why, r.mistake, WHY);
	return !*r.mistake;
}

/* ---- what has changed ---- */

static struct str
raw_at(struct mp map, struct str key)
{
	struct mp at = mp_find(map, key);
	return mp_peek(&at) == MP_END ? STR_NONE : mp_get_raw(&at);
}

/* The fields stated now that differ, and null for those that went. */
static void
put_field_changes(struct arguments *args, struct mp before, struct mp after)
{
	struct arguments changes = ARGUMENTS_EMPTY;
	struct mp old = mp_find(before, STR("fields")), new = mp_find(after, STR("fields"));
	struct mp old_fields = old, new_fields = new;
	uint32_t n = mp_get_map(&new);
	for (uint32_t i = 0; i < n; i++) {
		struct str name = mp_get_str(&new), value = mp_get_raw(&new);
		if (str_eq(value, raw_at(old_fields, name)))
			continue;
		mp_put_str(&changes.pairs, name);
		mp_put_raw(&changes.pairs, value);
		changes.count++;
	}
	n = mp_get_map(&old);
	for (uint32_t i = 0; i < n; i++) {
		struct str name = mp_get_str(&old);
		mp_get_raw(&old);
		if (raw_at(new_fields, name).p)
			continue;
		mp_put_str(&changes.pairs, name);
		mp_put_nil(&changes.pairs);
		changes.count++;
	}
	if (changes.count > 0)
		mp_put_raw(arguments_key(args, "fields"), arguments_map(&changes));
	arguments_free(&changes);
}

/* What else has changed, as an object that object_listing takes; `fields` apart. */
static void
put_other_changes(struct arguments *object, struct mp before, struct mp after)
{
	uint32_t n = mp_get_map(&after);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&after), value = mp_get_raw(&after);
		struct str was = raw_at(before, key);
		if (str_eq(key, STR("fields")) || (was.p && str_eq(value, was)))
			continue;
		mp_put_str(&object->pairs, key);
		mp_put_raw(&object->pairs, value);
		object->count++;
	}
}

static void
put_removals(struct arguments *args, struct mp before, struct mp after)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		struct str key = str_of(keys[i]);
		if (raw_at(before, key).p && !raw_at(after, key).p &&
		    strcmp(keys[i], "fields") != 0 && strcmp(keys[i], "title") != 0)
			mp_put_nil(arguments_key(args, keys[i]));
	}
}

/* False with a sentence in `why`. */
static bool
make_revision(const struct edit *e, struct mp after, struct arguments *args, char why[WHY])
{
	struct arguments object = ARGUMENTS_EMPTY;
	struct mp before = mp_of(buf_str(&e->before));
	put_other_changes(&object, before, after);
	struct both wrong;
	bool good = object_listing(e->tool, mp_of(arguments_map(&object)), args, &wrong) == 0;
	if (!good)
		snprintf(why, WHY, "%s", both_say(&wrong));
	put_field_changes(args, before, after);
	put_removals(args, before, after);
	arguments_free(&object);
	return good;
}

/* ---- the conversation ---- */

enum answer { ANSWER_DONE, ANSWER_AGAIN, ANSWER_FAILED };

/* The refusal as the words to put above the text. */
static void
word_refusal(const struct matchd_error *error, struct buf *out)
{
	put(out, error->field);
	put(out, *error->field ? ": " : "");
	put(out, error->message);
	put(out, *error->expected ? TR("; expected: ", "; ожидается: ") : "");
	put(out, error->expected);
}

static enum answer
send_revision(struct edit *e, struct arguments *args, struct buf *complaint, int *ret_code)
{
	struct tool *t = e->tool;
	struct matchd_reply *r;
	struct matchd_error error;
	struct mp revision = mp_find(e->shown, STR("revision"));
	arguments_text(args, "listing", t->operands[0]);
	arguments_int(args, "expect_revision", mp_get_int(&revision));
	struct str map = arguments_map(args);
	int rc = matchd_call(t->client, "listing.revise", map.p, map.len, &r);
	if (rc != MATCHD_OK && rc != MATCHD_REFUSED) {
		*ret_code = ask_failed(t, rc);
		return ANSWER_FAILED;
	}
	enum answer answer = ANSWER_DONE;
	if (matchd_reply_error(r, &error)) {
		word_refusal(&error, complaint);
		*ret_code = ask_refused(t, NULL, &error);
		answer = *ret_code == EXIT_REFUSED && strcmp(error.code, "stale_revision") != 0
			     ? ANSWER_AGAIN
			     : ANSWER_FAILED;
	} else {
		struct mp now = ask_result(r, "revision");
		printf(TR("%s: revised, revision %" PRId64 "\n",
			  "%s: изменено, ревизия %" PRId64 "\n"),
		       t->operands[0], mp_get_int(&now));
		*ret_code = EXIT_DONE;
	}
	matchd_reply_free(r);
	return answer;
}

/* What came back from the editor. */
static enum answer
take_text(struct edit *e, struct str text, struct buf *complaint, int *ret_code)
{
	struct buf after = BUF_EMPTY;
	struct arguments args = ARGUMENTS_EMPTY;
	char why[WHY];
	enum answer answer = ANSWER_AGAIN;
	*ret_code = EXIT_INPUT;
	if (!read_back(text, &after, why) ||
	    !make_revision(e, mp_of(buf_str(&after)), &args, why)) {
		put(complaint, why);
	} else if (args.count == 0) {
		fputs(TR("matchctl: nothing was changed\n", "matchctl: ничего не изменено\n"),
		      stderr);
		*ret_code = EXIT_DONE;
		answer = ANSWER_DONE;
	} else {
		answer = send_revision(e, &args, complaint, ret_code);
	}
	arguments_free(&args);
	buf_free(&after);
	return answer;
}

/* What stands below the complaint that we put above it, if that is still there. */
static struct str
without(struct str complaint, struct str text)
{
	if (complaint.len == 0 || text.len < complaint.len ||
	    memcmp(text.p, complaint.p, complaint.len) != 0)
		return text;
	return (struct str){text.p + complaint.len, text.len - complaint.len};
}

/* The editor again and again, with the complaint above the text, until it is taken or given up. */
static enum answer
converse(struct edit *e, const struct editor *editor, int *ret_code)
{
	struct buf given = BUF_EMPTY, text = BUF_EMPTY, head = BUF_EMPTY, complaint = BUF_EMPTY;
	enum answer answer = ANSWER_AGAIN;
	*ret_code = EXIT_INPUT;
	buf_put(&given, e->text.data, e->text.len);
	while (answer == ANSWER_AGAIN) {
		bool good = editor_run(editor, buf_str(&given), &text);
		/* Leaving the editor without another try gives up. */
		if (!good || (head.len > 0 && str_eq(buf_str(&given), buf_str(&text)))) {
			answer = ANSWER_FAILED;
			break;
		}
		struct str body = without(buf_str(&head), buf_str(&text));
		buf_clear(&complaint);
		answer = take_text(e, body, &complaint, ret_code);
		buf_clear(&head);
		yaml_put_comment(&head, 0, buf_str(&complaint));
		buf_clear(&given);
		buf_put(&given, head.data, head.len);
		buf_put(&given, body.p, body.len);
	}
	buf_free(&given);
	buf_free(&text);
	buf_free(&head);
	buf_free(&complaint);
	return answer;
}

static int
edit(struct edit *e)
{
	char why[WHY];
	struct editor editor;
	put_listing(&e->text, e);
	if (!read_back(buf_str(&e->text), &e->before, why)) {
		fprintf(stderr, "matchctl: %s\n", why);
		return EXIT_INTERNAL;
	}
	int rc = editor_open(&editor);
	if (rc != 0) {
		fprintf(stderr, "matchctl: %s: %s\n", editor.path, strerror(rc));
		return EXIT_INTERNAL;
	}
	int code;
	if (converse(e, &editor, &code) == ANSWER_DONE)
		editor_close(&editor);
	else
		fprintf(stderr,
			TR("matchctl: not revised; your text is kept in %s\n",
			   "matchctl: не изменено; ваш текст остался в %s\n"),
			editor.path);
	return code;
}

int
cmd_edit(struct tool *t)
{
	struct edit e = {.tool = t};
	struct matchd_reply *listing = NULL, *exchange = NULL;
	struct arguments args = ARGUMENTS_EMPTY;
	char name[80];
	arguments_text(&args, "listing", t->operands[0]);
	int code = ask(t, "listing.show", &args, &listing);
	if (code == EXIT_DONE) {
		e.shown = ask_result(listing, "listing");
		struct str text = text_at(e.shown, "exchange");
		snprintf(name, sizeof name, "%.*s", STR_FMT(text));
		code = definition_ask(t, name, &exchange, &e.definition);
	}
	if (code == EXIT_DONE)
		code = edit(&e);
	arguments_free(&args);
	buf_free(&e.text);
	buf_free(&e.before);
	matchd_reply_free(listing);
	matchd_reply_free(exchange);
	return code;
}
