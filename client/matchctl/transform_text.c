/* template, id: texts with columns in them. */

#include "client/matchctl/transform_kinds.h"

#include "core/limits.h"
#include "intake/where.h"
#include "util/mp.h"

#include <ctype.h>
#include <stdio.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* The column's values with ", " between them; *ret_any tells that there was one. */
static bool
put_text(struct maker *m, const struct transform *t, column_ref column, struct buf *text,
	 bool *ret_any)
{
	if (!transform_cells(m, t, column))
		return false;
	for (size_t i = 0; i < m->cells.n; i++) {
		struct str value = m->cells.list[i].text;
		if (i > 0)
			buf_put(text, ", ", 2);
		buf_put(text, value.p, value.len);
		*ret_any = true;
	}
	return true;
}

enum made
transform_make_template(struct maker *m, const struct transform *t, struct buf *out)
{
	struct buf text = BUF_EMPTY;
	bool any = false, good = true;
	for (size_t i = 0; i < t->n_holes && good; i++) {
		const struct hole *h = &t->holes[i];
		buf_put(&text, h->before.p, h->before.len);
		if (!h->none)
			good = put_text(m, t, h->column, &text, &any);
	}
	if (good && any)
		transform_put_cut(m, out, buf_str(&text), t->cut);
	buf_free(&text);
	return !good ? MADE_WRONG : any ? MADE : MADE_NOTHING;
}

/* Letters, digits and . _ - stay; what stands between them becomes one hyphen. */
static bool
put_safe(struct buf *id, struct str text)
{
	bool gap = false, any = false;
	for (uint32_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c >= 0x80)
			return false;
		if (!isalnum(c) && !strchr("._-", c)) {
			gap = true;
			continue;
		}
		if (gap && any)
			buf_put(id, "-", 1);
		buf_put(id, &text.p[i], 1);
		gap = false;
		any = true;
	}
	return any;
}

static enum made
put_hole(struct maker *m, const struct transform *t, const struct hole *h, struct buf *id)
{
	char hash[24], quoted[QUOTE];
	struct str text;
	enum made made = transform_single(m, t, h->column, &text);
	struct str name = m->map->columns[h->column];
	if (made == MADE_NOTHING)
		made = transform_wrong(m, t, "empty_id",
				       "the column is empty, and an id is made of it",
				       "столбец пуст, а из него составляется id");
	else if (made == MADE && h->hash) {
		snprintf(hash, sizeof hash, "%016llx",
			 (unsigned long long)XXH3_64bits(text.p, text.len));
		buf_put(id, hash, 16);
	} else if (made == MADE && !put_safe(id, text)) {
		made = transform_wrong(
		    m, t, "unsafe_id",
		    "\"%.*s\" cannot stand in an id: take a code, or the hash {%.*s#}",
		    "«%.*s» не может стоять в id: возьмите код или хеш {%.*s#}", (int)sizeof quoted,
		    quote(text, quoted), STR_FMT(name));
	}
	if (made == MADE_WRONG)
		m->trouble.column = name;
	return made;
}

enum made
transform_make_id(struct maker *m, const struct transform *t, struct buf *out)
{
	struct buf id = BUF_EMPTY;
	enum made made = MADE;
	for (size_t i = 0; i < t->n_holes && made == MADE; i++) {
		buf_put(&id, t->holes[i].before.p, t->holes[i].before.len);
		if (!t->holes[i].none)
			made = put_hole(m, t, &t->holes[i], &id);
	}
	if (made == MADE && id.len > MAX_ID)
		made = transform_wrong(m, t, "long_id", "the id has %zu characters; at most %d",
				       "знаков в id — %zu; допустимо не больше %d", id.len, MAX_ID);
	if (made == MADE)
		mp_put_str(out, buf_str(&id));
	buf_free(&id);
	return made;
}
