#include "store_help.h"

#include "util/mem.h"

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- places ---- */

int
place_setup(void **state)
{
	struct place *p = mem_zalloc(sizeof *p);
	strcpy(p->directory, "/tmp/test_store.XXXXXX");
	*state = p;
	if (!mkdtemp(p->directory))
		return -1;
	snprintf(p->data, sizeof p->data, "%s/data.mdb", p->directory);
	p->map = 1 << 20;
	return 0;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

int
place_teardown(void **state)
{
	struct place *p = *state;
	int rc = nftw(p->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(p);
	return rc;
}

static int
open_place(struct place *p, struct store **ret, char message[STORE_MESSAGE])
{
	struct store_options options = {.directory = p->directory, .initial_map = p->map};
	return store_open(&options, ret, message);
}

struct store *
place_open(struct place *p)
{
	struct store *s = NULL;
	char message[STORE_MESSAGE];
	if (open_place(p, &s, message) != 0)
		fail_msg("%s", message);
	p->digest = store_digest(s);
	return s;
}

int
place_refused(struct place *p, char message[STORE_MESSAGE])
{
	struct store *s = NULL;
	int rc = open_place(p, &s, message);
	assert_int_not_equal(rc, 0);
	assert_null(s);
	return rc;
}

/* The data file; free() it. */
static uint8_t *
read_data(const struct place *p, size_t *ret_len)
{
	FILE *f = fopen(p->data, "rb");
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	*ret_len = (size_t)ftell(f);
	rewind(f);
	uint8_t *bytes = mem_alloc(*ret_len);
	assert_int_equal(fread(bytes, 1, *ret_len, f), *ret_len);
	fclose(f);
	return bytes;
}

size_t
place_used(const struct place *p)
{
	size_t size, end = 0;
	uint8_t *bytes = read_data(p, &size);
	for (size_t i = 0; i < size; i++)
		end = bytes[i] ? i + 1 : end;
	free(bytes);
	return end;
}

void
place_flip_at(const struct place *p, size_t offset, unsigned bit)
{
	uint8_t byte;
	int fd = open(p->data, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
	byte ^= (uint8_t)(1u << bit);
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
	close(fd);
}

size_t
place_flip(const struct place *p, const void *pattern, size_t len, size_t at)
{
	size_t size, found = 0;
	uint8_t *bytes = read_data(p, &size), *end = bytes + size;
	for (uint8_t *hit = bytes; (hit = memmem(hit, (size_t)(end - hit), pattern, len)); hit++) {
		place_flip_at(p, (size_t)(hit - bytes) + at, 0);
		found++;
	}
	free(bytes);
	return found;
}

/* ---- the known market ---- */

struct str
known_fact(uint64_t n, char buf[KNOWN_MAX])
{
	uint32_t len = 20 + (uint32_t)(n * 37 % 320);
	memset(buf, 'a' + (char)(n % 26), KNOWN_MAX);
	int head = snprintf(buf, KNOWN_MAX, "fact %" PRIu64 ";", n);
	buf[head] = '.';
	return (struct str){buf, (uint32_t)head > len ? (uint32_t)head : len};
}

uint64_t
known_checksum(unsigned table, uint64_t key, struct str bytes)
{
	const uint64_t prime = UINT64_C(1099511628211); /* FNV-1a */
	uint64_t h = (UINT64_C(14695981039346656037) ^ table) * prime;
	h = (h ^ key) * prime;
	for (uint32_t i = 0; i < bytes.len; i++)
		h = (h ^ (uint8_t)bytes.p[i]) * prime;
	return h;
}

static unsigned
table_of(uint64_t n)
{
	return (unsigned)(n % 3);
}

static void
put_rows(struct place *p, struct store *s, uint64_t n)
{
	char buf[KNOWN_MAX];
	struct str bytes = known_fact(n, buf);
	uint64_t checksum = known_checksum(table_of(n), n, bytes);
	store_row(s, table_of(n), n, bytes, checksum);
	p->digest += checksum;
	if (n <= KNOWN_ROWS)
		return;
	uint64_t old = n - KNOWN_ROWS;
	store_row(s, table_of(old), old, STR_NONE, 0);
	p->digest -= known_checksum(table_of(old), old, known_fact(old, buf));
}

struct str
known_aside(uint64_t n, char buf[KNOWN_MAX])
{
	int len = snprintf(buf, KNOWN_MAX, "aside that fact %" PRIu64 " left", n);
	return (struct str){buf, (uint32_t)len};
}

static struct str
known_note(uint64_t n)
{
	static const char notes[] = "a note of known text";
	return n % 3 ? STR_NONE : (struct str){notes, (uint32_t)(n % sizeof notes)};
}

int
known_put(struct place *p, struct store *s, unsigned facts)
{
	char buf[KNOWN_MAX];
	uint64_t n = store_head(s) + p->ahead;
	int rc = store_begin(s);
	if (rc)
		return rc;
	for (unsigned i = 0; i < facts; i++) {
		n++;
		struct store_link links[] = {{.stream = 1 + n % 7}, {.stream = 100 + n % 50}};
		store_fact(s, n, known_fact(n, buf), links, 2, known_note(n));
		put_rows(p, s, n);
		store_aside(s, n % 2, n % KNOWN_ASIDES, known_aside(n, buf));
	}
	return 0;
}

int
known_turn(struct place *p, struct store *s, unsigned facts)
{
	int rc = known_put(p, s, facts);
	return rc ? rc : store_commit(s, p->digest);
}

bool
read_fact(void *arg, const struct store_record *fact)
{
	struct seen *r = arg;
	char buf[KNOWN_MAX];
	uint64_t n = fact->number;
	const struct store_link *links = fact->links;
	struct str note = known_note(n);
	r->wrong |= n != r->next || !str_eq(fact->bytes, known_fact(n, buf)) ||
		    fact->n_links != 2 || !fact->note.p != !note.p || !str_eq(fact->note, note) ||
		    links[0].stream != 1 + n % 7 || links[0].prev != (n > 7 ? n - 7 : 0) ||
		    links[1].stream != 100 + n % 50 || links[1].prev != (n > 50 ? n - 50 : 0);
	r->next++;
	r->count++;
	return !r->wrong;
}

struct asides {
	struct seen *reading;
	unsigned table;
	uint64_t head;
};

static bool
read_aside(void *arg, uint64_t key, struct str bytes)
{
	struct asides *a = arg;
	char buf[KNOWN_MAX];
	uint64_t last = a->head - a->head % KNOWN_ASIDES + key; /* that left this aside, or later */
	if (last > a->head)
		last -= KNOWN_ASIDES;
	a->reading->wrong |=
	    key >= KNOWN_ASIDES || last % 2 != a->table || !str_eq(bytes, known_aside(last, buf));
	a->reading->count++;
	return !a->reading->wrong;
}

int
known_asides(struct store *s, struct seen *asides)
{
	int rc = 0;
	for (unsigned table = 0; table < 2 && rc == 0; table++) {
		struct asides a = {asides, table, store_head(s)};
		rc = store_load_asides(s, table, read_aside, &a);
	}
	return rc;
}

/* As the market does, it knows a damaged row by its checksum and refuses it. */
bool
read_row(void *arg, unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	struct seen *r = arg;
	char buf[KNOWN_MAX];
	if (checksum != known_checksum(table, key, bytes))
		return false;
	r->wrong |= table != table_of(key) || !str_eq(bytes, known_fact(key, buf));
	r->count++;
	return !r->wrong;
}

void
known_all(struct store *s)
{
	uint64_t head = store_head(s);
	struct seen facts = {.next = 1}, rows = {0}, asides = {0};
	facts.next = store_first(s);
	assert_int_equal(store_facts(s, facts.next, UINT64_MAX, read_fact, &facts), 0);
	assert_false(facts.wrong);
	assert_int_equal(facts.count, head + 1 - store_first(s));
	assert_int_equal(known_asides(s, &asides), 0);
	assert_false(asides.wrong);
	assert_int_equal(asides.count, head < KNOWN_ASIDES ? head : KNOWN_ASIDES);
	assert_int_equal(store_load(s, read_row, &rows), 0);
	assert_false(rows.wrong);
	assert_int_equal(rows.count, head < KNOWN_ROWS ? head : KNOWN_ROWS);
	for (uint64_t n = head > 50 ? head - 49 : 1; n <= head; n++)
		assert_int_equal(store_stream_head(s, 100 + n % 50), n);
}

enum known_end
known_read(struct store *s)
{
	uint64_t head = store_head(s), first = store_first(s);
	struct seen facts = {.next = first}, rows = {0}, asides = {0};
	int rc = store_facts(s, first, UINT64_MAX, read_fact, &facts);
	int rc_rows = store_load(s, read_row, &rows), rc_asides = known_asides(s, &asides);
	bool wrong = facts.wrong || rows.wrong || asides.wrong;
	bool all = facts.count == head + 1 - first &&
		   rows.count == (head < KNOWN_ROWS ? head : KNOWN_ROWS) &&
		   asides.count == (head < KNOWN_ASIDES ? head : KNOWN_ASIDES);
	for (uint64_t n = head > 50 ? head - 49 : 1; n <= head; n++)
		wrong = wrong || store_stream_head(s, 100 + n % 50) != n;
	if (wrong)
		return KNOWN_WRONG;
	if (rc || rc_rows || rc_asides)
		return KNOWN_REFUSED;
	return all ? KNOWN_SERVED : KNOWN_WRONG;
}

int
known_apart(int (*run)(void *arg), void *arg)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
	int status;
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
			signal(signals[i], SIG_DFL); /* cmocka took them */
		alarm(10);
		_exit(run(arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

void
place_fill(struct place *p, unsigned facts, unsigned turns)
{
	struct store *s = place_open(p);
	for (unsigned i = 0; i < turns; i++)
		assert_int_equal(known_turn(p, s, facts / turns), 0);
	known_all(s);
	store_close(s);
}

void
place_corrupt(struct place *p, const char *saying)
{
	char message[STORE_MESSAGE];
	assert_int_equal(place_refused(p, message), STORE_E_CORRUPT);
	if (!strstr(message, saying))
		fail_msg("\"%s\" does not say \"%s\"", message, saying);
}
