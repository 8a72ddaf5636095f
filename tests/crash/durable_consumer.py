"""A consumer of a durable subscription, as docs/protocol.md tells it to be one, which dies now and then.

What it has dealt with it keeps together with how far it has come; whatever else it had been given dies with it. Some
lives go on from where it knows to be, others leave that to matchd's memory and know again what they have had.
"""

import collections
import random
import threading
import time

from ledger import demand

from protocol_client import Client, NoAnswer, Refused

CREDIT_MAX = 300
WAIT_MS_MAX = 100
ANSWER_S = 0.15  # beyond the time that the fetch may wait
DIE = 0.04  # of the fetches: it dies within what it is given
TAKEN = ("subscription_taken",)  # by a request of its own that was late

Given = collections.namedtuple("Given", "number state body because")


def place(row):
    """Whatever stands comes before all facts."""
    return (0, row.state) if row.state is not None else (1, row.number)


class DurableConsumer:
    """`given`: every row, once and in order. `keep`, if given, is called with each as well."""

    def __init__(self, runtime, client, name, seed, keep=None, gone_on=None):
        self.runtime, self.me, self.name, self.keep = runtime, client, name, keep
        self.random = random.Random(seed)
        self.given, self.done = [], gone_on or (0, 0)
        self.lives = self.duplicates = self.fetches = 0
        self.patient = threading.Event()  # it dies no more
        self._begin()

    def _begin(self):
        self.lives += 1
        self.number = self.random.getrandbits(62) + 1
        self.last = (0, 0)  # that this life was given
        self.says_place = bool(self.given) and self.random.random() < 0.5

    def work(self, stopping):
        """Until it is told to stop."""
        client = Client(self.runtime)
        while not stopping.is_set():
            if not self.step(client):
                client.close()
                client = Client(self.runtime)
        client.close()

    def step(self, client, wait_ms=None):
        """One fetch. False where this life is over."""
        wait_ms = self.random.randint(0, WAIT_MS_MAX) if wait_ms is None else wait_ms
        client.timeout = wait_ms / 1000 + ANSWER_S
        self.fetches += 1
        try:
            reply = client.ask("subscription.fetch", **self._request(wait_ms))
        except NoAnswer:
            self._begin()
            return False
        except Refused as refused:
            demand(refused.code in client.passing + TAKEN, f"{self.name}: {refused}")
            if refused.code in TAKEN:
                self._begin()
            time.sleep(0.01)
            return True
        demand("subscription_lagged" not in reply and "epoch_changed" not in reply, f"{self.name}: {reply}")
        return self._deal_with([Given(row["number"], row.get("state"), row["body"], row.get("because"))
                                for row in reply["facts"]])

    def _request(self, wait_ms):
        request = {"client": self.me, "name": self.name, "consumer": self.number, "wait_ms": wait_ms,
                   "credit": self.random.randint(1, CREDIT_MAX)}
        if self.patient.is_set():
            request["credit"] = CREDIT_MAX
        request.update(self._words("ack", self.done) if self.patient.is_set() or self.random.random() < 0.7 else {})
        if self.last > (0, 0):
            request.update(self._words("after", self.last))
        elif self.says_place:
            request.update(self._words("after", self.done))
        return request

    def _words(self, word, at):
        """Among what stands the number is that of the beginning."""
        if at == (0, 0):
            return {}
        first, count = at
        if first == 1:
            return {word: count}
        return {word: self.given[0].number, f"{word}_state": count}

    def _deal_with(self, rows):
        dies = not self.patient.is_set() and self.random.random() < DIE
        rows = rows[: self.random.randint(0, len(rows))] if dies else rows
        for row in rows:
            demand(place(row) > self.last, f"{self.name}: {row} comes behind {self.last}")
            self.last = place(row)
            if place(row) <= self.done:
                self.duplicates += 1
                continue
            self.given.append(row)
            if self.keep:
                self.keep(row)
            self.done = place(row)
        if dies:
            self._begin()
        return not dies

