"""What a store's journal says, and what each subscription must therefore have been given.

The judgement is made from the facts' bodies alone, by the words of docs/protocol.md, so that nothing of the daemon's
own way of judging comes in. It is made for the exchange `parts` of tests/flow and for the conditions used here.
"""

import collections

from ledger import PATIENCE_S, demand

from protocol_client import Fact

MATCHES = ("match.made", "match.changed", "match.ended")
Row = collections.namedtuple("Row", "number body because")


def text_of(value):
    """A statement of one keyword is written without brackets."""
    return set(value) if isinstance(value, list) else {value}


def least_price(value):
    """An offer's price is a least one."""
    while isinstance(value, dict):
        value = value["from"]
    return int(value)


class Journal:
    """All facts, read from where the last look ended, and checked as they come: numbers grow, and each names its
    predecessor in each of its streams."""

    def __init__(self):
        self.facts, self.heads = [], collections.defaultdict(int)
        self.by_stream = collections.defaultdict(list)
        self.told = collections.defaultdict(list)  # by listing: (kind of fact, title) each
        self.next = 1
        self.wants = []  # Wants to be told of each fact, in order
        self.offers = {}  # the content that each offer has by now: (processes, least price)

    def read_on(self, client):
        head = self.next
        while self.next <= head:
            page = client.ask_until_answered("facts.read", PATIENCE_S, **{"from": self.next})
            for fact in page["facts"]:
                self._take(fact)
            self.next, head = page["next"], page["head"]

    def _take(self, fact):
        number, body = fact["number"], fact["body"]
        demand(number == body["number"] and number > (self.facts[-1]["number"] if self.facts else 0),
               f"fact {number} follows {self.facts[-1:]}")
        demand(not self.facts or body["at"] >= self.facts[-1]["body"]["at"], f"time goes back at fact {number}")
        for stream, prev in fact["streams"].items():
            demand(prev == self.heads[stream], f"fact {number} of {stream} follows {prev}, not {self.heads[stream]}")
            self.heads[stream] = number
            self.by_stream[stream].append(Fact(stream, number, prev, body))
        self.facts.append(fact)
        if "listing" in body:
            self.told[body["listing"]].append((body["fact"], body.get("title")))
        if body.get("exchange") == "parts" and body.get("side") == "offer" and "fields" in body:
            fields = body["fields"]
            self.offers[body["listing"]] = (text_of(fields["process"]), least_price(fields["unit_price"]))
        passed = [want for want in self.wants if want.passes(body, self.offers)]
        because = sorted(want.name for want in passed)
        for want in passed:
            want.expected.append(Row(number, body, because if body["fact"] in MATCHES else None))


class Want:
    """A subscription's filter, and the facts that pass it. `process` and `price` are conditions on offers, as a need
    states them. It must be there before the first listing."""

    def __init__(self, name, exchange=None, side=None, participant=None, kinds=None, min_score=0, process=None,
                 price=None):
        self.name, self.expected = name, []
        self.exchange, self.side, self.participant, self.kinds = exchange, side, participant, kinds
        self.min_score, self.process, self.price = min_score, process, price
        self.view = set()  # the matches in view

    def arguments(self):
        """Of subscription.create."""
        given = {key: getattr(self, key) for key in ("exchange", "side", "participant", "kinds", "min_score")}
        given = {key: value for key, value in given.items() if value}
        if self.process:
            given["fields"] = {"process": [self.process], "unit_price": {"to": self.price}}
        return given

    def passes(self, body, offers):
        covered = self._covers(body)
        if body["fact"] in MATCHES and (self.min_score or self.process):
            covered = self._passes_view(body, covered and self._meets(body["offer"], offers))
        elif self.process:
            covered = covered and self._meets(body.get("listing"), offers)
        return covered and (not self.kinds or body["fact"] in self.kinds)

    def _covers(self, body):
        if self.exchange and body.get("exchange") != self.exchange:
            return False
        match = body["fact"] in MATCHES
        if self.side and not match and body.get("side") != self.side:
            return False
        if not self.participant:
            return True
        sides = [self.side] if match and self.side else ["need", "offer"]
        about = [body[side] for side in sides] if match else [body.get("listing", body.get("participant", ""))]
        return self.participant in [listing.split("/")[0] for listing in about]

    def _meets(self, listing, offers):
        if not self.process:
            return True
        if listing not in offers:
            return False
        processes, price = offers[listing]
        return self.process in processes and price <= self.price

    def _passes_view(self, body, covered):
        pair = (body["need"], body["offer"])
        was = pair in self.view
        now = covered and body["score"] >= self.min_score and body["fact"] != "match.ended"
        (self.view.add if now else self.view.discard)(pair)
        return was or now


class Standing:
    """What stands, by the facts of an exchange: open listings and told matches with their scores."""

    CLOSING = ("listing.paused", "listing.withdrawn", "listing.expired")

    def __init__(self):
        self.open, self.told = set(), {}

    def take(self, body):
        kind = body["fact"]
        if kind == "match.ended":
            self.told.pop((body["need"], body["offer"]), None)
        elif kind in MATCHES:
            self.told[body["need"], body["offer"]] = body["score"]
        elif kind in self.CLOSING:
            self.open.discard(body["listing"])
        elif body.get("state") == "open":
            self.open.add(body["listing"])

    def __eq__(self, other):
        return (self.open, self.told) == (other.open, other.told)

    def __str__(self):
        return f"{len(self.open)} open, {len(self.told)} told"
