"""Section 1, Statements: from what a listing writes about a field to its normal form.

Each reader takes the written value (as it comes from JSON) and returns one of the normal forms below, or raises
Refusal. A field that is not stated has no normal form; everywhere in the model that is None.
"""

import math
import re
import unicodedata
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from exchange import Tree

EARTH_RADIUS = 6_371_000
LARGEST = 10**15
ROOT = ()  # the path of "everything" in a code tree


class Refusal(Exception):
    """Why a command is refused: one of the error codes, and the place in the command that is to blame."""

    def __init__(self, code, field=""):
        super().__init__(code, field)
        self.code = code
        self.field = field


class Keywords(NamedTuple):
    """A finite set or, with `everything_but`, all keywords there are except `values`."""

    values: frozenset
    everything_but: bool
    veto: frozenset
    prefer: bool


class Codes(NamedTuple):
    """Entries are paths; each stands for its whole subtree. Written without `any_of`, the one entry is ROOT."""

    any_of: frozenset
    none_of: frozenset
    veto: frozenset
    prefer: bool


class Interval(NamedTuple):
    """Closed; None is an open end."""

    lo: int | None
    hi: int | None
    prefer: bool


class Dimensions(NamedTuple):
    lengths: tuple  # descending
    prefer: bool


class Place(NamedTuple):
    x: int
    y: int
    z: int
    radius_squared: int | None
    prefer: bool


def read_statement(field, reading, written, trees):
    """The normal form of what a listing writes about `field` on a side whose `reading` is given."""
    if field.type == "keyword":
        return _read_keywords(written, lambda value: _vocabulary_keyword(field, value))
    if field.type == "flag":
        return _read_keywords(written, _flag_keyword)
    if field.type == "code":
        return _read_codes(written, trees[field.tree])
    if field.type == "dimensions":
        return _read_dimensions(field, written)
    if field.type == "geo":
        return _read_place(written)
    return _read_interval(field, reading, written)


# Keywords, flags and codes: `v`, `[v, w]` or a map.


def _set_parts(written):
    """The parts of a set statement: any_of and none_of (None where not written), veto, prefer."""
    if not isinstance(written, dict):
        written = {"any_of": written if isinstance(written, list) else [written]}
    _only_keys(written, ("any_of", "none_of", "veto", "prefer"))
    lists = [written.get(key) for key in ("any_of", "none_of", "veto")]
    if all(values is None for values in lists):
        raise Refusal("bad_value")  # says nothing
    if any(values is not None and not isinstance(values, list) for values in lists):
        raise Refusal("bad_type")
    any_of, none_of, veto = lists
    return any_of, none_of, veto or [], _prefer(written)


def _only_keys(written, keys):
    if any(key not in keys for key in written):
        raise Refusal("unknown_field")


def _prefer(written):
    prefer = written.get("prefer", False)
    if not isinstance(prefer, bool):
        raise Refusal("bad_type")
    return prefer


def normal_keyword(text):
    """Trimmed, Unicode NFC, case-folded."""
    return unicodedata.normalize("NFC", text.strip()).casefold()


def _vocabulary_keyword(field, value):
    if not isinstance(value, str):
        raise Refusal("bad_type")
    keyword = normal_keyword(value)
    if not keyword or (field.values is not None and keyword not in field.values):
        raise Refusal("bad_value")
    return keyword


def _flag_keyword(value):
    if not isinstance(value, bool):
        raise Refusal("bad_type")
    return "true" if value else "false"


def _read_keywords(written, keyword_of):
    any_of, none_of, veto, prefer = _set_parts(written)
    excluded = frozenset(keyword_of(value) for value in none_of or [])
    vetoed = frozenset(keyword_of(value) for value in veto)
    if any_of is None:
        return Keywords(excluded, True, vetoed, prefer)
    values = frozenset(keyword_of(value) for value in any_of) - excluded
    if not values:
        raise Refusal("empty_set")
    return Keywords(values, False, vetoed, prefer)


