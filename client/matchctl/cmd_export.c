/* export: what is stored, as publish and participant register read it back. */

#include "client/matchctl/ask.h"
#include "client/matchctl/flight.h"
#include "client/matchctl/json.h"
#include "client/matchctl/ledger.h"
#include "util/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WINDOW = 256, PAGE = 1000 };

/* One page's answers, in the order in which the page has them. */
struct export
{
	struct tool *tool;
	struct flight flight;
	const char *cmd, *key; /* "listing.show", "listing" */
	bool participants, all_states;
	json_t *answers[PAGE];
	size_t n;
	struct tallies hidden;
	uint64_t written, with_hidden, standing, ended, paused, barred;
};

/* ---- making them publishable ---- */

static bool
is_hidden(const json_t *value)
{
	const char *text = json_string_value(value);
	return text && strcmp(text, "(hidden)") == 0;
}

/* Takes hidden statements out of a map of fields. */
static bool
without_hidden(struct export *x, json_t *fields, const char *exchange)
{
	const char *name;
	json_t *value;
	void *next;
	bool any = false;
	json_object_foreach_safe(fields, next, name, value)
	{
		char place[TALLY_NAME];
		if (!is_hidden(value))
			continue;
		snprintf(place, sizeof place, "%s: %s", exchange, name);
		tallies_add(&x->hidden, place, 1);
		json_object_del(fields, name);
		any = true;
	}
	return any;
}

static void
drop(json_t *object, const char *const *names)
{
	for (; *names; names++)
		json_object_del(object, *names);
}

static bool
has_text(const json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value && strcmp(value, text) == 0;
}

/* Absent or empty is the same, and what publish does not take as null is left out. */
static void
drop_nulls(json_t *object)
{
	const char *name;
	json_t *value;
	void *next;
	json_object_foreach_safe(object, next, name, value) if (json_is_null(value))
	    json_object_del(object, name);
}

static bool
take_listing(struct export *x, json_t *listing)
{
	static const char *const own[] = {"state", "revision", "told", "member", NULL};
	const char *exchange = json_string_value(json_object_get(listing, "exchange"));
	size_t index;
	json_t *variant;
	bool ended =
	    has_text(listing, "state", "withdrawn") || has_text(listing, "state", "expired");
	if (ended && !x->all_states) {
		x->ended++;
		return false;
	}
	bool hidden =
	    without_hidden(x, json_object_get(listing, "fields"), exchange ? exchange : "");
	json_array_foreach(json_object_get(listing, "variants"), index, variant) hidden |=
	    without_hidden(x, variant, exchange ? exchange : "");
	x->with_hidden += hidden;
	x->paused += has_text(listing, "state", "paused");
	if (has_text(listing, "state", "draft"))
		json_object_set_new(listing, "draft", json_true());
	drop(listing, own);
	drop_nulls(listing);
	return true;
}

static bool
take_participant(struct export *x, json_t *participant)
{
	static const char *const own[] = {"revision", "listings", NULL};
	if (!has_text(participant, "status", "member") &&
	    !has_text(participant, "status", "applicant")) {
		json_object_del(participant, "status");
		x->barred++;
	}
	drop(participant, own);
	drop_nulls(participant);
	return true;
}

/* ---- asking ---- */

static int
take_answer(void *arg, void *who, uint64_t what, const struct matchd_reply *r)
{
	struct export *x = arg;
	struct matchd_error e;
	(void)who;
	if (matchd_reply_error(r, &e))
		return ask_refused(x->tool, NULL, &e);
	struct mp shown = ask_result(r, x->key);
	if (mp_peek(&shown) != MP_MAP)
		return ask_failed(x->tool, MATCHD_E_PROTOCOL);
	x->answers[what] = json_from_mp(shown);
	return EXIT_DONE;
}

static int
ask_for(struct export *x, struct str id)
{
	struct arguments args = ARGUMENTS_EMPTY;
	mp_put_str(arguments_key(&args, x->key), id);
	int code = flight_send(&x->flight, x->cmd, arguments_map(&args), NULL, x->n);
	arguments_free(&args);
	x->n++;
	return code;
}

static bool
is_standing(struct str id)
{
	const char *slash = memchr(id.p, '/', id.len);
	return slash && slash + 1 < id.p + id.len && slash[1] == '~';
}

/* Asks for each of a page's rows, and prints what came, in the page's order. */
static int
take_page(struct export *x, struct mp rows)
{
	uint32_t n = mp_get_array(&rows);
	int code = rows.failed || n > PAGE ? ask_failed(x->tool, MATCHD_E_PROTOCOL) : EXIT_DONE;
	x->n = 0;
	for (uint32_t i = 0; i < n && code == EXIT_DONE; i++) {
		struct mp at = mp_find(rows, str_of(x->participants ? "id" : "listing"));
		struct str id = mp_get_str(&at);
		mp_get_raw(&rows);
		if (at.failed)
			code = ask_failed(x->tool, MATCHD_E_PROTOCOL);
		else if (is_standing(id))
			x->standing++;
		else
			code = ask_for(x, id);
	}
	if (code == EXIT_DONE)
		code = flight_land(&x->flight);
	for (size_t i = 0; i < x->n; i++) {
		json_t *one = x->answers[i];
		x->answers[i] = NULL;
		bool good = code == EXIT_DONE && one &&
			    (x->participants ? take_participant(x, one) : take_listing(x, one));
		x->written += good;
		if (good)
			json_print_line(stdout, one);
		else
			json_decref(one);
	}
	return code;
}

