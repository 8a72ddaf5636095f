/* listing.matches and match.explain. */

#include "daemon/dispatch_reads.h"

#include "core/listing.h"
#include "daemon/publish.h"
#include "intake/intake.h"

#include <stdlib.h>

enum { MATCHES_PAGE = 20 };

static void
put_match_row(const struct market *m, const struct match *match, struct buf *out)
{
	mp_put_map(out, 6);
	mp_put_text(out, "listing");
	publish_listing_id(m, match->counterpart, out);
	mp_put_text(out, "title");
	mp_put_str(out, listing_title(m, match->counterpart));
	mp_put_text(out, "score");
	mp_put_uint(out, match->score);
	mp_put_text(out, "need_box");
	mp_put_uint(out, match->need_box);
	mp_put_text(out, "offer_box");
	mp_put_uint(out, match->offer_box);
	mp_put_text(out, "told");
	mp_put_bool(out, match->told);
}

bool
listing_matches(struct call *c)
{
	const struct listing *l = wanted_listing(c, "listing");
	if (!l)
		return false;
	size_t total, i = (size_t)arg_int(c, "after", 0);
	size_t limit = (size_t)arg_int(c, "limit", MATCHES_PAGE);
	struct match *matches = market_matches(c->market, l, &total);
	struct buf rows = BUF_EMPTY;
	uint32_t count = 0;

	for (; i < total && count < limit && rows.len < REPLY_PAGE; i++, count++)
		put_match_row(c->market, &matches[i], &rows);
	proto_write_ok(c->reply, c->request->id, i < total ? 3 : 2);
	put_key(c, "matches");
	mp_put_array(c->reply, count);
	buf_put(c->reply, rows.data, rows.len);
	put_pair(c, "total", total);
	if (i < total)
		put_pair(c, "next", i);
	buf_free(&rows);
	free(matches);
	return true;
}

static void
put_points(struct call *c, const char *key, int points)
{
	put_key(c, key);
	if (points == POINTS_LEFT_OUT)
		mp_put_nil(c->reply);
	else
		mp_put_int(c->reply, points);
}

static void
put_explained(struct call *c, const struct explained_field *f)
{
	static const char *const points[] = {"need_points", "offer_points"};
	if (!field_is_public(f->field)) {
		mp_put_map(c->reply, 2);
		put_key(c, "field");
		mp_put_str(c->reply, f->field->name);
		put_key(c, "hidden");
		mp_put_bool(c->reply, true);
		return;
	}
	uint32_t stated = 0;
	for (enum side side = NEED; side <= OFFER; side++)
		stated += f->statement[side].p || f->unknown[side];
	mp_put_map(c->reply, 5 + stated);
	put_key(c, "field");
	mp_put_str(c->reply, f->field->name);
	for (enum side side = NEED; side <= OFFER; side++) {
		if (!f->statement[side].p && !f->unknown[side])
			continue;
		put_key(c, side_names[side]);
		if (f->unknown[side])
			mp_put_text(c->reply, "unknown");
		else
			intake_show_statement(f->field, f->statement[side], c->reply);
	}
	put_key(c, "met");
	mp_put_bool(c->reply, f->met);
	put_key(c, "blamed");
	mp_put_array(c->reply, (uint32_t)f->blamed[NEED] + f->blamed[OFFER]);
	for (enum side side = NEED; side <= OFFER; side++)
		if (f->blamed[side])
			mp_put_text(c->reply, side_names[side]);
	put_points(c, points[NEED], f->points[NEED]);
	put_points(c, points[OFFER], f->points[OFFER]);
}

bool
match_explain(struct call *c)
{
	const struct listing *need = wanted_listing(c, "need");
	const struct listing *offer = need ? wanted_listing(c, "offer") : NULL;
	struct explanation e;
	if (!offer)
		return false;
	if (!market_explain(c->market, need, offer, &e)) {
		bool reversed = need->side == OFFER && offer->side == NEED;
		refuse(&c->refusal, "not_a_pair", "offer", "a need and an offer of one exchange",
		       reversed ? "the first is an offer and the second a need: the need goes first"
				: "these two cannot match");
		return false;
	}
	proto_write_ok(c->reply, c->request->id, e.meets ? 6 : 7);
	put_key(c, "meets");
	mp_put_bool(c->reply, e.meets);
	if (!e.meets) {
		put_key(c, "cause");
		mp_put_text(c->reply, publish_cause(e.cause));
	}
	put_pair(c, "score", e.score);
	put_pair(c, "need_box", e.need_box);
	put_pair(c, "offer_box", e.offer_box);
	put_key(c, "told");
	mp_put_bool(c->reply, e.told);
	put_key(c, "fields");
	mp_put_array(c->reply, (uint32_t)e.n_fields);
	for (size_t i = 0; i < e.n_fields; i++)
		put_explained(c, &e.fields[i]);
	explanation_done(&e);
	return true;
}
