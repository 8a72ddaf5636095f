/*
 * The message table. Everything about a message is in its row; docs/protocol.md is printed from
 * here.
 */

#include "proto/proto.h"

#define END                                                                                        \
	{                                                                                          \
		NULL                                                                               \
	}
#define LISTING_ID 129
#define ID	   64
#define NAME	   64
#define TIME	   0, INT64_C(253402300799999)
#define REVISION   1, UINT32_MAX

static const struct proto_field none[] = {END};

/* ---- session ---- */

static const struct proto_field hello_args[] = {
    {"versions", PROTO_ARRAY, PROTO_REQUIRED, 0, 16, "protocol versions that the client speaks"},
    {"client", PROTO_TEXT, 0, 0, 200, "the client's name, for the log"},
    END,
};
static const struct proto_field hello_results[] = {
    {"version", PROTO_INT, PROTO_REQUIRED, 0, 0, "the highest version that both speak"},
    {"server", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "\"matchd\" and its version"},
    {"epoch", PROTO_BIN, PROTO_REQUIRED, 0, 0, "the epoch, 16 bytes"},
    {"head", PROTO_INT, PROTO_REQUIRED, 0, 0, "the last fact's number, 0 for none"},
    {"max_request", PROTO_INT, PROTO_REQUIRED, 0, 0, "bytes of the longest request"},
    END,
};

static const struct proto_field status_results[] = {
    {"server", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "\"matchd\" and its version"},
    {"epoch", PROTO_BIN, PROTO_REQUIRED, 0, 0, "the epoch, 16 bytes"},
    {"head", PROTO_INT, PROTO_REQUIRED, 0, 0, "the last fact's number"},
    {"stamp", PROTO_INT, PROTO_REQUIRED, 0, 0, "the last fact's time, ms"},
    {"digest", PROTO_TEXT, PROTO_REQUIRED, 0, 0,
     "the state's digest as of the last turn, 16 hex digits"},
    {"participants", PROTO_INT, PROTO_REQUIRED, 0, 0, "how many"},
    {"listings", PROTO_INT, PROTO_REQUIRED, 0, 0, "how many, in any state"},
    {"open", PROTO_INT, PROTO_REQUIRED, 0, 0, "how many are open"},
    {"told", PROTO_INT, PROTO_REQUIRED, 0, 0, "told pairs"},
    {"queue", PROTO_INT, PROTO_REQUIRED, 0, 0, "units of telling work that wait"},
    {"verified_pairs", PROTO_INT, 0, 0, 0, "that index.verify judged since the core started"},
    {"divergences", PROTO_INT, 0, 0, 0, "that it found"},
    {"uptime_ms", PROTO_INT, PROTO_REQUIRED, 0, 0, "since the core started"},
    {"store_bytes", PROTO_INT, 0, 0, 0, "that the store takes on its disk"},
    {"map_bytes", PROTO_INT, 0, 0, 0, "that it may take before its map grows"},
    {"free_bytes", PROTO_INT, 0, 0, 0, "that its disk has left for the core"},
    {"room", PROTO_TEXT, 0, 0, 0, "enough; reserve: only withdrawals and reads; none: only reads"},
    {"first", PROTO_INT, 0, 0, 0, "the oldest fact that is kept"},
    {"subscriptions", PROTO_INT, 0, 0, 0, "how many"},
    {"clock_held", PROTO_BOOL, 0, 0, 0, "whether a wall clock that jumped is not followed"},
    END,
};

/* ---- exchanges ---- */

static const struct proto_field exchange_list_results[] = {
    {"exchanges", PROTO_ARRAY, PROTO_REQUIRED, 0, 0,
     "{name, title_ru, title_en, fields, needs, offers} each, by name"},
    END,
};
static const struct proto_field exchange_show_args[] = {
    {"exchange", PROTO_TEXT, PROTO_REQUIRED, 1, NAME, "its name"},
    END,
};
static const struct proto_field exchange_show_results[] = {
    {"exchange", PROTO_MAP, PROTO_REQUIRED, 0, 0, "the definition, keyed as in the exchange file"},
    {"hash", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "of its canonical bytes, 16 hex digits"},
    END,
};

static const struct proto_field reload_results[] = {
    {"definitions", PROTO_ARRAY, PROTO_REQUIRED, 0, 0,
     "{kind, name, result, file, message} each: kind \"exchange\", \"tree\" or \"settings\"; "
     "result \"loaded\", "
     "\"revised\", \"unchanged\", \"refused\" (with a message; the rest is loaded all the same) "
     "or \"kept\" "
     "(there is no file any more; exchanges do not go)"},
    {"number", PROTO_INT, PROTO_REQUIRED, 0, 0, "the last fact's number after the command"},
    END,
};

