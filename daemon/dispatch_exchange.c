/* exchange.list and exchange.show: a definition given back in the words of the exchange file. */

#include "daemon/dispatch_reads.h"
#include "daemon/publish.h"

#include "core/listing.h"
#include "intake/intake.h"

#include <stdio.h>

/* A map whose pairs are counted as they are written: pairs first, the head before them at the end.
 */
struct map {
	struct buf pairs;
	uint32_t count;
};

static struct buf *
key(struct map *m, const char *name)
{
	m->count++;
	mp_put_text(&m->pairs, name);
	return &m->pairs;
}

static void
end_map(struct map *m, struct buf *out)
{
	mp_put_map(out, m->count);
	buf_put(out, m->pairs.data, m->pairs.len);
	buf_free(&m->pairs);
}

static void
put_titles(struct map *m, const char *name, const struct titles *t)
{
	if (!t->ru.p && !t->en.p)
		return;
	struct map texts = {0};
	if (t->ru.p)
		mp_put_str(key(&texts, "ru"), t->ru);
	if (t->en.p)
		mp_put_str(key(&texts, "en"), t->en);
	end_map(&texts, key(m, name));
}

/* A map from names to titles, in the order given. */
static void
put_named(struct map *m, const char *name, const struct named_value *values, size_t n)
{
	if (n == 0)
		return;
	struct buf *out = key(m, name);
	mp_put_map(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		struct map titles = {0};
		mp_put_str(out, values[i].name);
		if (values[i].title.ru.p)
			mp_put_str(key(&titles, "ru"), values[i].title.ru);
		if (values[i].title.en.p)
			mp_put_str(key(&titles, "en"), values[i].title.en);
		end_map(&titles, out);
	}
}

static void
put_unit_names(struct map *m, const struct field *f)
{
	if (f->n_units == 0)
		return;
	struct buf *out = key(m, "units");
	mp_put_array(out, (uint32_t)f->n_units);
	for (size_t i = 0; i < f->n_units; i++)
		mp_put_str(out, f->units[i].name);
}

static void
put_span(struct map *m, const struct field *f, const struct side_rule *r)
{
	if (r->span_own)
		mp_put_text(key(m, "span"), "own");
	else if (r->has_span && field_is_interval(f) && f->type != FIELD_DATE &&
		 f->type != FIELD_ORDINAL)
		intake_show_value(f, r->span, key(m, "span"));
	else if (r->has_span)
		mp_put_int(key(m, "span"), r->span);
}

static void
put_side(struct map *m, const struct field *f, enum side side)
{
	const struct side_rule *r = &f->side[side];
	struct map s = {0};
	put_titles(&s, "title", &r->title);
	mp_put_text(key(&s, "absent"), absent_names[r->absent]);
	if (field_is_interval(f) || f->type == FIELD_DIMENSIONS)
		mp_put_text(key(&s, "reading"), reading_names[r->reading]);
	if (r->from != ATTRIBUTE_NONE) {
		char from[64];
		snprintf(from, sizeof from, "participant.%s", attribute_names[r->from]);
		mp_put_text(key(&s, "from"), from);
	}
	mp_put_text(key(&s, "visibility"), visibility_names[r->visibility]);
	if (r->weight)
		mp_put_int(key(&s, "weight"), r->weight);
	if (r->better == BETTER_NEARER)
		mp_put_bool(key(&s, "nearer"), true);
	else if (r->better != BETTER_NONE)
		mp_put_text(key(&s, "better"), better_names[r->better]);
	put_span(&s, f, r);
	end_map(&s, key(m, side_names[side]));
}

