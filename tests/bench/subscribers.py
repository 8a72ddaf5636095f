"""What one durable subscriber that stops costs the others."""

import json
import statistics
from typing import Any

import programs
from matchd_process import Matchd
from programs import PROGRAMS, figures_of


def measure_subscribers(listings: int, subscribers: int, facts: int, per_second: int, rounds: int) -> dict[str, Any]:
    with Matchd() as matchd:
        client = [PROGRAMS / "bench_subscribers", matchd.endpoint]
        figures_of(PROGRAMS / "e2e", matchd.endpoint, "publish", "offers", 0, listings, 512)
        runs: dict[int, list[dict[str, Any]]] = {0: [], 1: []}
        for _ in range(rounds):
            for stopped, its_runs in runs.items():
                its_runs.append(figures_of(*client, "fanout", subscribers, stopped, facts, per_second))
                programs.say(json.dumps(its_runs[-1]))
        matchd.restart()  # so that what comes is read from the journal
        catchup = [figures_of(*client, "catchup") for _ in range(3)]
    p99 = {stopped: statistics.median(run["p99_ms"] for run in runs[stopped]) for stopped in runs}
    ratios = [one["p99_ms"] / none["p99_ms"] for none, one in zip(runs[0], runs[1])]
    return {
        "subscribers": subscribers,
        "facts": facts,
        "facts_per_s": per_second,
        "p99_ms_all_going": p99[0],
        "p99_ms_one_stopped": p99[1],
        "p99_ratio_median": round(statistics.median(ratios), 3),
        "resumed_per_s_median": statistics.median(run["resumed_per_s"] for run in runs[1]),
        "catchup_from_first_per_s_median": statistics.median(run["per_second"] for run in catchup),
        "runs": runs,
    }