def _read_codes(written, tree):
    any_of, none_of, veto, prefer = _set_parts(written)
    excluded = frozenset(path_in(tree, code) for code in none_of or [])
    vetoed = frozenset(path_in(tree, code) for code in veto)
    if any_of is None:
        return Codes(frozenset([ROOT]), excluded, vetoed, prefer)
    paths = frozenset(path_in(tree, code) for code in any_of)
    entries = frozenset(path for path in paths if not any(lies_under(path, top) for top in excluded))
    if not entries:
        raise Refusal("empty_set")
    return Codes(entries, excluded, vetoed, prefer)


# Paths of codes: tuples, so that "lies under" is "begins with" for every rule.


def lies_under(path, top):
    """a lies under b when b is a or an ancestor of a."""
    return path[: len(top)] == top


def read_tree(source):
    """Codes of the same normal form are one, and the first title stays."""
    codes, titles = source.get("codes"), {}
    if codes is not None:
        for code, title in codes.items():
            titles.setdefault(_path(source["rule"], code), title)
        codes = frozenset(path[:depth] for path in titles for depth in range(1, len(path) + 1))
    return Tree(source["tree"], source["rule"], codes, (source["title"], titles))


def path_in(tree, code):
    if not isinstance(code, str):
        raise Refusal("bad_type")
    path = _path(tree.rule, code)
    if tree.codes is not None and path not in tree.codes:
        raise Refusal("unknown_code")
    return path


def _path(rule, code):
    return {"okved": okved_path, "ipc": _ipc_path, "separated": _separated_path}[rule](code.strip())


def okved_path(code):
    """The digits without the dots; trailing zeros go, but the two digits of the class stay."""
    if not re.fullmatch(r"[0-9]{2}(\.[0-9]{1,2}|\.[0-9]{2}\.[0-9]{1,2}|\.[0-9]{2}\.[0-9]{2}\.[0-9]{1,3})?", code):
        raise Refusal("unknown_code")
    digits = code.replace(".", "")
    return tuple(digits[:2] + digits[2:].rstrip("0"))


def _ipc_path(code):
    """Section, class, subclass, main group, subgroup; a subgroup lies directly under its main group."""
    found = re.fullmatch(
        r"([A-H])(?:([0-9]{2})(?:([A-Z])(?: *0*([1-9][0-9]{0,3})(?:/([0-9]{2,6}))?)?)?)?", code.upper()
    )
    if not found:
        raise Refusal("unknown_code")
    *path, subgroup = found.groups()
    if subgroup is not None:
        subgroup = subgroup[:2] + subgroup[2:].rstrip("0")
        if subgroup != "00":
            path.append(subgroup)
    return tuple(part for part in path if part is not None)


def _separated_path(code):
    parts = tuple(code.split("."))
    if not all(re.fullmatch(r"[A-Za-z0-9_-]+", part) for part in parts):
        raise Refusal("unknown_code")
    return parts


# Numbers, money, dates, ordinals: `v`, or a map of `value` | `from`, `to`.


def _read_interval(field, reading, written):
    if not isinstance(written, dict):
        written = {"value": written}
    unit_key = {"number": ("unit",), "money": ("currency",)}.get(field.type, ())
    _only_keys(written, ("value", "from", "to", "prefer") + unit_key)
    ends = [written[key] for key in ("value", "from", "to") if key in written]
    if not ends or ("value" in written and len(ends) > 1):
        raise Refusal("bad_value")
    if "value" in written:
        lo, hi = by_reading(reading, _point(field, written, "value"))
    else:
        lo = _point(field, written, "from") if "from" in written else None
        hi = _point(field, written, "to") if "to" in written else None
    if lo is not None and hi is not None and lo > hi:
        raise Refusal("range_reversed")
    return Interval(lo, hi, _prefer(written))


def by_reading(reading, value):
    """`exactly` [v, v], `at_least` [v, infinity), `at_most` (-infinity, v]."""
    return {"exactly": (value, value), "at_least": (value, None), "at_most": (None, value)}[reading]


