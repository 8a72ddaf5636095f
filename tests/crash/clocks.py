#!/usr/bin/python3
"""Sets the wall clock under the daemon, by seconds, hours and years, and sees that nothing is upset.

A jump up to `clock-jump-limit` is followed; a greater one is held, while the core runs and across its restarts and
kills: then no listing expires, and no fact is dropped for its age, before its time. Either way the times of facts never
go back, commands sent again under their keys are answered as before, and whoever has a time to acknowledge or to wait
has that time. What has come to its end by the time that matchd believes in must have ended: the test keeps account of
that time. At the end of each life the operator has matchd follow, and what had been held off happens.

  tests/crash/clocks.py [--jumps N] [--seed S]     200 jumps unless told, some three minutes

Prints one line of JSON. Exit status: 1 if a promise was broken.
"""

import argparse
import collections
import contextlib
import json
import mmap
import random
import struct
import sys
import time

from deployment import Deployment
from ledger import PATIENCE_S, demand
from load import Load

from daemon_process import BUILD, home_directory, wait_for
from people import company, offer

LIFE = 40  # jumps of one store
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
YEAR = 365 * DAY
LIMIT = HOUR
FAR = 2 * HOUR  # matchd's time is led no farther from the system's
SLACK = 1500  # a restart knows the last believed time to the second
LIFETIMES = (10 * MINUTE, 40 * MINUTE, 90 * MINUTE, 6 * HOUR, 3 * DAY)
ME = "watch"
FETCH = 10000  # facts: all there are
GRACE_MS = 1000  # to acknowledge, or to wait


class Clock:
    """The core's wall clock, and what the core should make of it. All in ms."""

    def __init__(self, path):
        path.write_bytes(bytes(8))
        with open(path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 8)
        self.ahead = self.believed = 0
        self.reached = 0  # the latest time that was believed

    def set(self, ahead):
        """Returns whether it is followed."""
        self.note()
        self.ahead = ahead
        self.shared[:] = struct.pack("=q", ahead)
        if not self.is_held():
            self.believed = ahead
        self.note()
        return not self.is_held()

    def is_held(self):
        return abs(self.ahead - self.believed) > LIMIT

    def now(self):
        return int(time.time() * 1000) + self.believed

    def note(self):
        self.reached = max(self.reached, self.now())


