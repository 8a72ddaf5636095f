#include "core/fact.h"

#include "util/mp.h"

const char *const status_names[] = {"applicant", "member", "suspended", "excluded", NULL};
const char *const listing_state_names[] = {"draft",	"scheduled", "open",	"paused",
					   "withdrawn", "expired",   "pending", NULL};
const char *const cause_names[] = {"none",    "need_status", "offer_status", "same_participant",
				   "blocked", "need_state",  "offer_state",  "conditions",
				   NULL};

const char *
fact_kind_name(enum fact_kind kind)
{
	switch (kind) {
	case FACT_SETTINGS_CHANGED:
		return "settings.changed";
	case FACT_TREE_LOADED:
		return "tree.loaded";
	case FACT_EXCHANGE_LOADED:
		return "exchange.loaded";
	case FACT_EXCHANGE_REVISED:
		return "exchange.revised";
	case FACT_PARTICIPANT_REGISTERED:
		return "participant.registered";
	case FACT_PARTICIPANT_REVISED:
		return "participant.revised";
	case FACT_PARTICIPANT_STATUS:
		return "participant.status";
	case FACT_LISTING_DRAFTED:
		return "listing.drafted";
	case FACT_LISTING_SCHEDULED:
		return "listing.scheduled";
	case FACT_LISTING_OPENED:
		return "listing.opened";
	case FACT_LISTING_REVISED:
		return "listing.revised";
	case FACT_LISTING_PAUSED:
		return "listing.paused";
	case FACT_LISTING_RESUMED:
		return "listing.resumed";
	case FACT_LISTING_RENEWED:
		return "listing.renewed";
	case FACT_LISTING_WITHDRAWN:
		return "listing.withdrawn";
	case FACT_LISTING_EXPIRED:
		return "listing.expired";
	case FACT_LISTING_SUBMITTED:
		return "listing.submitted";
	case FACT_LISTING_APPROVED:
		return "listing.approved";
	case FACT_LISTING_REJECTED:
		return "listing.rejected";
	case FACT_LISTING_EXPIRING:
		return "listing.expiring";
	case FACT_MATCH_MADE:
		return "match.made";
	case FACT_MATCH_CHANGED:
		return "match.changed";
	case FACT_MATCH_ENDED:
		return "match.ended";
	case FACT_QUEUE_ADDED:
		return "queue.added";
	case FACT_QUEUE_BEGUN:
		return "queue.begun";
	case FACT_QUEUE_WORKED:
		return "queue.worked";
	}
	return NULL;
}

/* The families of kinds that are written alike. */
enum family {
	FAMILY_DEFINITION,
	FAMILY_PARTICIPANT,
	FAMILY_LISTING,
	FAMILY_MATCH,
	FAMILY_JOB,
	FAMILY_WORKED
};

static enum family
family_of(enum fact_kind kind)
{
	if (kind < FACT_PARTICIPANT_REGISTERED)
		return FAMILY_DEFINITION;
	if (kind < FACT_LISTING_DRAFTED)
		return FAMILY_PARTICIPANT;
	if (kind < FACT_MATCH_MADE)
		return FAMILY_LISTING;
	if (kind < FACT_QUEUE_ADDED)
		return FAMILY_MATCH;
	return kind == FACT_QUEUE_WORKED ? FAMILY_WORKED : FAMILY_JOB;
}

static void
put_canonical(struct buf *out, struct str token)
{
	if (token.p)
		mp_put_raw(out, token);
	else
		mp_put_nil(out);
}

