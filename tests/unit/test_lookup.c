/*
 * What a lookup finds is what the meeting rule says of every single pair, for any exchange and
 * whatever comes and goes.
 *
 * Random exchanges (fields, types, relations, who demands, what absence means), random statements
 * of every kind, rows that come and go; each probe's answer is compared with boxes_meet over all
 * rows. The same for bounds: no score lies above the bound by which it would be passed over.
 */

#include "core/bound.h"
#include "core/find.h"
#include "core/meet.h"
#include "core/score.h"
#include "intake/files.h"
#include "util/mem.h"
#include "util/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- chance ---- */

static uint64_t chance_state;

static uint32_t
chance(uint32_t n)
{
	uint64_t z = chance_state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ (z >> 31)) % n);
}

static bool
one_in(uint32_t n)
{
	return chance(n) == 0;
}

/* ---- random exchanges ---- */

static struct tree *tree;
static struct workers *workers; /* who share every probe that has several spans */

static const struct tree *
find_tree(void *arg, struct str name)
{
	(void)arg;
	(void)name;
	return tree;
}

/* Mostly few fields; now and then more than rows have lanes for, and than have a bit in them. */
enum { FEW_FIELDS = 8, FIELDS = 40 };
static char names[FIELDS][4];

static struct titles
title(void)
{
	return (struct titles){STR("имя"), STR("name")};
}

static void
random_side(const struct field *f, struct side_rule *rule)
{
	rule->title = title();
	rule->absent = (enum absent)chance(3);
	rule->reading = (enum reading)chance(3);
	if (f->type == FIELD_DIMENSIONS)
		return;
	rule->weight = one_in(2) ? 0 : (uint16_t)(1 + chance(5));
	if (field_is_interval(f) && rule->weight) {
		rule->better = (enum better)(1 + chance(3));
		rule->span_own = rule->better != BETTER_NEARER && one_in(2);
		rule->has_span = !rule->span_own;
	}
	if (f->type == FIELD_GEO)
		rule->has_span = one_in(2);
	if (rule->has_span)
		rule->span = 1 + chance(f->type == FIELD_GEO ? 3000000 : 500);
}

static struct field
random_field(const char *name)
{
	static struct named_value labels[9];
	static char label_names[9][2];
	struct field f = {.name = str_of(name), .title = title()};
	f.type = (enum field_type)chance(FIELD_GEO + 1);
	f.relation = one_in(2) ? RELATION_OVERLAP : (enum relation)chance(3);
	f.demanded_by[NEED] = !one_in(4);
	f.demanded_by[OFFER] = !f.demanded_by[NEED] || !one_in(4);
	if (f.type == FIELD_GEO)
		f.relation = RELATION_OVERLAP;
	if (f.type == FIELD_MONEY)
		f.currency = STR("RUB");
	if (f.type == FIELD_CODE)
		f.tree_name = STR("tree");
	if (f.type == FIELD_ORDINAL) {
		for (int i = 0; i < 9; i++) {
			label_names[i][0] = (char)('1' + i);
			labels[i] = (struct named_value){str_of(label_names[i]), title(), 0, 0};
		}
		f.labels = labels;
		f.n_labels = 9;
	}
	if (field_is_interval(&f) && f.relation == RELATION_OVERLAP && one_in(5))
		f.min_overlap = chance(20);
	random_side(&f, &f.side[NEED]);
	random_side(&f, &f.side[OFFER]);
	return f;
}

static struct exchange *
random_exchange(void)
{
	struct field fields[FIELDS];
	struct exchange e = {.name = STR("random"), .title = title(), .fields = fields};
	struct buf canonical = BUF_EMPTY;
	struct str missing;
	e.n_fields = one_in(12) ? FIELDS - chance(10) : 1 + chance(FEW_FIELDS);
	e.side_title[NEED] = e.side_title[OFFER] = title();
	for (size_t i = 0; i < e.n_fields; i++) {
		snprintf(names[i], sizeof names[i], "f%02u", (unsigned)i % 100);
		fields[i] = random_field(names[i]);
	}
	exchange_encode(&e, &canonical);
	struct exchange *made = exchange_decode(buf_str(&canonical));
	assert_non_null(made);
	assert_true(exchange_bind_trees(made, find_tree, NULL, &missing));
	buf_free(&canonical);
	return made;
}

