"""Section 2, Meeting: do two statements of a field meet, and if not, who is to blame.

N is the need's statement and O the offer's; None is a side that states nothing.
"""

from exchange import SIDES
from statements import ROOT, Interval, by_reading, lies_under


def field_meets(field, need, offer):
    """The relation, silence and the vetoes together."""
    silent = [side for side, stated in zip(SIDES, (need, offer)) if stated is None]
    if any(field.sides[side].absent == "any" for side in silent):
        return True  # the field meets, whatever the other side says
    if silent:
        return _empty_set_meets(field, need, offer)
    if field.relation == "overlap":
        related = OVERLAP[field.type](field, need, offer)
    elif field.relation == "need_within_offer":
        related = WITHIN[field.type](need, offer)
    else:
        related = WITHIN[field.type](offer, need)
    return related and not _vetoed(field, need, offer)


def _empty_set_meets(field, need, offer):
    """`none` (and `required`, should it be missing all the same) is the empty set, which lies within everything and
    overlaps nothing; nothing but an empty set lies within it."""
    if field.relation == "overlap":
        return False
    inner = need if field.relation == "need_within_offer" else offer
    return inner is None


def _vetoed(field, need, offer):
    """The field fails if the other side's statement shares a value with the vetoed values."""
    if field.type in ("keyword", "flag"):
        return _shares_vetoed_keyword(offer, need.veto) or _shares_vetoed_keyword(need, offer.veto)
    if field.type == "code":
        return _shares_vetoed_code(offer, need.veto) or _shares_vetoed_code(need, offer.veto)
    return False


def blamed_sides(field, need, offer):
    """The sides on which a failed field is blamed: they demand it and did not say `prefer`. If there are none the pair
    still meets."""
    stated = {"need": need, "offer": offer}
    return [side for side in field.demanded_by if _demands(stated[side]) and not stated[side].prefer]


def _demands(statement):
    """A side demands a field that it states; a place without a radius demands nothing."""
    return statement is not None and getattr(statement, "radius_squared", 0) is not None


# Keywords and flags.


def holds_keyword(statement, keyword):
    return (keyword in statement.values) != statement.everything_but


def _keywords_overlap(_field, need, offer):
    """They share a value; two "everything but" always do."""
    if need.everything_but and offer.everything_but:
        return True
    finite, other = (offer, need) if need.everything_but else (need, offer)
    return any(holds_keyword(other, keyword) for keyword in finite.values)


def _keywords_within(inner, outer):
    """Every value of the inner is in the outer; "everything but X" lies within "everything but Y" when Y is a part of
    X, and within no finite set."""
    if inner.everything_but:
        return outer.everything_but and outer.values <= inner.values
    return all(holds_keyword(outer, keyword) for keyword in inner.values)


def _shares_vetoed_keyword(statement, veto):
    return any(holds_keyword(statement, keyword) for keyword in veto)


# Codes.


def entries_overlap(entries, others, excluded):
    """An entry of one and an entry of the other of which one lies under the other, where the deeper lies under no
    excluded entry."""
    for entry in entries:
        for other in others:
            deeper, higher = (entry, other) if len(entry) >= len(other) else (other, entry)
            if lies_under(deeper, higher) and not _lies_under_any(deeper, excluded):
                return True
    return False


def _lies_under_any(path, tops):
    return any(lies_under(path, top) for top in tops)


def _codes_overlap(_field, need, offer):
    return entries_overlap(need.any_of, offer.any_of, need.none_of | offer.none_of)


def _codes_within(inner, outer):
    return all(
        _lies_under_any(entry, outer.any_of) and not _lies_under_any(entry, outer.none_of) for entry in inner.any_of
    )


def _shares_vetoed_code(statement, veto):
    return entries_overlap(statement.any_of, veto, statement.none_of)


def states_only_root(codes):
    return codes.any_of == {ROOT}


# Intervals.


def intersection(first, second):
    """[lo, hi] that both accept; None is an open end."""
    los = [end for end in (first.lo, second.lo) if end is not None]
    his = [end for end in (first.hi, second.hi) if end is not None]
    return max(los, default=None), min(his, default=None)


def _intervals_overlap(field, need, offer):
    """The intersection is not empty, and hi - lo >= min_overlap; an open end is infinitely far."""
    lo, hi = intersection(need, offer)
    return lo is None or hi is None or (hi >= lo and hi - lo >= field.min_overlap)


def _interval_within(inner, outer):
    reaches_down = outer.lo is None or (inner.lo is not None and inner.lo >= outer.lo)
    reaches_up = outer.hi is None or (inner.hi is not None and inner.hi <= outer.hi)
    return reaches_down and reaches_up


# Dimensions and places.


def _dimensions_overlap(field, need, offer):
    """For each rank that both state, the two intervals (by each side's `reading`) intersect."""
    for need_length, offer_length in zip(need.lengths, offer.lengths):
        lo, hi = intersection(
            Interval(*by_reading(field.sides["need"].reading, need_length), prefer=False),
            Interval(*by_reading(field.sides["offer"].reading, offer_length), prefer=False),
        )
        if lo is not None and hi is not None and lo > hi:
            return False
    return True


def _dimensions_within(inner, outer):
    """For each rank that both state, the inner's length is at most the outer's."""
    return all(small <= large for small, large in zip(inner.lengths, outer.lengths))


def squared_distance(place, other):
    return (place.x - other.x) ** 2 + (place.y - other.y) ** 2 + (place.z - other.z) ** 2


def _places_overlap(_field, need, offer):
    """The squared distance is at most each radius stated."""
    radii = [place.radius_squared for place in (need, offer) if place.radius_squared is not None]
    return all(squared_distance(need, offer) <= radius for radius in radii)


INTERVALS = ("number", "money", "date", "ordinal")
OVERLAP = {
    "keyword": _keywords_overlap,
    "flag": _keywords_overlap,
    "code": _codes_overlap,
    "dimensions": _dimensions_overlap,
    "geo": _places_overlap,
    **{kind: _intervals_overlap for kind in INTERVALS},
}
WITHIN = {
    "keyword": _keywords_within,
    "flag": _keywords_within,
    "code": _codes_within,
    "dimensions": _dimensions_within,
    **{kind: _interval_within for kind in INTERVALS},
}
