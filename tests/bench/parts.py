"""
The parts of the benchmark: each measures matchd and what it is compared with in alternating rounds.

Figures are named PART/SIZE/WHO.WHAT, such as "match/1000000/scan.mean" (µs). "needs ask" is the ordinary direction:
a need against stored offers; names of the other one begin with "reverse".
"""

import os
import pathlib
import tempfile
from dataclasses import dataclass

import programs
from matchd_process import Matchd
from postgres import Postgres
from programs import PROGRAMS, SOURCES, Figures, figures_of, say

OTHER_EXCHANGES = ("intervals", "sets")
WORST_EXCHANGES = ("alike", "places")
LAYOUTS = ("A", "B", "C")
WORKERS = min(4, len(os.sched_getaffinity(0)) - 1)  # as matchd has them by default
# A layout is asked as much as it can bear: the slow ones less.
PROBES_OF_LAYOUT = {"A": 100, "B": 150, "C": 1000, "needs": 1000}


@dataclass
class Plan:
    """How much of everything."""

    sizes: tuple[int, ...]  # of the comparisons with PostgreSQL and the scan
    growth: tuple[int, ...]
    probes: int
    worst_probes: int
    rounds: int
    published: int  # needs, a round
    notified: int
    postgres_seconds: float
    appended: int
    fanout_seconds: float
    fanout_rounds: int  # more: bare ZeroMQ varies by half from one to the next

    @property
    def largest(self) -> int:
        return self.sizes[-1]


WHOLE = Plan(
    (10_000, 100_000, 1_000_000), (10_000, 100_000, 1_000_000, 3_000_000), 1000, 50, 3, 10_000, 1000, 5.0, 50_000, 3.0, 7
)
QUICK = Plan((10_000, 30_000), (10_000, 30_000), 200, 20, 3, 1000, 100, 0.7, 5000, 0.5, 3)


class Disagreement(Exception):
    """Two programs did not find the same."""


class Findings:
    """Files for what programs find, a line for each probe, to be compared; use it in a `with` statement."""

    def __init__(self) -> None:
        self.directory = tempfile.TemporaryDirectory(prefix="mbf")
        self.probes: dict[str, int] = {}

    def __enter__(self) -> "Findings":
        return self

    def __exit__(self, *_: object) -> None:
        self.directory.cleanup()

    def file(self, who: str, probes: int) -> pathlib.Path:
        self.probes[who] = probes
        return pathlib.Path(self.directory.name) / who

    def _read(self, who: str) -> list[str]:
        lines = (pathlib.Path(self.directory.name) / who).read_text(encoding="ascii").splitlines()
        if len(lines) != self.probes[who]:
            raise Disagreement(f"{who} answered {len(lines)} of {self.probes[who]} probes")
        return lines

    def compare(self, name: str) -> None:
        """With those of the first, which was asked all probes; a slow one is asked fewer."""
        first, *others = self.probes
        ours = self._read(first)
        for other in others:
            for number, theirs in enumerate(self._read(other)):
                if theirs != ours[number]:
                    raise Disagreement(f"{name}, probe {number}: {first} found {ours[number]!r}, {other} {theirs!r}")


def ask(figures: Figures, part: str, exchange: str, size: int, probes: int, reverse: bool, findings: Findings) -> None:
    """matchd's core, with as many workers as it has by default and alone, and then the scan."""
    direction = ["--reverse"] if reverse else []
    prefix = f"{part}/{size}/{'reverse ' if reverse else ''}"
    ours = figures_of(
        PROGRAMS / "bench", "match", SOURCES / f"{exchange}.yaml", size, probes, *direction,
        "--workers", WORKERS, "--write", findings.file("matchd", probes),
    )  # fmt: skip
    figures.add_times(prefix + "matchd", ours["shared_us"] if WORKERS else ours["us"])
    figures.add_times(prefix + "matchd one thread", ours["us"])
    figures.add_times(prefix + "matchd publish", ours["publish_us"])
    for key in ("published_per_s", "memory_each", "matches_per_probe"):
        figures.add(f"{prefix}matchd.{key}", ours[key])
    scan = figures_of(
        PROGRAMS / "bench", "scan", exchange, size, probes, *direction, "--write", findings.file("scan", probes)
    )  # fmt: skip
    figures.add_times(prefix + "scan", scan["us"])


def ask_postgres(
    figures: Figures, postgres: Postgres, size: int, layout: str, probes: int, findings: Findings
) -> None:
    count = min(probes, PROBES_OF_LAYOUT[layout])
    name = "reverse postgres" if layout == "needs" else f"postgres {layout}"
    found = figures_of(PROGRAMS / "pgmatch", postgres.conninfo(size), layout, count, findings.file(name, count))
    figures.add_times(f"match/{size}/{name}", found["us"])


def measure_match(figures: Figures, plan: Plan, postgres: Postgres | None) -> None:
    for size in plan.sizes:
        for number in range(plan.rounds):
            say(f"matching, {size:,} listings, round {number + 1}")
            with Findings() as findings:
                ask(figures, "match", "workload", size, plan.probes, False, findings)
                if postgres:
                    for layout in LAYOUTS:
                        ask_postgres(figures, postgres, size, layout, plan.probes, findings)
                findings.compare(f"needs among {size} offers")
            with Findings() as findings:
                ask(figures, "match", "workload", size, plan.probes, True, findings)
                if postgres:
                    ask_postgres(figures, postgres, size, "needs", plan.probes, findings)
                findings.compare(f"offers among {size} needs")


