"""The Python library against the real daemon, blocking and with asyncio: each story is told of both.

Without this a service written on the library could miss a match when one of ours restarts, or be left waiting for ever.
"""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal

import pytest
from daemon_process import REPOSITORY, wait_for
from people import company, need, offer, register
from python_faces import LIBRARY, matchd
from test_kills import Publisher, kill_under_load
from worker import Worker

EXAMPLES = LIBRARY / "examples"
PATIENCE_S = 20
MORE_THAN_FITS = 25_000  # messages, between the gateway and a follower that does not read
STREAMS = [["x.parts"], ["p.acme", "x.parts", "x.measures"], None]
IDS = ["one stream", "three streams", "everything"]


@pytest.fixture
def client(faces, daemon):
    with faces.client(daemon.runtime, timeout=2) as client:
        yield client


def publish(listing, **fields):
    """A publication as the library has it."""
    arguments = need(listing, **fields)
    names = [arguments.pop(name) for name in ("listing", "exchange", "side", "title")]
    return matchd.messages.listing_publish(*names, **arguments)


def journal(daemon, streams=None, first=1):
    """(number, body) of every fact of the streams, as the independent client reads it."""
    with daemon.client() as independent:
        facts = {}
        for stream in streams or ["x.parts", "x.measures", "p.acme", "p.bolt"]:
            facts.update((fact.number, fact.body) for fact in independent.facts(stream, first))
        return sorted(facts.items())


def given(follower, count):
    facts = []
    while len(facts) < count:
        fact = follower.next(timeout=PATIENCE_S)
        assert fact, f"{len(facts)} facts came, {count} were expected"
        facts.append((fact.number, dict(fact.body)))
    return facts


def expect_all(follower, daemon, streams=None, first=1):
    expected = journal(daemon, streams, first)
    assert given(follower, len(expected)) == expected
    assert follower.next(timeout=0) is None


# --- asking ---


def test_a_member_publishes_and_is_told_of_its_match(client, daemon):
    with client.follow(["x.parts"]) as news:
        for name in ("acme", "bolt"):
            assert client.participant_register(company(name), status="member")["status"] == "member"
        price = {"to": Decimal("900.50")}
        wanted = {"unit_price": price, "process": "cut"}
        first = client.listing_publish("acme/order", "parts", "need", "Plates", fields=wanted)
        sold = {"unit_price": 700, "process": ["cut", "mill"]}
        second = client.listing_publish("bolt/mill", "parts", "offer", "Cutting", fields=sold)
        assert (first["state"], first["told"], second["told"]) == ("open", 0, 1)
        facts = [news.next(PATIENCE_S) for _ in range(3)]
        assert [fact.kind for fact in facts] == ["listing.opened", "listing.opened", "match.made"]
        made = facts[-1]
        assert (made.body["need"], made.body["offer"]) == ("acme/order", "bolt/mill")
        assert made.position == news.position == (client.status()["epoch"], second["number"])
        assert abs(made.at.timestamp() - time.time()) < 10
    explained = client.match_explain("acme/order", "bolt/mill")
    assert explained["meets"] and explained["told"]
    assert client.listing_revise("acme/order", fields={"unit_price": {"to": Decimal(100)}})["told"] == 0
    assert client.listing_matches("acme/order")["total"] == 0
    assert client.listing_show("acme/order")["listing"]["fields"]["unit_price"] == {"to": 100}
    assert daemon.ask("status")["digest"] == client.call("status")["digest"]


def test_many_are_published_at_once_in_order_and_a_refusal_ends_nothing(client, members):
    requests = [publish(f"{'nobody' if i % 100 == 50 else 'acme'}/{i}", process=[f"p{i}"]) for i in range(2000)]
    outcomes = list(client.ask_many(requests))
    for i, outcome in enumerate(outcomes):
        if i % 100 == 50:
            assert isinstance(outcome, matchd.Refused) and outcome.code == "unknown_participant"
        else:
            assert outcome["listing"] == f"acme/{i}"
    numbers = [outcome["number"] for outcome in outcomes if not isinstance(outcome, matchd.Refused)]
    assert numbers == sorted(set(numbers)) and len(numbers) == 1980
    rows = list(client.rows(matchd.messages.listing_list(exchange="parts", limit=300)))
    assert [row["listing"] for row in rows] == [o["listing"] for o in outcomes if not isinstance(o, matchd.Refused)]


