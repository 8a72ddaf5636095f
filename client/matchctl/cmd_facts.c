/*
 * facts: the journal as it is stored, for whoever has to know what happened. Numbers of participants
 * and listings become names by the market's rows; where these are damaged they stay numbers.
 *
 * What is read in one transaction is printed behind it: a reader of this output who does not read on
 * must not keep the daemon's pages.
 */

#include "client/matchctl/arguments.h"
#include "client/matchctl/data.h"
#include "client/matchctl/json.h"
#include "client/matchctl/names.h"
#include "client/matchctl/text.h"
#include "client/matchctl/times.h"
#include "core/fact.h"
#include "store/inspect.h"
#include "util/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE = 4096, SLICE_BYTES = 1 << 20 };

struct facts {
	const struct tool *tool;
	struct store *store;
	struct names *names;	       /* NULL: rows are damaged */
	uint64_t from, to;	       /* to print */
	const char *kind;	       /* "match.made", or "match" for all of them; NULL: any */
	uint32_t listing, participant; /* numbers; 0: any */
	uint64_t next;
	bool unreadable; /* a fact that is none */
	FILE *out;	 /* of this transaction */
};

static const char *const job_names[] = {[JOB_REVIEW] = "review",
					[JOB_REVIEW_AGAINST] = "review_against",
					[JOB_REFILL] = "refill",
					[JOB_REMATCH] = "rematch"};

/* ---- a fact as a map ---- */

/* The name that `put` makes of the number. */
static void
add_name(const struct facts *f, struct arguments *a, const char *key,
	 void (*put)(const struct names *, struct buf *, uint32_t), uint32_t number)
{
	struct buf name = BUF_EMPTY;
	put(f->names, &name, number);
	mp_put_str(arguments_key(a, key), buf_str(&name));
	buf_free(&name);
}

static void
add_raw(struct arguments *a, const char *key, struct str token)
{
	if (token.p)
		mp_put_raw(arguments_key(a, key), token);
}

static void
add_time(struct arguments *a, const char *key, int64_t ms)
{
	if (ms != 0)
		arguments_int(a, key, ms);
}

static void
add_participant(const struct facts *f, struct arguments *a, const struct fact *fact)
{
	if (fact->participant.id.p)
		mp_put_str(arguments_key(a, "participant"), fact->participant.id);
	else
		add_name(f, a, "participant", names_put_participant, fact->participant.number);
	arguments_text(a, "status", status_names[fact->participant.status]);
	add_raw(a, "content", fact->participant.content);
}

static void
add_listing(const struct facts *f, struct arguments *a, const struct fact *fact)
{
	add_name(f, a, "listing", names_put_listing, fact->listing.number);
	add_name(f, a, "exchange", names_put_exchange, fact->listing.exchange);
	arguments_text(a, "side", side_names[fact->listing.side]);
	arguments_text(a, "state", listing_state_names[fact->listing.state]);
	add_time(a, "valid_from", fact->listing.valid_from_ms);
	add_time(a, "valid_until", fact->listing.valid_until_ms);
	if (fact->listing.reason.p)
		mp_put_str(arguments_key(a, "reason"), fact->listing.reason);
	add_raw(a, "body", fact->listing.body);
}

static void
add_match(const struct facts *f, struct arguments *a, const struct fact *fact)
{
	add_name(f, a, "need", names_put_listing, fact->match.need);
	add_name(f, a, "offer", names_put_listing, fact->match.offer);
	arguments_int(a, "score", fact->match.score);
	arguments_int(a, "need_box", fact->match.need_box);
	arguments_int(a, "offer_box", fact->match.offer_box);
	if (fact->kind == FACT_MATCH_ENDED)
		arguments_text(a, "cause", cause_names[fact->match.cause]);
	add_raw(a, "reasons", fact->match.reasons);
}

static void
add_job(const struct facts *f, struct arguments *a, const struct fact *fact)
{
	struct mp pairs = mp_of(fact->job.pairs);
	arguments_text(a, "job", job_names[fact->job.kind]);
	if (fact->job.kind == JOB_REMATCH)
		add_name(f, a, "exchange", names_put_exchange, fact->job.against);
	else
		add_name(f, a, "listing", names_put_listing, fact->job.listing);
	if (fact->job.kind == JOB_REVIEW_AGAINST)
		add_name(f, a, "against", names_put_participant, fact->job.against);
	mp_put_bool(arguments_key(a, "begun"), fact->job.begun);
	arguments_int(a, "pairs", mp_get_array(&pairs));
}

