"""Section 4, the participants' half: attributes, their check digits, statuses, and the statements drawn from them."""

import re
from dataclasses import dataclass, field

from statements import Refusal, day_number, decimal_number, okved_path, read_statement, scaled

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
    attributes: dict
    blocks: frozenset
    revision: int = 1
    listings: list = field(default_factory=list)  # in the order of their numbers

    def attribute_statement(self, exchange_field, attribute, trees):
        """The statement that `from: participant.<attribute>` makes: `any_of` or `exactly`, whatever the side's reading.
        None (absent) where the attribute is missing or cannot be read as the field's type."""
        value = self.attributes.get(attribute)
        if value is None:
            return None
        if exchange_field.type in ("keyword", "code"):
            written = {"any_of": value if isinstance(value, list) else [value]}
        else:
            written = {"from": value, "to": value}
        try:
            return read_statement(exchange_field, "exactly", written, trees)
        except Refusal:
            return None


def check_attributes(attributes):
    """Raises Refusal for the first attribute that is unknown or cannot be right."""
    for name, value in attributes.items():
        if name not in CHECKS:
            raise Refusal("unknown_field", name)
        if value is not None or name in ("name", "kind"):
            _check_attribute(name, value)


# What a participant of each kind may have: digits of the INN and of the OGRN, and whether it needs one of them.
NUMBERS = {
    "legal_entity": (10, 13, True),
    "sole_proprietor": (12, 15, True),
    "person": (12, None, False),
    "foreign_entity": (10, None, False),
}


def check_whole(attributes):
    """Raises Refusal where a participant lacks its name, its kind, or what its kind needs (section 4)."""
    for name in ("name", "kind"):
        if attributes.get(name) is None:
            raise Refusal("required_missing", name)
    inn_digits, ogrn_digits, needs_one = NUMBERS[attributes["kind"]]
    inn, ogrn = attributes.get("inn"), attributes.get("ogrn")
    if inn is not None and len(inn) != inn_digits:
        raise Refusal("inn_invalid", "inn")
    if ogrn is not None and len(ogrn) != ogrn_digits:
        raise Refusal("ogrn_invalid", "ogrn")
    if needs_one and inn is None and ogrn is None:
        raise Refusal("required_missing", "inn")


def _check_attribute(name, value):
    try:
        CHECKS[name](value)
    except Refusal as refusal:
        raise Refusal(refusal.code, name) from None


def _of_type(kind):
    def check(value):
        if not isinstance(value, kind) or isinstance(value, bool):
            raise Refusal("bad_type")

    return check


def _one_of(vocabulary):
    def check(value):
        _of_type(str)(value)
        if value not in vocabulary:
            raise Refusal("bad_value")

    return check


def _check_headcount(value):
    _of_type(int)(value)
    if value < 0:
        raise Refusal("bad_value")


def _check_okved(codes):
    _of_type(list)(codes)
    for code in codes:
        _of_type(str)(code)
        okved_path(code)


def _check_inn(inn):
    """Ten digits with one check digit, or twelve with two."""
    valid = re.fullmatch(r"[0-9]{10}|[0-9]{12}", str(inn)) and (
        _inn_check_digit(inn, 9) if len(inn) == 10 else _inn_check_digit(inn, 10) and _inn_check_digit(inn, 11)
    )
    if not valid:
        raise Refusal("inn_invalid")


def _inn_check_digit(inn, place):
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)[-place:]
    return sum(weight * int(digit) for weight, digit in zip(weights, inn)) % 11 % 10 == int(inn[place])


def _check_ogrn(ogrn):
    """Thirteen digits, or fifteen (a sole proprietor's); the last is the rest of the number that the others make, modulo
    11 (or 13), modulo 10."""
    well_formed = re.fullmatch(r"[0-9]{13}|[0-9]{15}", str(ogrn))
    if not well_formed or int(ogrn[:-1]) % (len(ogrn) - 2) % 10 != int(ogrn[-1]):
        raise Refusal("ogrn_invalid")


CHECKS = {
    "name": _of_type(str),
    "kind": _one_of(KINDS),
    "inn": _check_inn,
    "ogrn": _check_ogrn,
    "region": _of_type(str),
    "okved": _check_okved,
    "size": _one_of(SIZES),
    "headcount": _check_headcount,
    "revenue": lambda value: scaled(decimal_number(value), 2),
    "founded": day_number,
    "contacts": _of_type(dict),
    "blocks": _of_type(list),
}
