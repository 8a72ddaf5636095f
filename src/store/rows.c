/*
 * The market's rows: a checksum, which the market made and will check, and its bytes. Asides are
 * kept in the same way; their checksums are made and checked here.
 */

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "store/internal.h"

#include "util/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum { CHECKSUM = 8 };

static int
by_place(const void *a, const void *b)
{
	const struct put_row *x = a, *y = b;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* The market hands its rows over in this order and each once, and so does each owner of asides. */
static bool
is_sorted(const struct turn *t)
{
	const struct put_row *row = t->rows;
	size_t i = 1;
	while (i < t->n_rows && (row[i - 1].table < row[i].table ||
				 (row[i - 1].table == row[i].table && row[i - 1].key < row[i].key)))
		i++;
	return i >= t->n_rows;
}

void
rows_sort(struct turn *t)
{
	size_t kept = 0;
	if (is_sorted(t))
		return;
	qsort(t->rows, t->n_rows, sizeof *t->rows, by_place);
	for (size_t i = 0; i < t->n_rows; i++) {
		const struct put_row *next = i + 1 < t->n_rows ? &t->rows[i + 1] : NULL;
		if (next && next->table == t->rows[i].table && next->key == t->rows[i].key)
			continue;
		t->rows[kept++] = t->rows[i];
	}
	t->n_rows = kept;
}

/* The table's greatest key; `*ret_empty` where it has none. */
static int
last_key(MDB_cursor *cursor, uint64_t *ret_key, bool *ret_empty)
{
	MDB_val key, value;
	int rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
	*ret_empty = rc == MDB_NOTFOUND;
	*ret_key = 0;
	if (rc == 0 && key.mv_size != sizeof *ret_key)
		rc = MDB_CORRUPTED;
	if (rc == 0)
		memcpy(ret_key, key.mv_data, sizeof *ret_key);
	return *ret_empty ? 0 : rc;
}

/* Takes what the table has at the key out of the sum. */
static int
subtract(MDB_cursor *cursor, MDB_val key, uint64_t *sum)
{
	MDB_val value;
	int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc == 0 && value.mv_size < CHECKSUM)
		return MDB_CORRUPTED;
	if (rc == 0)
		*sum -= get_u64(value.mv_data);
	return rc;
}

/* Deletes the row; it need not be there: it may have been put and removed in one turn. */
static int
delete_row(MDB_cursor *cursor, MDB_val key)
{
	MDB_val value;
	int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET);
	if (rc == 0)
		rc = mdb_cursor_del(cursor, 0);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/*
 * Writes `n` rows of one table, in the order of their keys, so that the cursor is near the next one
 * already. `sum`: of the checksums, to be brought up to date; NULL where the caller of the store
 * keeps it.
 */
static int
write_rows(MDB_cursor *cursor, const uint8_t *bytes, const struct put_row *rows, size_t n,
	   uint64_t *sum)
{
	uint64_t last;
	bool empty;
	int rc = last_key(cursor, &last, &empty);
	for (size_t i = 0; i < n && rc == 0; i++) {
		uint64_t number = rows[i].key;
		bool append = empty || number > last;
		MDB_val key = key_of(&number), value = {rows[i].len, (void *)(bytes + rows[i].at)};
		if (sum && !append)
			rc = subtract(cursor, key, sum);
		if (rc)
			break;
		if (sum && rows[i].len > 0)
			*sum += get_u64(value.mv_data);
		if (rows[i].len > 0) {
			/* Appending fills a page; elsewhere a full page splits into halves. */
			rc = mdb_cursor_put(cursor, &key, &value, append ? MDB_APPEND : 0);
			last = append ? number : last;
			empty = false;
		} else if (!append) {
			rc = delete_row(cursor, key);
		}
	}
	return rc;
}

static int
write_table(MDB_txn *txn, MDB_dbi table, const uint8_t *bytes, const struct put_row *rows, size_t n,
	    uint64_t *sum)
{
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, table, &cursor);
	if (rc)
		return rc;
	rc = write_rows(cursor, bytes, rows, n, sum);
	mdb_cursor_close(cursor);
	return rc;
}

int
rows_write(struct store *s, MDB_txn *txn, const struct turn *t, struct state *next)
{
	for (size_t i = 0, end; i < t->n_rows; i = end) {
		unsigned table = t->rows[i].table;
		for (end = i; end < t->n_rows && t->rows[end].table == table;)
			end++;
		int rc = write_table(txn, s->rows[table], t->bytes.data, t->rows + i, end - i,
				     table < STORE_TABLES ? NULL : &next->asides_sum);
		if (rc)
			return rc;
	}
	return 0;
}

static void
put_row(struct store *s, unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	struct turn *t = &s->turn;
	assert(t->open);
	t->rows = mem_grow(t->rows, t->n_rows, &t->cap_rows, sizeof *t->rows);
	struct put_row *row = &t->rows[t->n_rows];
	*row = (struct put_row){.key = key, .order = t->n_rows, .at = t->bytes.len, .table = table};
	t->n_rows++;
	if (bytes.p) {
		put_u64(&t->bytes, checksum);
		buf_put(&t->bytes, bytes.p, bytes.len);
	}
	row->len = t->bytes.len - row->at;
}

