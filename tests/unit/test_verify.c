/* Whatever in a store does not agree with the rest of it is found, and called by its name. */

#include "core/market.h"
#include "intake/intake.h"
#include "json.h"
#include "recovery/recovery.h"
#include "recovery/verify.h"
#include "store_help.h"

#include <endian.h>
#include <lmdb.h>
#include <sodium.h>
#include <stdio.h>

/* So many facts that heads are written down. */
enum { FACTS = 18000, TURN = 1000, ASIDES = 10 };

/* ---- a store of a real market ---- */

/* What is done to the one fact `number` on its way into the store. */
struct lie {
	uint64_t number;
	bool status; /* it says another status */
	bool stream; /* it is put in another stream */
};

struct world {
	struct place *place;
	struct market *market;
	struct store *store;
	struct lie lie;
};

static void
emit(void *arg, const struct fact *f, struct str bytes)
{
	struct world *w = arg;
	struct store_link links[MAX_STREAMS];
	uint64_t streams[MAX_STREAMS];
	size_t n = market_streams(w->market, f, streams);
	struct buf other = BUF_EMPTY;
	bool lied = f->number == w->lie.number;
	for (size_t i = 0; i < n; i++)
		links[i] = (struct store_link){.stream = streams[i] + (lied && w->lie.stream)};
	if (lied && w->lie.status) {
		struct fact changed = *f;
		changed.participant.status = STATUS_EXCLUDED;
		fact_encode(&changed, &other);
		bytes = buf_str(&other);
	}
	store_fact(w->store, f->number, bytes, links, n, STR_NONE);
	buf_free(&other);
}

static void
put_row(void *arg, enum table table, uint64_t key, struct str bytes, uint64_t checksum)
{
	store_row(arg, table, key, bytes, checksum);
}

static void
execute(struct world *w, struct command c)
{
	struct outcome outcome;
	c.clock_ms = 1000 + market_stamp_ms(w->market);
	market_execute(w->market, &c, emit, w, &outcome);
	if (outcome.kind != OUTCOME_CHANGED)
		fail_msg("%s", outcome.refusal.message);
}

static void
register_one(struct world *w, const char *id, const char *json)
{
	struct buf written = BUF_EMPTY, content = BUF_EMPTY;
	struct refusal refusal;
	json_to_mp(json, &written);
	if (intake_participant(mp_of(buf_str(&written)), true, "", &content, &refusal) != 0)
		fail_msg("%s", refusal.message);
	execute(w, (struct command){.kind = COMMAND_REGISTER,
				    .participant = str_of(id),
				    .content = buf_str(&content),
				    .status = STATUS_MEMBER});
	buf_free(&written);
	buf_free(&content);
}

static void
commit(struct world *w)
{
	market_flush(w->market, put_row, w->store);
	assert_int_equal(store_commit(w->store, market_digest(w->market)), 0);
}

/* Two participants, one of whom changes his mind very often. */
static void
make(struct world *w, void **state, struct lie lie)
{
	*w = (struct world){.place = *state, .market = market_new(), .lie = lie};
	w->store = place_open(w->place);
	assert_int_equal(store_begin(w->store), 0);
	register_one(w, "acme", "{\"name\": \"Acme\", \"kind\": \"person\"}");
	register_one(w, "bolt", "{\"name\": \"Bolt\", \"kind\": \"person\"}");
	for (uint64_t key = 0; key < ASIDES; key++)
		store_aside(w->store, key % 2, key, STR("an aside"));
	commit(w);
	while (market_head(w->market) < FACTS) {
		assert_int_equal(store_begin(w->store), 0);
		for (unsigned i = 0; i < TURN; i++)
			execute(w, (struct command){.kind = COMMAND_STATUS,
						    .participant = STR("bolt"),
						    .status =
							i % 2 ? STATUS_MEMBER : STATUS_SUSPENDED});
		commit(w);
	}
	store_close(w->store);
	market_free(w->market);
}

/* ---- what is found ---- */

struct findings {
	unsigned count;
	enum verify_part part; /* of the first */
	char message[400];
	uint64_t progress;
};

static void
note_finding(void *arg, enum verify_part part, const char *message)
{
	struct findings *f = arg;
	if (f->count++ > 0)
		return;
	f->part = part;
	snprintf(f->message, sizeof f->message, "%s", message);
}

static void
note_progress(void *arg, uint64_t done, uint64_t total)
{
	struct findings *f = arg;
	assert_true(done >= f->progress && done <= total);
	f->progress = done;
}

static struct verified
verify(const struct place *p, struct findings *ret)
{
	struct store *s;
	struct verified v;
	char message[STORE_MESSAGE];
	const struct verify_watch watch = {note_progress, note_finding, ret};
	*ret = (struct findings){0};
	if (store_inspect(p->directory, &s, message) != 0)
		fail_msg("%s", message);
	unsigned count = verify_store(s, &watch, &v);
	assert_int_equal(count, ret->count);
	store_close(s);
	return v;
}

