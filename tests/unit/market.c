#include "market.h"

#include "intake/files.h"

#include <stdio.h>
#include <stdlib.h>

#define TITLE "title: {ru: х, en: x}"

static const char exchange_yaml[] =
    "exchange: parts\n" TITLE "\n"
    "need: {" TITLE "}\n"
    "offer: {" TITLE "}\n"
    "fields:\n"
    "  material: {type: keyword, " TITLE "}\n"
    "  grade: {type: keyword, " TITLE ", values: {First: {ru: а, en: a}, second: {ru: б, en: b}}}\n"
    "  activity: {type: code, " TITLE ", tree: okved2}\n"
    "  patent: {type: code, " TITLE ", tree: ipc}\n"
    "  customs: {type: code, " TITLE ", tree: customs}\n"
    "  certified: {type: flag, " TITLE "}\n"
    "  length: {type: number, " TITLE ", unit: mm, units: {cm: 10, um: 0.001, in: 25.4}, "
    "decimals: 2}\n"
    "  pieces: {type: number, " TITLE ", need: {reading: at_least}, offer: {reading: at_most}}\n"
    "  price: {type: money, " TITLE ", currency: RUB}\n"
    "  start: {type: date, " TITLE "}\n"
    "  readiness: {type: ordinal, " TITLE ", labels: [low, middle, high]}\n"
    "  size: {type: dimensions, " TITLE ", unit: mm, units: {m: 1000}, decimals: 1}\n"
    "  place: {type: geo, " TITLE "}\n"
    "  region: {type: keyword, " TITLE ", offer: {from: participant.region}}\n";

static const char *const tree_yaml[] = {
    "{tree: okved2, rule: okved, " TITLE ", codes: {28.41: станки, 28.9: прочее, 10: еда}}",
    "{tree: ipc, rule: ipc, " TITLE "}",
    "{tree: customs, rule: separated, " TITLE "}",
};

enum { TREES = sizeof tree_yaml / sizeof *tree_yaml };

static struct tree *trees[TREES];

static _Noreturn void
give_up(const char *what)
{
	fprintf(stderr, "the market of the tests: %s\n", what);
	abort();
}

static const struct tree *
find_tree(void *arg, struct str name)
{
	(void)arg;
	for (int i = 0; i < TREES; i++)
		if (str_eq(trees[i]->name, name))
			return trees[i];
	return NULL;
}

static struct tree *
read_tree(const char *yaml)
{
	static struct mistakes mistakes;
	struct buf canonical = BUF_EMPTY;
	if (tree_read(str_of(yaml), &canonical, &mistakes))
		give_up(mistakes.list[0].message);
	struct tree *t = tree_decode(buf_str(&canonical));
	buf_free(&canonical);
	if (!t)
		give_up("a tree is not canonical");
	return t;
}

struct exchange *
market_open(void)
{
	static struct mistakes mistakes;
	struct buf canonical = BUF_EMPTY;
	struct str missing;
	for (int i = 0; i < TREES; i++)
		trees[i] = read_tree(tree_yaml[i]);
	if (exchange_read(str_of(exchange_yaml), &canonical, &mistakes))
		give_up(mistakes.list[0].message);
	struct exchange *e = exchange_decode(buf_str(&canonical));
	if (!e || !exchange_bind_trees(e, find_tree, NULL, &missing))
		give_up("the exchange is not canonical, or a tree is missing");
	buf_free(&canonical);
	return e;
}

void
market_close(struct exchange *e)
{
	exchange_free(e);
	for (int i = 0; i < TREES; i++) {
		tree_free(trees[i]);
		trees[i] = NULL;
	}
}

const struct field *
market_field(const struct exchange *e, const char *name)
{
	const struct field *f = exchange_field(e, str_of(name));
	if (!f)
		give_up(name);
	return f;
}
