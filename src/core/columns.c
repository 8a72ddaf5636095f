#include "core/columns.h"

#include "core/numbers.h"
#include "util/mem.h"
#include "util/mp.h"

#include <stdlib.h>

struct columns *
columns_new(const struct exchange *e, enum side side)
{
	struct columns *c = mem_zalloc(sizeof *c);
	c->exchange = e;
	c->side = side;
	c->n_rows = 1;
	c->n_pool = 1;
	c->column = mem_zalloc(e->n_fields * sizeof *c->column);
	return c;
}

void
columns_free(struct columns *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->exchange->n_fields; i++)
		free(c->column[i].bytes);
	free(c->column);
	free(c->listing);
	free(c->marks);
	free(c->pool);
	free(c);
}

size_t
columns_bytes(const struct columns *c)
{
	size_t row = sizeof *c->listing + sizeof *c->marks;
	for (size_t i = 0; i < c->exchange->n_fields; i++)
		row += column_width(c->exchange->fields[i].type);
	return c->n_rows * row + c->n_pool * sizeof *c->pool;
}

/* ---- room ---- */

/*
 * A table of a million rows should not keep room for another million: it grows by an eighth. (Large
 * blocks grow in place or are remapped, not copied.) Numbers of rows and words have 32 bits; beyond
 * is beyond memory.
 */
static uint32_t
roomier(uint32_t cap, uint32_t needed)
{
	uint64_t more = (uint64_t)cap + cap / 8 + 64;
	if (more < needed)
		more = needed;
	if (more > UINT32_MAX)
		mem_failed(SIZE_MAX);
	return (uint32_t)more;
}

/* The first of `n` adjacent new rows. */
static uint32_t
take_rows(struct columns *c, uint32_t n)
{
	uint32_t row = c->free_rows[n];
	if (row) {
		/* What a free run's first row prefers says where the next one is. */
		c->free_rows[n] = (uint32_t)c->marks[row].prefers;
		return row;
	}
	if (c->cap_rows - c->n_rows < n || c->cap_rows == 0) {
		uint32_t cap = roomier(c->cap_rows, c->n_rows + n);
		c->listing = mem_realloc(c->listing, cap * sizeof *c->listing);
		c->marks = mem_realloc(c->marks, cap * sizeof *c->marks);
		for (size_t i = 0; i < c->exchange->n_fields; i++)
			c->column[i].bytes = mem_realloc(
			    c->column[i].bytes, cap * column_width(c->exchange->fields[i].type));
		if (c->cap_rows == 0)
			c->listing[0] = 0;
		c->cap_rows = cap;
	}
	row = c->n_rows;
	c->n_rows += n;
	return row;
}

static void
give_rows(struct columns *c, uint32_t row, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		c->listing[row + i] = 0;
		c->marks[row + i] = (struct row_marks){0};
	}
	c->marks[row].prefers = c->free_rows[n];
	c->free_rows[n] = row;
}

static uint32_t
take_words(struct columns *c, uint32_t n)
{
	uint32_t at = c->free_words[n];
	if (at) {
		c->free_words[n] = c->pool[at];
		return at;
	}
	if (c->cap_pool - c->n_pool < n || c->cap_pool == 0) {
		c->cap_pool = roomier(c->cap_pool, c->n_pool + n);
		c->pool = mem_realloc(c->pool, c->cap_pool * sizeof *c->pool);
	}
	at = c->n_pool;
	c->n_pool += n;
	return at;
}

static void
give_words(struct columns *c, uint32_t at, uint32_t n)
{
	c->pool[at] = c->free_words[n];
	c->free_words[n] = at;
}

static uint32_t
set_words(uint32_t head)
{
	return 1 + (head & SET_LENGTH_MASK) + (head >> SET_LENGTH_BITS & SET_LENGTH_MASK) +
	       (head >> 2 * SET_LENGTH_BITS & SET_LENGTH_MASK);
}

/* ---- packing ---- */

/* Reads a list of texts as their numbers, ascending, into `to`; returns how many. */
static uint32_t
read_texts(struct mp *in, struct dict *d, uint32_t *to)
{
	uint32_t n = mp_get_array(in);
	for (uint32_t i = 0; i < n; i++)
		to[i] = dict_add(d, mp_get_str(in));
	numbers_sort(to, n);
	return n;
}

static uint32_t
pack_set(struct columns *c, struct mp *in, uint32_t flags, struct dict *d)
{
	uint32_t words[LONGEST_RUN], n[3], len = 1;
	for (int i = 0; i < 3; i++) {
		n[i] = read_texts(in, d, words + len);
		len += n[i];
	}
	words[0] = n[0] | n[1] << SET_LENGTH_BITS | n[2] << 2 * SET_LENGTH_BITS |
		   (flags & STATEMENT_EVERYTHING_BUT ? SET_EVERYTHING_BUT : 0);
	uint32_t at = take_words(c, len);
	memcpy(c->pool + at, words, len * sizeof *words);
	return at;
}

static struct interval
read_interval(struct mp *in)
{
	struct interval i;
	i.lo = mp_get_nil(in) ? INT64_MIN : mp_get_int(in);
	i.hi = mp_get_nil(in) ? INT64_MAX : mp_get_int(in);
	return i;
}

