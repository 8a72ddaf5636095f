"""`matchctl verify` finds what is damaged in a store and names it; `matchctl facts` prints what the journal holds.

Without the first an operator would trust a file because it opens; without the second what happened could be read by
nobody but the program that wrote it.
"""

import json
import random
import shutil

import pytest
from daemon_process import Daemon, running_daemon, wait_for
from people import company, need, offer, register

PAGE = 4096
OLD_TITLE = "the title that only the journal has"
TEXT = "a text that fact and row have"


@pytest.fixture(scope="module")
def stopped():
    """A stopped store in which something of everything has happened, and nothing is damaged."""
    with running_daemon() as daemon, daemon.client() as client:
        register(client, "acme", company("bolt", contacts={"email": "secret@example.org"}))
        client.ask("listing.publish", **need("acme/n", unit_price=1000))
        client.ask("listing.publish", **offer("bolt/o", title=OLD_TITLE, unit_price=900))
        client.ask("listing.revise", listing="bolt/o", title="another")
        client.ask("listing.publish", **offer("bolt/t", text=TEXT))
        client.ask("listing.withdraw", listing="bolt/t")
        client.ask("subscription.create", client="portal", name="subscribed")
        for count in range(300):
            client.ask("listing.publish", **offer(f"bolt/p{count}", process=["turning"]))
        daemon.stop()
        yield daemon


@pytest.fixture
def copy(stopped, home):
    """A copy that a test may damage."""
    shutil.copytree(stopped.data, home / "d")
    daemon = Daemon(home)
    yield daemon
    daemon.close()