/* ---- participants ---- */

static const struct proto_field register_args[] = {
    {"participant", PROTO_MAP, PROTO_REQUIRED, 0, 0, "id and attributes, see Participants"},
    {"status", PROTO_TEXT, 0, 1, NAME, "applicant (default) or member"},
    {"dry_run", PROTO_BOOL, 0, 0, 0,
     "only decide: the results say what would be, and nothing changes"},
    END,
};
static const struct proto_field participant_results[] = {
    {"result", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "\"changed\" or \"unchanged\""},
    {"revision", PROTO_INT, PROTO_REQUIRED, 0, 0, "the participant's revision now"},
    {"status", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "its status now"},
    {"number", PROTO_INT, PROTO_REQUIRED, 0, 0, "the last fact's number after the command"},
    END,
};
static const struct proto_field participant_revise_args[] = {
    {"participant", PROTO_TEXT, PROTO_REQUIRED, 1, ID, "its id"},
    {"set", PROTO_MAP, PROTO_REQUIRED, 0, 0, "attributes to replace; null removes"},
    {"expect_revision", PROTO_INT, 0, REVISION, "refuse if another is stored"},
    END,
};
static const struct proto_field participant_status_args[] = {
    {"participant", PROTO_TEXT, PROTO_REQUIRED, 1, ID, "its id"},
    {"status", PROTO_TEXT, PROTO_REQUIRED, 1, NAME, "applicant, member, suspended, excluded"},
    END,
};
static const struct proto_field participant_show_args[] = {
    {"participant", PROTO_TEXT, PROTO_REQUIRED, 1, ID, "its id"},
    END,
};
static const struct proto_field participant_show_results[] = {
    {"participant", PROTO_MAP, PROTO_REQUIRED, 0, 0,
     "{id, status, revision, listings} and its attributes, without contacts and blocks"},
    END,
};
static const struct proto_field participant_list_args[] = {
    {"status", PROTO_TEXT, 0, 1, NAME, "only those with this status"},
    {"kind", PROTO_TEXT, 0, 1, NAME, "only those of this kind"},
    {"region", PROTO_TEXT, 0, 1, NAME, "only those of this region"},
    {"after", PROTO_INT, 0, 0, UINT32_MAX, "where the previous page ended"},
    {"limit", PROTO_INT, 0, 1, 1000, "at most so many (default 100)"},
    END,
};
static const struct proto_field participant_list_results[] = {
    {"participants", PROTO_ARRAY, PROTO_REQUIRED, 0, 0,
     "{id, name, status, kind, region, listings} each, in order of registration"},
    {"next", PROTO_INT, 0, 0, 0, "give it as `after` for the next page; absent at the end"},
    END,
};

/* ---- listings ---- */

