/*
 * template: a YAML listing to fill in, made from the exchange's definition. Every value that it
 * suggests has the form that publish takes; what may be left out is commented out.
 */

#include "client/matchctl/definition.h"
#include "client/matchctl/pager.h"
#include "client/matchctl/yaml_write.h"

#include <inttypes.h>
#include <stdio.h>

static void
put(struct buf *out, const char *text)
{
	buf_put(out, text, strlen(text));
}

static void
put_str(struct buf *out, struct str text)
{
	buf_put(out, text.p, text.len);
}

static struct str
text_at(struct mp map, const char *key)
{
	struct mp at = mp_find(map, str_of(key));
	return mp_peek(&at) == MP_STR ? mp_get_str(&at) : STR_NONE;
}

static bool
says(struct mp map, const char *key, const char *word)
{
	return str_eq(text_at(map, key), str_of(word));
}

/* ---- what stands behind a field's name ---- */

/* The first name of a map of names and titles. */
static struct str
first_name(struct mp field, const char *list)
{
	struct mp names = mp_find(field, str_of(list));
	return mp_get_map(&names) > 0 ? mp_get_str(&names) : STR_NONE;
}

static void
put_example(struct buf *out, struct mp field)
{
	static const struct {
		const char *type, *example;
	} examples[] = {
	    {"flag", "true"},
	    {"number", "100"},
	    {"money", "1000"},
	    {"date", "2027-12-31"},
	    {"dimensions", "[300, 200, 100]"},
	    {"geo", "{lat: 55.7558, lon: 37.6173, radius_km: 50}"},
	    {"code", "[CODE]"},
	};
	struct str type = text_at(field, "type");
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
		if (str_eq(type, str_of(examples[i].type))) {
			put(out, examples[i].example);
			return;
		}
	bool ordinal = str_eq(type, STR("ordinal"));
	struct str name = first_name(field, ordinal ? "labels" : "values");
	put(out, ordinal ? "" : "[");
	yaml_put_text(out, name.p ? name : STR("word"));
	put(out, ordinal ? "" : "]");
}

/* "steel (Steel), brass (Brass)" */
static void
put_names(struct buf *out, struct mp field, const char *list)
{
	struct mp names = mp_find(field, str_of(list));
	uint32_t n = mp_get_map(&names);
	for (uint32_t i = 0; i < n; i++) {
		struct str name = mp_get_str(&names), title = definition_pick(names);
		mp_get_raw(&names);
		put(out, i > 0 ? ", " : "");
		put_str(out, name);
		if (title.p && !str_eq(title, name)) {
			put(out, " (");
			put_str(out, title);
			put(out, ")");
		}
	}
}

static void
put_units(struct buf *out, struct mp field)
{
	struct str unit = text_at(field, "unit"), currency = text_at(field, "currency");
	struct mp units = mp_find(field, STR("units"));
	uint32_t n = mp_get_array(&units);
	if (unit.p) {
		put(out, TR(", in ", ", единица: "));
		put_str(out, unit);
	}
	for (uint32_t i = 0; i < n; i++) {
		put(out, TR(" or ", " или "));
		put_str(out, mp_get_str(&units));
	}
	if (n > 0)
		put(out, TR(" by {value: …, unit: …}", " через {value: …, unit: …}"));
	if (currency.p) {
		put(out, ", ");
		put_str(out, currency);
	}
}

/* What a bare number means on this side. */
static void
put_reading(struct buf *out, struct mp side)
{
	if (says(side, "reading", "at_least"))
		put(out, TR("; a number means \"or more\"", "; просто число значит «не меньше»"));
	else if (says(side, "reading", "at_most"))
		put(out, TR("; a number means \"or less\"", "; просто число значит «не больше»"));
}

