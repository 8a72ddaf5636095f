#include "client/matchctl/ask.h"
#include "client/matchctl/json.h"
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
add_field(struct table *table, struct mp field)
{
	bool hidden = is_there(field, "hidden");
	if (!hidden && !is_there(field, "need") && !is_there(field, "offer"))
		return;
	const char *absent = hidden ? "(hidden)" : "(any)";
	add_value(table, field, "field", "");
	add_value(table, field, "need", absent);
	add_value(table, field, "offer", absent);
	add_value(table, field, "met", "");
	add_value(table, field, "blamed", "");
	add_value(table, field, "need_points", "");
	add_value(table, field, "offer_points", "");
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
		buf_put(out, " (a field that is not shown)", 28);
}

static void
print_verdict(const struct matchd_reply *r, bool meets)
{
	struct buf text = BUF_EMPTY;
	struct mp reply = ask_map(r);
	struct mp told = ask_result(r, "told");
	if (meets) {
		printf("They match%s, with a score of ",
		       mp_get_bool(&told) ? " and this was told" : "; this was not told");
		value_put_key(&text, reply, "score");
	} else {
		printf("They do not match: ");
		value_put_key(&text, reply, "cause");
		put_excluding(&text, r);
	}
	buf_put(&text, "; need's box ", 13);
	value_put_key(&text, reply, "need_box");
	buf_put(&text, ", offer's box ", 14);
	value_put_key(&text, reply, "offer_box");
	printf("%.*s\n\n", STR_FMT(buf_str(&text)));
	buf_free(&text);
}

static void
print_fields(const struct matchd_reply *r)
{
	static const struct column columns[] = {
	    {"FIELD"},
	    {"NEED", .most = STATEMENT_WIDTH},
	    {"OFFER", .most = STATEMENT_WIDTH},
	    {"MET"},
	    {"BLAMED"},
	    {"NEED PTS", .right = true},
	    {"OFFER PTS", .right = true},
	    {NULL},
	};
	struct table *table = table_new(columns);
	struct mp fields = ask_result(r, "fields");
	uint32_t n = mp_get_array(&fields);
	for (uint32_t i = 0; i < n; i++) {
		add_field(table, fields);
		mp_get_raw(&fields);
	}
	table_print(table, stdout);
	table_free(table);
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

	struct mp at = ask_result(r, "meets");
	bool meets = mp_get_bool(&at);
	if (t->json) {
		json_t *line = json_from_mp(ask_map(r));
		json_object_del(line, "v");
		json_object_del(line, "id");
		json_object_del(line, "ok");
		json_print_line(stdout, line);
	} else {
		print_verdict(r, meets);
		print_fields(r);
	}
	matchd_reply_free(r);
	return EXIT_DONE;
}
