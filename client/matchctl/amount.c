#include "client/matchctl/amount.h"

#include "intake/keyword.h"
#include "intake/where.h"

enum { DIGITS = 18, POWER = 30 };

static const struct decimal one = {1, 0};

/* Words that say which end a number is, a longer one before what it begins with, and those that
 * stand between two. */
static const char *const from_words[] = {"не менее", "свыше", "более", "от", "с",
					 "at least", "from",  ">=",    "≥",  ">"};
static const char *const to_words[] = {"не более", "менее", "до", "по", "at most",
				       "up to",	   "to",    "<=", "≤",	"<"};
static const char *const dashes[] = {"-", "–", "—", "…", ".."};

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- exact decimals ---- */

bool
decimal_read(struct str text, struct decimal *ret)
{
	struct decimal d = {0, 0};
	unsigned digits = 0;
	bool minus = text.len > 0 && *text.p == '-', point = false;
	for (uint32_t i = minus; i < text.len; i++) {
		char c = text.p[i];
		if (c == '.' && !point && digits > 0) {
			point = true;
			continue;
		}
		if (c < '0' || c > '9' || ++digits > DIGITS)
			return false;
		d.digits = d.digits * 10 + (c - '0');
		d.scale += point;
	}
	if (digits == 0 || text.p[text.len - 1] == '.')
		return false;
	if (minus)
		d.digits = -d.digits;
	*ret = d;
	return true;
}

/* Without zeros at the end of the fraction. */
static struct decimal
shorten(struct decimal d)
{
	while (d.scale > 0 && d.digits % 10 == 0) {
		d.digits /= 10;
		d.scale--;
	}
	return d;
}

static bool
multiply(struct decimal *d, struct decimal by)
{
	bool over = __builtin_mul_overflow(d->digits, by.digits, &d->digits);
	d->scale += by.scale;
	*d = shorten(*d);
	return !over && d->scale <= POWER;
}

/* Half away from zero. */
static struct decimal
round_to(struct decimal d, unsigned scale)
{
	__int128 power = 1;
	if (d.scale <= scale)
		return d;
	for (unsigned i = scale; i < d.scale; i++)
		power *= 10;
	__int128 half = d.digits < 0 ? -power / 2 : power / 2;
	return shorten((struct decimal){(d.digits + half) / power, scale});
}

/* a compared with b; both of few digits. */
static int
compare(struct decimal a, struct decimal b)
{
	for (; a.scale < b.scale; a.scale++)
		if (__builtin_mul_overflow(a.digits, (__int128)10, &a.digits))
			return a.digits < 0 ? -1 : 1;
	for (; b.scale < a.scale; b.scale++)
		if (__builtin_mul_overflow(b.digits, (__int128)10, &b.digits))
			return b.digits < 0 ? 1 : -1;
	return (a.digits > b.digits) - (a.digits < b.digits);
}

/* False for more than 18 digits, which nobody takes. */
static bool
write_decimal(struct decimal d, char text[AMOUNT_TEXT])
{
	const __int128 most = (__int128)1000000000000000000;
	bool minus = d.digits < 0;
	__int128 rest = minus ? -d.digits : d.digits;
	char digits[AMOUNT_TEXT];
	size_t n = 0, at = 0;
	if (rest >= most || d.scale > DIGITS)
		return false;
	do {
		digits[n++] = (char)('0' + (int)(rest % 10));
		rest /= 10;
	} while (rest > 0 || n <= d.scale);
	if (minus)
		text[at++] = '-';
	while (n > 0) {
		if (n == d.scale)
			text[at++] = '.';
		text[at++] = digits[--n];
	}
	text[at] = '\0';
	return true;
}

/* ---- reading a cell ---- */

struct scan {
	const struct amount_rule *rule;
	struct str rest; /* folded */
	struct both *why;
};

/* One side of a range. */
struct part {
	struct decimal value, factor;
	bool given, multiplied, from, to;
};