static const struct proto_field publish_args[] = {
    {"listing", PROTO_TEXT, PROTO_REQUIRED, 1, LISTING_ID,
     "participant/key, the key chosen by the publisher"},
    {"exchange", PROTO_TEXT, PROTO_REQUIRED, 1, NAME, "the exchange"},
    {"side", PROTO_TEXT, PROTO_REQUIRED, 1, NAME, "need or offer"},
    {"title", PROTO_TEXT, PROTO_REQUIRED, 1, 500, "one line"},
    {"text", PROTO_TEXT, 0, 0, 16000, "more of it"},
    {"language", PROTO_TEXT, 0, 2, 8, "of title and text, such as ru or en"},
    {"fields", PROTO_MAP, 0, 0, 64, "statements by field, see Statements"},
    {"variants", PROTO_ARRAY, 0, 0, 0,
     "1 to 16 maps of statements that replace the shared ones; null removes"},
    {"draft", PROTO_BOOL, 0, 0, 0, "store it, do not open it"},
    {"valid_from", PROTO_INT, 0, TIME, "opens then; ms of Unix time"},
    {"valid_until", PROTO_INT, 0, TIME, "expires then; ms of Unix time"},
    {"expect_revision", PROTO_INT, 0, REVISION, "refuse if another is stored"},
    {"dry_run", PROTO_BOOL, 0, 0, 0,
     "only decide: the results say what would be, and nothing changes"},
    END,
};
static const struct proto_field listing_results[] = {
    {"result", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "\"changed\" or \"unchanged\""},
    {"listing", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "its id"},
    {"revision", PROTO_INT, PROTO_REQUIRED, 0, 0, "its revision now"},
    {"state", PROTO_TEXT, PROTO_REQUIRED, 0, 0,
     "draft, scheduled, open, paused, withdrawn, expired, pending"},
    {"number", PROTO_INT, PROTO_REQUIRED, 0, 0, "the last fact's number after the command"},
    {"told", PROTO_INT, PROTO_REQUIRED, 0, 0, "its told matches now"},
    {"note", PROTO_TEXT, 0, 0, 0,
     "\"participant_not_member\": stored, and not matched until its participant is a member"},
    END,
};
static const struct proto_field revise_args[] = {
    {"listing", PROTO_TEXT, PROTO_REQUIRED, 1, LISTING_ID, "participant/key"},
    {"title", PROTO_TEXT, 0, 1, 500, "replaces the title"},
    {"text", PROTO_TEXT, PROTO_NULLABLE, 0, 16000, "replaces the text; null removes it"},
    {"language", PROTO_TEXT, PROTO_NULLABLE, 2, 8, "replaces the language; null removes it"},
    {"fields", PROTO_MAP, 0, 0, 64, "statements to replace; null removes"},
    {"variants", PROTO_ARRAY, PROTO_NULLABLE, 0, 0, "replaces all variants; null removes them"},
    {"valid_from", PROTO_INT, PROTO_NULLABLE, TIME, "ms; null: at once"},
    {"valid_until", PROTO_INT, PROTO_NULLABLE, TIME, "ms; null: the exchange's default"},
    {"expect_revision", PROTO_INT, 0, REVISION, "refuse if another is stored"},
    {"dry_run", PROTO_BOOL, 0, 0, 0,
     "only decide: the results say what would be, and nothing changes"},
    END,
};
static const struct proto_field listing_args[] = {
    {"listing", PROTO_TEXT, PROTO_REQUIRED, 1, LISTING_ID, "participant/key"},
    {"expect_revision", PROTO_INT, 0, REVISION, "refuse if another is stored"},
    END,
};
static const struct proto_field renew_args[] = {
    {"listing", PROTO_TEXT, PROTO_REQUIRED, 1, LISTING_ID, "participant/key"},
    {"valid_until", PROTO_INT, 0, TIME, "ms; default: the exchange's default lifetime from now"},
    {"expect_revision", PROTO_INT, 0, REVISION, "refuse if another is stored"},
    END,
};
static const struct proto_field reject_args[] = {
    {"listing", PROTO_TEXT, PROTO_REQUIRED, 1, LISTING_ID, "participant/key"},
    {"reason", PROTO_TEXT, 0, 0, 1000, "why, for the publisher"},
    {"expect_revision", PROTO_INT, 0, REVISION, "refuse if another is stored"},
    END,
};
static const struct proto_field show_args[] = {
    {"listing", PROTO_TEXT, PROTO_REQUIRED, 1, LISTING_ID, "participant/key"},
    END,
};
static const struct proto_field show_results[] = {
    {"listing", PROTO_MAP, PROTO_REQUIRED, 0, 0,
     "{listing, exchange, side, state, revision, title, text, language, fields, variants, "
     "valid_from, "
     "valid_until, told, member}; values that are not public read \"(hidden)\""},
    END,
};
static const struct proto_field list_args[] = {
    {"participant", PROTO_TEXT, 0, 1, ID, "only its listings"},
    {"exchange", PROTO_TEXT, 0, 1, NAME, "only of this exchange"},
    {"side", PROTO_TEXT, 0, 1, NAME, "only needs or only offers"},
    {"state", PROTO_TEXT, 0, 1, NAME, "only in this state"},
    {"member", PROTO_BOOL, 0, 0, 0, "only of members, or only of others"},
    {"told", PROTO_BOOL, 0, 0, 0, "only with told matches, or only without"},
    {"until_before", PROTO_INT, 0, TIME, "only with a valid_until before this; ms of Unix time"},
    {"after", PROTO_INT, 0, 0, UINT32_MAX, "where the previous page ended"},
    {"limit", PROTO_INT, 0, 1, 1000, "at most so many (default 100)"},
    END,
};
static const struct proto_field list_results[] = {
    {"listings", PROTO_ARRAY, PROTO_REQUIRED, 0, 0,
     "{listing, exchange, side, state, revision, title, told, member, opening, valid_until} each, "
     "in "
     "order of first publication; `opening` counts listings in the order in which they first "
     "opened, "
     "0 for never"},
    {"next", PROTO_INT, 0, 0, 0, "give it as `after` for the next page; absent at the end"},
    END,
};