static int
ask_page(struct export *x, uint64_t after, struct matchd_reply **ret)
{
	static const char *const filters[] = {"participant", "exchange", "side", "state"};
	struct arguments args = ARGUMENTS_EMPTY;
	for (size_t i = 0; i < 4; i++)
		arguments_text(&args, filters[i], tool_option(x->tool, filters[i]));
	if (after > 0)
		arguments_int(&args, "after", (int64_t)after);
	arguments_int(&args, "limit", PAGE);
	int code = ask(x->tool, x->participants ? "participant.list" : "listing.list", &args, ret);
	arguments_free(&args);
	return code;
}

static int
take_pages(struct export *x)
{
	uint64_t after = 0, before;
	do {
		struct matchd_reply *r;
		int code = ask_page(x, after, &r);
		if (code != EXIT_DONE)
			return code;
		struct mp next = ask_result(r, "next");
		before = after;
		after = mp_peek(&next) == MP_INT ? mp_get_uint(&next) : 0;
		code = take_page(x, ask_result(r, x->participants ? "participants" : "listings"));
		matchd_reply_free(r);
		if (code != EXIT_DONE)
			return code;
	} while (after > before);
	return EXIT_DONE;
}

/* ---- the end ---- */

/* `text` is a format for `n` alone. */
static void
say_count(const char *text, uint64_t n)
{
	if (n > 0)
		fprintf(stderr, text, n);
}

static void
sum_up(const struct export *x)
{
	fflush(stdout);
	fprintf(stderr, TR("matchctl: exported %" PRIu64 "\n", "matchctl: выгружено %" PRIu64 "\n"),
		x->written);
	if (x->hidden.count > 0)
		fprintf(stderr,
			TR("matchctl: LEFT OUT: %" PRIu64 " hidden values of %" PRIu64
			   " listings, which matchd shows to nobody.\n"
			   "Publishing these listings again would take the values away.\n",
			   "matchctl: НЕ ВЫГРУЖЕНО: скрытых значений — %" PRIu64
			   ", объявлений с ними — %" PRIu64 "; matchd их никому не показывает.\n"
			   "Если опубликовать эти объявления заново, значения пропадут.\n"),
			tallies_sum(&x->hidden), x->with_hidden);
	for (size_t i = 0; i < x->hidden.count; i++)
		fprintf(stderr, "%10" PRIu64 "  %s\n", x->hidden.list[i].n, x->hidden.list[i].name);
	say_count(TR("matchctl: left out: %" PRIu64
		     " standing needs, which matchd makes of its members\n",
		     "matchctl: не выгружено постоянных потребностей: %" PRIu64
		     "; matchd сам создаёт их по данным участников\n"),
		  x->standing);
	say_count(TR("matchctl: left out: %" PRIu64
		     " withdrawn or expired listings; --state exports them\n",
		     "matchctl: не выгружено снятых и истёкших объявлений: %" PRIu64
		     "; их выгружает --state\n"),
		  x->ended);
	say_count(TR("matchctl: %" PRIu64 " paused listings; where they are not stored yet, "
		     "publishing opens them\n",
		     "matchctl: приостановленных объявлений: %" PRIu64
		     "; там, где их ещё нет, публикация их откроет\n"),
		  x->paused);
	say_count(TR("matchctl: %" PRIu64 " suspended or excluded participants; registering makes "
		     "them applicants\n",
		     "matchctl: приостановленных и исключённых участников: %" PRIu64
		     "; регистрация сделает их заявителями (applicant)\n"),
		  x->barred);
	if (x->participants)
		fputs(TR("matchctl: contacts and blocks of participants are not exported: matchd "
			 "shows them to nobody\n",
			 "matchctl: контакты и блокировки участников не выгружаются: matchd "
			 "никому их не показывает\n"),
		      stderr);
}

int
cmd_export(struct tool *t)
{
	long long window = WINDOW;
	bool participants = tool_flag(t, "participants");
	if (participants && (tool_option(t, "participant") || tool_option(t, "exchange") ||
			     tool_option(t, "side") || tool_option(t, "state"))) {
		fputs(TR("matchctl: --participants goes with none of --participant, --exchange, "
			 "--side, --state\n",
			 "matchctl: --participants не сочетается с --participant, --exchange, "
			 "--side, --state\n"),
		      stderr);
		return EXIT_USAGE;
	}
	int code = tool_number(t, "window", 1, FLIGHT_MOST, &window);
	if (code == EXIT_DONE)
		code = ask_connect(t);
	if (code != EXIT_DONE)
		return code;
	struct export *x = mem_zalloc(sizeof *x);
	x->tool = t;
	x->participants = participants;
	x->cmd = participants ? "participant.show" : "listing.show";
	x->key = participants ? "participant" : "listing";
	x->all_states = tool_option(t, "state") != NULL;
	flight_init(&x->flight, t, (size_t)window, take_answer, x);
	code = take_pages(x);
	sum_up(x);
	flight_done(&x->flight);
	free(x);
	return code;
}
