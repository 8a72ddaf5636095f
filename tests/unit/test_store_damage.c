/* Whatever happens to the files, nothing wrong is ever served. */

#include "store_help.h"

#include <endian.h>
#include <lmdb.h>
#include <sodium.h>

/* ---- a bit turned over ---- */

/* So many facts that a start does not walk the first thousand; it refuses damage in what it walks.
 */
enum { OLD = 40000 };

static size_t
flip_fact(struct place *p, uint64_t n, size_t at)
{
	char buf[KNOWN_MAX];
	struct str bytes = known_fact(n, buf);
	return place_flip(p, bytes.p, bytes.len, at);
}

/* A subscriber who replays gets the facts before the damage and never the damaged one. */
static void
damaged_fact_is_never_served(void **state)
{
	struct place *p = *state;
	place_fill(p, OLD, 4);
	assert_true(flip_fact(p, 700, 12) > 0);
	struct store *s = place_open(p);
	struct seen r = {.next = 1};
	assert_int_equal(store_facts(s, 1, UINT64_MAX, read_fact, &r), STORE_E_CORRUPT);
	assert_int_equal(r.count, 699);
	assert_false(r.wrong);
	assert_non_null(strstr(store_message(s), "fact 700 is damaged"));
	r = (struct seen){.next = 700};
	assert_int_equal(store_facts(s, 700, 1, read_fact, &r), STORE_E_CORRUPT);
	assert_int_equal(r.count, 0);
	/* Those behind it are what was committed, and are served. */
	r = (struct seen){.next = 701};
	assert_int_equal(store_facts(s, 701, UINT64_MAX, read_fact, &r), 0);
	assert_int_equal(r.count, OLD - 700);
	store_close(s);
}

/* The links and the hash before a fact's bytes are guarded as the bytes are. */
static void
damaged_link_is_never_served(void **state)
{
	struct place *p = *state;
	place_fill(p, OLD, 4);
	uint64_t link[] = {htole64(1 + 300 % 7), htole64(293), htole64(100 + 300 % 50)};
	assert_true(place_flip(p, link, sizeof link, 9) > 0);
	struct store *s = place_open(p);
	struct seen r = {.next = 1};
	assert_int_equal(store_facts(s, 1, UINT64_MAX, read_fact, &r), STORE_E_CORRUPT);
	assert_int_equal(r.count, 299);
	assert_false(r.wrong);
	store_close(s);
}

/* The latest facts say where the streams are. */
static void
damaged_late_fact_is_refused_at_start(void **state)
{
	struct place *p = *state;
	place_fill(p, 1000, 10);
	assert_true(flip_fact(p, 300, 5) > 0);
	place_corrupt(p, "fact 300 is damaged");
	assert_true(flip_fact(p, 1000, 0) > 0);
	place_corrupt(p, "fact 1000 is damaged");
}

/* A stream's head that is off would skip facts for a subscriber. */
static void
damaged_head_is_refused(void **state)
{
	struct place *p = *state;
	struct store *s = place_open(p);
	struct store_link link = {.stream = 4711};
	assert_int_equal(store_begin(s), 0);
	store_fact(s, 1, STR("one"), &link, 1, STR_NONE);
	for (uint64_t n = 2; n <= 20000; n++)
		store_fact(s, n, STR("another"), NULL, 0, STR_NONE);
	assert_int_equal(store_commit(s, 0), 0);
	assert_int_equal(store_begin(s), 0); /* writes the heads down */
	store_fact(s, 20001, STR("last"), NULL, 0, STR_NONE);
	assert_int_equal(store_commit(s, 0), 0);
	store_close(s);
	s = place_open(p);
	assert_int_equal(store_stream_head(s, 4711), 1);
	store_close(s);
	uint64_t entry[] = {htole64(4711), htole64(1)};
	assert_true(place_flip(p, entry, sizeof entry, 9) > 0);
	place_corrupt(p, "streams' heads");
}

