#!/usr/bin/python3
"""Writes the golden bytes of protocol version 1 that are not there yet.

A file that is there is never written again: it is what clients out there send and expect, and the
tests hold the protocol to it. For a new message or fact add a sample here and run this once. The
bytes come from another MessagePack than the daemon's, on purpose.

A file holds hexadecimal bytes, lines of them; '#' begins a comment. A feed message's three frames
have blank lines between them.
"""

import pathlib

import msgpack

HERE = pathlib.Path(__file__).parent / "v1"
EPOCH = bytes(range(16))

CHANGED = {"result": "changed", "listing": "acme/turning", "revision": 2, "state": "open", "number": 1042, "told": 3}
PARTICIPANT = {"result": "changed", "revision": 1, "status": "member", "number": 7}
FACT = {"fact": "listing.paused", "number": 41, "at": 1767225600000, "listing": "acme/turning",
        "exchange": "contract-manufacturing", "side": "offer", "state": "paused"}
SUBSCRIPTION = {"client": "portal", "name": "mail", "created": 1767225600000, "acked": 1040, "acked_at": 1767225600000,
                "lag": 2, "given": 1042, "waiting": True, "state": False, "ack_timeout_ms": 30000}

REQUESTS = {
    "hello": {"versions": [1, 2], "client": "portal 4.2"},
    "status": {},
    "exchange.list": {},
    "exchange.show": {"exchange": "patents"},
    "participant.register": {
        "participant": {"id": "acme", "name": "ООО «Акме»", "kind": "legal_entity", "inn": "7707083893", "region": "77",
                        "okved": ["25.62"], "headcount": 120, "revenue": "1500000.50", "founded": "2009-04-01",
                        "contacts": {"email": "a@example.org"}, "blocks": ["rival"]},
        "status": "member"},
    "participant.revise": {"participant": "acme", "set": {"headcount": 121, "size": None}, "expect_revision": 1},
    "participant.status": {"participant": "acme", "status": "suspended"},
    "participant.show": {"participant": "acme"},
    "participant.list": {"status": "member", "after": 100, "limit": 50},
    "listing.publish": {
        "listing": "acme/turning", "exchange": "contract-manufacturing", "side": "offer", "title": "Токарные работы",
        "text": "С ЧПУ", "language": "ru",
        "fields": {"material": ["steel", "brass"], "price": {"from": "350.00", "currency": "RUB"},
                   "site": {"lat": "55.7558", "lon": "37.6173", "radius_km": 50}},
        "variants": [{"quantity": {"from": 1, "to": 100}}, {"quantity": {"from": 100}, "price": None}],
        "draft": False, "valid_from": 1767225600000, "valid_until": 1798761600000, "expect_revision": 4294967295},
    "listing.revise": {"listing": "acme/turning", "title": "Turning", "text": None, "language": None,
                       "fields": {"price": None}, "variants": None, "valid_from": None, "valid_until": None,
                       "expect_revision": 2},
    "listing.pause": {"listing": "acme/turning"},
    "listing.resume": {"listing": "acme/turning", "expect_revision": 3},
    "listing.renew": {"listing": "acme/turning", "valid_until": 1798761600000},
    "listing.withdraw": {"listing": "acme/turning", "expect_revision": 5},
    "listing.approve": {"listing": "acme/turning", "expect_revision": 1},
    "listing.reject": {"listing": "acme/turning", "reason": "нет цены"},
    "reload": {},
    "listing.show": {"listing": "acme/turning"},
    "listing.list": {"participant": "acme", "exchange": "patents", "side": "need", "state": "open", "after": 7,
                     "limit": 1000},
    "listing.matches": {"listing": "acme/turning", "after": 20, "limit": 20},
    "match.explain": {"need": "beta/shafts", "offer": "acme/turning"},
    "index.verify": {"exchange": "patents", "sample": 200, "every": 1000, "from": 17, "from_counterpart": 4294967295,
                     "work": 100000},
    "facts.read": {"from": 9007199254740993, "limit": 1000, "stream": "p.acme"},
    "streams.heads": {"streams": ["p.acme", "x.patents"]},
    "subscription.create": {"name": "mail", "exchange": "patents", "side": "offer", "participant": "acme",
                            "listing": "acme/turning", "kinds": ["match.made", "match.ended"], "min_score": 300,
                            "fields": {"trl": {"from": "trl6"}}, "start": "state", "ack_timeout_ms": 30000},
    "subscription.delete": {"name": "mail"},
    "subscription.show": {"name": "mail"},
    "subscription.list": {"after": 7, "limit": 1000},
    "subscription.fetch": {"name": "mail", "consumer": 9007199254740993, "credit": 1000, "wait_ms": 60000, "ack": 1042,
                           "ack_state": 4294967314},
}