def verify(daemon, *arguments):
    done = daemon.matchctl("verify", *(arguments or ("--data", daemon.data)), "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done, {row["check"]: row for row in rows if row["result"] == "fail"}


def flip(path, text):
    """A bit of every place where the text stands."""
    data = bytearray(path.read_bytes())
    places, at = 0, -1
    while (at := data.find(text.encode(), at + 1)) >= 0:
        data[at + 2] ^= 1
        places += 1
    path.write_bytes(data)
    return places


def test_a_sound_store_is_verified_without_a_word_of_damage(stopped):
    done, failed = verify(stopped)
    assert done.returncode == 0 and not failed and not done.stderr
    said = stopped.matchctl("verify", "--data", stopped.data)
    assert [line.split()[1] for line in said.stdout.splitlines()] == [
        "rows", "market", "asides", "journal", "streams", "replay",
    ]  # fmt: skip


def test_what_is_damaged_is_named(copy):
    file = copy.data / "data.mdb"
    sound = file.read_bytes()
    for text, damaged in (
        (OLD_TITLE, {"journal"}),
        (TEXT, {"journal", "rows"}),
        ("subscribed", {"asides"}),
    ):
        assert flip(file, text) > 0
        done, failed = verify(copy)
        assert done.returncode == 1 and set(failed) == damaged, text
        assert all("is damaged" in row["finding"] for row in failed.values())
        assert "restore a backup elsewhere" in done.stderr
        refused = copy.matchctl("backup", copy.home / "b", "--data", copy.data)
        assert refused.returncode == 1 and not (copy.home / "b").exists()
        file.write_bytes(sound)
    assert not verify(copy)[1]


def test_a_file_cut_off_is_damage_and_no_crash(copy):
    file = copy.data / "data.mdb"
    length = len(file.read_bytes().rstrip(b"\0"))
    for share in (0.9, 0.5, 0.1, 0):
        with open(file, "r+b") as opened:
            opened.truncate(int(length * share))
        done, _ = verify(copy)
        assert done.returncode == 1 and "is damaged" in done.stderr


def test_rotten_pages_are_damage_and_no_crash(copy):
    """LMDB follows what its pages say wherever it leads."""
    file = copy.data / "data.mdb"
    sound = file.read_bytes()
    pages = len(sound.rstrip(b"\0")) // PAGE
    rot, found = random.Random(7), 0
    for _ in range(40):
        page = rot.randrange(2, pages)
        rotten = bytearray(sound)
        rotten[page * PAGE : page * PAGE + 64] = rot.randbytes(64)
        file.write_bytes(rotten)
        done = copy.matchctl("verify", "--data", copy.data)
        assert done.returncode in (0, 1), (page, done)
        found += done.returncode
        if done.returncode:
            assert "damaged" in done.stderr
            backup = copy.matchctl("backup", copy.home / "b", "--data", copy.data)
            assert backup.returncode in (0, 1) and (backup.returncode == 0 or not (copy.home / "b").exists())
            (copy.home / "b").unlink(missing_ok=True)
    assert found > 20


def test_a_damaged_backup_is_refused(stopped, home):
    backup = home / "backup"
    assert stopped.matchctl("backup", backup, "--data", stopped.data).returncode == 0
    assert flip(backup, OLD_TITLE) > 0
    done, failed = verify(stopped, backup)
    assert done.returncode == 1 and set(failed) == {"file"}
    done = stopped.matchctl("restore", backup, "--data", home / "new")
    assert done.returncode == 1 and "image is damaged" in done.stderr
    assert not (home / "new").exists()


@pytest.mark.parametrize("arguments", [["/nonexistent"], ["--data", "/nonexistent"], ["--data", "/tmp"]])
def test_where_no_store_is_none_is_made(stopped, arguments):
    done = stopped.matchctl("verify", *arguments)
    assert done.returncode == 4 and not done.stdout


# ---- what was trimmed ----


def test_a_trimmed_journal_is_verified_and_printed_from_where_it_begins():
    with running_daemon(keep_size=1 << 20) as daemon, daemon.client() as client:
        register(client, "bolt")
        for count in range(150):
            client.ask("listing.publish", **offer(f"bolt/a{count}", text="x" * 12000))
        wait_for(lambda: client.ask("status")["first"] > 1, timeout=20, what="the end of old facts", pause=0.1)
        done = daemon.matchctl("verify", "--data", daemon.data)
        assert done.returncode == 0, done.stdout
        assert "older facts were dropped" in done.stdout and "not done: the first facts were dropped" in done.stdout
        printed = daemon.matchctl("facts", "--data", daemon.data)
        first = int(printed.stdout.split(maxsplit=1)[0])
        assert printed.returncode == 0 and f"facts before {first} were dropped" in printed.stderr
        assert first <= client.ask("status")["first"]


# ---- the journal, printed ----


def facts(daemon, *arguments):
    done = daemon.matchctl("facts", "--data", daemon.data, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_lines_name_whom_facts_concern_and_show_no_contacts(stopped):
    lines = facts(stopped)
    assert [int(line.split()[0]) for line in lines] == list(range(1, len(lines) + 1))
    assert any("participant.registered  bolt  member  Company bolt" in line for line in lines)
    assert any("match.made  acme/n ~ bolt/o, score" in line for line in lines)
    assert not any("secret@example.org" in line for line in lines)


def test_json_is_the_whole_fact(stopped):
    rows = [json.loads(line) for line in facts(stopped, "--json")]
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    by_kind = {row["fact"]: row for row in rows}
    assert by_kind["participant.registered"]["content"]["contacts"] == {"email": "secret@example.org"}
    opened = next(row for row in rows if row.get("listing") == "bolt/o")
    assert opened["body"]["title"] == OLD_TITLE and opened["exchange"] == "parts" and opened["side"] == "offer"
    assert by_kind["match.made"]["need"] == "acme/n" and by_kind["match.made"]["score"] > 0
    assert by_kind["exchange.loaded"]["definition"]


def test_facts_are_chosen_by_number_kind_and_whom_they_concern(stopped):
    everything = [json.loads(line) for line in facts(stopped, "--json")]

    def numbers(*arguments):
        return [json.loads(line)["number"] for line in facts(stopped, "--json", *arguments)]

    def where(condition):
        return [row["number"] for row in everything if condition(row)]

    assert numbers("--from", 5, "--to", 9) == [5, 6, 7, 8, 9]
    assert numbers("--kind", "match.made") == where(lambda row: row["fact"] == "match.made")
    assert numbers("--kind", "listing") == where(lambda row: row["fact"].startswith("listing."))
    assert numbers("--listing", "bolt/o") == where(lambda row: "bolt/o" in (row.get("listing"), row.get("offer")))
    concerned = where(
        lambda row: row.get("participant") == "acme"
        or any(str(row.get(key)).startswith("acme/") for key in ("listing", "need", "offer"))
    )
    assert numbers("--participant", "acme") == concerned and len(concerned) > 4
    assert numbers("--participant", "acme", "--kind", "listing.opened", "--to", 20)


def test_facts_of_a_damaged_journal_are_printed_up_to_the_damage(copy):
    assert flip(copy.data / "data.mdb", OLD_TITLE) > 0
    done = copy.matchctl("facts", "--data", copy.data, "--json")
    last = json.loads(done.stdout.splitlines()[-1])["number"]
    assert done.returncode == 1 and f"fact {last + 1} is damaged" in done.stderr


def test_what_is_not_there_is_said(stopped):
    for arguments, code in ((["--kind", "match.none"], 2), (["--from", "0"], 2), (["--listing", "bolt/none"], 1)):
        done = stopped.matchctl("facts", "--data", stopped.data, *arguments)
        assert done.returncode == code and done.stderr and not done.stdout
