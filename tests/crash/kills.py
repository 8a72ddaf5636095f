#!/usr/bin/python3
"""Kills the daemon thousands of times, and sees that nobody loses anything.

Core, gateway or both are killed (SIGKILL) while publishers, consumers of durable subscriptions and followers of the
feed go on without a pause, consumers dying and coming back themselves; the core also while it starts. Everything
acknowledged must be there and told once, under its number, whatever was asked again; every consumer must have each
fact that its filter lets through once and in order, as the journal's facts say by a judgement of the test's own.

  tests/crash/kills.py [--cycles N] [--seed S]     2000 cycles unless told, some five minutes
  tests/crash/kills.py --seed S --life N           one life of a store again, of LIFE cycles

A kill meets the processes at another moment each time; the seed repeats who is killed when, and what is asked. Prints
one line of JSON. Exit status: 1 if something was lost.
"""

import argparse
import collections
import json
import random
import sys
import time

from deployment import Deployment
from ledger import PATIENCE_S, demand
from load import Load, status_of

from daemon_process import home_directory

LIFE = 250  # cycles of one store, so that its journal stays short
CHECK = 50  # cycles between two looks
UNDER_WAY_S = 0.03  # a kill comes within so long after an acknowledgement
START_S = 0.06
KINDS = {"core": 4, "gateway": 3, "both": 2, "start": 2}


class Life:
    """A store, from its making to a last orderly restart."""

    def __init__(self, daemon, seed, cycles, tally):
        self.daemon, self.cycles, self.tally = daemon, cycles, tally
        self.random = random.Random(seed)
        self.load = Load(daemon, seed * 1000)

    def run(self):
        late = {CHECK // 2, self.cycles // 2}
        for cycle in range(1, self.cycles + 1):
            self._wait_for_progress()
            self._kill()
            if cycle in late or cycle % CHECK == 0:
                with self.daemon.client(timeout=0.3) as client:
                    if cycle in late:
                        self.load.begin_late(client)
                    if cycle % CHECK == 0:
                        self.load.check(client)
            self.tally["runs"] += 1
        self._end()

    def _wait_for_progress(self):
        """The daemon serves again, which it does only where the digest is that of what it loaded."""
        load, before, end = self.load, self.load.acknowledged(), time.monotonic() + PATIENCE_S
        while load.acknowledged() == before:
            load.check_workers()
            self.daemon.check_alive()
            demand(time.monotonic() < end, f"nothing is acknowledged: {self.daemon.end_of_log()}")
            time.sleep(0.001)
        time.sleep(self.random.uniform(0, UNDER_WAY_S))

    def _kill(self):
        kind = self.random.choices(list(KINDS), KINDS.values())[0]
        daemon = self.daemon
        if kind == "start":
            daemon.kill_in_start(self.random.uniform(0, START_S))
        else:
            {"core": daemon.kill_core, "gateway": daemon.kill_gateway, "both": daemon.kill_both}[kind]()
        self.tally[kind] += 1
        self.tally["faults"] += {"start": 2, "both": 2}.get(kind, 1)

    def _end(self):
        load, daemon, tally = self.load, self.daemon, self.tally
        daemon.check_alive()
        with daemon.client() as client:
            load.finish(client)
        before = status_of(daemon.runtime)
        daemon.restart()
        after = status_of(daemon.runtime)
        demand(after == before, f"{before} became {after} by a restart")
        daemon.stop()
        tally["checked"] += load.checked
        tally["acknowledged"] += load.acknowledged()
        tally["answers_lost"] += sum(publisher.lost for publisher in load.publishers)
        tally["asked_again"] += sum(publisher.asked_again for publisher in load.publishers)
        tally["facts"] += len(load.journal.facts)
        tally["consumers_died"] += sum(consumer.lives - 1 for consumer in load.consumers + load.late)
        tally["duplicates"] += sum(consumer.duplicates for consumer in load.consumers + load.late)
        tally["replays"] += sum(follower.replays + follower.follower.replays for follower in load.followers)


def live(seed, number, cycles, tally):
    with home_directory() as home:
        daemon = Deployment(home, apart=number % 2 == 0)
        try:
            daemon.start()
            Life(daemon, seed * 1000 + number, cycles, tally).run()
        finally:
            daemon.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--life", type=int, metavar="N", help="this one alone, counting from 0")
    arguments = parser.parse_args()
    tally, violations, begun = collections.Counter(), [], time.monotonic()
    lives = range(-(-arguments.cycles // LIFE)) if arguments.life is None else [arguments.life]
    for number in lives:
        cycles = min(LIFE, arguments.cycles - number * LIFE) if arguments.life is None else LIFE
        try:
            live(arguments.seed, number, cycles, tally)
        except Exception as violation:  # whatever a caller cannot make sense of
            violations.append({"life": number, "what": f"{type(violation).__name__}: {violation}"})
            print(f"VIOLATION {violation}\n  again: kills.py --seed {arguments.seed} --life {number}",
                  file=sys.stderr, flush=True)
    print(json.dumps({"kind": "kill", **{key: tally[key] for key in ("runs", "faults", "checked")},
                      "violations": violations, **tally, "seed": arguments.seed,
                      "seconds": round(time.monotonic() - begun)}))
    return 1 if violations or not tally["answers_lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
