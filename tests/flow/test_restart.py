"""The daemon is stopped, started, started twice, and started on data that it should not touch.

Without this an upgrade could cost a cluster its market, or rot could be served as truth.
"""

import contextlib
import hashlib
import os
import shutil
import struct
import time

import pytest
from daemon_process import SMALL, Daemon, wait_for
from people import company, measure, need, offer, register
from protocol_client import Client, EpochChanged, NoAnswer, Refused

STREAMS = ["x.parts", "x.measures", "p.acme", "p.bolt"]


def fill(client):
    """A little of everything: states, matches, a standing need, a refused number that stays taken."""
    register(client, company("acme", okved=["62"]), "bolt", "agency")
    for i in range(5):
        client.ask("listing.publish", **need(f"acme/{i}", unit_price=900, quantity=i + 1))
        client.ask("listing.publish", **offer(f"bolt/{i}", unit_price=700 + i, variants=[{}, {"quantity": i + 1}]))
    client.ask("listing.pause", listing="acme/1")
    client.ask("listing.withdraw", listing="acme/2")
    client.ask("listing.publish", **offer("bolt/draft", draft=True))
    client.ask("listing.publish", **measure("agency/software", okved="62"))
    client.ask("participant.status", participant="agency", status="suspended")
    wait_for(lambda: client.ask("status")["queue"] == 0, what="the work that waits")


def told_by(client):
    """Everything that a client could compare before and after."""
    status = client.ask("status")
    listings = list(client.pages("listing.list", "listings"))
    return {
        **{key: status[key] for key in ("epoch", "head", "stamp", "digest", "participants", "open", "told", "queue")},
        "heads": client.ask("streams.heads", streams=STREAMS)["heads"],
        "participants": list(client.pages("participant.list", "participants")),
        "listings": [client.ask("listing.show", listing=entry["listing"])["listing"] for entry in listings],
        "matches": [list(client.pages("listing.matches", "matches", listing=entry["listing"])) for entry in listings],
        "facts": [list(client.facts(stream)) for stream in STREAMS],
    }


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_a_restart_keeps_everything(daemon, end):
    with daemon.client() as client:
        fill(client)
        before = told_by(client)
    assert before["told"] > 10
    if end == "stopped":
        daemon.stop()
    else:
        daemon.kill()
    daemon.start()
    with daemon.client() as client:
        assert told_by(client) == before
        with pytest.raises(Refused, match="inn_taken"):
            register(client, {**company("other"), "inn": company("acme")["inn"]})
        assert client.ask("listing.publish", **need("acme/0", unit_price=900, quantity=1))["result"] == "unchanged"


def test_work_that_waits_is_done_after_a_crash(home):
    """A suspended member's many matches end one by one; a crash in the middle leaves none of them standing."""
    daemon = Daemon(home, work=1)
    try:
        daemon.start()
        with daemon.client() as client:
            register(client, "acme", "bolt")
            for i in range(20):
                client.ask("listing.publish", **need(f"acme/{i}"))
                client.ask("listing.publish", **offer(f"bolt/{i}"))
            wait_for(lambda: client.ask("status")["queue"] == 0, what="the work that waits")
            assert client.ask("status")["told"] == 400
            client.ask("participant.status", participant="bolt", status="suspended")
            left = client.ask("status")["queue"]
            daemon.kill()
        assert left > 0, "all the work was done before the crash: the test has lost its sting"
        daemon.start()
        with daemon.client() as client:
            wait_for(lambda: client.ask("status")["queue"] == 0, what="the work that waits")
            assert client.ask("status")["told"] == 0
            ends = [fact.body for fact in client.facts("x.parts") if fact.body["fact"] == "match.ended"]
        assert len({(body["need"], body["offer"]) for body in ends}) == len(ends) == 400
        daemon.stop()
    finally:
        daemon.close()