REPLIES = {
    "hello": {"version": 1, "server": "matchd 0.1.0", "epoch": EPOCH, "head": 1042, "max_request": 65536},
    "status": {"server": "matchd 0.1.0", "epoch": EPOCH, "head": 1042, "stamp": 1767225600000,
               "digest": "54a5b932335bbc0e", "participants": 91, "listings": 218, "open": 200, "told": 58, "queue": 0,
               "uptime_ms": 2127},
    "exchange.list": {"exchanges": [{"name": "patents", "title_ru": "Патенты", "title_en": "Patents", "fields": 17,
                                     "needs": 15, "offers": 46}]},
    "exchange.show": {"exchange": {"exchange": "patents", "fields": {"trl": {"type": "ordinal"}}},
                      "hash": "00112233445566aa"},
    "participant.register": PARTICIPANT,
    "participant.revise": PARTICIPANT,
    "participant.status": PARTICIPANT,
    "participant.show": {"participant": {"id": "acme", "status": "member", "revision": 1, "listings": 2}},
    "participant.list": {"participants": [{"id": "acme", "name": "Акме", "status": "member", "kind": "legal_entity",
                                           "region": "77", "listings": 2}], "next": 151},
    "listing.publish": {**CHANGED, "note": "participant_not_member"},
    "listing.revise": CHANGED,
    "listing.pause": CHANGED,
    "listing.resume": CHANGED,
    "listing.renew": CHANGED,
    "listing.withdraw": CHANGED,
    "listing.approve": CHANGED,
    "listing.reject": {**CHANGED, "state": "draft"},
    "reload": {"definitions": [{"kind": "exchange", "name": "patents", "result": "refused", "file": "/x/patents.yaml",
                                "message": "2 listings would be invalid"}], "number": 1042},
    "listing.show": {"listing": {"listing": "acme/turning", "exchange": "patents", "side": "offer", "state": "open",
                                 "fields": {"price": "(hidden)"}}},
    "listing.list": {"listings": [{"listing": "acme/turning", "exchange": "patents", "side": "offer", "state": "open",
                                   "revision": 2, "title": "Turning", "told": 3}]},
    "listing.matches": {"matches": [{"listing": "beta/shafts", "title": "Shafts", "score": 812, "need_box": 0,
                                     "offer_box": 1, "told": True}], "total": 21, "next": 20},
    "match.explain": {"meets": False, "cause": "conditions", "score": 0, "need_box": 0, "offer_box": 1, "told": False,
                      "fields": [{"field": "price", "need": {"to": 300}, "offer": {"from": 350}, "met": False,
                                  "blamed": ["need", "offer"], "need_points": None, "offer_points": 0},
                                 {"field": "secret", "hidden": True}]},
    "index.verify": {"listings": 3, "pairs": 20011, "diverging": 1,
                     "divergences": [{"kind": "missed", "need": "beta/shafts", "offer": "acme/turning", "said": None,
                                      "rule": {"score": 812, "need_box": 0, "offer_box": 1}}],
                     "every": 1000, "next": 1017, "next_counterpart": 1},
    "facts.read": {"facts": [{"number": 41, "streams": {"p.acme": 40, "x.contract-manufacturing": 0}, "body": FACT}],
                   "next": 42, "head": 1042, "epoch": EPOCH},
    "streams.heads": {"heads": {"p.acme": 41, "x.patents": 0}, "head": 1042, "epoch": EPOCH},
    "subscription.create": {"result": "changed", "name": "mail", "acked": 1042, "epoch": EPOCH},
    "subscription.delete": {"result": "changed", "name": "mail"},
    "subscription.show": {"subscription": {**SUBSCRIPTION, "filter": {"exchange": "patents", "min_score": 300}}},
    "subscription.list": {"subscriptions": [SUBSCRIPTION], "next": 7},
    "subscription.fetch": {"facts": [{"number": 41, "body": FACT},
                                     {"number": 41, "state": 7, "body": FACT},
                                     {"number": 43, "body": FACT, "because": ["mail", "all"]}],
                           "head": 1042, "epoch": EPOCH, "subscription_lagged": [2, 40], "epoch_changed": True},
}

