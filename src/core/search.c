#include "core/search.h"

#include "core/find.h"
#include "core/state.h"
#include "util/hash.h"
#include "util/mp.h"

/* Where the searches of one exchange and side lie. */
struct board {
	struct exchange *relaxed; /* NULL: no search came yet */
	struct columns *columns;
	struct lookup *lookup;
};

struct search {
	uint32_t id;
	uint32_t row; /* 0: does not fit its exchange any more */
	uint32_t exchange;
	enum side side;
	struct str body; /* owned */
	UT_hash_handle hh;
};

struct searches {
	struct market *market;
	struct search *by_id; /* uthash; owned */
	struct board board[MAX_EXCHANGES][2];
	struct finder finder;
};

struct searches *
searches_new(struct market *m)
{
	struct searches *s = mem_zalloc(sizeof *s);
	s->market = m;
	return s;
}

static void
board_done(struct board *b)
{
	lookup_free(b->lookup);
	columns_clear(b->columns);
	columns_free(b->columns);
	exchange_free(b->relaxed);
	*b = (struct board){0};
}

static void
search_free(struct search *search)
{
	free((char *)search->body.p);
	free(search);
}

void
searches_free(struct searches *s)
{
	struct search *search, *next;
	if (!s)
		return;
	HASH_ITER(hh, s->by_id, search, next)
	{
		HASH_DEL(s->by_id, search);
		search_free(search);
	}
	for (size_t i = 0; i < MAX_EXCHANGES; i++)
		for (enum side side = NEED; side <= OFFER; side++)
			board_done(&s->board[i][side]);
	finder_free(&s->finder);
	free(s);
}

/* The definition, in which the side demands what it states and means nothing by its silence. */
static struct exchange *
relax(const struct exchange *e, enum side side)
{
	struct exchange *relaxed = exchange_decode(e->canonical);
	for (size_t i = 0; i < relaxed->n_fields; i++) {
		struct field *f = &relaxed->fields[i];
		f->tree = e->fields[i].tree;
		f->demanded_by[side] = true;
		f->side[side].absent = ABSENT_ANY;
		f->side[side].from = ATTRIBUTE_NONE;
	}
	return relaxed;
}

static struct board *
board_of(struct searches *s, size_t exchange, enum side side)
{
	struct board *b = &s->board[exchange][side];
	if (!b->relaxed) {
		b->relaxed = relax(s->market->floors[exchange].exchange, side);
		b->columns = columns_new(b->relaxed, side, s->market->dict);
		b->lookup = lookup_new(b->columns);
	}
	return b;
}

const struct exchange *
searches_exchange(struct searches *s, size_t exchange, enum side side)
{
	return exchange < s->market->n_floors ? board_of(s, exchange, side)->relaxed : NULL;
}

static struct search *
find(const struct searches *s, uint32_t id)
{
	struct search *found;
	HASH_FIND(hh, s->by_id, &id, sizeof id, found);
	return found;
}

/* No participant stands behind a search; nothing of it comes `from:` one. */
static void
place(struct searches *s, struct search *search)
{
	static const struct participant nobody;
	struct board *b = board_of(s, search->exchange, search->side);
	uint32_t one;
	search->row = columns_add(b->columns, search->id, search->body, &nobody, &one);
	lookup_add(b->lookup, search->row, 0, 0);
}

void
searches_add(struct searches *s, uint32_t id, size_t exchange, enum side side, struct str body)
{
	struct search *search = mem_zalloc(sizeof *search);
	search->id = id;
	search->exchange = (uint32_t)exchange;
	search->side = side;
	search->body = (struct str){mem_dup(body.p, body.len), body.len};
	HASH_ADD(hh, s->by_id, id, sizeof search->id, search);
	place(s, search);
}

void
searches_remove(struct searches *s, uint32_t id)
{
	struct search *search = find(s, id);
	if (!search)
		return;
	if (search->row) {
		struct board *b = board_of(s, search->exchange, search->side);
		lookup_remove(b->lookup, search->row);
		columns_remove(b->columns, search->row, 1);
	}
	HASH_DEL(s->by_id, search);
	search_free(search);
}

bool
searches_fit(const struct searches *s, uint32_t id)
{
	const struct search *search = find(s, id);
	return search && search->row != 0;
}

/* ---- changed definitions ---- */

static bool
labels_alike(const struct field *was, const struct field *now)
{
	bool alike = was->n_labels == now->n_labels;
	for (size_t i = 0; alike && i < was->n_labels; i++)
		alike = str_eq(was->labels[i].name, now->labels[i].name);
	return alike;
}

/* Whether a statement means the same in both. */
static bool
is_alike(const struct field *was, const struct field *now, enum side side)
{
	return now && was->type == now->type && was->decimals == now->decimals &&
	       str_eq(was->unit, now->unit) && str_eq(was->currency, now->currency) &&
	       str_eq(was->tree_name, now->tree_name) && labels_alike(was, now) &&
	       now->side[side_other(side)].visibility == VISIBLE_PUBLIC;
}

static bool
still_fits(const struct search *search, const struct exchange *was, const struct exchange *now)
{
	struct mp fields = mp_find(mp_of(search->body), STR("fields"));
	uint32_t n = mp_get_map(&fields);
	for (uint32_t i = 0; i < n; i++) {
		struct str name = mp_get_str(&fields);
		mp_get_raw(&fields);
		if (!is_alike(exchange_field(was, name), exchange_field(now, name), search->side))
			return false;
	}
	return true;
}

void
searches_rebuild(struct searches *s)
{
	struct board old[MAX_EXCHANGES][2];
	struct search *search, *next;
	memcpy(old, s->board, sizeof old);
	memset(s->board, 0, sizeof s->board);
	HASH_ITER(hh, s->by_id, search, next)
	{
		const struct exchange *was = old[search->exchange][search->side].relaxed;
		const struct exchange *now = searches_exchange(s, search->exchange, search->side);
		bool fits = search->row && still_fits(search, was, now);
		search->row = 0;
		if (fits)
			place(s, search);
	}
	for (size_t i = 0; i < MAX_EXCHANGES; i++)
		for (enum side side = NEED; side <= OFFER; side++)
			board_done(&old[i][side]);
}

/* ---- asking ---- */

void
searches_met(struct searches *s, const struct listing *l, struct numbers *ids)
{
	const struct market *m = s->market;
	struct board *b = &s->board[l->exchange][side_other((enum side)l->side)];
	ids->len = 0;
	if (!b->relaxed || !l->row)
		return;
	for (uint32_t i = 0; i < l->n_rows; i++) {
		struct box probe = listing_box(m, l, i);
		finder_find(&s->finder, m->workers, b->lookup, probe, NULL, m->dict);
		for (size_t k = 0; k < s->finder.n_hits; k++)
			numbers_push(ids, b->columns->listing[s->finder.hits[k].row]);
	}
	numbers_sort(ids->at, ids->len);
	size_t kept = 0;
	for (size_t i = 0; i < ids->len; i++)
		if (i == 0 || ids->at[i] != ids->at[kept - 1])
			ids->at[kept++] = ids->at[i];
	ids->len = kept;
}
