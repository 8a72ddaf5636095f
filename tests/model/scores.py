"""Section 3, Scores: points of a field, the score of a pair of boxes, and why.

Points run 0..FULL inside; what is published is divided by 1,000. Points of None are "left out".
"""

import math
from dataclasses import dataclass

from exchange import SIDES, other_side
from meeting import (
    INTERVALS,
    blamed_sides,
    entries_overlap,
    field_meets,
    holds_keyword,
    intersection,
    squared_distance,
    states_only_root,
)

FULL = 1_000_000
PUBLISHED = 1_000


@dataclass
class FieldOutcome:
    """How one field of a pair of boxes came out."""

    field: str
    met: bool
    blamed: list  # the sides that exclude the pair for it
    points: dict  # side -> 0..FULL, or None where the side has no weight or leaves the field out


@dataclass
class PairOutcome:
    meets: bool
    score: int  # as published
    fields: list


def judge_boxes(exchange, need_box, offer_box):
    """Everything there is to say about one box of a need and one box of an offer."""
    outcomes = [
        _judge_field(field, need_box.get(name), offer_box.get(name)) for name, field in exchange.fields.items()
    ]
    meets = not any(outcome.blamed for outcome in outcomes)
    return PairOutcome(meets, _match_score(exchange, outcomes) // PUBLISHED, outcomes)


def _judge_field(field, need, offer):
    met = field_meets(field, need, offer)
    blamed = [] if met else blamed_sides(field, need, offer)
    stated = {"need": need, "offer": offer}
    points = {side: _points(field, side, stated[side], stated[other_side(side)], met) for side in SIDES}
    return FieldOutcome(field.name, met, blamed, points)


def _match_score(exchange, outcomes):
    """floor(2ab / (a + b)); one side left out: the other's; both: FULL."""
    sides = [score for score in (_side_score(exchange, outcomes, side) for side in SIDES) if score is not None]
    if not sides:
        return FULL
    if len(sides) == 1:
        return sides[0]
    need, offer = sides
    return 0 if 0 in sides else 2 * need * offer // (need + offer)


def _side_score(exchange, outcomes, side):
    counted = [
        (exchange.fields[outcome.field].sides[side].weight, outcome.points[side])
        for outcome in outcomes
        if outcome.points[side] is not None
    ]
    if not counted:
        return None
    return sum(weight * points for weight, points in counted) // sum(weight for weight, _ in counted)


def _points(field, side, own, other, met):
    rules = field.sides[side]
    if rules.weight is None or own is None or other is None or not field.is_public():
        return None
    if not met:
        return 0
    if field.type in INTERVALS:
        return _interval_points(rules, own, other)
    if field.type == "code":
        return _code_points(own, other)
    if field.type == "geo":
        return _place_points(rules, own, other)
    return _keyword_points(own, other)


def _interval_points(rules, own, other):
    agreed = _middle(*intersection(own, other))
    if agreed is None:
        return None
    if rules.nearer:
        target = _middle(own.lo, own.hi)
        if target is None or rules.span == 0:
            return None
        return FULL * (rules.span - min(abs(agreed - target), rules.span)) // rules.span
    bound = own.hi if rules.better == "lower" else own.lo
    if bound is None:
        return None
    span = abs(bound) if rules.span == "own" else rules.span
    return None if span == 0 else FULL * min(abs(bound - agreed), span) // span


def _middle(lo, hi):
    """floor((lo + hi) / 2); the finite end if one end is open; None if both are."""
    if lo is None or hi is None:
        return hi if lo is None else lo
    return (lo + hi) // 2


def _keyword_points(own, other):
    if own.everything_but:
        return None
    return FULL * sum(holds_keyword(other, keyword) for keyword in own.values) // len(own.values)


def _code_points(own, other):
    """An entry is met when it alone, with both sides' none_of, would overlap the other side's entries."""
    if states_only_root(own):
        return None
    excluded = own.none_of | other.none_of
    met = sum(entries_overlap([entry], other.any_of, excluded) for entry in own.any_of)
    return FULL * met // len(own.any_of)


def _place_points(rules, own, other):
    reach = rules.span if own.radius_squared is None else math.isqrt(own.radius_squared)
    if not reach:
        return None
    distance = math.isqrt(squared_distance(own, other))
    return FULL * (reach - min(reach, distance)) // reach
