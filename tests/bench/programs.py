"""Building the benchmark's programs, running them, and keeping their figures round by round."""

import json
import pathlib
import statistics
import subprocess
from collections.abc import Iterator
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = ROOT / "tests/bench"
BUILD = ROOT / "build-bench"
PROGRAMS = BUILD / "tests/bench"
TARGETS = [
    "daemon/matchd", "daemon/matchd-gateway",
    "tests/bench/bench", "tests/bench/e2e", "tests/bench/bench_subscribers",
]  # fmt: skip
TARGETS_POSTGRES = ["tests/bench/pgmatch", "tests/bench/pgpub"]


def run(*command: object, **options: Any) -> subprocess.CompletedProcess:
    return subprocess.run([str(part) for part in command], check=True, **options)


def figures_of(*command: object) -> dict[str, Any]:
    """What a program of the benchmark prints."""
    return json.loads(run(*command, stdout=subprocess.PIPE).stdout)


def build(with_postgres: bool) -> None:
    if not (BUILD / "build.ninja").exists():
        run("meson", "setup", BUILD, ROOT, "-Dbuildtype=release", "-Db_ndebug=true", stdout=subprocess.DEVNULL)
    elif with_postgres:  # its library may have come since
        run("meson", "setup", "--reconfigure", BUILD, ROOT, stdout=subprocess.DEVNULL)
    targets = TARGETS + (TARGETS_POSTGRES if with_postgres else [])
    run("ninja", "-C", BUILD, *targets, stdout=subprocess.DEVNULL)


class Figures:
    """Named figures, each measured in one or several rounds."""

    def __init__(self) -> None:
        self.rounds: dict[str, list[float]] = {}

    def add(self, name: str, value: float) -> None:
        self.rounds.setdefault(name, []).append(value)

    def add_times(self, name: str, times: dict[str, float]) -> None:
        """What a program prints of many times: mean, p50, p99, min, max."""
        for key, value in times.items():
            self.add(f"{name}.{key}", value)

    def median(self, name: str) -> float | None:
        return statistics.median(self.rounds[name]) if name in self.rounds else None

    def ratio(self, above: str, below: str) -> float | None:
        """Of medians; None where one was not measured."""
        a, b = self.median(above), self.median(below)
        return a / b if a is not None and b else None

    def items(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, rounds in self.rounds.items():
            yield name, {"median": statistics.median(rounds), "min": min(rounds), "max": max(rounds), "rounds": rounds}


def say(text: str) -> None:
    print(text, flush=True)
