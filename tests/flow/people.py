"""Participants and listings of the small exchanges, as the tests write them down."""

import zlib


def inn(serial):
    """An INN of a legal entity with its right check digit; nine digits go in. 00… is no tax office's."""
    digits = f"{serial:09d}"
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    return digits + str(sum(int(digit) * weight for digit, weight in zip(digits, weights)) % 11 % 10)


def company(participant, **attributes):
    """A company of Moscow, whose INN follows from its id."""
    number = inn(zlib.crc32(participant.encode()) % 10_000_000)
    return {
        "id": participant,
        "name": f"Company {participant}",
        "kind": "legal_entity",
        "inn": number,
        "region": "77",
        **attributes,
    }


def need(listing, **arguments):
    return _part(listing, "need", arguments)


def offer(listing, **arguments):
    return _part(listing, "offer", arguments)


def _part(listing, side, arguments):
    """A listing of `parts`: whatever is no argument of listing.publish is the statement of a field."""
    own = ("title", "text", "language", "variants", "draft", "valid_from", "valid_until", "expect_revision")
    publication = {"listing": listing, "exchange": "parts", "side": side, "title": f"{side} {listing}"}
    publication.update({key: value for key, value in arguments.items() if key in own})
    fields = {key: value for key, value in arguments.items() if key not in own}
    publication["fields"] = {"process": ["milling"], **fields}
    return publication


def measure(listing, **fields):
    return {"listing": listing, "exchange": "measures", "side": "offer", "title": listing, "fields": fields}


def register(client, *participants, status="member"):
    """Registers companies by id, or by their attributes."""
    for participant in participants:
        attributes = participant if isinstance(participant, dict) else company(participant)
        client.ask("participant.register", participant=attributes, status=status)