/* ---- matches ---- */

static const struct proto_field matches_args[] = {
    {"listing", PROTO_TEXT, PROTO_REQUIRED, 1, LISTING_ID, "participant/key"},
    {"after", PROTO_INT, 0, 0, UINT32_MAX, "how many of the best to pass over"},
    {"limit", PROTO_INT, 0, 1, 1000, "at most so many (default 20)"},
    END,
};
static const struct proto_field matches_results[] = {
    {"matches", PROTO_ARRAY, PROTO_REQUIRED, 0, 0,
     "{listing, title, score, need_box, offer_box, told} each: the counterparts, best first"},
    {"total", PROTO_INT, PROTO_REQUIRED, 0, 0, "how many matches there are"},
    {"next", PROTO_INT, 0, 0, 0, "give it as `after` for the next page; absent at the end"},
    END,
};
static const struct proto_field explain_args[] = {
    {"need", PROTO_TEXT, PROTO_REQUIRED, 1, LISTING_ID, "a need"},
    {"offer", PROTO_TEXT, PROTO_REQUIRED, 1, LISTING_ID, "an offer of the same exchange"},
    END,
};
static const struct proto_field explain_results[] = {
    {"meets", PROTO_BOOL, PROTO_REQUIRED, 0, 0, "whether they match now"},
    {"cause", PROTO_TEXT, 0, 0, 0,
     "why not: need_status, offer_status, same_participant, need_state, offer_state, "
     "conditions"},
    {"score", PROTO_INT, PROTO_REQUIRED, 0, 0, "0 to 1000, of the boxes named"},
    {"need_box", PROTO_INT, PROTO_REQUIRED, 0, 0,
     "the need's variant: of the best pair that meets, else of the one where fewest fields "
     "exclude"},
    {"offer_box", PROTO_INT, PROTO_REQUIRED, 0, 0, "the offer's variant"},
    {"told", PROTO_BOOL, PROTO_REQUIRED, 0, 0, "whether the pair is told"},
    {"fields", PROTO_ARRAY, PROTO_REQUIRED, 0, 0,
     "{field, need, offer, met, blamed, need_points, offer_points} each; a statement is absent "
     "where the "
     "side states nothing, \"unknown\" where it would come from a participant who lacks it; a "
     "field that is "
     "not public has `hidden` and nothing else"},
    END,
};

/* ---- the index ---- */

static const struct proto_field verify_args[] = {
    {"exchange", PROTO_TEXT, 0, 1, NAME, "only its listings"},
    {"sample", PROTO_INT, 0, 1, UINT32_MAX,
     "instead of `every`: of all open listings at most so many, evenly spread"},
    {"every", PROTO_INT, 0, 1, UINT32_MAX, "of open listings one in so many (default 1)"},
    {"from", PROTO_INT, 0, 1, UINT32_MAX, "begin here: the answer's `next`"},
    {"from_counterpart", PROTO_INT, 0, 1, UINT32_MAX, "with it: the answer's `next_counterpart`"},
    {"work", PROTO_INT, 0, 1, 100000,
     "look at about so many counterparts, or pairs of variants (default 20000)"},
    END,
};
static const struct proto_field verify_results[] = {
    {"listings", PROTO_INT, PROTO_REQUIRED, 0, 0, "how many were finished in this step"},
    {"pairs", PROTO_INT, PROTO_REQUIRED, 0, 0, "how many were judged"},
    {"diverging", PROTO_INT, PROTO_REQUIRED, 0, 0, "how many divergences were found"},
    {"divergences", PROTO_ARRAY, PROTO_REQUIRED, 0, 0,
     "{kind, need, offer, said, rule} each, the first 100 of them: `said` is what the index says, "
     "`rule` "
     "what is right, each {score, need_box, offer_box} or nil for no match; `kind` is missed, "
     "extra, score (another score or other variants), rank (missed where only the best are "
     "looked for) or told (`said` was told, and no work waits that would tell otherwise)"},
    {"every", PROTO_INT, PROTO_REQUIRED, 0, 0, "give it back, without `sample`"},
    {"next", PROTO_INT, 0, 0, 0, "give it as `from` to go on; absent at the end"},
    {"next_counterpart", PROTO_INT, 0, 0, 0, "with it"},
    END,
};

/* ---- facts ---- */

