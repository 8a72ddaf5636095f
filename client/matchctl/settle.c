#include "client/matchctl/settle.h"

#include "client/matchctl/arguments.h"
#include "client/matchctl/ask.h"
#include "client/matchctl/objects.h"
#include "client/matchctl/refusals.h"
#include "util/mem.h"

#include <stdlib.h>

enum fate { FLYING, STORED, UNCHANGED, REFUSED };

/* An object on its way. */
struct errand {
	const struct object_map *from;
	enum fate fate;
	char *id, *market;		    /* owned */
	char *code, *field, *reason, *said; /* owned; of one that was refused, as row_error */
	struct buf attributes; /* of a participant: to revise the one that is there already */
};

struct open_row {
	size_t file;
	unsigned line;
	uint64_t row;
	enum mapped mapped;
	char *code, *column, *reason, *said; /* owned; of one that is skipped or wrong */
	struct tallies *left_out;	     /* owned; NULL: none */
	struct errand *errands;
	size_t n, flying;
};

static char *
copy(struct str text)
{
	return mem_dup(text.p ? text.p : "", text.p ? text.len : 0);
}

/* ---- into the books ---- */

static void
report(struct settle *s, const struct open_row *r, const struct errand *e)
{
	struct str column = STR_NONE;
	char *name;
	if (e)
		column = mapper_column(s->map, e->from, e->field);
	name = e ? copy(column) : NULL;
	row_errors_add(s->errors, &(struct row_error){
				      .file = s->state->files[r->file].path,
				      .line = r->line,
				      .row = r->row,
				      .column = e ? name : r->column,
				      .object = e ? e->id : "",
				      .field = e ? e->field : "",
				      .code = e ? e->code : r->code,
				      .reason = e ? e->reason : r->reason,
				      .said = e ? e->said : r->said,
				  });
	free(name);
}

static void
enter_errand(struct settle *s, const struct open_row *r, const struct errand *e)
{
	struct book *book = ledger_book(&s->state->ledger, e->market);
	switch (e->fate) {
	case STORED:
		book->stored++;
		break;
	case UNCHANGED:
		book->unchanged++;
		break;
	case REFUSED:
		tallies_add(&book->refused, e->code, 1);
		report(s, r, e);
		break;
	case FLYING:
		break;
	}
}

static void
enter_row(struct settle *s, const struct open_row *r)
{
	struct ledger *l = &s->state->ledger;
	l->read++;
	switch (r->mapped) {
	case MAPPED:
		l->mapped++;
		break;
	case MAPPED_SKIP:
		tallies_add(&l->skipped, r->reason, 1);
		break;
	case MAPPED_WRONG:
		tallies_add(&l->wrong, r->code, 1);
		report(s, r, NULL);
		break;
	}
	for (size_t i = 0; r->left_out && i < r->left_out->count; i++)
		tallies_add(&l->left_out, r->left_out->list[i].name, r->left_out->list[i].n);
	for (size_t i = 0; i < r->n; i++)
		enter_errand(s, r, &r->errands[i]);
	s->state->file = r->file;
	s->state->row = r->row;
}

static void
free_row(struct open_row *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct errand *e = &r->errands[i];
		free(e->id);
		free(e->market);
		free(e->code);
		free(e->field);
		free(e->reason);
		free(e->said);
		buf_free(&e->attributes);
	}
	free(r->errands);
	free(r->code);
	free(r->column);
	free(r->reason);
	free(r->said);
	free(r->left_out);
	*r = (struct open_row){.n = 0};
}

/* Settles what is answered, from the oldest row on. */
static void
settle_answered(struct settle *s)
{
	while (s->n > 0 && s->rows[s->first].flying == 0) {
		enter_row(s, &s->rows[s->first]);
		free_row(&s->rows[s->first]);
		s->first = (s->first + 1) % SETTLE_ROWS;
		s->n--;
	}
}

/* ---- answers ---- */

