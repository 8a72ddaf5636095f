"""The messages of the protocol, each as a function that makes its Request and as a method of both clients.

Written by generate.py from docs/protocol.md: change the daemon's table, not this file.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from .request import UNSET, Method, Paged, Request, Unset, arguments


class HelloReply(TypedDict):
    version: int
    """the highest version that both speak"""
    server: str
    """"matchd" and its version"""
    epoch: bytes
    """the epoch, 16 bytes"""
    head: int
    """the last fact's number, 0 for none"""
    max_request: int
    """bytes of the longest request"""


class StatusReply(TypedDict):
    server: str
    """"matchd" and its version"""
    epoch: bytes
    """the epoch, 16 bytes"""
    head: int
    """the last fact's number"""
    stamp: int
    """the last fact's time, ms"""
    digest: str
    """the state's digest as of the last turn, 16 hex digits"""
    participants: int
    """how many"""
    listings: int
    """how many, in any state"""
    open: int
    """how many are open"""
    told: int
    """told pairs"""
    queue: int
    """units of telling work that wait"""
    verified_pairs: NotRequired[int]
    """that index.verify judged since the core started"""
    divergences: NotRequired[int]
    """that it found"""
    uptime_ms: int
    """since the core started"""
    store_bytes: NotRequired[int]
    """that the store takes on its disk"""
    map_bytes: NotRequired[int]
    """that it may take before its map grows"""
    free_bytes: NotRequired[int]
    """that its disk has left for the core"""
    room: NotRequired[str]
    """enough; reserve: only withdrawals and reads; none: only reads"""
    first: NotRequired[int]
    """the oldest fact that is kept"""
    subscriptions: NotRequired[int]
    """how many"""
    clock_held: NotRequired[bool]
    """whether a wall clock that jumped is not followed"""


class ExchangeListReply(TypedDict):
    exchanges: list[Any]
    """{name, title_ru, title_en, fields, needs, offers} each, by name"""


class ExchangeShowReply(TypedDict):
    exchange: dict[str, Any]
    """the definition, keyed as in the exchange file"""
    hash: str
    """of its canonical bytes, 16 hex digits"""


class ReloadReply(TypedDict):
    definitions: list[Any]
    """
    {kind, name, result, file, message} each: kind "exchange", "tree" or "settings"; result "loaded", "revised",
    "unchanged", "refused" (with a message; the rest is loaded all the same) or "kept" (there is no file any more;
    exchanges do not go)
    """
    number: int
    """the last fact's number after the command"""


class ParticipantReply(TypedDict):
    result: str
    """"changed" or "unchanged" """
    revision: int
    """the participant's revision now"""
    status: str
    """its status now"""
    number: int
    """the last fact's number after the command"""


class ParticipantShowReply(TypedDict):
    participant: dict[str, Any]
    """{id, status, revision, listings} and its attributes, without contacts and blocks"""


class ParticipantListReply(TypedDict):
    participants: list[Any]
    """{id, name, status, kind, region, listings} each, in order of registration"""
    next: NotRequired[int]
    """give it as `after` for the next page; absent at the end"""


class ListingReply(TypedDict):
    result: str
    """"changed" or "unchanged" """
    listing: str
    """its id"""
    revision: int
    """its revision now"""
    state: str
    """draft, scheduled, open, paused, withdrawn, expired, pending"""
    number: int
    """the last fact's number after the command"""
    told: int
    """its told matches now"""
    note: NotRequired[str]
    """"participant_not_member": stored, and not matched until its participant is a member"""


class ListingShowReply(TypedDict):
    listing: dict[str, Any]
    """
    {listing, exchange, side, state, revision, title, text, language, fields, variants, valid_from, valid_until, told,
    member}; values that are not public read "(hidden)"
    """


class ListingListReply(TypedDict):
    listings: list[Any]
    """
    {listing, exchange, side, state, revision, title, told, member, opening, valid_until} each, in order of first
    publication; `opening` counts listings in the order in which they first opened, 0 for never
    """
    next: NotRequired[int]
    """give it as `after` for the next page; absent at the end"""


class ListingMatchesReply(TypedDict):
    matches: list[Any]
    """{listing, title, score, need_box, offer_box, told} each: the counterparts, best first"""
    total: int
    """how many matches there are"""
    next: NotRequired[int]
    """give it as `after` for the next page; absent at the end"""


