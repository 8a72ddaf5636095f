#!/usr/bin/python3
"""Compares a program with the model.

  compare.py --driver PATH --histories N [--seed S] [--jobs J]   random histories (seeds S to S + N - 1)
  compare.py --driver PATH --examples examples.yaml              the worked examples
  compare.py --driver PATH --play FILE                           one history, of JSON lines as printed on a divergence

A history is played on both, command by command. Compared are every reply, at random points and at the end all that is
stored (matches, told pairs, listings, queue), which the program must then find in order itself, and at the end every
fact in its order. At random points the program replays its facts into an empty market, and loads that one's rows into
another, which must come to the same digest; it goes on with that. Played once more in one turn, without these, its
facts must be the same to the byte. Every tenth history is instead a set of publications that is sent in several orders,
which must all give the same matches.

A history on which the two differ is made as short as it can be while they still differ, and printed as JSON lines.
drivers.py says what the program is asked.
"""

import argparse
import json
import multiprocessing
import random
import sys
from typing import NamedTuple

import examples
import histories
from drivers import DriverFailure, ModelDriver, ProcessDriver
from random_exchanges import FIELD_NAMES
from exchange import SIDES

SHUFFLED_EVERY = 10
STEP_OF_WORK = 50  # so small that many checks take several steps
PRINTED_DIVERGENCES = 3
COMPARED = {"dump": ("matches", "told", "listings", "queue"), "facts": ("facts",), "replay": ("ok", "same", "digest")}
COMPARED_OF_COMMANDS = ("ok", "result", "error")


class Divergence(NamedTuple):
    command: dict
    part: str  # of the reply
    expected: object
    actual: object

    def __str__(self):
        return (
            f"{self.part} of {_json(self.command)}\n  expected {_json(self.expected)}\n  driver   {_json(self.actual)}"
        )


def _json(value):
    return json.dumps(value, ensure_ascii=False)


# Playing one history.


def play(commands, driver):
    """The first divergence of the driver from the model, or None."""
    model = ModelDriver()
    for command in [{"cmd": "reset"}, *commands, {"cmd": "dump"}, {"cmd": "facts"}]:
        expected = model.request(command)
        if command["cmd"] == "replay":
            expected["digest"] = driver.request({"cmd": "dump"})["digest"]
        actual = driver.request(command)
        for part in COMPARED.get(command["cmd"], COMPARED_OF_COMMANDS):
            if expected.get(part) != actual.get(part):
                return Divergence(command, part, expected.get(part), actual.get(part))
        if command["cmd"] == "dump" and (accusation := accuses_itself(driver)):
            return accusation
    return differs_in_one_turn(commands, actual["bytes"], driver)


def accuses_itself(driver):
    """Where the program's check of its own index says that matches, or told pairs, are not as they should be."""
    step = {"cmd": "index.verify", "work": STEP_OF_WORK}
    while True:
        reply = driver.request(step)
        if reply.get("divergences") != []:
            return Divergence(step, "divergences", [], reply.get("divergences", reply))
        if "next" not in reply:
            return None
        step |= {"from": reply["next"], "from_counterpart": reply["next_counterpart"]}


def differs_in_one_turn(commands, expected, driver):
    """Every dump and replay ends a turn: rows are flushed, or the market is made anew. Without them, all in one turn,
    the facts must be the same to the byte."""
    for command in [{"cmd": "reset"}, *commands]:
        if command["cmd"] not in ("dump", "replay"):
            driver.request(command)
    last = {"cmd": "facts"}
    actual = driver.request(last)["bytes"]
    return None if actual == expected else Divergence(last, "bytes in one turn", expected, actual)


def play_in_several_orders(commands, driver):
    """The same publications in another order give the same matches, whatever the model thinks of them."""
    scene = [command for command in commands if command["cmd"] != "listing.publish"]
    publications = [command for command in commands if command["cmd"] == "listing.publish"]
    shuffled = random.Random(0).sample(publications, len(publications))
    first_matches = None
    for order in (publications, publications[::-1], shuffled):
        divergence = play(scene + order, driver)
        if divergence is not None:
            return divergence
        matches = driver.request({"cmd": "dump"})["matches"]
        if first_matches not in (None, matches):
            return Divergence({"cmd": "dump"}, "matches in another order of arrival", first_matches, matches)
        first_matches = matches
    return None


def divergence_of(player, commands, driver):
    try:
        return player(commands, driver)
    except DriverFailure as failure:
        return Divergence({}, "the program's life", "answers", str(failure))


# Many of them.


