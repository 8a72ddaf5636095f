#include "recovery/verify.h"

#include "core/market.h"
#include "recovery/recovery.h"
#include "recovery/streams.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum {
	SLICE = 4096,	  /* facts in one read transaction */
	MOST_DAMAGED = 10 /* facts that are named */
};

struct verifier {
	struct store *store;
	const struct verify_watch *watch;
	struct verified *ret;
	struct streams *streams;
	uint64_t heads_at;
	struct market *replayed; /* NULL: not from the beginning, or not any more */
	uint64_t next;		 /* fact to be read */
	uint64_t walk_first;	 /* where the walk began */
	bool linked;		 /* links are right so far */
};

static void __attribute__((format(printf, 3, 4)))
find(struct verifier *v, enum verify_part part, const char *format, ...)
{
	char message[400];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	v->ret->findings[part]++;
	v->watch->finding(v->watch->arg, part, message);
}

/* ---- what is no journal ---- */

static void
check_rows(struct verifier *v)
{
	char why[RECOVERY_MESSAGE];
	struct market *m = market_new();
	if (recovery_load_rows(v->store, m, &v->ret->rows, why) != 0)
		find(v, VERIFY_ROWS, "%s", why);
	else if (recovery_settle(v->store, m, why) != 0)
		find(v, VERIFY_MARKET, "%s", why);
	v->ret->first = store_first(v->store);
	v->ret->head = store_head(v->store);
	v->ret->digest = store_digest(v->store);
	market_free(m);
}

static void
check_tables(struct verifier *v)
{
	if (store_check_heads(v->store, streams_note_head, v->streams, &v->heads_at) != 0)
		find(v, VERIFY_HEADS, "%s", store_message(v->store));
	if (store_check_asides(v->store, &v->ret->asides) != 0)
		find(v, VERIFY_ASIDES, "%s", store_message(v->store));
	v->ret->heads = streams_heads(v->streams);
}

/* ---- the journal ---- */

static void
ignore_row(void *arg, enum table table, uint64_t key, struct str bytes, uint64_t checksum)
{
	(void)arg, (void)table, (void)key, (void)bytes, (void)checksum;
}

static void
stop_replay(struct verifier *v)
{
	market_free(v->replayed);
	v->replayed = NULL;
}

static bool
concerns(const struct market *m, const struct fact *f, const struct store_record *record)
{
	uint64_t streams[MAX_STREAMS];
	size_t n = market_streams(m, f, streams);
	if (n != record->n_links)
		return false;
	for (size_t i = 0; i < n; i++)
		if (streams[i] != record->links[i].stream)
			return false;
	return true;
}

/* Applies the fact, and at the one that the rows were as of compares. */
static void
replay(struct verifier *v, const struct fact *f, const struct store_record *record)
{
	struct market *m = v->replayed;
	if (!market_apply(m, f)) {
		find(v, VERIFY_REPLAY,
		     "fact %" PRIu64 " does not fit what the facts before it made", f->number);
		stop_replay(v);
		return;
	}
	if (!concerns(m, f, record))
		find(v, VERIFY_REPLAY, "fact %" PRIu64 " is in other streams than it concerns",
		     f->number);
	if (f->number < v->ret->head)
		return;
	market_flush(m, ignore_row, NULL);
	v->ret->replayed = true;
	if (market_digest(m) != v->ret->digest)
		find(v, VERIFY_REPLAY,
		     "all facts together make the digest %016" PRIx64 ", the rows %016" PRIx64,
		     market_digest(m), v->ret->digest);
	stop_replay(v);
}

static bool
take_fact(void *arg, const struct store_record *record)
{
	struct verifier *v = arg;
	struct fact f;
	char why[STREAMS_WHY];
	v->next = record->number + 1;
	v->ret->facts++;
	if (v->linked && !streams_follow(v->streams, record, v->walk_first, v->heads_at, why)) {
		find(v, VERIFY_STREAMS, "%s", why);
		v->linked = false;
	}
	if (!fact_decode(record->bytes, &f) || f.number != record->number) {
		find(v, VERIFY_JOURNAL, "fact %" PRIu64 " cannot be read", record->number);
		stop_replay(v);
	}
	if (v->replayed)
		replay(v, &f, record);
	return true;
}

/* Facts were trimmed faster than they were read. */
static void
skip(struct verifier *v)
{
	store_refresh(v->store);
	v->ret->skipped += store_first(v->store) - v->next;
	v->next = store_first(v->store);
	v->linked = false;
	stop_replay(v);
}

/* What is behind a damaged fact may be whole. */
static void
pass_damage(struct verifier *v, char last[STORE_MESSAGE])
{
	const char *message = store_message(v->store);
	if (strcmp(last, message) != 0)
		find(v, VERIFY_JOURNAL, "%s", message);
	snprintf(last, STORE_MESSAGE, "%s", message);
	v->linked = false;
	stop_replay(v);
	v->next++;
}

static void
check_journal(struct verifier *v)
{
	char last[STORE_MESSAGE] = "";
	if (store_check_ends(v->store) != 0)
		find(v, VERIFY_JOURNAL, "%s", store_message(v->store));
	v->walk_first = v->next = store_first(v->store);
	if (v->next == 1 && v->ret->head > 0 && v->ret->findings[VERIFY_ROWS] == 0)
		v->replayed = market_new();
	v->linked = true;
	while (v->next <= store_head(v->store) && v->ret->findings[VERIFY_JOURNAL] < MOST_DAMAGED) {
		int rc = store_facts(v->store, v->next, SLICE, take_fact, v);
		if (rc == STORE_E_GONE)
			skip(v);
		else if (rc)
			pass_damage(v, last);
		v->watch->progress(v->watch->arg, v->next - v->walk_first,
				   store_head(v->store) + 1 - v->walk_first);
	}
	stop_replay(v);
}

static void
check_streams(struct verifier *v)
{
	char why[STREAMS_WHY];
	if (v->linked && v->ret->findings[VERIFY_HEADS] == 0 &&
	    !streams_agree(v->streams, store_first(v->store), why))
		find(v, VERIFY_STREAMS, "%s", why);
}

unsigned
verify_store(struct store *store, const struct verify_watch *watch, struct verified *ret)
{
	struct verifier v = {.store = store, .watch = watch, .ret = ret};
	unsigned all = 0;
	*ret = (struct verified){0};
	v.streams = streams_new();
	check_tables(&v); /* before the rows, so that the facts up to their head cover the heads */
	check_rows(&v);
	check_journal(&v);
	check_streams(&v);
	streams_free(v.streams);
	for (unsigned part = 0; part < VERIFY_PARTS; part++)
		all += ret->findings[part];
	return all;
}