class MatchExplainReply(TypedDict):
    meets: bool
    """whether they match now"""
    cause: NotRequired[str]
    """why not: need_status, offer_status, same_participant, need_state, offer_state, conditions"""
    score: int
    """0 to 1000, of the boxes named"""
    need_box: int
    """the need's variant: of the best pair that meets, else of the one where fewest fields exclude"""
    offer_box: int
    """the offer's variant"""
    told: bool
    """whether the pair is told"""
    fields: list[Any]
    """
    {field, need, offer, met, blamed, need_points, offer_points} each; a statement is absent where the side states
    nothing, "unknown" where it would come from a participant who lacks it; a field that is not public has
    `hidden` and nothing else
    """


class IndexVerifyReply(TypedDict):
    listings: int
    """how many were finished in this step"""
    pairs: int
    """how many were judged"""
    diverging: int
    """how many divergences were found"""
    divergences: list[Any]
    """
    {kind, need, offer, said, rule} each, the first 100 of them: `said` is what the index says, `rule` what is right,
    each {score, need_box, offer_box} or nil for no match; `kind` is missed, extra, score (another score or other
    variants), rank (missed where only the best are looked for) or told (`said` was told, and no work waits that
    would tell otherwise)
    """
    every: int
    """give it back, without `sample`"""
    next: NotRequired[int]
    """give it as `from` to go on; absent at the end"""
    next_counterpart: NotRequired[int]
    """with it"""


class SubscriptionCreateReply(TypedDict):
    result: str
    """"changed", or "unchanged": there is one of that name and filter already"""
    name: str
    """its name"""
    acked: int
    """facts up to this number are not given"""
    epoch: bytes
    """the epoch, 16 bytes"""


class SubscriptionDeleteReply(TypedDict):
    result: str
    """"changed" """
    name: str
    """its name"""


class SubscriptionShowReply(TypedDict):
    subscription: dict[str, Any]
    """
    {client, name, created, acked, acked_at, lag, given, waiting, state, ack_timeout_ms, filter}: `lag` is how many
    numbers `acked` is behind the head, `given` the last number handed out, `waiting` whether somebody fetches at
    this moment, `state` whether the state is still being given; `lost` [from, to] where facts it was due are
    gone, `misfit` where its `fields` do not fit the changed exchange and let nothing through
    """


class SubscriptionListReply(TypedDict):
    subscriptions: list[Any]
    """as in subscription.show, without filters"""
    next: NotRequired[int]
    """give it as `after` for the next page; absent at the end"""


class SubscriptionFetchReply(TypedDict):
    facts: list[Any]
    """
    {number, state, body, because} each; `state` only in what stands, where number is that of the beginning; `because`
    in matches: your subscriptions that let it through
    """
    head: int
    """the last fact's number"""
    epoch: bytes
    """the epoch, 16 bytes"""
    subscription_lagged: NotRequired[list[Any]]
    """[from, to]: facts that are gone before they were fetched; acknowledge `to` to go on behind"""
    epoch_changed: NotRequired[bool]
    """true: matchd was restored, and numbers mean other facts; fetch with `epoch` to go on"""


class FactsReadReply(TypedDict):
    facts: list[Any]
    """{number, streams: {name: prev}, body} each; facts that concern no stream are left out"""
    next: int
    """the first number not looked at: ask from there"""
    head: int
    """the last fact's number"""
    epoch: bytes
    """the epoch, 16 bytes"""


class StreamsHeadsReply(TypedDict):
    heads: dict[str, Any]
    """stream: number of its last fact, 0 for none"""
    first: NotRequired[int]
    """the oldest fact that is kept"""
    head: int
    """the last fact's number"""
    epoch: bytes
    """the epoch, 16 bytes"""


def hello(
    versions: Sequence[Any],
    *,
    client: str | None = None,
) -> Request[HelloReply]:
    """Agrees on a version. Optional, and wise as the first message. Reads.

    versions: protocol versions that the client speaks
    client: the client's name, for the log
    """
    return Request(
        "hello",
        arguments(
            {
                "versions": versions,
            },
            {
                "client": client,
            },
        ),
    )


def status() -> Request[StatusReply]:
    """How the daemon is. Reads."""
    return Request(
        "status",
        arguments(
            {},
        ),
    )


