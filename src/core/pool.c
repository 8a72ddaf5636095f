#include "core/pool.h"

#include "util/hash.h"

/* A short set that somebody states. */
struct shared_set {
	uint32_t set[LONGEST_SHARED]; /* with zeros behind it */
	uint32_t at;
	uint32_t times; /* it was added, and not removed */
	UT_hash_handle hh;
};

void
pool_init(struct pool *p, struct dict *d)
{
	*p = (struct pool){.dict = d, .n = 1};
}

void
pool_done(struct pool *p)
{
	struct shared_set *s, *next;
	HASH_ITER(hh, p->shared, s, next)
	{
		HASH_DEL(p->shared, s);
		free(s);
	}
	free(p->words);
}

size_t
pool_bytes(const struct pool *p)
{
	return p->n * sizeof *p->words + HASH_COUNT(p->shared) * sizeof *p->shared;
}

/* ---- room ---- */

static uint32_t
take_words(struct pool *p, uint32_t n)
{
	uint32_t at = p->free[n];
	if (at) {
		p->free[n] = p->words[at];
		return at;
	}
	if (p->cap - p->n < n || p->cap == 0) {
		p->cap = mem_roomier(p->cap, p->n + n);
		p->words = mem_realloc(p->words, p->cap * sizeof *p->words);
	}
	at = p->n;
	p->n += n;
	return at;
}

static void
give_words(struct pool *p, uint32_t at, uint32_t n)
{
	p->words[at] = p->free[n];
	p->free[n] = at;
}

static uint32_t
put(struct pool *p, const uint32_t *set, uint32_t n)
{
	uint32_t at = take_words(p, n);
	memcpy(p->words + at, set, n * sizeof *set);
	return at;
}

/* ---- sets ---- */

static void
drop_values(const struct pool *p, const uint32_t *set, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		dict_drop(p->dict, set[i]);
}

static struct shared_set *
find_shared(const struct pool *p, const uint32_t *set, uint32_t n)
{
	uint32_t key[LONGEST_SHARED] = {0};
	struct shared_set *s;
	memcpy(key, set, n * sizeof *key);
	HASH_FIND(hh, p->shared, key, sizeof key, s);
	return s;
}

static uint32_t
share(struct pool *p, const uint32_t *set, uint32_t n)
{
	struct shared_set *s = find_shared(p, set, n);
	if (s) {
		drop_values(p, set, n);
	} else {
		s = mem_zalloc(sizeof *s);
		memcpy(s->set, set, n * sizeof *set);
		s->at = put(p, set, n);
		HASH_ADD(hh, p->shared, set, sizeof s->set, s);
	}
	s->times++;
	return s->at;
}

uint32_t
pool_add(struct pool *p, const uint32_t *set)
{
	uint32_t n = set_words(*set);
	return n <= LONGEST_SHARED ? share(p, set, n) : put(p, set, n);
}

void
pool_remove(struct pool *p, uint32_t at)
{
	uint32_t n = set_words(p->words[at]);
	if (n <= LONGEST_SHARED) {
		struct shared_set *s = find_shared(p, p->words + at, n);
		if (--s->times > 0)
			return;
		HASH_DEL(p->shared, s);
		free(s);
	}
	drop_values(p, p->words + at, n);
	give_words(p, at, n);
}

bool
pool_equal(const struct pool *p, uint32_t a, uint32_t b)
{
	const uint32_t *x = p->words + a, *y = p->words + b;
	return a == b || (*x == *y && memcmp(x, y, set_words(*x) * sizeof *x) == 0);
}