def test_a_deadline_that_passed_while_it_was_down_is_kept(daemon):
    with daemon.client() as client:
        register(client, "acme")
        client.ask("listing.publish", **need("acme/short", valid_until=int(time.time() * 1000) + 400))
    daemon.stop()
    time.sleep(0.5)
    daemon.start()
    with daemon.client() as client:

        def state():
            return client.ask("listing.show", listing="acme/short")["listing"]["state"]

        wait_for(lambda: state() == "expired", what="the end of the listing")


def test_many_deadlines_at_one_moment_are_all_kept(daemon):
    """More than one turn meets: while it runs, and while it is down."""
    with daemon.client() as client:
        register(client, "acme")
        standing = client.ask("status")["open"]
        for round_, down in enumerate((False, True)):
            until = int(time.time() * 1000) + 1500
            asked = [client.send("listing.publish", **need(f"acme/{round_}.{number}", valid_until=until))
                     for number in range(700)]
            for number in asked:
                client.wait(number)
            assert client.ask("status")["open"] == standing + 700
            if down:
                daemon.stop()
            time.sleep(max(0, until / 1000 - time.time()))
            if down:
                daemon.start()
            wait_for(lambda: client.ask_until_answered("status")["open"] == standing, what="the end of all listings")
        ended = [fact.body["listing"] for fact in client.facts("x.parts") if fact.body["fact"] == "listing.expired"]
        assert len(ended) == len(set(ended)) == 1400


def test_a_changed_exchange_file_takes_effect_and_a_broken_one_stops_only_a_first_start(home):
    directory = home / "x"
    shutil.copytree(SMALL, directory)
    daemon = Daemon(home, directory)
    try:
        daemon.start()
        exchange = directory / "parts.yaml"
        text = exchange.read_text()
        exchange.write_text(text.replace("Manufacture}", "Production}"))
        daemon.restart()
        assert daemon.ask("exchange.show", exchange="parts")["exchange"]["offer"]["title"]["en"] == "Production"
        exchange.write_text(text.replace("type: money", "type: honey", 1))
        daemon.restart()
        assert daemon.ask("exchange.show", exchange="parts")["exchange"]["offer"]["title"]["en"] == "Production"
        daemon.stop()
        shutil.rmtree(daemon.data)
        daemon.spawn()
        assert daemon.process.wait(10) != 0
        line = text[: text.index("type: money")].count("\n") + 1
        assert f"parts.yaml:{line}" in daemon.log() or f"line={line}" in daemon.log()
        assert "honey" in daemon.log()
    finally:
        daemon.close()


def test_a_second_daemon_on_the_directory_is_refused_and_the_first_goes_on(daemon):
    second = Daemon(daemon.home / "2", data_directory=daemon.data)
    second.home.mkdir()
    try:
        second.spawn()
        assert second.process.wait(10) != 0
        assert str(daemon.data) in second.log() and "another" in second.log()
    finally:
        second.close()
    assert daemon.ask("status")["head"] >= 1


def test_a_second_daemon_in_the_runtime_directory_does_not_steal_the_clients(daemon):
    second = Daemon(daemon.home / "2", runtime_directory=daemon.runtime)
    second.home.mkdir()
    try:
        second.spawn()
        assert second.process.wait(10) != 0
        assert "sock" in second.log()
    finally:
        second.close()
    epoch = daemon.ask("status")["epoch"]
    assert daemon.ask("status")["epoch"] == epoch


def refused_start(daemon):
    """What the log says of a start that must fail."""
    logged = len(daemon.log())
    daemon.spawn()
    assert daemon.process.wait(10) not in (0, None)
    assert daemon.process.returncode > 0, "it must say why and not be brought down"
    return daemon.log()[logged:]


def stopped_with_data(daemon):
    with daemon.client() as client:
        fill(client)
    daemon.stop()
    return daemon.data / "data.mdb"


@pytest.fixture
def refusing(home):
    """A daemon whose end the test looks at itself."""
    daemon = Daemon(home)
    daemon.start()
    yield daemon
    daemon.close()