static struct lengths
read_lengths(struct mp *in)
{
	struct lengths l;
	uint32_t n = mp_get_array(in);
	for (uint32_t i = 0; i < MAX_DIMENSIONS; i++)
		l.at[i] = i < n ? mp_get_int(in) : -1;
	return l;
}

static struct place
read_place(struct mp *in)
{
	struct place p = {0};
	p.x = (int32_t)mp_get_int(in);
	p.y = (int32_t)mp_get_int(in);
	p.z = (int32_t)mp_get_int(in);
	p.r2 = mp_get_nil(in) ? PLACE_NO_RADIUS : mp_get_uint(in);
	return p;
}

static void
pack_statement(struct columns *c, uint32_t row, size_t field, struct str canonical, struct dict *d)
{
	struct mp in = mp_of(canonical);
	union column column = c->column[field];
	mp_get_array(&in);
	mp_get_int(&in); /* the shape follows from the type */
	uint32_t flags = (uint32_t)mp_get_int(&in);
	enum field_type type = c->exchange->fields[field].type;

	c->marks[row].stated |= UINT64_C(1) << field;
	if (flags & STATEMENT_PREFER)
		c->marks[row].prefers |= UINT64_C(1) << field;
	if (type == FIELD_GEO)
		column.places[row] = read_place(&in);
	else if (type == FIELD_DIMENSIONS)
		column.lengths[row] = read_lengths(&in);
	else if (field_is_set(&c->exchange->fields[field]))
		column.sets[row] = pack_set(c, &in, flags, d);
	else
		column.intervals[row] = read_interval(&in);
}

/* Takes over what the row before states. */
static void
copy_statement(struct columns *c, uint32_t row, size_t field)
{
	size_t width = column_width(c->exchange->fields[field].type);
	char *at = c->column[field].bytes + row * width;
	uint64_t bit = UINT64_C(1) << field;
	memcpy(at, at - width, width);
	c->marks[row].stated |= bit;
	c->marks[row].prefers |= c->marks[row - 1].prefers & bit;
}

uint32_t
columns_add(struct columns *c, uint32_t listing, struct str body, const struct participant *p,
	    struct dict *d, uint32_t *ret_n)
{
	struct str statements[MAX_STATEMENTS];
	size_t width = c->exchange->n_fields;
	struct buf room = BUF_EMPTY;
	uint32_t n = (uint32_t)body_statements(c->exchange, c->side, body, p, &room, statements);
	uint32_t row = take_rows(c, n);

	c->runs += n > 1;
	for (uint32_t box = 0; box < n; box++) {
		c->listing[row + box] = listing;
		c->marks[row + box] = (struct row_marks){0};
	}
	for (uint32_t box = 0; box < n; box++) {
		const struct str *own = statements + box * width, *last = own - width;
		for (size_t i = 0; i < width; i++) {
			/* what is shared is one piece, met again */
			if (own[i].p && box > 0 && own[i].p == last[i].p)
				copy_statement(c, row + box, i);
			else if (own[i].p)
				pack_statement(c, row + box, i, own[i], d);
		}
	}
	buf_free(&room);
	*ret_n = n;
	return row;
}

void
columns_remove(struct columns *c, uint32_t row, uint32_t n_rows)
{
	for (size_t i = 0; i < c->exchange->n_fields; i++) {
		uint32_t last = 0; /* boxes that share a set stand one behind the other */
		if (!field_is_set(&c->exchange->fields[i]))
			continue;
		for (uint32_t r = row; r < row + n_rows; r++) {
			bool stated = c->marks[r].stated >> i & 1;
			uint32_t at = stated ? c->column[i].sets[r] : 0;
			if (at && at != last)
				give_words(c, at, set_words(c->pool[at]));
			last = at;
		}
	}
	c->runs -= n_rows > 1;
	give_rows(c, row, n_rows);
}

/* ---- comparing ---- */

static bool
sets_equal(const struct columns *c, uint32_t a, uint32_t b)
{
	const uint32_t *x = c->pool + a, *y = c->pool + b;
	return *x == *y && memcmp(x, y, set_words(*x) * sizeof *x) == 0;
}

static bool
places_equal(const struct place *a, const struct place *b)
{
	return a->x == b->x && a->y == b->y && a->z == b->z && a->r2 == b->r2;
}

static bool
rows_equal(const struct columns *c, uint32_t a, uint32_t b)
{
	if (c->marks[a].stated != c->marks[b].stated || c->marks[a].prefers != c->marks[b].prefers)
		return false;
	for (size_t i = 0; i < c->exchange->n_fields; i++) {
		const struct field *f = &c->exchange->fields[i];
		union column column = c->column[i];
		size_t width = column_width(f->type);
		bool equal;
		if (!(c->marks[a].stated >> i & 1))
			continue;
		if (field_is_set(f))
			equal = sets_equal(c, column.sets[a], column.sets[b]);
		else if (f->type == FIELD_GEO)
			equal = places_equal(&column.places[a], &column.places[b]);
		else
			equal =
			    memcmp(column.bytes + a * width, column.bytes + b * width, width) == 0;
		if (!equal)
			return false;
	}
	return true;
}

bool
columns_equal(const struct columns *c, uint32_t a, uint32_t b, uint32_t n_rows)
{
	for (uint32_t i = 0; i < n_rows; i++)
		if (!rows_equal(c, a + i, b + i))
			return false;
	return true;
}