/* ---- random statements, as canonical bytes ---- */

static uint32_t fashion; /* the first of the keywords that are stated now */

static void
put_word(const struct field *f, uint32_t i, struct buf *out)
{
	static const char *const flags[] = {"false", "true"};
	static const char *const codes[] = {"1.",   "1.1.", "1.1.1.", "1.2.",  "2.",
					    "2.1.", "2.2.", "3.",     "3.1.1."};
	char text[8];
	if (f->type == FIELD_FLAG) {
		mp_put_text(out, flags[i % 2]);
	} else if (f->type == FIELD_CODE) {
		mp_put_text(out, codes[i % 9]);
	} else {
		snprintf(text, sizeof text, "w%02u", (i + fashion) % 100);
		mp_put_text(out, text);
	}
}

/* Up to `most` of `words` words, ascending, from the first `least` on by chance. */
static void
put_words(const struct field *f, uint32_t least, uint32_t most, uint32_t words, struct buf *out)
{
	bool in[100] = {false};
	uint32_t n = least + chance(most - least + 1), count = 0;
	for (uint32_t i = 0; i < n; i++)
		in[chance(words)] = true;
	for (uint32_t i = 0; i < words; i++)
		count += in[i];
	mp_put_array(out, count);
	for (uint32_t i = 0; i < words; i++)
		if (in[i])
			put_word(f, i, out);
}

static void
put_set(const struct field *f, uint32_t flags, uint32_t words, struct buf *out)
{
	bool but = one_in(8) && f->type != FIELD_FLAG, code = f->type == FIELD_CODE;
	words = f->type == FIELD_FLAG ? 2 : code ? 9 : words;
	mp_put_array(out, 5);
	mp_put_int(out, SHAPE_SET);
	mp_put_uint(out, flags | (but ? STATEMENT_EVERYTHING_BUT : 0));
	if (but && code) {
		mp_put_array(out, 1);
		mp_put_text(out, "");
	} else if (but) {
		mp_put_array(out, 0);
	} else {
		put_words(f, 1, one_in(3) ? 6 : 2, words, out);
	}
	/* exceptions are subtracted already, but those of codes */
	if (but || (code && one_in(4)))
		put_words(f, 1, 2, words, out);
	else
		mp_put_array(out, 0);
	if (one_in(8))
		put_words(f, 1, 2, words, out);
	else
		mp_put_array(out, 0);
}

static int64_t
random_value(const struct field *f)
{
	if (f->type == FIELD_ORDINAL)
		return chance(9);
	if (f->type == FIELD_DATE)
		return (int64_t)chance(30) + (one_in(20) ? 100000 : 19700);
	if (one_in(30))
		return MAX_MAGNITUDE - chance(3);
	if (one_in(4))
		return (int64_t)chance(2000000) + 1000000;
	return (int64_t)chance(2000) - (one_in(4) ? 1000 : 0);
}

static void
put_interval(const struct field *f, uint32_t flags, struct buf *out)
{
	int64_t lo = random_value(f), hi = one_in(3) ? lo : random_value(f);
	uint32_t open = chance(6);
	mp_put_array(out, 4);
	mp_put_int(out, SHAPE_INTERVAL);
	mp_put_uint(out, flags);
	if (open == 0)
		mp_put_nil(out);
	else
		mp_put_int(out, lo < hi ? lo : hi);
	if (open == 1)
		mp_put_nil(out);
	else
		mp_put_int(out, lo < hi ? hi : lo);
}

static void
put_dimensions(uint32_t flags, struct buf *out)
{
	int64_t length = 1 + chance(1000);
	uint32_t n = 1 + chance(3);
	mp_put_array(out, 3);
	mp_put_int(out, SHAPE_DIMENSIONS);
	mp_put_uint(out, flags);
	mp_put_array(out, n);
	for (uint32_t i = 0; i < n; i++) {
		mp_put_int(out, length);
		length = length * (1 + chance(4)) / 4;
	}
}