def exchange_list() -> Request[ExchangeListReply]:
    """The exchanges. Reads."""
    return Request(
        "exchange.list",
        arguments(
            {},
        ),
    )


def exchange_show(
    exchange: str,
) -> Request[ExchangeShowReply]:
    """One exchange's definition. Reads.

    exchange: its name
    """
    return Request(
        "exchange.show",
        arguments(
            {
                "exchange": exchange,
            },
        ),
    )


def reload(
    *,
    key: str | None = None,
) -> Request[ReloadReply]:
    """Reads exchanges, code trees and the market's settings again. Writes.

    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "reload",
        arguments(
            {},
            {
                "key": key,
            },
        ),
    )


def participant_register(
    participant: Mapping[str, Any],
    *,
    status: str | None = None,
    dry_run: bool | None = None,
    key: str | None = None,
) -> Request[ParticipantReply]:
    """Registers a participant; the same again changes nothing. Writes.

    participant: id and attributes, see Participants
    status: applicant (default) or member
    dry_run: only decide: the results say what would be, and nothing changes
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "participant.register",
        arguments(
            {
                "participant": participant,
            },
            {
                "status": status,
                "dry_run": dry_run,
                "key": key,
            },
        ),
    )


def participant_revise(
    participant: str,
    set: Mapping[str, Any],
    *,
    expect_revision: int | None = None,
    key: str | None = None,
) -> Request[ParticipantReply]:
    """Changes attributes. Writes.

    participant: its id
    set: attributes to replace; null removes
    expect_revision: refuse if another is stored
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "participant.revise",
        arguments(
            {
                "participant": participant,
                "set": set,
            },
            {
                "expect_revision": expect_revision,
                "key": key,
            },
        ),
    )


def participant_status(
    participant: str,
    status: str,
    *,
    key: str | None = None,
) -> Request[ParticipantReply]:
    """Sets the status. Writes.

    participant: its id
    status: applicant, member, suspended, excluded
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "participant.status",
        arguments(
            {
                "participant": participant,
                "status": status,
            },
            {
                "key": key,
            },
        ),
    )


def participant_show(
    participant: str,
) -> Request[ParticipantShowReply]:
    """One participant. Reads.

    participant: its id
    """
    return Request(
        "participant.show",
        arguments(
            {
                "participant": participant,
            },
        ),
    )


def participant_list(
    *,
    status: str | None = None,
    kind: str | None = None,
    region: str | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> Paged[ParticipantListReply]:
    """Participants, by page. Reads.

    status: only those with this status
    kind: only those of this kind
    region: only those of this region
    after: where the previous page ended
    limit: at most so many (default 100)
    """
    return Paged(
        "participant.list",
        arguments(
            {},
            {
                "status": status,
                "kind": kind,
                "region": region,
                "after": after,
                "limit": limit,
            },
        ),
        "participants",
    )


def listing_publish(
    listing: str,
    exchange: str,
    side: str,
    title: str,
    *,
    text: str | None = None,
    language: str | None = None,
    fields: Mapping[str, Any] | None = None,
    variants: Sequence[Any] | None = None,
    draft: bool | None = None,
    valid_from: int | datetime | None = None,
    valid_until: int | datetime | None = None,
    expect_revision: int | None = None,
    dry_run: bool | None = None,
    key: str | None = None,
) -> Request[ListingReply]:
    """Publishes a listing, or replaces it whole. Writes.

    listing: participant/key, the key chosen by the publisher
    exchange: the exchange
    side: need or offer
    title: one line
    text: more of it
    language: of title and text, such as ru or en
    fields: statements by field, see Statements
    variants: 1 to 16 maps of statements that replace the shared ones; null removes
    draft: store it, do not open it
    valid_from: opens then; ms of Unix time
    valid_until: expires then; ms of Unix time
    expect_revision: refuse if another is stored
    dry_run: only decide: the results say what would be, and nothing changes
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "listing.publish",
        arguments(
            {
                "listing": listing,
                "exchange": exchange,
                "side": side,
                "title": title,
            },
            {
                "text": text,
                "language": language,
                "fields": fields,
                "variants": variants,
                "draft": draft,
                "valid_from": valid_from,
                "valid_until": valid_until,
                "expect_revision": expect_revision,
                "dry_run": dry_run,
                "key": key,
            },
        ),
    )


def listing_revise(
    listing: str,
    *,
    title: str | None = None,
    text: str | None | Unset = UNSET,
    language: str | None | Unset = UNSET,
    fields: Mapping[str, Any] | None = None,
    variants: Sequence[Any] | None | Unset = UNSET,
    valid_from: int | datetime | None | Unset = UNSET,
    valid_until: int | datetime | None | Unset = UNSET,
    expect_revision: int | None = None,
    dry_run: bool | None = None,
    key: str | None = None,
) -> Request[ListingReply]:
    """Changes what is named. Writes.

    listing: participant/key
    title: replaces the title
    text: replaces the text; null removes it
    language: replaces the language; null removes it
    fields: statements to replace; null removes
    variants: replaces all variants; null removes them
    valid_from: ms; null: at once
    valid_until: ms; null: the exchange's default
    expect_revision: refuse if another is stored
    dry_run: only decide: the results say what would be, and nothing changes
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "listing.revise",
        arguments(
            {
                "listing": listing,
            },
            {
                "title": title,
                "fields": fields,
                "expect_revision": expect_revision,
                "dry_run": dry_run,
                "key": key,
            },
            {
                "text": text,
                "language": language,
                "variants": variants,
                "valid_from": valid_from,
                "valid_until": valid_until,
            },
        ),
    )


