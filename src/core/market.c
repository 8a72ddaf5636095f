#include "core/state.h"

#include "util/mp.h"

#include <assert.h>
#include <utlist.h>

struct market *
market_new(void)
{
	struct market *m = mem_zalloc(sizeof *m);
	m->dict = dict_new();
	m->scratch = mem_zalloc(sizeof *m->scratch);

	struct buf settings = BUF_EMPTY;
	market_settings_encode(DEFAULT_WORK, NULL, 0, &settings);
	apply_settings(m, buf_str(&settings));
	forget_changes(m); /* what every market begins with is not a row */
	buf_free(&settings);
	return m;
}

static void
free_definitions(struct market *m)
{
	for (size_t i = 0; i < m->n_floors; i++) {
		for (enum side side = NEED; side <= OFFER; side++) {
			lookup_free(m->floors[i].lookup[side]);
			columns_free(m->floors[i].columns[side]);
		}
		exchange_free(m->floors[i].exchange);
	}
	for (size_t i = 0; i < m->n_shelves; i++)
		tree_free(m->shelves[i].tree);
	free(m->floors);
	free(m->shelves);
	free((char *)m->settings.p);
	free(m->regions);
}

static void
free_listings(struct market *m)
{
	for (uint32_t i = 1; i <= m->n_listings; i++)
		free(listing_at(m, i)->told);
	for (size_t i = 0; i < m->n_listings; i += LISTINGS_BLOCK)
		free(m->listings[i / LISTINGS_BLOCK]);
	free(m->listings);
	for (size_t i = 0; i < m->n_key_blocks; i++)
		free(m->key_blocks[i]);
	free(m->key_blocks);
	bodies_done(&m->bodies);
}

static void
free_participants(struct market *m)
{
	HASH_CLEAR(by_id, m->by_id);
	HASH_CLEAR(by_inn, m->by_inn);
	HASH_CLEAR(by_ogrn, m->by_ogrn);
	for (size_t i = 0; i < m->n_participants; i++)
		participant_free(m->participants[i]);
	free(m->participants);
}

void
market_free(struct market *m)
{
	struct job *j, *next;
	if (!m)
		return;
	free_definitions(m);
	free_participants(m);
	free_listings(m);
	DL_FOREACH_SAFE(m->queue, j, next)
	{
		free(j->pairs);
		free(j);
	}
	free(m->told);
	free(m->free_places);
	free(m->deadlines);
	for (size_t i = 0; i < TABLES; i++)
		free(m->changes[i].at);
	numbers_free(&m->changed);
	finder_free(&m->scratch->finder);
	marks_free(&m->scratch->listings);
	free(m->scratch->candidates);
	free(m->scratch->found);
	free(m->scratch);
	dict_free(m->dict);
	free(m);
}

void
market_share(struct market *m, struct workers *workers)
{
	m->workers = workers;
}

void
market_settings_encode(uint32_t work, const struct str *regions, size_t n_regions, struct buf *out)
{
	mp_put_map(out, 2);
	mp_put_text(out, "work");
	mp_put_uint(out, work);
	mp_put_text(out, "regions");
	mp_put_array(out, (uint32_t)n_regions);
	for (size_t i = 0; i < n_regions; i++)
		mp_put_str(out, regions[i]);
}

/* ---- putting in ---- */

void
market_add_participant(struct market *m, struct participant *p)
{
	m->participants =
	    mem_grow(m->participants, m->n_participants, &m->cap_participants, sizeof p);
	m->participants[m->n_participants++] = p;
	HASH_ADD_KEYPTR(by_id, m->by_id, p->id.p, p->id.len, p);
}

void
market_index_participant(struct market *m, struct participant *p)
{
	if (p->inn.p)
		HASH_ADD_KEYPTR(by_inn, m->by_inn, p->inn.p, p->inn.len, p);
	if (p->ogrn.p)
		HASH_ADD_KEYPTR(by_ogrn, m->by_ogrn, p->ogrn.p, p->ogrn.len, p);
}

