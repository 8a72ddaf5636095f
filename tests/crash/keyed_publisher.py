"""A publisher who gives every command a key, sends it until it is answered, and books what was answered.

Its commands go out several at once, each about another listing, so their order does not matter. A reply must be the
one that follows from the book: the state, and the revision that is one above the last, which a command carried out
twice or not at all would miss. Old commands are sent again now and then, and must be answered as they were.
"""

import collections
import random
import time

from ledger import PATIENCE_S, demand

from people import need, offer
from protocol_client import Client, NoAnswer, Refused
from worker import Worker

PROCESSES = ("milling", "turning", "bending")
AGAIN = 0.04  # of a round: old commands are sent once more

Entry = collections.namedtuple("Entry", "state revision title process price")
Command = collections.namedtuple("Command", "cmd listing arguments after fact")
NOTHING = Entry(None, 0, None, None, None)


class KeyedPublisher:
    """`booked`: all that was answered, in order, as (command, reply or code of refusal)."""

    def __init__(self, runtime, participant, side, seed, listings=8, pause_s=0.02, answer_s=0.1):
        self.runtime, self.participant, self.side = runtime, participant, side
        self.listings, self.pause_s, self.answer_s = listings, pause_s, answer_s
        self.random = random.Random(seed)
        self.book = collections.defaultdict(lambda: NOTHING)  # by listing
        self.effects = collections.defaultdict(list)  # by listing: (kind of fact, title) each, in order
        self.booked, self.pending = [], {}
        self.serial = self.lost = self.asked_again = 0
        self.worker = Worker(self._work)

    def _work(self, stopping):
        with Client(self.runtime, timeout=self.answer_s) as client:
            while not stopping.wait(self.pause_s):
                self._settle(client, self._round())
                if self.random.random() < AGAIN:
                    self.ask_again(client)

    # --- commands ---

    def _round(self):
        """By key, each about another listing."""
        chosen = self.random.sample(range(self.listings), self.random.randint(1, self.listings))
        commands = {}
        for i in chosen:
            self.serial += 1
            key = f"{self.participant}:{self.serial}"
            commands[key] = self._command(f"{self.participant}/{i}", f"{self.side} {self.serial}")
        return commands

    def _command(self, listing, title):
        before = self.book[listing]
        kinds = ["publish"] * 6
        if before.state:
            kinds += ["revise", "withdraw", "pause", "resume"]
        return getattr(self, f"_{self.random.choice(kinds)}")(listing, title, before)

    def _publish(self, listing, title, before):
        process, price = self.random.choice(PROCESSES), 10 * self.random.randint(30, 130)
        make = need if self.side == "need" else offer
        state = "paused" if before.state == "paused" else "open"
        kind = "listing.revised" if before.state in ("open", "paused") else "listing.opened"
        arguments = make(listing, title=title, process=[process], unit_price=price)
        after = Entry(state, before.revision + 1, title, process, price)
        return Command("listing.publish", listing, arguments, after, kind)

    def _revise(self, listing, title, before):
        after = before._replace(title=title, revision=before.revision + 1)
        fact = "listing.revised" if before.state != "withdrawn" else None
        return Command("listing.revise", listing, {"listing": listing, "title": title}, after, fact)

    def _change(self, listing, before, word, state, allowed, kind):
        """One that is not allowed is sent all the same, and refused."""
        after = before._replace(state=state, revision=before.revision + 1)
        fact = kind if before.state in allowed else None
        return Command(f"listing.{word}", listing, {"listing": listing}, after, fact)

    def _withdraw(self, listing, _title, before):
        return self._change(listing, before, "withdraw", "withdrawn", ("open", "paused"), "listing.withdrawn")

    def _pause(self, listing, _title, before):
        return self._change(listing, before, "pause", "paused", ("open",), "listing.paused")

    def _resume(self, listing, _title, before):
        return self._change(listing, before, "resume", "open", ("paused",), "listing.resumed")

    # --- sending ---

    def request(self, key, command):
        return {**command.arguments, "client": self.participant, "key": key}

    def _settle(self, client, commands):
        """Until the last one is answered. What is pending may have had its effect."""
        self.pending, patience = dict(commands), time.monotonic() + PATIENCE_S
        while self.pending:
            demand(time.monotonic() < patience, f"not answered in {PATIENCE_S} s: {self.pending}")
            sent = {}
            try:
                for key, command in list(self.pending.items()):
                    sent[client.send(command.cmd, **self.request(key, command))] = key
                self._hear(client, sent)
            except NoAnswer:
                self.lost += 1
                time.sleep(0.005)

    def _hear(self, client, sent):
        while sent:
            number, answer = client.wait()
            key = sent.pop(number, None)
            if not key:
                continue  # of a request that was not waited for
            if isinstance(answer, Refused) and answer.code in client.passing:
                time.sleep(0.005)
                continue
            self._book(key, self.pending[key], answer)
            del self.pending[key]

    def _book(self, key, command, answer):
        if isinstance(answer, Refused):
            demand(not command.fact and answer.code == "state_not_allowed", f"{command} was answered {answer}")
            self.booked.append((key, command, answer.code))
            return
        after = command.after
        if not command.fact and answer["result"] == "unchanged":  # asked for what is so already
            after = self.book[command.listing]
        else:
            demand(command.fact, f"{command} was answered {answer}")
            self.effects[command.listing].append((command.fact, after.title if "title" in command.arguments else None))
        demand((answer["state"], answer["revision"]) == (after.state, after.revision),
               f"{command} was answered {answer}")
        self.book[command.listing] = after
        self.booked.append((key, command, answer))

    def ask_again(self, client, count=3):
        """Old commands, some of other lives of the daemon: no effect, and the same reply."""
        for key, command, booked in self.random.sample(self.booked, min(count, len(self.booked))):
            try:
                answer = client.ask_until_answered(command.cmd, PATIENCE_S, **self.request(key, command))
            except Refused as refused:
                answer = refused.code
            demand(answer == booked, f"{key}, {command} was answered {booked}, and when sent again {answer}")
            self.asked_again += 1

    # --- checks ---

    def snapshot(self):
        """What is booked by now: to be taken before the journal is read."""
        return {listing: list(effects) for listing, effects in list(self.effects.items())}

    def check_facts(self, snapshot, told):
        """`told`: by listing (kind of fact, title) each, from the journal. Beyond what was answered there may only be
        what is being asked meanwhile."""
        for listing, effects in snapshot.items():
            demand(told[listing][: len(effects)] == effects,
                   f"{listing} was acknowledged {effects[-5:]} and is told {told[listing][len(effects) - 5:]}")
        return sum(map(len, snapshot.values()))

    def check_all(self, client, told):
        """When nothing is pending: neither less nor more."""
        for listing, effects in self.effects.items():
            demand(told[listing] == effects, f"{listing} is told {told[listing]} and was acknowledged {effects}")
            shown, entry = client.ask_until_answered("listing.show", listing=listing)["listing"], self.book[listing]
            demand((shown["state"], shown["revision"], shown["title"]) == entry[:3],
                   f"{listing} was acknowledged as {entry} and is {shown}")
        return len(self.effects) + sum(map(len, self.effects.values()))
