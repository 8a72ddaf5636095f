#include "daemon/definitions.h"

#include "daemon/file.h"
#include "daemon/log.h"
#include "intake/files.h"
#include "util/mem.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const definition_result_names[] = {"unchanged", "loaded", "revised", "refused"};

static void
mistake(struct definitions *d, const char *path, unsigned line, const char *field,
	const char *message)
{
	log_write(LOG_ID_FILE_MISTAKE,
		  LOG_FIELDS({"file", path}, {"line", .number = line}, {"field", field}), "%s",
		  message);
	if (!*d->first_mistake)
		snprintf(d->first_mistake, sizeof(d->first_mistake), "%s:%u: %s%s%s", path, line,
			 field, *field ? ": " : "", message);
}

static struct definition *
find(struct definitions *d, enum command_kind kind, struct str name)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->list[i].kind == kind && str_eq(d->list[i].name, name))
			return &d->list[i];
	return NULL;
}

static void
definition_done(struct definition *one)
{
	free(one->path);
	buf_free(&one->canonical);
	tree_free(one->tree);
	exchange_free(one->exchange);
}

static struct str
canonical_of(const struct definition *one)
{
	return buf_str(&one->canonical);
}

/* Adds it, unless its name is taken. Returns the number of mistakes. */
static unsigned
add(struct definitions *d, struct definition *one)
{
	if (one->kind == COMMAND_LOAD_TREE) {
		one->tree = tree_decode(canonical_of(one));
		one->name = one->tree ? one->tree->name : STR_NONE;
	} else {
		one->exchange = exchange_decode(canonical_of(one));
		one->name = one->exchange ? one->exchange->name : STR_NONE;
	}
	const struct definition *other = one->name.p ? find(d, one->kind, one->name) : NULL;
	if (other || !one->name.p) {
		char message[240];
		snprintf(message, sizeof(message), other ? "%s declares the same name" : "%s",
			 other ? other->path : "the definition does not read back");
		mistake(d, one->path, 1, "", message);
		definition_done(one);
		return 1;
	}
	d->list = mem_grow(d->list, d->n, &d->cap, sizeof(*d->list));
	d->list[d->n++] = *one;
	return 0;
}

static unsigned
read_one(struct definitions *d, enum command_kind kind, const char *directory, const char *file)
{
	struct definition one = {.kind = kind};
	struct mistakes *mistakes = mem_zalloc(sizeof(*mistakes));
	struct buf yaml = BUF_EMPTY;
	unsigned count = 0;

	if (asprintf(&one.path, "%s/%s", directory, file) < 0)
		mem_failed(strlen(directory) + strlen(file));
	if (!file_read(one.path, FILE_MAX, &yaml)) {
		mistake(d, one.path, 0, "", strerror(errno));
		count = 1;
	} else if (kind == COMMAND_LOAD_TREE
		       ? tree_read(buf_str(&yaml), &one.canonical, mistakes)
		       : exchange_read(buf_str(&yaml), &one.canonical, mistakes)) {
		for (size_t i = 0; i < mistakes->count; i++)
			mistake(d, one.path, mistakes->list[i].line, mistakes->list[i].field,
				mistakes->list[i].message);
		count = (unsigned)mistakes->count;
	} else {
		count = add(d, &one);
		one = (struct definition){0};
	}
	definition_done(&one);
	buf_free(&yaml);
	free(mistakes);
	return count;
}

static int
is_yaml(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && !strcmp(entry->d_name + len - 5, ".yaml");
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Exchanges that name no tree need no directory of trees: `optional`. */
static unsigned
read_directory(struct definitions *d, enum command_kind kind, const char *directory, bool optional)
{
	struct dirent **entries;
	int n = scandir(directory, &entries, is_yaml, by_name);
	unsigned mistakes = 0;

	if (n < 0 && errno == ENOENT && optional)
		return 0;
	if (n < 0) {
		mistake(d, directory, 0, "", strerror(errno));
		return 1;
	}
	for (int i = 0; i < n; i++) {
		mistakes += read_one(d, kind, directory, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return mistakes;
}

unsigned
definitions_read(struct definitions *ret, const char *directory)
{
	char *trees = NULL;

	*ret = (struct definitions){0};
	if (asprintf(&trees, "%s/trees", directory) < 0)
		mem_failed(strlen(directory));
	unsigned mistakes = read_directory(ret, COMMAND_LOAD_TREE, trees, true);
	free(trees);
	return mistakes + read_directory(ret, COMMAND_LOAD_EXCHANGE, directory, false);
}

void
definitions_done(struct definitions *d)
{
	for (size_t i = 0; i < d->n; i++)
		definition_done(&d->list[i]);
	free(d->list);
	*d = (struct definitions){0};
}

bool
definitions_have(const struct definitions *d, struct str exchange)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->list[i].exchange && str_eq(d->list[i].name, exchange))
			return true;
	return false;
}

/* The canonical bytes that the market holds under the definition's name, or STR_NONE. */
static struct str
held(const struct market *m, const struct definition *one)
{
	if (one->kind == COMMAND_LOAD_TREE) {
		const struct tree *t = market_tree(m, one->name);
		return t ? t->canonical : STR_NONE;
	}
	const struct exchange *e = market_exchange(m, one->name);
	return e ? e->canonical : STR_NONE;
}

static void
load(struct definition *one, struct dispatch *dispatch, int64_t clock_ms)
{
	struct str before = held(dispatch->market, one);
	const struct command c = {
	    .kind = one->kind, .clock_ms = clock_ms, .definition = canonical_of(one)};

	if (before.p && str_eq(before, canonical_of(one))) {
		one->result = DEFINITION_UNCHANGED;
	} else if (!dispatch_command(dispatch, &c, &one->refusal)) {
		one->result = DEFINITION_REFUSED;
		log_write(LOG_ID_DEFINITION_REFUSED,
			  LOG_FIELDS({"file", one->path}, {"field", one->refusal.field}),
			  "%s is refused: %s", one->path, one->refusal.message);
	} else {
		one->result = before.p ? DEFINITION_REVISED : DEFINITION_LOADED;
		log_write(LOG_ID_DEFINITION_LOADED, LOG_FIELDS({"file", one->path}),
			  "%s %s, and was loaded", one->path, before.p ? "has changed" : "is new");
	}
}

size_t
definitions_load(struct definitions *d, struct dispatch *dispatch, int64_t clock_ms)
{
	size_t refused = 0;

	for (size_t i = 0; i < d->n; i++) {
		load(&d->list[i], dispatch, clock_ms);
		refused += d->list[i].result == DEFINITION_REFUSED;
	}
	return refused;
}