static void
refuse_errand(struct errand *e, const char *code, const char *field, const char *message,
	      const char *expected)
{
	struct buf text = BUF_EMPTY;
	e->fate = REFUSED;
	e->code = copy(str_of(code));
	e->field = copy(str_of(field));
	refusals_put(&text, code, message, expected);
	e->said = copy(buf_str(&text));
	buf_clear(&text);
	buf_put(&text, message, strlen(message));
	if (*expected) {
		buf_put(&text, "; expected: ", 12);
		buf_put(&text, expected, strlen(expected));
	}
	e->reason = copy(buf_str(&text));
	buf_free(&text);
}

/* What the tool itself refuses, before it is sent. */
static void
refuse_here(struct errand *e, const char *code, const struct both *why)
{
	e->fate = REFUSED;
	e->code = copy(str_of(code));
	e->field = copy(STR_NONE);
	e->reason = copy(str_of(why->en));
	e->said = copy(str_of(both_say(why)));
}

/* What registers somebody who is there already: his attributes are set. */
static int
send_revision(struct settle *s, struct open_row *r, size_t index)
{
	struct errand *e = &r->errands[index];
	struct arguments args = ARGUMENTS_EMPTY;
	arguments_text(&args, "participant", e->id);
	mp_put_raw(arguments_key(&args, "set"), buf_str(&e->attributes));
	int code = flight_send(&s->flight, "participant.revise", arguments_map(&args), r, index);
	arguments_free(&args);
	if (code == EXIT_DONE)
		r->flying++;
	if (code != FLIGHT_TOO_LONG)
		return code;
	refuse_here(e, "too_large", &bulk_too_long);
	return EXIT_DONE;
}

static int
take_refusal(struct settle *s, struct open_row *r, size_t index, const struct matchd_error *error)
{
	struct errand *e = &r->errands[index];
	if (strcmp(error->code, "core_unavailable") == 0 ||
	    strcmp(error->code, "too_many_requests") == 0) {
		/* It stays unanswered, so that its row is not settled. */
		r->flying++;
		if (!s->away)
			fprintf(stderr,
				TR("matchctl: matchd takes no requests now [%s]\n",
				   "matchctl: matchd сейчас не принимает запросов [%s]\n"),
				error->code);
		s->away = true;
		return EXIT_CONNECTION;
	}
	if (strcmp(error->code, "participant_exists") == 0 && e->attributes.len > 0)
		return send_revision(s, r, index);
	refuse_errand(e, error->code, error->field, error->message, error->expected);
	return EXIT_DONE;
}

static int
take_answer(void *arg, void *who, uint64_t what, const struct matchd_reply *reply)
{
	struct settle *s = arg;
	struct open_row *r = who;
	struct matchd_error error;
	int code = EXIT_DONE;
	r->flying--;
	if (matchd_reply_error(reply, &error)) {
		code = take_refusal(s, r, what, &error);
	} else {
		struct mp at = ask_result(reply, "result");
		bool same = str_eq(mp_get_str(&at), STR("unchanged"));
		r->errands[what].fate = same ? UNCHANGED : STORED;
	}
	settle_answered(s);
	return code;
}

/* ---- sending ---- */

void
settle_init(struct settle *s, struct tool *tool, const struct map *map, size_t window,
	    struct row_errors *errors, struct import_state *state)
{
	*s = (struct settle){.tool = tool, .map = map, .errors = errors, .state = state};
	s->rows = mem_zalloc(SETTLE_ROWS * sizeof *s->rows);
	flight_init(&s->flight, tool, window, take_answer, s);
}

/* A participant's attributes for participant.revise: all but the id and the status, which is the
 * operator's once somebody is registered. */
static void
keep_attributes(struct errand *e, struct str args)
{
	struct arguments rest = ARGUMENTS_EMPTY;
	struct mp map = mp_find(mp_of(args), STR("participant"));
	uint32_t n = mp_get_map(&map);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&map);
		struct str value = mp_get_raw(&map);
		if (str_eq(key, STR("id")))
			continue;
		mp_put_str(&rest.pairs, key);
		mp_put_raw(&rest.pairs, value);
		rest.count++;
	}
	mp_put_raw(&e->attributes, arguments_map(&rest));
	arguments_free(&rest);
}

