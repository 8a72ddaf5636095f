#include "core/columns.h"

#include "core/numbers.h"
#include "util/mem.h"
#include "util/mp.h"

#include <stdlib.h>

/* The first set field that all rows must state, and whoever asks as well where there is such a one;
 * or as many as there are. Flags have too few values. */
static size_t
home_field(const struct exchange *e, enum side side)
{
	size_t found = e->n_fields;
	for (size_t i = e->n_fields; i-- > 0;) {
		const struct field *f = &e->fields[i];
		if (!field_is_set(f) || f->type == FIELD_FLAG ||
		    f->side[side].absent != ABSENT_REQUIRED)
			continue;
		bool both = f->side[side_other(side)].absent == ABSENT_REQUIRED;
		if (both || found == e->n_fields ||
		    e->fields[found].side[side_other(side)].absent != ABSENT_REQUIRED)
			found = i;
	}
	return found;
}

struct columns *
columns_new(const struct exchange *e, enum side side, struct dict *d)
{
	struct columns *c = mem_zalloc(sizeof *c);
	c->exchange = e;
	c->side = side;
	c->dict = d;
	homes_init(&c->homes);
	c->home_field = home_field(e, side);
	pool_init(&c->sets, d);
	c->mark_bytes = ((uint32_t)e->n_fields + 7) / 8;
	c->column = mem_alloc(e->n_fields * sizeof *c->column);
	for (size_t i = 0; i < e->n_fields; i++)
		c->column[i] = column_of(&e->fields[i], side);
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
	homes_done(&c->homes);
	free(c->listing);
	free(c->marks);
	pool_done(&c->sets);
	free(c);
}

size_t
columns_bytes(const struct columns *c)
{
	size_t row = sizeof *c->listing + 2 * c->mark_bytes;
	for (size_t i = 0; i < c->exchange->n_fields; i++)
		row += c->column[i].width;
	return c->homes.n_rows * row + pool_bytes(&c->sets) + homes_bytes(&c->homes);
}

/* ---- room ---- */

static void
make_room(struct columns *c)
{
	uint32_t cap = mem_roomier(c->cap_rows, c->homes.n_rows);
	c->listing = mem_realloc(c->listing, cap * sizeof *c->listing);
	c->marks = mem_realloc(c->marks, (size_t)cap * 2 * c->mark_bytes);
	for (size_t i = 0; i < c->exchange->n_fields; i++)
		column_grow(&c->column[i], cap);
	c->cap_rows = cap;
}

/* The first of `n` adjacent new rows; rows that are kept for later state nothing. */
static uint32_t
take_rows(struct columns *c, uint32_t value, uint32_t n)
{
	uint32_t had = c->cap_rows > 0 ? c->homes.n_rows : 0;
	uint32_t row = homes_take(&c->homes, value, n, c->listing), more = c->homes.n_rows - had;
	if (c->homes.n_rows > c->cap_rows)
		make_room(c);
	memset(c->listing + had, 0, more * sizeof *c->listing);
	memset(row_marks(c, had), 0, (size_t)more * 2 * c->mark_bytes);
	return row;
}