/* The form of a value, by type. */
static void
put_form(struct buf *out, struct mp field, struct mp side)
{
	const struct {
		const char *type, *form;
	} forms[] = {
	    {"flag", TR("true or false", "true или false")},
	    {"number", TR("a number or {from: …, to: …}", "число или {from: …, to: …}")},
	    {"money", TR("an amount or {from: …, to: …}", "сумма или {from: …, to: …}")},
	    {"date", TR("YYYY-MM-DD or {from: …, to: …}", "ГГГГ-ММ-ДД или {from: …, to: …}")},
	    {"dimensions", TR("lengths, longest first", "длины, наибольшая первой")},
	    {"geo", TR("a place; radius_km says how far it may be",
		       "место; radius_km говорит, как далеко можно")},
	    {"code", TR("codes of the tree ", "коды дерева ")},
	    {"ordinal", TR("one of: ", "одно из: ")},
	};
	struct str type = text_at(field, "type");
	const char *form = NULL;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (str_eq(type, str_of(forms[i].type)))
			form = forms[i].form;
	struct str name = first_name(field, "values");
	if (!form)
		form = name.p ? TR("any of: ", "любые из: ") : TR("any words", "любые слова");
	put(out, form);
	put_str(out, text_at(field, "tree"));
	put_names(out, field, "labels");
	put_names(out, field, "values");
	put_units(out, field);
	put_reading(out, side);
}

static void
put_visibility(struct buf *out, struct mp side)
{
	if (says(side, "visibility", "match_only"))
		put(out, TR("; takes part in matching and is shown to nobody",
			    "; участвует в подборе и никому не показывается"));
	else if (says(side, "visibility", "mutual"))
		put(out, TR("; is not shown to others", "; другим не показывается"));
}

/* ---- fields ---- */

/* Title, help and form as comments above the field. */
static void
put_remarks(struct buf *out, struct mp field, struct mp side, bool required)
{
	struct buf text = BUF_EMPTY;
	struct str own = definition_text(side, "title");
	put_str(&text, own.p ? own : definition_text(field, "title"));
	put(&text, required ? TR(" (required): ", " (обязательно): ") : ": ");
	put_form(&text, field, side);
	put_visibility(&text, side);
	yaml_put_comment(out, 2, buf_str(&text));
	yaml_put_comment(out, 2, definition_text(field, "help"));
	buf_free(&text);
}

static void
put_field(struct buf *out, struct str name, struct mp field, struct mp side)
{
	bool required = says(side, "absent", "required");
	put(out, "\n");
	put_remarks(out, field, side, required);
	put(out, required ? "  " : "  # ");
	put_str(out, name);
	put(out, ": ");
	put_example(out, field);
	put(out, "\n");
}

/* A field that comes from the participant's own record cannot be stated. */
static void
put_given_field(struct buf *out, struct str name, struct mp side)
{
	struct buf text = BUF_EMPTY;
	put_str(&text, name);
	put(&text, TR(": comes from ", ": берётся из "));
	put_str(&text, text_at(side, "from"));
	put(out, "\n");
	yaml_put_comment(out, 2, buf_str(&text));
	buf_free(&text);
}

enum part { REQUIRED, OPTIONAL, GIVEN };

static void
put_fields(struct buf *out, struct mp definition, const char *side_name, enum part wanted)
{
	struct mp fields = mp_find(definition, STR("fields"));
	uint32_t n = mp_get_map(&fields);
	for (uint32_t i = 0; i < n; i++) {
		struct str name = mp_get_str(&fields);
		struct mp field = fields, side = mp_find(field, str_of(side_name));
		mp_get_raw(&fields);
		enum part part = text_at(side, "from").p	    ? GIVEN
				 : says(side, "absent", "required") ? REQUIRED
								    : OPTIONAL;
		if (part != wanted)
			continue;
		if (part == GIVEN)
			put_given_field(out, name, side);
		else
			put_field(out, name, field, side);
	}
}

/* ---- the whole ---- */