static int
send_object(struct settle *s, struct open_row *r, size_t index, const struct mapped_object *o)
{
	struct both why;
	struct refusal refusal;
	struct errand *e = &r->errands[index];
	struct arguments args = ARGUMENTS_EMPTY;
	bool listing = o->from->listing;
	bulk_fn convert = listing ? object_listing : object_register;
	int code = EXIT_DONE;
	if (convert(s->tool, mp_of(buf_str(&o->map)), &args, &why)) {
		refuse_here(e, "bad_value", &why);
		goto out;
	}
	if (s->definitions &&
	    exchange_files_check(s->definitions, !listing, mp_of(arguments_map(&args)), &refusal)) {
		refuse_errand(e, refusal.code, refusal.field, refusal.message, refusal.expected);
		goto out;
	}
	if (s->dry) {
		e->fate = STORED;
		goto out;
	}
	if (!listing)
		keep_attributes(e, arguments_map(&args));
	code = flight_send(&s->flight, listing ? "listing.publish" : "participant.register",
			   arguments_map(&args), r, index);
	if (code == EXIT_DONE)
		r->flying++;
	if (code == FLIGHT_TOO_LONG) {
		refuse_here(e, "too_large", &bulk_too_long);
		code = EXIT_DONE;
	}
out:
	arguments_free(&args);
	return code;
}

/* A place in the ring; waits until there is one. */
static int
open_row(struct settle *s, struct open_row **ret)
{
	int code = EXIT_DONE;
	if (s->n == SETTLE_ROWS)
		code = flight_land(&s->flight);
	if (code != EXIT_DONE)
		return code;
	*ret = &s->rows[(s->first + s->n++) % SETTLE_ROWS];
	return EXIT_DONE;
}

static void
note(struct open_row *r, const char *code, struct str column, const struct both *why)
{
	r->code = copy(str_of(code));
	r->column = copy(column);
	r->reason = copy(str_of(why->en));
	r->said = copy(str_of(both_say(why)));
}

static void
take_objects(struct open_row *r, const struct mapper *m)
{
	r->n = m->n;
	r->errands = m->n ? mem_zalloc(m->n * sizeof *r->errands) : NULL;
	for (size_t i = 0; i < r->n; i++) {
		const struct mapped_object *o = &m->objects[i];
		r->errands[i].from = o->from;
		r->errands[i].id = copy(o->id);
		r->errands[i].market =
		    copy(o->from->listing ? o->market : STR(LEDGER_PARTICIPANTS));
	}
	if (m->left_out.count > 0)
		r->left_out = mem_dup(&m->left_out, sizeof m->left_out);
}

int
settle_row(struct settle *s, size_t file, unsigned line, uint64_t row, enum mapped mapped,
	   const struct mapper *mapper)
{
	struct open_row *r;
	const struct trouble *t = &mapper->maker.trouble;
	int code = open_row(s, &r);
	if (code != EXIT_DONE)
		return code;
	*r = (struct open_row){.file = file, .line = line, .row = row, .mapped = mapped};
	if (mapped == MAPPED_SKIP)
		r->reason = copy(mapper->reason);
	if (mapped == MAPPED_WRONG)
		note(r, t->code, t->column, &t->why);
	if (mapped == MAPPED)
		take_objects(r, mapper);
	/* Held open until all are sent, so that it is not settled between two of them. */
	r->flying = 1;
	for (size_t i = 0; i < r->n && code == EXIT_DONE; i++)
		code = send_object(s, r, i, &mapper->objects[i]);
	if (code == EXIT_DONE)
		r->flying--;
	settle_answered(s);
	return code;
}

int
settle_bad_row(struct settle *s, size_t file, unsigned line, uint64_t row,
	       const struct sheet_trouble *trouble)
{
	struct open_row *r;
	int code = open_row(s, &r);
	if (code != EXIT_DONE)
		return code;
	*r = (struct open_row){.file = file, .line = line, .row = row, .mapped = MAPPED_WRONG};
	note(r, trouble->code, STR_NONE, &trouble->why);
	settle_answered(s);
	return EXIT_DONE;
}

int
settle_land(struct settle *s)
{
	return flight_land(&s->flight);
}

void
settle_done(struct settle *s)
{
	for (size_t i = 0; i < s->n; i++)
		free_row(&s->rows[(s->first + i) % SETTLE_ROWS]);
	free(s->rows);
	flight_done(&s->flight);
}
