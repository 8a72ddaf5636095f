#include "core/code.h"

#include "core/limits.h"
#include "util/mem.h"
#include "util/mp.h"

#include <stdlib.h>

/* The form that tree_encode writes; a later one gets another number. */
enum { TREE_FORM = 1 };

const char *const code_rule_names[] = {"okved", "ipc", "separated", NULL};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static uint32_t
digits_at(struct str s, uint32_t at)
{
	uint32_t n = 0;
	while (at + n < s.len && is_digit(s.p[at + n]))
		n++;
	return n;
}

/* ---- okved: 28, 28.4, 28.41, 28.41.1, 28.41.10, 28.41.10.110 ---- */

enum { OKVED_CLASS = 2, OKVED_DIGITS = 9 };

/* Trailing zeros stand for "no further division": 41.20 is 41.2. The class keeps both digits. */
static uint32_t
okved_trim(const char *path, uint32_t len)
{
	while (len > OKVED_CLASS && path[len - 1] == '0')
		len--;
	return len;
}

static bool
okved_path(struct str written, char *path, uint32_t *ret_len)
{
	/* digits of each group between dots; a further group needs this one to be full */
	static const uint32_t group_full[] = {2, 2, 2, 3};
	uint32_t at = 0, len = 0;

	for (size_t group = 0; group < sizeof group_full / sizeof *group_full; group++) {
		uint32_t n = digits_at(written, at);
		if (n == 0 || n > group_full[group] || (group == 0 && n != OKVED_CLASS))
			return false;
		memcpy(path + len, written.p + at, n);
		len += n;
		at += n;
		if (at == written.len) {
			*ret_len = okved_trim(path, len);
			return true;
		}
		if (n != group_full[group] || written.p[at] != '.')
			return false;
		at++;
	}
	return false;
}

static void
okved_text(struct str path, char *text)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < path.len && i < OKVED_DIGITS; i++) {
		if (i == 2 || i == 4 || i == 6)
			text[n++] = '.';
		text[n++] = path.p[i];
	}
	text[n] = '\0';
}

/* ---- ipc: A, A01, A01B, A01B 3/00, A01B 3/12, and the fixed-width A01B0003120000 ---- */

enum {
	IPC_SUBCLASS = 4,
	IPC_GROUP = 4,
	IPC_SUBGROUP_MIN = 2,
	IPC_SUBGROUP = 6,
	IPC_PATH = IPC_SUBCLASS + IPC_GROUP + IPC_SUBGROUP + 2, /* with "/" and ";" */
};

/* Appends main group and subgroup to a path that holds the subclass. */
static bool
ipc_group(struct str group, struct str subgroup, char *path, uint32_t *len)
{
	while (group.len > 0 && *group.p == '0')
		group = (struct str){group.p + 1, group.len - 1};
	if (group.len == 0)
		return false;
	memcpy(path + *len, group.p, group.len);
	*len += group.len;
	path[(*len)++] = '/';

	while (subgroup.len > IPC_SUBGROUP_MIN && subgroup.p[subgroup.len - 1] == '0')
		subgroup.len--;
	if (subgroup.len == 0 || str_eq(subgroup, STR("00")))
		return true;
	memcpy(path + *len, subgroup.p, subgroup.len);
	*len += subgroup.len;
	path[(*len)++] = ';'; /* so that 3/12 is not above 3/125 */
	return true;
}

static char
to_capital(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
}

static bool
ipc_path(struct str s, char *path, uint32_t *ret_len)
{
	uint32_t len = s.len < IPC_SUBCLASS ? s.len : IPC_SUBCLASS;
	for (uint32_t i = 0; i < len; i++)
		path[i] = to_capital(s.p[i]);
	if (len == 2 || path[0] < 'A' || path[0] > 'H' ||
	    (len >= 3 && !(is_digit(path[1]) && is_digit(path[2]))) ||
	    (len == 4 && !is_capital(path[3])))
		return false;
	*ret_len = len;
	if (s.len == len)
		return true;

	uint32_t at = len;
	while (at < s.len && s.p[at] == ' ')
		at++;
	uint32_t n = digits_at(s, at);
	struct str group = {s.p + at, n}, subgroup = STR_NONE;
	at += n;
	if (n == IPC_GROUP + IPC_SUBGROUP && at == s.len) {
		group.len = IPC_GROUP;
		subgroup = (struct str){group.p + IPC_GROUP, IPC_SUBGROUP};
	} else if (n > IPC_GROUP) {
		return false;
	} else if (at < s.len) {
		n = digits_at(s, at + 1);
		if (s.p[at] != '/' || n < IPC_SUBGROUP_MIN || n > IPC_SUBGROUP ||
		    at + 1 + n != s.len)
			return false;
		subgroup = (struct str){s.p + at + 1, n};
	}
	return ipc_group(group, subgroup, path, ret_len);
}

