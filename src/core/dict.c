#include "core/dict.h"

#include "core/numbers.h"
#include "util/hash.h"

struct word {
	struct str text;
	uint32_t number;
	uint32_t held;
	UT_hash_handle hh;
};

struct dict {
	struct word *by_text;
	struct word **words; /* [number]; NULL where it is given back */
	size_t len, cap;
	struct numbers free;
};

struct dict *
dict_new(void)
{
	return mem_zalloc(sizeof(struct dict));
}

static void
word_free(struct word *w)
{
	free((char *)w->text.p);
	free(w);
}

void
dict_free(struct dict *d)
{
	if (!d)
		return;
	HASH_CLEAR(hh, d->by_text);
	for (size_t i = 0; i < d->len; i++)
		if (d->words[i])
			word_free(d->words[i]);
	free(d->words);
	numbers_free(&d->free);
	free(d);
}

static struct word *
find(const struct dict *d, struct str text)
{
	struct word *w;
	HASH_FIND(hh, d->by_text, text.p, text.len, w);
	return w;
}

static uint32_t
take_number(struct dict *d)
{
	if (d->free.len > 0)
		return d->free.at[--d->free.len];
	d->words = mem_grow(d->words, d->len, &d->cap, sizeof(struct word *));
	return (uint32_t)d->len++;
}

uint32_t
dict_add(struct dict *d, struct str text)
{
	struct word *w = find(d, text);
	if (!w) {
		w = mem_zalloc(sizeof *w);
		w->text = (struct str){mem_dup(text.p, text.len), text.len};
		w->number = take_number(d);
		d->words[w->number] = w;
		HASH_ADD_KEYPTR(hh, d->by_text, w->text.p, w->text.len, w);
	}
	w->held++;
	return w->number;
}

void
dict_hold(struct dict *d, uint32_t number)
{
	d->words[number]->held++;
}

void
dict_drop(struct dict *d, uint32_t number)
{
	struct word *w = d->words[number];
	if (--w->held > 0)
		return;
	HASH_DEL(d->by_text, w);
	d->words[number] = NULL;
	numbers_push(&d->free, number);
	word_free(w);
}

size_t
dict_count(const struct dict *d)
{
	return d->len - d->free.len;
}

uint32_t
dict_find(const struct dict *d, struct str text)
{
	const struct word *w = find(d, text);
	return w ? w->number : DICT_NONE;
}

struct str
dict_text(const struct dict *d, uint32_t number)
{
	return d->words[number]->text;
}