/* " (30 days if not stated, 60 days at most):" */
static void
put_lifetime(struct buf *out, struct mp definition)
{
	struct mp lifetime = mp_find(definition, STR("lifetime"));
	struct mp usual = mp_find(lifetime, STR("default_days"));
	struct mp most = mp_find(lifetime, STR("max_days"));
	bool has_most = mp_peek(&most) == MP_INT, has_usual = mp_peek(&usual) == MP_INT;
	int64_t most_days = mp_get_int(&most), usual_days = mp_get_int(&usual);
	char text[120] = "";
	if (has_most || has_usual)
		snprintf(
		    text, sizeof text,
		    TR(" (%" PRId64 " days if not stated", " (%" PRId64 " дн., если не указано"),
		    has_usual ? usual_days : most_days);
	put(out, text);
	if (has_most) {
		snprintf(text, sizeof text,
			 TR(", %" PRId64 " days at most", ", не больше %" PRId64 " дн."),
			 most_days);
		put(out, text);
	}
	put(out, has_most || has_usual ? "):\n" : ":\n");
}

static void
put_head(struct buf *out, struct mp definition, const char *side_name)
{
	struct mp side = mp_find(definition, str_of(side_name));
	struct buf title = BUF_EMPTY;
	put_str(&title, definition_text(definition, "title"));
	put(&title, ": ");
	put_str(&title, definition_text(side, "title"));
	yaml_put_comment(out, 0, buf_str(&title));
	yaml_put_comment(out, 0, definition_text(definition, "help"));
	yaml_put_comment(out, 0,
			 str_of(TR("Fill in, take the # away from what you state, then: matchctl "
				   "validate FILE, matchctl publish FILE",
				   "Заполните, уберите # перед нужным, затем: matchctl validate "
				   "FILE, matchctl publish FILE")));
	put(out, TR("\n# PARTICIPANT/KEY: yours, and a name of your choice for this listing\n",
		    "\n# УЧАСТНИК/КЛЮЧ: ваш id и любое имя для этого объявления\n"));
	put(out, "listing: PARTICIPANT/KEY\nexchange: ");
	put_str(out, text_at(definition, "exchange"));
	put(out, "\nside: ");
	put(out, side_name);
	put(out, TR("\n# One line.\ntitle: TITLE\n# text: More of it.\n# language: en\n"
		    "# Opens and ends by itself",
		    "\n# Одна строка.\ntitle: НАЗВАНИЕ\n# text: Подробности.\n# language: ru\n"
		    "# Само открывается и кончается"));
	put_lifetime(out, definition);
	put(out, "# valid_from: 2027-01-01\n# valid_until: 2027-12-31\n\nfields:\n");
	buf_free(&title);
}

static void
put_template(struct buf *out, struct mp definition, const char *side)
{
	size_t before;
	put_head(out, definition, side);
	before = out->len;
	put_fields(out, definition, side, REQUIRED);
	if (out->len == before) {
		out->len -= strlen("\n");
		put(out, " {}\n");
		put(out, TR("  # nothing is required; with a field stated, take the {} away\n",
			    "  # обязательного нет; если заполняете поле, уберите {}\n"));
	}
	put_fields(out, definition, side, OPTIONAL);
	put_fields(out, definition, side, GIVEN);
}

static int
check_side(struct mp definition, const char *side)
{
	if (strcmp(side, "need") != 0 && strcmp(side, "offer") != 0) {
		fputs(TR("matchctl: SIDE is need or offer\n", "matchctl: SIDE — need или offer\n"),
		      stderr);
		return EXIT_USAGE;
	}
	if (!text_at(mp_find(definition, str_of(side)), "from").p)
		return EXIT_DONE;
	fputs(TR("matchctl: on this exchange every member's need stands by itself: there is "
		 "nothing to "
		 "publish\n",
		 "matchctl: на этой площадке потребности участников создаются сами: "
		 "публиковать нечего\n"),
	      stderr);
	return EXIT_REFUSED;
}

int
cmd_template(struct tool *t)
{
	struct matchd_reply *r;
	struct mp definition;
	struct buf text = BUF_EMPTY;
	int code = definition_ask(t, t->operands[0], &r, &definition);
	if (code != EXIT_DONE)
		return code;
	code = check_side(definition, t->operands[1]);
	if (code == EXIT_DONE) {
		FILE *out = pager_open(t);
		put_template(&text, definition, t->operands[1]);
		fwrite(text.data, 1, text.len, out);
		pager_close(out);
	}
	buf_free(&text);
	matchd_reply_free(r);
	return code;
}
