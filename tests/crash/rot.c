/*
 * Damages a store in the ways of disks, and reads it: nothing wrong may be served.
 *
 *   rot [--trials N] [--seed S]      N of each kind, 1000 unless told
 *
 * Each trial spoils the data file of a known store, and a process of its own opens it, reads all
 * there is, and where nothing is amiss goes on with two more turns and reads again. It may be
 * refused, and it may end by a signal, since LMDB trusts its pages; what is dead serves nothing.
 *
 * LMDB's first two pages say which of the last two turns is the later, without a checksum. Where
 * one is damaged the earlier turn may be opened, whole and right; nothing in the file says that
 * there was another. That is told apart as "earlier", and is a violation for any other page.
 */

#include "store_help.h"

#include "util/mem.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* So many facts that a start does not walk the first of them; it refuses damage in what it walks.
 */
enum { FACTS = 20000, TURNS = 20, MORE_FACTS = 50 };
enum { MAP = 16 << 20, PAGE = 4096, SECTOR = 512, META_PAGES = 2 };

/* How a trial ends, beside known_end. */
enum { EARLIER = KNOWN_WRONG + 1 };

/* The data file as it was after one of the last turns. */
enum { IMAGES = 6 };
struct image {
	uint8_t *bytes;
	size_t size;
};

struct rot {
	struct place *place;
	struct image images[IMAGES]; /* the last is what a trial begins with */
	struct image spoilt;
	size_t used; /* bytes of the last that are not a hole */
	uint64_t random;
	bool meta; /* the damage is in the first two pages */
};

struct tally {
	unsigned trials, served, earlier, refused, ended, wrong;
	unsigned signals[NSIG];
};

/* ---- chance ---- */

static uint64_t
any_below(struct rot *r, uint64_t bound)
{
	r->random = r->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (r->random >> 20) % bound;
}

/* ---- images ---- */

static void
image_take(struct image *image, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	image->size = (size_t)st.st_size;
	image->bytes = mem_alloc(image->size);
	assert_int_equal(read(fd, image->bytes, image->size), image->size);
	close(fd);
}

/* What is zeros behind the used bytes is a hole again. */
static void
image_put(const struct image *image, size_t used, const char *path)
{
	size_t len = image->size < used ? image->size : used;
	int fd = open(path, O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, image->bytes, len), len);
	assert_int_equal(ftruncate(fd, (off_t)image->size), 0);
	close(fd);
}

static void
fill(struct rot *r)
{
	struct store *s = place_open(r->place);
	for (unsigned i = 0; i < TURNS; i++) {
		assert_int_equal(known_turn(r->place, s, FACTS / TURNS), 0);
		if (i >= TURNS - IMAGES)
			image_take(&r->images[i + IMAGES - TURNS], r->place->data);
	}
	known_all(s);
	store_close(s);
	r->used = place_used(r->place);
	r->spoilt.bytes = mem_alloc(r->images[IMAGES - 1].size);
}

/* ---- kinds of damage; each changes something ---- */

static uint8_t *
spoil_at(struct rot *r, size_t offset)
{
	r->meta = r->meta || offset < META_PAGES * PAGE;
	return r->spoilt.bytes + offset;
}

static void
flip_bit(struct rot *r)
{
	*spoil_at(r, any_below(r, r->used)) ^= (uint8_t)(1u << any_below(r, 8));
}

static bool
is_zero(const uint8_t *bytes, size_t len)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

static void
zero(struct rot *r, size_t len)
{
	size_t offset;
	do
		offset = any_below(r, r->used / len) * len;
	while (is_zero(r->spoilt.bytes + offset, len));
	memset(spoil_at(r, offset), 0, len);
}

static void
zero_page(struct rot *r)
{
	zero(r, PAGE);
}

static void
zero_sector(struct rot *r)
{
	zero(r, SECTOR);
}

static void
cut_off(struct rot *r)
{
	r->spoilt.size = any_below(r, r->used);
	r->meta = r->spoilt.size < META_PAGES * PAGE;
}

static size_t
any_page(struct rot *r)
{
	return any_below(r, r->used / PAGE) * PAGE;
}

static void
swap_pages(struct rot *r)
{
	uint8_t kept[PAGE], *a = spoil_at(r, any_page(r)), *b;
	do
		b = spoil_at(r, any_page(r));
	while (memcmp(a, b, PAGE) == 0);
	memcpy(kept, a, PAGE);
	memcpy(a, b, PAGE);
	memcpy(b, kept, PAGE);
}

/* As where a write never reached the disk. */
static void
older_page(struct rot *r)
{
	const struct image *older;
	size_t offset;
	do {
		older = &r->images[any_below(r, IMAGES - 1)];
		offset = any_page(r);
	} while (memcmp(r->spoilt.bytes + offset, older->bytes + offset, PAGE) == 0);
	memcpy(spoil_at(r, offset), older->bytes + offset, PAGE);
}

