"""A consumer of a durable subscription, as docs/protocol.md tells it to be one, which dies now and then.

What it has dealt with it keeps together with how far it has come; whatever else it had been given dies with it. Some
lives go on from where it knows to be, others leave that to matchd's memory and know again what they have had.
"""

import collections
import random
import threading
import time

from ledger import demand

from protocol_client import Client, Consumer, NoAnswer, Refused

CREDIT_MAX = 300
WAIT_MS_MAX = 100
ANSWER_S = 0.15  # beyond the time that the fetch may wait
PAUSE_S = 0.01
DIE = 0.04  # of the fetches: it dies within what it is given
ACKNOWLEDGE = 0.7  # of them
KNOW = 0.5  # of the lives: they say where they are

Given = collections.namedtuple("Given", "number state body because")


def place(row):
    """Whatever stands comes before all facts."""
    return (0, row.state) if row.state is not None else (1, row.number)


class DurableConsumer:
    """`given`: every row, once and in order. `keep`, if given, is called with each as well."""

    def __init__(self, runtime, owner, name, seed, keep=None):
        self.runtime, self.owner, self.name, self.keep = runtime, owner, name, keep
        self.random = random.Random(seed)
        self.given, self.done = [], (0, 0)
        self.lives = self.duplicates = 0
        self.patient = threading.Event()  # it dies no more

    def work(self, stopping):
        """One life after the other, until it is told to stop."""
        while not stopping.is_set():
            self.lives += 1
            with Client(self.runtime, timeout=ANSWER_S) as client:
                self._live(Consumer(client, self.owner, self.name), stopping)

    def _live(self, life, stopping):
        last = (0, 0)
        if self.given and self.random.random() < KNOW:
            life.after = {"after": self.given[-1].number}
            if self.given[-1].state is not None:
                life.after["after_state"] = self.given[-1].state
        while last is not None and not stopping.is_set():
            last = self._step(life, last)

    def _step(self, life, last):
        """One fetch. Returns how far this life has been given, or None where it is over."""
        if not self.patient.is_set() and self.random.random() > ACKNOWLEDGE:
            life.place = {}
        try:
            reply = life.fetch(wait_ms=self.random.randint(0, WAIT_MS_MAX), credit=self.random.randint(1, CREDIT_MAX))
        except NoAnswer:
            return None
        except Refused as refused:  # taken: by a request of its own that was late
            demand(refused.code in (*life.client.passing, "subscription_taken"), f"{self.name}: {refused}")
            time.sleep(PAUSE_S)
            return last if refused.code in life.client.passing else None
        demand("subscription_lagged" not in reply and "epoch_changed" not in reply, f"{self.name}: {reply}")
        return self._deal_with(reply["facts"], last)

    def _deal_with(self, rows, last):
        dies = not self.patient.is_set() and self.random.random() < DIE
        for row in rows[: self.random.randint(0, len(rows))] if dies else rows:
            row = Given(row["number"], row.get("state"), row["body"], row.get("because"))
            demand(place(row) > last, f"{self.name}: {row} comes behind {last}")
            last = place(row)
            if last <= self.done:
                self.duplicates += 1
                continue
            self.given.append(row)
            if self.keep:
                self.keep(row)
            self.done = last
        return None if dies else last