def _point(field, written, key):
    """One written value as the integer that stands for it."""
    value = written[key]
    if field.type == "date":
        return day_number(value)
    if field.type == "ordinal":
        return _place_of_label(field, value)
    if field.type == "money":
        if written.get("currency", field.currency) != field.currency:
            raise Refusal("unknown_currency")
        return scaled(decimal_number(value), field.decimals)
    return _in_field_unit(field, written, value)


def _in_field_unit(field, written, value):
    factor = Fraction(1)
    if "unit" in written:
        if written["unit"] not in field.unit_factors:
            raise Refusal("unknown_unit")
        factor = field.unit_factors[written["unit"]]
    return scaled(decimal_number(value) * factor, field.decimals)


def decimal_number(written):
    """An integer or a decimal string, exactly."""
    if isinstance(written, int) and not isinstance(written, bool):
        return Fraction(written)
    if not isinstance(written, str):
        raise Refusal("bad_type")
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", written):
        raise Refusal("bad_value")
    return Fraction(written)


def scaled(number, decimals):
    """The value times 10^decimals; more decimals than that are refused."""
    number *= 10**decimals
    if number.denominator != 1:
        raise Refusal("too_many_decimals")
    if abs(number) > LARGEST:
        raise Refusal("too_large")
    return int(number)


def day_number(written):
    """Days since 1970-01-01."""
    if not isinstance(written, str):
        raise Refusal("bad_type")
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", written):
        raise Refusal("bad_value")
    try:
        return (date.fromisoformat(written) - date(1970, 1, 1)).days
    except ValueError:
        raise Refusal("bad_value") from None


def _place_of_label(field, written):
    if not isinstance(written, str):
        raise Refusal("bad_type")
    label = normal_keyword(written)
    if label not in field.labels:
        raise Refusal("bad_value")
    return field.labels.index(label)


# Dimensions and places.


def _read_dimensions(field, written):
    if not isinstance(written, dict):
        written = {"value": written}
    _only_keys(written, ("value", "unit", "prefer"))
    lengths = written.get("value")
    if not isinstance(lengths, list):
        raise Refusal("bad_type")
    if len(lengths) > 3:
        raise Refusal("too_many_values")
    if not lengths:
        raise Refusal("bad_value")
    stored = [_in_field_unit(field, written, length) for length in lengths]
    if min(stored) < 0:
        raise Refusal("bad_value")
    return Dimensions(tuple(sorted(stored, reverse=True)), _prefer(written))


def _read_place(written):
    if not isinstance(written, dict):
        raise Refusal("bad_type")
    _only_keys(written, ("lat", "lon", "radius_km", "radius_m", "prefer"))
    if "lat" not in written or "lon" not in written or ("radius_km" in written and "radius_m" in written):
        raise Refusal("bad_value")
    latitude = decimal_number(written["lat"])
    longitude = decimal_number(written["lon"])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise Refusal("bad_value")
    return Place(*earth_centred(latitude, longitude), _radius_squared(written), _prefer(written))


def earth_centred(latitude, longitude):
    lat, lon = math.radians(latitude), math.radians(longitude)
    return (
        _nearest(EARTH_RADIUS * math.cos(lat) * math.cos(lon)),
        _nearest(EARTH_RADIUS * math.cos(lat) * math.sin(lon)),
        _nearest(EARTH_RADIUS * math.sin(lat)),
    )


def _radius_squared(written):
    if "radius_km" in written:
        metres = scaled(decimal_number(written["radius_km"]), 3)
    elif "radius_m" in written:
        metres = scaled(decimal_number(written["radius_m"]), 0)
    else:
        return None
    if metres < 0:
        raise Refusal("bad_value")
    return squared_chord(metres)


def squared_chord(metres):
    """A radius of arc as the square of its chord; from half the circumference on, the whole sphere."""
    if metres >= math.pi * EARTH_RADIUS:
        return 4 * EARTH_RADIUS**2
    return _nearest((2 * EARTH_RADIUS * math.sin(metres / (2 * EARTH_RADIUS))) ** 2)


def _nearest(number):
    return math.floor(number + 0.5)
