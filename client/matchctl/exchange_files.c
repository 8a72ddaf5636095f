#include "client/matchctl/exchange_files.h"

#include "client/matchctl/documents.h"
#include "core/boxes.h"
#include "core/limits.h"
#include "intake/files.h"
#include "intake/intake.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>

struct exchange_files {
	const char *directory;
	struct exchange *exchanges[MAX_EXCHANGES];
	size_t n_exchanges;
	struct tree *trees[MAX_TREES];
	size_t n_trees;
};

struct exchange_files *
exchange_files_new(const char *directory)
{
	struct exchange_files *d = mem_zalloc(sizeof *d);
	d->directory = directory;
	return d;
}

void
exchange_files_free(struct exchange_files *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n_exchanges; i++)
		exchange_free(d->exchanges[i]);
	for (size_t i = 0; i < d->n_trees; i++)
		tree_free(d->trees[i]);
	free(d);
}

typedef int (*read_fn)(struct str yaml, struct buf *canonical, struct mistakes *ret);

/* Reads DIRECTORY/<folder><name>.yaml as canonical bytes. */
static int
read_file(const struct exchange_files *d, const char *folder, struct str name, read_fn read,
	  struct buf *canonical)
{
	char path[4096];
	struct buf text = BUF_EMPTY;
	struct mistakes *mistakes = mem_zalloc(sizeof *mistakes);
	snprintf(path, sizeof path, "%s/%s%.*s.yaml", d->directory, folder, STR_FMT(name));
	int rc = documents_slurp(path, &text);
	if (rc == 0)
		rc = read((struct str){text.data ? (char *)text.data : "", (uint32_t)text.len},
			  canonical, mistakes);
	buf_free(&text);
	free(mistakes);
	return rc;
}

static const struct tree *
find_tree(void *arg, struct str name)
{
	struct exchange_files *d = arg;
	struct buf canonical = BUF_EMPTY;
	struct tree *tree = NULL;
	for (size_t i = 0; i < d->n_trees; i++)
		if (str_eq(d->trees[i]->name, name))
			return d->trees[i];
	if (d->n_trees < MAX_TREES && read_file(d, "trees/", name, tree_read, &canonical) == 0)
		tree = tree_decode(buf_str(&canonical));
	if (tree)
		d->trees[d->n_trees++] = tree;
	buf_free(&canonical);
	return tree;
}

static struct exchange *
load_exchange(struct exchange_files *d, struct str name, struct refusal *ret)
{
	struct buf canonical = BUF_EMPTY;
	struct exchange *e = NULL;
	struct str missing;
	if (name_is_valid(name, '-') && d->n_exchanges < MAX_EXCHANGES &&
	    read_file(d, "", name, exchange_read, &canonical) == 0)
		e = exchange_decode(buf_str(&canonical));
	buf_free(&canonical);
	if (e && exchange_bind_trees(e, find_tree, d, &missing))
		return d->exchanges[d->n_exchanges++] = e;
	if (e)
		refuse(ret, "unknown_tree", "exchange", NULL, "%.*s has no good tree file for %.*s",
		       STR_FMT(name), STR_FMT(missing));
	else
		refuse(ret, "unknown_exchange", "exchange", NULL,
		       "%s has no good exchange file for \"%.*s\"", d->directory, STR_FMT(name));
	exchange_free(e);
	return NULL;
}

static struct exchange *
find_exchange(struct exchange_files *d, struct str name, struct refusal *ret)
{
	for (size_t i = 0; i < d->n_exchanges; i++)
		if (str_eq(d->exchanges[i]->name, name))
			return d->exchanges[i];
	return load_exchange(d, name, ret);
}

static struct str
text_at(struct mp args, const char *key)
{
	struct mp at = mp_find(args, str_of(key));
	return mp_peek(&at) == MP_STR ? mp_get_str(&at) : (struct str){"", 0};
}

static int
check_required(const struct exchange *e, enum side side, struct str body, struct refusal *ret)
{
	/* What comes from the participant is never required of the listing, so nobody is asked. */
	static const struct participant nobody;
	char path[REFUSAL_FIELD];
	size_t box;
	const struct field *lacking = body_lacks(e, side, body, &nobody, &box);
	if (!lacking)
		return 0;
	snprintf(path, sizeof path, "fields.%.*s", STR_FMT(lacking->name));
	return refuse(ret, "required_missing", path, NULL, "%.*s requires %.*s", STR_FMT(e->name),
		      STR_FMT(lacking->name));
}

static int
check_listing(struct exchange_files *d, struct mp args, struct buf *room, struct refusal *ret)
{
	struct str id = text_at(args, "listing"), side = text_at(args, "side");
	const char *slash = id.len ? memchr(id.p, '/', id.len) : NULL;
	struct str owner = {id.p, slash ? (uint32_t)(slash - id.p) : 0};
	struct str key = {slash ? slash + 1 : id.p, slash ? id.len - owner.len - 1 : 0};
	if (!id_is_valid(owner) || !id_is_valid(key))
		return refuse(ret, "bad_value", "listing", "participant/key",
			      "\"%.*s\" is no listing's id", STR_FMT(id));
	bool need = str_eq(side, STR("need"));
	if (!need && !str_eq(side, STR("offer")))
		return refuse(ret, "bad_value", "side", "need or offer", "\"%.*s\" is no side",
			      STR_FMT(side));
	const struct exchange *e = find_exchange(d, text_at(args, "exchange"), ret);
	if (!e || intake_body(e, need ? NEED : OFFER, args, true, room, ret))
		return 1;
	return check_required(e, need ? NEED : OFFER, buf_str(room), ret);
}

int
exchange_files_check(struct exchange_files *d, bool participant, struct mp args,
		     struct refusal *ret)
{
	struct buf room = BUF_EMPTY;
	int rc;
	if (participant)
		rc = intake_participant(mp_find(args, STR("participant")), true, "participant",
					&room, ret);
	else
		rc = check_listing(d, args, &room, ret);
	buf_free(&room);
	return rc;
}
