/* A subscription's filter, from what is written to canonical bytes (filter.h). */

#include "daemon/dispatch_internal.h"

#include "core/listing.h"
#include "daemon/subscriptions.h"
#include "intake/intake.h"

static void
put_text_pair(struct call *c, const char *name, struct buf *out, uint32_t *n)
{
	if (!arg_is_there(c, name))
		return;
	mp_put_text(out, name);
	mp_put_str(out, arg_text(c, name));
	(*n)++;
}

/* The kinds that are named, in the order of their numbers. */
static bool
put_kinds(struct call *c, struct buf *out, uint32_t *n)
{
	struct mp in = proto_arg(c->request, "kinds")->raw;
	uint32_t count = mp_get_array(&in), found = 0;
	uint64_t kinds = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct str name = mp_get_str(&in);
		uint64_t kind = UINT64_C(1) << kind_number(name);
		if (kind == 1 || in.failed) {
			refuse(&c->refusal, in.failed ? "bad_type" : "bad_value", "kinds",
			       "kinds of facts such as match.made", "%.*s is no kind of fact",
			       STR_FMT(name));
			return false;
		}
		found += !(kinds & kind);
		kinds |= kind;
	}
	if (found == 0)
		return true;
	mp_put_text(out, "kinds");
	mp_put_array(out, found);
	for (unsigned kind = 1; kind < 64; kind++)
		if (kinds >> kind & 1)
			mp_put_text(out, fact_kind_name((enum fact_kind)kind));
	(*n)++;
	return true;
}

/* Conditions on what is not public would give it away. */
static bool
are_public(struct call *c, const struct exchange *e, enum side side)
{
	struct mp in = proto_arg(c->request, "fields")->raw;
	uint32_t n = mp_get_map(&in);
	for (uint32_t i = 0; i < n; i++) {
		struct str name = mp_get_str(&in);
		const struct field *f = exchange_field(e, name);
		mp_get_raw(&in);
		if (f && f->side[side].visibility != VISIBLE_PUBLIC) {
			refuse(&c->refusal, "not_public", "fields", "public fields",
			       "%.*s is not shown to others", STR_FMT(name));
			return false;
		}
	}
	return true;
}

/* The exchange that conditions are about, by order of loading; -1 with a refusal. */
static int
conditions_exchange(struct call *c, enum side side)
{
	struct str name = arg_text(c, "exchange");
	const struct exchange *e;
	if (!name.p || (int)side == ANY_SIDE) {
		refuse(&c->refusal, "missing_field", name.p ? "side" : "exchange",
		       "fields need exchange and side",
		       "conditions are about one side of an exchange");
		return -1;
	}
	for (int i = 0; (e = market_exchange_at(c->market, (size_t)i)); i++)
		if (str_eq(e->name, name))
			return are_public(c, e, side) ? i : -1;
	return -1;
}

static bool
put_conditions(struct call *c, int side, struct buf *out, uint32_t *n)
{
	struct buf written = BUF_EMPTY, body = BUF_EMPTY;
	struct searches *searches = subscriptions_searches(c->dispatch->subscriptions);
	struct mp fields = proto_arg(c->request, "fields")->raw;
	int exchange = conditions_exchange(c, (enum side)side);
	if (exchange < 0)
		return false;
	enum side other = side_other((enum side)side);
	mp_put_map(&written, 2);
	mp_put_text(&written, "title");
	mp_put_text(&written, "a search");
	mp_put_text(&written, "fields");
	mp_put_raw(&written, mp_get_raw(&fields));
	bool good = intake_body(searches_exchange(searches, (size_t)exchange, other), other,
				mp_of(buf_str(&written)), true, &body, &c->refusal) == 0;
	if (good) {
		mp_put_text(out, "body");
		mp_put_raw(out, buf_str(&body));
		(*n)++;
	}
	buf_free(&written);
	buf_free(&body);
	return good;
}

static bool
read_side(struct call *c, int *ret)
{
	struct str word = arg_text(c, "side");
	*ret = word.p ? str_place(word, side_names) : ANY_SIDE;
	if (!word.p || *ret >= 0)
		return true;
	refuse(&c->refusal, "bad_value", "side", "need or offer", "%.*s is no side", STR_FMT(word));
	return false;
}

/* A key, or ~ and an exchange, whose standing need it is. */
static bool
is_listing_id(struct str id)
{
	struct str participant, key;
	if (!split_listing_id(id, &participant, &key) || !id_is_valid(participant))
		return false;
	if (key.len > 0 && key.p[0] == '~')
		key = (struct str){key.p + 1, key.len - 1};
	return id_is_valid(key);
}

static bool
check_names(struct call *c)
{
	struct str exchange = arg_text(c, "exchange"), listing = arg_text(c, "listing");
	if (exchange.p && !market_exchange(c->market, exchange)) {
		refuse(&c->refusal, "unknown_exchange", "exchange",
		       "a name that exchange.list gives", "there is no exchange %.*s",
		       STR_FMT(exchange));
		return false;
	}
	if (listing.p && !is_listing_id(listing)) {
		refuse(&c->refusal, "bad_value", "listing", "participant/key",
		       "the listing's id cannot be one");
		return false;
	}
	if (arg_is_there(c, "participant") && !id_is_valid(arg_text(c, "participant"))) {
		refuse(&c->refusal, "bad_value", "participant", "1 to 64 of A-Z a-z 0-9 . _ -",
		       "the participant's id cannot be one");
		return false;
	}
	return true;
}

bool
dispatch_filter(struct call *c, struct buf *out)
{
	struct buf pairs = BUF_EMPTY;
	uint32_t n = 0;
	int side;
	int64_t min_score = arg_int(c, "min_score", 0);
	if (!check_names(c) || !read_side(c, &side))
		return false;
	put_text_pair(c, "exchange", &pairs, &n);
	put_text_pair(c, "side", &pairs, &n);
	put_text_pair(c, "participant", &pairs, &n);
	put_text_pair(c, "listing", &pairs, &n);
	bool good = !arg_is_there(c, "kinds") || put_kinds(c, &pairs, &n);
	if (good && min_score > 0) {
		mp_put_text(&pairs, "min_score");
		mp_put_int(&pairs, min_score);
		n++;
	}
	if (good && arg_is_there(c, "fields"))
		good = put_conditions(c, side, &pairs, &n);
	if (good) {
		mp_put_map(out, n);
		mp_put_raw(out, buf_str(&pairs));
	}
	buf_free(&pairs);
	return good;
}
