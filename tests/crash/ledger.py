"""A caller that keeps a ledger: what was acknowledged, and what must therefore be there whatever became of the daemon.

A command that nobody answers is asked again until it is answered, as the protocol's page tells a caller to do, so each
ends in the ledger or in a refusal. Every reply is compared with the ledger, and a wrong one raises `Violation`.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "flow"))

from people import need, offer  # noqa: E402
from protocol_client import NoAnswer, Refused  # noqa: E402

ANSWER_S = 0.5  # by then an answer has come, or it went down with the process that had it
PATIENCE_S = 20.0  # a daemon that is started again answers long before
PASSING = {"number", "at", "valid_from", "valid_until"}  # of a fact: differs from run to run


class Violation(Exception):
    """Something acknowledged is not there, or something else is."""


class Unanswered(Violation):
    """A write is not answered, and stays pending."""


def demand(condition, message):
    if not condition:
        raise Violation(message)


class Ledger:
    """`listings`: by id what was acknowledged, as (side, state, title, price). Until a write is answered the listing
    may be as before or as after it: `pending` holds the second. `make_room`, if given, is called
    where the store is full, and the write tried once more. `patience`: how long a write is asked again."""

    def __init__(self, make_room=None, patience=PATIENCE_S):
        self.listings, self.pending, self.make_room, self.patience = {}, {}, make_room, patience
        self.full = 0  # writes that were refused since the store was full
        self.head = 0
        self.checked = 0  # replies and facts that were compared

    # --- writes; each returns the reply, or None where the store was full ---

    def publish(self, client, side, listing, title, price, **more):
        publication = (need if side == "need" else offer)(listing, title=title, unit_price=price, **more)
        return self._write(client, "listing.publish", listing, (side, "open", title, price), publication)

    def revise(self, client, listing, title):
        side, state, _, price = self.listings[listing]
        revision = {"listing": listing, "title": title}
        return self._write(client, "listing.revise", listing, (side, state, title, price), revision)

    def withdraw(self, client, listing):
        side, _, title, price = self.listings[listing]
        return self._write(client, "listing.withdraw", listing, (side, "withdrawn", title, price), {"listing": listing})

    def _write(self, client, cmd, listing, after, arguments, again=False):
        self.pending[listing] = after
        try:
            reply = client.ask_until_answered(cmd, self.patience, **arguments)
        except Refused as refused:
            if refused.code == "storage_full" and self.make_room and not again:
                self.make_room()
                return self._write(client, cmd, listing, after, arguments, again=True)
            return self._refused(client, cmd, listing, refused)
        except NoAnswer as silence:
            raise Unanswered(f"{cmd} of {listing} is not answered in {self.patience} s") from silence
        demand(reply["listing"] == listing and reply["state"] == after[1], f"{cmd} of {listing} was answered {reply}")
        demand(reply["number"] >= self.head, f"{cmd} of {listing}: number {reply['number']} behind {self.head}")
        self.listings[listing], self.head = after, reply["number"]
        del self.pending[listing]
        self.checked += 1
        return reply

    def _refused(self, client, cmd, listing, refused):
        """A full store keeps nothing of it. A second withdrawal is refused where the first one's answer was lost."""
        if refused.code == "core_unavailable":
            raise Unanswered(f"{cmd} of {listing}: {refused}")
        after = self.pending.pop(listing)
        if refused.code == "state_not_allowed" and cmd == "listing.withdraw":
            self.listings[listing] = after
            self.check_listing(client, listing)
        else:
            demand(refused.code == "storage_full" and not self.make_room, f"{cmd} of {listing}: {refused}")
            self.full += 1

    # --- reads ---

    def allowed(self, listing):
        return [self.listings.get(listing), self.pending.get(listing)]

    def check_listing(self, client, listing):
        try:
            shown = client.ask_until_answered("listing.show", PATIENCE_S, listing=listing)["listing"]
            found = (shown["side"], shown["state"], shown["title"], price_of(shown))
        except Refused as refused:
            demand(refused.code == "unknown_listing", f"showing {listing}: {refused}")
            found = None
        demand(found in self.allowed(listing) and (found or listing not in self.listings),
               f"{listing} is {found} and was acknowledged as {self.listings.get(listing)}")
        self.checked += 1

    def check_matches(self, client, listing):
        """All listings here are of one process: an offer matches every need that pays its price."""
        side, state, _, price = self.listings[listing]
        expected = sorted(name for name, (other, its_state, _, its_price) in self.listings.items()
                          if {side, other} == {"need", "offer"} and state == its_state == "open"
                          and (price >= its_price if side == "need" else price <= its_price))
        reply = client.ask_until_answered("listing.matches", PATIENCE_S, listing=listing, limit=1000)
        found = sorted(match["listing"] for match in reply["matches"])
        demand(found == expected and reply["total"] == len(expected),
               f"{listing} matches {found} of {reply['total']}, and should {expected}")
        self.checked += 1

    def check_all(self, client):
        """Everything acknowledged, and the journal. Returns the facts as `told`."""
        for listing in {**self.listings, **self.pending}:
            self.check_listing(client, listing)
        facts = list(journal(client))
        self.check_facts(facts)
        return facts

    def check_facts(self, facts):
        """In order, each with its predecessor in each of its streams; the last title of a listing is the ledger's."""
        number, heads, titles = 0, {}, {}
        for fact in facts:
            demand(fact["number"] > number, f"fact {fact['number']} follows {number}")
            number = fact["number"]
            for stream, prev in fact["streams"].items():
                head = heads.get(stream, 0)
                demand(prev == head, f"fact {number} of {stream} follows {prev}, not {head}")
                heads[stream] = number
            if "title" in fact["body"]:
                titles[fact["body"]["listing"]] = fact["body"]["title"]
        for listing, (_, _, title, _) in self.listings.items():
            allowed = [entry[2] for entry in self.allowed(listing) if entry]
            demand(titles.get(listing) in allowed, f"the journal knows {listing} as {titles.get(listing)}, not {title}")
        self.checked += len(facts)


def price_of(shown):
    """An interval that is open towards one side, or one number."""
    price = shown["fields"]["unit_price"]
    while isinstance(price, dict):
        price = next(price[key] for key in ("value", "from", "to") if key in price)
    return int(price)


def journal(client):
    """All facts that concern anyone, as facts.read gives them."""
    first, head = 1, 1
    while first <= head:
        page = client.ask_until_answered("facts.read", PATIENCE_S, **{"from": first})
        yield from page["facts"]
        first, head = page["next"], page["head"]


def told(facts):
    """What the facts say, without what differs from run to run."""
    return [{key: value for key, value in fact["body"].items() if key not in PASSING} for fact in facts]
