#include "client/matchctl/definition.h"
#include "client/matchctl/json.h"
#include "client/matchctl/pager.h"
#include "client/matchctl/table.h"
#include "client/matchctl/value.h"

#include <stdio.h>

enum { STATEMENT_WIDTH = 40 };

static bool
is_there(struct mp map, const char *key)
{
	struct mp at = mp_find(map, str_of(key));
	return mp_peek(&at) != MP_END;
}

/* An empty list says as little as one that is not there. */
static bool
is_empty(struct mp map, const char *key)
{
	struct mp at = mp_find(map, str_of(key));
	return mp_peek(&at) == MP_ARRAY && mp_get_array(&at) == 0;
}

static void
add_value(struct table *table, struct mp field, const char *key, const char *absent)
{
	struct buf text = BUF_EMPTY;
	if (is_there(field, key) && !is_empty(field, key))
		value_put_key(&text, field, key);
	else
		buf_put(&text, absent, strlen(absent));
	table_cell(table, buf_str(&text));
	buf_free(&text);
}

/* Of a field that is not public nothing is said but its name. One of which neither side says
 * anything explains nothing. */
static void
add_field(struct table *table, struct mp field, struct mp definition)
{
	bool hidden = is_there(field, "hidden");
	if (!hidden && !is_there(field, "need") && !is_there(field, "offer"))
		return;
	const char *absent =
	    hidden ? TR("(hidden)", "(скрыто)") : TR("(not stated)", "(не указано)");
	add_value(table, field, "field", "");
	add_value(table, field, "need", absent);
	add_value(table, field, "offer", absent);
	add_value(table, field, "met", "");
	add_value(table, field, "blamed", "");
	add_value(table, field, "need_points", "");
	add_value(table, field, "offer_points", "");
	struct mp name = mp_find(field, STR("field"));
	table_cell(table,
		   definition_text(definition_field(definition, mp_get_str(&name)), "title"));
}

static void
put(struct buf *out, const char *text)
{
	buf_put(out, text, strlen(text));
}

/* Why two listings do not match; a cause that is new to this tool stays as it is. */
static void
put_cause(struct buf *out, const struct matchd_reply *r)
{
	static const struct texts causes[] = {
	    TEXTS("need_status", "статус участника с потребностью"),
	    TEXTS("offer_status", "статус участника с предложением"),
	    TEXTS("same_participant", "один и тот же участник"),
	    TEXTS("need_state", "состояние потребности"),
	    TEXTS("offer_state", "состояние предложения"),
	    TEXTS("conditions", "условия"),
	};
	struct mp cause = ask_result(r, "cause");
	struct str word = mp_get_str(&cause);
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (str_eq(word, str_of(causes[i].en))) {
			put(out, say(causes[i]));
			return;
		}
	value_put_key(out, ask_map(r), "cause");
}

/* " (finishes, place)": the fields that exclude the pair, as far as they are public. */
static void
put_excluding(struct buf *out, const struct matchd_reply *r)
{
	struct mp fields = ask_result(r, "fields"), cause = ask_result(r, "cause");
	uint32_t n = mp_get_array(&fields);
	const char *before = " (";
	for (uint32_t i = 0; i < n; i++) {
		struct mp field = fields;
		mp_get_raw(&fields);
		if (!is_there(field, "blamed") || is_empty(field, "blamed"))
			continue;
		buf_put(out, before, strlen(before));
		value_put_key(out, field, "field");
		before = ", ";
	}
	if (*before == ',')
		buf_put(out, ")", 1);
	else if (str_eq(mp_get_str(&cause), STR("conditions")))
		put(out, TR(" (a field that is not shown)", " (поле, которое не показывается)"));
}

