"""What the Python library does that lasts: keys of requests and durable subscriptions, blocking and with asyncio.

Without this a service could order twice after a lost answer, or mail a match twice or never after a restart.
"""

import contextlib
import os
import signal
import threading

import pytest
from daemon_process import running_daemon, wait_for
from people import need, offer, register
from python_faces import matchd
from test_client_python import EXAMPLES, program
from test_kills import Publisher, kill_under_load
from worker import Worker

PATIENCE_S = 20


def publish(client, listing, **arguments):
    given = need(listing)
    names = [given.pop(name) for name in ("listing", "exchange", "side", "title")]
    return client.listing_publish(*names, **given, **arguments)


# --- keys ---


def test_a_request_with_a_key_is_carried_out_once_though_answers_were_lost(faces, daemon, members):
    with faces.client(daemon.runtime, client="shop", timeout=0.3) as client:
        publish(client, "acme/1", key="order:1")
        gateway = daemon.gateway_pid()
        os.kill(gateway, signal.SIGSTOP)
        threading.Timer(1.0, os.kill, [gateway, signal.SIGCONT]).start()
        paused = client.listing_pause("acme/1", key="pause:1")
        assert (paused["result"], paused["revision"]) == ("changed", 2)
        assert client.listing_pause("acme/1", key="pause:1") == paused
        with pytest.raises(matchd.Refused, match="idempotency_conflict"):
            client.listing_resume("acme/1", key="pause:1")


def test_a_request_with_a_key_outlasts_the_death_of_both_processes(faces, daemon, members):
    def die():
        daemon.kill_gateway()
        daemon.kill()
        daemon.spawn()

    with faces.client(daemon.runtime, client="shop", timeout=0.3) as client:
        publish(client, "acme/1")
        os.kill(daemon.gateway_pid(), signal.SIGSTOP)  # the request is on its way when they die
        death = threading.Timer(0.2, die)
        death.start()
        assert client.listing_pause("acme/1", key="pause:1")["result"] == "changed"
        death.join()
        assert client.listing_show("acme/1")["listing"]["revision"] == 2


# --- durable subscriptions ---


@pytest.fixture
def client(faces, daemon, members):
    with faces.client(daemon.runtime, client="mailer", timeout=1) as client:
        yield client


def told(deliveries):
    return [(delivery.number, dict(delivery.body)) for delivery in deliveries]


def journal(daemon, first):
    with daemon.client() as independent:
        return [(fact.number, fact.body) for fact in independent.facts("x.parts", first)]


def test_a_subscription_gives_what_happens_and_goes_on_behind_what_was_acknowledged(client, daemon):
    assert client.subscription_create("mail", exchange="parts")["result"] == "changed"
    first = client.status()["head"] + 1
    for i in range(30):
        publish(client, f"acme/{i}")
    expected = journal(daemon, first)
    with client.subscription("mail", credit=7) as mail:
        given = [mail.next(PATIENCE_S) for _ in range(20)]
        given[11].ack()
    with client.subscription("mail", auto_ack=True) as mail:
        rest = [mail.next(PATIENCE_S) for _ in range(18)]
        assert mail.next(0.1) is None
    assert told(given[:12] + rest) == expected
    with client.subscription("mail") as mail:
        assert mail.next(0.1) is None, "the last one was acknowledged when another was asked for"
        publish(client, "acme/last")
        last = next(mail)
        assert (last.kind, last.state, last.because) == ("listing.opened", None, ())
    with client.subscription("mail", after=last.place) as mail:
        assert mail.next(0.1) is None
    assert client.subscription_show("mail")["subscription"]["acked"] >= last.number


def test_what_stands_comes_first_and_matches_say_because_of_what(client, daemon):
    publish(client, "acme/1")
    with daemon.client() as independent:
        independent.ask("listing.publish", **offer("bolt/1"))
    client.subscription_create("mail", exchange="parts", participant="acme", start="state")
    with client.subscription("mail", auto_ack=True) as mail:
        standing = [mail.next(PATIENCE_S) for _ in range(2)]
        assert [delivery.kind for delivery in standing] == ["listing.opened", "match.made"]
        assert standing[0].state < standing[1].state and standing[0].because == ()
        client.listing_pause("acme/1")
        happened = [mail.next(PATIENCE_S) for _ in range(2)]
        assert [delivery.kind for delivery in happened] == ["listing.paused", "match.ended"]
        assert happened[1].because == ("mail",) and happened[1].state is None