static const struct proto_field facts_args[] = {
    {"from", PROTO_INT, PROTO_REQUIRED, 1, INT64_MAX, "the first number wanted"},
    {"limit", PROTO_INT, 0, 1, 1000, "look at so many facts at most (default 1000)"},
    {"stream", PROTO_TEXT, 0, 3, 66, "only facts of this stream: x.<exchange> or p.<participant>"},
    END,
};
static const struct proto_field facts_results[] = {
    {"facts", PROTO_ARRAY, PROTO_REQUIRED, 0, 0,
     "{number, streams: {name: prev}, body} each; facts that concern no stream are left out"},
    {"next", PROTO_INT, PROTO_REQUIRED, 0, 0, "the first number not looked at: ask from there"},
    {"head", PROTO_INT, PROTO_REQUIRED, 0, 0, "the last fact's number"},
    {"epoch", PROTO_BIN, PROTO_REQUIRED, 0, 0, "the epoch, 16 bytes"},
    END,
};
static const struct proto_field heads_args[] = {
    {"streams", PROTO_ARRAY, PROTO_REQUIRED, 0, 1000, "names of streams"},
    END,
};
static const struct proto_field heads_results[] = {
    {"heads", PROTO_MAP, PROTO_REQUIRED, 0, 0, "stream: number of its last fact, 0 for none"},
    {"first", PROTO_INT, 0, 0, 0, "the oldest fact that is kept"},
    {"head", PROTO_INT, PROTO_REQUIRED, 0, 0, "the last fact's number"},
    {"epoch", PROTO_BIN, PROTO_REQUIRED, 0, 0, "the epoch, 16 bytes"},
    END,
};

/* ---- subscriptions ---- */

static const struct proto_field subscription_create_args[] = {
    {"name", PROTO_TEXT, PROTO_REQUIRED, 1, NAME, "your name for it"},
    {"exchange", PROTO_TEXT, 0, 1, NAME, "only facts of this exchange"},
    {"side", PROTO_TEXT, 0, 1, NAME,
     "need or offer: only facts about such listings, and matches; `participant`, `listing` and "
     "`fields` then mean that side of a match"},
    {"participant", PROTO_TEXT, 0, 1, ID, "only facts about this participant"},
    {"listing", PROTO_TEXT, 0, 1, LISTING_ID, "only facts about this listing"},
    {"kinds", PROTO_ARRAY, 0, 0, 64, "only these kinds of facts"},
    {"min_score", PROTO_INT, 0, 0, 1000, "of matches: only while the score is at least this"},
    {"fields", PROTO_MAP, 0, 0, 64,
     "only listings that meet these statements, written as the other side writes them; with "
     "`exchange` and `side`"},
    {"start", PROTO_TEXT, 0, 1, NAME,
     "\"now\" (default), or \"state\": what stands now comes first, then what happens"},
    {"from", PROTO_INT, 0, 1, INT64_MAX, "instead: the first fact's number"},
    {"since", PROTO_INT, 0, TIME, "instead: facts from this time on, ms of Unix time"},
    {"ack_timeout_ms", PROTO_INT, 0, 1000, 3600000,
     "what is not acknowledged for so long is given again (default 30000)"},
    END,
};
static const struct proto_field subscription_create_results[] = {
    {"result", PROTO_TEXT, PROTO_REQUIRED, 0, 0,
     "\"changed\", or \"unchanged\": there is one of that name and filter already"},
    {"name", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "its name"},
    {"acked", PROTO_INT, PROTO_REQUIRED, 0, 0, "facts up to this number are not given"},
    {"epoch", PROTO_BIN, PROTO_REQUIRED, 0, 0, "the epoch, 16 bytes"},
    END,
};
static const struct proto_field subscription_name_args[] = {
    {"name", PROTO_TEXT, PROTO_REQUIRED, 1, NAME, "its name"},
    END,
};
static const struct proto_field subscription_list_args[] = {
    {"after", PROTO_INT, 0, 0, UINT32_MAX, "where the previous page ended"},
    {"limit", PROTO_INT, 0, 1, 1000, "at most so many (default 100)"},
    END,
};
static const struct proto_field subscription_list_results[] = {
    {"subscriptions", PROTO_ARRAY, PROTO_REQUIRED, 0, 0,
     "as in subscription.show, without filters"},
    {"next", PROTO_INT, 0, 0, 0, "give it as `after` for the next page; absent at the end"},
    END,
};
static const struct proto_field subscription_show_results[] = {
    {"subscription", PROTO_MAP, PROTO_REQUIRED, 0, 0,
     "{client, name, created, acked, acked_at, lag, given, waiting, state, ack_timeout_ms, "
     "filter}: "
     "`lag` is how many numbers `acked` is behind the head, `given` the last number handed out, "
     "`waiting` whether somebody fetches at this moment, `state` whether the state is still being "
     "given; `lost` [from, to] where facts it was due are gone, `misfit` where its `fields` do not "
     "fit the changed exchange and let nothing through"},
    END,
};
static const struct proto_field subscription_delete_results[] = {
    {"result", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "\"changed\""},
    {"name", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "its name"},
    END,
};
static const struct proto_field subscription_fetch_args[] = {
    {"name", PROTO_TEXT, PROTO_REQUIRED, 1, NAME, "its name"},
    {"consumer", PROTO_INT, PROTO_REQUIRED, 1, INT64_MAX,
     "a random number: another one takes the subscription over, and begins behind what was "
     "acknowledged"},
    {"credit", PROTO_INT, 0, 0, 10000,
     "at most so many facts (default 1000); 0 to acknowledge only"},
    {"wait_ms", PROTO_INT, 0, 0, 60000,
     "the answer may wait so long for a fact to come (default 0)"},
    {"after", PROTO_INT, 0, 0, INT64_MAX,
     "begin behind this number, the last that you were given; without it, behind what was handed "
     "out "
     "last"},
    {"after_state", PROTO_INT, 0, 0, INT64_MAX,
     "the same with a row's `state`, while there is one"},
    {"ack", PROTO_INT, 0, 0, INT64_MAX, "all up to this number is done with"},
    {"ack_state", PROTO_INT, 0, 0, INT64_MAX, "the same with a row's `state`, while there is one"},
    {"epoch", PROTO_BIN, 0, 16, 16, "the epoch that you count in"},
    END,
};
static const struct proto_field subscription_fetch_results[] = {
    {"facts", PROTO_ARRAY, PROTO_REQUIRED, 0, 0,
     "{number, state, body, because} each; `state` only in what stands, where number is that of "
     "the beginning; `because` in matches: your subscriptions that let it through"},
    {"head", PROTO_INT, PROTO_REQUIRED, 0, 0, "the last fact's number"},
    {"epoch", PROTO_BIN, PROTO_REQUIRED, 0, 0, "the epoch, 16 bytes"},
    {"subscription_lagged", PROTO_ARRAY, 0, 0, 0,
     "[from, to]: facts that are gone before they were fetched; acknowledge `to` to go on behind"},
    {"epoch_changed", PROTO_BOOL, 0, 0, 0,
     "true: matchd was restored, and numbers mean other facts; fetch with `epoch` to go on"},
    END,
};