@pytest.mark.parametrize("other, said", [(4, "format 4, this matchd reads up to format 3"), (1, "before the first release")])
def test_data_of_another_format_is_left_alone(refusing, other, said):
    """After a downgrade, or on data too old: better no service than data that is misread."""
    path = stopped_with_data(refusing)

    def record(number):
        content = struct.pack("<I", number)
        return b"format" + content + hashlib.blake2b(b"format" + content, digest_size=16).digest()

    data = path.read_bytes()
    assert record(3) in data
    path.write_bytes(data.replace(record(3), record(other)))
    assert said in refused_start(refusing)
    path.write_bytes(data)
    refusing.start()
    refusing.stop()


DAMAGES = {
    "a flipped bit": "is damaged",
    "cut short": "data.mdb is cut off",
    "no database": "not an LMDB file",
    "empty": "data.mdb is empty",
    "pages of zeros": "the store",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_data_is_told_and_never_served(refusing, damage):
    path = stopped_with_data(refusing)
    data = bytearray(path.read_bytes())
    if damage == "a flipped bit":
        at = data.index(b"offer bolt/3")
        while at >= 0:  # wherever a version of the page has it
            data[at] ^= 1
            at = data.find(b"offer bolt/3", at)
    elif damage == "cut short":
        del data[len(data.rstrip(b"\0")) // 2 :]
    elif damage == "no database":
        data[:16384] = b"\x5a" * 16384
    elif damage == "pages of zeros":  # LMDB notices, and ends the process or not
        data[8192:] = bytes(len(data) - 8192)
    else:
        data.clear()
    path.write_bytes(data)
    log = refused_start(refusing)
    assert DAMAGES[damage] in log.strip().splitlines()[-1]


def test_sigterm_under_load_answers_what_it_accepted(daemon):
    """A restart for an upgrade: whoever was answered is stored, and whoever was stored is answered."""
    with daemon.client() as client:
        register(client, "acme")
        titles = {client.send("listing.publish", **need(f"acme/{i}")): f"acme/{i}" for i in range(600)}
        answered, sent_back = set(), set()
        while len(answered) < 100:
            answered.add(titles[client.wait()[0]])
        daemon.process.terminate()
        with contextlib.suppress(NoAnswer):  # what the gateway had not taken when it went was not stored either
            while len(answered) + len(sent_back) < len(titles):
                number, answer = client.wait(timeout=1)
                (sent_back if isinstance(answer, Refused) else answered).add(titles[number])
    assert daemon.process.wait(10) == 0
    daemon.start()
    with daemon.client() as client:
        stored = {entry["listing"] for entry in client.pages("listing.list", "listings", participant="acme")}
    assert stored - {"acme/~measures"} == answered


def test_a_new_store_is_told_from_the_old_by_its_epoch(daemon):
    """After data was lost, numbers begin anew; a service that went on counting would miss everything."""
    with daemon.client() as client:
        fill(client)
    with daemon.follow({"x.parts": 0}) as service:
        assert service.next()
        old = service.epoch
        daemon.stop()
        shutil.rmtree(daemon.data)
        daemon.start()
        with pytest.raises(EpochChanged) as changed:
            for _ in range(1000):
                service.next(timeout=0.1)
        assert changed.value.old == old
    with Client(daemon.runtime) as client:
        register(client, "acme")
        client.ask("listing.publish", **need("acme/0"))
        assert client.ask("status")["epoch"] == changed.value.new
    with daemon.follow(["x.parts"]) as service:
        assert service.next().body["listing"] == "acme/0"


def test_ctrl_c_at_a_terminal_is_a_clean_end(daemon):
    """The gateway must not be gone before the last answers are."""
    gateway = daemon.gateway_pid()
    os.kill(daemon.process.pid, 2)
    assert daemon.process.wait(10) == 0
    assert not os.path.exists(f"/proc/{gateway}")