static void
print_verdict(FILE *out, const struct matchd_reply *r, bool meets)
{
	struct buf text = BUF_EMPTY;
	struct mp reply = ask_map(r);
	struct mp told = ask_result(r, "told");
	if (meets) {
		put(&text, TR("They match", "Подходят друг другу"));
		put(&text, mp_get_bool(&told) ? TR(" and this was told", ", и об этом сообщено")
					      : TR("; this was not told", "; об этом не сообщено"));
		put(&text, TR(", with a score of ", ", оценка "));
		value_put_key(&text, reply, "score");
	} else {
		put(&text, TR("They do not match: ", "Не подходят друг другу: "));
		put_cause(&text, r);
		put_excluding(&text, r);
	}
	put(&text, TR("; need's box ", "; вариант потребности "));
	value_put_key(&text, reply, "need_box");
	put(&text, TR(", offer's box ", ", вариант предложения "));
	value_put_key(&text, reply, "offer_box");
	fprintf(out, "%.*s\n\n", STR_FMT(buf_str(&text)));
	buf_free(&text);
}

static void
print_fields(FILE *out, const struct matchd_reply *r, struct mp definition)
{
	static const struct column columns[] = {
	    {TEXTS("FIELD", "ПОЛЕ")},
	    {TEXTS("NEED", "ПОТРЕБНОСТЬ"), .most = STATEMENT_WIDTH},
	    {TEXTS("OFFER", "ПРЕДЛОЖЕНИЕ"), .most = STATEMENT_WIDTH},
	    {TEXTS("MET", "СОШЛОСЬ"), .words = true},
	    {TEXTS("BLAMED", "ИЗ-ЗА")},
	    {TEXTS("NEED PTS", "БАЛЛЫ ПОТР."), .right = true},
	    {TEXTS("OFFER PTS", "БАЛЛЫ ПРЕДЛ."), .right = true},
	    {TEXTS("TITLE", "НАЗВАНИЕ")},
	    {TEXTS(NULL, NULL)},
	};
	struct table *table = table_new(columns);
	struct mp fields = ask_result(r, "fields");
	uint32_t n = mp_get_array(&fields);
	for (uint32_t i = 0; i < n; i++) {
		add_field(table, fields, definition);
		mp_get_raw(&fields);
	}
	table_print(table, out);
	table_free(table);
}

/* The fields' titles stand in the definition of the exchange that the need is in. */
static int
ask_definition(struct tool *t, const char *listing, struct matchd_reply **ret_reply, struct mp *ret)
{
	struct arguments args = ARGUMENTS_EMPTY;
	struct matchd_reply *r;
	arguments_text(&args, "listing", listing);
	int code = ask(t, "listing.show", &args, &r);
	arguments_free(&args);
	if (code != EXIT_DONE)
		return code;
	char name[80];
	struct mp at = mp_find(ask_result(r, "listing"), STR("exchange"));
	struct str exchange = mp_get_str(&at);
	snprintf(name, sizeof name, "%.*s", STR_FMT(exchange));
	matchd_reply_free(r);
	return definition_ask(t, name, ret_reply, ret);
}

static int
print_explanation(struct tool *t, const struct matchd_reply *r)
{
	struct matchd_reply *shown;
	struct mp definition, meets = ask_result(r, "meets");
	int code = ask_definition(t, t->operands[0], &shown, &definition);
	if (code != EXIT_DONE)
		return code;
	FILE *out = pager_open(t);
	print_verdict(out, r, mp_get_bool(&meets));
	print_fields(out, r, definition);
	pager_close(out);
	matchd_reply_free(shown);
	return EXIT_DONE;
}

int
cmd_explain(struct tool *t)
{
	struct arguments args = ARGUMENTS_EMPTY;
	struct matchd_reply *r;
	arguments_text(&args, "need", t->operands[0]);
	arguments_text(&args, "offer", t->operands[1]);
	int code = ask(t, "match.explain", &args, &r);
	arguments_free(&args);
	if (code != EXIT_DONE)
		return code;

	if (t->json) {
		json_t *line = json_from_mp(ask_map(r));
		json_object_del(line, "v");
		json_object_del(line, "id");
		json_object_del(line, "ok");
		json_print_line(stdout, line);
	} else {
		code = print_explanation(t, r);
	}
	matchd_reply_free(r);
	return code;
}