static void
add_all(const struct facts *f, struct arguments *a, const struct fact *fact)
{
	arguments_int(a, "number", (int64_t)fact->number);
	arguments_int(a, "at", fact->at_ms);
	arguments_text(a, "fact", fact_kind_name(fact->kind));
	if (fact->kind < FACT_PARTICIPANT_REGISTERED) {
		add_raw(a, "definition", fact->definition);
	} else if (fact->kind < FACT_LISTING_DRAFTED) {
		add_participant(f, a, fact);
	} else if (fact->kind < FACT_MATCH_MADE) {
		add_listing(f, a, fact);
	} else if (fact->kind < FACT_QUEUE_ADDED) {
		add_match(f, a, fact);
	} else if (fact->kind < FACT_QUEUE_WORKED) {
		add_job(f, a, fact);
	} else {
		arguments_int(a, "pairs", fact->worked.pairs);
		mp_put_bool(arguments_key(a, "done"), fact->worked.done);
	}
}

/* ---- a fact as a line, without what is nobody's business who looks over a shoulder ---- */

static void
put_word(struct buf *line, const char *before, struct str text)
{
	if (!text.p)
		return;
	buf_put(line, before, strlen(before));
	text_put(line, text);
}

/* What the map has under the key. */
static void
put_key(struct buf *line, struct mp map, const char *before, const char *key)
{
	char text[TIMES_TEXT];
	struct mp at = mp_find(map, str_of(key));
	switch (mp_peek(&at)) {
	case MP_STR:
		put_word(line, before, mp_get_str(&at));
		break;
	case MP_INT:
		if (strcmp(key, "valid_until") == 0)
			times_write(mp_get_int(&at), text);
		else
			snprintf(text, sizeof text, "%" PRId64, mp_get_int(&at));
		put_word(line, before, str_of(text));
		break;
	default:
		break;
	}
}

static void
put_line(const struct fact *fact, struct mp map, struct buf *line)
{
	char head[100], time[TIMES_TEXT];
	times_write(fact->at_ms, time);
	int n = snprintf(head, sizeof head, "%" PRIu64 "  %s  %s", fact->number, time,
			 fact_kind_name(fact->kind));
	buf_put(line, head, (size_t)n);
	put_key(line, map, "  ", "job");
	put_key(line, map, "  ", "participant");
	put_key(line, map, "  ", "listing");
	put_key(line, map, "  ", "need");
	put_key(line, map, " ~ ", "offer");
	put_key(line, map, "  ", "status");
	put_key(line, map, "  ", "exchange");
	put_key(line, map, " ", "side");
	put_key(line, map, ", ", "state");
	put_key(line, map, TR(", score ", ", оценка "), "score");
	put_key(line, map, ", ", "cause");
	put_key(line, map, TR(", until ", ", до "), "valid_until");
	put_key(line, map, ", ", "reason");
	put_key(line, map, TR(", pairs: ", ", пар: "), "pairs");
	put_key(line, mp_find(map, STR("body")), "  ", "title");
	put_key(line, mp_find(map, STR("content")), "  ", "name");
	if (fact->kind >= FACT_TREE_LOADED && fact->kind < FACT_PARTICIPANT_REGISTERED)
		put_word(line, "  ", exchange_name_of(fact->definition)); /* trees begin alike */
}

static void
print_fact(const struct facts *f, const struct fact *fact)
{
	struct arguments a = ARGUMENTS_EMPTY;
	struct buf line = BUF_EMPTY;
	add_all(f, &a, fact);
	struct mp map = mp_of(arguments_map(&a));
	if (f->tool->json) {
		json_print_line(f->out, json_from_mp(map));
	} else {
		put_line(fact, map, &line);
		fprintf(f->out, "%.*s\n", STR_FMT(buf_str(&line)));
	}
	buf_free(&line);
	arguments_free(&a);
}

/* ---- which facts ---- */

static bool
is_listing_of(const struct facts *f, uint32_t listing)
{
	return names_owner(f->names, listing) == f->participant;
}

static bool
has_participant(const struct facts *f, const struct fact *fact)
{
	if (f->participant == 0)
		return true;
	if (fact->kind < FACT_PARTICIPANT_REGISTERED || fact->kind >= FACT_QUEUE_WORKED)
		return false;
	if (fact->kind < FACT_LISTING_DRAFTED)
		return fact->participant.number == f->participant;
	if (fact->kind < FACT_MATCH_MADE)
		return fact->listing.participant == f->participant;
	if (fact->kind < FACT_QUEUE_ADDED)
		return is_listing_of(f, fact->match.need) || is_listing_of(f, fact->match.offer);
	return is_listing_of(f, fact->job.listing) ||
	       (fact->job.kind == JOB_REVIEW_AGAINST && fact->job.against == f->participant);
}

static bool
has_listing(const struct facts *f, const struct fact *fact)
{
	if (f->listing == 0)
		return true;
	if (fact->kind < FACT_LISTING_DRAFTED || fact->kind >= FACT_QUEUE_WORKED)
		return false;
	if (fact->kind < FACT_MATCH_MADE)
		return fact->listing.number == f->listing;
	if (fact->kind < FACT_QUEUE_ADDED)
		return fact->match.need == f->listing || fact->match.offer == f->listing;
	return fact->job.listing == f->listing;
}

