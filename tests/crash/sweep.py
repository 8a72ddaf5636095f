#!/usr/bin/python3
"""Fails the Nth call of a process, for every N, and sees that nobody loses anything.

The real daemon carries out a short script of commands while one call of the core, or of its gateway, fails: memory
that is not to be had, a write or a sync that reports an error, a send or an accept that does not succeed (fail_nth.c).
The process may stop, and is then started again, or go on. Either way each command is answered in the end and answered
rightly, the follower has each fact once and in order, and after a last start without the fault everything
acknowledged is there: the same listings, and the same facts as without any fault.

  tests/crash/sweep.py            everything, about twenty minutes
  tests/crash/sweep.py --most 1   a sample, less than 40 s: so many faults of each sort
  tests/crash/sweep.py --only core:serve:sync:EIO:3:once --log     one fault, with what the daemon logged of it
"""

import argparse
import collections
import contextlib
import json
import random
import signal
import sys
import time

from ledger import ANSWER_S, PATIENCE_S, Ledger, Violation, demand, told
from supervised import Fault, Supervised

from daemon_process import Daemon, home_directory
from people import company
from protocol_client import Client, Follower, NoAnswer

STREAMS = ["x.parts", "p.acme", "p.bolt"]
HOWS = {
    "memory": ["ENOMEM"],
    "file": ["EIO", "ENOSPC", "short"],
    "sync": ["EIO"],
    "send": ["EAGAIN", "EPIPE", "ECONNRESET", "short"],
    "accept": ["EMFILE", "ECONNABORTED"],
}
LASTING = [("memory", "ENOMEM"), ("file", "ENOSPC"), ("file", "EIO"), ("sync", "EIO")]  # until the process ends
FULL_MAX = 110  # faults of one row of the plan
LEAST_MEMORY = 4  # there are many more calls of this kind

Client.passing += ("journal_unreadable",)  # LMDB had no memory for a read, and the core goes on


class Script:
    """What the caller does, and what it knows by then."""

    def __init__(self, make_room):
        self.ledger, self.facts = Ledger(make_room), []

    def run(self, client, follower):
        ledger = self.ledger
        for participant in ("acme", "bolt"):
            client.ask_until_answered(
                "participant.register", PATIENCE_S, participant=company(participant), status="member")
        for i in range(1, 4):
            ledger.publish(client, "need", f"acme/{i}", f"need {i}", 1000 * i)
            ledger.publish(client, "offer", f"bolt/{i}", f"offer {i}", 900 * i)
            self._follow(follower)
        ledger.check_matches(client, "acme/2")
        ledger.revise(client, "acme/1", "need 1, revised")
        ledger.check_listing(client, "acme/1")
        ledger.publish(client, "offer", "bolt/3", "offer 3, cheaper", 1500)
        ledger.check_matches(client, "bolt/3")
        ledger.withdraw(client, "bolt/1")
        self._follow(follower)
        ledger.publish(client, "need", "acme/4", "need 4", 5000)
        ledger.check_matches(client, "acme/4")
        ledger.check_all(client)
        self._catch_up(client, follower)

    def _follow(self, follower):
        while fact := follower.next(timeout=0.005):
            self.facts.append(fact)

    def _catch_up(self, client, follower):
        heads = client.ask_until_answered("streams.heads", PATIENCE_S, streams=STREAMS)["heads"]
        for stream, head in heads.items():
            self.facts += follower.until(stream, head, PATIENCE_S)

    def check_followed(self, client):
        for stream in STREAMS:
            given = [fact for fact in self.facts if fact.stream == stream]
            demand(given == list(client.facts(stream)), f"the follower's facts of {stream} are not the journal's")
            self.ledger.checked += len(given)


class Run(collections.namedtuple("Run", "fired calls ends checked story")):
    """`ends`: how what ended did, such as "core exit 1"; `story`: what the journal tells."""


def live(fault, log=False):
    """One life with the fault and one without. Raises Violation."""
    with home_directory() as home:
        daemon = Supervised(home, fault, log_level="info")
        try:
            script, before = first_life(daemon, fault)
            code = daemon.stop()
        finally:
            daemon.close()
            if log:
                print(daemon.log(), file=sys.stderr)
        demand(code == 0 or daemon.fired(), f"stopped with {code}")
        story = last_life(daemon.home, script, before)
        ends = [end_of(code) for code in daemon.ends + [code] * (code != 0)]
        ends += [f"gateway {end}" for end in daemon.gateway_ends()]
        return Run(daemon.fired(), daemon.calls(), ends, script.ledger.checked, story)


