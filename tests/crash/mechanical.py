#!/usr/bin/python3
"""Plants small bugs that nobody thought of, one after the other, and looks whether any test notices.

    mechanical.py [--seed N] [--count N] [--only FILE:LINE]... [--list] [--json FILE] [--keep]

The mutants of mutants.py are bugs that somebody feared. These are drawn by a seed from all places of the files below where
a condition can be flipped, a call dropped, a comparison shifted by one, or "and" and "or" exchanged; in turn of these
kinds, at most two in a file. One that does not compile is drawn again. A line that only logs, asserts or releases is no
place for one. The tests run in order of their cost, until one fails: the unit tests beside the file, the simulation or
the power cuts, then those of the whole daemon; what hangs counts as noticed.

What survives is either a test that is missing or changes nothing that can be seen: mutants/SURVIVORS.md has the latter.
Exit status: 0; 1 if a mutant survived; 2 if they could not be tried.
"""

import argparse
import json
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

from mutants import FLOW_TARGETS, REPOSITORY, CannotTry, Tree, last_lines

FILES = {
    "daemon": ("turn", "cycle", "session", "subscriptions", "subscriptions_judge", "subscriptions_stored", "views", "page",
               "delivery", "recent", "replies", "filter", "fair_queue", "retention"),
    "src/store": ("turn", "journal", "rows", "heads", "meta", "space"),
    "src/core": ("search",),
}
MOST_PER_FILE = 2
TIMEOUT_S = 120

# In order of their cost.
UNIT = {
    "daemon": ("replies", "session", "subscriptions", "subscriptions_stored", "views", "recent", "filter", "fair_queue", "retention",
               "page", "delivery", "cycle"),
    "src/store": ("store_sync", "store_file", "store_ends", "store_trim", "store_room", "store_damage", "store"),
    "src/core": ("search",),
}
FLOW = ("test_upgrade.py", "test_commit_first.py", "test_idempotency.py", "test_retention.py", "test_subscriptions.py")
PLAYED = {
    "daemon": [("simulation", ["--seeds", "60"])],
    "src/store": [("power_cut", None)],
    "src/core": [("simulation", ["--seeds", "60"])],
}
SLOW = {
    "daemon": ("test_storage_full.py", "test_restart.py"),
    "src/store": ("store_rot", "test_storage_full.py", "test_restart.py"),
    "src/core": ("test_restart.py",),
}

# ---- places ----

KINDS = ("condition flipped", "call dropped", "comparison shifted", "and/or exchanged")
CONDITION = re.compile(r"\b(?:if|while) \((?P<condition>.+)\)(?: \{)?$")
CALL = re.compile(r"\t+(?!return\b)[a-z_]+\(.*\);$")
COMPARISON = re.compile(r" (<=?|>=?) (?!=)")
AND_OR = re.compile(r" (&&|\|\|)(?= |$)")
SHIFTED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
EXCHANGED = {"&&": "||", "||": "&&"}
# Statements that no test should need: they say, check or release something.
SILENT = re.compile(r"\s*(?:log_write|assert|static_assert|free|[a-z_]+_(?:free|done)|mdb_cursor_close|mdb_txn_abort)\(")
CLEANUP = re.compile(r"^(?:[a-z_]+_)?(?:free|done)\(")
FUNCTION = re.compile(r"^[a-z_]+\(")


@dataclass(frozen=True)
class Place:
    file: str
    line: int  # from 1
    column: int
    kind: str
    old: str  # the whole line
    new: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def done(self) -> str:
        return f"{self.kind}: {(self.old if self.kind == 'call dropped' else self.new).strip()}"


def without_texts(line: str) -> str:
    """The line with its strings and its comment blanked out, every column where it was."""
    line = re.sub(r'"(?:\\.|[^"\\])*"', lambda text: '"' + "_" * (len(text[0]) - 2) + '"', line)
    return re.sub(r"\s*/\*.*$", "", line)


