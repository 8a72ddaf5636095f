#include "client/matchctl/ledger.h"

#include "client/matchctl/language.h"

#include <inttypes.h>

/* ---- counts by name ---- */

void
tallies_add(struct tallies *t, const char *name, uint64_t n)
{
	if (n == 0)
		return;
	for (size_t i = 0; i < t->count; i++)
		if (strncmp(t->list[i].name, name, TALLY_NAME - 1) == 0) {
			t->list[i].n += n;
			return;
		}
	if (t->count >= TALLIES - 1 && strcmp(name, LEDGER_OTHER) != 0) {
		tallies_add(t, LEDGER_OTHER, n);
		return;
	}
	struct tally *new = &t->list[t->count++];
	snprintf(new->name, sizeof new->name, "%s", name);
	new->n = n;
}

uint64_t
tallies_sum(const struct tallies *t)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < t->count; i++)
		sum += t->list[i].n;
	return sum;
}

struct book *
ledger_book(struct ledger *l, const char *name)
{
	for (size_t i = 0; i < l->n_books; i++)
		if (strcmp(l->books[i].name, name) == 0)
			return &l->books[i];
	if (l->n_books == LEDGER_BOOKS)
		return &l->books[LEDGER_BOOKS - 1];
	struct book *b = &l->books[l->n_books++];
	*b = (struct book){.stored = 0};
	snprintf(b->name, sizeof b->name, "%s", l->n_books == LEDGER_BOOKS ? LEDGER_OTHER : name);
	return b;
}

uint64_t
book_sent(const struct book *b)
{
	return b->stored + b->unchanged + tallies_sum(&b->refused);
}

/* ---- JSON ---- */

static json_t *
tallies_json(const struct tallies *t)
{
	json_t *json = json_object();
	for (size_t i = 0; i < t->count; i++)
		json_object_set_new(json, t->list[i].name, json_integer((json_int_t)t->list[i].n));
	return json;
}

static json_t *
book_json(const struct book *b)
{
	return json_pack("{s:I, s:I, s:I, s:o}", "sent", (json_int_t)book_sent(b), "stored",
			 (json_int_t)b->stored, "unchanged", (json_int_t)b->unchanged, "refused",
			 tallies_json(&b->refused));
}

static struct book
all_books(const struct ledger *l)
{
	struct book all = {.stored = 0};
	for (size_t i = 0; i < l->n_books; i++) {
		const struct book *b = &l->books[i];
		all.stored += b->stored;
		all.unchanged += b->unchanged;
		for (size_t k = 0; k < b->refused.count; k++)
			tallies_add(&all.refused, b->refused.list[k].name, b->refused.list[k].n);
	}
	return all;
}

json_t *
ledger_json(const struct ledger *l)
{
	json_t *books = json_object();
	const struct book all = all_books(l);
	for (size_t i = 0; i < l->n_books; i++)
		json_object_set_new(books, l->books[i].name, book_json(&l->books[i]));
	return json_pack("{s:{s:I, s:I, s:o, s:o}, s:o, s:o, s:o}", "rows", "read",
			 (json_int_t)l->read, "mapped", (json_int_t)l->mapped, "skipped",
			 tallies_json(&l->skipped), "wrong", tallies_json(&l->wrong), "left_out",
			 tallies_json(&l->left_out), "objects", book_json(&all), "by", books);
}

static bool
get_count(const json_t *json, const char *key, uint64_t *ret)
{
	const json_t *value = json_object_get(json, key);
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(value);
	return true;
}

static bool
get_tallies(const json_t *json, const char *key, struct tallies *ret)
{
	const json_t *map = json_object_get(json, key), *value;
	const char *name;
	if (!json_is_object(map) || json_object_size(map) > TALLIES)
		return false;
	json_object_foreach((json_t *)map, name, value)
	{
		uint64_t n;
		if (!get_count(map, name, &n))
			return false;
		tallies_add(ret, name, n);
	}
	return true;
}