/* ---- a trial ---- */

static int
read_on(struct rot *r, struct store *s)
{
	if (store_head(s) != FACTS)
		return known_read(s) == KNOWN_SERVED ? EARLIER : (int)KNOWN_WRONG;
	enum known_end end = known_read(s);
	r->place->digest = store_digest(s);
	for (int i = 0; i < 2 && end == KNOWN_SERVED; i++)
		if (known_turn(r->place, s, MORE_FACTS) != 0)
			end = KNOWN_REFUSED;
	return (int)(end == KNOWN_SERVED ? known_read(s) : end);
}

static int
live(void *arg)
{
	struct rot *r = arg;
	struct store *s;
	char message[STORE_MESSAGE];
	struct store_options options = {.directory = r->place->directory};
	assert_non_null(freopen("/dev/null", "w", stderr)); /* LMDB's last words */
	if (store_open(&options, &s, message) != 0)
		return KNOWN_REFUSED;
	int end = read_on(r, s);
	store_close(s);
	return end;
}

static void
count(struct tally *t, int status, bool meta)
{
	int end = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	t->trials++;
	t->served += end == KNOWN_SERVED;
	t->refused += end == KNOWN_REFUSED;
	t->earlier += end == EARLIER && meta;
	t->wrong += end == KNOWN_WRONG || (end == EARLIER && !meta);
	t->ended += end < KNOWN_SERVED;
	if (WIFSIGNALED(status))
		t->signals[WTERMSIG(status)]++;
}

static void
try(struct rot *r, const char *name, void (*spoil)(struct rot *r), struct tally *t)
{
	const struct image *whole = &r->images[IMAGES - 1];
	uint64_t seed = r->random;
	unsigned wrong = t->wrong;
	memcpy(r->spoilt.bytes, whole->bytes, whole->size);
	r->spoilt.size = whole->size;
	r->meta = false;
	spoil(r);
	image_put(&r->spoilt, r->used, r->place->data);
	count(t, known_apart(live, r), r->meta);
	if (t->wrong > wrong)
		fprintf(stderr,
			"VIOLATION %s: something wrong was served: --only %s --seed %" PRIu64
			" --trials 1\n",
			name, name, seed);
}

static const struct kind {
	const char *name;
	void (*spoil)(struct rot *r);
} kinds[] = {
    {"bit-flip", flip_bit}, {"zeroed-page", zero_page},	   {"zeroed-sector", zero_sector},
    {"cut-off", cut_off},   {"swapped-pages", swap_pages}, {"older-page", older_page},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- what it was ---- */

static void
print_tally(const struct tally *t)
{
	const char *comma = "";
	printf(
	    "{\"served\":%u,\"earlier\":%u,\"refused\":%u,\"ended\":%u,\"wrong\":%u,\"signals\":{",
	    t->served, t->earlier, t->refused, t->ended, t->wrong);
	for (int i = 1; i < NSIG; i++)
		if (t->signals[i] > 0) {
			printf("%s\"SIG%s\":%u", comma, sigabbrev_np(i), t->signals[i]);
			comma = ",";
		}
	printf("}}");
}

/* `checked`: the trials in which all was read and compared. */
static unsigned
print_all(const struct tally tallies[KINDS])
{
	unsigned runs = 0, checked = 0, violations = 0;
	for (size_t i = 0; i < KINDS; i++) {
		runs += tallies[i].trials;
		checked += tallies[i].served + tallies[i].earlier + tallies[i].wrong;
		violations += tallies[i].wrong;
	}
	printf(
	    "{\"kind\":\"rot\",\"runs\":%u,\"faults\":%u,\"checked\":%u,\"violations\":%u,\"by\":{",
	    runs, runs, checked, violations);
	for (size_t i = 0; i < KINDS; i++) {
		printf("%s\"%s\":", i ? "," : "", kinds[i].name);
		print_tally(&tallies[i]);
	}
	printf("}}\n");
	return violations;
}

int
main(int argc, char *argv[])
{
	unsigned long trials = 1000;
	uint64_t seed = 1;
	const char *only = NULL;
	struct tally tallies[KINDS] = {0};
	struct rot r = {0};
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--trials") == 0)
			trials = strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--only") == 0)
			only = argv[i + 1];
	}
	assert_int_equal(place_setup((void **)&r.place), 0);
	r.place->map = MAP;
	fill(&r);
	r.random = seed;
	for (size_t i = 0; i < KINDS; i++)
		for (unsigned long n = 0; n < trials && (!only || strcmp(only, kinds[i].name) == 0);
		     n++)
			try(&r, kinds[i].name, kinds[i].spoil, &tallies[i]);
	unsigned violations = print_all(tallies);
	for (size_t i = 0; i < IMAGES; i++)
		free(r.images[i].bytes);
	free(r.spoilt.bytes);
	place_teardown((void **)&r.place);
	return violations ? EXIT_FAILURE : EXIT_SUCCESS;
}