const struct proto_message proto_messages[] = {
    {"hello", false, hello_args, hello_results,
     "Agrees on a version. Optional, and wise as the first message."},
    {"status", false, none, status_results, "How the daemon is."},
    {"exchange.list", false, none, exchange_list_results, "The exchanges."},
    {"exchange.show", false, exchange_show_args, exchange_show_results,
     "One exchange's definition."},
    {"reload", true, none, reload_results,
     "Reads exchanges, code trees and the market's settings again."},
    {"participant.register", true, register_args, participant_results,
     "Registers a participant; the same again changes nothing."},
    {"participant.revise", true, participant_revise_args, participant_results,
     "Changes attributes."},
    {"participant.status", true, participant_status_args, participant_results, "Sets the status."},
    {"participant.show", false, participant_show_args, participant_show_results,
     "One participant."},
    {"participant.list", false, participant_list_args, participant_list_results,
     "Participants, by page."},
    {"listing.publish", true, publish_args, listing_results,
     "Publishes a listing, or replaces it whole."},
    {"listing.revise", true, revise_args, listing_results, "Changes what is named."},
    {"listing.pause", true, listing_args, listing_results, "Takes it out of matching for a while."},
    {"listing.resume", true, listing_args, listing_results, "Puts a paused one back."},
    {"listing.renew", true, renew_args, listing_results,
     "Gives it a new end; opens an expired one again."},
    {"listing.withdraw", true, listing_args, listing_results, "Ends it."},
    {"listing.approve", true, listing_args, listing_results,
     "The operator lets a pending listing in."},
    {"listing.reject", true, reject_args, listing_results,
     "The operator sends a pending listing back: it becomes a draft."},
    {"listing.show", false, show_args, show_results, "One listing."},
    {"listing.list", false, list_args, list_results, "Listings, by page."},
    {"listing.matches", false, matches_args, matches_results,
     "All matches of a listing, best first, by page."},
    {"match.explain", false, explain_args, explain_results,
     "Why two listings match, or not, field by field."},
    {"index.verify", false, verify_args, verify_results,
     "Compares what the index finds with the rule of matching, pair by pair, a step at a time."},
    {"subscription.create", true, subscription_create_args, subscription_create_results,
     "Makes a durable subscription; the same again changes nothing."},
    {"subscription.delete", true, subscription_name_args, subscription_delete_results,
     "Ends a subscription and forgets it."},
    {"subscription.show", false, subscription_name_args, subscription_show_results,
     "One subscription of the client's, and how far it has come."},
    {"subscription.list", false, subscription_list_args, subscription_list_results,
     "The client's subscriptions, or where no client is named all, by page."},
    {"subscription.fetch", false, subscription_fetch_args, subscription_fetch_results,
     "Takes facts, and acknowledges those taken before."},
    {"facts.read", false, facts_args, facts_results, "Facts by number: replay."},
    {"streams.heads", false, heads_args, heads_results,
     "Where streams stand, to see whether something was missed."},
    {NULL, false, NULL, NULL, NULL},
};

