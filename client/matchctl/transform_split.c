/* split: one list of the parts of cells. */

#include "client/matchctl/transform_kinds.h"

#include "intake/where.h"
#include "util/mp.h"

#include <ctype.h>

enum { PARTS = SHEET_VALUES, CODE_MOST = 32 };

/* Tokens of a list that is being made, each once. */
struct list {
	struct buf tokens;
	uint32_t count;
	bool coded; /* a part with a code came before */
};

static bool
is_in(const struct list *l, struct str token)
{
	struct mp at = mp_of(buf_str(&l->tokens));
	for (uint32_t i = 0; i < l->count; i++)
		if (str_eq(mp_get_raw(&at), token))
			return true;
	return false;
}

static void
add_token(struct list *l, struct str token)
{
	if (is_in(l, token))
		return;
	mp_put_raw(&l->tokens, token);
	l->count++;
}

/* A token, or each element of one that is a list. */
static void
add_tokens(struct list *l, struct str token)
{
	struct mp at = mp_of(token);
	if (mp_peek(&at) != MP_ARRAY) {
		add_token(l, token);
		return;
	}
	uint32_t n = mp_get_array(&at);
	for (uint32_t i = 0; i < n; i++)
		add_token(l, mp_get_raw(&at));
}

static struct str
trim(struct str text)
{
	while (text.len > 0 && isspace((unsigned char)*text.p)) {
		text.p++;
		text.len--;
	}
	while (text.len > 0 && isspace((unsigned char)text.p[text.len - 1]))
		text.len--;
	return text;
}

/* Whether it looks as codes do: capitals, digits, dots, slashes, inner blanks, a digit somewhere. */
static bool
is_code(struct str text)
{
	bool digit = false;
	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.p[i];
		bool fits = (c >= 'A' && c <= 'Z') || isdigit((unsigned char)c) ||
			    (i > 0 && (c == '.' || c == '/' || c == '-' || c == ' '));
		if (!fits)
			return false;
		digit = digit || isdigit((unsigned char)c);
	}
	return digit && text.len <= CODE_MOST;
}

/* "62.01 - Title": the code alone. A part without a code goes on with the title before it, and
 * becomes an empty text; one that begins with a digit does not, for it may be a code written in
 * another way. */
static enum made
take_code(struct maker *m, const struct transform *t, struct list *l, struct str *part)
{
	char quoted[QUOTE];
	const char *end = memmem(part->p, part->len, t->code_before.p, t->code_before.len);
	struct str code = trim((struct str){part->p, end ? (uint32_t)(end - part->p) : part->len});
	bool good = is_code(code);
	if (!good && (!l->coded || isdigit((unsigned char)*part->p)))
		return transform_wrong(m, t, "no_code",
				       "\"%s\" does not begin with a code and \"%.*s\"",
				       "«%s» не начинается с кода и «%.*s»", quote(*part, quoted),
				       STR_FMT(t->code_before));
	l->coded = true;
	*part = good ? code : STR_NONE;
	return MADE;
}

/* "329959" as 32.99.59, as far as its digits go. */
static enum made
put_dots(struct maker *m, const struct transform *t, struct str part, struct buf *token)
{
	char text[CODE_MOST + MAP_GROUPS], quoted[QUOTE];
	uint32_t n = 0, in = 0;
	bool good = part.len <= CODE_MOST;
	for (size_t g = 0; g < MAP_GROUPS && t->groups[g] && good; g++)
		for (unsigned i = 0; i < t->groups[g] && in < part.len && good; i++) {
			good = isdigit((unsigned char)part.p[in]);
			if (i == 0 && g > 0)
				text[n++] = '.';
			text[n++] = part.p[in++];
		}
	if (!good || in < part.len)
		return transform_wrong(m, t, "no_code", "\"%s\" is not digits, or too many of them",
				       "«%s» — не цифры, или их слишком много",
				       quote(part, quoted));
	mp_put_str(token, (struct str){text, n});
	return MADE;
}

static enum made
add_part(struct maker *m, const struct transform *t, struct list *l, struct str part)
{
	struct str found;
	part = trim(part);
	if (part.len > 0 && t->code_before.len > 0 && take_code(m, t, l, &part) == MADE_WRONG)
		return MADE_WRONG;
	if (part.len == 0)
		return MADE;
	if (t->most && l->count >= t->most) {
		m->cut = true;
		return MADE;
	}
	if (l->count >= PARTS)
		return transform_wrong(m, t, "too_many_values", "more than %d parts",
				       "частей больше %d", PARTS);
	if (t->lookup) {
		enum made made = transform_look_up(m, t, part, &found);
		if (made == MADE && found.p)
			add_tokens(l, found);
		return made;
	}
	struct buf token = BUF_EMPTY;
	enum made made = MADE;
	if (t->groups[0])
		made = put_dots(m, t, part, &token);
	else
		mp_put_str(&token, part);
	if (made == MADE)
		add_token(l, buf_str(&token));
	buf_free(&token);
	return made;
}

static enum made
split_text(struct maker *m, const struct transform *t, struct list *l, struct str text)
{
	enum made made = MADE;
	l->coded = false;
	while (made == MADE) {
		const char *at = t->by.len ? memmem(text.p, text.len, t->by.p, t->by.len) : NULL;
		struct str part = {text.p, at ? (uint32_t)(at - text.p) : text.len};
		made = add_part(m, t, l, part);
		if (!at)
			break;
		text.len -= part.len + t->by.len;
		text.p = at + t->by.len;
	}
	return made;
}

enum made
transform_make_split(struct maker *m, const struct transform *t, struct buf *out)
{
	struct list l = {.count = 0};
	enum made made = MADE;
	for (size_t c = 0; c < t->n_columns && made == MADE; c++) {
		if (!transform_cells(m, t, t->columns[c]))
			made = MADE_WRONG;
		for (size_t i = 0; i < m->cells.n && made == MADE; i++)
			made = split_text(m, t, &l, m->cells.list[i].text);
	}
	if (made == MADE && l.count == 0)
		made = MADE_NOTHING;
	if (made == MADE) {
		mp_put_array(out, l.count);
		mp_put_raw(out, buf_str(&l.tokens));
	}
	buf_free(&l.tokens);
	return made;
}
