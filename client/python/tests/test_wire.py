"""What may be given for a value, and what is said about what may not."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import msgpack
import pytest
from matchd.wire import MAX_REQUEST, Fact, write_request

MOSCOW = timezone(timedelta(hours=3))


def sent(value):
    return msgpack.unpackb(write_request(7, "listing.revise", {"fields": {"price": value}}))["fields"]["price"]


@pytest.mark.parametrize(
    "value, written",
    [
        (Decimal("19.90"), "19.90"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.000001"), "-0.000001"),
        (5, 5),
        (True, True),
        (None, None),
        ("0.05", "0.05"),
        ({"from": Decimal(1), "to": 2}, {"from": "1", "to": 2}),
        ((1, Decimal("4.5")), [1, "4.5"]),
        ({"steel", "brass"}, ["brass", "steel"]),
        (date(2026, 5, 1), "2026-05-01"),
        (datetime(2026, 5, 1, 3, tzinfo=MOSCOW), 1777593600000),
        (b"\0", b"\0"),
    ],
    ids=repr,
)
def test_values_are_written_as_the_protocol_has_them(value, written):
    assert sent(value) == written and type(sent(value)) is type(written)


@pytest.mark.parametrize(
    "value, problem, words",
    [
        (19.99, TypeError, r"fields\.price: 19\.99 is a float.*Decimal\('19\.99'\) or '19\.99'"),
        ({"from": [1, 2.5]}, TypeError, r"fields\.price\.from\[1\]: 2\.5 is a float"),
        (float("nan"), TypeError, "float"),
        (Decimal("NaN"), ValueError, "no number"),
        (Decimal("-Infinity"), ValueError, "no number"),
        (Decimal("1E+1000000"), ValueError, "digits"),
        (Decimal("1." + "1" * 50), ValueError, "digits"),
        (2**64, ValueError, "64 bits"),
        (-(2**63) - 1, ValueError, "64 bits"),
        ({1: 2}, TypeError, "keys of a map are texts"),
        ("\ud800", ValueError, "UTF-8"),
        ({"\ud800": 1}, ValueError, "UTF-8"),
        (object(), TypeError, "object cannot be sent"),
        (datetime(2026, 5, 1), ValueError, "no time zone"),
        ("x" * MAX_REQUEST, ValueError, "at most 65536"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_cannot_be_sent_is_told_before_it_is(value, problem, words):
    with pytest.raises(problem, match=words):
        sent(value)


def test_a_value_that_contains_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(ValueError, match="deeper"):
        sent(loop)


def test_the_envelope_is_not_an_argument():
    with pytest.raises(ValueError, match="envelope"):
        write_request(1, "status", {"id": 5})


def test_a_fact_knows_its_place_and_time():
    fact = Fact(b"e" * 16, 7, "match.made", 1777593600001, {})
    assert fact.position == (b"e" * 16, 7)
    assert fact.at == datetime(2026, 5, 1, 0, 0, 0, 1000, tzinfo=timezone.utc)
