/* The store's interface (store/store.h) over memory: what is committed outlives the process, the
 * rest does not, and a commit meets the fate that the disk's owner chooses. */

#include "sim.h"

#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>

struct disk *the_disk;

static void __attribute__((noreturn)) give_up(int code, const char *words)
{
	fprintf(stderr, "the store is lost (%d): %s\n", code, words);
	abort();
}

void (*store_lost)(int code, const char *words) __attribute__((noreturn)) = give_up;

struct gathered {
	struct disk_fact *facts;
	size_t n_facts, cap_facts;
	struct disk_row *rows;
	size_t n_rows, cap_rows;
};

struct store {
	struct disk *disk;
	struct gathered turn, handed;
	uint64_t digest; /* with what was handed over */
	bool busy, stored;
	int failed;
	char message[STORE_MESSAGE];
};

static struct str
copy(struct str s)
{
	return s.p ? (struct str){mem_dup(s.p, s.len), s.len} : STR_NONE;
}

static void
drop(struct gathered *t)
{
	for (size_t i = 0; i < t->n_facts; i++) {
		free((char *)t->facts[i].bytes.p);
		free((char *)t->facts[i].note.p);
	}
	for (size_t i = 0; i < t->n_rows; i++)
		free((char *)t->rows[i].bytes.p);
	t->n_facts = t->n_rows = 0;
}

void
disk_done(struct disk *d)
{
	for (size_t i = 0; i < d->n_facts; i++) {
		free((char *)d->facts[i].bytes.p);
		free((char *)d->facts[i].note.p);
	}
	for (size_t i = 0; i < d->n_rows; i++)
		free((char *)d->rows[i].bytes.p);
	free(d->facts);
	free(d->rows);
}

int
store_open(const struct store_options *options, struct store **ret, char message[STORE_MESSAGE])
{
	(void)options, (void)message;
	*ret = mem_zalloc(sizeof **ret);
	(*ret)->disk = the_disk;
	return 0;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	if (s->busy && s->disk->stored(s->disk->arg)) /* it was done before the process ended */
		store_finish(s);
	drop(&s->turn);
	drop(&s->handed);
	free(s->turn.facts);
	free(s->turn.rows);
	free(s->handed.facts);
	free(s->handed.rows);
	free(s);
}

const uint8_t *
store_epoch(const struct store *s)
{
	return s->disk->epoch;
}

uint64_t
store_head(const struct store *s)
{
	return s->disk->n_facts;
}

uint64_t
store_first(const struct store *s)
{
	(void)s;
	return 1;
}

uint64_t
store_digest(const struct store *s)
{
	return s->disk->digest;
}

const char *
store_message(const struct store *s)
{
	return s->message;
}

unsigned
store_upgraded_from(const struct store *s)
{
	(void)s;
	return 0;
}

/* ---- rows and asides: one sorted table ---- */

static struct disk_row *
find_row(struct disk *d, unsigned table, uint64_t key, size_t *ret_at)
{
	size_t low = 0, high = d->n_rows;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct disk_row *r = &d->rows[middle];
		if (r->table < table || (r->table == table && r->key < key))
			low = middle + 1;
		else
			high = middle;
	}
	*ret_at = low;
	bool there = low < d->n_rows && d->rows[low].table == table && d->rows[low].key == key;
	return there ? &d->rows[low] : NULL;
}

static void
write_row(struct disk *d, const struct disk_row *row)
{
	size_t at;
	struct disk_row *there = find_row(d, row->table, row->key, &at);
	if (there) {
		free((char *)there->bytes.p);
		if (row->bytes.p)
			*there = *row;
		else
			memmove(there, there + 1, (d->n_rows-- - at - 1) * sizeof *there);
	} else if (row->bytes.p) {
		d->rows = mem_grow(d->rows, d->n_rows, &d->cap_rows, sizeof *d->rows);
		memmove(d->rows + at + 1, d->rows + at, (d->n_rows++ - at) * sizeof *d->rows);
		d->rows[at] = *row;
	}
}