def test_who_cannot_open_a_subscription_is_told_why(faces, client, daemon, home):
    with pytest.raises(matchd.Refused, match="unknown_subscription"):
        client.subscription("mail")
    with faces.client(daemon.runtime) as nameless:
        with pytest.raises(ValueError, match="client"):
            nameless.subscription("mail")
    with faces.client(home / "nowhere", client="mailer", timeout=0.3) as nobody:
        with pytest.raises(matchd.Unreachable, match="nowhere/commands.sock"):
            nobody.subscription("mail")


def test_another_consumer_takes_over_and_a_deleted_subscription_is_told(client, daemon):
    client.subscription_create("mail", exchange="parts")
    publish(client, "acme/1")
    with client.subscription("mail", wait=30) as first:
        given = first.next(PATIENCE_S)
        assert first.next(0.1) is None, "now it waits"
        with client.subscription("mail") as second:
            assert told([second.next(PATIENCE_S)]) == told([given])
            with pytest.raises(matchd.Refused, match="subscription_taken"):
                first.next(PATIENCE_S)
            assert second.next(0.1) is None
            client.subscription_delete("mail")
            with pytest.raises(matchd.Refused, match="subscription_deleted"):
                second.next(PATIENCE_S)
            with pytest.raises(matchd.Refused, match="unknown_subscription"):
                second.next(PATIENCE_S)


def test_a_connection_that_is_cut_is_noticed_at_once(client, daemon):
    """Else the fetch that went down with the gateway would be waited for, for more than the test's patience."""
    client.subscription_create("mail", exchange="parts")
    with client.subscription("mail", wait=60) as mail:
        for i in range(3):
            assert mail.next(0.2) is None, "now it waits"
            threading.Timer(0.3, daemon.kill_gateway).start()
            threading.Timer(1.5, daemon.ask, ["listing.publish"], need(f"acme/{i}")).start()
            assert mail.next(PATIENCE_S).body["listing"] == f"acme/{i}"


def test_a_subscription_that_is_closed_says_so(client):
    client.subscription_create("mail")
    mail = client.subscription("mail")
    mail.close()
    mail.close()
    with pytest.raises(ValueError, match="closed"):
        mail.next(1)


def test_another_store_is_told_and_consumed_when_the_subscription_is_made_again(client, daemon):
    client.subscription_create("mail", exchange="parts")
    publish(client, "acme/1")
    with client.subscription("mail", wait=0.5) as mail:
        mail.next(PATIENCE_S).ack()
        old = client.status()["epoch"]
        daemon.stop()
        (daemon.data / "data.mdb").unlink()
        daemon.start()
        with pytest.raises(matchd.Refused, match="unknown_subscription"):
            mail.next(PATIENCE_S)
        client.subscription_create("mail", exchange="parts")
        with pytest.raises(matchd.EpochChanged) as change:
            mail.next(PATIENCE_S)
        assert change.value.old == old and change.value.new == client.status()["epoch"]
        with daemon.client() as independent:
            register(independent, "acme")
        number = publish(client, "acme/1")["number"]
        assert mail.next(PATIENCE_S).number == number


# --- facts that are gone ---


@pytest.fixture
def trimmed(faces):
    """A client and a position, from which on facts are gone."""
    with running_daemon(keep_size=1 << 20) as daemon, daemon.client() as independent:
        register(independent, "bolt")
        with faces.client(daemon.runtime, client="mailer") as client:
            client.subscription_create("mail", exchange="parts", from_=1)
            for i in range(150):
                independent.ask("listing.publish", **offer(f"bolt/{i}", text="x" * 12000))
            wait_for(lambda: client.status()["first"] > 1, what="the end of old facts", pause=0.1)
            yield client, client.status()["first"], client.status()["head"]