void
market_unindex_participant(struct market *m, struct participant *p)
{
	if (p->inn.p)
		HASH_DELETE(by_inn, m->by_inn, p);
	if (p->ogrn.p)
		HASH_DELETE(by_ogrn, m->by_ogrn, p);
}

enum { KEY_BLOCK = 16384 };

/* A zero-terminated copy. By itself each would take twice its length from the allocator. */
static const char *
keep_key(struct market *m, struct str key)
{
	size_t len = key.len + 1;
	if (m->key_room < len) {
		m->key_blocks = mem_grow(m->key_blocks, m->n_key_blocks, &m->cap_key_blocks,
					 sizeof *m->key_blocks);
		m->key_blocks[m->n_key_blocks++] = mem_alloc(KEY_BLOCK);
		m->key_room = KEY_BLOCK;
	}
	char *at = m->key_blocks[m->n_key_blocks - 1] + KEY_BLOCK - m->key_room;
	memcpy(at, key.p, key.len);
	at[key.len] = '\0';
	m->key_room -= len;
	return at;
}

struct listing *
market_new_listing(struct market *m, uint32_t participant, uint32_t exchange, enum side side,
		   struct str key)
{
	struct participant *p = participant_at(m, participant);
	size_t place = participant_listing_place(m, p, key);
	size_t block = m->n_listings / LISTINGS_BLOCK;

	if (m->n_listings % LISTINGS_BLOCK == 0) {
		m->listings = mem_grow(m->listings, block, &m->cap_blocks, sizeof *m->listings);
		m->listings[block] = mem_zalloc(LISTINGS_BLOCK * sizeof **m->listings);
	}
	struct listing *l = listing_at(m, (uint32_t)++m->n_listings);
	l->number = (uint32_t)m->n_listings;
	l->participant = participant;
	l->exchange = (uint8_t)exchange;
	l->side = (uint8_t)side;
	l->state = STATE_DRAFT;
	l->key = keep_key(m, key);

	m->floors[exchange].listings[side]++;
	p->listings = mem_grow(p->listings, p->n_listings, &p->cap_listings, sizeof *p->listings);
	memmove(p->listings + place + 1, p->listings + place,
		(p->n_listings - place) * sizeof *p->listings);
	p->listings[place] = l->number;
	p->n_listings++;
	return l;
}

/* ---- bodies ---- */

void
market_keep(struct market *m, struct row_keeper keeper)
{
	assert(m->n_listings == 0);
	m->bodies.keeper = keeper;
}

void
market_kept(struct market *m)
{
	if (m->bodies.keeper.row)
		bodies_let_go(&m->bodies);
}

struct str
market_body(const struct market *m, const struct listing *l)
{
	const struct row_keeper *k = &m->bodies.keeper;
	struct str held = bodies_held(&m->bodies, l->number);
	if (held.p || !k->row || l->checksum == 0)
		return held;
	return row_body(k->row(k->arg, TABLE_LISTING, l->number, l->checksum));
}

/* ---- what is in it ---- */

uint64_t
market_head(const struct market *m)
{
	return m->head;
}

int64_t
market_stamp_ms(const struct market *m)
{
	return m->stamp_ms;
}

uint64_t
market_queue(const struct market *m)
{
	return m->queue_units;
}

struct market_counts
market_count(const struct market *m)
{
	return (struct market_counts){.participants = m->n_participants,
				      .listings = m->n_listings,
				      .open = m->n_open,
				      .told = m->n_places - m->n_free};
}

const struct tree *
market_tree(const struct market *m, struct str name)
{
	for (size_t i = 0; i < m->n_shelves; i++)
		if (str_eq(m->shelves[i].tree->name, name))
			return m->shelves[i].tree;
	return NULL;
}

int
market_floor(const struct market *m, struct str exchange)
{
	for (size_t i = 0; i < m->n_floors; i++)
		if (str_eq(m->floors[i].exchange->name, exchange))
			return (int)i;
	return -1;
}

