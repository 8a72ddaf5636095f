/* The data file as a whole: cut off, empty, of somebody else, half made. */

#include "store_help.h"

#include <lmdb.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that was cut off, as by a copy that broke, is refused at any length; reading it would be
 * SIGBUS. */
static void
truncated_file_is_refused(void **state)
{
	struct place *p = *state;
	place_fill(p, 2000, 4);
	size_t used = place_used(p);
	assert_true(used > 600000);
	for (size_t length = used - 1; length > 0; length = length * 9 / 10) {
		char message[STORE_MESSAGE];
		assert_int_equal(truncate(p->data, (off_t)length), 0);
		assert_int_equal(place_refused(p, message), STORE_E_CORRUPT);
	}
	/* Not taken for a store to be made, which would begin the market anew. */
	assert_int_equal(truncate(p->data, 0), 0);
	place_corrupt(p, "is empty");
}

/* What LMDB's own tools copy, compacted, is a store: the backup that an operator makes. */
static void
compacted_copy_is_a_store(void **state)
{
	struct place *p = *state;
	void *other = NULL;
	MDB_env *env;
	struct stat st;
	place_fill(p, 2000, 4);
	assert_int_equal(place_setup(&other), 0);
	struct place *copy = other;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_open(env, p->directory, MDB_RDONLY, 0600), 0);
	assert_int_equal(mdb_env_copy2(env, copy->directory, MDB_CP_COMPACT), 0);
	mdb_env_close(env);

	struct store *a = place_open(p), *b = place_open(copy);
	assert_memory_equal(store_epoch(a), store_epoch(b), STORE_EPOCH);
	assert_int_equal(store_head(b), 2000);
	known_all(b);
	/* It is brought to full length, and so told from one cut off. */
	assert_int_equal(stat(copy->data, &st), 0);
	assert_int_equal(st.st_size, 1 << 20);
	assert_int_equal(known_turn(copy, b, 100), 0);
	known_all(b);
	store_close(a);
	store_close(b);
	assert_int_equal(place_teardown(&other), 0);
}

static void
other_files_are_refused(void **state)
{
	struct place *p = *state;
	MDB_env *env;
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_open(env, p->directory, 0, 0600), 0);
	mdb_env_close(env);
	place_corrupt(p, "holds no store of matchd");
	FILE *f = fopen(p->data, "wb");
	assert_non_null(f);
	for (unsigned i = 0; i < 4000; i++)
		fputs("Not a store. ", f);
	assert_int_equal(fclose(f), 0);
	place_corrupt(p, "opening the data file");
}

/* A first start that was cut short leaves something behind; the next one makes the store. */
static void
half_made_store_is_made_again(void **state)
{
	struct place *p = *state;
	char path[100];
	snprintf(path, sizeof path, "%s/data.new", p->directory);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	fputs("half", f);
	assert_int_equal(fclose(f), 0);
	place_fill(p, 10, 1);
	assert_int_not_equal(access(path, F_OK), 0);
}

int
main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
	const struct CMUnitTest stories[] = {
	    STORY(truncated_file_is_refused),
	    STORY(compacted_copy_is_a_store),
	    STORY(other_files_are_refused),
	    STORY(half_made_store_is_made_again),
	};
	return cmocka_run_group_tests(stories, NULL, NULL);
}