def code_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines of functions, as they are, without comments and statements that are silent."""
    silent = comment = cleanup = False
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        plain = without_texts(line)
        begins = re.match(r"\s*/\*", line) is not None
        comment = comment or begins
        if comment or line.startswith("#"):
            comment = comment and "*/" not in line
            continue
        if FUNCTION.match(plain):
            cleanup = CLEANUP.match(plain) is not None
        if not silent and SILENT.match(plain):
            silent, depth = True, 0
        if silent:
            depth += plain.count("(") - plain.count(")")
            silent = depth > 0
            continue
        if not cleanup and line.startswith("\t"):
            yield number, line


def balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0


def places_in(file: str, text: str) -> list[Place]:
    places = []
    for number, line in code_lines(text):
        plain = without_texts(line)

        def put(kind: str, begin: int, end: int, new: str, number: int = number, line: str = line) -> None:
            places.append(Place(file, number, begin, kind, line, line[:begin] + new + line[end:]))

        condition = CONDITION.search(plain)
        if condition and balanced(condition["condition"]):
            begin, end = condition.span("condition")
            put(KINDS[0], begin, end, f"!({line[begin:end]})")
        if CALL.match(plain) and balanced(plain):
            begin = len(line) - len(line.lstrip())
            put(KINDS[1], begin, len(plain), "(void)0;")
        for found in COMPARISON.finditer(plain):
            put(KINDS[2], *found.span(1), SHIFTED[found[1]])
        for found in AND_OR.finditer(plain):
            put(KINDS[3], *found.span(1), EXCHANGED[found[1]])
    return places


def all_places() -> list[Place]:
    files = [f"{folder}/{name}.c" for folder, names in FILES.items() for name in names]
    return [place for file in files for place in places_in(file, (REPOSITORY / file).read_text())]


def drawn(places: list[Place], seed: int) -> Iterator[Place]:
    """Places in a random order, the kinds in turn."""
    order = random.Random(seed)
    waiting = {kind: [place for place in places if place.kind == kind] for kind in KINDS}
    for kind in KINDS:
        order.shuffle(waiting[kind])
    while any(waiting.values()):
        for kind in KINDS:
            if waiting[kind]:
                yield waiting[kind].pop()


# ---- tests ----


def folder_of(place: Place) -> str:
    return place.file.rpartition("/")[0]


def tests_of(folder: str) -> list[tuple[str, list[str] | None]]:
    """The tests that may notice a bug there, with their arguments; None: their own."""
    quick, slow = ([(name, None) for name in names] for names in ((*UNIT[folder], *FLOW), SLOW[folder]))
    return [*quick, *PLAYED[folder], *slow]


def check_sound(tree: Tree, folders: set[str]) -> None:
    tests = []
    for folder in sorted(folders):
        tests += [test for test in tests_of(folder) if test not in tests]
    for name, arguments in tests:
        begun = time.monotonic()
        if not tree.passes(name, arguments, TIMEOUT_S):
            raise CannotTry(f"{name} fails without any mutant:\n{last_lines(tree.output())}")
        print(f"sound     {name} passes, {time.monotonic() - begun:.1f} s", flush=True)


def noticed_by(tree: Tree, place: Place) -> str | None:
    """The test that fails of it. CannotTry where it does not compile."""
    path = tree.place / place.file
    sound = path.read_text()
    lines = sound.split("\n")
    lines[place.line - 1] = place.new
    path.write_text("\n".join(lines))
    try:
        tree.make(FLOW_TARGETS)
        for name, arguments in tests_of(folder_of(place)):
            if not tree.passes(name, arguments, TIMEOUT_S):
                return name
        return None
    finally:
        path.write_text(sound)


def try_drawn(tree: Tree, places: Iterator[Place], count: int) -> tuple[int, list[Place]]:
    """How many were tried, and those that nothing noticed."""
    per_file: dict[str, int] = {}
    survivors = []
    tried = 0
    for place in places:
        if tried == count:
            break
        if per_file.get(place.file, 0) == MOST_PER_FILE:
            continue
        begun = time.monotonic()
        try:
            by = noticed_by(tree, place)
        except CannotTry:
            print(f"no code   {place}: {place.done()}", flush=True)
            continue
        tried += 1
        per_file[place.file] = per_file.get(place.file, 0) + 1
        if by is None:
            survivors.append(place)
        verdict = f"caught    {place} by {by}" if by else f"SURVIVED  {place}"
        print(f"{verdict}, {time.monotonic() - begun:.1f} s: {place.done()}", flush=True)
    return tried, survivors


def try_all(places: list[Place], options: argparse.Namespace, folder: pathlib.Path) -> tuple[int, list[Place]]:
    tree = Tree(folder)
    check_sound(tree, {folder_of(place) for place in places})
    if not options.only:
        return try_drawn(tree, drawn(places, options.seed), options.count)
    survivors = []
    tried = 0
    for place in places:
        more, lived = try_drawn(tree, iter([place]), 1)
        tried += more
        survivors += lived
    return tried, survivors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the draw (1)")
    parser.add_argument("--count", type=int, default=20, metavar="N", help="mutants to try (20)")
    parser.add_argument("--only", action="append", metavar="FILE:LINE", help="all of this line; may be given again")
    parser.add_argument("--list", action="store_true", help="show all places, and try none")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the numbers there, too")
    parser.add_argument("--keep", action="store_true", help="leave the copy of the tree")
    options = parser.parse_args()
    places = [place for place in all_places() if not options.only or str(place) in options.only]
    if options.list:
        for place in places:
            print(f"{place}: {place.done()}")
        return 0
    copy = pathlib.Path(tempfile.mkdtemp(prefix="mechanical-", dir="/tmp"))
    try:
        if not places:
            raise CannotTry("there is no such place")
        tried, survivors = try_all(places, options, copy)
    except CannotTry as why:
        print(why, file=sys.stderr)
        return 2
    finally:
        if not options.keep:
            shutil.rmtree(copy, ignore_errors=True)
    line = json.dumps({"kind": "mechanical", "mutants_total": tried, "mutants_caught": tried - len(survivors),
                       "survivors": [f"{place}: {place.done()}" for place in survivors]})
    print(line)
    if options.json:
        options.json.write_text(line + "\n")
    return int(bool(survivors)) if tried else 2


if __name__ == "__main__":
    sys.exit(main())
