#!/usr/bin/python3
"""Plants known bugs, one after the other, and looks whether the test that should notice each one does.

    mutants.py [--only NAME]... [--json FILE] [--keep] [--verbose]

A test that never fails proves nothing. Each file in mutants/ is a patch with a head that says what it breaks, which test
must fail of it, and what that test must say, so that a failure for another reason does not count:

    Breaks: a commit returns before its last page is on the disk
    Test: power_cut
    Says: an acknowledged turn is lost

The test is one of meson's by its name, a driver of this folder such as clocks.py, or a file of tests/flow. It is run on
the sound tree first, where it must pass. All is done in a copy of the tree with one build directory, so that a patch
costs what it changes. Exit status: 0; 1 if a mutant was not caught; 2 if one could not be tried.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
PATCHES = HERE / "mutants"
TIMEOUT_S = 300
LAST_LINES = 30
# What a test of the whole daemon runs.
DAEMON_TARGETS = ["daemon/matchd", "daemon/matchd-gateway"]
FLOW_TARGETS = [*DAEMON_TARGETS, "client/matchctl/matchctl", "tests/crash/libdisk_gate.so"]
# Drivers of the whole daemon, by how much of them is enough.
DRIVERS = {"clocks.py": ["--jumps", "40"], "kills.py": ["--cycles", "100"]}


class CannotTry(Exception):
    """The mutant proves nothing either way."""


@dataclass
class Mutant:
    name: str
    path: pathlib.Path
    breaks: str
    test: str
    says: str


def read_mutant(path: pathlib.Path) -> Mutant:
    head = {}
    for line in path.read_text().splitlines():
        if line.startswith("diff "):
            break
        key, colon, value = line.partition(": ")
        if colon:
            head[key] = value.strip()
    if set(head) != {"Breaks", "Test", "Says"} or not all(head.values()):
        raise CannotTry(f"{path.name}: its head must say Breaks, Test and Says, and nothing else")
    return Mutant(path.stem, path, head["Breaks"], head["Test"], head["Says"])


def last_lines(text: str) -> str:
    return "\n".join(text.splitlines()[-LAST_LINES:])


class Tree:
    """A copy of the repository's files, as they are now, with a build directory."""

    def __init__(self, place: pathlib.Path) -> None:
        self.place = place
        self.build = place / "build"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
        for name in filter(None, listed.split("\0")):
            if (REPOSITORY / name).is_file():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / name, place / name)
        self.must(["meson", "setup", self.build])
        tests = json.loads((self.build / "meson-info" / "intro-tests.json").read_text())
        self.tests = {test["name"]: test for test in tests}

    def must(self, command: list) -> None:
        done = subprocess.run(command, cwd=self.place, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CannotTry(f"{command[0]} fails: {last_lines(done.stdout + done.stderr)}")

    def patch(self, mutant: Mutant, *options: str) -> None:
        self.must(["git", "apply", "-C1", *options, str(mutant.path)])

    def targets(self, test: str) -> list[str]:
        if test in DRIVERS:
            return [*DAEMON_TARGETS, "tests/crash/fake_clock.so"]
        if test.endswith(".py"):
            return FLOW_TARGETS
        if test not in self.tests:
            raise CannotTry(f"meson knows no test {test}")
        program = pathlib.Path(self.tests[test]["cmd"][0])
        return [str(program.relative_to(self.build))]

    def make(self, targets: list[str]) -> None:
        self.must(["ninja", "-j1", "-C", self.build, *targets])

    def passes(self, test: str, arguments: list[str] | None = None, timeout_s: int = TIMEOUT_S) -> bool:
        """Builds what the test needs and runs it, with arguments of meson's or others. What hangs does not pass."""
        self.make(self.targets(test))
        if test in DRIVERS:
            command = [sys.executable, f"tests/crash/{test}", *DRIVERS[test]]
        elif test.endswith(".py"):
            command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/flow/{test}"]
        else:
            command = self.tests[test]["cmd"]
            command = command if arguments is None else [command[0], *arguments]
        with open(self.place / "output", "w", encoding="utf-8") as output:
            process = subprocess.Popen(
                command, cwd=self.place, stdout=output, stderr=output, start_new_session=True,
                env={**os.environ, "MATCHD_BUILD": str(self.build)})
            try:
                return process.wait(timeout_s) == 0
            except subprocess.TimeoutExpired:
                return False
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def output(self) -> str:
        """What the test that ran last said."""
        return (self.place / "output").read_text(errors="replace")


def verdict_on(tree: Tree, mutant: Mutant) -> str:
    tree.patch(mutant)
    try:
        if tree.passes(mutant.test):
            return "MISSED"
        return "caught" if mutant.says in tree.output() else "ASTRAY"
    finally:
        tree.patch(mutant, "--reverse")


def try_all(tree: Tree, mutants: list[Mutant], verbose: bool) -> tuple[int, int]:
    """How many were caught, and how many could not be tried."""
    for test in sorted({mutant.test for mutant in mutants}):
        if not tree.passes(test):
            raise CannotTry(f"{test} fails without any mutant:\n{last_lines(tree.output())}")
        print(f"sound   {test} passes", flush=True)
    caught = untried = 0
    for mutant in mutants:
        begun = time.monotonic()
        try:
            verdict = verdict_on(tree, mutant)
        except CannotTry as why:
            print(f"error   {mutant.name}: {why}", flush=True)
            untried += 1
            continue
        caught += verdict == "caught"
        print(f"{verdict}  {mutant.name} by {mutant.test}, {time.monotonic() - begun:.1f} s: {mutant.breaks}", flush=True)
        if verbose or verdict == "ASTRAY":
            print(last_lines(tree.output()), flush=True)
    return caught, untried


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", metavar="NAME", help="this mutant; may be given again")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the numbers there, too")
    parser.add_argument("--keep", action="store_true", help="leave the copy of the tree")
    parser.add_argument("--verbose", action="store_true", help="show how each test ended")
    options = parser.parse_args()
    place = pathlib.Path(tempfile.mkdtemp(prefix="mutants-", dir="/tmp"))
    try:
        mutants = [read_mutant(path) for path in sorted(PATCHES.glob("*.patch"))]
        unknown = set(options.only or []) - {mutant.name for mutant in mutants}
        if unknown or not mutants:
            raise CannotTry(f"no such mutant: {', '.join(sorted(unknown)) or 'there is none'}")
        mutants = [mutant for mutant in mutants if not options.only or mutant.name in options.only]
        caught, untried = try_all(Tree(place), mutants, options.verbose)
    except CannotTry as why:
        print(why, file=sys.stderr)
        return 2
    finally:
        if not options.keep:
            shutil.rmtree(place, ignore_errors=True)
    line = json.dumps({"kind": "mutants", "mutants_total": len(mutants), "mutants_caught": caught})
    print(line)
    if options.json:
        options.json.write_text(line + "\n")
    return 2 if untried else int(caught < len(mutants))


if __name__ == "__main__":
    sys.exit(main())
