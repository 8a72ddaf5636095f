/* The store's interface (store/store.h) over memory: what is committed outlives the process, the
 * rest does not, and a commit meets the fate that the disk's owner chooses. */

#include "sim.h"

#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>

struct disk *the_disk;

struct store {
	struct disk *disk;
	struct disk_fact *facts;
	size_t n_facts, cap_facts;
	struct disk_row *rows;
	size_t n_rows, cap_rows;
	bool open;
	char message[STORE_MESSAGE];
};

static struct str
copy(struct str s)
{
	return s.p ? (struct str){mem_dup(s.p, s.len), s.len} : STR_NONE;
}

static void
drop_turn(struct store *s)
{
	for (size_t i = 0; i < s->n_facts; i++) {
		free((char *)s->facts[i].bytes.p);
		free((char *)s->facts[i].note.p);
	}
	for (size_t i = 0; i < s->n_rows; i++)
		free((char *)s->rows[i].bytes.p);
	s->n_facts = s->n_rows = 0;
	s->open = false;
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
	drop_turn(s);
	free(s->facts);
	free(s->rows);
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

/* ---- a turn ---- */

int
store_begin(struct store *s)
{
	s->open = true;
	return 0;
}

/* Where the stream is, with the turn's facts. */
static uint64_t
last_in(const struct store *s, uint64_t stream)
{
	for (size_t i = s->n_facts + s->disk->n_facts; i-- > 0;) {
		const struct disk_fact *f =
		    i >= s->disk->n_facts ? &s->facts[i - s->disk->n_facts] : &s->disk->facts[i];
		for (size_t k = 0; k < f->n_links; k++)
			if (f->links[k].stream == stream)
				return i + 1;
	}
	return 0;
}

void
store_fact(struct store *s, uint64_t number, struct str bytes, struct store_link *links,
	   size_t n_links, struct str note)
{
	(void)number;
	for (size_t i = 0; i < n_links; i++)
		links[i].prev = last_in(s, links[i].stream);
	s->facts = mem_grow(s->facts, s->n_facts, &s->cap_facts, sizeof *s->facts);
	struct disk_fact *f = &s->facts[s->n_facts++];
	*f = (struct disk_fact){.bytes = copy(bytes), .note = copy(note), .n_links = n_links};
	for (size_t i = 0; i < n_links; i++)
		f->links[i] = links[i];
}

static void
put(struct store *s, unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	s->rows = mem_grow(s->rows, s->n_rows, &s->cap_rows, sizeof *s->rows);
	s->rows[s->n_rows++] = (struct disk_row){
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

int
store_commit(struct store *s, uint64_t digest)
{
	struct disk *d = s->disk;
	enum fate fate = d->fate(d->arg);
	if (fate == FATE_LOST) {
		snprintf(s->message, sizeof s->message, "the commit was lost");
		return STORE_E_SYSTEM;
	}
	for (size_t i = 0; i < s->n_facts; i++) {
		d->facts = mem_grow(d->facts, d->n_facts, &d->cap_facts, sizeof *d->facts);
		d->facts[d->n_facts++] = s->facts[i];
	}
	for (size_t i = 0; i < s->n_rows; i++)
		write_row(d, &s->rows[i]);
	d->digest = digest;
	s->n_facts = s->n_rows = 0;
	s->open = false;
	return fate == FATE_STORED ? 0 : STORE_E_SYSTEM;
}

void
store_abort(struct store *s)
{
	drop_turn(s);
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
	(void)s;
}

int
store_room(struct store *s, enum store_room *ret, uint64_t *ret_budget)
{
	*ret = s->disk->room(s->disk->arg);
	*ret_budget = *ret == STORE_ROOM_ENOUGH ? UINT64_MAX : 0;
	return 0;
}

/* ---- reads ---- */

int
store_facts(struct store *s, uint64_t from, uint64_t limit, store_fact_fn fact, void *arg)
{
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
	struct store committed = {.disk = s->disk};
	return last_in(&committed, stream);
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