static void
put_field(const struct field *f, struct buf *out)
{
	struct map m = {0};
	bool both = f->demanded_by[NEED] && f->demanded_by[OFFER];
	mp_put_text(key(&m, "type"), field_type_names[f->type]);
	put_titles(&m, "title", &f->title);
	put_titles(&m, "help", &f->help);
	mp_put_text(key(&m, "relation"), relation_names[f->relation]);
	mp_put_text(key(&m, "demanded_by"), both ? "both" : side_names[f->demanded_by[OFFER]]);
	if (f->unit.p)
		mp_put_str(key(&m, "unit"), f->unit);
	put_unit_names(&m, f);
	if (f->currency.p)
		mp_put_str(key(&m, "currency"), f->currency);
	if (f->tree_name.p)
		mp_put_str(key(&m, "tree"), f->tree_name);
	if (f->type == FIELD_NUMBER || f->type == FIELD_MONEY || f->type == FIELD_DIMENSIONS)
		mp_put_int(key(&m, "decimals"), f->decimals);
	if (f->min_overlap)
		mp_put_int(key(&m, "min_overlap"), f->min_overlap);
	put_named(&m, "values", f->values, f->n_values);
	put_named(&m, "labels", f->labels, f->n_labels);
	put_side(&m, f, NEED);
	put_side(&m, f, OFFER);
	end_map(&m, out);
}

static void
put_exchange(const struct exchange *e, struct buf *out)
{
	struct map m = {0};
	mp_put_str(key(&m, "exchange"), e->name);
	put_titles(&m, "title", &e->title);
	put_titles(&m, "help", &e->help);
	for (enum side side = NEED; side <= OFFER; side++) {
		struct map s = {0};
		put_titles(&s, "title", &e->side_title[side]);
		if (side == NEED && e->standing_needs)
			mp_put_text(key(&s, "from"), "participant");
		end_map(&s, key(&m, side_names[side]));
	}
	if (e->max_matches)
		mp_put_uint(key(&m, "max_matches"), e->max_matches);
	else
		mp_put_text(key(&m, "max_matches"), "all");
	mp_put_text(key(&m, "made_for"), e->newcomer ? "newcomer" : "either");
	if (e->default_days || e->max_days || e->notice_days) {
		struct map l = {0};
		if (e->default_days)
			mp_put_uint(key(&l, "default_days"), e->default_days);
		if (e->max_days)
			mp_put_uint(key(&l, "max_days"), e->max_days);
		if (e->notice_days)
			mp_put_uint(key(&l, "notice_days"), e->notice_days);
		end_map(&l, key(&m, "lifetime"));
	}
	if (e->moderated[NEED] || e->moderated[OFFER])
		mp_put_text(key(&m, "moderated"), e->moderated[NEED] && e->moderated[OFFER]
						      ? "both"
						      : side_names[e->moderated[OFFER]]);
	struct buf *out_fields = key(&m, "fields");
	mp_put_map(out_fields, (uint32_t)e->n_fields);
	for (size_t i = 0; i < e->n_fields; i++) {
		mp_put_str(out_fields, e->fields[i].name);
		put_field(&e->fields[i], out_fields);
	}
	end_map(&m, out);
}

bool
exchange_list(struct call *c)
{
	const struct exchange *e;
	uint32_t n = 0;

	while (market_exchange_at(c->market, n))
		n++;
	proto_write_ok(c->reply, c->request->id, 1);
	mp_put_text(c->reply, "exchanges");
	mp_put_array(c->reply, n);
	for (size_t i = 0; (e = market_exchange_at(c->market, i)); i++) {
		struct map m = {0};
		mp_put_str(key(&m, "name"), e->name);
		mp_put_str(key(&m, "title_ru"), e->title.ru);
		mp_put_str(key(&m, "title_en"), e->title.en);
		mp_put_uint(key(&m, "fields"), e->n_fields);
		mp_put_uint(key(&m, "needs"), market_exchange_listings(c->market, i, NEED));
		mp_put_uint(key(&m, "offers"), market_exchange_listings(c->market, i, OFFER));
		end_map(&m, c->reply);
	}
	return true;
}

bool
exchange_show(struct call *c)
{
	struct str name = arg_text(c, "exchange");
	const struct exchange *e = market_exchange(c->market, name);
	char hash[DEFINITION_HASH];
	if (!e) {
		refuse(&c->refusal, "unknown_exchange", "exchange",
		       "a name that exchange.list gives", "there is no exchange %.*s",
		       STR_FMT(name));
		return false;
	}
	publish_hash(e->canonical, hash);
	proto_write_ok(c->reply, c->request->id, 2);
	mp_put_text(c->reply, "exchange");
	put_exchange(e, c->reply);
	mp_put_text(c->reply, "hash");
	mp_put_text(c->reply, hash);
	return true;
}
