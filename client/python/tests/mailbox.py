"""The durable subscription of a matchd of the tests' own, in virtual time, and a network between that fails.

It knows the protocol from docs/protocol.md and shares no code with the library.
"""

import random

import msgpack
from market import pack
from matchd.consuming import Consuming

EPOCH = b"e" * 16
ACK_TIMEOUT_S = 30.0
STORED_S = 1.0  # acknowledgements are stored within this time
DONE = 1 << 64  # the state is over


class Mailbox:
    """A subscription "mail" of the client "me". Some facts do not pass its filter."""

    def __init__(self, epoch=EPOCH, standing=0, head=0, strict=True):
        self.epoch, self.standing, self.beginning = epoch, standing, head
        self.strict, self.superseded = strict, set()  # whether a number that was taken from is known as such
        self.facts = [False] * head  # whether fact i + 1 passes
        self.first = 1
        self.acked = (0, head) if standing else (DONE, head)
        self.known_epoch = epoch  # of the consumer
        self.stored = [(-1.0, self.acked)]
        self.fetches = 0
        self.forget()

    def forget(self):
        """What a process remembers, and begins anew with."""
        self.consumer, self.seen, self.given, self.given_at, self.waiting = 0, self.acked, self.acked, 0.0, None
        self.asked = 0  # the last request's id

    @property
    def head(self):
        return len(self.facts)

    def add(self, passes=True):
        self.facts.append(passes)

    def places(self):
        """(number, state) of everything that passes, in order."""
        standing = [(self.beginning, state) for state in range(1, self.standing + 1)]
        return standing + [(i + 1, None) for i, passes in enumerate(self.facts) if passes and i + 1 > self.beginning]

    def die(self, now):
        """kill -9: what was acknowledged of late may be forgotten."""
        self.acked = [acked for at, acked in self.stored if at <= now - STORED_S][-1]
        self.forget()

    # --- one fetch ---

    def ask(self, request, now, origin=None):
        """The replies that this has at once: (origin of the request, bytes) each."""
        asked = msgpack.unpackb(request)
        assert (asked["cmd"], asked["client"], asked["name"]) == ("subscription.fetch", "me", "mail")
        self.fetches += 1
        replies = []
        if asked["consumer"] in self.superseded:
            return [(origin, refusal(asked["id"], "subscription_taken"))]
        if asked["consumer"] != self.consumer:
            if self.waiting:
                replies.append((self.origin, refusal(self.waiting[0], "subscription_taken")))
            if self.strict:
                self.superseded.add(self.consumer)
            self.consumer, self.waiting, self.asked = asked["consumer"], None, 0
            self.seen = self.given = self.acked
        if asked["id"] <= self.asked:
            return replies
        self.asked = asked["id"]
        if self.waiting:
            replies.append((self.origin, self.reply(self.waiting[0], [])))
        if asked.get("epoch") == self.epoch:
            self.known_epoch = self.epoch
        if "ack" in asked and self.known_epoch == self.epoch:
            ack = (asked.get("ack_state", DONE), asked["ack"])
            if asked["ack"] > self.head:
                return [*replies, (origin, refusal(asked["id"], "bad_value", "ack"))]
            self.take_ack(ack, now)
        if self.given > self.acked and now - self.given_at > ACK_TIMEOUT_S:
            self.seen = self.given = self.acked
        if "after" in asked and self.known_epoch == self.epoch and asked["after"] <= self.head:
            self.seen = self.given = max(self.acked, (asked.get("after_state", DONE), asked["after"]))
        self.other_epoch = asked.get("epoch", self.epoch) != self.epoch
        until = now + asked.get("wait_ms", 0) / 1000
        self.origin, self.waiting = origin, (asked["id"], asked.get("credit", 1000), until)
        return replies + self.tick(now)

    def take_ack(self, ack, now):
        if ack > self.acked:
            self.acked, self.given_at = ack, now
            self.seen, self.given = max(self.seen, ack), max(self.given, ack)
            self.stored.append((now, ack))

    def tick(self, now):
        """What waits is answered where there is something to say, or time is up."""
        if not self.waiting:
            return []
        number, credit, until = self.waiting
        changed = self.other_epoch or self.known_epoch != self.epoch
        more, rows = {"epoch_changed": True} if changed else {}, []
        if not changed:
            rows = self.fill(credit, now)
            if not rows and self.seen[0] == DONE and self.seen[1] + 1 < self.first:
                more = {"subscription_lagged": [self.seen[1] + 1, self.first - 1]}
        if not rows and not more and credit and now < until:
            return []
        self.waiting = None
        return [(self.origin, self.reply(number, rows, **more))]

    def fill(self, credit, now):
        rows = []
        while len(rows) < credit and self.seen[0] != DONE:
            state = self.seen[0] + 1
            self.seen = (state, self.beginning) if state <= self.standing else (DONE, self.beginning)
            rows += [row(self.beginning, state)] if state <= self.standing else []
        while len(rows) < credit and self.seen[0] == DONE and self.first <= self.seen[1] + 1 <= self.head:
            self.seen = (DONE, self.seen[1] + 1)
            rows += [row(self.seen[1])] if self.facts[self.seen[1] - 1] else []
        if rows:
            self.given, self.given_at = self.seen, now
        return rows

    def reply(self, number, rows, **more):
        return pack({"v": 1, "id": number, "ok": True, "facts": rows, "head": self.head, "epoch": self.epoch, **more})