def test_what_is_refused_says_what_where_and_what_would_have_been_right(client, members):
    with pytest.raises(matchd.Refused) as refused:
        client.ask(publish("acme/1", unit_price={"from": 5, "to": 1}))
    assert (refused.value.code, refused.value.field) == ("range_reversed", "fields.unit_price")
    with pytest.raises(matchd.Refused, match="unknown_message"):
        client.call("listing.frobnicate")
    with pytest.raises(matchd.Refused) as refused:
        client.participant_status("acme", "emperor")
    assert refused.value.code == "bad_value" and "member" in refused.value.expected and not refused.value.passing
    with pytest.raises(TypeError, match=r"fields\.unit_price: 9\.5 is a float"):
        client.ask(publish("acme/1", unit_price=9.5))
    assert client.listing_list()["listings"][-1]["listing"] != "acme/1"


def test_nobody_there_silence_and_coming_back_are_told_apart(faces, home, daemon):
    with faces.client(home / "nowhere", timeout=0.3) as nobody:
        with pytest.raises(matchd.Unreachable, match="nowhere/commands.sock"):
            nobody.status()
        with pytest.raises(matchd.Unreachable, match="nowhere/commands.sock"):
            nobody.follow(["x.parts"])
    with faces.client(daemon.runtime, timeout=0.5) as client:
        head = client.status()["head"]
        os.kill(daemon.gateway_pid(), signal.SIGSTOP)
        try:
            with pytest.raises(matchd.Timeout, match="0.5 s"):
                client.participant_register(company("late"))
        finally:
            os.kill(daemon.gateway_pid(), signal.SIGCONT)
        wait_for(lambda: client.status()["head"] > head, what="the request that was not answered")
        daemon.stop()
        with pytest.raises((matchd.Unreachable, matchd.Timeout)):
            client.status()
        daemon.start()
        assert client.status()["participants"] == 1


def test_requests_in_flight_end_when_the_gateway_dies_and_their_fate_is_told(client, daemon, members):
    outcomes = client.ask_many(publish(f"acme/{i % 50}", process=[f"p{i}"]) for i in range(100_000))
    next(outcomes)
    os.kill(daemon.gateway_pid(), signal.SIGSTOP)
    threading.Timer(0.5, daemon.kill_gateway).start()
    with pytest.raises(matchd.Timeout):
        for _ in outcomes:
            pass
    wait_for(lambda: reached(client), timeout=PATIENCE_S, what="the next gateway")


def reached(client):
    with contextlib.suppress(matchd.Unreachable, matchd.Timeout, matchd.Refused):
        return client.status()


# --- following ---


@pytest.mark.parametrize("streams", STREAMS, ids=IDS)
def test_a_follower_goes_on_where_it_was_before_its_own_restart(client, daemon, members, streams):
    list(client.ask_many(publish(f"acme/{i}") for i in range(1500)))
    seen, position = [], matchd.BEGINNING
    while len(seen) < 1400:
        with client.follow(streams, after=position) as follower:
            seen += given(follower, 130)
            position = follower.position
    list(client.ask_many(publish(f"bolt/{i}") for i in range(50)))
    with client.follow(streams, after=tuple(position)) as follower:
        rest = journal(daemon, streams, first=position.number + 1)
        seen += given(follower, len(rest))
        assert follower.next(timeout=0.2) is None
    assert seen == journal(daemon, streams)


@pytest.mark.slow
@pytest.mark.parametrize("streams", STREAMS, ids=IDS)
def test_a_slow_follower_gets_what_the_feed_dropped(client, daemon, members, streams, monkeypatch):
    monkeypatch.setattr(matchd.line, "FEED_HIGH_WATER", 10)
    receive, heard = matchd.line.Line.receive, []

    def counted(line):
        frames = receive(line)
        heard.extend(frames if frames and len(frames) == 3 else [])
        return frames

    monkeypatch.setattr(matchd.line.Line, "receive", counted)
    count = MORE_THAN_FITS if streams == ["x.parts"] else MORE_THAN_FITS // 2  # those concern two streams
    first = client.status()["head"] + 1
    with client.follow(streams) as follower:
        with matchd.Client(daemon.runtime) as publisher:
                list(publisher.ask_many(publish(f"acme/{i % 100}", process=[f"p{i}"]) for i in range(count)))
        expect_all(follower, daemon, streams, first)
        client.listing_pause("acme/1")
        assert follower.next(PATIENCE_S).kind == "listing.paused"
    assert len(heard) / 3 < MORE_THAN_FITS, "the feed dropped nothing: the test has lost its sting"