LISTING = {"listing": "acme/turning", "exchange": "patents", "side": "offer", "state": "open"}
MATCH = {"exchange": "patents", "need": "beta/shafts", "offer": "acme/turning", "score": 812}
MATCHED = {**MATCH, "need_box": 0, "offer_box": 1, "reasons": [["price", 700, None], ["trl", None, 1000]]}
CONTENT = {"title": "Turning", "fields": {"trl": {"from": "trl6"}}, "variants": [{"rights": ["exclusive"]}]}

FACTS = {
    "participant.registered": {"participant": "acme", "status": "applicant", "name": "Акме"},
    "participant.revised": {"participant": "acme", "status": "member", "name": "Акме"},
    "participant.status": {"participant": "acme", "status": "member"},
    "listing.drafted": {**LISTING, "state": "draft", **CONTENT},
    "listing.scheduled": {**LISTING, "state": "scheduled", **CONTENT},
    "listing.opened": {**LISTING, **CONTENT},
    "listing.revised": {**LISTING, **CONTENT},
    "listing.paused": {**LISTING, "state": "paused"},
    "listing.resumed": LISTING,
    "listing.renewed": LISTING,
    "listing.withdrawn": {**LISTING, "state": "withdrawn"},
    "listing.expired": {**LISTING, "state": "expired"},
    "listing.expiring": {**LISTING, "valid_until": 1767830400000},
    "listing.submitted": {**LISTING, "state": "pending", **CONTENT},
    "listing.approved": LISTING,
    "listing.rejected": {**LISTING, "state": "draft", "reason": "нет цены"},
    "exchange.revised": {"exchange": "patents", "hash": "00112233445566aa"},
    "match.made": MATCHED,
    "match.changed": MATCHED,
    "match.ended": {**MATCH, "cause": "offer_state"},
}


def write(name, *frames):
    """Writes the frames, unless the file is there."""
    path = HERE / f"{name}.hex"
    if path.exists():
        return
    text = "\n".join("".join(frame[i:i + 32].hex() + "\n" for i in range(0, len(frame), 32)) for frame in frames)
    path.write_text(text, encoding="utf-8")
    print("wrote", path.name)


def header(number, prev):
    return EPOCH + number.to_bytes(8, "big") + prev.to_bytes(8, "big")


def main():
    HERE.mkdir(exist_ok=True)
    for cmd, args in REQUESTS.items():
        write(f"request.{cmd}", msgpack.packb({"v": 1, "id": 7, "cmd": cmd, **args}))
    for cmd, results in REPLIES.items():
        write(f"reply.{cmd}", msgpack.packb({"v": 1, "id": 7, "ok": True, **results}))
    write("reply.error", msgpack.packb({"v": 1, "id": 18446744073709551615, "ok": False, "error": {
        "code": "unknown_listing", "field": "listing", "message": "нет такого объявления", "expected": ""}}))
    for kind, body in FACTS.items():
        write(f"feed.{kind}", f"p.acme/{kind}".encode(), header(41, 40),
              msgpack.packb({"fact": kind, "number": 41, "at": 1767225600000, **body}))
    write("feed.heartbeat", b"heartbeat", header(1042, 0), b"")


if __name__ == "__main__":
    main()
