"""Processes are killed under load, and nobody loses anything.

Without this an acknowledged offer could vanish in a crash, or a mailer miss a match, or tell one twice.
"""

import random
import threading
import time

import pytest
from daemon_process import running_daemon, wait_for
from people import need, offer, register
from protocol_client import Client, NoAnswer, Refused

LISTINGS_EACH = 12
PAUSE_S = 0.03  # between rounds: the load is steady and not all that the machine can do
ANSWER_S = 0.5  # by then an answer has come, or it went down with the process that had it
PROGRESS = 10  # commands acknowledged between two kills


class Worker(threading.Thread):
    """A thread whose exception is raised where it is joined."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.problem = work, None
        self.start()

    def run(self):
        try:
            self.work()
        except BaseException as problem:  # raised again by `finish`
            self.problem = problem

    def finish(self, timeout=60):
        self.join(timeout)
        if self.problem:
            raise self.problem
        assert not self.is_alive(), "the worker does not finish"


class Publisher:
    """Revises listings without end, several at once, and keeps a ledger of what was acknowledged.

    Each revision has a title of its own. What is not answered is published again: the same content makes no second
    revision. No two commands on their way concern the same listing, so their order does not matter."""

    def __init__(self, runtime):
        self.runtime, self.stopped = runtime, threading.Event()
        self.ledger = []  # (listing, title, number) as acknowledged
        self.on_their_way = {}  # the publications by request that are not yet answered
        self.asked_again = 0
        self.worker = Worker(self._work)

    def _work(self):
        with Client(self.runtime, timeout=ANSWER_S) as client:
            for turn in range(1_000_000):
                if self.stopped.is_set():
                    return
                self._settle(client, list(self._publications(turn)))
                time.sleep(PAUSE_S)

    @staticmethod
    def _publications(turn):
        for i in range(LISTINGS_EACH):
            common = {"title": f"turn {turn} of {i}", "process": [f"process-{i}"]}
            yield need(f"acme/{i}", **common, unit_price=1000 + turn % 7)
            yield offer(f"bolt/{i}", **common, unit_price=500 + turn % 5)

    def _settle(self, client, publications):
        """Until the last one is acknowledged."""
        while publications:
            refused, waiting = [], {}
            self.on_their_way = waiting
            for publication in publications:
                waiting[client.send("listing.publish", **publication)] = publication
            try:
                while waiting:
                    number, answer = client.wait()
                    publication = waiting.pop(number)
                    if isinstance(answer, Refused):
                        assert answer.code == "core_unavailable", answer
                        refused.append(publication)
                    else:
                        self.ledger.append((publication["listing"], publication["title"], answer["number"]))
            except NoAnswer:
                self.asked_again += len(waiting)
            publications = refused + list(waiting.values())

    def stop(self):
        self.stopped.set()
        self.worker.finish()


class Service:
    """Follows streams and keeps every fact that it was given."""

    def __init__(self, daemon, streams):
        self.follower = daemon.follow(streams)
        self.facts, self.heads = [], None
        self.worker = Worker(self._work)

    def _work(self):
        with self.follower:
            while not self._arrived():
                fact = self.follower.next(timeout=0.2)
                if fact:
                    self.facts.append(fact)

    def _arrived(self):
        given = {fact.stream: fact.number for fact in self.facts}
        return self.heads is not None and all(given.get(stream, 0) >= head for stream, head in self.heads.items())

    def finish(self, client):
        self.heads = client.ask("streams.heads", streams=list(self.follower.positions))["heads"]
        self.worker.finish()
        return self.facts


def kill_under_load(daemon, publisher, kills, seed):
    """Gateway and core by turns, at random moments of the load."""
    moments = random.Random(seed)
    for i in range(kills):
        done = len(publisher.ledger)
        wait_for(lambda done=done: publisher.worker.problem or len(publisher.ledger) > done + PROGRESS, 30, "progress")
        time.sleep(moments.uniform(0, 0.05))
        wait_for(lambda: publisher.on_their_way, pause=0.0005, what="a command on its way")
        if i % 2:
            daemon.kill()
            daemon.spawn()
        else:
            daemon.kill_gateway()


def check_ledger(client, ledger):
    facts = {}
    for fact in client.facts("x.parts"):
        if "title" in fact.body:
            facts.setdefault((fact.body["listing"], fact.body["title"]), []).append(fact.number)
    for listing, title, number in ledger:
        numbers = facts.get((listing, title), [])
        assert len(numbers) == 1, f"{listing} '{title}' was acknowledged, and is told {len(numbers)} times"
        assert numbers[0] <= number
    last = {listing: title for listing, title, _ in ledger}
    for listing, title in last.items():
        assert client.ask("listing.show", listing=listing)["listing"]["title"] == title


def check_service(client, service):
    facts = service.finish(client)
    for stream in service.follower.positions:
        given = [fact for fact in facts if fact.stream == stream]
        assert given == list(client.facts(stream)), f"the facts of {stream} are not those of the journal"


def live_through(kills, seed):
    with running_daemon(log_level="info") as daemon:
        with daemon.client() as client:
            register(client, "acme", "bolt")
        services = [Service(daemon, ["x.parts"]), Service(daemon, ["p.acme", "x.parts", "x.measures"])]
        publisher = Publisher(daemon.runtime)
        kill_under_load(daemon, publisher, kills, seed)
        daemon.wait_until_ready()
        publisher.stop()
        with daemon.client() as client:
            check_ledger(client, publisher.ledger)
            for service in services:
                check_service(client, service)
            before = client.ask("status")
        assert publisher.asked_again, "no kill took an answer with it: the test has lost its sting"
        assert before["told"] == LISTINGS_EACH
        daemon.restart()
        after = daemon.ask("status")
        for key in ("digest", "head", "epoch", "told", "queue"):
            assert after[key] == before[key], key


@pytest.mark.timeout(60)
def test_a_dozen_kills_lose_nothing():
    live_through(kills=12, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_hundred_kills_lose_nothing():
    live_through(kills=200, seed=2)
