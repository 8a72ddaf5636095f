#include "core/dict.h"

#include "util/hash.h"

struct word {
	struct str text;
	uint32_t number;
	UT_hash_handle hh;
};

struct dict {
	struct word *by_text;
	struct word **words;
	size_t len, cap;
};

struct dict *
dict_new(void)
{
	return mem_zalloc(sizeof(struct dict));
}

void
dict_free(struct dict *d)
{
	if (!d)
		return;
	HASH_CLEAR(hh, d->by_text);
	for (size_t i = 0; i < d->len; i++) {
		free((char *)d->words[i]->text.p);
		free(d->words[i]);
	}
	free(d->words);
	free(d);
}

static struct word *
find(const struct dict *d, struct str text)
{
	struct word *w;
	HASH_FIND(hh, d->by_text, text.p, text.len, w);
	return w;
}

uint32_t
dict_add(struct dict *d, struct str text)
{
	struct word *w = find(d, text);
	if (w)
		return w->number;
	w = mem_zalloc(sizeof *w);
	w->text = (struct str){mem_dup(text.p, text.len), text.len};
	w->number = (uint32_t)d->len;
	d->words = mem_grow(d->words, d->len, &d->cap, sizeof(struct word *));
	d->words[d->len++] = w;
	HASH_ADD_KEYPTR(hh, d->by_text, w->text.p, w->text.len, w);
	return w->number;
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
