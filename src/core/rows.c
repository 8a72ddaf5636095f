/*
 * The market as rows for storage. A row's bytes are canonical, its checksum is a hash over table,
 * key and bytes, and the digest is the sum of all checksums: a change takes the old checksum out
 * and puts the new one in, so that the digest costs nothing beyond the rows that changed, and the
 * order of changes does not matter.
 *
 * Changes are noted as they happen and encoded when they are flushed, so that a row that changed a
 * hundred times in a turn is written once.
 */

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include "core/state.h"

#include "util/mp.h"

enum { ROW_COUNTERS = 1, ROW_SETTINGS = 1 }; /* the one key in these tables */
enum { LISTING_BODY = 11 };		     /* the body's place in a listing's row, the last */

uint64_t
market_row_checksum(enum table table, uint64_t key, struct str bytes)
{
	/* Seeded with where the row belongs, so that a row in another's place is noticed. 0 means
	 * "no row". */
	uint64_t sum = XXH3_64bits_withSeed(bytes.p, bytes.len, key * (TABLES + 1) + table);
	return sum ? sum : 1;
}

/* ---- noting changes ---- */

static void
note(struct market *m, enum table table, struct change c)
{
	struct changes *to = &m->changes[table];
	to->at = mem_grow(to->at, to->len, &to->cap, sizeof *to->at);
	to->at[to->len++] = c;
}

/* Notes a row once between two flushes. */
static void
note_once(struct market *m, bool *dirty, enum table table, struct change c)
{
	if (!*dirty)
		note(m, table, c);
	*dirty = true;
}

void
changed_settings(struct market *m)
{
	note_once(m, &m->settings_dirty, TABLE_SETTINGS, (struct change){.key = ROW_SETTINGS});
}

void
changed_tree(struct market *m, size_t index)
{
	note_once(m, &m->shelves[index].dirty, TABLE_TREE, (struct change){.key = index});
}

void
changed_exchange(struct market *m, size_t index)
{
	note_once(m, &m->floors[index].dirty, TABLE_EXCHANGE, (struct change){.key = index});
}

void
changed_participant(struct market *m, struct participant *p)
{
	note_once(m, &p->dirty, TABLE_PARTICIPANT, (struct change){.key = p->number});
}

void
changed_listing(struct market *m, struct listing *l)
{
	bool dirty = l->dirty;
	note_once(m, &dirty, TABLE_LISTING, (struct change){.key = l->number});
	l->dirty = true;
}

void
changed_told(struct market *m, uint32_t place)
{
	struct told_pair *t = &m->told[place];
	note_once(m, &t->dirty, TABLE_TOLD, (struct change){.key = t->serial, .place = place});
}

void
removed_told(struct market *m, uint32_t place)
{
	struct told_pair *t = &m->told[place];
	if (t->checksum)
		note(m, TABLE_TOLD,
		     (struct change){.key = t->serial, .removed = true, .checksum = t->checksum});
	*t = (struct told_pair){0};
	m->free_places = mem_grow(m->free_places, m->n_free, &m->cap_free, sizeof *m->free_places);
	m->free_places[m->n_free++] = place;
}

void
changed_job(struct market *m, struct job *j)
{
	note_once(m, &j->dirty, TABLE_JOB, (struct change){.key = j->serial});
}

void
removed_job(struct market *m, struct job *j)
{
	if (j->checksum)
		note(m, TABLE_JOB,
		     (struct change){.key = j->serial, .removed = true, .checksum = j->checksum});
}

void
forget_changes(struct market *m)
{
	for (size_t i = 0; i < TABLES; i++)
		m->changes[i].len = 0;
	m->settings_dirty = false;
	for (size_t i = 0; i < m->n_shelves; i++)
		m->shelves[i].dirty = false;
	for (size_t i = 0; i < m->n_floors; i++)
		m->floors[i].dirty = false;
}

/* ---- encoding ---- */

static void
encode_counters(const struct market *m, struct buf *out)
{
	mp_put_array(out, 5);
	mp_put_uint(out, m->head);
	mp_put_int(out, m->stamp_ms);
	mp_put_uint(out, m->openings);
	mp_put_uint(out, m->jobs_made);
	mp_put_uint(out, m->queue ? m->queue->worked : 0);
}

static void
encode_participant(const struct participant *p, struct buf *out)
{
	mp_put_array(out, 4);
	mp_put_str(out, p->id);
	mp_put_int(out, p->status);
	mp_put_uint(out, p->revision);
	mp_put_raw(out, p->content);
}

static void
encode_listing(const struct market *m, const struct listing *l, struct buf *out)
{
	mp_put_array(out, LISTING_BODY + 1);
	mp_put_uint(out, l->participant);
	mp_put_uint(out, l->exchange);
	mp_put_uint(out, l->side);
	mp_put_uint(out, l->state);
	mp_put_uint(out, l->revision);
	mp_put_uint(out, l->opening);
	mp_put_int(out, l->valid_from_ms);
	mp_put_int(out, l->valid_until_ms);
	mp_put_int(out, listing_notice_ms(l));
	mp_put_bool(out, l->approved);
	mp_put_text(out, l->key);
	mp_put_raw(out, market_body(m, l));
}