/* ---- facts that subscribers see ---- */

static const struct proto_field participant_fact[] = {
    {"participant", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "its id"},
    {"status", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "its status"},
    {"name", PROTO_TEXT, 0, 0, 0, "its name (registered, revised)"},
    END,
};
static const struct proto_field listing_fact[] = {
    {"listing", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "participant/key"},
    {"exchange", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "the exchange"},
    {"side", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "need or offer"},
    {"state", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "its state now"},
    {"valid_until", PROTO_INT, 0, 0, 0, "when it will expire, ms (expiring)"},
    {"reason", PROTO_TEXT, 0, 0, 0, "the operator's, where one was given (rejected)"},
    {"title", PROTO_TEXT, 0, 0, 0, "where the content changed"},
    {"fields", PROTO_MAP, 0, 0, 0, "public statements, where the content changed"},
    {"variants", PROTO_ARRAY, 0, 0, 0, "likewise"},
    END,
};
static const struct proto_field match_fact[] = {
    {"exchange", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "the exchange"},
    {"need", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "the need's id"},
    {"offer", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "the offer's id"},
    {"score", PROTO_INT, PROTO_REQUIRED, 0, 0, "0 to 1000 (ended: the last)"},
    {"need_box", PROTO_INT, 0, 0, 0, "the need's variant (made, changed)"},
    {"offer_box", PROTO_INT, 0, 0, 0, "the offer's variant (made, changed)"},
    {"reasons", PROTO_ARRAY, 0, 0, 0,
     "[field, need's points or nil, offer's points or nil] each (made, changed)"},
    {"cause", PROTO_TEXT, 0, 0, 0,
     "need_status, offer_status, need_state, offer_state, conditions (ended)"},
    END,
};

static const struct proto_field exchange_fact[] = {
    {"exchange", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "the exchange"},
    {"hash", PROTO_TEXT, PROTO_REQUIRED, 0, 0, "as in exchange.show"},
    END,
};

const struct proto_message proto_facts[] = {
    {"exchange.revised", false, NULL, exchange_fact,
     "Its definition changed: read it anew. What that does to matches follows."},
    {"participant.registered", false, NULL, participant_fact, "A participant was registered."},
    {"participant.revised", false, NULL, participant_fact, "Its attributes changed."},
    {"participant.status", false, NULL, participant_fact, "Its status changed."},
    {"listing.drafted", false, NULL, listing_fact, "A draft was stored or replaced."},
    {"listing.scheduled", false, NULL, listing_fact, "It will open at its valid_from."},
    {"listing.opened", false, NULL, listing_fact, "It is open."},
    {"listing.revised", false, NULL, listing_fact, "Its content or validity changed."},
    {"listing.paused", false, NULL, listing_fact, "It does not match for a while."},
    {"listing.resumed", false, NULL, listing_fact,
     "It matches again, or waits for its valid_from."},
    {"listing.renewed", false, NULL, listing_fact, "It has a new end."},
    {"listing.withdrawn", false, NULL, listing_fact, "It was ended by its publisher."},
    {"listing.expired", false, NULL, listing_fact, "Its valid_until passed."},
    {"listing.expiring", false, NULL, listing_fact,
     "Its valid_until comes near: the exchange's notice_days before. Changes nothing."},
    {"listing.submitted", false, NULL, listing_fact, "It waits for the operator."},
    {"listing.approved", false, NULL, listing_fact, "The operator let it in."},
    {"listing.rejected", false, NULL, listing_fact, "The operator sent it back as a draft."},
    {"match.made", false, NULL, match_fact, "Two listings match, and this is told."},
    {"match.changed", false, NULL, match_fact, "A told match has another score."},
    {"match.ended", false, NULL, match_fact, "A told match is none any more."},
    {NULL, false, NULL, NULL, NULL},
};