class Life:
    def __init__(self, daemon, clock, seed, tally):
        self.daemon, self.clock, self.tally, self.random = daemon, clock, tally, random.Random(seed)
        self.load = Load(daemon, seed * 1000)
        self.probes = {}  # (valid_until, the earliest time that its fact may have, the latest) by listing
        self.client = daemon.client(timeout=1.0)
        self.ask("participant.register", participant=company("carol"), status="member")
        for name, grace in (("hurried", GRACE_MS), ("calm", HOUR)):
            self.ask("subscription.create", client=ME, name=name, ack_timeout_ms=grace, exchange="parts")
        self.ask("subscription.create", client=ME, name="silent", participant="nobody")

    def ask(self, cmd, **arguments):
        return self.client.ask_until_answered(cmd, PATIENCE_S, **arguments)

    def run(self, jumps):
        for _ in range(jumps):
            ahead = self._choose()
            how = self.random.choice([self._running, self._running, self._restarted, self._killed])
            how(ahead)
            self.tally["held" if self.clock.is_held() else "followed"] += 1
            self.tally["runs"] += 1
            self.tally["faults"] += 1
            self._look()
        self._end()

    def _choose(self):
        """The next setting; matchd's time stays within some hours of the system's, in the end of everybody's days."""
        clock, chance = self.clock, self.random
        if clock.is_held() and chance.random() < 0.3:
            return clock.believed  # put right
        if chance.random() < 0.5:
            step = chance.choice([1, -1]) * chance.choice([5 * SECOND, 5 * MINUTE, 20 * MINUTE, 50 * MINUTE])
            return clock.believed + (step if abs(clock.believed + step) < FAR else -step)
        step = chance.choice([2 * HOUR, 10 * HOUR, 30 * HOUR, 40 * DAY, YEAR, 30 * YEAR])
        return clock.believed + chance.choice([1, -1]) * step

    # --- how it jumps ---

    def _running(self, ahead):
        patient = self.random.random() < 0.3
        consumer = self.random.getrandbits(62) + 1
        given, hurried = (wait_for(lambda name=name: self._fetch(name, consumer)) for name in ("calm", "hurried"))
        with self.daemon.client(timeout=PATIENCE_S) as waiting:
            begun = time.monotonic()
            number = waiting.send("subscription.fetch", client=ME, name="silent", consumer=consumer, wait_ms=GRACE_MS)
            self.ask("status")
            self.clock.set(ahead)
            self._settled()
            rows = self._fetch("calm", consumer)
            demand(not rows or rows[0]["number"] > given[-1]["number"],
                   "what could be acknowledged for long comes again")
            if not patient:
                return
            reply = waiting.wait(number)
            demand(not reply["facts"] and time.monotonic() - begun >= 0.95 * GRACE_MS / 1000,
                   f"a fetch that may wait was answered {reply} at once")
        wait_for(lambda: self._fetch("hurried", consumer)[:1] == hurried[:1], PATIENCE_S, "the second delivery")
        self.tally["waits"] += 1

    def _fetch(self, name, consumer):
        """What comes of it is not acknowledged."""
        return self.ask("subscription.fetch", client=ME, name=name, consumer=consumer, credit=FETCH)["facts"]

    def _settled(self):
        """The second answer is of a turn that began behind the jump."""
        self.ask("status")
        self.ask("status")

    def _restarted(self, ahead):
        self.daemon.end_core()
        self.clock.set(ahead)
        self.daemon.spawn()
        self._settled()

    def _killed(self, ahead):
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.clock.set(ahead)
        self.daemon.spawn()
        self._settled()

    # --- looks ---

    def _look(self):
        held = self.ask("status").get("clock_held", False)
        demand(held == self.clock.is_held(), f"{self.clock.ahead - self.clock.believed} ms from what is believed, "
               f"and the clock is {'held' if held else 'followed'}")
        self._publish()
        if self.random.random() < 0.2:
            time.sleep(1.2)  # the first heartbeat looks what is too old
        self.clock.note()
        for listing, (until, _, _) in self.probes.items():
            if until < self.clock.reached - SLACK:
                wait_for(lambda listing=listing: self._state(listing) == "expired", PATIENCE_S, f"the end of {listing}")
            elif until > self.clock.reached + PATIENCE_S * 1000:
                demand(self._state(listing) == "open", f"{listing} expired {until - self.clock.reached} ms early")
            self.tally["checked"] += 1
        demand(self._first() == 1, "facts are gone before their time")
        self.load.check_workers()

    def _publish(self):
        listing = f"carol/{len(self.probes)}"
        until = self.clock.now() + self.random.choice(LIFETIMES)
        until = max(until, self.clock.reached + MINUTE)  # not behind the last fact's time
        earliest = self.clock.now() - SLACK
        publication = offer(listing, valid_until=until, process=["probing"], unit_price=5000)
        self.ask("listing.publish", **publication, client=ME, key=listing)
        self.clock.note()
        self.probes[listing] = (until, earliest, self.clock.reached + SLACK)

    def _state(self, listing):
        return self.ask("listing.show", listing=listing)["listing"]["state"]

    def _first(self):
        return self.ask("streams.heads", streams=[])["first"]

    # --- the end ---

    def _end(self):
        load = self.load
        load.finish(self.client)
        times = {fact.body["listing"]: fact.body["at"] for fact in load.journal.by_stream["p.carol"]
                 if fact.body["fact"] == "listing.opened"}
        for listing, (_, earliest, latest) in self.probes.items():
            demand(earliest <= times[listing] <= latest,
                   f"the fact of {listing} is of {times[listing]}, not of {earliest} to {latest}")
        self._follow_all()
        self.tally["checked"] += load.checked + len(times)
        self.tally["acknowledged"] += load.acknowledged()
        self.tally["facts"] += len(load.journal.facts)
        self.client.close()

    def _follow_all(self):
        """What held the clock was the limit, and nothing else."""
        self.daemon.end_core()
        self.clock.set(self.clock.believed + 40 * DAY)
        self.daemon.options["clock-jump-limit"] = 0
        self.daemon.spawn()
        for listing in self.probes:
            wait_for(lambda listing=listing: self._state(listing) == "expired", PATIENCE_S, f"the end of {listing}")
        wait_for(lambda: self._first() > 1, PATIENCE_S, "the end of old facts")
        self.daemon.stop()


def live(seed, jumps, tally):
    with home_directory() as home:
        daemon = Deployment(home, keep_days=1, clock_jump_limit=LIMIT // 1000)
        clock = Clock(home / "clock")
        daemon.environment = {"LD_PRELOAD": str(BUILD / "tests" / "crash" / "fake_clock.so"),
                              "FAKE_CLOCK": str(home / "clock")}
        with contextlib.closing(daemon):
            daemon.start()
            Life(daemon, clock, seed, tally).run(jumps)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jumps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    tally, violations, begun = collections.Counter(), [], time.monotonic()
    for number in range(-(-arguments.jumps // LIFE)):
        jumps = min(LIFE, arguments.jumps - number * LIFE)
        try:
            live(arguments.seed * 1000 + number, jumps, tally)
        except Exception as violation:  # whatever a caller cannot make sense of
            violations.append({"life": number, "what": f"{type(violation).__name__}: {violation}"})
            print(f"VIOLATION {violation}\n  again: clocks.py --seed {arguments.seed}", file=sys.stderr, flush=True)
    print(json.dumps({"kind": "clock", **{key: tally[key] for key in ("runs", "faults", "checked")},
                      "violations": violations, **tally, "seed": arguments.seed,
                      "seconds": round(time.monotonic() - begun)}))
    return 1 if violations or not (tally["held"] and tally["followed"]) else 0


if __name__ == "__main__":
    sys.exit(main())