def ask_all(
    figures: Figures, part: str, exchanges: tuple[str, ...], sizes: tuple[int, ...], probes: int
) -> None:
    """matchd and the scan, in both directions of each exchange."""
    for exchange in exchanges:
        for size in sizes:
            for reverse in (False, True):
                say(f"{part}, {exchange}, {size:,} {'needs' if reverse else 'offers'}")
                with Findings() as findings:
                    ask(figures, f"{part} {exchange}", exchange, size, probes, reverse, findings)
                    findings.compare(f"{exchange}, {size} stored")


def measure_growth(figures: Figures, plan: Plan) -> None:
    ask_all(figures, "growth", ("workload", *OTHER_EXCHANGES), plan.growth, plan.probes)


def measure_worst(figures: Figures, plan: Plan) -> None:
    """Exchanges that give a lookup nothing to select by: a scan of columns is the best that there is."""
    ask_all(figures, "worst", WORST_EXCHANGES, plan.sizes, plan.worst_probes)


def measure_publish(figures: Figures, plan: Plan, postgres: Postgres | None) -> None:
    """Of a running daemon with the most offers: what it takes, how it starts, and how fast it publishes and tells."""
    size = plan.largest
    part = f"publish/{size}/"
    next_need = 0
    with Matchd() as matchd:
        client = [PROGRAMS / "e2e", matchd.endpoint]
        empty = matchd.anonymous_bytes()
        say(f"publishing {size:,} offers to matchd")
        loaded = figures_of(*client, "publish", "offers", 0, size, 512)
        figures.add(part + "matchd offers_per_s 512 in flight", loaded["per_s"])
        figures.add(part + "matchd bytes_per_offer loaded", (matchd.anonymous_bytes() - empty) / size)
        for _ in range(plan.rounds):
            figures.add(part + "matchd restart_s", matchd.restart())
            figures.add(part + "matchd bytes_per_offer restarted", (matchd.anonymous_bytes() - empty) / size)
        figures.add(part + "matchd store_bytes_per_offer", matchd.store_bytes() / size)
        for number in range(plan.rounds):
            say(f"publishing needs, {size:,} offers, round {number + 1}")
            for in_flight, count in ((64, plan.published), (1, plan.notified)):
                done = figures_of(*client, "publish", "needs", next_need, count, in_flight)
                figures.add(f"{part}matchd needs_per_s {in_flight} in flight", done["per_s"])
                next_need += count
            told = figures_of(*client, "notify", next_need, plan.notified)
            figures.add_times(part + "matchd notify_ms", told["ms"])
            next_need += plan.notified
            if postgres:
                publish_postgres(figures, plan, postgres, number)


def publish_postgres(figures: Figures, plan: Plan, postgres: Postgres, number: int) -> None:
    size = plan.largest
    pgpub = [PROGRAMS / "pgpub", postgres.conninfo(size)]
    part = f"publish/{size}/"
    first = number * 10_000_000  # no number comes twice
    postgres.checkpoint(size)
    for connections in (1, 4):
        done = figures_of(*pgpub, "publish", connections, first, plan.postgres_seconds)
        figures.add(f"{part}postgres needs_per_s {connections} connections", done["per_s"])
        first += 1_000_000
    told = figures_of(*pgpub, "notify", first, plan.notified)
    figures.add_times(part + "postgres notify_ms", told["ms"])


def measure_append(figures: Figures, plan: Plan) -> None:
    """Publishing without matches, and bare LMDB with the same bytes in commits of the same size."""
    sample = figures_of(PROGRAMS / "bench", "match", SOURCES / "workload.yaml", 1000, 1)
    each = round(sample["fact_bytes_each"] + sample["row_bytes_each"])
    figures.add("append/bytes_each", each)
    with Matchd() as matchd:
        for number in range(plan.rounds):
            say(f"publishing without matches, round {number + 1}")
            before = commits(matchd)
            done = figures_of(
                PROGRAMS / "e2e", matchd.endpoint, "publish", "offers", number * plan.appended, plan.appended, 64
            )
            batch = max(1, round(plan.appended / (commits(matchd) - before)))
            figures.add("append/matchd offers_per_s 64 in flight", done["per_s"])
            figures.add("append/matchd commands_per_commit", batch)
            for name, size in (("the same batch", batch), ("batches of 64", 64)):
                bare = figures_of(PROGRAMS / "bench", "append", plan.appended, each, size)
                figures.add(f"append/lmdb per_s {name}", bare["per_s"])


def commits(matchd: Matchd) -> int:
    return figures_of(PROGRAMS / "bench", "commits", matchd.directory / "data/data.mdb")["commits"]


def measure_fanout(figures: Figures, plan: Plan) -> None:
    subscribers = 100
    for number in range(plan.fanout_rounds):
        say(f"telling {subscribers} subscribers, round {number + 1}")
        with Matchd("feed") as matchd:
            ours = figures_of(PROGRAMS / "e2e", matchd.endpoint, "fanout", subscribers, plan.fanout_seconds)
        if ours["lost"]:
            raise Disagreement(f"of what was told to {subscribers} subscribers {ours['lost']} messages did not come")
        body_bytes = round(ours["body_bytes"])
        gateway = figures_of(
            PROGRAMS / "bench", "deliver", programs.BUILD / "daemon/matchd-gateway", subscribers, body_bytes
        )
        bare = figures_of(PROGRAMS / "bench", "fanout", subscribers, body_bytes)
        figures.add("fanout/matchd delivered_per_s", ours["delivered_per_s"])
        figures.add("fanout/matchd lost", ours["lost"])
        figures.add("fanout/body_bytes", ours["body_bytes"])
        figures.add("fanout/gateway delivered_per_s", gateway["delivered_per_s"])
        figures.add("fanout/zeromq delivered_per_s", bare["delivered_per_s"])
