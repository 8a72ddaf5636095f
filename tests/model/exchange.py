"""An exchange file and a code tree, as the model sees them (docs/exchange-file.md).

The model trusts these files: `matchctl exchange check` is what refuses a bad one, and it has tests of its own.
Here only the defaults are filled in and the values brought to the integers that section 1 works with.
"""

import dataclasses
from dataclasses import dataclass
from fractions import Fraction

SIDES = ("need", "offer")
DAY_MS = 24 * 60 * 60 * 1000


def other_side(side):
    return "offer" if side == "need" else "need"


@dataclass
class FieldSide:
    """What differs by side in a field: `need:` or `offer:`."""

    absent: str
    reading: str
    attribute: str | None  # of the participant, where the side has `from:`
    visibility: str
    weight: int | None
    better: str | None
    nearer: bool
    span: int | str | None  # scaled as the field's values are, or "own"


@dataclass
class Field:
    name: str
    type: str
    relation: str
    demanded_by: tuple
    decimals: int
    min_overlap: int
    values: frozenset | None  # the closed vocabulary of a keyword field
    tree: str | None
    unit: str | None
    unit_factors: dict  # name of a unit -> how many of the field's own unit it is
    currency: str | None
    labels: list
    sides: dict  # "need" and "offer" -> FieldSide
    words: tuple  # titles and helps, which say nothing to the rules

    def is_public(self):
        return all(side.visibility == "public" for side in self.sides.values())

    def is_drawn(self):
        return any(side.attribute is not None for side in self.sides.values())


@dataclass
class Exchange:
    name: str
    standing_needs: bool
    max_matches: int | None  # None is `all`
    made_for: str
    default_life_ms: int | None
    max_life_ms: int | None
    notice_ms: int | None
    moderated: tuple  # sides
    fields: dict
    words: tuple


@dataclass
class Tree:
    name: str
    rule: str
    codes: frozenset | None  # paths of the listed codes and of all their ancestors
    words: tuple


def read_exchange(source, normal_keyword):
    lifetime = source.get("lifetime", {})
    max_matches = source.get("max_matches", 20)
    moderated = source.get("moderated")
    return Exchange(
        name=source["exchange"],
        standing_needs=source["need"].get("from") == "participant",
        max_matches=None if max_matches == "all" else max_matches,
        made_for=source.get("made_for", "either"),
        default_life_ms=_days_in_ms(lifetime.get("default_days", lifetime.get("max_days"))),
        max_life_ms=_days_in_ms(lifetime.get("max_days")),
        notice_ms=_days_in_ms(lifetime.get("notice_days")),
        moderated=SIDES if moderated == "both" else (moderated,) if moderated else (),
        fields={name: _read_field(name, field, normal_keyword) for name, field in source["fields"].items()},
        words=_words(source),
    )


def _days_in_ms(days):
    return None if days is None else days * DAY_MS


def _read_field(name, source, normal_keyword):
    kind = source["type"]
    decimals = source.get("decimals", 2 if kind == "money" else 0)
    values = source.get("values")
    factors = {unit: Fraction(str(factor)) for unit, factor in source.get("units", {}).items()}
    if "unit" in source:
        factors[source["unit"]] = Fraction(1)
    demanded_by = source.get("demanded_by", "both")
    return Field(
        name=name,
        type=kind,
        relation=source.get("relation", "overlap"),
        demanded_by=SIDES if demanded_by == "both" else (demanded_by,),
        decimals=decimals,
        min_overlap=_scaled(source.get("min_overlap", 0), decimals),
        values=None if values is None else frozenset(normal_keyword(value) for value in values),
        tree=source.get("tree"),
        unit=source.get("unit"),
        unit_factors=factors,
        currency=source.get("currency"),
        labels=[str(label) for label in source.get("labels", [])],
        sides={side: _read_side(source, source.get(side, {}), decimals) for side in SIDES},
        words=(*_words(source), values, source.get("labels")),
    )


def _words(source):
    """Of an exchange or a field."""
    sides = [source.get(side, {}).get("title") for side in SIDES]
    return source["title"], source.get("help"), *sides


def _read_side(field_source, source, decimals):
    span = source.get("span")
    attribute = source.get("from")
    return FieldSide(
        absent=source.get("absent", "any"),
        reading=source.get("reading", "exactly"),
        attribute=None if attribute is None else attribute.removeprefix("participant."),
        visibility=source.get("visibility", field_source.get("visibility", "public")),
        weight=source.get("weight"),
        better=source.get("better"),
        nearer=source.get("nearer", False),
        span=span if span in (None, "own") else _scaled(span, decimals),
    )


def _scaled(value, decimals):
    return int(Fraction(str(value)) * 10**decimals)


def what_matters(exchange):
    """The definition without "titles, helps, lifetimes, notice, moderation, other units (`units`), vocabularies and
    labels"; but "a field that is filled `from` counts with its vocabulary and labels"."""
    return dataclasses.replace(
        exchange,
        default_life_ms=None,
        max_life_ms=None,
        notice_ms=None,
        moderated=(),
        fields={name: _what_matters_of_field(field) for name, field in exchange.fields.items()},
        words=(),
    )


def _what_matters_of_field(field):
    bare = dataclasses.replace(field, unit_factors={}, words=())
    return bare if field.is_drawn() else dataclasses.replace(bare, values=None, labels=[])