def listing_pause(
    listing: str,
    *,
    expect_revision: int | None = None,
    key: str | None = None,
) -> Request[ListingReply]:
    """Takes it out of matching for a while. Writes.

    listing: participant/key
    expect_revision: refuse if another is stored
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "listing.pause",
        arguments(
            {
                "listing": listing,
            },
            {
                "expect_revision": expect_revision,
                "key": key,
            },
        ),
    )


def listing_resume(
    listing: str,
    *,
    expect_revision: int | None = None,
    key: str | None = None,
) -> Request[ListingReply]:
    """Puts a paused one back. Writes.

    listing: participant/key
    expect_revision: refuse if another is stored
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "listing.resume",
        arguments(
            {
                "listing": listing,
            },
            {
                "expect_revision": expect_revision,
                "key": key,
            },
        ),
    )


def listing_renew(
    listing: str,
    *,
    valid_until: int | datetime | None = None,
    expect_revision: int | None = None,
    key: str | None = None,
) -> Request[ListingReply]:
    """Gives it a new end; opens an expired one again. Writes.

    listing: participant/key
    valid_until: ms; default: the exchange's default lifetime from now
    expect_revision: refuse if another is stored
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "listing.renew",
        arguments(
            {
                "listing": listing,
            },
            {
                "valid_until": valid_until,
                "expect_revision": expect_revision,
                "key": key,
            },
        ),
    )


def listing_withdraw(
    listing: str,
    *,
    expect_revision: int | None = None,
    key: str | None = None,
) -> Request[ListingReply]:
    """Ends it. Writes.

    listing: participant/key
    expect_revision: refuse if another is stored
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "listing.withdraw",
        arguments(
            {
                "listing": listing,
            },
            {
                "expect_revision": expect_revision,
                "key": key,
            },
        ),
    )


def listing_approve(
    listing: str,
    *,
    expect_revision: int | None = None,
    key: str | None = None,
) -> Request[ListingReply]:
    """The operator lets a pending listing in. Writes.

    listing: participant/key
    expect_revision: refuse if another is stored
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "listing.approve",
        arguments(
            {
                "listing": listing,
            },
            {
                "expect_revision": expect_revision,
                "key": key,
            },
        ),
    )


def listing_reject(
    listing: str,
    *,
    reason: str | None = None,
    expect_revision: int | None = None,
    key: str | None = None,
) -> Request[ListingReply]:
    """The operator sends a pending listing back: it becomes a draft. Writes.

    listing: participant/key
    reason: why, for the publisher
    expect_revision: refuse if another is stored
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "listing.reject",
        arguments(
            {
                "listing": listing,
            },
            {
                "reason": reason,
                "expect_revision": expect_revision,
                "key": key,
            },
        ),
    )


def listing_show(
    listing: str,
) -> Request[ListingShowReply]:
    """One listing. Reads.

    listing: participant/key
    """
    return Request(
        "listing.show",
        arguments(
            {
                "listing": listing,
            },
        ),
    )