static void
put_place(uint32_t flags, struct buf *out)
{
	/* a few towns within some thousand kilometres, and one on the other side of the earth; in towns
	 * a radius often ends within a lane's step or two of a neighbour */
	bool near = one_in(2);
	uint32_t town = chance(near ? 3 : 12), spread = near ? 600 : 1000000;
	int64_t metres = one_in(3) ? 6371000 : chance(near ? 1200 : 3000000);
	mp_put_array(out, 9);
	mp_put_int(out, SHAPE_PLACE);
	mp_put_uint(out, flags);
	mp_put_int(out,
		   town == 11 ? -6371000 : 2000000 + 150 * (int64_t)(town * town) + chance(spread));
	mp_put_int(out, 1000000 + chance(spread));
	mp_put_int(out, 5000000 + chance(spread));
	if (one_in(3))
		mp_put_nil(out);
	else
		mp_put_uint(out, one_in(8) ? chance(2) : (uint64_t)(metres * metres));
	for (int i = 0; i < 3; i++)
		mp_put_nil(out);
}

static void
put_statement(const struct field *f, uint32_t words, bool plain, struct buf *out)
{
	uint32_t flags = !plain && one_in(6) ? STATEMENT_PREFER : 0;
	if (field_is_set(f))
		put_set(f, flags, words, out);
	else if (f->type == FIELD_GEO)
		put_place(flags, out);
	else if (f->type == FIELD_DIMENSIONS)
		put_dimensions(flags, out);
	else
		put_interval(f, flags, out);
}

/* How a run of one exchange draws its statements. */
struct manner {
	uint32_t words;	 /* of keywords */
	uint32_t stated; /* of a hundred statements; the others are left out */
	bool plain;	 /* nobody prefers */
};

static void
put_fields(const struct exchange *e, const struct manner *how, struct buf *out)
{
	bool stated[FIELDS];
	uint32_t count = 0;
	for (size_t i = 0; i < e->n_fields; i++)
		count += stated[i] = chance(100) < how->stated;
	mp_put_map(out, count);
	for (size_t i = 0; i < e->n_fields; i++) {
		if (!stated[i])
			continue;
		mp_put_str(out, e->fields[i].name);
		put_statement(&e->fields[i], how->words, how->plain, out);
	}
}

static void
random_body(const struct exchange *e, const struct manner *how, uint32_t variants, struct buf *out)
{
	buf_clear(out);
	mp_put_map(out, 5);
	mp_put_text(out, "title");
	mp_put_text(out, "t");
	mp_put_text(out, "text");
	mp_put_nil(out);
	mp_put_text(out, "language");
	mp_put_nil(out);
	mp_put_text(out, "fields");
	put_fields(e, how, out);
	mp_put_text(out, "variants");
	mp_put_array(out, variants);
	for (uint32_t i = 0; i < variants; i++)
		put_fields(e, how, out);
}

/* ---- comparing ---- */

struct stored {
	uint32_t row, n_rows;
};

struct run {
	struct exchange *exchange;
	struct dict *dict;
	struct columns *columns[2]; /* stored, probes */
	struct lookup *lookup;
	struct stored *stored;
	size_t n_stored, cap_stored;
	struct manner how;
	struct finder finder;
	uint64_t probes, matches;
	uint32_t openings;
};

static void
add_listing(struct run *r)
{
	struct buf body = BUF_EMPTY;
	static const struct participant nobody;
	random_body(r->exchange, &r->how, one_in(8) ? 2 : 0, &body);
	struct stored s;
	s.row = columns_add(r->columns[0], ++r->openings, buf_str(&body), &nobody, &s.n_rows);
	for (uint32_t i = 0; i < s.n_rows; i++)
		lookup_add(r->lookup, s.row + i, 1, r->openings);
	r->stored = mem_grow(r->stored, r->n_stored, &r->cap_stored, sizeof s);
	r->stored[r->n_stored++] = s;
	buf_free(&body);
}

static void
remove_listing(struct run *r)
{
	struct stored *s = &r->stored[chance((uint32_t)r->n_stored)];
	for (uint32_t i = 0; i < s->n_rows; i++)
		lookup_remove(r->lookup, s->row + i);
	columns_remove(r->columns[0], s->row, s->n_rows);
	*s = r->stored[--r->n_stored];
}

