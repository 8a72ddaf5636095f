"""Processes are killed under load, and nobody loses anything.

Without this an acknowledged offer could vanish in a crash, a mailer miss a match or tell one twice, or a command that
was sent again under its key be carried out again.
"""

import random
import time

import pytest
from daemon_process import running_daemon, wait_for
from people import need, offer, register
from protocol_client import Client, Consumer, NoAnswer, Refused
from worker import Worker

LISTINGS_EACH = 12
PAUSE_S = 0.03  # between rounds: the load is steady and not all that the machine can do
ANSWER_S = 0.5  # by then an answer has come, or it went down with the process that had it
OWNER = "mailer"  # of the durable subscriptions
CREDIT, FETCHES_EACH = 40, 50  # how much a consumer takes at a time, and how often before it begins anew
CHEAP = 502  # what the standing search looks for
PROGRESS = 10  # commands acknowledged between two kills


class Publisher:
    """Revises listings without end, several at once, and keeps a ledger of what was acknowledged.

    Each revision has a title of its own. What is not answered is published again: the same content makes no second
    revision. No two commands on their way concern the same listing, so their order does not matter."""

    pause_s = PAUSE_S

    def __init__(self, runtime):
        self.runtime = runtime
        self.ledger = []  # (listing, title, number) as acknowledged
        self.on_their_way = {}  # the commands by request that are not yet answered
        self.asked_again = 0
        self.worker = Worker(self._work)

    def _work(self, stopping):
        with Client(self.runtime, timeout=ANSWER_S) as client:
            for turn in range(1_000_000):
                if stopping.is_set():
                    return
                self._settle(client, list(self._commands(turn)))
                time.sleep(self.pause_s)

    @staticmethod
    def _commands(turn):
        for i in range(LISTINGS_EACH):
            common = {"title": f"turn {turn} of {i}", "process": [f"process-{i}"]}
            yield "listing.publish", need(f"acme/{i}", **common, unit_price=1000 + turn % 7)
            yield "listing.publish", offer(f"bolt/{i}", **common, unit_price=price_of(turn))

    def _acknowledged(self, command, answer):
        self.ledger.append((command["listing"], command["title"], answer["number"]))

    def _settle(self, client, commands):
        """Until the last one is acknowledged."""
        while commands:
            refused, waiting = [], {}
            self.on_their_way = waiting
            for cmd, arguments in commands:
                waiting[client.send(cmd, **arguments)] = cmd, arguments
            try:
                while waiting:
                    number, answer = client.wait()
                    command = waiting.pop(number)
                    if isinstance(answer, Refused):
                        assert answer.code == "core_unavailable", answer
                        refused.append(command)
                    else:
                        self._acknowledged(command[1], answer)
            except NoAnswer:
                self.asked_again += len(waiting)
            commands = refused + list(waiting.values())

    def stop(self):
        self.worker.stop()


def price_of(turn):
    return 500 + turn % 5


class KeyedPublisher(Publisher):
    """Pauses and resumes listings, each command under a key of its own.

    Sent twice without a key, a command would be refused the second time, or be undone by the one after it."""

    pause_s = 0.002  # so that something is on its way at every kill
    dear = 600

    def __init__(self, runtime):
        self.carried_out = {}  # listing: revisions as answered
        super().__init__(runtime)

    def _commands(self, turn):
        for i in range(LISTINGS_EACH):
            listing, own = f"coil/{i}", {"client": "coil", "key": f"{i}:{turn}"}
            if turn == 0:
                yield "listing.publish", {**offer(listing, process=[f"keyed-{i}"], unit_price=self.dear), **own}
            else:
                yield ("listing.pause" if turn % 2 else "listing.resume"), {"listing": listing, **own}

    def _acknowledged(self, command, answer):
        assert answer["result"] == "changed"
        self.carried_out.setdefault(command["listing"], []).append(answer["revision"])


class Service:
    """Follows streams and keeps every fact that it was given."""

    def __init__(self, daemon, streams):
        self.follower = daemon.follow(streams)
        self.facts, self.given, self.heads = [], {}, None  # `given`: the last number by stream
        self.worker = Worker(self._work)

    def _work(self, _stopping):
        with self.follower:
            while not self._arrived():
                fact = self.follower.next(timeout=0.2)
                if fact:
                    self.facts.append(fact)
                    self.given[fact.stream] = fact.number

    def _arrived(self):
        return self.heads is not None and all(self.given.get(stream, 0) >= head for stream, head in self.heads.items())

    def finish(self, client):
        self.heads = client.ask("streams.heads", streams=list(self.follower.positions))["heads"]
        self.worker.finish()
        return self.facts