def row(number, state=None):
    body = {"fact": "match.made", "number": number, "at": 1000 + number}
    return {"number": number, "body": body, **({"because": ["mail"]} if state is None else {"state": state})}


def refusal(number, code, field=""):
    error = {"code": code, "field": field, "message": "no", "expected": ""}
    return pack({"v": 1, "id": number, "ok": False, "error": error})


class Post:
    """Does a consumer's work in virtual time. `chances` of what can fail, by name."""

    def __init__(self, box=None, seed=0, chances=None, **options):
        self.box, self.random, self.chances = box or Mailbox(), random.Random(seed), chances or {}
        self.time, self.down_until, self.late, self.connections = 100.0, 0.0, [], 0
        self.begin(**options)

    def begin(self, **options):
        """A consumer as it is after a start of its program."""
        self.connections, self.answers = self.connections + 1, []
        self.subject = Consuming("mail", "me", **{"now": self.time, "credit": 10, **options})
        return self

    def chance(self, what):
        return self.random.random() < self.chances.get(what, 0)

    def gateway_dies(self, seconds=0.0):
        """With every answer that is on its way. What waits in the core is forgotten."""
        self.down_until, self.answers, self.box.waiting = self.time + seconds, [], None

    def next(self, seconds=20.0, meanwhile=lambda: None):
        """The caller's next outcome, or None if there is none for so long."""
        until = self.time + seconds
        self.subject.go_on()
        while True:
            self.turn()
            if outcome := self.subject.take():
                return outcome
            if self.time >= until:
                return None
            meanwhile()
            self.time = min(until, self.time + 0.05)
            self.answer(self.box.tick(self.time))

    def turn(self):
        """What the line does."""
        while self.answers:
            if not self.subject.received([self.answers.pop(0)], self.time):
                self.connect()
        if not self.subject.expire(self.time):
            self.connect()
        while self.time >= self.down_until and (data := self.subject.to_send()):
            self.subject.sent(self.time)
            self.carry(data)

    def carry(self, data):
        if self.chance("late"):
            self.late.append(data)  # carried out some time, its answer goes nowhere
        elif self.chance("unavailable"):
            self.refuse(data, "core_unavailable")
        else:
            self.answer(self.box.ask(data, self.time, (self, self.connections)))
        if self.late and self.random.random() < 0.3:
            self.answer(self.box.ask(self.late.pop(0), self.time))

    def refuse(self, data, code):
        self.answers.append(refusal(msgpack.unpackb(data)["id"], code))

    @staticmethod
    def answer(replies):
        """Each goes to whoever asked, over the connection that he asked on."""
        for origin, reply in replies:
            post, connection = origin or (None, 0)
            if post and post.connections == connection and not post.chance("lose answer"):
                post.answers.append(reply)

    def connect(self):
        self.connections += 1
        self.answers = []
