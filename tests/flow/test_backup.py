"""A backup made beside a running daemon is a store, with all that was answered before; and who counts in the old store
is told when it is restored.

Without this the only backup would be one of a stopped daemon, and after a restore clients would take new facts for those
that they have seen under the same numbers.
"""

import gzip
import json
import pathlib
import subprocess
import sys
import threading
import time

import pytest
from daemon_process import MATCHCTL, SMALL, Daemon, running_daemon, wait_for
from people import need, offer, register
from protocol_client import EpochChanged

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"
USUAL = pathlib.Path("/var/lib/matchd")


def backed_up(daemon, name="backup"):
    """The path of a new backup of the daemon's store, and what matchctl said of it."""
    done = daemon.matchctl("backup", daemon.home / name, "--data", daemon.data, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["file"] == str(daemon.home / name)
    return daemon.home / name, said


def verified(daemon, *arguments):
    """The checks that came out well, by name; nothing may be found."""
    done = daemon.matchctl("verify", *arguments, "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (rows, done.stderr)
    assert not [row for row in rows if row["result"] == "fail"]
    return {row["check"]: row for row in rows}


def restore(daemon, backup):
    """The lost store's place has the backup's."""
    daemon.stop()
    daemon.data.rename(daemon.home / f"lost-{time.monotonic_ns()}")
    done = daemon.matchctl("restore", backup, "--data", daemon.data, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Load(threading.Thread):
    """Publishes without a pause, and knows the last number that was answered."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.daemon_process, self.ending, self.answered = daemon, False, 0
        self.start()

    def run(self):
        with self.daemon_process.client() as client:
            count = 0
            while not self.ending:
                count += 1
                reply = client.ask("listing.publish", **offer(f"bolt/o{count % 500}", text=f"{count} " + "x" * 2000))
                self.answered = reply["number"]

    def __enter__(self):
        wait_for(lambda: self.answered, what="an answer")
        return self

    def __exit__(self, *_):
        self.ending = True
        self.join(20)
        assert not self.is_alive()


# ---- backups of a live store ----


@pytest.fixture
def market():
    with running_daemon(initial_map="1M") as daemon, daemon.client() as client:
        register(client, "acme", "bolt")
        client.ask("listing.publish", **need("acme/n"))
        yield daemon, client


def test_a_backup_under_load_holds_everything_that_was_answered(market):
    daemon, client = market
    with Load(daemon) as load:
        for count in range(8):
            before = load.answered
            backup, said = backed_up(daemon, f"b{count}")
            assert said["head"] >= before > 0
            assert verified(daemon, backup)["replay"]["count"] == said["head"]
            live = verified(daemon, "--data", daemon.data)
            assert live["journal"]["count"] >= said["head"] and live["replay"]["result"] == "ok"
            wait_for(lambda seen=said["head"]: load.answered > seen + 50, what="more load")
    assert client.ask("status")["head"] >= load.answered
    (daemon.home / "copy").mkdir()
    assert daemon.matchctl("restore", backup, "--data", daemon.home / "copy").returncode == 0
    assert verified(daemon, "--data", daemon.home / "copy")["market"]["count"] == said["head"]


def test_a_restored_store_is_as_it_was(market):
    daemon, client = market
    for count in range(20):
        client.ask("listing.publish", **offer(f"bolt/o{count}", unit_price=count + 1))
    before = client.ask("status")
    matches = client.ask("listing.matches", listing="acme/n")["matches"]
    facts = client.ask("facts.read", **{"from": 1})["facts"]
    backup, said = backed_up(daemon)
    assert (said["head"], said["digest"], said["epoch"]) == (before["head"], before["digest"], before["epoch"].hex())
    client.ask("listing.withdraw", listing="acme/n")
    restored = restore(daemon, backup)
    daemon.start()
    after = client.ask_until_answered("status")
    for key in ("head", "digest", "participants", "listings", "open", "told"):
        assert after[key] == before[key], key
    assert after["epoch"].hex() == restored["epoch"] != said["epoch"]
    assert client.ask("listing.matches", listing="acme/n")["matches"] == matches
    assert client.ask("facts.read", **{"from": 1})["facts"] == facts
    assert client.ask("listing.publish", **offer("bolt/new"))["number"] > before["head"]
    assert client.ask("facts.read", **{"from": before["head"] + 1})["facts"][0]["number"] == before["head"] + 1
    daemon.restart()
    assert client.ask_until_answered("status")["epoch"] == after["epoch"]
    verified(daemon, "--data", daemon.data)


def test_the_file_that_is_there_stays_unless_told(market):
    daemon, client = market
    backup, said = backed_up(daemon)
    done = daemon.matchctl("backup", backup, "--data", daemon.data)
    assert done.returncode == 4 and "is there already" in done.stderr and "--force" in done.stderr
    client.ask("listing.publish", **offer("bolt/o"))
    assert daemon.matchctl("backup", backup, "--data", daemon.data, "--force").returncode == 0
    assert verified(daemon, backup)["market"]["count"] > said["head"]
    assert not list(daemon.home.glob("*.partial"))
    assert backup.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(USUAL.exists(), reason="matchd is installed here")
@pytest.mark.parametrize("command", [["verify"], ["facts"], ["backup", "/tmp/none/b"]])
def test_where_the_usual_place_holds_no_store_the_way_to_name_another_is_told(command):
    done = subprocess.run([MATCHCTL, *command], capture_output=True, text=True)
    assert done.returncode == 4 and f"cannot open {USUAL}" in done.stderr and "--data DIRECTORY" in done.stderr


def test_a_store_in_use_is_not_restored_into(market):
    daemon, _ = market
    backup, _ = backed_up(daemon)
    done = daemon.matchctl("restore", backup, "--data", daemon.data)
    assert done.returncode == 1 and "has this directory" in done.stderr and "Stop that matchd" in done.stderr
    daemon.stop()
    done = daemon.matchctl("restore", backup, "--data", daemon.data)
    assert done.returncode == 4 and "holds a store already" in done.stderr and "Move its data.mdb" in done.stderr
    daemon.start()


# ---- who is told ----


def test_a_follower_is_told_of_the_restore(market):
    daemon, client = market
    backup, said = backed_up(daemon)
    with daemon.follow(["x.parts"]) as follower:
        client.ask("listing.publish", **offer("bolt/lost"))
        follower.until("x.parts", client.ask("streams.heads", streams=["x.parts"])["heads"]["x.parts"])
        seen = dict(follower.positions)
        restore(daemon, backup)
        daemon.start()
        # The same numbers again, for other facts: who only counted would take them for those that it has.
        reply = client.ask_until_answered("listing.publish", **offer("bolt/other", unit_price=5))
        assert said["head"] < reply["number"] <= seen["x.parts"]
        with pytest.raises(EpochChanged) as changed:
            for _ in range(20):
                follower.next(timeout=1)
        assert changed.value.old.hex() == said["epoch"]


def test_a_follower_that_comes_back_later_is_told(market):
    daemon, client = market
    backup, said = backed_up(daemon)
    client.ask("listing.publish", **offer("bolt/lost"))
    with daemon.follow(["x.parts"]) as follower:
        follower.until("x.parts", client.ask("streams.heads", streams=["x.parts"])["heads"]["x.parts"])
        place, epoch = dict(follower.positions), follower.epoch
    restore(daemon, backup)
    daemon.start()
    for count in range(10):
        client.ask_until_answered("listing.publish", **offer(f"bolt/other{count}"))
    assert client.ask("streams.heads", streams=["x.parts"])["heads"]["x.parts"] > place["x.parts"]
    with daemon.follow(place, epoch=epoch) as follower, pytest.raises(EpochChanged):
        follower.next(timeout=5)


def test_a_durable_consumer_is_told_until_it_counts_anew(market):
    daemon, client = market
    asked = {"client": "portal", "name": "all", "consumer": 1}
    client.ask("subscription.create", client="portal", name="all", **{"from": 1})
    facts = client.ask("subscription.fetch", **asked)["facts"]
    client.ask("subscription.fetch", **asked, ack=facts[-1]["number"], credit=0)
    time.sleep(1.5)  # acknowledgements are stored within a second or so
    backup, said = backed_up(daemon)
    client.ask("listing.publish", **offer("bolt/lost"))
    lost = client.ask("subscription.fetch", **asked)["facts"]
    client.ask("subscription.fetch", **asked, ack=lost[-1]["number"], credit=0)
    restore(daemon, backup)
    daemon.start()
    client.ask_until_answered("listing.publish", **offer("bolt/other"))
    for place in ({}, {"epoch": bytes.fromhex(said["epoch"])}, {"ack": lost[-1]["number"]}):
        told = client.ask("subscription.fetch", **asked, **place)
        assert told["epoch_changed"] is True and told["facts"] == []
        assert told["epoch"].hex() != said["epoch"]
    given = client.ask("subscription.fetch", **asked, epoch=told["epoch"])
    assert "epoch_changed" not in given
    rows = given["facts"]
    assert [row["body"]["listing"] for row in rows if row["body"]["fact"] == "listing.opened"] == ["bolt/other"]
    assert rows[0]["number"] == said["head"] + 1


# ---- older stores ----


def test_a_store_of_an_older_format_is_backed_up_as_it_is(home):
    said = json.loads((GOLDEN / "format-2.json").read_text())
    daemon = Daemon(home, SMALL)
    daemon.data.mkdir()
    (daemon.data / "data.mdb").write_bytes(gzip.decompress((GOLDEN / "format-2.mdb.gz").read_bytes()))
    backup, about = backed_up(daemon)
    assert (about["format"], about["head"], about["digest"]) == (2, said["head"], said["digest"])
    for command in ("verify", "facts"):
        done = daemon.matchctl(command, "--data", daemon.data)
        assert done.returncode == 1 and "upgrades it to format 3 when it starts" in done.stderr
    restore(daemon, backup)
    verified(daemon, "--data", daemon.data)
    try:
        daemon.start()
        assert daemon.ask("status")["digest"] == said["digest"]
        daemon.stop()
    finally:
        daemon.close()


# ---- tools that end without a word ----

# Reads by LMDB itself, as matchctl does, and stands still; or tells how many readers ended without a word.
READER = """
import ctypes, signal, sys
lmdb = ctypes.CDLL("liblmdb.so.0")
env, txn, dead = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_int()
RDONLY, NOSUBDIR, NOTLS = 0x20000, 0x4000, 0x200000
assert lmdb.mdb_env_create(ctypes.byref(env)) == 0
assert lmdb.mdb_env_open(env, sys.argv[1].encode(), RDONLY | NOSUBDIR | NOTLS, 0o600) == 0
if sys.argv[2] == "read":
    assert lmdb.mdb_txn_begin(env, None, RDONLY, ctypes.byref(txn)) == 0
    print("reading", flush=True)
    signal.pause()
assert lmdb.mdb_reader_check(env, ctypes.byref(dead)) == 0
print(dead.value)
"""


def reader(daemon, what):
    return subprocess.Popen(
        [sys.executable, "-c", READER, str(daemon.data / "data.mdb"), what], stdout=subprocess.PIPE, text=True
    )


def test_a_reader_that_was_killed_is_forgotten(market):
    """It would keep every page that it might still read, and the file would grow for ever."""
    daemon, _ = market

    def killed():
        with reader(daemon, "read") as process:
            assert process.stdout.readline() == "reading\n"
            process.kill()

    def dead():
        return int(reader(daemon, "count").communicate(timeout=10)[0])

    killed()
    assert dead() == 1  # so it is one, and now forgotten
    killed()
    time.sleep(11)  # ten heartbeats
    assert dead() == 0
