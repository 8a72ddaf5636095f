"""A store that has no room left refuses what would grow, loses nothing, and goes on when there is room.

Without this a full disk on a Saturday would be an outage: reads, withdrawals and replay need no room to speak of.
"""

import shutil

import pytest
from daemon_process import SMALL, Daemon, running_daemon, wait_for
from people import need, offer, register
from protocol_client import Refused

FILLING = "x" * 12000
LIMITS = {"storage_limit": 20 << 20, "storage_reserve": 8 << 20}


def publish_until_full(client, ledger, prefix):
    """Offers of long texts, until one is refused; each that is acknowledged stands in the ledger."""
    for i in range(10_000):
        publication = offer(f"bolt/{prefix}{i}", text=FILLING, process=[f"process-{i}"])
        try:
            ledger.append((publication["listing"], client.ask("listing.publish", **publication)["number"]))
        except Refused as refused:
            return refused
    raise AssertionError("it never gets full")


def check_ledger(client, ledger):
    for listing, _ in ledger:
        assert client.ask("listing.show", listing=listing)["listing"]["state"] in ("open", "withdrawn")
    facts, start = [], client.ask("streams.heads", streams=[])["first"]
    while True:
        page = client.ask("facts.read", **{"from": start, "limit": 50})
        facts += [(row["body"].get("listing"), row["number"]) for row in page["facts"]]
        if not page["facts"]:
            break
        start = page["next"]
    given = set(facts)
    assert all(entry in given for entry in ledger if entry[1] >= start)


@pytest.fixture
def small():
    with running_daemon(**LIMITS) as daemon:
        yield daemon


def test_what_grows_is_refused_and_everything_else_goes_on(small):
    ledger = []
    with small.client() as client:
        register(client, "acme", "bolt")
        client.ask("listing.publish", **need("acme/n", process=["process-0"]))
        client.ask("subscription.create", client="me", name="all", **{"from": 1})
        keyed = offer("bolt/keyed")
        before = client.ask("listing.publish", **keyed, client="me", key="before")
        refused = publish_until_full(client, ledger, "a")
        assert refused.code == "storage_full" and "again" in refused.expected
        assert len(ledger) > 100
        head = client.ask("status")["head"]
        for growing in (("listing.publish", offer("bolt/more")), ("listing.resume", {"listing": "bolt/a1"})):
            with pytest.raises(Refused) as again:
                client.ask(growing[0], **growing[1], client="me", key="k1")
            assert again.value.code == "storage_full"
        again = client.ask("listing.publish", **keyed, client="me", key="before")
        assert again == before  # it was carried out while there was room, and is answered so
        status = client.ask("status")
        assert status["head"] == head and status["room"] == "reserve"
        assert client.ask("listing.withdraw", listing=ledger[0][0])["state"] == "withdrawn"
        assert len(client.ask("listing.matches", listing="acme/n")["matches"]) == 0
        check_ledger(client, ledger)
        given = client.ask("subscription.fetch", client="me", name="all", consumer=1)["facts"]
        assert given
        client.ask("subscription.delete", client="me", name="all")
    small.stop()
    small.start()
    with small.client() as client:
        check_ledger(client, ledger)
        with pytest.raises(Refused) as still:
            client.ask("listing.publish", **offer("bolt/more"))
        assert still.value.code == "storage_full"


def test_even_the_reserve_can_be_used_up_and_nothing_is_lost(small):
    ledger = []
    with small.client() as client:
        register(client, "acme", "bolt")
        publish_until_full(client, ledger, "a")
        withdrawn = 0
        for listing, _ in ledger:
            try:
                client.ask("listing.withdraw", listing=listing)
                withdrawn += 1
            except Refused as refused:
                assert refused.code == "storage_full"
                break
        assert withdrawn > 20
        check_ledger(client, ledger)
    small.stop()
    small.start()
    with small.client() as client:
        check_ledger(client, ledger)


def test_it_goes_on_without_a_restart_once_there_is_room():
    """Facts that are old enough to go make the room here."""
    with running_daemon(**LIMITS, keep_size=1 << 20) as daemon, daemon.client() as client:
        ledger = []
        register(client, "acme", "bolt")
        publish_until_full(client, ledger, "a")

        def take(i=[0]):
            i[0] += 1
            try:
                return client.ask("listing.publish", **offer(f"bolt/b{i[0]}"))
            except Refused as refused:
                assert refused.code == "storage_full"
                return None

        assert wait_for(take, timeout=30, what="room", pause=0.2)["result"] == "changed"
        log = daemon.log_path.read_text()
        assert "storage_full" in log and "storage_room" in log
        check_ledger(client, ledger)
        assert daemon.process.poll() is None


def test_a_start_without_room_keeps_the_stored_exchanges_and_settings(home):
    """They were edited by day; a crash on a full disk at night must not become an outage."""
    files = home / "x"
    shutil.copytree(SMALL, files)
    daemon = Daemon(home, files, **LIMITS, work=7)

    def exchange_and_head():
        with daemon.client() as client:
            return client.ask("exchange.show", exchange="parts")["hash"], client.ask("status")["head"]

    try:
        daemon.start()
        with daemon.client() as client:
            register(client, "acme", "bolt")
            publish_until_full(client, [], "a")
        before = exchange_and_head()
        daemon.stop()
        text = (files / "parts.yaml").read_text(encoding="utf-8")
        (files / "parts.yaml").write_text(text.replace("en: Parts", "en: Pieces"), encoding="utf-8")
        daemon.options["work"] = 8
        daemon.start()
        assert "there is no room to store what may have changed" in daemon.log()
        assert exchange_and_head() == before
        daemon.options["storage-limit"] *= 2
        daemon.restart()
        changed, head = exchange_and_head()
        assert changed != before[0] and head == before[1] + 2
        daemon.stop()
    finally:
        daemon.close()
