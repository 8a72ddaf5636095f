#include "daemon/publish.h"

#include "core/listing.h"
#include "core/participant.h"
#include "intake/intake.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- statements ---- */

static bool
is_nil(const struct mp *in)
{
	return mp_peek(in) == MP_NIL;
}

static void
publish_statement(const struct field *f, enum side side, struct str token, bool mark_hidden,
		  struct buf *out)
{
	struct mp in = mp_of(token);
	if (f->side[side].visibility != VISIBLE_PUBLIC && mark_hidden)
		mp_put_text(out, "(hidden)");
	else if (is_nil(&in))
		mp_put_nil(out);
	else
		intake_show_statement(f, token, out);
}

void
publish_fields(const struct exchange *e, enum side side, struct mp fields, bool mark_hidden,
	       struct buf *out)
{
	uint32_t n = mp_get_map(&fields), shown = 0;
	struct mp again = fields;

	for (uint32_t i = 0; i < n; i++) {
		const struct field *f = exchange_field(e, mp_get_str(&fields));
		mp_get_raw(&fields);
		shown += mark_hidden || f->side[side].visibility == VISIBLE_PUBLIC;
	}
	mp_put_map(out, shown);
	for (uint32_t i = 0; i < n; i++) {
		const struct field *f = exchange_field(e, mp_get_str(&again));
		struct str token = mp_get_raw(&again);
		if (!mark_hidden && f->side[side].visibility != VISIBLE_PUBLIC)
			continue;
		mp_put_str(out, f->name);
		publish_statement(f, side, token, mark_hidden, out);
	}
}

void
publish_variants(const struct exchange *e, enum side side, struct mp variants, bool mark_hidden,
		 struct buf *out)
{
	uint32_t n = mp_get_array(&variants);
	mp_put_array(out, n);
	for (uint32_t i = 0; i < n; i++) {
		struct mp box = variants;
		publish_fields(e, side, box, mark_hidden, out);
		mp_get_raw(&variants);
	}
}

/* ---- bodies ---- */

void
publish_listing_id(const struct market *m, const struct listing *l, struct buf *out)
{
	const struct participant *p = market_participant_at(m, l->participant);
	char id[MAX_LISTING_ID + MAX_NAME];
	size_t key_len = strlen(l->key);

	memcpy(id, p->id.p, p->id.len);
	id[p->id.len] = '/';
	memcpy(id + p->id.len + 1, l->key, key_len);
	mp_put_str(out, (struct str){id, (uint32_t)(p->id.len + 1 + key_len)});
}

const char *
publish_cause(enum cause cause)
{
	return cause_names[cause == CAUSE_BLOCKED ? CAUSE_CONDITIONS : cause];
}

static void
put_head(const struct fact *f, uint32_t more, struct buf *out)
{
	mp_put_map(out, 3 + more);
	mp_put_text(out, "fact");
	mp_put_text(out, fact_kind_name(f->kind));
	mp_put_text(out, "number");
	mp_put_uint(out, f->number);
	mp_put_text(out, "at");
	mp_put_int(out, f->at_ms);
}

void
publish_hash(struct str definition, char ret[DEFINITION_HASH])
{
	snprintf(ret, DEFINITION_HASH, "%016" PRIx64,
		 market_row_checksum(TABLE_EXCHANGE, 0, definition));
}

static void
publish_exchange(const struct fact *f, struct buf *out)
{
	char hash[DEFINITION_HASH];
	publish_hash(f->definition, hash);
	put_head(f, 2, out);
	mp_put_text(out, "exchange");
	mp_put_str(out, exchange_name_of(f->definition));
	mp_put_text(out, "hash");
	mp_put_text(out, hash);
}

static void
publish_participant(const struct market *m, const struct fact *f, struct buf *out)
{
	const struct participant *p = market_participant_at(m, f->participant.number);
	bool content = f->participant.content.p;
	put_head(f, content ? 3 : 2, out);
	mp_put_text(out, "participant");
	mp_put_str(out, p->id);
	mp_put_text(out, "status");
	mp_put_text(out, status_names[f->participant.status]);
	if (content) {
		struct mp name = mp_find(mp_of(f->participant.content), STR("name"));
		mp_put_text(out, "name");
		mp_put_str(out, mp_get_str_or_nil(&name));
	}
}

static void
publish_listing(const struct market *m, const struct fact *f, struct buf *out)
{
	const struct listing *l = market_listing_at(m, f->listing.number);
	const struct exchange *e = market_exchange_at(m, l->exchange);
	bool body = f->listing.body.p, reason = f->listing.reason.p;
	bool expiring = f->kind == FACT_LISTING_EXPIRING;
	put_head(f, 4u + (body ? 3 : 0) + reason + expiring, out);
	mp_put_text(out, "listing");
	publish_listing_id(m, l, out);
	mp_put_text(out, "exchange");
	mp_put_str(out, e->name);
	mp_put_text(out, "side");
	mp_put_text(out, side_names[f->listing.side]);
	mp_put_text(out, "state");
	mp_put_text(out, listing_state_names[f->listing.state]);
	if (expiring) {
		mp_put_text(out, "valid_until");
		mp_put_int(out, f->listing.valid_until_ms);
	}
	if (reason) {
		mp_put_text(out, "reason");
		mp_put_str(out, f->listing.reason);
	}
	if (!body)
		return;
	struct mp map = mp_of(f->listing.body);
	struct mp title = mp_find(map, STR("title"));
	mp_put_text(out, "title");
	mp_put_str(out, mp_get_str(&title));
	mp_put_text(out, "fields");
	publish_fields(e, f->listing.side, mp_find(map, STR("fields")), false, out);
	mp_put_text(out, "variants");
	publish_variants(e, f->listing.side, mp_find(map, STR("variants")), false, out);
}

static void
publish_match(const struct market *m, const struct fact *f, struct buf *out)
{
	const struct listing *need = market_listing_at(m, f->match.need);
	bool ended = f->kind == FACT_MATCH_ENDED;
	put_head(f, ended ? 5 : 7, out);
	mp_put_text(out, "exchange");
	mp_put_str(out, market_exchange_at(m, need->exchange)->name);
	mp_put_text(out, "need");
	publish_listing_id(m, need, out);
	mp_put_text(out, "offer");
	publish_listing_id(m, market_listing_at(m, f->match.offer), out);
	mp_put_text(out, "score");
	mp_put_uint(out, f->match.score);
	if (ended) {
		mp_put_text(out, "cause");
		mp_put_text(out, publish_cause(f->match.cause));
		return;
	}
	mp_put_text(out, "need_box");
	mp_put_uint(out, f->match.need_box);
	mp_put_text(out, "offer_box");
	mp_put_uint(out, f->match.offer_box);
	mp_put_text(out, "reasons");
	mp_put_raw(out, f->match.reasons);
}

bool
publish_body(const struct market *m, const struct fact *f, struct buf *out)
{
	if (f->kind == FACT_EXCHANGE_REVISED)
		publish_exchange(f, out);
	else if (f->kind < FACT_PARTICIPANT_REGISTERED || f->kind >= FACT_QUEUE_ADDED)
		return false;
	else if (f->kind < FACT_LISTING_DRAFTED)
		publish_participant(m, f, out);
	else if (f->kind < FACT_MATCH_MADE)
		publish_listing(m, f, out);
	else
		publish_match(m, f, out);
	return true;
}
