/*
 * Deciding settings, code trees and exchanges. A definition may change under its listings as long
 * as every one of them could be published as it is stored: what was refused would be an exchange
 * whose listings say what it cannot read.
 */

#include "core/decide.h"

#include "core/fits.h"

#include <stdio.h>

enum decision
decide_settings(struct decider *d)
{
	if (str_eq(d->m->settings, d->c->definition))
		return DECIDED_UNCHANGED;
	*d->fact = (struct fact){.kind = FACT_SETTINGS_CHANGED, .definition = d->c->definition};
	return DECIDED_FACT;
}

/* ---- listings that would not fit ---- */

enum { FIRST_MISFITS = 3 };

struct misfits {
	uint32_t count;
	const struct listing *first[FIRST_MISFITS];
	struct misfit why; /* of the first */
};

/* Adds those of one exchange to what is there. */
static void
find_misfits(const struct decider *d, size_t exchange, const struct exchange *changed,
	     struct misfits *ret)
{
	const struct exchange *known = d->m->floors[exchange].exchange;
	struct misfit why;
	for (uint32_t i = 1; i <= d->m->n_listings; i++) {
		const struct listing *l = listing_at(d->m, i);
		if (l->exchange != exchange ||
		    listing_fits(known, changed, (enum side)l->side, market_body(d->m, l), &why))
			continue;
		if (ret->count == 0)
			ret->why = why;
		if (ret->count < FIRST_MISFITS)
			ret->first[ret->count] = l;
		ret->count++;
	}
}

static enum decision
refuse_misfits(struct decider *d, const struct misfits *misfits)
{
	char ids[REFUSAL_TEXT] = "", field[REFUSAL_FIELD];
	size_t len = 0;
	for (uint32_t i = 0; i < misfits->count && i < FIRST_MISFITS && len < sizeof ids; i++) {
		const struct listing *l = misfits->first[i];
		len += (size_t)snprintf(ids + len, sizeof ids - len, "%s%.*s/%s", i ? ", " : "",
					STR_FMT(owner_of(d->m, l)->id), l->key);
	}
	snprintf(field, sizeof field, "fields.%.*s", STR_FMT(misfits->why.field));
	return REFUSE(d, "in_use", field,
		      "a definition that takes what is stored, or these listings revised or "
		      "withdrawn and published anew first",
		      "%u listing%s would be invalid: %.*s %s; first %s", misfits->count,
		      misfits->count == 1 ? "" : "s", STR_FMT(misfits->why.field),
		      misfits->why.what, ids);
}

/* ---- trees ---- */

/* Whether the listings of every exchange that uses the tree fit it as it would be. */
static enum decision
judge_tree_in_use(struct decider *d, const struct tree *t)
{
	struct misfits misfits = {0};
	for (size_t i = 0; i < d->m->n_floors; i++) {
		struct exchange changed = *d->m->floors[i].exchange;
		bool uses = false;
		changed.fields = mem_dup(changed.fields, changed.n_fields * sizeof *changed.fields);
		for (size_t k = 0; k < changed.n_fields; k++) {
			struct field *f = &changed.fields[k];
			if (f->type != FIELD_CODE || !str_eq(f->tree_name, t->name))
				continue;
			uses = true;
			f->tree = t;
		}
		if (uses)
			find_misfits(d, i, &changed, &misfits);
		free(changed.fields);
	}
	return misfits.count ? refuse_misfits(d, &misfits) : DECIDED_FACT;
}

static enum decision
judge_tree(struct decider *d, const struct tree *t)
{
	const struct tree *known = market_tree(d->m, t->name);
	if (!known)
		return d->m->n_shelves == MAX_TREES
			   ? REFUSE(d, "too_many_values", "tree", NULL,
				    "there are %d trees already", MAX_TREES)
			   : DECIDED_FACT;
	if (str_eq(known->canonical, t->canonical))
		return DECIDED_UNCHANGED;
	if (known->rule != t->rule)
		return REFUSE(d, "in_use", "rule", "a tree of another name",
			      "the rule of tree %.*s cannot change", STR_FMT(t->name));
	return judge_tree_in_use(d, t);
}

enum decision
decide_tree(struct decider *d)
{
	struct tree *t = tree_decode(d->c->definition);
	if (!t)
		return REFUSE(d, "bad_value", "tree", NULL, "these bytes are no code tree");
	enum decision decision = judge_tree(d, t);
	tree_free(t);
	*d->fact = (struct fact){.kind = FACT_TREE_LOADED, .definition = d->c->definition};
	return decision;
}

/* ---- exchanges ---- */

static const struct tree *
find_tree(void *arg, struct str name)
{
	return market_tree(arg, name);
}

static enum decision
judge_trees_of(struct decider *d, struct exchange *e)
{
	struct str missing;
	if (!exchange_bind_trees(e, find_tree, (void *)d->m, &missing))
		return REFUSE(d, "unknown_tree", "fields", "a tree that is loaded",
			      "field %.*s names an unknown tree", STR_FMT(missing));
	for (size_t i = 0; i < e->n_fields; i++) {
		const struct field *f = &e->fields[i];
		bool okved =
		    f->side[NEED].from == ATTRIBUTE_OKVED || f->side[OFFER].from == ATTRIBUTE_OKVED;
		if (okved && f->tree->rule != CODE_OKVED)
			return REFUSE(
			    d, "bad_value", "fields", "a tree of rule okved",
			    "field %.*s is filled from OKVED codes, and its tree has other ones",
			    STR_FMT(f->name));
	}
	return DECIDED_FACT;
}

/* Whether a known exchange may be defined so. */
static enum decision
judge_change(struct decider *d, size_t index, const struct exchange *e)
{
	const struct floor *known = &d->m->floors[index];
	struct misfits misfits = {0};
	if (str_eq(known->exchange->canonical, e->canonical))
		return DECIDED_UNCHANGED;
	if (known->exchange->standing_needs != e->standing_needs && known->listings[NEED] > 0)
		return REFUSE(d, "in_use", "need.from", "the needs as they were",
			      "%.*s has %u needs, so whether they are published or stand by "
			      "themselves cannot change",
			      STR_FMT(e->name), known->listings[NEED]);
	find_misfits(d, index, e, &misfits);
	return misfits.count ? refuse_misfits(d, &misfits) : DECIDED_FACT;
}

static enum decision
judge_exchange(struct decider *d, struct exchange *e)
{
	int index = market_floor(d->m, e->name);
	enum decision decision = judge_trees_of(d, e);
	if (decision != DECIDED_FACT)
		return decision;
	if (index >= 0)
		return judge_change(d, (size_t)index, e);
	if (d->m->n_floors == MAX_EXCHANGES)
		return REFUSE(d, "too_many_values", "exchange", NULL, "there are %d already",
			      MAX_EXCHANGES);
	return DECIDED_FACT;
}

enum decision
decide_exchange(struct decider *d)
{
	struct exchange *e = exchange_decode(d->c->definition);
	if (!e)
		return REFUSE(d, "bad_value", "exchange", NULL, "these bytes are no exchange");
	bool known = market_floor(d->m, e->name) >= 0;
	enum decision decision = judge_exchange(d, e);
	exchange_free(e);
	*d->fact = (struct fact){.kind = known ? FACT_EXCHANGE_REVISED : FACT_EXCHANGE_LOADED,
				 .definition = d->c->definition};
	return decision;
}