int
store_load(struct store *s, store_row_fn row, void *arg)
{
	for (size_t i = 0; i < s->disk->n_rows; i++) {
		const struct disk_row *r = &s->disk->rows[i];
		if (r->table < STORE_TABLES && !row(arg, r->table, r->key, r->bytes, r->checksum))
			return STORE_E_CORRUPT;
	}
	return 0;
}

int
store_load_asides(struct store *s, unsigned table, store_aside_fn aside, void *arg)
{
	for (size_t i = 0; i < s->disk->n_rows; i++) {
		const struct disk_row *r = &s->disk->rows[i];
		if (r->table == STORE_TABLES + table && !aside(arg, r->key, r->bytes))
			return STORE_E_CORRUPT;
	}
	return 0;
}

int
store_read_row(struct store *s, unsigned table, uint64_t key, struct str *ret,
	       uint64_t *ret_checksum)
{
	size_t at;
	const struct disk_row *r = find_row(s->disk, table, key, &at);
	/* A process ends here if the commit that it waits for failed. A simulated one cannot, and
	 * goes on with the row as it was to be stored until it sees that. */
	for (size_t i = 0; store_finish(s) != 0 && i < s->handed.n_rows; i++)
		if (s->handed.rows[i].table == table && s->handed.rows[i].key == key)
			r = &s->handed.rows[i];
	if (!s->failed)
		r = find_row(s->disk, table, key, &at);
	if (!r) {
		snprintf(s->message, sizeof s->message, "there is no such row");
		return STORE_E_CORRUPT;
	}
	*ret = r->bytes;
	*ret_checksum = r->checksum;
	return 0;
}

/* ---- a turn ---- */

int
store_begin(struct store *s)
{
	return s->failed;
}

static bool
is_in(const struct disk_fact *f, uint64_t stream)
{
	for (size_t k = 0; k < f->n_links; k++)
		if (f->links[k].stream == stream)
			return true;
	return false;
}

/* Where the stream is, with the facts of that turn; `before`: the number of the fact before them. */
static uint64_t
last_of(const struct gathered *t, uint64_t stream, uint64_t before)
{
	for (size_t i = t->n_facts; i-- > 0;)
		if (is_in(&t->facts[i], stream))
			return before + i + 1;
	return 0;
}

static uint64_t
last_handed(const struct store *s, uint64_t stream)
{
	const struct disk *d = s->disk;
	uint64_t last = last_of(&s->handed, stream, d->n_facts);
	for (size_t i = d->n_facts; !last && i-- > 0;)
		if (is_in(&d->facts[i], stream))
			return i + 1;
	return last;
}

static uint64_t
last_in(const struct store *s, uint64_t stream)
{
	uint64_t last = last_of(&s->turn, stream, s->disk->n_facts + s->handed.n_facts);
	return last ? last : last_handed(s, stream);
}

void
store_fact(struct store *s, uint64_t number, struct str bytes, struct store_link *links,
	   size_t n_links, struct str note)
{
	(void)number;
	for (size_t i = 0; i < n_links; i++)
		links[i].prev = last_in(s, links[i].stream);
	struct gathered *t = &s->turn;
	t->facts = mem_grow(t->facts, t->n_facts, &t->cap_facts, sizeof *t->facts);
	struct disk_fact *f = &t->facts[t->n_facts++];
	*f = (struct disk_fact){.bytes = copy(bytes), .note = copy(note), .n_links = n_links};
	for (size_t i = 0; i < n_links; i++)
		f->links[i] = links[i];
}

static void
put(struct store *s, unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	struct gathered *t = &s->turn;
	t->rows = mem_grow(t->rows, t->n_rows, &t->cap_rows, sizeof *t->rows);
	t->rows[t->n_rows++] = (struct disk_row){
	    .table = table, .key = key, .checksum = checksum, .bytes = copy(bytes)};
}

void
store_row(struct store *s, unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	put(s, table, key, bytes, checksum);
}