def history_of(seed):
    """A way of playing, and the commands to be played."""
    if seed % SHUFFLED_EVERY == 0:
        return play_in_several_orders, histories.generate_shuffled(seed)
    return play, histories.generate(seed)


def compare_histories(path, seeds, jobs):
    """Plays all seeds; the seeds on which the program differs."""
    with multiprocessing.Pool(jobs, _start_driver, [path]) as pool:
        failed = [seed for seed, same in pool.imap_unordered(_is_same, seeds, chunksize=20) if not same]
    for seed in sorted(failed)[:PRINTED_DIVERGENCES]:
        print_shortest(seed, ProcessDriver(path))
    return sorted(failed)


def _start_driver(path):
    global worker_driver  # one program for each process of the pool
    worker_driver = ProcessDriver(path)


def _is_same(seed):
    return seed, divergence_of(*history_of(seed), worker_driver) is None


# Making a divergence short.


def print_shortest(seed, driver):
    player, commands = history_of(seed)
    commands = shortened(commands, lambda shorter: divergence_of(player, shorter, driver) is not None)
    print(f"--- seed {seed}: the shortest history that still differs ({player.__name__})")
    for command in commands:
        print(_json(command))
    print(divergence_of(player, commands, driver) or "it does not differ when it is played alone")
    driver.stop()


def shortened(commands, still_differs):
    """Drops commands, then fields, while the history still differs."""
    before = None
    while before != commands:
        before = commands
        commands = _with_fewer_commands(commands, still_differs)
        commands = _with_fewer_fields(commands, still_differs)
    return commands


def _with_fewer_commands(commands, still_differs):
    size = max(1, len(commands) // 2)
    while size:
        start = 0
        while start < len(commands):
            shorter = commands[:start] + commands[start + size :]
            if _is_whole(shorter) and still_differs(shorter):
                commands = shorter
            else:
                start += size
        size //= 2
    return commands


def _is_whole(commands):
    """No history has an exchange without fields, or one whose trees are not loaded, whether it is loaded for the first
    time or anew; nor one that names an attribute which does not go with the tree's rule."""
    rules = {}  # of the trees loaded so far; the first stays
    for command in commands:
        if command["cmd"] == "tree.load":
            rules.setdefault(command["source"]["tree"], command["source"]["rule"])
        if command["cmd"] == "exchange.load" and not _can_be_loaded(command["source"]["fields"], rules):
            return False
    return True


def _can_be_loaded(fields, rules):
    coded = [field for field in fields.values() if "tree" in field]
    drawn = [field for field in coded if any("from" in field.get(side, {}) for side in SIDES)]
    known = all(field["tree"] in rules for field in coded)
    return bool(fields) and known and all(rules[field["tree"]] == "okved" for field in drawn)


def _with_fewer_fields(commands, still_differs):
    for name in FIELD_NAMES:
        fewer = [_without_field(command, name) for command in commands]
        if fewer != commands and _is_whole(fewer) and still_differs(fewer):
            commands = fewer
    return commands


def _without_field(command, name):
    """The command as if the exchanges had no such field."""

    def without(fields):
        return {other: value for other, value in fields.items() if other != name}

    command = dict(command)
    if command["cmd"] == "exchange.load":
        command["source"] = {**command["source"], "fields": without(command["source"]["fields"])}
    if "fields" in command:
        command["fields"] = without(command["fields"])
    if command.get("variants"):
        command["variants"] = [without(variant) for variant in command["variants"]]
    return command


# The command line.


def main():
    arguments = _arguments()
    if arguments.examples:
        failed = examples.failures(arguments.examples, ProcessDriver(arguments.driver))
        for name, complaint in failed.items():
            print(f"{name}: {complaint}")
        played = len(examples.load(arguments.examples))
    elif arguments.play:
        with open(arguments.play, encoding="utf-8") as file:
            commands = [json.loads(line) for line in file if line.startswith("{")]
        divergence = divergence_of(play, commands, ProcessDriver(arguments.driver))
        print(divergence or "no divergence")
        failed, played = [divergence] if divergence else [], 1
    else:
        seeds = range(arguments.seed, arguments.seed + arguments.histories)
        failed, played = compare_histories(arguments.driver, seeds, arguments.jobs), len(seeds)
        if failed:
            print("seeds that differ:", *failed[:50])
    print(f"{played - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _arguments():
    parser = argparse.ArgumentParser(description="Compares a program with the model.")
    parser.add_argument("--driver", required=True, help="the program, market-driver")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count(), help="processes (one per core)")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--histories", type=int, help="how many random histories")
    what.add_argument("--examples", help="a file of worked examples")
    what.add_argument("--play", help="a file with one history, a command per line")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