static void
ipc_text(struct str path, char *text)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < path.len && i < IPC_PATH; i++) {
		if (i == IPC_SUBCLASS)
			text[n++] = ' ';
		if (path.p[i] != ';')
			text[n++] = path.p[i];
	}
	if (n > 0 && text[n - 1] == '/') {
		text[n++] = '0';
		text[n++] = '0';
	}
	text[n] = '\0';
}

static uint32_t
ipc_parent(struct str path)
{
	if (path.p[path.len - 1] == ';') {
		while (path.len > 0 && path.p[path.len - 1] != '/')
			path.len--;
		return path.len;
	}
	if (path.len > IPC_SUBCLASS)
		return IPC_SUBCLASS;
	return path.len == 4 ? 3 : path.len == 3 ? 1 : 0;
}

/* ---- separated: 49.43.31, compared part by part, so each part's dot is in the path ---- */

static bool
separated_path(struct str s, char *path, uint32_t *ret_len)
{
	bool begins = true; /* a part begins here */
	if (s.len + 2 > CODE_PATH)
		return false;
	for (uint32_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		bool dot = c == '.';
		if (dot ? begins
			: !(is_digit(c) || is_capital(c) || (c >= 'a' && c <= 'z') || c == '-' ||
			    c == '_'))
			return false;
		begins = dot;
	}
	if (begins)
		return false;
	memcpy(path, s.p, s.len);
	path[s.len] = '.';
	*ret_len = s.len + 1;
	return true;
}

static uint32_t
separated_parent(struct str path)
{
	uint32_t len = path.len - 1;
	while (len > 0 && path.p[len - 1] != '.')
		len--;
	return len;
}

/* ---- any rule ---- */

bool
name_is_valid(struct str name, char joiner)
{
	if (name.len == 0 || name.len > MAX_NAME || name.p[0] < 'a' || name.p[0] > 'z')
		return false;
	for (uint32_t i = 1; i < name.len; i++) {
		char c = name.p[i];
		if (!(c >= 'a' && c <= 'z') && !is_digit(c) && c != joiner)
			return false;
	}
	return true;
}