class Mailbox:
    """Consumes a durable subscription and keeps every fact that it was given; forgets everything else now and then."""

    def __init__(self, daemon, name, **subscription):
        self.client, self.name = daemon.client(timeout=ANSWER_S), name
        self.client.ask("subscription.create", client=OWNER, name=name, **subscription)
        self.facts, self.taken_over, self.until = {}, 0, None
        self.worker = Worker(self._work)

    def _work(self, _stopping):
        with self.client:
            while not self._arrived():
                self._live()

    def _live(self):
        """One life of the service: the next begins behind what this one acknowledged."""
        consumer = Consumer(self.client, OWNER, self.name)
        for _ in range(FETCHES_EACH):
            for row in consumer.take(credit=CREDIT):
                assert self.facts.get(row["number"], row["body"]) == row["body"]
                self.facts[row["number"]] = row["body"]
            if self._arrived():
                break
        self.taken_over += consumer.takeovers

    def _arrived(self):
        return self.until is not None and max(self.facts, default=0) >= self.until

    def finish(self, expected):
        self.until = expected[-1].number
        self.worker.finish()
        assert list(self.facts.items()) == [(fact.number, fact.body) for fact in expected]


def searched(facts, limit):
    """Those that a search for offers of at most this price is to hear of, by hand: docs/protocol.md."""
    price, in_view = {}, set()
    for fact in facts:
        body = fact.body
        if body.get("side") == "offer":
            if "title" in body:
                price[body["listing"]] = stated_price(body["title"])
            passes = price[body["listing"]] <= limit
        elif "need" in body:
            pair = body["need"], body["offer"]
            was, meets = pair in in_view, price[body["offer"]] <= limit and body["fact"] != "match.ended"
            passes = meets or was
            in_view = in_view | {pair} if meets else in_view - {pair}
        else:
            passes = False
        if passes:
            yield fact


def stated_price(title):
    return price_of(int(title.split()[1])) if title.startswith("turn") else KeyedPublisher.dear


def kill_under_load(daemon, publisher, kills, seed):
    """Gateway and core by turns, at random moments of the load."""
    moments = random.Random(seed)
    for i in range(kills):
        done = len(publisher.ledger)
        wait_for(lambda done=done: publisher.worker.problem or len(publisher.ledger) > done + PROGRESS, 30, "progress")
        time.sleep(moments.uniform(0, 0.05))
        wait_for(lambda: publisher.on_their_way, pause=0.0005, what="a command on its way")
        if i % 2:
            daemon.kill()
            daemon.spawn()
        else:
            daemon.kill_gateway()


def check_ledger(client, ledger):
    facts = {}
    for fact in client.facts("x.parts"):
        if "title" in fact.body:
            facts.setdefault((fact.body["listing"], fact.body["title"]), []).append(fact.number)
    for listing, title, number in ledger:
        numbers = facts.get((listing, title), [])
        assert len(numbers) == 1, f"{listing} '{title}' was acknowledged, and is told {len(numbers)} times"
        assert numbers[0] <= number
    last = {listing: title for listing, title, _ in ledger}
    for listing, title in last.items():
        assert client.ask("listing.show", listing=listing)["listing"]["title"] == title


def check_service(client, service):
    facts = service.finish(client)
    for stream in service.follower.positions:
        given = [fact for fact in facts if fact.stream == stream]
        assert given == list(client.facts(stream)), f"the facts of {stream} are not those of the journal"


def check_keys(client, publisher):
    """Every command under a key had one effect, and its answer says which."""
    assert len(publisher.carried_out) == LISTINGS_EACH
    for listing, revisions in publisher.carried_out.items():
        assert revisions == list(range(1, len(revisions) + 1)), f"{listing}: {revisions}"
        assert client.ask("listing.show", listing=listing)["listing"]["revision"] == len(revisions)


def check_mailboxes(client, plain, search):
    facts = list(client.facts("x.parts"))  # the subscriptions were there before the first listing
    plain.finish(facts)
    expected = list(searched(facts, CHEAP))
    search.finish(expected)
    assert 0 < len(expected) < len(facts)


def live_through(kills, seed):
    with running_daemon(log_level="info") as daemon:
        with daemon.client() as client:
            register(client, "acme", "bolt", "coil")
        services = [Service(daemon, ["x.parts"]), Service(daemon, ["p.acme", "x.parts", "x.measures"])]
        search = {"side": "offer", "fields": {"unit_price": {"to": CHEAP}}}
        mailboxes = [Mailbox(daemon, "plain", exchange="parts"), Mailbox(daemon, "search", exchange="parts", **search)]
        publisher, keyed = Publisher(daemon.runtime), KeyedPublisher(daemon.runtime)
        kill_under_load(daemon, publisher, kills, seed)
        daemon.wait_until_ready()
        publisher.stop()
        keyed.stop()
        with daemon.client() as client:
            check_ledger(client, publisher.ledger)
            check_keys(client, keyed)
            check_mailboxes(client, *mailboxes)
            for service in services:
                check_service(client, service)
            before = client.ask("status")
        for asking in publisher, keyed:
            assert asking.asked_again, "no kill took an answer with it: the test has lost its sting"
        assert before["told"] == LISTINGS_EACH
        daemon.restart()
        after = daemon.ask("status")
        for key in ("digest", "head", "epoch", "told", "queue"):
            assert after[key] == before[key], key


@pytest.mark.timeout(60)
def test_a_dozen_kills_lose_nothing():
    live_through(kills=12, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_hundred_kills_lose_nothing():
    live_through(kills=200, seed=2)