struct str
row_body(struct str row)
{
	struct mp in = mp_of(row);
	mp_get_array(&in);
	for (int i = 0; i < LISTING_BODY; i++)
		mp_get_raw(&in);
	return mp_get_raw(&in);
}

static void
encode_told(const struct told_pair *t, struct buf *out)
{
	mp_put_array(out, 5);
	mp_put_uint(out, t->need);
	mp_put_uint(out, t->offer);
	mp_put_uint(out, t->score);
	mp_put_uint(out, t->need_box);
	mp_put_uint(out, t->offer_box);
}

static void
encode_job(const struct job *j, struct buf *out)
{
	mp_put_array(out, 5);
	mp_put_int(out, j->kind);
	mp_put_uint(out, j->listing);
	mp_put_uint(out, j->against);
	mp_put_bool(out, j->begun);
	mp_put_array(out, j->n_pairs);
	for (uint32_t i = 0; i < j->n_pairs; i++)
		mp_put_uint(out, j->pairs[i]);
}

/* ---- flushing ---- */

static int
change_cmp(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	return (x->key > y->key) - (x->key < y->key);
}

static bool
is_sorted(const struct changes *c)
{
	size_t i = 1;
	while (i < c->len && c->at[i - 1].key <= c->at[i].key)
		i++;
	return i >= c->len;
}

/* Finds changed jobs in one walk: changes come with ascending serials, and so does the queue. */
static struct job *
find_job(struct job **at, uint64_t serial)
{
	while (*at && (*at)->serial < serial)
		*at = (*at)->next;
	return *at && (*at)->serial == serial ? *at : NULL;
}

/* Encodes the row that a change is about, and says where its checksum is kept; NULL where the row
 * is gone again. */
static uint64_t *
encode_row(struct market *m, enum table table, const struct change *c, struct job **queue,
	   struct buf *out)
{
	switch (table) {
	case TABLE_COUNTERS:
		encode_counters(m, out);
		return &m->counters_checksum;
	case TABLE_SETTINGS:
		m->settings_dirty = false;
		mp_put_raw(out, m->settings);
		return &m->settings_checksum;
	case TABLE_TREE:
		m->shelves[c->key].dirty = false;
		mp_put_raw(out, m->shelves[c->key].tree->canonical);
		return &m->shelves[c->key].checksum;
	case TABLE_EXCHANGE:
		m->floors[c->key].dirty = false;
		mp_put_raw(out, m->floors[c->key].exchange->canonical);
		return &m->floors[c->key].checksum;
	case TABLE_PARTICIPANT: {
		struct participant *p = participant_at(m, (uint32_t)c->key);
		p->dirty = false;
		encode_participant(p, out);
		return &p->checksum;
	}
	case TABLE_LISTING: {
		struct listing *l = listing_at(m, (uint32_t)c->key);
		l->dirty = false;
		encode_listing(m, l, out);
		return &l->checksum;
	}
	case TABLE_TOLD: {
		struct told_pair *t = &m->told[c->place];
		if (t->serial != c->key)
			return NULL;
		t->dirty = false;
		encode_told(t, out);
		return &t->checksum;
	}
	case TABLE_JOB: {
		struct job *j = find_job(queue, c->key);
		if (!j)
			return NULL;
		j->dirty = false;
		encode_job(j, out);
		return &j->checksum;
	}
	case TABLES:
		break;
	}
	return NULL;
}

/* One table's rows, in the order of their keys; each becomes `bytes` for a while. */
static void
flush_table(struct market *m, enum table table, struct buf *bytes, row_fn put, void *arg)
{
	struct changes *list = &m->changes[table];
	struct job *queue = m->queue;

	if (!is_sorted(list))
		qsort(list->at, list->len, sizeof *list->at, change_cmp);
	for (size_t i = 0; i < list->len; i++) {
		const struct change *c = &list->at[i];
		if (c->removed) {
			m->digest -= c->checksum;
			put(arg, table, c->key, STR_NONE, 0);
			continue;
		}
		buf_clear(bytes);
		uint64_t *checksum = encode_row(m, table, c, &queue, bytes);
		if (!checksum)
			continue;
		uint64_t now = market_row_checksum(table, c->key, buf_str(bytes));
		m->digest += now - *checksum;
		*checksum = now;
		put(arg, table, c->key, buf_str(bytes), now);
	}
	list->len = 0;
}

void
market_flush(struct market *m, row_fn put, void *arg)
{
	struct buf bytes = BUF_EMPTY;

	note(m, TABLE_COUNTERS, (struct change){.key = ROW_COUNTERS});
	for (enum table table = 0; table < TABLES; table++)
		flush_table(m, table, &bytes, put, arg);
	if (m->bodies.keeper.row)
		bodies_flushed(&m->bodies);
	buf_free(&bytes);
}

uint64_t
market_digest(const struct market *m)
{
	return m->digest;
}