def end_of(code):
    return f"core {signal.Signals(-code).name}" if code < 0 else f"core exit {code}"


def first_life(daemon, fault):
    script = Script(make_room=lambda: daemon.arm(False))
    wait_until_ready(daemon)
    if fault.window == "serve":
        daemon.arm()
    with Client(daemon.runtime, timeout=ANSWER_S) as client, Follower(daemon.runtime, STREAMS) as follower:
        script.run(client, follower)
        return script, client.ask_until_answered("status", PATIENCE_S)


def last_life(home, script, before):
    with contextlib.closing(Daemon(home)) as daemon:
        daemon.start()
        with daemon.client() as client:
            after = client.ask("status")
            for key in ("digest", "head", "epoch", "told", "queue"):
                demand(after[key] == before[key], f"{key} was {before[key]} and is {after[key]} after a restart")
            story = told(script.ledger.check_all(client))
            script.check_followed(client)
        daemon.stop()
        return story


def wait_until_ready(daemon):
    """However often it has to be started again."""
    with Client(daemon.runtime, timeout=0.1) as client:
        try:
            client.ask_until_answered("status", PATIENCE_S)
        except NoAnswer as silence:
            raise Violation(f"not ready in {PATIENCE_S} s, after {len(daemon.ends)} ends") from silence


# --- the faults of a sweep ---

def count(program, window):
    """How many calls of each kind the script costs, and what the journal tells where nothing fails."""
    run = live(Fault(program, window, "none", "none", 0, "once"))
    demand(not run.ends, f"ended with {run.ends} though nothing failed")
    return run


def sample(total, most, chance):
    """That many of 1..total, evenly spread, at places that differ from row to row."""
    if total <= most:
        return range(1, total + 1)
    return sorted({1 + int((i + chance.random()) * total / most) for i in range(most)})


def plan(counts, most, chance):
    for (program, window), run in counts.items():
        for call, hows in HOWS.items():
            for how in hows:
                rather = max(most, LEAST_MEMORY) if call == "memory" else most
                for nth in sample(run.calls[call], rather, chance):
                    yield Fault(program, window, call, how, nth, "once")
        for call, how in LASTING:
            for nth in sample(run.calls[call], max(1, most // 5), chance):
                yield Fault(program, window, call, how, nth, "on")


class Tally:
    def __init__(self):
        self.runs = self.faults = self.checked = 0
        self.ends, self.violations = collections.Counter(), []

    def try_fault(self, fault, story, log):
        self.runs += 1
        try:
            run = live(fault, log)
            demand(run.story == story, "the journal tells another story than without the fault")
        except Exception as violation:  # whatever a caller cannot make sense of
            self.violations.append({"fault": str(fault), "what": f"{type(violation).__name__}: {violation}"})
            print(f"VIOLATION {fault}: {violation}", file=sys.stderr, flush=True)
            return
        self.faults += run.fired
        self.checked += run.checked
        self.ends.update(run.ends)
        if any("SIG" in end or "signal" in end for end in run.ends):
            print(f"ended by a signal: {fault}: {run.ends}", file=sys.stderr, flush=True)

    def line(self, counts):
        return json.dumps({
            "kind": "sweep", "runs": self.runs, "faults": self.faults, "checked": self.checked,
            "violations": self.violations, "ends": self.ends,
            "calls": {f"{program}:{window}": run.calls for (program, window), run in counts.items()},
        })


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=FULL_MAX, metavar="N", help="faults of each sort")
    parser.add_argument("--only", action="append", type=Fault.read, metavar="FAULT",
                        help="program:window:call:how:nth:once|on")
    parser.add_argument("--log", action="store_true", help="show what the daemon logged, and where the call failed")
    parser.add_argument("--seed", type=int, default=1, help="where the samples lie")
    arguments = parser.parse_args()
    places = [(program, window) for program in ("core", "gateway") for window in ("start", "serve")]
    if arguments.only:
        places = sorted({(fault.program, fault.window) for fault in arguments.only})
    counts = {place: count(*place) for place in places}
    story = next(iter(counts.values())).story
    tally, begun = Tally(), time.monotonic()
    for fault in arguments.only or plan(counts, arguments.most, random.Random(arguments.seed)):
        tally.try_fault(fault, story, arguments.log)
    print(f"{tally.runs} runs in {time.monotonic() - begun:.0f} s", file=sys.stderr)
    print(tally.line(counts))
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