static bool
is_kind(const char *wanted, enum fact_kind kind)
{
	size_t n = wanted ? strlen(wanted) : 0;
	const char *name = fact_kind_name(kind);
	return n == 0 || (strncmp(name, wanted, n) == 0 && (name[n] == '.' || name[n] == 0));
}

static bool
take_fact(void *arg, const struct store_record *record)
{
	struct facts *f = arg;
	struct fact fact;
	if (record->number > f->to)
		return false;
	f->next = record->number + 1;
	f->unreadable = !fact_decode(record->bytes, &fact);
	if (f->unreadable)
		return false;
	if (is_kind(f->kind, fact.kind) && has_listing(f, &fact) && has_participant(f, &fact))
		print_fact(f, &fact);
	return ftell(f->out) < SLICE_BYTES;
}

/* ---- the command ---- */

static bool
kind_exists(const char *kind)
{
	for (int i = 1; i <= FACT_QUEUE_WORKED; i++)
		if (fact_kind_name((enum fact_kind)i) && is_kind(kind, (enum fact_kind)i))
			return true;
	return false;
}

/* One transaction's facts, printed when it is over. A STORE_E_* code. */
static int
print_slice(struct facts *f)
{
	char *text = NULL;
	size_t size = 0;
	f->out = open_memstream(&text, &size);
	if (!f->out)
		mem_failed(SLICE_BYTES);
	int rc = store_facts(f->store, f->next, SLICE, take_fact, f);
	fclose(f->out);
	fwrite(text, 1, size, stdout);
	free(text);
	return rc;
}

static void
say_trimmed(struct facts *f)
{
	uint64_t first = store_first(f->store);
	fprintf(stderr,
		TR("matchctl: facts before %" PRIu64 " were dropped (keep-days, keep-size)\n",
		   "matchctl: факты до %" PRIu64 " удалены (keep-days, keep-size)\n"),
		first);
	f->next = first;
}

static int
print_all(struct facts *f)
{
	while (f->next <= f->to) {
		int rc = f->next < store_first(f->store) ? STORE_E_GONE : print_slice(f);
		if (rc == STORE_E_GONE && store_refresh(f->store) == 0)
			say_trimmed(f);
		else if (rc)
			return data_failed(f->tool, rc, store_message(f->store));
		if (f->unreadable) {
			fprintf(stderr,
				TR("matchctl: fact %" PRIu64 " cannot be read\n",
				   "matchctl: факт %" PRIu64 " не читается\n"),
				f->next - 1);
			return EXIT_REFUSED;
		}
		if (fflush(stdout) != 0)
			return EXIT_INTERNAL;
	}
	return EXIT_DONE;
}

/* Names, and the numbers of what was asked for. */
static int
load_names(struct facts *f)
{
	char why[NAMES_WHY];
	const char *listing = tool_option(f->tool, "listing");
	const char *participant = tool_option(f->tool, "participant");
	f->names = names_load(f->store, why);
	if (!f->names) {
		int code = data_failed(f->tool, STORE_E_CORRUPT, why);
		return listing || participant ? code : EXIT_DONE;
	}
	f->participant = participant ? names_participant(f->names, str_of(participant)) : 0;
	f->listing = listing ? names_listing(f->names, str_of(listing)) : 0;
	if ((!participant || f->participant) && (!listing || f->listing))
		return EXIT_DONE;
	fprintf(stderr, TR("matchctl: there is no %s\n", "matchctl: нет %s\n"),
		participant && !f->participant ? participant : listing);
	return EXIT_REFUSED;
}

static int
run(struct facts *f, long long from, long long to)
{
	int code = load_names(f);
	if (code != EXIT_DONE)
		return code;
	f->next = (uint64_t)from;
	f->to = store_head(f->store); /* whom later facts name is not known */
	if (to > 0 && (uint64_t)to < f->to)
		f->to = (uint64_t)to;
	return print_all(f);
}

int
cmd_facts(struct tool *t)
{
	struct facts f = {.tool = t, .kind = tool_option(t, "kind")};
	char message[STORE_MESSAGE] = "";
	long long from = 1, to = 0;
	int code = tool_number(t, "from", 1, INT64_MAX, &from);
	if (code == EXIT_DONE)
		code = tool_number(t, "to", 1, INT64_MAX, &to);
	if (code == EXIT_DONE && f.kind && !kind_exists(f.kind)) {
		fprintf(stderr,
			TR("matchctl: no fact is of the kind %s; docs/protocol.md lists them\n",
			   "matchctl: фактов вида %s не бывает; виды перечислены в "
			   "docs/protocol.md\n"),
			f.kind);
		code = EXIT_USAGE;
	}
	if (code != EXIT_DONE)
		return code;
	char *directory = data_directory(t);
	data_guard();
	int rc = store_inspect(directory, &f.store, message);
	code = rc ? data_failed(t, rc, message) : run(&f, from, to);
	names_free(f.names);
	store_close(f.store);
	free(directory);
	return code;
}
