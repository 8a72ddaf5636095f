"""The slow, obvious model of the market that the fast core is compared against.

It is written from docs/semantics.md alone and is meant to be read beside it: every pair is compared on demand, there is
no index, and what is kept is only what the page calls state. Sections 1 to 3 are in statements.py, meeting.py and
scores.py, what section 4 keeps is in participants.py, listings.py and definitions.py, section 5 in telling.py; the
commands are here.

The one optimisation: what two boxes make of each other is remembered by the boxes' normal forms (`_judged`), since
histories say the same few things again and again.
"""

import math
import re
from typing import NamedTuple

from definitions import Definition, could_stand
from exchange import SIDES, read_exchange, what_matters
from listings import EXPIRING, Listing, boxes_of, check_content, read_content, read_fields, read_variants, without_nulls
from participants import TRANSITIONS, Participant, check_whole, read_attributes
from scores import PUBLISHED, judge_boxes
from statements import Refusal, normal_keyword, read_tree
from telling import Telling

NAME = r"[A-Za-z0-9._-]{1,64}"  # of a participant, and of a listing within its participant
MAX_REASON = 1000  # bytes
TAKEN_WHEN_FULL = ("listing.withdraw", "listing.pause")
MOST_WHEN_FULL = 256  # pairs that a review at once judges
MANY_BLOCKS = 8  # participants newly blocked or unblocked, beyond which a listing is reviewed against everybody


class Match(NamedTuple):
    score: int  # as published
    need_box: int
    offer_box: int

    def rank(self):
        return -self.score, self.need_box, self.offer_box


