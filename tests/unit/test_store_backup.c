/* A backup is whole or it is refused; a store restored from it is another than the one it came from. */

#include "store/backup.h"
#include "store/inspect.h"
#include "store_help.h"

#include <endian.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct store_watch nobody = {0};

/* A place with a backup of it beside it, and a directory that is not there yet. */
struct scene {
	struct place *from;
	struct place backup; /* only `data`: the file */
	struct place to;
	struct store_backup said;
};

/* Restores go there from now on. */
static void
turn_to(struct scene *s, char name)
{
	struct place *to = &s->to;
	snprintf(to->directory, sizeof to->directory, "%.50s/%c", s->from->directory, name);
	snprintf(to->data, sizeof to->data, "%.50s/%c/data.mdb", s->from->directory, name);
}

static void
begin(struct scene *s, void **state, unsigned facts)
{
	char message[STORE_MESSAGE] = "";
	*s = (struct scene){.from = *state};
	snprintf(s->backup.data, sizeof s->backup.data, "%s/b", s->from->directory);
	turn_to(s, 'r');
	place_fill(s->from, facts, 4);
	if (store_backup(s->from->directory, s->backup.data, false, &nobody, &s->said, message))
		fail_msg("%s", message);
}

static void
restored(struct scene *s)
{
	char message[STORE_MESSAGE] = "";
	struct store_backup b;
	if (store_restore(s->backup.data, s->to.directory, &nobody, &b, message) != 0)
		fail_msg("%s", message);
	assert_int_equal(b.head, s->said.head);
}

/* Restoring is refused, as checking is where `checked`, and nothing is left of it. */
static void
refused(struct scene *s, bool checked, const char *saying)
{
	char message[STORE_MESSAGE] = "";
	struct store_backup b;
	int rc = store_backup_check(s->backup.data, &nobody, &b, message);
	assert_int_equal(rc != 0, checked);
	assert_int_not_equal(store_restore(s->backup.data, s->to.directory, &nobody, &b, message),
			     0);
	if (!strstr(message, saying))
		fail_msg("\"%s\" does not say \"%s\"", message, saying);
	assert_int_not_equal(access(s->to.directory, F_OK), 0);
}

