"""Whatever is wrong with a request, its author is told what and where, and nothing of it is stored.

Without this a portal's user sees "error" and gives up, or worse: half a listing is kept.
"""

import time

import msgpack
import pytest
from daemon_process import running_daemon, wait_for
from people import company, inn, need, offer, register
from protocol_client import VERSION, pack

DAY_MS = 86_400_000
NOW_MS = int(time.time() * 1000)


@pytest.fixture(scope="module")
def market():
    """A client of a market where `acme` and `bolt` are members and `idle` is suspended; region 77 alone is admitted."""
    with running_daemon(admitted_regions="77") as daemon, daemon.client() as client:
        register(client, company("acme", inn=inn(1), ogrn="1027700132195"), "bolt", "idle")
        client.ask("participant.status", participant="idle", status="suspended")
        client.ask("listing.publish", **need("acme/one"))
        client.ask("listing.publish", **offer("acme/other"))
        client.ask("listing.publish", **offer("bolt/gone"))
        client.ask("listing.withdraw", listing="bolt/gone")
        yield client


def kept(client):
    """Everything by which storing something would show, once no work waits."""
    wait_for(lambda: client.ask("status")["queue"] == 0, what="the work that waits")
    status = client.ask("status")
    return {key: status[key] for key in ("digest", "head", "participants", "listings", "queue")}


def check(client, reply, before, code, field, expected):
    assert reply["v"] == VERSION and reply["ok"] is False, reply
    error = reply["error"]
    assert set(error) == {"code", "message", "field", "expected"}
    assert all(isinstance(text, str) for text in error.values()), error
    assert (error["code"], error["field"]) == (code, field), error
    assert error["message"]
    assert expected in error["expected"], error
    assert kept(client) == before


def request(cmd="status", **arguments):
    return {"v": VERSION, "id": 77, "cmd": cmd, **arguments}


def nested(depth):
    """A publication whose statement is lists within lists; the request's map and `fields` are two levels more."""
    value = 1
    for _ in range(depth - 2):
        value = [value]
    return request("listing.publish", **need("acme/deep", quantity=value))


def patched(whole, old, new):
    assert whole.count(old) == 1, "the bytes to be replaced must be there once"
    return whole.replace(old, new)


