"""What goes on while processes are killed, stopped or given wrong times: publishers with keys, consumers of durable
subscriptions, followers of the feed; and the comparison of all that they know with the journal."""

import random
import time

from durable_consumer import DurableConsumer
from keyed_publisher import KeyedPublisher
from ledger import PATIENCE_S, Violation, demand
from truth import MATCHES, Journal, Standing, Want

from people import company
from protocol_client import Client, Follower
from worker import Worker

ME, LATE = "portal", "late"
STREAMS = (["x.parts"], ["p.acme", "x.parts", "x.measures"])
REOPEN = 0.002  # of a follower's turns: it goes, and comes back where it was


def wants():
    return [
        Want("everything"),
        Want("offers", exchange="parts", side="offer"),
        Want("search", exchange="parts", side="offer", process="milling", price=700),
        Want("good-search", exchange="parts", side="offer", process="turning", price=900, min_score=150),
        Want("good", exchange="parts", kinds=list(MATCHES), min_score=200),
        Want("acme", participant="acme", side="need"),
    ]


class FeedFollower:
    """Keeps every fact of its streams."""

    def __init__(self, runtime, streams, seed):
        self.runtime, self.random, self.facts, self.replays = runtime, random.Random(seed), [], 0
        self.follower = Follower(runtime, streams)

    def work(self, stopping):
        while not stopping.is_set():
            fact = self.follower.next(timeout=0.1)
            if fact:
                self.facts.append(fact)
            elif self.random.random() < REOPEN:
                self._come_back()
        self.follower.close()

    def _come_back(self):
        old = self.follower
        self.replays += old.replays
        old.close()
        self.follower = Follower(self.runtime, old.positions, old.epoch)

    def expected(self, journal):
        return {stream: journal.by_stream[stream] for stream in self.follower.positions}

    def given(self):
        given = {stream: [] for stream in self.follower.positions}
        for fact in list(self.facts):
            given[fact.stream].append(fact)
        return given