static void
found(const struct place *p, enum verify_part part, const char *saying)
{
	struct findings f;
	struct verified v = verify(p, &f);
	assert_true(f.count > 0);
	assert_int_equal(f.part, part);
	assert_int_equal(v.findings[part] > 0, true);
	if (!strstr(f.message, saying))
		fail_msg("\"%s\" does not say \"%s\"", f.message, saying);
}

static void
sound(const struct place *p, struct verified *ret)
{
	struct findings f;
	*ret = verify(p, &f);
	if (f.count > 0)
		fail_msg("%s", f.message);
}

/* ---- damage, by LMDB's own means ---- */

/* Changes one record: flips a bit of its byte `at`, or with a negative one removes it. */
static void
damage(const struct place *p, const char *table, uint64_t number, long at)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val key = {sizeof number, &number}, value;
	uint8_t bytes[1000];
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
	assert_int_equal(mdb_env_open(env, p->directory, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, table, 0, &dbi), 0);
	if (at < 0) {
		assert_int_equal(mdb_del(txn, dbi, &key, NULL), 0);
	} else {
		assert_int_equal(mdb_get(txn, dbi, &key, &value), 0);
		assert_true((size_t)at < value.mv_size && value.mv_size <= sizeof bytes);
		memcpy(bytes, value.mv_data, value.mv_size);
		bytes[at] ^= 1;
		value.mv_data = bytes;
		assert_int_equal(mdb_put(txn, dbi, &key, &value, 0), 0);
	}
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void
a_sound_store_is_found_sound(void **state)
{
	struct world w;
	struct verified v;
	make(&w, state, (struct lie){0});
	sound(w.place, &v);
	assert_int_equal(v.head, 18002);
	assert_int_equal(v.first, 1);
	assert_int_equal(v.facts, 18002);
	assert_int_equal(v.asides, ASIDES);
	assert_int_equal(v.rows, 3); /* both, and the counters */
	assert_int_equal(v.heads, 2);
	assert_true(v.replayed);
	assert_int_equal(v.skipped, 0);
}

/* A new store has nothing that could be wrong. */
static void
an_empty_store_is_found_sound(void **state)
{
	struct verified v;
	store_close(place_open(*state));
	sound(*state, &v);
	assert_int_equal(v.facts, 0);
}

/* What was dropped cannot be replayed, and the rest is checked all the same. */
static void
a_trimmed_store_is_found_sound(void **state)
{
	struct world w;
	struct verified v;
	make(&w, state, (struct lie){0});
	struct store *s = place_open(w.place);
	store_trim(s, 18000);
	while (store_trims(s)) {
		assert_int_equal(store_begin(s), 0);
		assert_int_equal(store_commit(s, w.place->digest), 0);
	}
	store_close(s);
	sound(w.place, &v);
	assert_int_equal(v.first, 18000);
	assert_int_equal(v.facts, 3);
	assert_false(v.replayed);
	damage(w.place, "facts", 18001, 40);
	found(w.place, VERIFY_JOURNAL, "fact 18001 is damaged");
}

/* Each is put back before the next: damaging twice mends. */
static void
each_kind_of_damage_has_a_name(void **state)
{
	static const struct {
		const char *table;
		uint64_t number;
		long at;
		enum verify_part part;
		const char *saying;
	} cases[] = {
	    {"facts", 300, 0, VERIFY_JOURNAL, "fact 300 is damaged"},
	    {"facts", 300, 20, VERIFY_JOURNAL, "fact 300 is damaged"},
	    {"facts", 300, 40, VERIFY_JOURNAL, "fact 300 is damaged"},
	    {"facts", 18002, 40, VERIFY_JOURNAL, "fact 18002 is damaged"},
	    {"rows.4", 1, 0, VERIFY_ROWS, "row 1 of table 4 is damaged"},
	    {"rows.4", 1, 12, VERIFY_ROWS, "row 1 of table 4 is damaged"},
	    {"rows.0", 1, 12, VERIFY_ROWS, "row 1 of table 0 is damaged"},
	    {"aside.1", 3, 10, VERIFY_ASIDES, "aside 3 of table 1 is damaged"},
	    {"heads", UINT64_C(2) << 32 | 2, 1, VERIFY_HEADS, "heads is damaged"},
	};
	struct world w;
	struct verified v;
	make(&w, state, (struct lie){0});
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		damage(w.place, cases[i].table, cases[i].number, cases[i].at);
		found(w.place, cases[i].part, cases[i].saying);
		damage(w.place, cases[i].table, cases[i].number, cases[i].at);
	}
	sound(w.place, &v);
}

