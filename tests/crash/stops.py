#!/usr/bin/python3
"""Stops processes for a while (SIGSTOP), and sees that the others go on and nobody loses anything.

Gateway and core are stopped for moments, and now and then for longer than a client has patience. Subscribers, a
consumer of a durable subscription and a follower of the feed, are stopped until the others have come far without
them: farther than the feed keeps messages for one who does not read. When they go on, they must have everything.
How much slower the others were meanwhile is reported, and nothing follows from it.

  tests/crash/stops.py [--cycles N] [--seed S]     100 stops unless told, some three minutes

Prints one line of JSON. Exit status: 1 if something was lost, or somebody was held up.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import time

import msgpack
from deployment import Deployment
from ledger import PATIENCE_S, Violation, demand
from load import Load, status_of

from daemon_process import home_directory
from protocol_client import Client, Fact, NoAnswer

LIFE = 25  # stops of one store
AWAY = "away"  # the client that is a process
STREAMS = ["x.parts", "p.bolt"]
CLIENT_S = 1.0  # a client's patience
MOMENT_S = (0.02, 0.5)
STEPS = 200  # acknowledgements while a subscriber is stopped
FLOOD = 4000  # facts, likewise: more than queues and buffers on the way hold
FLOOD_S = 120
KINDS = {"gateway": 6, "core": 6, "durable": 4, "feed": 4, "core_for_long": 2, "gateway_for_long": 1}


class Subscriber:
    """The process, and what it has written so far."""

    def __init__(self, home, what, runtime, *names):
        self.path, self.rows = home / what, []
        self.process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).with_name("subscriber.py"), what, runtime, self.path, *names])
        self.unpacker = msgpack.Unpacker(raw=False)
        self.file = None

    def read_on(self):
        if not self.file and self.path.exists():
            self.file = open(self.path, "rb")
        if self.file:
            self.unpacker.feed(self.file.read())
            self.rows += self.unpacker
        return self.rows

    def close(self):
        self.process.kill()
        self.process.wait()
        if self.file:
            self.file.close()


class Life:
    def __init__(self, daemon, seed, tally):
        self.daemon, self.tally, self.random = daemon, tally, random.Random(seed)
        self.load = Load(daemon, seed * 1000, pause_s=0.005)
        daemon.ask("subscription.create", client=AWAY, name="everything", **{"from": 1})
        self.durable = Subscriber(daemon.home, "durable", daemon.runtime, AWAY, "everything")
        self.feed = Subscriber(daemon.home, "feed", daemon.runtime, *STREAMS)
        self.paces = collections.defaultdict(list)  # by who was stopped

    def run(self, cycles):
        floods = iter(("durable", "feed"))
        for cycle in range(cycles):
            if cycle in (cycles // 3, 2 * cycles // 3):
                self._stop_subscriber(next(floods), self._flooded)
            else:
                self._stop(self.random.choices(list(KINDS), KINDS.values())[0])
            self.load.check_workers()
            self.daemon.check_alive()
            self.tally["runs"] += 1
        with self.daemon.client() as client:
            self.load.check(client)
            self._end(client)

    # --- stops ---

    def _stop(self, kind):
        if kind in ("durable", "feed"):
            self._stop_subscriber(kind, self._stepped)
            return
        process_id = self.daemon.gateway_process_id() if "gateway" in kind else self.daemon.process.pid
        if kind.endswith("for_long"):
            self._outlast_a_client(process_id)
        else:
            with stopped(process_id):
                time.sleep(self.random.uniform(*MOMENT_S))
        self._count(kind)
        self._wait(self._acknowledged(1), f"nothing is acknowledged after the {kind} was stopped")

    def _count(self, kind):
        self.tally[kind] += 1
        self.tally["faults"] += 1

    def _outlast_a_client(self, process_id):
        """Whoever gives up, asks again and is answered, once."""
        with Client(self.daemon.runtime, timeout=CLIENT_S) as client:
            client.ask_until_answered("status", PATIENCE_S)
            with stopped(process_id):
                try:
                    client.ask("status")
                except NoAnswer:
                    pass
                else:
                    raise Violation("a process that is stopped answered")
            client.ask_until_answered("status", PATIENCE_S)

    def _stop_subscriber(self, kind, gone_far):
        """The others do as much with it and without it."""
        with_it = self._measure(gone_far())
        with stopped(getattr(self, kind).process.pid):
            without_it = self._measure(gone_far())
        self.paces[kind].append(with_it / without_it)
        self._count(kind)

    def _measure(self, condition):
        begun = time.monotonic()
        self._wait(condition, "the others do not go on", FLOOD_S)
        return time.monotonic() - begun

    def _wait(self, condition, message, patience=PATIENCE_S):
        end = time.monotonic() + patience
        while not condition():
            self.load.check_workers()
            demand(time.monotonic() < end, message)
            time.sleep(0.005)

    def _acknowledged(self, count):
        wanted = self.load.acknowledged() + count
        return lambda: self.load.acknowledged() >= wanted

    def _stepped(self):
        """Publishers are answered, and consumers and followers are given what came of it."""
        acknowledged = self._acknowledged(STEPS)
        heard = self._heard(STEPS // 4)
        return lambda: acknowledged() and heard()

    def _flooded(self):
        return self._heard(FLOOD)

    def _heard(self, count):
        lists = [self.load.consumers[0].given, *(follower.facts for follower in self.load.followers)]
        wanted = [len(each) + count for each in lists]
        return lambda: all(len(each) >= least for each, least in zip(lists, wanted))

    # --- the end ---

    def _end(self, client):
        load, tally = self.load, self.tally
        load.finish(client)
        facts = load.journal.facts
        heads = {stream: load.journal.heads[stream] for stream in STREAMS}
        self._wait(lambda: self.durable.read_on() and self.durable.rows[-1][0] >= facts[-1]["number"],
                   "the consumer that was stopped does not catch up")
        self._wait(lambda: {row[0]: row[1] for row in self.feed.read_on()} == heads,
                   "the follower that was stopped does not catch up")
        demand(self.durable.rows == [[fact["number"], fact["body"]] for fact in facts],
               "the consumer that was stopped was not given the journal's facts")
        for stream in STREAMS:
            demand([Fact(*row) for row in self.feed.rows if row[0] == stream] == load.journal.by_stream[stream],
                   f"the follower that was stopped was not given the facts of {stream}")
        before = status_of(self.daemon.runtime)
        self.daemon.restart()
        demand(status_of(self.daemon.runtime) == before, "a restart changes something")
        self.daemon.stop()
        tally["checked"] += load.checked + len(self.durable.rows) + len(self.feed.rows)
        tally["acknowledged"] += load.acknowledged()
        tally["facts"] += len(facts)

    def close(self):
        self.durable.close()
        self.feed.close()


@contextlib.contextmanager
def stopped(process_id):
    os.kill(process_id, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process_id, signal.SIGCONT)


def live(seed, cycles, tally, paces):
    with home_directory() as home:
        daemon = Deployment(home, apart=seed % 2 == 0)
        with contextlib.closing(daemon):
            daemon.start()
            life = Life(daemon, seed, tally)
            with contextlib.closing(life):
                life.run(cycles)
            for kind, ratios in life.paces.items():
                paces[kind] += ratios


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    tally, violations, paces = collections.Counter(), [], collections.defaultdict(list)
    begun = time.monotonic()
    for number in range(-(-arguments.cycles // LIFE)):
        cycles = min(LIFE, arguments.cycles - number * LIFE)
        try:
            live(arguments.seed * 1000 + number, cycles, tally, paces)
        except Exception as violation:  # whatever a caller cannot make sense of
            violations.append({"life": number, "what": f"{type(violation).__name__}: {violation}"})
            print(f"VIOLATION {violation}\n  again: stops.py --seed {arguments.seed}", file=sys.stderr, flush=True)
    print(json.dumps({"kind": "stop", **{key: tally[key] for key in ("runs", "faults", "checked")},
                      "violations": violations, **tally, "seed": arguments.seed,
                      "seconds": round(time.monotonic() - begun),
                      "pace": {kind: round(statistics.median(ratios), 2) for kind, ratios in paces.items()}}))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