class Market:
    def __init__(self):
        self.now = 0
        self.work = 256
        self.full = False  # there is room for little: what ends something is taken, alone
        self.regions = []
        self.trees = {}
        self.exchanges = {}
        self.participants = {}
        self._listings = {}
        self._openings = 0
        self._last_stamp = 0
        self._telling = Telling(self)
        self._judged = {}
        self.facts = []

    # Commands.

    def command(self, command):
        """Order of a command's work: (1) deadlines, (2) up to W units of the queue, (3) the command itself. A refused
        or unchanged command does (1) and (2) too; neither is done without room."""
        if self.full and command["cmd"] not in TAKEN_WHEN_FULL:
            return {"ok": False, "error": "storage_full", "field": ""}
        self.now = max(command["at"], self._last_stamp)
        if not self.full:
            self._meet_deadlines(self.work if command["cmd"] == "tick" else math.inf)
            self._telling.work_off(self.work)
        try:
            changed = getattr(self, "_do_" + command["cmd"].replace(".", "_"))(command)
        except Refusal as refusal:
            return {"ok": False, "error": refusal.code, "field": refusal.field}
        if changed:
            self.stamp()
        return {"ok": True, "result": "changed" if changed else "unchanged"}

    def stamp(self):
        """Some fact was made, were it only bookkeeping; later commands are not stamped earlier."""
        self._last_stamp = self.now

    def fact(self, *fact):
        self.stamp()
        self.facts.append(fact)

    def _do_tick(self, _command):
        return False

    def _do_settings_set(self, command):
        before = self.work, self.regions
        self.work = command.get("work", self.work)
        self.regions = [normal_keyword(region) for region in command.get("regions", self.regions)]
        return (self.work, self.regions) != before

    def _do_tree_load(self, command):
        """A tree may change its codes and titles as long as what is stored could stand, and its rule never."""
        tree = read_tree(command["source"])
        stored = self.trees.get(tree.name, tree)
        if tree == self.trees.get(tree.name):
            return False
        trees = {**self.trees, tree.name: tree}
        if stored.rule != tree.rule or not all(self._stands(exchange, trees) for exchange in self.exchanges.values()):
            raise Refusal("in_use", "source")
        self.trees = trees
        return True

    def _do_exchange_load(self, command):
        """An exchange with standing needs, loaded when members exist, gives each its listing at once."""
        exchange = read_exchange(command["source"], normal_keyword)
        stored = self.exchanges.get(exchange.name)
        if stored == exchange:
            return False
        if stored is not None:
            self._check_change(stored, exchange)
        self.exchanges[exchange.name] = exchange
        if stored is not None:
            self._exchange_revised(stored, exchange)
        for participant in self.participants.values():
            if participant.status == "member":
                self._create_standing_need(participant, exchange)
        return True

    def _check_change(self, stored, exchange):
        """An exchange can be defined anew as long as what is stored could stand; standing needs cannot be turned on or
        off while the exchange has needs."""
        turned = stored.standing_needs != exchange.standing_needs
        if not self._stands(exchange, self.trees) or (turned and self.needs(exchange.name)):
            raise Refusal("in_use", "source")

    def _stands(self, exchange, trees):
        """Whether every listing of the exchange could have been published under this definition."""
        before = Definition(self.exchanges[exchange.name], self.trees)
        after = Definition(exchange, trees)
        return all(could_stand(listing, before, after) for listing in self._listings_of(exchange.name))

    def _exchange_revised(self, before, exchange):
        """What is stored is not read anew, but what comes `from` participants is drawn anew. If the definitions differ
        in what matters, the exchange is rematched."""
        self.fact("exchange.revised", exchange.name)
        self._judged = {}
        for listing in self._listings_of(exchange.name):
            listing.boxes = self._boxes(listing)
        if what_matters(before) != what_matters(exchange):
            self._telling.rematch(exchange)

    def _listings_of(self, exchange):
        return [listing for listing in self._listings.values() if listing.exchange == exchange]

    def needs(self, exchange):
        """By listing number."""
        return [listing for listing in self._listings_of(exchange) if listing.side == "need"]

    # Participants (section 4).

    def _do_participant_register(self, command):
        attributes = dict(command["participant"])
        participant_id = attributes.pop("id", None)
        status = command.get("status", "applicant")
        if not isinstance(participant_id, str) or not re.fullmatch(NAME, participant_id):
            raise Refusal("bad_value", "id")
        if status not in ("applicant", "member"):
            raise Refusal("bad_value", "status")
        attributes = without_nulls(read_attributes(attributes))
        check_whole(attributes)
        if participant_id in self.participants:
            if attributes == self.participants[participant_id].attributes:
                return False
            raise Refusal("participant_exists", "id")
        self._check_participant(None, attributes)
        participant = Participant(participant_id, status, attributes)
        self.participants[participant_id] = participant
        self.fact("participant.registered", participant_id)
        if status == "member":
            self._create_standing_needs(participant)
        return True

    def _check_participant(self, participant, attributes):
        for scheme in ("inn", "ogrn"):
            if attributes.get(scheme) is not None and self._is_taken(scheme, attributes[scheme], participant):
                raise Refusal(scheme + "_taken", scheme)
        if any(blocked not in self.participants for blocked in attributes.get("blocks", ())):
            raise Refusal("unknown_block", "blocks")
        region = attributes.get("region")
        moves = participant is None or region != participant.attributes.get("region")
        if moves and self.regions and region not in self.regions:
            raise Refusal("region_not_admitted", "region")

    def _is_taken(self, scheme, number, owner):
        return any(
            other is not owner and other.attributes.get(scheme) == number for other in self.participants.values()
        )

    def _do_participant_revise(self, command):
        patch = read_attributes(command["set"])
        participant = self._participant(command["participant"])
        attributes = without_nulls({**participant.attributes, **patch})
        check_whole(attributes)
        self._expect_revision(participant, command)
        if attributes == participant.attributes:
            return False
        self._check_participant(participant, attributes)
        blocked_before, participant.attributes = participant.blocks(), attributes
        turned = participant.blocks() ^ blocked_before
        participant.revision += 1
        self.fact("participant.revised", participant.id)
        self._review_after_revision(participant, turned)
        return True

    def _review_after_revision(self, participant, turned):
        """By listing number, those that are open or have told pairs: review(L) where L's boxes changed; else
        review(L, Q) for each participant Q newly blocked or unblocked, by registration."""
        for listing in participant.listings:
            before = listing.boxes
            listing.boxes = self._boxes(listing)
            if not self._telling.concerns(listing):
                continue
            if listing.boxes != before or len(turned) > MANY_BLOCKS:
                self._telling.review_later(listing)
                continue
            for other in self.participants:
                if other in turned:
                    self._telling.review_later(listing, only=other)

    def _do_participant_status(self, command):
        status = command["status"]
        if status not in TRANSITIONS:
            raise Refusal("bad_value", "status")
        participant = self._participant(command["participant"])
        if status == participant.status:
            return False
        if status not in TRANSITIONS[participant.status]:
            raise Refusal("transition_not_allowed", "status")
        before, participant.status = participant.status, status
        participant.revision += 1
        self.fact("participant.status", participant.id)
        if "member" in (before, status):
            waiting = [listing for listing in participant.listings if self._telling.concerns(listing)]
            for listing in waiting:
                self._telling.review_later(listing)
        if status == "member":
            self._create_standing_needs(participant)
        return True

    def _participant(self, participant_id):
        if participant_id not in self.participants:
            raise Refusal("unknown_participant", "participant")
        return self.participants[participant_id]

    # Standing needs.

    def _create_standing_needs(self, participant):
        for exchange in self.exchanges.values():
            self._create_standing_need(participant, exchange)

    def _create_standing_need(self, participant, exchange):
        """An open need without deadline, whose fields all come from the participant; made once, opened and reviewed."""
        listing_id = f"{participant.id}/~{exchange.name}"
        if not exchange.standing_needs or listing_id in self._listings:
            return
        listing = Listing(listing_id, participant, exchange.name, "need", standing=True)
        self._add(listing)
        listing.boxes = self._boxes(listing)
        self._enter(listing, "open")
        self._listing_fact("listing.opened", listing)
        self._telling.review_later(listing)

    # Listings (section 4).

    def _do_listing_publish(self, command):
        listing, content = self._published_listing(command)
        draft = command.get("draft", False)
        if draft and listing.state not in (None, "draft"):
            raise Refusal("state_not_allowed", "draft")
        exchange = self.exchanges[listing.exchange]
        check_content(exchange, listing.side, content)
        if listing.state is not None and self._changes_nothing(listing, content, command, draft):
            return False
        valid_from, valid_until = self._times(command, None, None)
        if valid_until is None:
            valid_until = self._default_end(exchange, valid_from)
        self._check_times(exchange, valid_from, valid_until)
        if listing.state is None:
            self._add(listing)
        if draft:
            state = "draft"
        elif listing.state == "paused":
            state = "paused"
        else:
            state = self._live(listing, content, valid_from)
        self._change(listing, _published_fact(listing.state, state), state, content, (valid_from, valid_until))
        return True

    def _published_listing(self, command):
        """The stored listing of this id, or a new one that is not stored yet, and the content: first the form of what
        was written, then whether it may be."""
        participant_id, _, key = command["listing"].partition("/")
        exchange, side = command["exchange"], command["side"]
        if side not in SIDES:
            raise Refusal("bad_value", "side")
        if exchange not in self.exchanges:
            raise Refusal("unknown_exchange", "exchange")
        content = read_content(self.exchanges[exchange], side, command, self.trees)
        participant = self._participant(participant_id)
        if key.startswith("~"):
            raise Refusal("standing_need", "listing")
        if not re.fullmatch(NAME, key):
            raise Refusal("bad_value", "listing")
        if side == "need" and self.exchanges[exchange].standing_needs:
            raise Refusal("standing_need", "side")
        listing = self._listings.get(command["listing"])
        if listing is None:
            listing = Listing(command["listing"], participant, exchange, side)
        if (listing.exchange, listing.side) != (exchange, side):
            raise Refusal("listing_moved", "exchange" if listing.exchange != exchange else "side")
        self._expect_revision(listing, command)
        return listing, content

    def _changes_nothing(self, listing, content, command, draft):
        """Same content, state not reopened, no other `valid_*` than stored. "Publishing what is pending in a side that
        is not moderated (any more) opens it"."""
        reopens = listing.state in ("withdrawn", "expired") or (listing.state == "draft" and not draft)
        if listing.state == "pending":
            reopens = not self._is_moderated(listing)
        times = ("valid_from", "valid_until")
        other_times = any(command.get(name) not in (None, getattr(listing, name)) for name in times)
        return not reopens and not other_times and content == listing.content

    def _do_listing_revise(self, command):
        """`revise` patches: named fields are replaced, null removes, `variants` is replaced whole."""
        content = self._patched_content(command)
        listing = self._stored_listing(command, allowed=("draft", "pending", "scheduled", "open", "paused"))
        exchange = self.exchanges[listing.exchange]
        check_content(exchange, listing.side, content)
        valid_from, valid_until = self._times(command, listing.valid_from, listing.valid_until)
        if valid_until is None and "valid_until" in command:
            valid_until = self._default_end(exchange, valid_from)
        state = listing.state
        if state in ("pending", "scheduled", "open"):
            state = self._live(listing, content, valid_from)
        before = listing.content, listing.valid_from, listing.valid_until, listing.state
        if before == (content, valid_from, valid_until, state):
            return False
        if "valid_from" in command or "valid_until" in command:
            self._check_times(exchange, valid_from, valid_until)
        fact = "listing.revised" if state == listing.state else _published_fact(listing.state, state)
        self._change(listing, fact, state, content, (valid_from, valid_until))
        return True

    def _patched_content(self, command):
        listing = self._known_listing(command)
        exchange, stored = self.exchanges[listing.exchange], listing.content
        patch = read_fields(exchange, listing.side, command.get("fields", {}), self.trees, "fields")
        variants = stored.variants
        if "variants" in command:
            variants = read_variants(exchange, listing.side, command["variants"] or [], self.trees)
        words = {name: command[name] for name in ("title", "text", "language") if name in command}
        fields = without_nulls({**stored.fields, **patch})
        return stored._replace(**words, fields=fields, variants=variants)

    def _do_listing_pause(self, command):
        listing = self._stored_listing(command, allowed=("open", "scheduled"), standing=True)
        self._change(listing, "listing.paused", "paused")
        return True

    def _do_listing_resume(self, command):
        listing = self._stored_listing(command, allowed=("paused",), standing=True)
        self._change(listing, "listing.resumed", self._live(listing, listing.content, listing.valid_from))
        return True

    def _do_listing_renew(self, command):
        listing = self._stored_listing(command, allowed=("pending", "open", "scheduled", "paused", "expired"))
        exchange = self.exchanges[listing.exchange]
        _, valid_until = self._times(command, None, None)
        if valid_until is None:
            valid_until = self._default_end(exchange, listing.valid_from)
        self._check_times(exchange, listing.valid_from, valid_until)
        state = listing.state
        if state == "expired":
            state = self._live(listing, listing.content, listing.valid_from)
        if (state, valid_until) == (listing.state, listing.valid_until):
            return False
        self._change(listing, "listing.renewed", state, times=(listing.valid_from, valid_until))
        return True

    def _do_listing_approve(self, command):
        """Approving a listing that is scheduled or open changes nothing."""
        listing = self._stored_listing(command, allowed=("pending", "scheduled", "open"))
        if listing.state != "pending":
            return False
        self._change(listing, "listing.approved", self._state_by_start(listing.valid_from))
        return True

    def _do_listing_reject(self, command):
        """An optional reason of at most 1,000 bytes, which is in the fact and not kept."""
        if len(command.get("reason", "").encode()) > MAX_REASON:
            raise Refusal("too_large", "reason")
        listing = self._stored_listing(command, allowed=("pending",))
        self._change(listing, "listing.rejected", "draft")
        return True

    def _do_listing_withdraw(self, command):
        allowed = ("draft", "pending", "scheduled", "open", "paused", "expired")
        listing = self._stored_listing(command, allowed)
        self._change(listing, "listing.withdrawn", "withdrawn")
        return True

    def _stored_listing(self, command, allowed, standing=False):
        listing = self._known_listing(command)
        if listing.standing and not standing:
            raise Refusal("standing_need", "listing")
        self._expect_revision(listing, command)
        if listing.state not in allowed:
            raise Refusal("state_not_allowed", "listing")
        return listing

    def _known_listing(self, command):
        if command["listing"] not in self._listings:
            raise Refusal("unknown_listing", "listing")
        return self._listings[command["listing"]]

    def _expect_revision(self, stored, command):
        if command.get("expect_revision", stored.revision) != stored.revision:
            raise Refusal("stale_revision", "expect_revision")

    def _add(self, listing):
        listing.number = len(self._listings) + 1
        self._listings[listing.id] = listing
        listing.participant.listings.append(listing)

    def _change(self, listing, fact, state, content=None, times=None):
        """Makes the fact about the listing, and reviews it at once when its state became or stopped being open, or it
        is open and its boxes changed."""
        was_open, boxes_before = listing.is_open(), listing.boxes
        if content is not None:
            listing.approved = self._is_approved(listing, content)
            listing.content = content
            listing.boxes = self._boxes(listing)
        if times is not None:
            listing.valid_from, listing.valid_until = times
        self._enter(listing, state)
        self._listing_fact(fact, listing)
        if was_open != listing.is_open() or (was_open and listing.boxes != boxes_before):
            self._telling.review_at_once(listing, min(self.work, MOST_WHEN_FULL) if self.full else self.work)

    def _enter(self, listing, state):
        """Opening numbers count listings in the order in which they were first open, from 1. Content is approved once
        the listing has been scheduled or open with it."""
        listing.state = state
        listing.approved = listing.approved or state in ("scheduled", "open")
        if state == "open" and not listing.opening:
            self._openings += 1
            listing.opening = self._openings

    def _listing_fact(self, fact, listing):
        """Every fact about a listing (but `listing.expiring`) adds 1 to its revision and reckons the notice anew."""
        listing.revision += 1
        listing.notice = self._notice(listing)
        self.fact(fact, listing.id)

    def _boxes(self, listing):
        return boxes_of(listing, self.exchanges[listing.exchange])

    # Moderation.

    def _live(self, listing, content, valid_from):
        """`pending` where the listing's side of the exchange is moderated and its content is not approved; else
        `scheduled` if `valid_from` is ahead, else `open`."""
        if self._is_moderated(listing) and not self._is_approved(listing, content):
            return "pending"
        return self._state_by_start(valid_from)

    def _is_moderated(self, listing):
        """Standing needs are not."""
        return not listing.standing and listing.side in self.exchanges[listing.exchange].moderated

    def _is_approved(self, listing, content):
        """Other content is not, whatever was approved before it."""
        return listing.approved and content == listing.content

    # Times.

    def _times(self, command, default_from, default_until):
        """valid_from and valid_until as the command gives them; the defaults where it does not name them."""
        times = command.get("valid_from", default_from), command.get("valid_until", default_until)
        for name, time in zip(("valid_from", "valid_until"), times):
            if time is not None and (not isinstance(time, int) or isinstance(time, bool)):
                raise Refusal("bad_type", name)
        return times

    def _start(self, valid_from):
        return max(self.now, valid_from or 0)

    def _state_by_start(self, valid_from):
        return "scheduled" if self._start(valid_from) > self.now else "open"

    def _default_end(self, exchange, valid_from):
        return None if exchange.default_life_ms is None else self._start(valid_from) + exchange.default_life_ms

    def _check_times(self, exchange, valid_from, valid_until):
        if valid_until is None:
            return
        start = self._start(valid_from)
        if valid_until <= start:
            raise Refusal("expired_on_arrival", "valid_until")
        if exchange.max_life_ms is not None and valid_until > start + exchange.max_life_ms:
            raise Refusal("lifetime_too_long", "valid_until")

    def _notice(self, listing):
        """`valid_until` less `notice_days`: due "only if that moment lies after the last fact about the listing and
        after its `valid_from`"."""
        notice_ms = self.exchanges[listing.exchange].notice_ms
        if notice_ms is None or listing.valid_until is None or listing.state not in EXPIRING:
            return None
        moment = listing.valid_until - notice_ms
        return moment if moment > self._start(listing.valid_from) else None

    def _meet_deadlines(self, most):
        """Deadlines up to the command's stamp, ordered by (deadline, listing number); a review of each joins the end of
        the queue. One deadline may set up another (opened, then expired), so the earliest is looked for anew. A notice
        is a deadline like the others, without a review."""
        met = 0
        while met < most and (deadline := self._earliest_deadline()) is not None and deadline.time <= self.now:
            met += 1
            listing = self._listings[deadline.listing]
            if deadline.state is None:
                listing.notice = None
                self.fact(deadline.fact, listing.id)
                continue
            self._enter(listing, deadline.state)
            self._listing_fact(deadline.fact, listing)
            self._telling.review_later(listing)

    def _earliest_deadline(self):
        return min((deadline for listing in self._listings.values() for deadline in listing.deadlines()), default=None)

    # Matches (section 2).

    def obstacle(self, need, offer):
        """Why the pair is no match, the first that applies; None if it is one."""
        if need.participant.status != "member":
            return "need_status"
        if offer.participant.status != "member":
            return "offer_status"
        if offer.participant.id in need.participant.blocks() or need.participant.id in offer.participant.blocks():
            return "blocked"
        if not need.is_open():
            return "need_state"
        if not offer.is_open():
            return "offer_state"
        if self._best_boxes(need, offer) is None:
            return "conditions"
        return None

    def listing(self, listing_id):
        return self._listings[listing_id]

    def match(self, need, offer):
        """The Match of the pair, None if it is none."""
        if need.participant is offer.participant or self.obstacle(need, offer) is not None:
            return None
        return self._best_boxes(need, offer)

    def _best_boxes(self, need, offer):
        """The best pair of boxes: highest score, then lowest need box, then lowest offer box."""
        key = need.exchange, need.boxes, offer.boxes
        if key not in self._judged:
            pairs = []
            for need_box in range(len(need.boxes)):
                for offer_box in range(len(offer.boxes)):
                    outcome = self._judge_boxes(need, need_box, offer, offer_box)
                    if outcome.meets:
                        pairs.append(Match(outcome.score, need_box, offer_box))
            self._judged[key] = min(pairs, key=Match.rank, default=None)
        return self._judged[key]

    def _judge_boxes(self, need, need_box, offer, offer_box):
        exchange = self.exchanges[need.exchange]
        return judge_boxes(exchange, dict(need.boxes[need_box]), dict(offer.boxes[offer_box]))

    def counterparts(self, listing):
        """Every listing of the other side of the same exchange."""
        return [
            other
            for other in self._listings.values()
            if other.exchange == listing.exchange and other.side != listing.side
        ]

    # Queries. They change nothing and work nothing off.

    def matches(self):
        """Every match there is now: (need, offer, score, need box, offer box), sorted."""
        found = []
        for need in self._listings.values():
            if need.side == "need":
                for offer in self.counterparts(need):
                    match = self.match(need, offer)
                    if match is not None:
                        found.append((need.id, offer.id, *match))
        return sorted(found)

    def told(self):
        return sorted((need, offer, score) for (need, offer), score in self._telling.told.items())

    def listings(self):
        return {listing.id: (listing.state, listing.revision, listing.opening) for listing in self._listings.values()}

    def queue_units(self):
        """Pairs waiting in begun jobs, and jobs not begun."""
        return self._telling.units_left()

    def explain(self, need_id, offer_id):
        """How the pair comes out field by field: in its best boxes, or in those where fewest fields exclude it."""
        need, offer = self._listings[need_id], self._listings[offer_id]
        boxes = self._best_boxes(need, offer) or self._nearest_boxes(need, offer)
        outcome = self._judge_boxes(need, boxes.need_box, offer, boxes.offer_box)
        fields = self.exchanges[need.exchange].fields
        return {
            "meets": self.match(need, offer) is not None,
            **boxes._asdict(),
            "fields": [_explain_field(fields[field.field], field) for field in outcome.fields],
        }

    def _nearest_boxes(self, need, offer):
        pairs = []
        for need_box in range(len(need.boxes)):
            for offer_box in range(len(offer.boxes)):
                outcome = self._judge_boxes(need, need_box, offer, offer_box)
                excluding = sum(bool(field.blamed) for field in outcome.fields)
                pairs.append((excluding, need_box, offer_box, outcome.score))
        _, need_box, offer_box, score = min(pairs)
        return Match(score, need_box, offer_box)


def _explain_field(field, outcome):
    """A field that is not public on some side is named, and no more is said."""
    if not field.is_public():
        return {"field": field.name, "hidden": True}
    published = {side: None if points is None else points // PUBLISHED for side, points in outcome.points.items()}
    return {
        "field": field.name,
        "met": outcome.met,
        "blamed": outcome.blamed,
        "need_points": published["need"],
        "offer_points": published["offer"],
    }


def _published_fact(before, after):
    """The kind of the fact by which a listing comes from one state into another by its content or its times."""
    if after == "draft":
        return "listing.drafted"
    if before == after:
        return "listing.revised"
    if after == "pending":
        return "listing.submitted"
    return {"open": "listing.opened", "scheduled": "listing.scheduled", "paused": "listing.revised"}[after]
