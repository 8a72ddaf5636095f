/* The exchange of sets.yaml: three sets of ten thousand words, generated and scanned. */

#include "util/mem.h"
#include "util/mp.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOPICS, PARTS, SKILLS, FIELDS };
enum { WORDS = 10000, LONGEST = 24, POINTS = 1000000 };

struct words {
	uint16_t n[FIELDS]; /* 0: not stated */
	uint16_t word[FIELDS][LONGEST];
};

static const char *const names[FIELDS] = {"topics", "parts", "skills"};

/* ---- generating ---- */

static void
draw(struct dice *d, struct words *w, int field, int count, const double *sum)
{
	uint16_t *word = w->word[field];
	while (w->n[field] < count) {
		int n = w->n[field], i = 0;
		word[n] =
		    (uint16_t)(sum ? dice_pick(d, sum, WORDS) : dice_between(d, 0, WORDS - 1));
		while (word[i] != word[n])
			i++;
		w->n[field] = (uint16_t)(n + (i == n));
	}
}

static void
next(struct dice *d, enum side side, void *ret_record)
{
	static double zipf[WORDS + 1];
	struct words *w = ret_record;
	if (zipf[WORDS] == 0)
		dice_zipf(zipf, WORDS);
	*w = (struct words){0};
	draw(d, w, TOPICS, side == NEED ? dice_between(d, 1, 3) : dice_between(d, 2, 10), zipf);
	draw(d, w, PARTS, dice_between(d, 5, 20), NULL);
	draw(d, w, SKILLS, side == NEED ? dice_between(d, 0, 1) : dice_between(d, 0, 24), zipf);
}

static void
write_record(const void *record, enum side side, struct buf *out)
{
	const struct words *w = record;
	char text[16];
	(void)side;
	mp_put_map(out, 2u + (w->n[SKILLS] > 0));
	for (int f = 0; f < FIELDS; f++) {
		if (w->n[f] == 0)
			continue;
		mp_put_text(out, names[f]);
		mp_put_array(out, w->n[f]);
		for (int i = 0; i < w->n[f]; i++) {
			snprintf(text, sizeof text, "w%u", w->word[f][i]);
			mp_put_text(out, text);
		}
	}
}

/* ---- scanning ---- */

struct columns {
	enum side side;
	size_t n;
	struct column {
		uint32_t *end; /* of each row's words, by row + 1 */
		uint16_t *words;
		size_t capacity;
	} of[FIELDS];
};

static void *
scan_new(enum side side, size_t capacity)
{
	struct columns *c = mem_zalloc(sizeof *c);
	c->side = side;
	for (int f = 0; f < FIELDS; f++)
		c->of[f].end = mem_zalloc((capacity + 1) * sizeof *c->of[f].end);
	return c;
}

static void
scan_free(void *scan)
{
	struct columns *c = scan;
	for (int f = 0; f < FIELDS; f++) {
		free(c->of[f].end);
		free(c->of[f].words);
	}
	free(c);
}

static void
scan_add(void *scan, const void *record)
{
	struct columns *c = scan;
	const struct words *w = record;
	for (int f = 0; f < FIELDS; f++) {
		struct column *col = &c->of[f];
		uint32_t end = col->end[c->n];
		for (int i = 0; i < w->n[f]; i++) {
			col->words = mem_grow(col->words, end, &col->capacity, sizeof *col->words);
			col->words[end++] = w->word[f][i];
		}
		col->end[c->n + 1] = end;
	}
	c->n++;
}

/* How many of the row's words are marked. */
static int
marked(const struct column *c, size_t row, const uint8_t *marks)
{
	int n = 0;
	for (uint32_t i = c->end[row]; i < c->end[row + 1]; i++)
		n += marks[c->words[i]];
	return n;
}

/* As sets.yaml weighs it: docs/semantics.md, section 3. */
static uint16_t
score(int topics, int need_topics, int parts, int need_parts, int offer_parts)
{
	int64_t a =
	    (2 * (POINTS * (int64_t)topics / need_topics) + POINTS * (int64_t)parts / need_parts) /
	    3;
	int64_t b = POINTS * (int64_t)parts / offer_parts;
	return (uint16_t)(2 * a * b / (a + b) / 1000);
}

static void
scan(const void *scanned, const void *probe, struct top *ret)
{
	const struct columns *c = scanned;
	const struct words *p = probe;
	uint8_t marks[FIELDS][WORDS] = {0};
	for (int f = 0; f < FIELDS; f++)
		for (int i = 0; i < p->n[f]; i++)
			marks[f][p->word[f][i]] = 1;
	for (size_t i = 0; i < c->n; i++) {
		int topics = marked(&c->of[TOPICS], i, marks[TOPICS]);
		if (topics == 0)
			continue;
		int parts = marked(&c->of[PARTS], i, marks[PARTS]);
		if (parts == 0)
			continue;
		int row[FIELDS];
		for (int f = 0; f < FIELDS; f++)
			row[f] = (int)(c->of[f].end[i + 1] - c->of[f].end[i]);
		bool offers = c->side == OFFER;
		if (marked(&c->of[SKILLS], i, marks[SKILLS]) <
		    (offers ? p->n[SKILLS] : row[SKILLS]))
			continue;
		top_add(ret, (uint32_t)i,
			score(topics, offers ? p->n[TOPICS] : row[TOPICS], parts,
			      offers ? p->n[PARTS] : row[PARTS],
			      offers ? row[PARTS] : p->n[PARTS]));
	}
}

const struct workload sets = {
    .name = "sets",
    .record_size = sizeof(struct words),
    .next = next,
    .write = write_record,
    .scan_new = scan_new,
    .scan_free = scan_free,
    .scan_add = scan_add,
    .scan = scan,
};