# What cannot be read: bytes, code, field, expected, the id of the reply
UNREADABLE = {
    "no bytes": (b"", "truncated", "", "", 0),
    "not MessagePack": (b"\xc1", "malformed", "", "", 0),
    "text and no MessagePack": (b'{"v": 1, "id": 1}', "trailing_bytes", "", "", 0),
    "no map": (pack([1, 2]), "bad_type", "", "map", 0),
    "truncated": (pack(request())[:-1], "truncated", "", "", 77),
    "a list that claims four billion entries": (b"\xdd\xff\xff\xff\xff", "truncated", "", "", 0),
    "trailing bytes": (pack(request()) + b"\x00", "trailing_bytes", "", "", 77),
    "a key that is no text": (pack({**request(), 5: 1}), "malformed", "", "", 77),
    "too deep": (pack(nested(9)), "too_deep", "", "", 77),
    "deep enough to fall over": (b"\x91" * 60_000 + b"\x01", "too_deep", "", "", 0),
    "more than 64 KiB": (pack(request(text="x" * 65_536)), "too_large", "", "", 0),
    "more values than 20,000": (pack(request(x=[0] * 20_001)), "too_many_values", "", "", 77),
    "bad UTF-8 in a title": (
        patched(pack(request("listing.publish", **need("acme/utf", title="Zoe#"))), b"Zoe#", b"Zo\xff\xfe"),
        "bad_utf8", "", "", 77,
    ),
    "a duplicate field": (
        patched(
            pack(request("participant.show", participant="acme", participanu="bolt")), b"participanu", b"participant"
        ),
        "duplicate_field", "", "", 77,
    ),
    "a duplicate attribute": (
        patched(pack(request("participant.register", participant=company("dup", namf="x"))), b"namf", b"name"),
        "duplicate_field", "", "", 77,
    ),
    "an unknown version": (pack({**request(), "v": 2}), "unsupported_version", "v", "1", 77),
    "no version": (pack({"id": 77, "cmd": "status"}), "missing_field", "v", "", 77),
    "a version that is text": (pack({**request(), "v": "1"}), "bad_type", "v", "integer", 77),
    "a negative id": (pack({**request(), "id": -1}), "bad_value", "id", "positive", 0),
    "no id": (pack({"v": VERSION, "cmd": "status"}), "missing_field", "id", "", 0),
    "an unknown message": (pack(request("listing.destroy")), "unknown_message", "cmd", "", 77),
    "no message": (pack({"v": VERSION, "id": 77}), "missing_field", "cmd", "", 77),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_bytes_that_are_no_request_are_refused_with_a_reason(market, name):
    frame, code, field, expected, number = UNREADABLE[name]
    before = kept(market)
    reply = market.raw(frame)
    check(market, reply, before, code, field, expected)
    assert reply["id"] == number


# What can be read and is wrong: cmd, arguments, code, field, expected
FLOAT_NAN = float("nan")
REFUSED = {
    "an unknown argument": ("status", {"verbose": True}, "unknown_field", "verbose", ""),
    "an argument missing": ("listing.pause", {}, "missing_field", "listing", ""),
    "an argument of the wrong type": ("listing.pause", {"listing": 5}, "bad_type", "listing", "text"),
    "a limit out of range": ("listing.list", {"limit": 1001}, "too_large", "limit", "1000"),
    "a kind that is none": ("participant.list", {"kind": "firm"}, "bad_value", "kind", "legal_entity"),
    "versions that nobody speaks": ("hello", {"versions": [2, 3]}, "unsupported_version", "versions", "1"),
    "a side that is none": ("listing.publish", {**need("acme/a"), "side": "wish"}, "bad_value", "side", "need"),
    "an unknown field": ("listing.publish", need("acme/a", colour="red"), "unknown_field", "fields.colour", ""),
    "an unknown key of a statement": (
        "listing.publish", need("acme/a", quantity={"form": 5}), "unknown_field", "fields.quantity.form", "",
    ),
    "a number that is a keyword": (
        "listing.publish", need("acme/a", quantity="many"), "bad_value", "fields.quantity", "decimal",
    ),
    "a number that is a float": (
        "listing.publish", need("acme/a", quantity=1.5), "bad_type", "fields.quantity", "decimal",
    ),
    "a number that is not finite": (
        "listing.publish", need("acme/a", quantity=FLOAT_NAN), "not_finite", "fields.quantity", "",
    ),
    "an endless number": (
        "listing.publish", need("acme/a", quantity=float("inf")), "not_finite", "fields.quantity", "",
    ),
    "a flag that is a number": ("listing.publish", need("acme/a", certified=1), "bad_type", "fields.certified", ""),
    "too many decimals": (
        "listing.publish", need("acme/a", unit_price="10.999"), "too_many_decimals", "fields.unit_price", "2",
    ),
    "a number beyond the magnitude": (
        "listing.publish", need("acme/a", quantity="1000000000000001"), "too_large", "fields.quantity", "",
    ),
    "from above to": (
        "listing.publish", need("acme/a", quantity={"from": 10, "to": 5}), "range_reversed", "fields.quantity", "",
    ),
    "from above to in dates": (
        "listing.publish", need("acme/a", ready={"from": "2027-01-02", "to": "2027-01-01"}),
        "range_reversed", "fields.ready", "",
    ),
    "a day that does not exist": (
        "listing.publish", need("acme/a", ready="2027-02-30"), "bad_value", "fields.ready", "YYYY",
    ),
    "an interval without ends": (
        "listing.publish", need("acme/a", quantity={}), "bad_value", "fields.quantity", "from",
    ),
    "an unknown unit": (
        "listing.publish", need("acme/a", quantity={"value": 5, "unit": "dozen"}),
        "unknown_unit", "fields.quantity.unit", "piece",
    ),
    "an unknown currency": (
        "listing.publish", need("acme/a", unit_price={"value": 5, "currency": "USD"}),
        "unknown_currency", "fields.unit_price.currency", "RUB",
    ),
    "a code not in its tree": (
        "listing.publish", need("acme/a", activity="25.99"), "unknown_code", "fields.activity", "",
    ),
    "a code that is none": (
        "listing.publish", need("acme/a", activity="x"), "unknown_code", "fields.activity", "28.41",
    ),
    "a value outside the vocabulary": (
        "listing.publish", need("acme/a", material="wood"), "bad_value", "fields.material", "steel",
    ),
    "a label that is none": (
        "listing.publish", need("acme/a", accuracy="best"), "bad_value", "fields.accuracy", "fine",
    ),
    "an empty set": ("listing.publish", need("acme/a", material=[]), "empty_set", "fields.material", ""),
    "a set emptied by its own exceptions": (
        "listing.publish", need("acme/a", material={"any_of": ["steel"], "none_of": ["steel"]}),
        "empty_set", "fields.material", "",
    ),
    "a keyword too long": (
        "listing.publish", need("acme/a", process=["x" * 129]), "key_too_long", "fields.process[0]", "128",
    ),
    "too many values": (
        "listing.publish", need("acme/a", process=[f"p{i}" for i in range(513)]),
        "too_many_values", "fields.process", "512",
    ),
    "four lengths": (
        "listing.publish", need("acme/a", envelope=[1, 2, 3, 4]), "too_many_values", "fields.envelope", "three",
    ),
    "a place beyond the pole": (
        "listing.publish", need("acme/a", place={"lat": "90.1", "lon": "37"}), "bad_value", "fields.place.lat", "90",
    ),
    "a field that comes from the participant": (
        "listing.publish", offer("acme/a", region="77"), "from_participant", "fields.region", "",
    ),
    "a required field missing": (
        "listing.publish", {**need("acme/a"), "fields": {}}, "required_missing", "fields.process", "",
    ),
    "a required field removed by a variant": (
        "listing.publish", need("acme/a", variants=[{"quantity": 1}, {"process": None}]),
        "required_missing", "fields.process", "",
    ),
    "seventeen variants": (
        "listing.publish", need("acme/a", variants=[{"quantity": n + 1} for n in range(17)]),
        "too_many_variants", "variants", "16",
    ),
    "a mistake in a variant": (
        "listing.publish", need("acme/a", variants=[{"quantity": 1}, {"quantity": "few"}]),
        "bad_value", "variants[1].quantity", "decimal",
    ),
    "no title": ("listing.publish", {**need("acme/a"), "title": ""}, "bad_value", "title", "500"),
    "a blank title": ("listing.publish", {**need("acme/a"), "title": "   "}, "bad_value", "title", ""),
    "a title too long": ("listing.publish", {**need("acme/a"), "title": "x" * 501}, "too_large", "title", "500"),
    "a listing without a key": ("listing.publish", need("acme"), "bad_value", "listing", "participant/key"),
    "a key too long": ("listing.publish", need("acme/" + "k" * 65), "key_too_long", "listing", "64"),
    "a key with a space": ("listing.publish", need("acme/a b"), "bad_value", "listing", ""),
    "a standing need's key": ("listing.publish", need("acme/~parts"), "standing_need", "listing", ""),
    "an unknown exchange": (
        "listing.publish", {**need("acme/a"), "exchange": "flea-market"}, "unknown_exchange", "exchange", "",
    ),
    "an unknown participant": ("listing.publish", need("nobody/a"), "unknown_participant", "listing", ""),
    "an unknown listing": ("listing.withdraw", {"listing": "acme/nothing"}, "unknown_listing", "listing", ""),
    "expired on arrival": (
        "listing.publish", need("acme/a", valid_until=NOW_MS - 1), "expired_on_arrival", "valid_until", "",
    ),
    "an end before the start": (
        "listing.publish", need("acme/a", valid_from=NOW_MS + 9 * DAY_MS, valid_until=NOW_MS + 8 * DAY_MS),
        "expired_on_arrival", "valid_until", "",
    ),
    "longer than the exchange allows": (
        "listing.publish", need("acme/a", valid_until=NOW_MS + 61 * DAY_MS), "lifetime_too_long", "valid_until", "",
    ),
    "a stale revision": (
        "listing.revise", {"listing": "acme/one", "title": "New", "expect_revision": 7},
        "stale_revision", "expect_revision", "read it again",
    ),
    "a stale revision of a participant": (
        "participant.revise", {"participant": "acme", "set": {"name": "New"}, "expect_revision": 7},
        "stale_revision", "expect_revision", "read it again",
    ),
    "a key moved to the other side": ("listing.publish", offer("acme/one"), "listing_moved", "listing", ""),
    "a listing in the wrong state": ("listing.resume", {"listing": "acme/one"}, "state_not_allowed", "listing", ""),
    "a revision of what is withdrawn": (
        "listing.revise", {"listing": "bolt/gone", "title": "New"}, "state_not_allowed", "listing", "",
    ),
    "a standing need withdrawn": (
        "listing.withdraw", {"listing": "acme/~measures"}, "standing_need", "listing", "pause",
    ),
    "an INN with a wrong digit": (
        "participant.register", {"participant": company("new", inn=inn(5)[:-1] + str((int(inn(5)[-1]) + 1) % 10))},
        "inn_invalid", "participant.inn", "",
    ),
    "an INN of a person for a company": (
        "participant.register", {"participant": company("new", inn="500100732259")},
        "inn_invalid", "participant.inn", "10 digits",
    ),
    "an INN taken": (
        "participant.register", {"participant": company("new", inn=inn(1))}, "inn_taken", "participant.inn", "",
    ),
    "an INN taken by revision": (
        "participant.revise", {"participant": "bolt", "set": {"inn": inn(1)}}, "inn_taken", "set.inn", "",
    ),
    "a kind that the INN does not fit": (
        "participant.revise", {"participant": "bolt", "set": {"kind": "person"}}, "inn_invalid", "set.inn", "12 digits",
    ),
    "an OGRN with a wrong digit": (
        "participant.register", {"participant": company("new", ogrn="1027700132196")},
        "ogrn_invalid", "participant.ogrn", "",
    ),
    "an OGRN taken": (
        "participant.register", {"participant": company("new", ogrn="1027700132195")},
        "ogrn_taken", "participant.ogrn", "",
    ),
    "a region not admitted": (
        "participant.register", {"participant": company("new", region="50")},
        "region_not_admitted", "participant.region", "admit",
    ),
    "a region not admitted by revision": (
        "participant.revise", {"participant": "bolt", "set": {"region": None}},
        "region_not_admitted", "set.region", "admit",
    ),
    "an id taken": (
        "participant.register", {"participant": company("acme", size="large")}, "participant_exists", "participant.id", "",
    ),
    "an id too long": (
        "participant.register", {"participant": company("i" * 65)}, "key_too_long", "participant.id", "64",
    ),
    "an id with a slash": ("participant.register", {"participant": company("a/b")}, "bad_value", "participant.id", ""),
    "an attribute that is none": (
        "participant.register", {"participant": company("new", colour="red")},
        "unknown_field", "participant.colour", "",
    ),
    "no name": (
        "participant.register", {"participant": {"id": "new", "kind": "legal_entity", "region": "77"}},
        "required_missing", "participant.name", "",
    ),
    "a block of nobody": (
        "participant.revise", {"participant": "bolt", "set": {"blocks": ["nobody"]}}, "unknown_block", "set.blocks", "",
    ),
    "a status that is none": (
        "participant.status", {"participant": "bolt", "status": "friend"}, "bad_value", "status", "member",
    ),
    "a status that cannot follow": (
        "participant.status", {"participant": "bolt", "status": "applicant"}, "transition_not_allowed", "status", "",
    ),
    "a status for nobody": (
        "participant.status", {"participant": "nobody", "status": "member"}, "unknown_participant", "participant", "",
    ),
    "two needs explained": (
        "match.explain", {"need": "acme/one", "offer": "acme/one"}, "not_a_pair", "offer", "",
    ),
    "an unknown stream": ("facts.read", {"from": 1, "stream": "x.flea-market"}, "unknown_stream", "stream", "x."),
    "facts from none": ("facts.read", {"from": 0}, "bad_value", "from", "1"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_named_and_nothing_is_stored(market, name):
    cmd, arguments, code, field, expected = REFUSED[name]
    before = kept(market)
    reply = market.raw(msgpack.packb(request(cmd, **arguments), use_bin_type=True))
    check(market, reply, before, code, field, expected)
    assert reply["id"] == 77


def test_a_suspended_participants_publication_is_kept_and_says_that_it_does_not_match(market):
    register(market, "fine")
    market.ask("listing.publish", **need("fine/wish", process=["etching"]))
    reply = market.ask("listing.publish", **offer("idle/etching", process=["etching"]))
    assert (reply["result"], reply["state"], reply["told"]) == ("changed", "open", 0)
    assert reply["note"] == "participant_not_member"
    assert market.ask("listing.matches", listing="fine/wish")["total"] == 0
    explained = market.ask("match.explain", need="fine/wish", offer="idle/etching")
    assert (explained["meets"], explained["cause"]) == (False, "offer_status")


def test_the_author_of_a_mistake_can_go_on_over_the_same_connection(market):
    market.raw(b"\xc1")
    assert market.ask("listing.publish", **need("acme/after-a-mistake"))["result"] == "changed"


def test_a_frame_beyond_all_bounds_costs_its_sender_the_connection_and_nobody_else(market):
    before = kept(market)
    with type(market)(market.endpoint[len("ipc://") : -len("/commands.sock")], timeout=0.5) as rude:
        rude.send("status", padding="x" * 4_000_000)
        with pytest.raises(Exception, match="no answer"):
            rude.wait(timeout=0.5)
    assert kept(market) == before