static void
damaged_description_is_refused(void **state)
{
	struct place *p = *state;
	place_fill(p, 100, 2);
	struct store *s = place_open(p);
	uint8_t epoch[STORE_EPOCH];
	memcpy(epoch, store_epoch(s), STORE_EPOCH);
	store_close(s);
	assert_true(place_flip(p, epoch, sizeof epoch, sizeof epoch) > 0); /* the head's number */
	place_corrupt(p, "record of its state is damaged");
	place_flip(p, epoch, sizeof epoch, sizeof epoch);
	place_fill(p, 1, 1);
	assert_true(place_flip(p, "format", 6, 6) > 0);
	place_corrupt(p, "record of its format is damaged");
}

/* A row's bytes are the market's to check, against a checksum that the store vouches for. */
static void
damaged_row_is_refused(void **state)
{
	struct place *p = *state;
	char buf[KNOWN_MAX];
	place_fill(p, 100, 2);
	struct str bytes = known_fact(50, buf);
	uint64_t checksum = htole64(known_checksum(2, 50, bytes));
	struct seen r = {0};

	assert_true(place_flip(p, &checksum, sizeof checksum, 30) > 0);
	struct store *s = place_open(p);
	assert_int_equal(store_load(s, read_row, &r), STORE_E_CORRUPT);
	assert_false(r.wrong);
	assert_non_null(strstr(store_message(s), "row 50 of table 2 is damaged"));
	store_close(s);
}

static bool
accept_row(void *arg, unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	(void)arg, (void)table, (void)key, (void)bytes, (void)checksum;
	return true;
}

/* ---- changed behind the store's back, with LMDB's own means ---- */

struct raw {
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;
};

static void
raw_open(struct raw *r, const struct place *p, const char *table, unsigned flags)
{
	assert_int_equal(mdb_env_create(&r->env), 0);
	assert_int_equal(mdb_env_set_maxdbs(r->env, 4), 0);
	assert_int_equal(mdb_env_open(r->env, p->directory, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(r->env, NULL, 0, &r->txn), 0);
	assert_int_equal(mdb_dbi_open(r->txn, table, flags, &r->table), 0);
}

static void
raw_close(struct raw *r)
{
	assert_int_equal(mdb_txn_commit(r->txn), 0);
	mdb_env_close(r->env);
}

static void
raw_delete(const struct place *p, const char *table, uint64_t number)
{
	struct raw r;
	MDB_val key = {sizeof number, &number};
	raw_open(&r, p, table, 0);
	assert_int_equal(mdb_del(r.txn, r.table, &key, NULL), 0);
	raw_close(&r);
}

static void
raw_put(const struct place *p, const char *table, uint64_t number, struct str bytes)
{
	struct raw r;
	MDB_val key = {sizeof number, &number}, value = {bytes.len, (void *)bytes.p};
	raw_open(&r, p, table, 0);
	assert_int_equal(mdb_put(r.txn, r.table, &key, &value, 0), 0);
	raw_close(&r);
}

/* A program older than its data stops, and says which is which. */
static void
newer_format_is_refused_by_name(void **state)
{
	struct place *p = *state;
	char message[STORE_MESSAGE];
	place_fill(p, 10, 1);
	struct {
		uint32_t format;
		uint8_t hash[16];
	} record = {.format = htole32(7)};
	uint8_t hashed[] = {'f', 'o', 'r', 'm', 'a', 't', 7, 0, 0, 0};
	crypto_generichash(record.hash, sizeof record.hash, hashed, sizeof hashed, NULL, 0);
	struct raw r;
	MDB_val key = {6, "format"}, value = {sizeof record, &record};
	raw_open(&r, p, "meta", 0);
	assert_int_equal(mdb_put(r.txn, r.table, &key, &value, 0), 0);
	raw_close(&r);
	assert_int_equal(place_refused(p, message), STORE_E_FORMAT);
	assert_non_null(strstr(message, "format 7"));
	assert_non_null(strstr(message, "format 3"));
}

static void
lost_facts_are_noticed(void **state)
{
	struct place *p = *state;
	struct seen r = {.next = 1};
	place_fill(p, OLD, 4);
	raw_delete(p, "facts", 100);
	place_corrupt(p, "has 39999 facts");
	/* As many as there should be, but not one behind the other. */
	raw_put(p, "facts", OLD + 1, STR("more than was committed"));
	struct store *s = place_open(p);
	assert_int_equal(store_facts(s, 1, UINT64_MAX, read_fact, &r), STORE_E_CORRUPT);
	assert_int_equal(r.count, 99);
	assert_non_null(strstr(store_message(s), "fact 100 is missing"));
	r = (struct seen){.next = 101};
	assert_int_equal(store_facts(s, 101, 1, read_fact, &r), STORE_E_CORRUPT);
	assert_int_equal(r.count, 0);
	store_close(s);
	raw_delete(p, "facts", OLD);
	raw_put(p, "facts", OLD + 2, STR("more than was committed"));
	place_corrupt(p, "fact 40000 is missing");
}

/* A fact of another place, or shorter than any, is none. */
static void
replaced_facts_are_noticed(void **state)
{
	struct place *p = *state;
	place_fill(p, 200, 2);
	static const uint32_t lengths[] = {0, 1, 16, 17, 18, 200};
	char zeros[200] = {0};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		raw_put(p, "facts", 200, (struct str){zeros, lengths[i]});
		place_corrupt(p, "fact 200 is damaged");
	}
	raw_put(p, "facts", 199, STR("short"));
	place_corrupt(p, "fact 199 is missing");
}