bool
id_is_valid(struct str id)
{
	if (!id.p || id.len == 0 || id.len > MAX_ID)
		return false;
	for (uint32_t i = 0; i < id.len; i++) {
		char c = id.p[i];
		bool letter = is_capital(c) || (c >= 'a' && c <= 'z');
		if (!letter && !is_digit(c) && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

bool
code_path(enum code_rule rule, struct str written, char path[CODE_PATH], uint32_t *ret_len)
{
	bool ok = false;
	uint32_t len = 0;
	while (written.len > 0 && *written.p == ' ')
		written = (struct str){written.p + 1, written.len - 1};
	while (written.len > 0 && written.p[written.len - 1] == ' ')
		written.len--;
	if (written.len == 0)
		return false;
	switch (rule) {
	case CODE_OKVED:
		ok = okved_path(written, path, &len);
		break;
	case CODE_IPC:
		ok = ipc_path(written, path, &len);
		break;
	case CODE_SEPARATED:
		ok = separated_path(written, path, &len);
		break;
	}
	if (!ok)
		return false;
	path[len] = '\0';
	*ret_len = len;
	return true;
}

void
code_text(enum code_rule rule, struct str path, char text[CODE_TEXT])
{
	if (path.len == 0 || path.len >= CODE_PATH) {
		memcpy(text, "*", 2);
		return;
	}
	switch (rule) {
	case CODE_OKVED:
		okved_text(path, text);
		break;
	case CODE_IPC:
		ipc_text(path, text);
		break;
	case CODE_SEPARATED:
		memcpy(text, path.p, path.len - 1);
		text[path.len - 1] = '\0';
		break;
	}
}

uint32_t
code_parent(enum code_rule rule, struct str path)
{
	if (path.len == 0)
		return 0;
	switch (rule) {
	case CODE_OKVED:
		return path.len <= OKVED_CLASS ? 0 : okved_trim(path.p, path.len - 1);
	case CODE_IPC:
		return ipc_parent(path);
	case CODE_SEPARATED:
		return separated_parent(path);
	}
	return 0;
}

bool
code_is_path(enum code_rule rule, struct str path)
{
	char text[CODE_TEXT], again[CODE_PATH];
	uint32_t len;
	if (path.len == 0 || path.len >= CODE_PATH)
		return false;
	code_text(rule, path, text);
	return code_path(rule, str_of(text), again, &len) && str_eq((struct str){again, len}, path);
}

/* ---- trees ---- */

bool
tree_has(const struct tree *t, struct str path)
{
	size_t low = 0, high = t->n_codes;
	if (!t->codes || path.len == 0)
		return true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (str_cmp(t->codes[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	/* whatever lies under the path sorts from here on */
	return low < t->n_codes && code_under(t->codes[low].path, path);
}

static int
by_path(const void *a, const void *b)
{
	const struct tree_code *x = a, *y = b;
	return str_cmp(x->path, y->path);
}

void
tree_encode(const struct tree *t, struct buf *out)
{
	mp_put_array(out, 6);
	mp_put_int(out, TREE_FORM);
	mp_put_str(out, t->name);
	mp_put_str(out, t->title_ru);
	mp_put_str(out, t->title_en);
	mp_put_int(out, t->rule);
	if (!t->codes) {
		mp_put_nil(out);
		return;
	}
	struct tree_code *sorted = mem_dup(t->codes, t->n_codes * sizeof *sorted);
	qsort(sorted, t->n_codes, sizeof *sorted, by_path);
	mp_put_array(out, (uint32_t)t->n_codes);
	for (size_t i = 0; i < t->n_codes; i++) {
		mp_put_array(out, 3);
		mp_put_str(out, sorted[i].path);
		mp_put_str(out, sorted[i].title_ru);
		mp_put_str(out, sorted[i].title_en);
	}
	free(sorted);
}

/* Reads the codes into the tree; false where one is not a path of the rule or comes twice. */
static bool
decode_codes(struct mp *in, struct tree *t)
{
	if (mp_get_nil(in))
		return true;
	uint32_t n = mp_get_array(in);
	if (in->failed || n > MAX_TREE_CODES)
		return false;
	t->codes = mem_zalloc(n * sizeof *t->codes);
	for (uint32_t i = 0; i < n; i++) {
		struct tree_code *code = &t->codes[i];
		if (mp_get_array(in) != 3)
			return false;
		code->path = mp_get_str(in);
		code->title_ru = mp_get_str_or_nil(in);
		code->title_en = mp_get_str_or_nil(in);
		if (in->failed || !code_is_path(t->rule, code->path) ||
		    code->title_ru.len > MAX_HELP || code->title_en.len > MAX_HELP ||
		    (i > 0 && str_cmp(t->codes[i - 1].path, code->path) >= 0))
			return false;
		t->n_codes = i + 1;
	}
	return true;
}

static bool
decode_tree(struct mp *in, struct tree *t)
{
	if (mp_get_array(in) != 6 || mp_get_int(in) != TREE_FORM)
		return false;
	t->name = mp_get_str(in);
	t->title_ru = mp_get_str(in);
	t->title_en = mp_get_str(in);
	int64_t rule = mp_get_int(in);
	if (in->failed || !name_is_valid(t->name, '-') || t->title_ru.len > MAX_TITLE ||
	    t->title_en.len > MAX_TITLE || rule < 0 || rule > CODE_SEPARATED)
		return false;
	t->rule = (enum code_rule)rule;
	return decode_codes(in, t);
}

/* Whether the tree is written exactly so: no other integer widths, nothing left out. */
static bool
is_canonical(const struct tree *t)
{
	struct buf again = BUF_EMPTY;
	tree_encode(t, &again);
	bool same = str_eq(buf_str(&again), t->canonical);
	buf_free(&again);
	return same;
}

struct tree *
tree_decode(struct str canonical)
{
	enum { DEPTH = 3, TOKENS = 4 * MAX_TREE_CODES + 16 };
	if (mp_check(canonical, DEPTH, TOKENS, NULL) != MP_OK)
		return NULL;
	struct tree *t = mem_zalloc(sizeof *t);
	t->canonical = (struct str){mem_dup(canonical.p, canonical.len), canonical.len};
	struct mp in = mp_of(t->canonical);
	if (!decode_tree(&in, t) || !is_canonical(t)) {
		tree_free(t);
		return NULL;
	}
	return t;
}

void
tree_free(struct tree *t)
{
	if (!t)
		return;
	free(t->codes);
	free((char *)t->canonical.p);
	free(t);
}