def test_a_subscription_and_a_follower_are_told_what_is_gone_and_go_on_behind(trimmed):
    client, first, head = trimmed
    for source in (
        client.follow(["x.parts"], after=matchd.BEGINNING),
        client.follow(after=matchd.BEGINNING),
        client.subscription("mail"),
    ):
        with source:
            with pytest.raises(matchd.Lagged) as lag:
                source.next(PATIENCE_S)
            assert (lag.value.first, lag.value.last) == (1, first - 1)
            numbers = [source.next(PATIENCE_S).number]
            while numbers[-1] < head:
                numbers.append(source.next(PATIENCE_S).number)
            assert numbers[0] >= first and numbers == sorted(set(numbers)) and len(numbers) >= head - first


# --- kills ---


class Mailbox:
    """Consumes in a thread; acknowledges each delivery, and is itself killed and begun anew now and then."""

    def __init__(self, client, name, each=40):
        self.client, self.name, self.each = client, name, each
        self.deliveries, self.lives, self.until = {}, 0, None
        self.worker = Worker(self._work)

    def _work(self, _stopping):
        place = None
        while not self._arrived():
            place = self._live(place)
            self.lives += 1

    def _live(self, place):
        """One life of the service, which keeps what it dealt with."""
        with self.client.subscription(self.name, wait=0.3, credit=10, after=place if self.lives % 2 else None) as mail:
            for _ in range(self.each):
                delivery = mail.next(timeout=0.2)
                if delivery:
                    assert self.deliveries.get(delivery.number, dict(delivery.body)) == dict(delivery.body)
                    self.deliveries[delivery.number] = dict(delivery.body)
                    place = delivery.place
                    mail.ack()
                elif self._arrived():
                    break
        return place

    def _arrived(self):
        return self.until is not None and max(self.deliveries, default=0) >= self.until

    def finish(self, expected):
        self.until = expected[-1][0]
        self.worker.finish()
        assert list(self.deliveries.items()) == expected


@pytest.mark.timeout(120)
def test_subscriptions_live_through_a_dozen_kills_and_miss_nothing(faces, daemon, members):
    with faces.client(daemon.runtime, client="mailer", timeout=1) as client:
        client.subscription_create("mail", exchange="parts", kinds=["match.made", "match.changed", "match.ended"])
        client.subscription_create("all", exchange="parts")
        first = client.status()["head"] + 1
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(faces.client(daemon.runtime, client="mailer", timeout=1)) for _ in range(2)]
        boxes = [Mailbox(client, name) for client, name in zip(clients, ("mail", "all"))]
        publisher = Publisher(daemon.runtime)
        kill_under_load(daemon, publisher, 12, seed=5)
        daemon.wait_until_ready()
        publisher.stop()
        expected = journal(daemon, first)
        boxes[0].finish([(number, body) for number, body in expected if body["fact"].startswith("match.")])
        boxes[1].finish(expected)


# --- the example ---


def test_the_example_writes_every_match_down_once_however_often_it_is_killed(daemon, members, home):
    script, file = EXAMPLES / "mailer.py", home / "mail"
    with daemon.client() as independent:
        independent.ask("listing.publish", **need("acme/1"))
        for i in range(4):
            independent.ask("listing.publish", **offer(f"bolt/{i}"))
            with program(script, daemon.runtime, "acme", file) as mailer:
                wait_for(lambda: "listening\n" in mailer.lines, what="the mailer")
                independent.ask("listing.withdraw", listing=f"bolt/{i}")
                wait_for(lambda i=i: f"match.ended acme/1 bolt/{i}\n" in read(file), what="the mail")
        lines = read(file).splitlines()
        assert len(set(lines)) == len(lines)
        matches = [fact for fact in independent.facts("p.acme") if fact.body["fact"].startswith("match.")]
        told = [line.split()[3:] for line in lines]
        assert told == [[fact.body["fact"], fact.body["need"], fact.body["offer"]] for fact in matches]


def read(file):
    return file.read_text() if file.exists() else ""