static bool
get_books(struct ledger *l, const json_t *json)
{
	const json_t *map = json_object_get(json, "by"), *value;
	const char *name;
	if (!json_is_object(map) || json_object_size(map) > LEDGER_BOOKS)
		return false;
	json_object_foreach((json_t *)map, name, value)
	{
		struct book *b = ledger_book(l, name);
		if (!get_count(value, "stored", &b->stored) ||
		    !get_count(value, "unchanged", &b->unchanged) ||
		    !get_tallies(value, "refused", &b->refused))
			return false;
	}
	return true;
}

bool
ledger_from_json(struct ledger *l, const json_t *json)
{
	const json_t *rows = json_object_get(json, "rows");
	*l = (struct ledger){.read = 0};
	return get_count(rows, "read", &l->read) && get_count(rows, "mapped", &l->mapped) &&
	       get_tallies(rows, "skipped", &l->skipped) && get_tallies(rows, "wrong", &l->wrong) &&
	       get_tallies(json, "left_out", &l->left_out) && get_books(l, json);
}

/* ---- for people ---- */

/* Names that are the tool's own; all others are the map's, matchd's or codes. */
static const char *
shown(const char *name)
{
	static const struct texts own[] = {
	    TEXTS(LEDGER_NOTHING, "создавать нечего"),
	    TEXTS(LEDGER_PARTICIPANTS, "участники"),
	    TEXTS(LEDGER_OTHER, "прочее"),
	};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (strcmp(own[i].en, name) == 0)
			return say(own[i]);
	return name;
}

static void
print_tallies(const struct tallies *t, const char *word, FILE *out)
{
	for (size_t i = 0; i < t->count; i++)
		fprintf(out, "  %s%10" PRIu64 "  %s\n", word, t->list[i].n, shown(t->list[i].name));
}

static void
print_books(const struct ledger *l, bool dry, FILE *out)
{
	const char *sent = dry ? TR("made", "создано") : TR("sent", "отправлено");
	const char *stored = dry ? TR("good", "годных") : TR("stored", "сохранено");
	const struct book all = all_books(l);
	fprintf(out,
		TR("objects %s %" PRIu64 " = %s %" PRIu64 " + unchanged %" PRIu64
		   " + refused %" PRIu64 "%s\n",
		   "объектов %s %" PRIu64 " = %s %" PRIu64 " + без изменений %" PRIu64
		   " + отклонено %" PRIu64 "%s\n"),
		sent, book_sent(&all), stored, all.stored, all.unchanged, tallies_sum(&all.refused),
		dry ? TR("; nothing was sent", "; ничего не отправлено") : "");
	for (size_t i = 0; i < l->n_books; i++) {
		const struct book *b = &l->books[i];
		fprintf(out,
			TR("  %s: %s %" PRIu64 ", %s %" PRIu64 ", unchanged %" PRIu64
			   ", refused %" PRIu64 "\n",
			   "  %s: %s %" PRIu64 ", %s %" PRIu64 ", без изменений %" PRIu64
			   ", отклонено %" PRIu64 "\n"),
			shown(b->name), sent, book_sent(b), stored, b->stored, b->unchanged,
			tallies_sum(&b->refused));
		print_tallies(&b->refused, TR("refused ", "отклонено "), out);
	}
}

void
ledger_print(const struct ledger *l, bool dry, FILE *out)
{
	fprintf(out,
		TR("rows read %" PRIu64 " = mapped %" PRIu64 " + skipped %" PRIu64
		   " + wrong %" PRIu64 "\n",
		   "строк прочитано %" PRIu64 " = принято %" PRIu64 " + пропущено %" PRIu64
		   " + с ошибками %" PRIu64 "\n"),
		l->read, l->mapped, tallies_sum(&l->skipped), tallies_sum(&l->wrong));
	print_tallies(&l->skipped, TR("skipped ", "пропущено  "), out);
	print_tallies(&l->wrong, TR("wrong   ", "с ошибками "), out);
	if (l->left_out.count > 0)
		fputs(TR("fields left out for being wrong, or cut\n",
			 "поля, опущенные из-за ошибок или обрезанные\n"),
		      out);
	print_tallies(&l->left_out, "        ", out);
	print_books(l, dry, out);
}
