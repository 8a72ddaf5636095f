/* Statements about keywords, codes and flags: sets with their exceptions and vetoes. */

#include "intake/keyword.h"
#include "intake/statement.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- sorted distinct texts ---- */

void
texts_init(struct texts *t, size_t max)
{
	*t = (struct texts){
	    .room = mem_alloc(max * MAX_KEYWORD),
	    .list = mem_alloc(max * sizeof *t->list),
	};
}

void
texts_add(struct texts *t, struct str text)
{
	char *copy = t->room + t->used;
	if (text.len > 0)
		memcpy(copy, text.p, text.len);
	t->used += text.len;
	t->list[t->n++] = (struct str){copy, text.len};
}

static int
by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void
texts_sort(struct texts *t)
{
	size_t kept = 0;
	if (t->n > 1)
		qsort(t->list, t->n, sizeof *t->list, by_bytes);
	for (size_t i = 0; i < t->n; i++)
		if (kept == 0 || !str_eq(t->list[kept - 1], t->list[i]))
			t->list[kept++] = t->list[i];
	t->n = kept;
}

bool
texts_have(const struct texts *t, struct str text)
{
	return t->n > 0 && bsearch(&text, t->list, t->n, sizeof *t->list, by_bytes);
}

void
texts_put(const struct texts *t, struct buf *out)
{
	mp_put_array(out, (uint32_t)t->n);
	for (size_t i = 0; i < t->n; i++)
		mp_put_str(out, t->list[i]);
}

void
texts_done(struct texts *t)
{
	free(t->room);
	free(t->list);
	*t = (struct texts){0};
}

/* ---- one element ---- */

static int
bad_code(enum code_rule rule, struct str written, const struct where *at, struct refusal *ret)
{
	static const char *const expected[] = {
	    [CODE_OKVED] = "a code like 28, 28.4, 28.41 or 28.41.1",
	    [CODE_IPC] = "a symbol like A, A01, A01B or A01B 3/12",
	    [CODE_SEPARATED] = "parts of letters, digits, - and _, separated by dots",
	};
	char shown[QUOTE];
	return refuse_at(ret, at, "unknown_code", expected[rule], "\"%s\" is not a code",
			 quote(written, shown));
}

static int
code_read(struct mp *in, enum code_rule rule, const struct tree *tree, const struct where *at,
	  struct texts *to, struct refusal *ret)
{
	char path[CODE_PATH], shown[QUOTE];
	uint32_t len;
	if (mp_peek(in) != MP_STR)
		return wrong_type(in, at, "a text: a code", ret);
	struct str written = mp_get_str(in);
	if (!code_path(rule, written, path, &len))
		return bad_code(rule, written, at, ret);
	if (tree && !tree_has(tree, (struct str){path, len}))
		return refuse_at(ret, at, "unknown_code", "a code of the tree",
				 "the tree %.*s does not list \"%s\"", STR_FMT(tree->name),
				 quote(written, shown));
	texts_add(to, (struct str){path, len});
	return 0;
}

/* "one of: a, b, c", cut after what fits. */
static void
list_names(const struct named_value *list, size_t n, char *text, size_t size)
{
	size_t len = (size_t)snprintf(text, size, "one of: ");
	for (size_t i = 0; i < n; i++) {
		struct str name = list[i].name;
		if (len + name.len + sizeof ", …" >= size) {
			snprintf(text + len, size - len, "…");
			return;
		}
		len += (size_t)snprintf(text + len, size - len, "%.*s%s", STR_FMT(name),
					i + 1 < n ? ", " : "");
	}
}

static int
keyword_read(const struct written *w, struct mp *in, const struct where *at, struct texts *to)
{
	char folded[MAX_KEYWORD], shown[QUOTE], expected[REFUSAL_TEXT];
	uint32_t len;
	if (mp_peek(in) != MP_STR)
		return wrong_type(in, at, "a text", w->ret);
	struct str written = mp_get_str(in);
	enum text_problem problem = keyword_fold(written, folded, &len);
	if (problem) {
		const char *code = problem == TEXT_TOO_LONG   ? "key_too_long"
				   : problem == TEXT_BAD_UTF8 ? "bad_utf8"
							      : "bad_value";
		return refuse_at(w->ret, at, code, "1 to 128 bytes without control characters",
				 "the keyword %s", text_problem_name(problem));
	}
	if (!field_allows(w->field, (struct str){folded, len})) {
		list_names(w->field->values, w->field->n_values, expected, sizeof expected);
		return refuse_at(w->ret, at, "bad_value", expected,
				 "\"%s\" is none of the field's values", quote(written, shown));
	}
	texts_add(to, (struct str){folded, len});
	return 0;
}

static int
element_read(const struct written *w, struct mp *in, const struct where *at, struct texts *to)
{
	const struct field *f = w->field;
	if (f->type == FIELD_KEYWORD)
		return keyword_read(w, in, at, to);
	if (f->type == FIELD_CODE)
		return code_read(in, f->tree->rule, f->tree, at, to, w->ret);
	if (mp_peek(in) != MP_BOOL)
		return wrong_type(in, at, "true or false", w->ret);
	texts_add(to, mp_get_bool(in) ? STR("true") : STR("false"));
	return 0;
}

/* ---- lists ---- */