/* ---- errors ---- */

const struct proto_error_code proto_error_codes[] = {
    {"malformed", "not MessagePack, or a map key that is not text"},
    {"truncated", "a length or count claims more than was sent"},
    {"trailing_bytes", "bytes behind the message"},
    {"too_deep", "nested deeper than 8"},
    {"too_large", "a message, text or number beyond its limit"},
    {"too_many_values", "more values or pairs than the limit"},
    {"bad_utf8", "a text is not UTF-8"},
    {"duplicate_field", "a key twice in one map"},
    {"unknown_message", "no such `cmd`"},
    {"unsupported_version", "`v` is none that the server speaks"},
    {"unknown_field", "a key that the message, statement or exchange does not have"},
    {"missing_field", "a required argument is not there"},
    {"bad_type", "a value of the wrong type; numbers are integers or decimal strings"},
    {"bad_value", "a value outside its vocabulary or form"},
    {"not_finite", "a floating-point value that is no number"},
    {"too_many_decimals", "more decimals than the field keeps"},
    {"range_reversed", "`from` is above `to`"},
    {"unknown_unit", "the field has no such unit"},
    {"unknown_currency", "the field is in another currency; currencies are never converted"},
    {"unknown_code", "the code is not in its tree"},
    {"empty_set", "`any_of` is empty, or emptied by `none_of`"},
    {"key_too_long", "an id, key or keyword beyond its length"},
    {"from_participant", "this field comes from the participant and cannot be stated"},
    {"required_missing", "the exchange requires this field"},
    {"too_many_variants", "more than 16 variants"},
    {"inn_invalid", "the INN's length or check digits are wrong"},
    {"inn_taken", "another participant has this INN"},
    {"ogrn_invalid", "the OGRN's or OGRNIP's length or check digit is wrong"},
    {"ogrn_taken", "another participant has this OGRN or OGRNIP"},
    {"region_not_admitted", "the settings admit other regions"},
    {"participant_exists", "the id is registered with other attributes"},
    {"unknown_participant", "no such participant"},
    {"unknown_block", "a participant to be blocked does not exist"},
    {"transition_not_allowed", "the status cannot change so"},
    {"unknown_exchange", "no such exchange"},
    {"unknown_listing", "no such listing"},
    {"listing_moved", "the key is used in another exchange or on the other side"},
    {"too_many_listings", "the participant has the most listings allowed"},
    {"standing_need", "a standing need can be paused and resumed, nothing else"},
    {"state_not_allowed", "the listing's state does not allow it"},
    {"expired_on_arrival", "`valid_until` is not ahead"},
    {"lifetime_too_long", "`valid_until` is beyond the exchange's maximum"},
    {"stale_revision", "another revision is stored than `expect_revision`"},
    {"unknown_stream", "no such stream"},
    {"in_use", "listings that are stored would not fit the changed definition"},
    {"unknown_tree", "an exchange names a code tree that is not there"},
    {"bad_definition", "definition files have mistakes: nothing was loaded"},
    {"not_a_pair", "the listings are not a need and an offer of one exchange"},
    {"core_unavailable", "the core is away or does not keep up: ask again in a moment"},
    {"too_many_requests",
     "too many of the client's requests wait for their answers: wait for some"},
    {"storage_full", "there is no room to store it, nothing was changed: send it again later. "
		     "Reads, withdrawals and replay go on"},
    {"journal_unreadable", "facts there are damaged, or cannot be read at the moment: nothing is "
			   "given that is not proven"},
    {"idempotency_conflict", "the key was used for another request"},
    {"facts_gone", "facts so old are not kept any more"},
    {"unknown_subscription", "the client has no subscription of that name"},
    {"subscription_exists", "the client has one of that name with another filter"},
    {"subscription_taken", "another consumer fetches from it now"},
    {"subscription_deleted", "it was deleted while you waited"},
    {"too_many_subscriptions", "the client, or all clients, have the most allowed"},
    {"not_public", "conditions can only be stated on fields that everybody may see"},
    {NULL, NULL},
};