void
store_aside(struct store *s, unsigned table, uint64_t key, struct str bytes)
{
	put(s, STORE_TABLES + table, key, bytes, 0);
}

/* What becomes of the turn. */
static int
commit(struct store *s, struct gathered *t, uint64_t digest)
{
	struct disk *d = s->disk;
	enum fate fate = d->fate(d->arg);
	if (fate == FATE_LOST) {
		snprintf(s->message, sizeof s->message, "the commit was lost");
		return s->failed = STORE_E_SYSTEM;
	}
	for (size_t i = 0; i < t->n_facts; i++) {
		d->facts = mem_grow(d->facts, d->n_facts, &d->cap_facts, sizeof *d->facts);
		d->facts[d->n_facts++] = t->facts[i];
	}
	for (size_t i = 0; i < t->n_rows; i++)
		write_row(d, &t->rows[i]);
	d->digest = digest;
	t->n_facts = t->n_rows = 0;
	return s->failed = fate == FATE_STORED ? 0 : STORE_E_SYSTEM;
}

int
store_commit(struct store *s, uint64_t digest)
{
	int rc = store_finish(s);
	return rc ? rc : commit(s, &s->turn, digest);
}

int
store_hand_over(struct store *s, uint64_t digest)
{
	if (!s->disk->stored || store_finish(s) != 0)
		return store_commit(s, digest);
	struct gathered empty = s->handed;
	s->handed = s->turn;
	s->turn = empty;
	s->digest = digest;
	s->busy = true;
	s->stored = false;
	return 0;
}

bool
store_is_written(struct store *s)
{
	s->stored = s->stored || !s->busy || s->disk->stored(s->disk->arg);
	return s->stored;
}

int
store_finish(struct store *s)
{
	if (!s->busy)
		return s->failed;
	s->busy = false;
	return commit(s, &s->handed, s->digest);
}

bool
disk_is_busy(const struct store *s)
{
	return s->busy;
}

int
store_write_beside(struct store *s, void (*notify)(void *arg), void *arg)
{
	(void)s, (void)notify, (void)arg;
	return 0;
}

void
store_write_alone(struct store *s)
{
	store_finish(s);
}

void
store_abort(struct store *s)
{
	drop(&s->turn);
}

void
store_trim(struct store *s, uint64_t first)
{
	(void)s, (void)first;
}

bool
store_trims(const struct store *s)
{
	(void)s;
	return false;
}

bool
store_can_trim(const struct store *s)
{
	return store_trims(s);
}

void
store_tidy(struct store *s)
{
	store_finish(s);
}

int
store_room(struct store *s, enum store_room *ret, uint64_t *ret_budget)
{
	int rc = store_finish(s);
	*ret = s->disk->room(s->disk->arg);
	*ret_budget = s->disk->budget ? s->disk->budget : UINT64_MAX;
	*ret_budget = *ret == STORE_ROOM_ENOUGH ? *ret_budget : 0;
	return rc;
}

/* ---- reads ---- */

int
store_facts(struct store *s, uint64_t from, uint64_t limit, store_fact_fn fact, void *arg)
{
	int rc = store_finish(s);
	if (rc)
		return rc;
	for (uint64_t n = from ? from : 1; n <= s->disk->n_facts && limit-- > 0; n++) {
		const struct disk_fact *f = &s->disk->facts[n - 1];
		struct store_record record = {n, f->bytes, f->note, f->links, f->n_links};
		if (!fact(arg, &record))
			break;
	}
	return 0;
}

uint64_t
store_stream_head(const struct store *s, uint64_t stream)
{
	return last_handed(s, stream);
}

uint64_t
store_facts_size(struct store *s)
{
	(void)s;
	return 0;
}

uint64_t
store_size(const struct store *s)
{
	(void)s;
	return 0;
}

void
store_space(const struct store *s, uint64_t *ret_map, uint64_t *ret_free)
{
	(void)s;
	*ret_map = *ret_free = 0;
}
