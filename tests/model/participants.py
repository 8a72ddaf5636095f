"""Section 4, the participants' half: attributes, their check digits, statuses, and the statements drawn from them."""

import re
from dataclasses import dataclass, field

from statements import (
    Codes,
    Interval,
    Refusal,
    day_number,
    decimal_number,
    normal_keyword,
    okved_path,
    read_statement,
    scaled,
)

KINDS = ("legal_entity", "sole_proprietor", "person", "foreign_entity")
SIZES = ("micro", "small", "medium", "large")
TRANSITIONS = {
    "applicant": ("member", "excluded"),
    "member": ("suspended", "excluded"),
    "suspended": ("member", "excluded"),
    "excluded": ("applicant",),
}


@dataclass
class Participant:
    id: str
    status: str
    attributes: dict  # in normal form, without the missing ones
    revision: int = 1
    listings: list = field(default_factory=list)  # in the order of their numbers

    def blocks(self):
        return self.attributes.get("blocks", frozenset())

    def attribute_statement(self, exchange_field, attribute):
        """The statement that `from: participant.<attribute>` makes: `any_of` or `exactly`, whatever the side's reading.
        None (absent) where the attribute is missing or cannot be read as the field's type. A tree that lists its codes
        binds those who write listings; a participant has the codes that it has."""
        value = self.attributes.get(attribute)
        if value is None:
            return None
        if exchange_field.type == "code":
            return Codes(value, frozenset(), frozenset(), prefer=False)
        if exchange_field.type == "date":
            return Interval(value, value, prefer=False)
        try:
            if exchange_field.type in ("number", "money"):
                value = scaled(value, exchange_field.decimals)
                return Interval(value, value, prefer=False)
            return read_statement(exchange_field, "exactly", value, trees={})
        except Refusal:
            return None


def read_attributes(attributes):
    """The attributes in normal form; raises Refusal for the first that is unknown or cannot be right."""
    normal = {}
    for name, value in attributes.items():
        if name not in READERS:
            raise Refusal("unknown_field", name)
        normal[name] = None if value is None and name not in ("name", "kind") else _read_attribute(name, value)
    return normal


# What a participant of each kind may have: digits of the INN and of the OGRN.
NUMBERS = {
    "legal_entity": (10, 13),
    "sole_proprietor": (12, 15),
    "person": (12, None),
    "foreign_entity": (10, None),
}


def check_whole(attributes):
    """Raises Refusal where a participant lacks its name or its kind, or has a number that its kind cannot have."""
    for name in ("name", "kind"):
        if attributes.get(name) is None:
            raise Refusal("required_missing", name)
    inn_digits, ogrn_digits = NUMBERS[attributes["kind"]]
    inn, ogrn = attributes.get("inn"), attributes.get("ogrn")
    if inn is not None and len(inn) != inn_digits:
        raise Refusal("inn_invalid", "inn")
    if ogrn is not None and len(ogrn) != ogrn_digits:
        raise Refusal("ogrn_invalid", "ogrn")


def _read_attribute(name, value):
    try:
        return READERS[name](value)
    except Refusal as refusal:
        raise Refusal(refusal.code, name) from None


def _of_type(kind):
    def read(value):
        if not isinstance(value, kind) or isinstance(value, bool):
            raise Refusal("bad_type")
        return value

    return read


def _one_of(vocabulary):
    def read(value):
        if _of_type(str)(value) not in vocabulary:
            raise Refusal("bad_value")
        return value

    return read


def _read_headcount(value):
    if _of_type(int)(value) < 0:
        raise Refusal("bad_value")
    return value


def _read_revenue(value):
    """Roubles, with at most two decimals."""
    roubles = decimal_number(value)
    scaled(roubles, 2)
    return roubles


def _read_okved(codes):
    """A set: neither the order of the codes nor their trailing zeros say anything. Of no codes, none."""
    return frozenset(okved_path(_of_type(str)(code)) for code in _of_type(list)(codes)) or None


def _read_blocks(ids):
    return frozenset(_of_type(list)(ids)) or None


def _read_inn(inn):
    """Ten digits with one check digit, or twelve with two."""
    valid = re.fullmatch(r"[0-9]{10}|[0-9]{12}", str(inn)) and (
        _inn_check_digit(inn, 9) if len(inn) == 10 else _inn_check_digit(inn, 10) and _inn_check_digit(inn, 11)
    )
    if not valid:
        raise Refusal("inn_invalid")
    return inn


def _inn_check_digit(inn, place):
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)[-place:]
    return sum(weight * int(digit) for weight, digit in zip(weights, inn)) % 11 % 10 == int(inn[place])


def _read_ogrn(ogrn):
    """Thirteen digits, or fifteen (a sole proprietor's); the last is the rest of the number that the others make,
    modulo 11 (or 13), modulo 10."""
    well_formed = re.fullmatch(r"[0-9]{13}|[0-9]{15}", str(ogrn))
    if not well_formed or int(ogrn[:-1]) % (len(ogrn) - 2) % 10 != int(ogrn[-1]):
        raise Refusal("ogrn_invalid")
    return ogrn


READERS = {
    "name": _of_type(str),
    "kind": _one_of(KINDS),
    "inn": _read_inn,
    "ogrn": _read_ogrn,
    "region": lambda value: normal_keyword(_of_type(str)(value)),
    "okved": _read_okved,
    "size": _one_of(SIZES),
    "headcount": _read_headcount,
    "revenue": _read_revenue,
    "founded": day_number,
    "contacts": _of_type(dict),
    "blocks": _read_blocks,
}