static int
arrival_cmp(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;
	return (x->row > y->row) - (x->row < y->row);
}

/* The lookup once more, all rows at once, as after a start. */
static void
fill_anew(struct run *r)
{
	struct arrival *rows = NULL;
	size_t n = 0, cap = 0;
	for (size_t i = 0; i < r->n_stored; i++)
		for (uint32_t k = 0; k < r->stored[i].n_rows; k++) {
			uint32_t row = r->stored[i].row + k;
			rows = mem_grow(rows, n, &cap, sizeof *rows);
			rows[n++] = (struct arrival){row, 1, r->columns[0]->listing[row]};
		}
	if (n > 1)
		qsort(rows, n, sizeof *rows, arrival_cmp);
	lookup_free(r->lookup);
	r->lookup = lookup_new(r->columns[0]);
	lookup_fill(r->lookup, rows, n);
	free(rows);
}

static bool
meets(const struct run *r, uint32_t row, struct box probe)
{
	struct box stored = {r->columns[0], row};
	bool need = r->columns[0]->side == NEED;
	return boxes_meet(r->exchange, need ? stored : probe, need ? probe : stored, r->dict);
}

static void
check_bound(const struct run *r, const struct hit *hit, struct box probe)
{
	struct box stored = {r->columns[0], hit->row};
	bool need = r->columns[0]->side == NEED;
	uint16_t score =
	    boxes_score(r->exchange, need ? stored : probe, need ? probe : stored, r->dict);
	if (score > hit->bound)
		fail_msg("a score of %u where at most %u was promised", score, hit->bound);
}

static int
row_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void
check_probe(struct run *r)
{
	struct buf body = BUF_EMPTY;
	static const struct participant nobody;
	struct numbers truth = {0};
	struct bound bound;
	random_body(r->exchange, &r->how, 0, &body);
	uint32_t one, row = columns_add(r->columns[1], 1, buf_str(&body), &nobody, &one);
	struct box probe = {r->columns[1], row};

	for (size_t i = 0; i < r->n_stored; i++)
		for (uint32_t k = 0; k < r->stored[i].n_rows; k++)
			if (meets(r, r->stored[i].row + k, probe))
				numbers_push(&truth, r->stored[i].row + k);
	if (truth.len > 1)
		qsort(truth.at, truth.len, sizeof *truth.at, row_cmp);
	bound_make(&bound, r->lookup, probe);
	finder_find(&r->finder, workers, r->lookup, probe, &bound, r->dict);
	assert_int_equal(r->finder.n_hits, truth.len);
	for (size_t i = 0; i < truth.len; i++) {
		const struct hit *hit = &r->finder.hits[i];
		assert_int_equal(hit->row, truth.at[i]);
		assert_int_equal(hit->opening, r->columns[0]->listing[hit->row]);
		check_bound(r, hit, probe);
	}
	r->probes++;
	r->matches += truth.len;
	numbers_free(&truth);
	columns_remove(r->columns[1], row, 1);
	buf_free(&body);
}

/* Each home counts the rows of its value: of listings of one box that state one word and no more. */
static void
check_homes(const struct run *r)
{
	const struct columns *c = r->columns[0];
	uint32_t single = 0, counted = 0;
	for (size_t i = 0; i < r->n_stored && c->home_field < c->exchange->n_fields; i++) {
		struct box box = {c, r->stored[i].row};
		struct statement s = box_statement(box, c->home_field);
		single += r->stored[i].n_rows == 1 && s.stated && s.n_any == 1 && s.n_none == 0 &&
			  s.n_veto == 0 && !s.everything_but;
	}
	for (const struct home *h = c->homes.by_value; h; h = h->hh.next)
		counted += h->n;
	assert_int_equal(counted, single);
}

static void
run_done(struct run *r)
{
	lookup_free(r->lookup);
	columns_free(r->columns[0]);
	columns_free(r->columns[1]);
	dict_free(r->dict);
	exchange_free(r->exchange);
	finder_free(&r->finder);
	free(r->stored);
}