void
fact_encode(const struct fact *f, struct buf *out)
{
	static const uint32_t sizes[] = {
	    [FAMILY_DEFINITION] = 1, [FAMILY_PARTICIPANT] = 4, [FAMILY_LISTING] = 10,
	    [FAMILY_MATCH] = 7,	     [FAMILY_JOB] = 5,	       [FAMILY_WORKED] = 2};
	enum family family = family_of(f->kind);

	mp_put_array(out, 3 + sizes[family]);
	mp_put_uint(out, f->number);
	mp_put_int(out, f->at_ms);
	mp_put_int(out, f->kind);
	switch (family) {
	case FAMILY_DEFINITION:
		put_canonical(out, f->definition);
		break;
	case FAMILY_PARTICIPANT:
		mp_put_uint(out, f->participant.number);
		mp_put_int(out, f->participant.status);
		mp_put_str(out, f->participant.id);
		put_canonical(out, f->participant.content);
		break;
	case FAMILY_LISTING:
		mp_put_uint(out, f->listing.number);
		mp_put_uint(out, f->listing.participant);
		mp_put_uint(out, f->listing.exchange);
		mp_put_int(out, f->listing.side);
		mp_put_int(out, f->listing.state);
		mp_put_int(out, f->listing.valid_from_ms);
		mp_put_int(out, f->listing.valid_until_ms);
		mp_put_str(out, f->listing.key);
		put_canonical(out, f->listing.body);
		mp_put_str(out, f->listing.reason);
		break;
	case FAMILY_MATCH:
		mp_put_uint(out, f->match.need);
		mp_put_uint(out, f->match.offer);
		mp_put_uint(out, f->match.score);
		mp_put_uint(out, f->match.need_box);
		mp_put_uint(out, f->match.offer_box);
		mp_put_int(out, f->match.cause);
		put_canonical(out, f->match.reasons);
		break;
	case FAMILY_JOB:
		mp_put_int(out, f->job.kind);
		mp_put_uint(out, f->job.listing);
		mp_put_uint(out, f->job.against);
		mp_put_bool(out, f->job.begun);
		put_canonical(out, f->job.pairs);
		break;
	case FAMILY_WORKED:
		mp_put_uint(out, f->worked.pairs);
		mp_put_bool(out, f->worked.done);
		break;
	}
}

/* Reads an integer that must lie in [0, max]. */
static uint32_t
get_small(struct mp *in, uint32_t max)
{
	uint64_t v = mp_get_uint(in);
	if (v > max)
		in->failed = true;
	return (uint32_t)v;
}

static struct str
get_canonical(struct mp *in)
{
	return mp_get_nil(in) ? STR_NONE : mp_get_raw(in);
}

bool
fact_decode(struct str bytes, struct fact *ret)
{
	struct mp in = mp_of(bytes);
	struct fact f = {0};

	mp_get_array(&in);
	f.number = mp_get_uint(&in);
	f.at_ms = mp_get_int(&in);
	f.kind = (enum fact_kind)get_small(&in, FACT_QUEUE_WORKED);
	if (in.failed || !fact_kind_name(f.kind))
		return false;
	switch (family_of(f.kind)) {
	case FAMILY_DEFINITION:
		f.definition = get_canonical(&in);
		break;
	case FAMILY_PARTICIPANT:
		f.participant.number = get_small(&in, UINT32_MAX);
		f.participant.status = (enum status)get_small(&in, STATUS_EXCLUDED);
		f.participant.id = mp_get_str_or_nil(&in);
		f.participant.content = get_canonical(&in);
		break;
	case FAMILY_LISTING:
		f.listing.number = get_small(&in, UINT32_MAX);
		f.listing.participant = get_small(&in, UINT32_MAX);
		f.listing.exchange = get_small(&in, MAX_EXCHANGES);
		f.listing.side = (enum side)get_small(&in, OFFER);
		f.listing.state = (enum listing_state)get_small(&in, STATE_PENDING);
		f.listing.valid_from_ms = mp_get_int(&in);
		f.listing.valid_until_ms = mp_get_int(&in);
		f.listing.key = mp_get_str_or_nil(&in);
		f.listing.body = get_canonical(&in);
		f.listing.reason = mp_get_str_or_nil(&in);
		break;
	case FAMILY_MATCH:
		f.match.need = get_small(&in, UINT32_MAX);
		f.match.offer = get_small(&in, UINT32_MAX);
		f.match.score = (uint16_t)get_small(&in, 1000);
		f.match.need_box = (uint8_t)get_small(&in, MAX_VARIANTS);
		f.match.offer_box = (uint8_t)get_small(&in, MAX_VARIANTS);
		f.match.cause = (enum cause)get_small(&in, CAUSE_CONDITIONS);
		f.match.reasons = get_canonical(&in);
		break;
	case FAMILY_JOB:
		f.job.kind = (enum job_kind)get_small(&in, JOB_REMATCH);
		f.job.listing = get_small(&in, UINT32_MAX);
		f.job.against = get_small(&in, UINT32_MAX);
		f.job.begun = mp_get_bool(&in);
		f.job.pairs = get_canonical(&in);
		break;
	case FAMILY_WORKED:
		f.worked.pairs = get_small(&in, UINT32_MAX);
		f.worked.done = mp_get_bool(&in);
		break;
	}
	if (in.failed || in.at != in.end)
		return false;
	*ret = f;
	return true;
}