@pytest.mark.parametrize("streams", STREAMS, ids=IDS)
def test_another_store_is_told_and_followed_from_its_beginning(client, daemon, members, streams):
    with client.follow(streams, after=matchd.BEGINNING) as follower:
        before = given(follower, len(journal(daemon, streams)))
        daemon.stop()
        (daemon.data / "data.mdb").unlink()
        daemon.start()
        with daemon.client() as independent:
            register(independent, "acme", "coil")
            independent.ask("listing.publish", **need("acme/new"))
        with pytest.raises(matchd.EpochChanged) as change:
            while fact := follower.next(PATIENCE_S):
                assert fact.number in dict(before)
        assert change.value.new == client.status()["epoch"] != change.value.old
        follow_to_the_end(follower, daemon, streams)
    with client.follow(streams, after=(change.value.old, 3)) as follower:
        with pytest.raises(matchd.EpochChanged):
            follower.next(PATIENCE_S)
        follow_to_the_end(follower, daemon, streams)


def follow_to_the_end(follower, daemon, streams):
    bodies = []
    while not bodies or bodies[-1].get("listing") != "acme/new":
        fact = follower.next(PATIENCE_S)
        assert fact, "the new store's facts do not come"
        bodies.append(dict(fact.body))
    with daemon.client() as independent:
        page = independent.ask("facts.read", **{"from": 1})
    expected = [row["body"] for row in page["facts"] if not streams or set(streams) & set(row["streams"])]
    assert bodies == expected[: len(bodies)] and len(bodies) >= len(expected) - 1


class Service:
    """Follows in a thread and keeps every fact that it was given."""

    def __init__(self, client, streams):
        self.streams, self.facts, self.until = streams, [], None
        self.follower = client.follow(streams, after=matchd.BEGINNING)
        self.worker = Worker(self._work)

    def _work(self, _stopping):
        while self.until is None or not self.facts or self.facts[-1][0] < self.until:
            fact = self.follower.next(timeout=0.2)
            if fact:
                self.facts.append((fact.number, dict(fact.body)))

    def finish(self, daemon):
        expected = journal(daemon, self.streams)
        self.until = expected[-1][0]
        self.worker.finish()
        self.follower.close()
        assert self.facts == expected


def live_through(kills, daemon, client):
    services = [Service(client, streams) for streams in STREAMS]
    publisher = Publisher(daemon.runtime)
    kill_under_load(daemon, publisher, kills, seed=3)
    daemon.wait_until_ready()
    publisher.stop()
    for service in services:
        service.finish(daemon)
    assert len(services[0].facts) > 10 * kills


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_followers_live_through_a_dozen_kills_and_miss_nothing(client, daemon, members):
    live_through(12, daemon, client)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_followers_live_through_a_hundred_kills_and_miss_nothing(client, daemon, members):
    live_through(100, daemon, client)


# --- what only asyncio can do ---


def test_calls_overlap_and_each_gets_its_own_answer(daemon, members):
    async def story():
        async with matchd.AsyncClient(daemon.runtime) as client:
            replies = await asyncio.gather(
                *(client.ask(publish(f"acme/{i}")) for i in range(3000)),
                *(client.listing_show(f"nobody/{i}") for i in range(100)),
                return_exceptions=True,
            )
        assert [reply["listing"] for reply in replies[:3000]] == [f"acme/{i}" for i in range(3000)]
        assert {getattr(reply, "code", reply) for reply in replies[3000:]} == {"unknown_listing"}

    asyncio.run(story())


def test_waiting_can_be_cancelled_at_any_time_and_loses_nothing(daemon, members):
    async def follow(follower, facts, end):
        while not facts or facts[-1][0] < end():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.003):
                    while True:
                        fact = await anext(follower)
                        facts.append((fact.number, dict(fact.body)))
                        await asyncio.sleep(0)

    async def story(streams):
        async with matchd.AsyncClient(daemon.runtime) as client:
            async with client.follow(streams, after=matchd.BEGINNING) as follower:
                facts, last = [], []
                task = asyncio.create_task(follow(follower, facts, lambda: last[0] if last else 2**62))
                for i in range(200):
                    reply = await client.ask(publish(f"acme/{i}", process=[str(i), repr(streams)]))
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(client.status(), 0.0001 * (i % 10))
                last.append(reply["number"])
                await asyncio.wait_for(task, PATIENCE_S)
                return facts

    for streams in STREAMS:
        assert asyncio.run(story(streams)) == journal(daemon, streams)


def test_a_client_that_is_closed_leaves_nobody_waiting(daemon):
    async def story():
        client = matchd.AsyncClient(daemon.runtime, timeout=60)
        await client.status()
        os.kill(daemon.gateway_pid(), signal.SIGSTOP)
        try:
            task = asyncio.create_task(client.status())
            await asyncio.sleep(0.1)
            await client.close()
            with pytest.raises(asyncio.CancelledError):
                await task
        finally:
            os.kill(daemon.gateway_pid(), signal.SIGCONT)

        with pytest.raises(ValueError, match="closed"):
            await client.status()

    asyncio.run(story())