/* One exchange: listings come, go and are asked about. Returns how many probes were compared. */
static uint64_t
play(uint64_t seed, uint32_t listings, uint32_t probes)
{
	struct run r = {.dict = dict_new()};
	chance_state = seed;
	r.exchange = random_exchange();
	enum side side = (enum side)chance(2);
	r.columns[0] = columns_new(r.exchange, side, r.dict);
	r.columns[1] = columns_new(r.exchange, side_other(side), r.dict);
	r.lookup = lookup_new(r.columns[0]);
	bool wide = r.exchange->n_fields > FEW_FIELDS; /* who stated all of it would meet nobody */
	r.how = (struct manner){.words = one_in(2) ? 5 : 60,
				.stated = wide	      ? 7
					  : one_in(2) ? 67
						      : 97,
				.plain = one_in(2)};
	bool changes = one_in(3), short_lived = one_in(3);
	for (uint32_t i = 0; i < listings; i++) {
		fashion = changes ? i * 40 / listings : 0;
		add_listing(&r);
		if (short_lived ? r.n_stored > listings / 4 : one_in(4))
			remove_listing(&r);
		if (chance(listings) < probes / 2)
			check_probe(&r);
	}
	for (uint32_t i = 0; i < probes / 2; i++) {
		if (i == probes / 4)
			fill_anew(&r);
		check_probe(&r);
	}
	check_homes(&r);
	while (r.n_stored > 0)
		remove_listing(&r);
	check_probe(&r);
	assert_int_equal(r.lookup->all.n, 0);
	assert_null(r.columns[0]->homes.by_value);
	assert_int_equal(dict_count(r.dict), 0); /* nobody holds a word any more */
	uint64_t compared = r.probes;
	run_done(&r);
	return compared;
}

static int
open_all(void **state)
{
	static struct mistakes mistakes;
	struct buf canonical = BUF_EMPTY;
	(void)state;
	if (tree_read(STR("{tree: tree, rule: separated, title: {ru: д, en: t}}"), &canonical,
		      &mistakes))
		return -1;
	tree = tree_decode(buf_str(&canonical));
	buf_free(&canonical);
	return tree && workers_new(3, 0, &workers) == 0 ? 0 : -1;
}

static int
close_all(void **state)
{
	(void)state;
	workers_free(workers);
	tree_free(tree);
	return 0;
}

/* How many exchanges, and how large: MATCHD_TEST_LOOKUPS multiplies the first. */
static uint64_t
times(uint64_t runs)
{
	const char *more = getenv("MATCHD_TEST_LOOKUPS");
	return more ? runs * strtoull(more, NULL, 10) : runs;
}

static void
many_small_exchanges(void **state)
{
	uint64_t compared = 0;
	(void)state;
	for (uint64_t seed = 1; seed <= times(1200); seed++)
		compared += play(seed, 20 + (uint32_t)(seed * 37 % 200), 90);
	print_message("%llu probes\n", (unsigned long long)compared);
	assert_true(compared >= times(100000));
}

static void
some_with_thousands_of_listings(void **state)
{
	uint64_t compared = 0;
	(void)state;
	for (uint64_t seed = 1; seed <= times(40); seed++)
		compared += play(1000000 + seed, 4000 + 3000 * (uint32_t)(seed % 3), 60);
	print_message("%llu probes\n", (unsigned long long)compared);
}

/* Distances are whole: the root that is not above, up to the last of 64 bits. */
static void
roots_are_exact(void **state)
{
	(void)state;
	assert_int_equal(isqrt(0), 0);
	assert_int_equal(isqrt(UINT64_MAX), UINT32_MAX);
	for (uint64_t root = 1; root <= UINT32_MAX; root += root / 1000 + 1) {
		assert_int_equal(isqrt(root * root - 1), root - 1);
		assert_int_equal(isqrt(root * root), root);
		assert_int_equal(isqrt(root * root + root), root);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(roots_are_exact),
	    cmocka_unit_test(many_small_exchanges),
	    cmocka_unit_test(some_with_thousands_of_listings),
	};
	return cmocka_run_group_tests(tests, open_all, close_all);
}
