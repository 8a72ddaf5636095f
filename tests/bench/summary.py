"""The figures that matchd is judged by, out of all that were measured; None where a part was left out."""

from collections.abc import Iterator

from parts import Plan
from programs import Figures

# Of PostgreSQL's time: a slower scan proves nothing. For offers that ask there is no best of several layouts.
SCAN_AT_MOST = (("", "postgres C", 0.8), ("reverse ", "reverse postgres", 1.0))


def smallest(*values: float | None) -> float | None:
    known = [value for value in values if value is not None]
    return min(known) if known else None


def largest(*values: float | None) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if known else None


def summarise(figures: Figures, plan: Plan) -> dict[str, float | None]:
    """The names say 1m; with --quick the largest size is smaller, and the names stay."""
    match = f"match/{plan.largest}/"
    before = f"match/{plan.sizes[-2]}/"
    publish = f"publish/{plan.largest}/"
    ratio = figures.ratio
    return {
        "match_1m_vs_pg": smallest(
            ratio(match + "postgres C.mean", match + "matchd.mean"),
            ratio(match + "reverse postgres.mean", match + "reverse matchd.mean"),
        ),
        "match_1m_vs_scan": smallest(
            ratio(match + "scan.mean", match + "matchd.mean"),
            ratio(match + "reverse scan.mean", match + "reverse matchd.mean"),
        ),
        "match_1m_p99_vs_scan_mean": largest(
            ratio(match + "matchd.p99", match + "scan.mean"),
            ratio(match + "reverse matchd.p99", match + "reverse scan.mean"),
        ),
        "growth_100k_1m": largest(
            ratio(match + "matchd.mean", before + "matchd.mean"),
            ratio(match + "reverse matchd.mean", before + "reverse matchd.mean"),
        ),
        "publish_1m_per_s": figures.median(publish + "matchd needs_per_s 64 in flight"),
        "publish_1m_vs_pg4": ratio(
            publish + "matchd needs_per_s 64 in flight", publish + "postgres needs_per_s 4 connections"
        ),
        "notify_1m_p50_ms": figures.median(publish + "matchd notify_ms.p50"),
        "notify_1m_p99_ms": figures.median(publish + "matchd notify_ms.p99"),
        "notify_1m_p99_vs_pg": ratio(publish + "matchd notify_ms.p99", publish + "postgres notify_ms.p99"),
        "append_vs_lmdb": ratio("append/matchd offers_per_s 64 in flight", "append/lmdb per_s the same batch"),
        "fanout_vs_zmq": ratio("fanout/matchd delivered_per_s", "fanout/zeromq delivered_per_s"),
        "bytes_per_offer": largest(
            figures.median(publish + "matchd bytes_per_offer loaded"),
            figures.median(publish + "matchd bytes_per_offer restarted"),
        ),
        "restart_1m_s": figures.median(publish + "matchd restart_s"),
    }


def scan_is_too_slow(figures: Figures, plan: Plan) -> str | None:
    """A sentence if the scan is no yardstick; looked at in the largest size."""
    match = f"match/{plan.largest}/"
    for direction, theirs, at_most in SCAN_AT_MOST:
        share = figures.ratio(f"{match}{direction}scan.mean", f"{match}{theirs}.mean")
        if share is not None and share > at_most:
            return f"the {direction}scan takes {share:.2f} times as long as PostgreSQL's best layout"
    return None


def show(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def rows_of(figures: Figures) -> Iterator[tuple[str, ...]]:
    """A row each; the mean of many times has their median and 99th percentile beside it."""
    for name, figure in figures.items():
        kind, _, statistic = name.rpartition(".")
        row = (show(figure["median"]), show(figure["min"]), show(figure["max"]))
        if statistic == "mean":
            yield kind, *row, show(figures.median(kind + ".p50")), show(figures.median(kind + ".p99"))
        elif statistic not in ("p50", "p99", "min", "max"):
            yield name, *row, "", ""


def table(figures: Figures, summary: dict[str, float | None]) -> str:
    rows = [("FIGURE", "MEDIAN", "MIN", "MAX", "P50", "P99"), *rows_of(figures), ("",) * 6, ("SUMMARY",) + ("",) * 5]
    rows += [(name, show(value), "", "", "", "") for name, value in summary.items()]
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    lines = []
    for name, *values in rows:
        aligned = ["  " + value.rjust(width) for value, width in zip(values, widths[1:])]
        lines.append((name.ljust(widths[0]) + "".join(aligned)).rstrip())
    return "\n".join(lines)