void
store_row(struct store *s, unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	assert(table < STORE_TABLES);
	put_row(s, table, key, bytes, checksum);
}

/* ---- asides ---- */

/* Seeded with its place, so that an aside in another's place is noticed. */
static uint64_t
aside_checksum(unsigned table, uint64_t key, struct str bytes)
{
	return XXH3_64bits_withSeed(bytes.p, bytes.len, key * STORE_ASIDES + table);
}

void
store_aside(struct store *s, unsigned table, uint64_t key, struct str bytes)
{
	assert(table < STORE_ASIDES);
	put_row(s, STORE_TABLES + table, key, bytes,
		bytes.p ? aside_checksum(table, key, bytes) : 0);
}

/* Whom the asides of a table go to. */
struct aside_reader {
	store_aside_fn aside;
	void *arg;
};

static bool
read_aside(void *arg, unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	const struct aside_reader *r = arg;
	if (aside_checksum(table - STORE_TABLES, key, bytes) != checksum)
		return false;
	return r->aside(r->arg, key, bytes);
}

/* ---- reading ---- */

/* Hands out one table, adding up its checksums. */
static int
load_table(struct store *s, MDB_txn *txn, unsigned table, store_row_fn row, void *arg,
	   uint64_t *sum)
{
	struct walk w = {0};
	int rc = mdb_cursor_open(txn, s->rows[table], &w.cursor);
	if (rc)
		return env_fail(s, rc, "reading the rows");
	bool sound = true;
	while (sound && (rc = env_next(&w)) == 0) {
		const char *p = w.value.mv_data;
		sound = w.value.mv_size >= CHECKSUM;
		if (!sound)
			break;
		uint64_t checksum = get_u64(p);
		struct str bytes = {p + CHECKSUM, (uint32_t)(w.value.mv_size - CHECKSUM)};
		*sum += checksum;
		sound = row(arg, table, w.key, bytes, checksum);
	}
	mdb_cursor_close(w.cursor);
	bool aside = table >= STORE_TABLES;
	if (!sound)
		return store_fail(s, STORE_E_CORRUPT, "%s %" PRIu64 " of table %u is damaged",
				  aside ? "aside" : "row", w.key,
				  aside ? table - STORE_TABLES : table);
	return rc == MDB_NOTFOUND ? 0 : env_fail(s, rc, "reading the rows");
}

int
store_load(struct store *s, store_row_fn row, void *arg)
{
	MDB_txn *txn;
	int rc = store_finish(s);
	rc = rc ? rc : env_read(s, &txn, "reading the rows");
	if (rc)
		return rc;
	uint64_t sum = 0;
	s->reading = true;
	for (unsigned table = 0; table < STORE_TABLES && rc == 0; table++)
		rc = load_table(s, txn, table, row, arg, &sum);
	s->reading = false;
	mdb_txn_abort(txn);
	if (rc == 0 && sum != s->state.digest)
		rc = store_fail(s, STORE_E_CORRUPT,
				"rows are missing: they sum up to %016" PRIx64
				", the digest is %016" PRIx64,
				sum, s->state.digest);
	return rc;
}

int
store_read_row(struct store *s, unsigned table, uint64_t key, struct str *ret,
	       uint64_t *ret_checksum)
{
	assert(table < STORE_TABLES);
	MDB_val at = key_of(&key), value;
	int rc = store_finish(s);
	rc = rc ? rc : env_view(s);
	if (rc)
		return rc;
	rc = mdb_get(s->view, s->rows[table], &at, &value);
	if (rc && rc != MDB_NOTFOUND)
		return env_fail(s, rc, "reading a row");
	if (rc || value.mv_size < CHECKSUM)
		return store_fail(s, STORE_E_CORRUPT, "row %" PRIu64 " of table %u is %s", key,
				  table, rc ? "missing" : "damaged");
	const char *p = value.mv_data;
	*ret_checksum = get_u64(p);
	*ret = (struct str){p + CHECKSUM, (uint32_t)(value.mv_size - CHECKSUM)};
	return 0;
}

static bool
count_aside(void *arg, uint64_t key, struct str bytes)
{
	(void)key, (void)bytes;
	++*(uint64_t *)arg;
	return true;
}

int
rows_check_asides(struct store *s, MDB_txn *txn, uint64_t *ret_count)
{
	struct aside_reader counted = {count_aside, ret_count};
	uint64_t sum = 0;
	int rc = 0;
	*ret_count = 0;
	for (unsigned table = 0; table < STORE_ASIDES && rc == 0; table++)
		rc = load_table(s, txn, STORE_TABLES + table, read_aside, &counted, &sum);
	if (rc == 0 && sum != s->state.asides_sum)
		rc = store_fail(s, STORE_E_CORRUPT, "asides are missing: they do not add up");
	return rc;
}

int
store_load_asides(struct store *s, unsigned table, store_aside_fn aside, void *arg)
{
	struct aside_reader reader = {aside, arg};
	MDB_txn *txn;
	uint64_t sum = 0;
	int rc = store_finish(s);
	rc = rc ? rc : env_read(s, &txn, "reading asides");
	if (rc)
		return rc;
	s->reading = true;
	rc = load_table(s, txn, STORE_TABLES + table, read_aside, &reader, &sum);
	s->reading = false;
	mdb_txn_abort(txn);
	return rc;
}