def test_a_follower_that_is_closed_says_so(client, daemon):
    follower = client.follow(["x.parts"])
    follower.close()
    with pytest.raises(ValueError, match="closed"):
        follower.next(1)


# --- programs that people read first ---


@contextlib.contextmanager
def program(*arguments, runtime=""):
    """A running program; its lines so far are in `lines`."""
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY), "MATCHD_RUNTIME": str(runtime)}
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
    )  # fmt: skip
    process.lines = []
    reader = threading.Thread(target=lambda: process.lines.extend(iter(process.stdout.readline, "")), daemon=True)
    reader.start()
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        reader.join(10)
        process.stdout.close()


def test_the_example_goes_on_behind_what_it_printed_however_it_ended(shipped_daemon, home):
    daemon, script, printed = shipped_daemon, EXAMPLES / "publish_and_follow.py", []
    listing = {"exchange": "patents", "side": "need", "title": "A need"}
    with daemon.client() as independent:
        register(independent, "acme")
        for turn in range(5):
            with program(script, daemon.runtime, "acme", "patents", home / "kept") as example:
                independent.ask("listing.publish", listing=f"acme/{turn}", **listing)
                end = independent.ask("streams.heads", streams=["p.acme"])["heads"]["p.acme"]
                wait_for(lambda: any(line.startswith(f"{end} ") for line in example.lines), what="the last fact")
            assert re.match(r"acme/example: (changed|unchanged), open, 0 told\n", example.lines[0])
            printed.append([int(line.split()[0]) for line in example.lines[1:]])
        for before, after in zip(printed, printed[1:]):
            assert after[0] >= before[-1], "it goes on with what was printed last, or behind it"
        everything = [fact.number for fact in independent.facts("p.acme")]
        assert sorted({number for lines in printed for number in lines}) == everything
    refused = subprocess.run(
        [sys.executable, script, daemon.runtime, "nobody", "patents", home / "none"],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(LIBRARY)}, check=False,
    )  # fmt: skip
    assert refused.returncode == 1 and refused.stderr.startswith("refused: unknown_participant")


def shown_in(page):
    """The first program for Python that a page shows."""
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)[0]


def test_the_librarys_readme_begins_with_what_works(shipped_daemon, home):
    path = home / "program.py"
    path.write_text(shown_in(LIBRARY / "README.md"), encoding="utf-8")
    with program(path, runtime=shipped_daemon.runtime) as shown:
        assert shown.wait(PATIENCE_S) == 0, shown.lines
    assert shown.lines == ["open 0\n"]
    plates = shipped_daemon.ask("listing.show", listing="acme/plates")["listing"]
    assert plates["fields"]["quantity"] == {"from": 50, "to": 50}


@pytest.mark.parametrize("which", ["README.md", "without_library.py"])
def test_the_programs_that_are_shown_print_every_match(shipped_daemon, home, which):
    daemon = shipped_daemon
    daemon.matchctl("participant", "register", REPOSITORY / "examples" / "participants.jsonl")
    daemon.matchctl("publish", REPOSITORY / "examples" / "contract-manufacturing.jsonl")
    register_plate(daemon)
    path = EXAMPLES / which
    if which == "README.md":
        path = home / "program.py"
        path.write_text(shown_in(REPOSITORY / "README.md"), encoding="utf-8")
    with program(path, daemon.runtime) as shown:
        if which != "README.md":
            publish_plate(daemon)
        wait_for(lambda: any("/plate-2" in line for line in shown.lines), timeout=20, what="the plate's matches")
        expected = [
            f"{number} {body['need']} {body['offer']} {body['score']}\n"
            for number, body in journal(daemon, ["x.contract-manufacturing"])
            if body["fact"] == "match.made"
        ]
        wait_for(lambda: len(shown.lines) >= len(expected), timeout=20, what="every match")
        assert shown.lines == expected


def register_plate(daemon):
    with daemon.client() as independent:
        register(independent, company("ex-laser-50"))


def publish_plate(daemon):
    fields = {"process": "milling-3axis", "quantity": 30, "unit_price": {"to": 4999}}
    plate = {"listing": "ex-laser-50/plate-2", "exchange": "contract-manufacturing", "side": "need", "title": "A plate"}
    daemon.ask("listing.publish", **plate, fields=fields)
