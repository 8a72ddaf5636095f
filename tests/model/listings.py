"""Section 4, the listings' half: what a listing keeps, and how what is written in it becomes boxes."""

from dataclasses import dataclass
from typing import NamedTuple

from participants import Participant
from statements import Refusal, read_statement

MAX_BOXES = 16
EXPIRING = ("pending", "scheduled", "open", "paused")  # states in which `valid_until` is a deadline


class Content(NamedTuple):
    """What a publication says, brought to normal forms; two publications of equal content say the same."""

    title: str
    text: str | None
    language: str | None
    fields: dict  # field -> normal form, shared by all boxes
    variants: list  # of maps field -> normal form, or None which removes the shared one

    def stated_boxes(self):
        """The shared fields, each variant replacing some of them whole; without variants one box."""
        return [without_nulls({**self.fields, **variant}) for variant in self.variants or [{}]]


class Deadline(NamedTuple):
    """Sorts by (deadline, listing number)."""

    time: int
    number: int
    listing: str
    state: str | None  # to come; None: a notice, which changes nothing
    fact: str


@dataclass(eq=False)
class Listing:
    id: str
    participant: Participant
    exchange: str
    side: str
    standing: bool = False
    number: int = 0  # in the order of creation, from 1
    content: Content = Content("", None, None, {}, [])
    boxes: tuple = ()  # of sets of (field, normal form), with what comes from the participant
    valid_from: int | None = None
    valid_until: int | None = None
    state: str | None = None  # None: not yet published
    revision: int = 0
    opening: int = 0  # 0: never open so far
    approved: bool = False  # the content was let in
    notice: int | None = None  # when listing.expiring is due

    def is_open(self):
        return self.state == "open"

    def deadlines(self):
        """At most three: to open, to be told of the end, and the end itself, at different times."""
        found = []
        if self.state == "scheduled":
            found.append(Deadline(self.valid_from, self.number, self.id, "open", "listing.opened"))
        if self.notice is not None:
            found.append(Deadline(self.notice, self.number, self.id, None, "listing.expiring"))
        if self.state in EXPIRING and self.valid_until is not None:
            found.append(Deadline(self.valid_until, self.number, self.id, "expired", "listing.expired"))
        return found


def read_content(exchange, side, parts, trees):
    """The content of a publication, whose parts are those of the command."""
    return Content(
        parts.get("title"),
        parts.get("text"),
        parts.get("language"),
        without_nulls(read_fields(exchange, side, parts.get("fields", {}), trees, "fields")),
        read_variants(exchange, side, parts.get("variants") or [], trees),
    )


def read_fields(exchange, side, written, trees, place):
    """Normal forms by field; None where null is written."""
    stated = {}
    for name, statement in written.items():
        try:
            stated[name] = _read_field(exchange, side, name, statement, trees)
        except Refusal as refusal:
            raise Refusal(refusal.code, f"{place}.{name}") from None
    return stated


def _read_field(exchange, side, name, written, trees):
    if name not in exchange.fields:
        raise Refusal("unknown_field")
    field = exchange.fields[name]
    if field.sides[side].attribute is not None:
        raise Refusal("from_participant")
    if written is None:
        return None
    return read_statement(field, field.sides[side].reading, written, trees)


def read_variants(exchange, side, written, trees):
    if len(written) > MAX_BOXES:
        raise Refusal("too_many_variants", "variants")
    return [
        read_fields(exchange, side, variant, trees, f"variants.{number}") for number, variant in enumerate(written)
    ]


def check_content(exchange, side, content):
    """A publication in which some box lacks a required field is refused; `from` fields are exempt."""
    for name in ("title", "text", "language"):
        words = getattr(content, name)
        if words is not None and not isinstance(words, str):
            raise Refusal("bad_type", name)
    if not content.title:
        raise Refusal("required_missing", "title")
    for name, field in exchange.fields.items():
        rules = field.sides[side]
        required = rules.absent == "required" and rules.attribute is None
        if required and any(name not in box for box in content.stated_boxes()):
            raise Refusal("required_missing", f"fields.{name}")


def boxes_of(listing, exchange):
    """The listing's boxes with what comes from its participant."""
    drawn = {}
    for name, field in exchange.fields.items():
        attribute = field.sides[listing.side].attribute
        if attribute is not None:
            drawn[name] = listing.participant.attribute_statement(field, attribute)
    drawn = without_nulls(drawn)
    return tuple(frozenset({**box, **drawn}.items()) for box in listing.content.stated_boxes())


def without_nulls(mapping):
    return {name: value for name, value in mapping.items() if value is not None}