def listing_list(
    *,
    participant: str | None = None,
    exchange: str | None = None,
    side: str | None = None,
    state: str | None = None,
    member: bool | None = None,
    told: bool | None = None,
    until_before: int | datetime | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> Paged[ListingListReply]:
    """Listings, by page. Reads.

    participant: only its listings
    exchange: only of this exchange
    side: only needs or only offers
    state: only in this state
    member: only of members, or only of others
    told: only with told matches, or only without
    until_before: only with a valid_until before this; ms of Unix time
    after: where the previous page ended
    limit: at most so many (default 100)
    """
    return Paged(
        "listing.list",
        arguments(
            {},
            {
                "participant": participant,
                "exchange": exchange,
                "side": side,
                "state": state,
                "member": member,
                "told": told,
                "until_before": until_before,
                "after": after,
                "limit": limit,
            },
        ),
        "listings",
    )


def listing_matches(
    listing: str,
    *,
    after: int | None = None,
    limit: int | None = None,
) -> Paged[ListingMatchesReply]:
    """All matches of a listing, best first, by page. Reads.

    listing: participant/key
    after: how many of the best to pass over
    limit: at most so many (default 20)
    """
    return Paged(
        "listing.matches",
        arguments(
            {
                "listing": listing,
            },
            {
                "after": after,
                "limit": limit,
            },
        ),
        "matches",
    )


def match_explain(
    need: str,
    offer: str,
) -> Request[MatchExplainReply]:
    """Why two listings match, or not, field by field. Reads.

    need: a need
    offer: an offer of the same exchange
    """
    return Request(
        "match.explain",
        arguments(
            {
                "need": need,
                "offer": offer,
            },
        ),
    )


def index_verify(
    *,
    exchange: str | None = None,
    sample: int | None = None,
    every: int | None = None,
    from_: int | None = None,
    from_counterpart: int | None = None,
    work: int | None = None,
) -> Request[IndexVerifyReply]:
    """Compares what the index finds with the rule of matching, pair by pair, a step at a time. Reads.

    exchange: only its listings
    sample: instead of `every`: of all open listings at most so many, evenly spread
    every: of open listings one in so many (default 1)
    from_: begin here: the answer's `next`
    from_counterpart: with it: the answer's `next_counterpart`
    work: look at about so many counterparts, or pairs of variants (default 20000)
    """
    return Request(
        "index.verify",
        arguments(
            {},
            {
                "exchange": exchange,
                "sample": sample,
                "every": every,
                "from": from_,
                "from_counterpart": from_counterpart,
                "work": work,
            },
        ),
    )


def subscription_create(
    name: str,
    *,
    exchange: str | None = None,
    side: str | None = None,
    participant: str | None = None,
    listing: str | None = None,
    kinds: Sequence[Any] | None = None,
    min_score: int | None = None,
    fields: Mapping[str, Any] | None = None,
    start: str | None = None,
    from_: int | None = None,
    since: int | datetime | None = None,
    ack_timeout_ms: int | None = None,
    key: str | None = None,
) -> Request[SubscriptionCreateReply]:
    """Makes a durable subscription; the same again changes nothing. Writes.

    name: your name for it
    exchange: only facts of this exchange
    side: need or offer: only facts about such listings, and matches; `participant`, `listing` and `fields` then mean
        that side of a match
    participant: only facts about this participant
    listing: only facts about this listing
    kinds: only these kinds of facts
    min_score: of matches: only while the score is at least this
    fields: only listings that meet these statements, written as the other side writes them; with `exchange` and
        `side`
    start: "now" (default), or "state": what stands now comes first, then what happens
    from_: instead: the first fact's number
    since: instead: facts from this time on, ms of Unix time
    ack_timeout_ms: what is not acknowledged for so long is given again (default 30000)
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "subscription.create",
        arguments(
            {
                "name": name,
            },
            {
                "exchange": exchange,
                "side": side,
                "participant": participant,
                "listing": listing,
                "kinds": kinds,
                "min_score": min_score,
                "fields": fields,
                "start": start,
                "from": from_,
                "since": since,
                "ack_timeout_ms": ack_timeout_ms,
                "key": key,
            },
        ),
    )


def subscription_delete(
    name: str,
    *,
    key: str | None = None,
) -> Request[SubscriptionDeleteReply]:
    """Ends a subscription and forgets it. Writes.

    name: its name
    key: your key for this request: it is carried out once, see Client.ask
    """
    return Request(
        "subscription.delete",
        arguments(
            {
                "name": name,
            },
            {
                "key": key,
            },
        ),
    )


def subscription_show(
    name: str,
) -> Request[SubscriptionShowReply]:
    """One subscription of the client's, and how far it has come. Reads.

    name: its name
    """
    return Request(
        "subscription.show",
        arguments(
            {
                "name": name,
            },
        ),
    )


def subscription_list(
    *,
    after: int | None = None,
    limit: int | None = None,
) -> Paged[SubscriptionListReply]:
    """The client's subscriptions, or where no client is named all, by page. Reads.

    after: where the previous page ended
    limit: at most so many (default 100)
    """
    return Paged(
        "subscription.list",
        arguments(
            {},
            {
                "after": after,
                "limit": limit,
            },
        ),
        "subscriptions",
    )


def subscription_fetch(
    name: str,
    consumer: int,
    *,
    credit: int | None = None,
    wait_ms: int | None = None,
    after: int | None = None,
    after_state: int | None = None,
    ack: int | None = None,
    ack_state: int | None = None,
    epoch: bytes | None = None,
) -> Request[SubscriptionFetchReply]:
    """Takes facts, and acknowledges those taken before. Reads.

    name: its name
    consumer: a random number: another one takes the subscription over, and begins behind what was acknowledged
    credit: at most so many facts (default 1000); 0 to acknowledge only
    wait_ms: the answer may wait so long for a fact to come (default 0)
    after: begin behind this number, the last that you were given; without it, behind what was handed out last
    after_state: the same with a row's `state`, while there is one
    ack: all up to this number is done with
    ack_state: the same with a row's `state`, while there is one
    epoch: the epoch that you count in
    """
    return Request(
        "subscription.fetch",
        arguments(
            {
                "name": name,
                "consumer": consumer,
            },
            {
                "credit": credit,
                "wait_ms": wait_ms,
                "after": after,
                "after_state": after_state,
                "ack": ack,
                "ack_state": ack_state,
                "epoch": epoch,
            },
        ),
    )


def facts_read(
    from_: int,
    *,
    limit: int | None = None,
    stream: str | None = None,
) -> Request[FactsReadReply]:
    """Facts by number: replay. Reads.

    from_: the first number wanted
    limit: look at so many facts at most (default 1000)
    stream: only facts of this stream: x.<exchange> or p.<participant>
    """
    return Request(
        "facts.read",
        arguments(
            {
                "from": from_,
            },
            {
                "limit": limit,
                "stream": stream,
            },
        ),
    )


def streams_heads(
    streams: Sequence[Any],
) -> Request[StreamsHeadsReply]:
    """Where streams stand, to see whether something was missed. Reads.

    streams: names of streams
    """
    return Request(
        "streams.heads",
        arguments(
            {
                "streams": streams,
            },
        ),
    )


class Messages:
    """Every message as a method."""

    hello = Method(hello)
    status = Method(status)
    exchange_list = Method(exchange_list)
    exchange_show = Method(exchange_show)
    reload = Method(reload)
    participant_register = Method(participant_register)
    participant_revise = Method(participant_revise)
    participant_status = Method(participant_status)
    participant_show = Method(participant_show)
    participant_list = Method(participant_list)
    listing_publish = Method(listing_publish)
    listing_revise = Method(listing_revise)
    listing_pause = Method(listing_pause)
    listing_resume = Method(listing_resume)
    listing_renew = Method(listing_renew)
    listing_withdraw = Method(listing_withdraw)
    listing_approve = Method(listing_approve)
    listing_reject = Method(listing_reject)
    listing_show = Method(listing_show)
    listing_list = Method(listing_list)
    listing_matches = Method(listing_matches)
    match_explain = Method(match_explain)
    index_verify = Method(index_verify)
    subscription_create = Method(subscription_create)
    subscription_delete = Method(subscription_delete)
    subscription_show = Method(subscription_show)
    subscription_list = Method(subscription_list)
    subscription_fetch = Method(subscription_fetch)
    facts_read = Method(facts_read)
    streams_heads = Method(streams_heads)