class Load:
    """Begins at once. `checked`: how many acknowledgements, rows and facts were compared."""

    def __init__(self, daemon, seed, pause_s=0.02, consumers=DurableConsumer, followers=FeedFollower):
        self.daemon, self.seed, self.checked = daemon, seed, 0
        self.journal, self.late, self.compared = Journal(), [], {}
        self.make_consumer = consumers
        with daemon.client() as client:
            for participant in ("acme", "bolt"):
                client.ask_until_answered(
                    "participant.register", PATIENCE_S, participant=company(participant), status="member")
            wait_until_idle(client)
            head = client.ask_until_answered("status")["head"]
            self.wants = wants()
            for want in self.wants:
                reply = client.ask_until_answered(
                    "subscription.create", PATIENCE_S, client=ME, name=want.name, **want.arguments())
                demand(reply["acked"] == head, f"{want.name} begins at {reply}, not at {head}")
            self.journal.read_on(client)
        self.journal.wants = self.wants
        self.publishers = [KeyedPublisher(daemon.runtime, "acme", "need", seed, pause_s=pause_s),
                           KeyedPublisher(daemon.runtime, "bolt", "offer", seed + 1, pause_s=pause_s)]
        self.consumers = [consumers(daemon.runtime, ME, want.name, seed + 2 + i)
                          for i, want in enumerate(self.wants)]
        self.followers = [followers(daemon.runtime, streams, seed + 50 + i) for i, streams in enumerate(STREAMS)]
        self.workers = [Worker(each.work) for each in self.consumers + self.followers]

    def acknowledged(self):
        return sum(len(publisher.booked) for publisher in self.publishers)

    def check_workers(self):
        for worker in [publisher.worker for publisher in self.publishers] + self.workers:
            worker.check()

    def begin_late(self, client):
        """A consumer who wants what stands, in the middle of it all."""
        name = f"state-{len(self.late)}"
        client.ask_until_answered("subscription.create", PATIENCE_S, client=LATE, name=name, exchange="parts",
                                  start="state")
        consumer = self.make_consumer(self.daemon.runtime, LATE, name, self.seed + 100 + len(self.late))
        self.late.append(consumer)
        self.workers.append(Worker(consumer.work))

    # --- checks ---

    def check(self, client):
        """Everything acknowledged so far, and given so far, while it goes on."""
        self.check_workers()
        acknowledged = [publisher.snapshot() for publisher in self.publishers]
        given = [list(consumer.given) for consumer in self.consumers]
        followed = [follower.given() for follower in self.followers]
        self.journal.read_on(client)
        for publisher, snapshot in zip(self.publishers, acknowledged):
            self.checked += publisher.check_facts(snapshot, self.journal.told)
        for want, rows in zip(self.wants, given):
            self._compare(want.name, [(row.number, row.body, because(row)) for row in rows], want.expected)
        for number, (follower, by_stream) in enumerate(zip(self.followers, followed)):
            for stream, facts in by_stream.items():
                self._compare(f"follower {number} of {stream}", facts, follower.expected(self.journal)[stream])

    def _compare(self, name, given, expected, whole=False):
        """What was given is how it begins, or all of it."""
        begin = self.compared.get(name, 0)
        for i in range(begin, len(given)):
            demand(i < len(expected), f"{name} was given {given[i]}, which the journal does not let through")
            demand(given[i] == expected[i], f"{name} was given {given[i]} where {expected[i]} is due")
        demand(not whole or len(given) == len(expected),
               f"{name} was given {len(given)} of {len(expected)}: {expected[len(given):][:1]}")
        self.checked += len(given) - begin
        self.compared[name] = len(given)

    def finish(self, client):
        """Comes to an end in which everybody has everything."""
        for publisher in self.publishers:
            publisher.worker.stop()
            publisher.ask_again(client, 200)
        wait_until_idle(client)
        self.journal.read_on(client)
        for publisher in self.publishers:
            self.checked += publisher.check_all(client, self.journal.told) + publisher.asked_again
        for consumer in self.consumers + self.late:
            consumer.patient.set()
        self._wait(self._all_given)
        for worker in self.workers:
            worker.stop()
        self.check(client)
        for want, consumer in zip(self.wants, self.consumers):
            self._compare(want.name, [(row.number, row.body, because(row)) for row in consumer.given], want.expected,
                          whole=True)
        for consumer in self.late:
            self._check_late(consumer)
        for consumer in self.consumers + self.late:
            self._check_nothing_left(client, consumer)

    def _all_given(self):
        self.check_workers()
        behind = [want.name for want, consumer in zip(self.wants, self.consumers)
                  if len(consumer.given) < len(want.expected)]
        head = self.journal.heads["x.parts"]
        behind += [consumer.name for consumer in self.late if not consumer.given or consumer.given[-1].number < head]
        behind += [f"{stream}" for follower in self.followers for stream, number in follower.follower.positions.items()
                   if number < self.journal.heads[stream]]
        return behind

    @staticmethod
    def _wait(behind):
        end = time.monotonic() + PATIENCE_S
        while missing := behind():
            if time.monotonic() > end:
                raise Violation(f"{', '.join(missing)}: not given everything in {PATIENCE_S} s")
            time.sleep(0.02)

    def _check_late(self, consumer):
        """What stood, then every fact from there on; together, what stands now."""
        begin = consumer.given[0].number
        now, then = Standing(), Standing()
        for row in consumer.given:
            then.take(row.body)
        facts = [(fact.number, fact.body) for fact in self.journal.by_stream["x.parts"]]
        for _, body in facts:
            now.take(body)
        demand(then == now, f"{consumer.name} knows of {then}, and there are {now}")
        after = [(row.number, row.body) for row in consumer.given if row.state is None]
        self._compare(consumer.name, after, [fact for fact in facts if fact[0] > begin], whole=True)

    @staticmethod
    def _check_nothing_left(client, consumer):
        """What is acknowledged does not come again, to nobody."""
        request = {"client": consumer.owner, "name": consumer.name, "consumer": 1}
        kind, number = consumer.done
        demand(kind == 1, f"{consumer.name} was given no fact")
        client.ask_until_answered("subscription.fetch", PATIENCE_S, **request, ack=number, credit=0)
        rows = client.ask_until_answered("subscription.fetch", PATIENCE_S, **request)["facts"]
        demand(not rows, f"{consumer.name} is given {rows[:1]} again")


def because(row):
    return sorted(row.because) if row.because is not None else None


def wait_until_idle(client):
    """The telling that waited is done."""
    end = time.monotonic() + PATIENCE_S
    while client.ask_until_answered("status", PATIENCE_S)["queue"]:
        demand(time.monotonic() < end, "the work that waits is not done")
        time.sleep(0.01)


def status_of(runtime):
    with Client(runtime) as client:
        status = client.ask_until_answered("status", PATIENCE_S)
    return {key: status[key] for key in ("digest", "head", "epoch", "told", "queue", "open", "stamp")}
