#include "daemon/reload.h"

#include "daemon/definitions.h"
#include "daemon/log.h"
#include "util/mem.h"
#include "util/mp.h"

#include <stdlib.h>

/* ---- settings ---- */

static int
by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Participants' regions are kept in small letters. */
static struct str
folded(char *region)
{
	for (char *c = region; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c);
	return str_of(region);
}

static void
encode_settings(const struct options *o, struct buf *out)
{
	const struct text_list *given = &o->admitted_regions;
	struct str *regions = mem_alloc((given->n + 1) * sizeof(*regions));
	size_t n = 0;

	for (size_t i = 0; i < given->n; i++)
		regions[i] = folded(given->texts[i]);
	qsort(regions, given->n, sizeof(*regions), by_bytes);
	for (size_t i = 0; i < given->n; i++)
		if (n == 0 || !str_eq(regions[n - 1], regions[i]))
			regions[n++] = regions[i];
	market_settings_encode((uint32_t)o->work, regions, n, out);
	free(regions);
}

bool
reload_settings(const struct options *o, struct dispatch *dispatch, int64_t clock_ms,
		bool *ret_changed, struct refusal *ret)
{
	struct buf settings = BUF_EMPTY;
	uint64_t head = market_head(dispatch->market);

	encode_settings(o, &settings);
	const struct command command = {
	    .kind = COMMAND_SETTINGS, .clock_ms = clock_ms, .definition = buf_str(&settings)};
	bool taken = dispatch_command(dispatch, &command, ret);
	*ret_changed = market_head(dispatch->market) > head;
	buf_free(&settings);
	return taken;
}

/* ---- the answer ---- */

struct answer {
	struct buf *list;
	uint32_t n;
};

static void
put(struct answer *a, const char *kind, struct str name, const char *result, const char *file,
    const char *message)
{
	mp_put_map(a->list, 3u + (file != NULL) + (message != NULL));
	mp_put_text(a->list, "kind");
	mp_put_text(a->list, kind);
	mp_put_text(a->list, "name");
	mp_put_str(a->list, name);
	mp_put_text(a->list, "result");
	mp_put_text(a->list, result);
	if (file) {
		mp_put_text(a->list, "file");
		mp_put_text(a->list, file);
	}
	if (message) {
		mp_put_text(a->list, "message");
		mp_put_text(a->list, message);
	}
	a->n++;
}

static void
put_definitions(struct answer *a, const struct definitions *d, const struct market *m)
{
	const struct exchange *e;

	for (size_t i = 0; i < d->n; i++) {
		const struct definition *one = &d->list[i];
		put(a, one->kind == COMMAND_LOAD_TREE ? "tree" : "exchange", one->name,
		    definition_result_names[one->result], one->path,
		    one->result == DEFINITION_REFUSED ? one->refusal.message : NULL);
	}
	for (size_t i = 0; (e = market_exchange_at(m, i)); i++)
		if (!definitions_have(d, e->name))
			put(a, "exchange", e->name, "kept", NULL, "there is no file any more");
}

/* ---- reloading ---- */

static bool
load_all(struct reload *r, const struct options *o, struct definitions *d, int64_t clock_ms,
	 struct answer *answer, struct refusal *ret)
{
	bool changed;

	if (!reload_settings(o, r->dispatch, clock_ms, &changed, ret))
		return false;
	put(answer, "settings", STR("settings"),
	    definition_result_names[changed ? DEFINITION_REVISED : DEFINITION_UNCHANGED], NULL,
	    NULL);
	size_t refused = definitions_load(d, r->dispatch, clock_ms);
	put_definitions(answer, d, r->dispatch->market);
	log_write(
	    LOG_ID_RELOADED,
	    LOG_FIELDS({"files", .number = (int64_t)d->n}, {"refused", .number = (int64_t)refused}),
	    "definitions and settings were read again");
	return true;
}

bool
reload_all(void *arg, int64_t clock_ms, struct buf *list, uint32_t *ret_n, struct refusal *ret)
{
	struct reload *r = arg;
	struct options options;
	struct mistakes *mistakes = mem_zalloc(sizeof(*mistakes));
	struct definitions definitions = {0};
	struct answer answer = {.list = list};
	enum options_wish wish;
	bool done = false;

	if (options_read(&options, PROGRAM_CORE, r->argc, r->argv, &wish, mistakes) != 0)
		refuse(ret, "bad_definition", mistakes->list[0].field, NULL, "%s:%u: %s",
		       options.config ? options.config : "", mistakes->list[0].line,
		       mistakes->list[0].message);
	else if (definitions_read(&definitions, options.exchanges_directory) > 0)
		refuse(ret, "bad_definition", "", "files without mistakes: matchctl exchange check",
		       "%s", definitions.first_mistake);
	else
		done = load_all(r, &options, &definitions, clock_ms, &answer, ret);
	*ret_n = answer.n;
	definitions_done(&definitions);
	options_done(&options);
	free(mistakes);
	return done;
}