static void
each_kind_of_loss_has_a_name(void **state)
{
	static const struct {
		const char *table;
		uint64_t number;
		enum verify_part part;
		const char *saying;
	} cases[] = {
	    {"aside.0", 4, VERIFY_ASIDES, "asides are missing"},
	    {"heads", UINT64_C(2) << 32 | 1, VERIFY_HEADS, "heads is damaged"},
	    {"rows.4", 2, VERIFY_ROWS, "rows are missing"},
	    {"facts", 300, VERIFY_JOURNAL, "has 18001 facts"},
	};
	struct world w;
	make(&w, state, (struct lie){0});
	/* All of them at once in the end, from what is looked at last to what is looked at first. */
	for (size_t i = sizeof cases / sizeof *cases; i-- > 0;) {
		damage(w.place, cases[i].table, cases[i].number, -1);
		if (cases[i].part != VERIFY_ASIDES)
			found(w.place, cases[i].part, cases[i].saying);
	}
	struct findings f;
	struct verified v = verify(w.place, &f);
	assert_int_equal(v.findings[VERIFY_ASIDES], 1);
	assert_int_equal(v.findings[VERIFY_HEADS], 1);
	assert_int_equal(v.findings[VERIFY_ROWS], 1);
	assert_true(v.findings[VERIFY_JOURNAL] >= 2);
}

/* Several damaged facts are named, and what is whole between them is read. */
static void
damage_does_not_hide_damage(void **state)
{
	struct world w;
	struct findings f;
	make(&w, state, (struct lie){0});
	for (uint64_t n = 100; n <= 300; n += 100)
		damage(w.place, "facts", n, 40);
	struct verified v = verify(w.place, &f);
	assert_int_equal(v.findings[VERIFY_JOURNAL], 3);
	assert_int_equal(v.facts, 18002 - 3);
	assert_false(v.replayed);
	for (uint64_t n = 400; n <= 4000; n += 100)
		damage(w.place, "facts", n, 40);
	v = verify(w.place, &f);
	assert_int_equal(v.findings[VERIFY_JOURNAL], 10);
}

/* A journal that is whole and chained, and is not what made the rows. */
static void
facts_that_make_another_market_are_found(void **state)
{
	struct world w;
	make(&w, state, (struct lie){.number = 18002, .status = true});
	found(w.place, VERIFY_REPLAY, "all facts together make the digest");
}

static void
a_fact_in_a_wrong_stream_is_found(void **state)
{
	struct world w;
	make(&w, state, (struct lie){.number = 500, .stream = true});
	found(w.place, VERIFY_REPLAY, "fact 500 is in other streams");
}

/* The table's sums are right and it says something else than the facts: what an error in the
 * program that wrote it would leave. */
static void
heads_that_are_not_the_facts_are_found(void **state)
{
	struct world w;
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi meta, heads;
	uint64_t stream = UINT64_C(2) << 32 | 1, number = 0;
	MDB_val name = {5, "state"}, key = {sizeof stream, &stream}, value;
	make(&w, state, (struct lie){0});
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_set_maxdbs(env, 4), 0);
	assert_int_equal(mdb_env_open(env, w.place->directory, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, "meta", 0, &meta), 0);
	assert_int_equal(mdb_dbi_open(txn, "heads", 0, &heads), 0);
	assert_int_equal(mdb_get(txn, heads, &key, &value), 0);
	memcpy(&number, value.mv_data, sizeof number);

	uint8_t record[5 + 200], hash[crypto_shorthash_BYTES];
	assert_int_equal(mdb_get(txn, meta, &name, &value), 0);
	size_t len = value.mv_size - 16;
	memcpy(record, "state", 5);
	memcpy(record + 5, value.mv_data, value.mv_size);
	uint64_t sum, part, entry[2] = {htole64(stream), number};
	memcpy(&sum, record + 5 + 56, sizeof sum);
	for (int sign = -1; sign <= 1; sign += 2, entry[1] = htole64(le64toh(entry[1]) + 1)) {
		crypto_shorthash(hash, (uint8_t *)entry, sizeof entry, record + 5);
		memcpy(&part, hash, sizeof part);
		sum = htole64(le64toh(sum) + (uint64_t)sign * le64toh(part));
		number = entry[1];
	}
	memcpy(record + 5 + 56, &sum, sizeof sum);
	crypto_generichash(record + 5 + len, 16, record, 5 + len, NULL, 0);
	value = (MDB_val){len + 16, record + 5};
	assert_int_equal(mdb_put(txn, meta, &name, &value, 0), 0);
	value = (MDB_val){sizeof number, &number};
	assert_int_equal(mdb_put(txn, heads, &key, &value, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	found(w.place, VERIFY_STREAMS, "the head of stream 200000001");
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
	const struct CMUnitTest stories[] = {
	    STORY(a_sound_store_is_found_sound),
	    STORY(an_empty_store_is_found_sound),
	    STORY(a_trimmed_store_is_found_sound),
	    STORY(each_kind_of_damage_has_a_name),
	    STORY(each_kind_of_loss_has_a_name),
	    STORY(damage_does_not_hide_damage),
	    STORY(facts_that_make_another_market_are_found),
	    STORY(a_fact_in_a_wrong_stream_is_found),
	    STORY(heads_that_are_not_the_facts_are_found),
	};
	return cmocka_run_group_tests(stories, NULL, NULL);
}