static void
give_rows(struct columns *c, uint32_t value, uint32_t row, uint32_t n)
{
	memset(row_marks(c, row), 0, (size_t)n * 2 * c->mark_bytes);
	memset(&c->listing[row], 0, n * sizeof *c->listing);
	homes_give(&c->homes, value, row, n, c->listing);
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
pack_set(struct columns *c, struct mp *in, uint32_t flags)
{
	uint32_t words[LONGEST_SET], n[3], len = 1;
	for (int i = 0; i < 3; i++) {
		n[i] = read_texts(in, c->dict, words + len);
		len += n[i];
	}
	words[0] = n[0] | n[1] << SET_LENGTH_BITS | n[2] << 2 * SET_LENGTH_BITS |
		   (flags & STATEMENT_EVERYTHING_BUT ? SET_EVERYTHING_BUT : 0);
	return pool_add(&c->sets, words);
}

static struct interval
read_interval(struct mp *in)
{
	struct interval i;
	i.lo = mp_get_nil(in) ? INT64_MIN : mp_get_int(in);
	i.hi = mp_get_nil(in) ? INT64_MAX : mp_get_int(in);
	return i;
}

static void
read_lengths(struct mp *in, struct statement *ret)
{
	uint32_t n = mp_get_array(in);
	for (uint32_t i = 0; i < n && i < MAX_DIMENSIONS; i++)
		ret->lengths[ret->n_any++] = mp_get_int(in);
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

static bool
has_mark(const struct columns *c, uint32_t row, size_t field)
{
	return row_marks(c, row)[field / 8] >> field % 8 & 1;
}

static void
mark(struct columns *c, uint32_t row, size_t field, bool prefers)
{
	uint8_t *marks = row_marks(c, row) + field / 8, bit = (uint8_t)(1 << field % 8);
	*marks |= bit;
	if (prefers)
		marks[c->mark_bytes] |= bit;
}

/* Packs a column anew in the next form. */
static void
widen(struct columns *c, size_t field)
{
	struct column *column = &c->column[field], wider = column_wider(column, c->cap_rows);
	for (uint32_t row = 1; row < c->homes.n_rows; row++) {
		struct statement s = {0};
		if (!has_mark(c, row, field))
			continue;
		column_read(column, row, &s);
		column_write(&wider, row, &s);
	}
	free(column->bytes);
	*column = wider;
}

static void
pack_scalar(struct columns *c, uint32_t row, size_t field, struct mp *in)
{
	enum field_type type = c->exchange->fields[field].type;
	struct statement s = {0};
	if (type == FIELD_GEO)
		s.place = read_place(in);
	else if (type == FIELD_DIMENSIONS)
		read_lengths(in, &s);
	else
		s.interval = read_interval(in);
	while (!column_write(&c->column[field], row, &s))
		widen(c, field);
}

static void
pack_statement(struct columns *c, uint32_t row, size_t field, struct str canonical)
{
	struct mp in = mp_of(canonical);
	mp_get_array(&in);
	mp_get_int(&in); /* the shape follows from the type */
	uint32_t flags = (uint32_t)mp_get_int(&in);
	if (field_is_set(&c->exchange->fields[field]))
		*column_set(&c->column[field], row) = pack_set(c, &in, flags);
	else
		pack_scalar(c, row, field, &in);
	mark(c, row, field, flags & STATEMENT_PREFER);
}

/* Takes over what the row before states. */
static void
copy_statement(struct columns *c, uint32_t row, size_t field)
{
	size_t width = c->column[field].width;
	char *at = c->column[field].bytes + row * width;
	memcpy(at, at - width, width);
	mark(c, row, field, row_marks(c, row - 1)[c->mark_bytes + field / 8] >> field % 8 & 1);
}

static uint32_t
set_of(const struct columns *c, uint32_t row, size_t field)
{
	return has_mark(c, row, field) ? *column_set(&c->column[field], row) : 0;
}

/* A set that boxes state one behind the other counts once in the pool. */
static void
count_once(struct columns *c, uint32_t row, size_t field)
{
	if (field_is_set(&c->exchange->fields[field]) &&
	    set_of(c, row, field) == set_of(c, row - 1, field))
		pool_remove(&c->sets, set_of(c, row, field));
}

/* The one word of a set that states nothing else; false where there is none. */
static bool
only_word(struct str canonical, struct str *ret)
{
	struct mp in = mp_of(canonical);
	mp_get_array(&in);
	mp_get_int(&in); /* shape */
	int64_t flags = mp_get_int(&in);
	if (flags & STATEMENT_EVERYTHING_BUT || mp_get_array(&in) != 1)
		return false;
	*ret = mp_get_str(&in);
	return mp_get_array(&in) == 0 && mp_get_array(&in) == 0;
}

/* The value by which a row of these statements has its home, held in the dictionary; or NO_HOME. */
static uint32_t
hold_home(struct columns *c, const struct str *statements)
{
	struct str word;
	if (c->home_field == c->exchange->n_fields || !statements[c->home_field].p ||
	    !only_word(statements[c->home_field], &word))
		return NO_HOME;
	return dict_add(c->dict, word);
}

static uint32_t
home_of(const struct columns *c, uint32_t row)
{
	if (c->home_field == c->exchange->n_fields)
		return NO_HOME;
	struct statement s = box_statement((struct box){c, row}, c->home_field);
	bool one = s.stated && s.n_any == 1 && s.n_none + s.n_veto == 0 && !s.everything_but;
	return one ? statement_any(&s)[0] : NO_HOME;
}

uint32_t
columns_add(struct columns *c, uint32_t listing, struct str body, const struct participant *p,
	    uint32_t *ret_n)
{
	struct str statements[MAX_STATEMENTS];
	size_t width = c->exchange->n_fields;
	struct buf room = BUF_EMPTY;
	uint32_t n = (uint32_t)body_statements(c->exchange, c->side, body, p, &room, statements);
	uint32_t home = hold_home(c, statements), row = take_rows(c, home, n);

	c->runs += n > 1;
	for (uint32_t box = 0; box < n; box++)
		c->listing[row + box] = listing;
	for (uint32_t box = 0; box < n; box++) {
		const struct str *own = statements + box * width, *last = own - width;
		for (size_t i = 0; i < width; i++) {
			if (!own[i].p)
				continue;
			/* what is shared is one piece, met again */
			if (box > 0 && own[i].p == last[i].p) {
				copy_statement(c, row + box, i);
				continue;
			}
			pack_statement(c, row + box, i, own[i]);
			if (box > 0)
				count_once(c, row + box, i);
		}
	}
	if (home != NO_HOME)
		dict_drop(c->dict, home); /* the row holds it */
	buf_free(&room);
	*ret_n = n;
	return row;
}

/* What the rows of a listing state of sets is stated once less. */
static void
remove_sets(struct columns *c, uint32_t row, uint32_t n_rows)
{
	for (size_t i = 0; i < c->exchange->n_fields; i++) {
		uint32_t last = 0;
		if (!field_is_set(&c->exchange->fields[i]))
			continue;
		for (uint32_t r = row; r < row + n_rows; r++) {
			uint32_t at = set_of(c, r, i);
			if (at && at != last)
				pool_remove(&c->sets, at);
			last = at;
		}
	}
}

void
columns_remove(struct columns *c, uint32_t row, uint32_t n_rows)
{
	uint32_t home = home_of(c, row);
	remove_sets(c, row, n_rows);
	c->runs -= n_rows > 1;
	give_rows(c, home, row, n_rows);
}

void
columns_clear(struct columns *c)
{
	uint32_t n;
	if (!c || c->cap_rows == 0)
		return;
	for (uint32_t row = 1; row < c->homes.n_rows; row += n) {
		for (n = 1; row + n < c->homes.n_rows && c->listing[row + n] == c->listing[row];)
			n++;
		remove_sets(c, row, n); /* rows that are free state nothing */
	}
	homes_done(&c->homes);
	homes_init(&c->homes);
	memset(c->listing, 0, c->homes.n_rows * sizeof *c->listing);
	memset(c->marks, 0, (size_t)c->homes.n_rows * 2 * c->mark_bytes);
	c->runs = 0;
}

/* ---- comparing ---- */

static bool
places_equal(const struct place *a, const struct place *b)
{
	return a->x == b->x && a->y == b->y && a->z == b->z && a->r2 == b->r2;
}

static bool
rows_equal(const struct columns *c, uint32_t a, uint32_t b)
{
	if (memcmp(row_marks(c, a), row_marks(c, b), 2 * c->mark_bytes) != 0)
		return false;
	for (size_t i = 0; i < c->exchange->n_fields; i++) {
		const struct column *column = &c->column[i];
		const void *x = column_at(column, a), *y = column_at(column, b);
		bool equal;
		if (!has_mark(c, a, i))
			continue;
		if (column->form == COLUMN_SET)
			equal =
			    pool_equal(&c->sets, *column_set(column, a), *column_set(column, b));
		else if (column->form == COLUMN_PLACE)
			equal = places_equal(x, y);
		else
			equal = memcmp(x, y, column->width) == 0;
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