static bool
eat(struct scan *s, struct str word)
{
	if (word.len == 0 || s->rest.len < word.len || memcmp(s->rest.p, word.p, word.len) != 0)
		return false;
	s->rest.p += word.len;
	s->rest.len -= word.len;
	return true;
}

static bool
eat_any(struct scan *s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (eat(s, str_of(words[i])))
			return true;
	return false;
}

static bool
is_letter(unsigned char c)
{
	/* Cyrillic letters begin with these bytes. */
	return (c >= 'a' && c <= 'z') || c == 0xd0 || c == 0xd1;
}

/* The same for words that may be the beginning of others: no letter may follow a letter. */
static bool
eat_word_of(struct scan *s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct scan ahead = *s;
		bool word = is_letter((unsigned char)*words[i]);
		if (!eat(&ahead, str_of(words[i])) ||
		    (word && ahead.rest.len > 0 && is_letter((unsigned char)*ahead.rest.p)))
			continue;
		*s = ahead;
		return true;
	}
	return false;
}

static bool
eat_blank(struct scan *s)
{
	static const char *const blanks[] = {" ", "\t", "\n", "\r", "\u00a0", "\u202f", "\u2009"};
	return eat_any(s, blanks, COUNT(blanks));
}

static bool
is_digit(const struct scan *s, uint32_t at)
{
	return s->rest.len > at && s->rest.p[at] >= '0' && s->rest.p[at] <= '9';
}

/* Whether exactly three digits follow: a group of thousands. */
static bool
is_group(const struct scan *s)
{
	return is_digit(s, 0) && is_digit(s, 1) && is_digit(s, 2) && !is_digit(s, 3);
}

static bool
eat_group_mark(struct scan *s)
{
	struct scan ahead = *s;
	if ((eat_blank(&ahead) || eat(&ahead, s->rule->thousands)) && is_group(&ahead)) {
		*s = ahead;
		return true;
	}
	return false;
}

static bool
eat_decimal_mark(struct scan *s)
{
	struct scan ahead = *s;
	if (eat(&ahead, (struct str){&s->rule->decimal_mark, 1}) && is_digit(&ahead, 0)) {
		*s = ahead;
		return true;
	}
	return false;
}

static void
too_many_digits(struct both *why)
{
	both_set(why, "a number of more than %d digits", "цифр в числе больше %d", DIGITS);
}

static bool
read_number(struct scan *s, struct part *p, bool minus)
{
	char text[AMOUNT_CELL + 2];
	uint32_t n = 0, digits = 0;
	bool point = false, grouped = false;
	if (minus)
		text[n++] = '-';
	while (n + 1 < sizeof text) {
		if (is_digit(s, 0)) {
			text[n++] = *s->rest.p++;
			s->rest.len--;
			digits++;
		} else if (!point && (grouped || digits <= 3) && eat_group_mark(s)) {
			grouped = true;
		} else if (!point && eat_decimal_mark(s)) {
			text[n++] = '.';
			point = true;
		} else {
			break;
		}
	}
	p->given = decimal_read((struct str){text, n}, &p->value);
	if (!p->given)
		too_many_digits(s->why);
	return p->given;
}

static bool
eat_word(struct scan *s, struct part *p, bool *ret_failed)
{
	for (size_t i = 0; i < s->rule->n_words; i++) {
		const struct amount_word *w = &s->rule->words[i];
		bool multiplies = w->times.digits != 1 || w->times.scale != 0;
		if (!eat(s, w->text))
			continue;
		if (multiplies && (!p->given || p->multiplied)) {
			both_set(s->why, "\"%.*s\" does not stand behind a number",
				 "«%.*s» стоит не после числа", STR_FMT(w->text));
			*ret_failed = true;
		}
		if (multiplies)
			p->factor = w->times;
		p->multiplied = p->multiplied || multiplies;
		return true;
	}
	return false;
}

/* Whether a minus belongs to the digit behind it. */
static bool
is_minus(const struct scan *s, const struct part *p)
{
	return !p->given && s->rest.len > 1 && *s->rest.p == '-' && is_digit(s, 1);
}