static long
length_of(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void
what_is_restored_is_what_there_was(void **state)
{
	struct scene s;
	uint8_t epoch[STORE_EPOCH];
	begin(&s, state, 40000);
	struct store *from = place_open(s.from);
	memcpy(epoch, store_epoch(from), STORE_EPOCH);
	assert_memory_equal(s.said.epoch, epoch, STORE_EPOCH);
	assert_int_equal(s.said.head, 40000);
	assert_int_equal(s.said.digest, store_digest(from));
	store_close(from);
	restored(&s);
	struct store *to = place_open(&s.to);
	known_all(to);
	assert_memory_not_equal(store_epoch(to), epoch, STORE_EPOCH);
	assert_int_equal(store_digest(to), s.said.digest);
	/* Numbers and the chain go on, through heads that are written down anew. */
	assert_int_equal(known_turn(&s.to, to, 20000), 0);
	assert_int_equal(known_turn(&s.to, to, 1), 0);
	memcpy(epoch, store_epoch(to), STORE_EPOCH);
	store_close(to);
	to = place_open(&s.to);
	known_all(to);
	assert_int_equal(store_head(to), 60001);
	assert_memory_equal(store_epoch(to), epoch, STORE_EPOCH);
	store_close(to);
}

static void
two_restores_are_two_stores(void **state)
{
	struct scene s;
	uint8_t epoch[STORE_EPOCH];
	begin(&s, state, 100);
	restored(&s);
	struct store *to = place_open(&s.to);
	memcpy(epoch, store_epoch(to), STORE_EPOCH);
	store_close(to);
	turn_to(&s, 's');
	restored(&s);
	to = place_open(&s.to);
	assert_memory_not_equal(store_epoch(to), epoch, STORE_EPOCH);
	store_close(to);
}

/* A store without a fact, and one that has lost its oldest. */
static void
empty_and_trimmed_stores_come_back(void **state)
{
	struct scene s;
	struct place *p = *state;
	place_fill(p, 0, 1);
	begin(&s, state, 0);
	assert_int_equal(s.said.head, 0);
	restored(&s);
	struct store *to = place_open(&s.to);
	assert_int_equal(known_turn(&s.to, to, 40000), 0);
	store_trim(to, 30001);
	while (store_trims(to))
		assert_int_equal(known_turn(&s.to, to, 1), 0);
	store_close(to);
	to = place_open(&s.to);
	known_all(to);
	store_close(to);

	char message[STORE_MESSAGE] = "";
	assert_int_equal(
	    store_backup(s.to.directory, s.backup.data, true, &nobody, &s.said, message), 0);
	turn_to(&s, 't');
	restored(&s);
	to = place_open(&s.to);
	assert_int_equal(store_first(to), 30001);
	known_all(to);
	store_close(to);
}

static void
a_file_that_is_there_stays(void **state)
{
	struct scene s;
	char message[STORE_MESSAGE];
	begin(&s, state, 100);
	long length = length_of(s.backup.data);
	assert_int_not_equal(
	    store_backup(s.from->directory, s.backup.data, false, &nobody, &s.said, message), 0);
	assert_non_null(strstr(message, "is there already"));
	assert_int_equal(length_of(s.backup.data), length);
	place_fill(s.from, 10000, 4);
	assert_int_equal(
	    store_backup(s.from->directory, s.backup.data, true, &nobody, &s.said, message), 0);
	assert_true(length_of(s.backup.data) > length);
}

/* A directory that holds anything like a store keeps it, cut off or empty as it may be. */
static void
a_store_is_never_replaced(void **state)
{
	struct scene s;
	char message[STORE_MESSAGE];
	struct store_backup b;
	begin(&s, state, 100);
	restored(&s);
	long length = length_of(s.to.data);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_not_equal(
		    store_restore(s.backup.data, s.to.directory, &nobody, &b, message), 0);
		assert_non_null(strstr(message, "holds a store already"));
		assert_int_equal(length_of(s.to.data), length);
		length = i == 0 ? 5000 : 0;
		assert_int_equal(truncate(s.to.data, length), 0);
	}
}

static void
a_backup_cut_off_is_refused(void **state)
{
	struct scene s;
	begin(&s, state, 2000);
	for (long length = length_of(s.backup.data) - 1; length > 0; length = length * 9 / 10) {
		assert_int_equal(truncate(s.backup.data, length), 0);
		refused(&s, true, "cut off");
	}
	assert_int_equal(truncate(s.backup.data, 0), 0);
	refused(&s, true, "cut off");
}

/* Any bit of it, in the image or behind it. */
static void
a_backup_with_a_bit_turned_is_refused(void **state)
{
	struct scene s;
	begin(&s, state, 2000);
	size_t length = (size_t)length_of(s.backup.data);
	uint64_t random = 20240229; /* the same places in every run */
	for (unsigned round = 0; round < 300; round++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		size_t at = round < 150 ? length - 1 - round : (random >> 24) % length;
		place_flip_at(&s.backup, at, (unsigned)(random >> 61));
		refused(&s, true, "");
		place_flip_at(&s.backup, at, (unsigned)(random >> 61));
	}
	restored(&s);
}

/* Puts a trailer behind a damaged image that says nothing of it, as a backup of a damaged store
 * would have. */
static void
sign_again(const struct scene *s)
{
	FILE *f = fopen(s->backup.data, "r+b");
	assert_non_null(f);
	size_t length = (size_t)length_of(s->backup.data), image = s->said.length;
	uint8_t *bytes = malloc(length);
	assert_int_equal(fread(bytes, 1, length, f), length);
	crypto_generichash(bytes + length - 64, 32, bytes, image, NULL, 0);
	crypto_generichash(bytes + length - 32, 32, bytes + image, length - image - 32, NULL, 0);
	rewind(f);
	assert_int_equal(fwrite(bytes, 1, length, f), length);
	assert_int_equal(fclose(f), 0);
	free(bytes);
}

