"""Listings, exchanges and pipelines at their limits.

Without this one large listing could stop the core at every replay, and a backend that asks for much at once would
wait for answers that lie unsent.
"""

import json
import os
import signal
import time

import daemon_process
import pytest
import zmq
from people import need, register
from protocol_client import NoAnswer, endpoints, pack, unpack

TITLE = {"ru": "х", "en": "x"}
NUMBERS = 60


@pytest.fixture
def wide_daemon(tmp_path):
    """A daemon with an exchange of many fields, and one whose vocabularies are as long as they may be."""
    numbers = {f"f{i}": {"type": "number", "title": TITLE, "decimals": 6} for i in range(NUMBERS)}
    words = {f"v{i}": {"ru": "т" * 80, "en": "e" * 170} for i in range(220)}
    vocabularies = {f"f{i}": {"type": "keyword", "title": TITLE, "values": words} for i in range(4)}
    for name, fields in (("wide", numbers), ("words", vocabularies)):
        (tmp_path / f"{name}.yaml").write_text(exchange_file(name, fields), encoding="utf-8")
    with daemon_process.running_daemon(tmp_path) as daemon:
        yield daemon


def exchange_file(name, fields):
    sides = {"title": TITLE, "need": {"title": TITLE}, "offer": {"title": TITLE}}
    return json.dumps({"exchange": name, **sides, "fields": fields}, ensure_ascii=False)


def widest_listing(listing):
    """Near the largest body that is stored; written out it takes far more."""

    def ranges(fields, shift):
        return {f"f{i}": {"from": f"{-9000000 - i - shift}.123456", "to": f"{9000000 + i}.123456"} for i in range(fields)}

    variants = [ranges(30, shift) for shift in range(14)]
    return {
        "listing": listing,
        "exchange": "wide",
        "side": "need",
        "title": "wide",
        "fields": ranges(NUMBERS, 0),
        "variants": variants,
    }


def test_replay_passes_over_the_largest_listings(wide_daemon):
    with wide_daemon.client() as client:
        register(client, "acme")
        for i in range(40):
            client.ask("listing.publish", **widest_listing(f"acme/{i}"))
        shown = [body["listing"] for *_, body in client.facts("x.wide")]
        assert shown == [f"acme/{i}" for i in range(40)]
        assert client.ask("listing.show", listing="acme/7")["listing"]["variants"][13]


def test_an_exchange_with_the_longest_vocabularies_can_be_shown(wide_daemon):
    with wide_daemon.client() as client:
        fields = client.ask("exchange.show", exchange="words")["exchange"]["fields"]
        assert len(fields["f3"]["values"]) == 220


def test_an_exchange_that_could_not_be_shown_is_refused_by_the_check(wide_daemon, tmp_path):
    words = {f"v{i}": {"ru": "т" * 200, "en": "e" * 400} for i in range(500)}
    path = tmp_path / "long.file"
    fields = {"word": {"type": "keyword", "title": TITLE, "values": words}}
    path.write_text(exchange_file("long", fields), encoding="utf-8")
    checked = wide_daemon.matchctl("exchange", "check", str(path))
    assert checked.returncode == 4
    assert "at most 400000" in checked.stdout + checked.stderr


def test_many_long_answers_asked_for_at_once_all_come(wide_daemon):
    """More than the core lets wait for the gateway, with nobody else there whose request would set it going again."""
    with wide_daemon.client() as client:
        register(client, "acme")
        client.ask("listing.publish", **widest_listing("acme/0"))
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.linger = 0
        dealer.connect(endpoints(wide_daemon.runtime)[0])
        for i in range(300):
            dealer.send(pack({"v": 1, "id": i, "cmd": "listing.show", "listing": "acme/0"}))
        answered = set()
        while len(answered) < 300 and dealer.poll(5000):
            answered.add(unpack(dealer.recv())["id"])
        assert answered == set(range(300))


def test_whoever_asks_for_one_thing_waits_for_no_flood(daemon):
    """A thousand requests of one connection are there first, and yet another's is carried out among the first."""
    with daemon.client() as flood, daemon.client() as calm:
        register(flood, "acme", "calm")
        os.kill(daemon.process.pid, signal.SIGSTOP)
        try:
            asked = [flood.send("listing.publish", **need(f"acme/{number}")) for number in range(1000)]
            time.sleep(0.3)  # so that the gateway has taken them
            last = calm.send("listing.publish", **need("calm/1"))
            time.sleep(0.3)
        finally:
            os.kill(daemon.process.pid, signal.SIGCONT)
        calm.wait(last)
        for number in asked:
            flood.wait(number)
        opened = [fact.body["listing"] for fact in flood.facts("x.parts") if fact.body["fact"] == "listing.opened"]
    assert len(opened) == 1001
    assert opened.index("calm/1") < 500


def test_requests_of_one_client_are_bounded_in_bytes(daemon):
    """Or three of them would take the room that all have on the way to the core."""
    with daemon.client() as flood, daemon.client() as calm:
        register(flood, "acme")
        os.kill(daemon.process.pid, signal.SIGSTOP)
        try:
            asked = [flood.send("listing.publish", **need(f"acme/{number}", text="x" * 60000)) for number in range(300)]
            refused = 0
            with pytest.raises(NoAnswer):
                while True:
                    _, outcome = flood.wait(timeout=1.0)
                    assert outcome.code == "too_many_requests"
                    refused += 1
            assert 100 < refused < 250
        finally:
            os.kill(daemon.process.pid, signal.SIGCONT)
        assert calm.ask("status")["head"] > 0
    assert len(asked) == 300
