#include "core/state.h"

#include "util/mp.h"

#include <assert.h>

/* ---- participants ---- */

bool
participant_blocks(const struct participant *p, uint32_t other)
{
	for (size_t i = 0; i < p->n_blocks; i++)
		if (p->blocks[i] == other)
			return true;
	return false;
}

size_t
participant_listing_place(const struct market *m, const struct participant *p, struct str key)
{
	size_t lo = 0, hi = p->n_listings;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (str_cmp(str_of(listing_at(m, p->listings[mid])->key), key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct listing *
market_listing_of(const struct market *m, const struct participant *p, struct str key)
{
	size_t place = participant_listing_place(m, p, key);
	if (place == p->n_listings)
		return NULL;
	struct listing *l = listing_at(m, p->listings[place]);
	return str_eq(str_of(l->key), key) ? l : NULL;
}

static struct str
text_attribute(struct str content, const char *key)
{
	struct mp in = mp_find(mp_of(content), str_of(key));
	struct str text = mp_get_str(&in);
	return in.failed ? STR_NONE : text;
}

static int64_t
number_attribute(struct str content, const char *key)
{
	struct mp in = mp_find(mp_of(content), str_of(key));
	int64_t number = mp_get_int(&in);
	return in.failed ? PARTICIPANT_UNKNOWN : number;
}

static void
read_blocks(const struct market *m, struct participant *p)
{
	struct mp in = mp_find(mp_of(p->content), STR("blocks"));
	uint32_t n = mp_get_array(&in);

	for (size_t i = 0; i < p->n_blocks; i++)
		participant_at(m, p->blocks[i])->blocked_by--;
	free(p->blocks);
	p->blocks = n ? mem_alloc(n * sizeof *p->blocks) : NULL;
	p->n_blocks = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct participant *other = market_participant(m, mp_get_str(&in));
		if (other)
			p->blocks[p->n_blocks++] = other->number;
	}
	for (size_t i = 0; i < p->n_blocks; i++)
		participant_at(m, p->blocks[i])->blocked_by++;
	numbers_sort(p->blocks, p->n_blocks);
}

void
participant_read(const struct market *m, struct participant *p)
{
	p->name = text_attribute(p->content, "name");
	p->kind = text_attribute(p->content, "kind");
	p->inn = text_attribute(p->content, "inn");
	p->ogrn = text_attribute(p->content, "ogrn");
	p->region = text_attribute(p->content, "region");
	p->size = text_attribute(p->content, "size");
	p->headcount = number_attribute(p->content, "headcount");
	p->revenue_kopecks = number_attribute(p->content, "revenue");
	p->founded_day = number_attribute(p->content, "founded");
	read_blocks(m, p);
}

void
participant_free(struct participant *p)
{
	free((char *)p->id.p);
	free((char *)p->content.p);
	free(p->blocks);
	free(p->listings);
	free(p);
}

/* ---- jobs ---- */

bool
job_is_sound(const struct market *m, enum job_kind kind, uint32_t listing, uint32_t against)
{
	switch (kind) {
	case JOB_REVIEW:
	case JOB_REFILL:
		return listing - 1 < m->n_listings;
	case JOB_REVIEW_AGAINST:
		return listing - 1 < m->n_listings && against - 1 < m->n_participants;
	case JOB_REMATCH:
		return listing == 0 && against < m->n_floors;
	}
	return false;
}

/* ---- told pairs ---- */

static uint32_t
opening_of_counterpart(const struct market *m, const struct listing *l, const struct told_pair *t)
{
	return listing_at(m, told_counterpart(t, l))->opening;
}

/* Whether the i-th of l's told pairs ranks before that. */
static bool
ranks_before(const struct market *m, const struct listing *l, uint32_t i, uint16_t score,
	     uint32_t opening)
{
	const struct told_pair *t = &m->told[l->told[i]];
	return rank_cmp(t->score, opening_of_counterpart(m, l, t), score, opening) < 0;
}

/* Where in l's told pairs the given rank is, or would be inserted. */
static uint32_t
rank_place(const struct market *m, const struct listing *l, uint16_t score, uint32_t opening)
{
	uint32_t lo = 0, hi = l->n_told;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (ranks_before(m, l, mid, score, opening))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct told_pair *
told_find(const struct market *m, const struct listing *a, const struct listing *b)
{
	const struct listing *fewer = a->n_told <= b->n_told ? a : b;
	uint32_t other = fewer == a ? b->number : a->number;
	for (uint32_t i = 0; i < fewer->n_told; i++) {
		struct told_pair *t = &m->told[fewer->told[i]];
		if (told_counterpart(t, fewer) == other)
			return t;
	}
	return NULL;
}

/* There is room for few, and beyond for the next power of two, or more where there were more. */
void
told_make_room(struct listing *l)
{
	enum { FEW = 4 };
	uint32_t n = l->n_told;
	if (!l->told || (n >= FEW && (n & (n - 1)) == 0))
		l->told = mem_realloc(l->told, (n < FEW ? FEW : 2 * (size_t)n) * sizeof *l->told);
}

void
told_insert(struct market *m, struct listing *l, uint32_t place)
{
	const struct told_pair *t = &m->told[place];
	uint32_t opening = opening_of_counterpart(m, l, t), n = l->n_told;
	/* Told best first, most come last. */
	bool last = n == 0 || ranks_before(m, l, n - 1, t->score, opening);
	uint32_t i = last ? n : rank_place(m, l, t->score, opening);
	told_make_room(l);
	memmove(l->told + i + 1, l->told + i, (l->n_told - i) * sizeof *l->told);
	l->told[i] = place;
	l->n_told++;
}

void
told_remove(struct market *m, struct listing *l, uint32_t place)
{
	const struct told_pair *t = &m->told[place];
	bool first = l->told[0] == place; /* ended best first, most are it */
	uint32_t i = first ? 0 : rank_place(m, l, t->score, opening_of_counterpart(m, l, t));
	assert(i < l->n_told && l->told[i] == place);
	l->n_told--;
	memmove(l->told + i, l->told + i + 1, (l->n_told - i) * sizeof *l->told);
}

uint32_t
told_place(struct market *m)
{
	if (m->n_free > 0)
		return m->free_places[--m->n_free];
	m->told = mem_grow(m->told, m->n_places, &m->cap_places, sizeof *m->told);
	m->told[m->n_places] = (struct told_pair){0};
	return (uint32_t)m->n_places++;
}