/* Old facts, which a start does not walk, among it. */
static void
damage_in_the_image_leaves_no_store(void **state)
{
	struct scene s;
	char buf[KNOWN_MAX];
	begin(&s, state, 40000);
	struct str fact = known_fact(300, buf);
	assert_true(place_flip(&s.backup, fact.p, fact.len, 5) > 0);
	sign_again(&s);
	refused(&s, false, "fact 300 is damaged");
	assert_int_equal(
	    store_backup(s.from->directory, s.backup.data, true, &nobody, &s.said, buf), 0);
	struct str aside = known_aside(39990, buf);
	assert_true(place_flip(&s.backup, aside.p, aside.len, 5) > 0);
	sign_again(&s);
	refused(&s, false, "aside 10 of table 0 is damaged");
}

/* Nor does a damaged store make a backup that somebody would rely on. */
static void
damage_in_the_store_leaves_no_backup(void **state)
{
	struct scene s;
	char buf[KNOWN_MAX], message[STORE_MESSAGE], partial[100];
	begin(&s, state, 40000);
	assert_int_equal(unlink(s.backup.data), 0);
	struct str fact = known_fact(300, buf);
	assert_true(place_flip(s.from, fact.p, fact.len, 5) > 0);
	assert_int_equal(
	    store_backup(s.from->directory, s.backup.data, false, &nobody, &s.said, message),
	    STORE_E_CORRUPT);
	assert_non_null(strstr(message, "fact 300 is damaged"));
	assert_int_not_equal(access(s.backup.data, F_OK), 0);
	snprintf(partial, sizeof partial, "%s.partial", s.backup.data);
	assert_int_not_equal(access(partial, F_OK), 0);
}

/* The market says which rows are its own. */
static void
damaged_rows_are_refused_by_the_market(void **state)
{
	struct scene s;
	struct seen r = {0};
	struct store_watch market = {.row = read_row, .arg = &r};
	struct store_backup b;
	char buf[KNOWN_MAX], message[STORE_MESSAGE];
	begin(&s, state, 100);
	struct str bytes = known_fact(50, buf);
	uint64_t checksum = htole64(known_checksum(2, 50, bytes));
	assert_true(place_flip(&s.backup, &checksum, sizeof checksum, 30) > 0);
	sign_again(&s);
	assert_int_equal(store_restore(s.backup.data, s.to.directory, &market, &b, message),
			 STORE_E_CORRUPT);
	assert_non_null(strstr(message, "row 50 of table 2 is damaged"));
	assert_int_not_equal(access(s.to.directory, F_OK), 0);
}

/* A backup can be looked into where it lies. */
static void
a_backup_is_read_as_a_store(void **state)
{
	struct scene s;
	struct store *store;
	char message[STORE_MESSAGE];
	begin(&s, state, 2000);
	assert_int_equal(store_inspect(s.backup.data, &store, message), 0);
	struct seen facts = {.next = 1};
	assert_int_equal(store_facts(store, 1, UINT64_MAX, read_fact, &facts), 0);
	assert_int_equal(facts.count, 2000);
	assert_false(facts.wrong);
	store_close(store);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
	const struct CMUnitTest stories[] = {
	    STORY(what_is_restored_is_what_there_was),
	    STORY(two_restores_are_two_stores),
	    STORY(empty_and_trimmed_stores_come_back),
	    STORY(a_file_that_is_there_stays),
	    STORY(a_store_is_never_replaced),
	    STORY(a_backup_cut_off_is_refused),
	    STORY(a_backup_with_a_bit_turned_is_refused),
	    STORY(damage_in_the_image_leaves_no_store),
	    STORY(damage_in_the_store_leaves_no_backup),
	    STORY(damaged_rows_are_refused_by_the_market),
	    STORY(a_backup_is_read_as_a_store),
	};
	return cmocka_run_group_tests(stories, NULL, NULL);
}