/* Enters a list of at most `max` elements. */
static int
list_open(struct mp *in, size_t max, const struct where *at, struct refusal *ret, uint32_t *ret_n)
{
	char expected[48];
	if (mp_peek(in) != MP_ARRAY)
		return wrong_type(in, at, "a list", ret);
	*ret_n = mp_get_array(in);
	if (*ret_n <= max)
		return 0;
	snprintf(expected, sizeof expected, "at most %zu values", max);
	return refuse_at(ret, at, "too_many_values", expected, "%u values are too many", *ret_n);
}

int
codes_read(struct mp *in, enum code_rule rule, const struct tree *tree, size_t max,
	   const struct where *at, struct texts *ret_codes, struct refusal *ret)
{
	uint32_t n = 0;
	if (list_open(in, max, at, ret, &n))
		return 1;
	texts_init(ret_codes, n);
	for (uint32_t i = 0; i < n; i++) {
		struct where item = WHERE_ITEM(at, i);
		if (code_read(in, rule, tree, &item, ret_codes, ret)) {
			texts_done(ret_codes);
			return 1;
		}
	}
	texts_sort(ret_codes);
	return 0;
}

static int
list_read(const struct written *w, struct mp *in, const struct where *at, struct texts *to)
{
	uint32_t n = 0;
	if (list_open(in, MAX_VALUES, at, w->ret, &n))
		return 1;
	texts_init(to, n);
	for (uint32_t i = 0; i < n; i++) {
		struct where item = WHERE_ITEM(at, i);
		if (element_read(w, in, &item, to))
			return 1;
	}
	texts_sort(to);
	return 0;
}

/* ---- the whole statement ---- */

/* The lists as written; `list` of one that was not written is NULL. */
struct set {
	struct texts any_of, none_of, veto;
	bool prefer;
};

static int
prefer_read(struct mp *in, const struct where *at, struct refusal *ret, bool *ret_prefer)
{
	if (mp_peek(in) != MP_BOOL)
		return wrong_type(in, at, "true or false", ret);
	*ret_prefer = mp_get_bool(in);
	return 0;
}

static int
map_read(const struct written *w, struct mp *in, const struct where *at, struct set *s)
{
	uint32_t n = mp_get_map(in);
	char shown[QUOTE];
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(in);
		struct where place = WHERE_KEY(at, key);
		int refused;
		if (str_eq(key, STR("any_of")))
			refused = list_read(w, in, &place, &s->any_of);
		else if (str_eq(key, STR("none_of")))
			refused = list_read(w, in, &place, &s->none_of);
		else if (str_eq(key, STR("veto")))
			refused = list_read(w, in, &place, &s->veto);
		else if (str_eq(key, STR("prefer")))
			refused = prefer_read(in, &place, w->ret, &s->prefer);
		else
			refused = refuse_at(w->ret, &place, "unknown_field",
					    "any_of, none_of, veto or prefer",
					    "a statement has no \"%s\"", quote(key, shown));
		if (refused)
			return 1;
	}
	if (!s->any_of.list && !s->none_of.list && !s->veto.list)
		return refuse_at(w->ret, at, "bad_value", "any_of, none_of or veto",
				 "the statement says nothing");
	return 0;
}

/* Drops from any_of what none_of takes away: itself, or for codes all above it. */
static void
subtract(const struct field *f, struct texts *any_of, const struct texts *none_of)
{
	size_t kept = 0;
	for (size_t i = 0; i < any_of->n; i++) {
		struct str entry = any_of->list[i];
		bool taken = false;
		for (size_t j = 0; j < none_of->n && !taken; j++)
			taken = f->type == FIELD_CODE ? code_under(entry, none_of->list[j])
						      : str_eq(entry, none_of->list[j]);
		if (!taken)
			any_of->list[kept++] = entry;
	}
	any_of->n = kept;
}

static void
set_put(const struct field *f, const struct set *s, struct buf *out)
{
	bool everything = !s->any_of.list;
	mp_put_array(out, 5);
	mp_put_int(out, SHAPE_SET);
	mp_put_int(out, (s->prefer ? STATEMENT_PREFER : 0) |
			    (everything ? STATEMENT_EVERYTHING_BUT : 0));
	if (everything && f->type == FIELD_CODE) {
		mp_put_array(out, 1);
		mp_put_text(out, ""); /* the root */
	} else {
		texts_put(&s->any_of, out);
	}
	if (everything || f->type == FIELD_CODE)
		texts_put(&s->none_of, out);
	else
		mp_put_array(out, 0); /* subtracted already */
	texts_put(&s->veto, out);
}

static int
any_form_read(const struct written *w, struct mp *in, const struct where *at, struct set *s)
{
	switch (mp_peek(in)) {
	case MP_MAP:
		return map_read(w, in, at, s);
	case MP_ARRAY:
		return list_read(w, in, at, &s->any_of);
	default:
		texts_init(&s->any_of, 1);
		return element_read(w, in, at, &s->any_of);
	}
}

int
set_read(const struct written *w, struct mp *in, const struct where *at, struct buf *out)
{
	struct set s = {0};
	int refused = any_form_read(w, in, at, &s);
	if (!refused && s.any_of.list) {
		subtract(w->field, &s.any_of, &s.none_of);
		if (s.any_of.n == 0)
			refused = refuse_at(w->ret, at, "empty_set", "at least one value",
					    "nothing is left to accept");
	}
	if (!refused)
		set_put(w->field, &s, out);
	texts_done(&s.any_of);
	texts_done(&s.none_of);
	texts_done(&s.veto);
	return refused;
}