/* Reads one side, up to the end or to what stands between two. */
static bool
read_part(struct scan *s, struct part *p)
{
	bool failed = false;
	while (s->rest.len > 0 && !failed) {
		if (eat_blank(s) || eat_word(s, p, &failed))
			continue;
		if (!p->given && (is_digit(s, 0) || is_minus(s, p))) {
			bool minus = !is_digit(s, 0);
			s->rest.p += minus;
			s->rest.len -= minus;
			failed = !read_number(s, p, minus);
		} else if (!p->given && !p->from && !p->to &&
			   eat_word_of(s, from_words, COUNT(from_words))) {
			p->from = true;
		} else if (!p->given && !p->from && !p->to &&
			   eat_word_of(s, to_words, COUNT(to_words))) {
			p->to = true;
		} else {
			break;
		}
	}
	return !failed;
}

static bool
unexpected(struct scan *s)
{
	char quoted[QUOTE];
	if (s->rest.len > 0)
		both_set(s->why, "\"%s\" does not belong to a number", "«%s» — не часть числа",
			 quote(s->rest, quoted));
	else
		both_set(s->why, "there is no number", "числа нет");
	return false;
}

/* "5", "from 5", "5 - 7", "from 5 to 7". */
static bool
read_parts(struct scan *s, struct part *a, struct part *b)
{
	if (!read_part(s, a))
		return false;
	if (!a->given)
		return unexpected(s);
	if (s->rest.len == 0)
		return true;
	b->to = !a->to && eat_word_of(s, to_words, COUNT(to_words));
	if (!b->to && (a->from || a->to || !eat_any(s, dashes, COUNT(dashes))))
		return unexpected(s);
	if (!read_part(s, b))
		return false;
	if (!b->given || b->from || s->rest.len > 0)
		return unexpected(s);
	/* "$1 - 2M": both are millions. */
	if (b->multiplied && !a->multiplied)
		a->factor = b->factor;
	return true;
}

static bool
finish(const struct amount_rule *rule, struct part *p)
{
	if (!multiply(&p->value, p->factor) || (rule->scaled && !multiply(&p->value, rule->times)))
		return false;
	if (rule->round >= 0)
		p->value = round_to(p->value, (unsigned)rule->round);
	p->value = shorten(p->value);
	return true;
}

static enum amount_result
give(const struct amount_rule *rule, struct part *a, struct part *b, struct amount *ret,
     struct both *why)
{
	struct part *high = b->given ? b : a;
	*ret = (struct amount){"", ""};
	if (!finish(rule, a) || (b->given && !finish(rule, b)))
		goto too_long;
	if (b->given && compare(a->value, b->value) > 0) {
		both_set(why, "the range begins above its end",
			 "начало диапазона больше его конца");
		return AMOUNT_WRONG;
	}
	if (rule->above_given && compare(high->value, rule->above) <= 0)
		return AMOUNT_NONE;
	if (!a->to && !write_decimal(a->value, ret->from))
		goto too_long;
	if (!a->from && !b->given && !write_decimal(a->value, ret->to))
		goto too_long;
	if (b->given && !write_decimal(b->value, ret->to))
		goto too_long;
	return AMOUNT_OK;
too_long:
	too_many_digits(why);
	return AMOUNT_WRONG;
}

enum amount_result
amount_read(struct str text, const struct amount_rule *rule, struct amount *ret, struct both *why)
{
	char folded[MAX_KEYWORD];
	uint32_t len;
	struct part a = {.factor = one}, b = {.factor = one};
	if (text.len > AMOUNT_CELL || keyword_fold(text, folded, &len) != TEXT_OK) {
		both_set(why, "no number: longer than %d bytes, or not plain text",
			 "это не число: длиннее %d байт или не простой текст", AMOUNT_CELL);
		return AMOUNT_WRONG;
	}
	struct scan s = {rule, {folded, len}, why};
	if (!read_parts(&s, &a, &b))
		return AMOUNT_WRONG;
	return give(rule, &a, &b, ret, why);
}