const struct exchange *
market_exchange(const struct market *m, struct str name)
{
	int i = market_floor(m, name);
	return i < 0 ? NULL : m->floors[i].exchange;
}

const struct exchange *
market_exchange_at(const struct market *m, size_t index)
{
	return index < m->n_floors ? m->floors[index].exchange : NULL;
}

uint64_t
market_exchange_listings(const struct market *m, size_t index, enum side side)
{
	return index < m->n_floors ? m->floors[index].listings[side] : 0;
}

const struct participant *
market_participant(const struct market *m, struct str id)
{
	const struct participant *p = NULL;
	if (id.p)
		HASH_FIND(by_id, m->by_id, id.p, id.len, p);
	return p;
}

const struct participant *
market_participant_at(const struct market *m, uint32_t number)
{
	return number - 1 < m->n_participants ? participant_at(m, number) : NULL;
}

const struct listing *
market_listing(const struct market *m, struct str id)
{
	const char *slash = id.p ? memchr(id.p, '/', id.len) : NULL;
	if (!slash)
		return NULL;
	uint32_t len = (uint32_t)(slash - id.p);
	const struct participant *p = market_participant(m, (struct str){id.p, len});
	return p ? market_listing_of(m, p, (struct str){slash + 1, id.len - len - 1}) : NULL;
}

const struct listing *
market_listing_at(const struct market *m, uint32_t number)
{
	return number - 1 < m->n_listings ? listing_at(m, number) : NULL;
}

/* ---- streams ---- */

enum { STREAM_EXCHANGE = 1, STREAM_PARTICIPANT = 2 };

static uint64_t
stream_key(uint64_t family, uint32_t number)
{
	return family << 32 | number;
}

size_t
market_streams(const struct market *m, const struct fact *f, uint64_t ret[MAX_STREAMS])
{
	if (f->kind == FACT_EXCHANGE_REVISED) {
		int index = market_floor(m, exchange_name_of(f->definition));
		ret[0] = stream_key(STREAM_EXCHANGE, (uint32_t)index);
		return index >= 0;
	}
	if (f->kind >= FACT_QUEUE_ADDED || f->kind < FACT_PARTICIPANT_REGISTERED)
		return 0;
	if (f->kind < FACT_LISTING_DRAFTED) {
		ret[0] = stream_key(STREAM_PARTICIPANT, f->participant.number);
		return 1;
	}
	if (f->kind < FACT_MATCH_MADE) {
		ret[0] = stream_key(STREAM_EXCHANGE, f->listing.exchange);
		ret[1] = stream_key(STREAM_PARTICIPANT, f->listing.participant);
		return 2;
	}
	const struct listing *need = listing_at(m, f->match.need),
			     *offer = listing_at(m, f->match.offer);
	ret[0] = stream_key(STREAM_EXCHANGE, need->exchange);
	ret[1] = stream_key(STREAM_PARTICIPANT, need->participant);
	ret[2] = stream_key(STREAM_PARTICIPANT, offer->participant);
	return 3;
}

uint64_t
market_stream(const struct market *m, struct str name)
{
	if (name.len < 3 || name.p[1] != '.')
		return 0;
	struct str rest = {name.p + 2, name.len - 2};
	if (name.p[0] == 'x') {
		int i = market_floor(m, rest);
		return i < 0 ? 0 : stream_key(STREAM_EXCHANGE, (uint32_t)i);
	}
	const struct participant *p = name.p[0] == 'p' ? market_participant(m, rest) : NULL;
	return p ? stream_key(STREAM_PARTICIPANT, p->number) : 0;
}

void
market_stream_name(const struct market *m, uint64_t stream, struct buf *out)
{
	uint32_t number = (uint32_t)stream;
	bool exchange = stream >> 32 == STREAM_EXCHANGE;
	struct str name =
	    exchange ? m->floors[number].exchange->name : participant_at(m, number)->id;
	buf_put(out, exchange ? "x." : "p.", 2);
	buf_put(out, name.p, name.len);
}