/* Puts a record in fact n's place that follows on fact n - 1 as it should. */
static void
forge(const struct place *p, uint64_t n, struct str rest)
{
	struct raw r;
	uint64_t before = n - 1, number = htole64(n);
	MDB_val key = {sizeof before, &before}, value;
	raw_open(&r, p, "facts", 0);
	assert_int_equal(mdb_get(r.txn, r.table, &key, &value), 0);
	char hashed[200], record[200];
	memcpy(hashed, value.mv_data, 16);
	memcpy(hashed + 16, &number, 8);
	memcpy(hashed + 24, rest.p, rest.len);
	crypto_generichash((uint8_t *)record, 16, (uint8_t *)hashed, 24 + rest.len, NULL, 0);
	memcpy(record + 16, rest.p, rest.len);
	raw_close(&r);
	raw_put(p, "facts", n, (struct str){record, 16 + rest.len});
}

static void
forged_facts_are_noticed(void **state)
{
	struct place *p = *state;
	place_fill(p, 200, 2);
	forge(p, 150, STR("\0another middle"));
	place_corrupt(p, "fact 151 is damaged");
	char links[] = "\4................................................................";
	forge(p, 150, (struct str){links, 65});
	place_corrupt(p, "fact 150 has 4 links");
	forge(p, 150, STR("\1short"));
	place_corrupt(p, "fact 150 has 1 links");
	forge(p, 200, STR("\0another end"));
	place_corrupt(p, "fact 200 is not the one committed");
}

static void
lost_and_added_rows_are_noticed(void **state)
{
	struct place *p = *state;
	place_fill(p, 200, 2);
	raw_delete(p, "rows.0", 150);
	struct store *s = place_open(p);
	assert_int_equal(store_load(s, accept_row, NULL), STORE_E_CORRUPT);
	assert_non_null(strstr(store_message(s), "rows are missing"));
	store_close(s);
	raw_put(p, "rows.0", 1000, STR("\1\0\0\0\0\0\0\0more"));
	s = place_open(p);
	assert_int_equal(store_load(s, accept_row, NULL), STORE_E_CORRUPT);
	store_close(s);
	raw_put(p, "rows.0", 1000, STR("short"));
	s = place_open(p);
	assert_int_equal(store_load(s, accept_row, NULL), STORE_E_CORRUPT);
	assert_non_null(strstr(store_message(s), "row 1000 of table 0 is damaged"));
	store_close(s);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
	const struct CMUnitTest stories[] = {
	    STORY(damaged_fact_is_never_served),
	    STORY(damaged_link_is_never_served),
	    STORY(damaged_late_fact_is_refused_at_start),
	    STORY(damaged_head_is_refused),
	    STORY(damaged_description_is_refused),
	    STORY(damaged_row_is_refused),
	    STORY(newer_format_is_refused_by_name),
	    STORY(lost_facts_are_noticed),
	    STORY(replaced_facts_are_noticed),
	    STORY(forged_facts_are_noticed),
	    STORY(lost_and_added_rows_are_noticed),
	};
	return cmocka_run_group_tests(stories, NULL, NULL);
}
