"""A durable subscription gives its consumer every fact that its filter lets through, once and in order.

Without this a service that was away for an hour would have to guess what it missed, and a portal would have to look
through everything for what its users want to hear of.
"""

import os
import signal
import time

import protocol_client
import pytest
from daemon_process import running_daemon, wait_for
from people import measure, need, offer, register
from protocol_client import Refused

ME = "portal"


@pytest.fixture(scope="module")
def market():
    """Shared: every test has participants and subscriptions of its own."""
    with running_daemon() as daemon, daemon.client() as client:
        yield Market(daemon, client)


class Market:
    def __init__(self, daemon, client):
        self.daemon, self.client, self.serial = daemon, client, 0

    def people(self):
        """A customer and two suppliers who meet nobody else: they work in a process of their own."""
        self.serial += 1
        names = [f"{role}{self.serial}" for role in ("customer", "bolt", "gear")]
        register(self.client, *names)
        return People(self.client, self.serial, *names)

    def subscribe(self, name="s", **arguments):
        self.serial += 1
        name = f"{name}{self.serial}"
        self.client.ask("subscription.create", client=ME, name=name, **arguments)
        return Consumer(self.client, ME, name)


class People:
    def __init__(self, client, serial, customer, bolt, gear):
        self.client, self.process = client, [f"process-{serial}"]
        self.customer, self.bolt, self.gear = customer, bolt, gear

    def need(self, **fields):
        return self.client.ask("listing.publish", **need(f"{self.customer}/n", process=self.process, **fields))

    def offer(self, who, key="o", **fields):
        return self.client.ask("listing.publish", **offer(f"{who}/{key}", process=self.process, **fields))


class Consumer(protocol_client.Consumer):
    """With what the tests ask of it."""

    def facts(self, **arguments):
        """Everything there is now: (kind, listing or (need, offer))."""
        given = []
        while rows := self.fetch(**arguments)["facts"]:
            given += rows
        return [(row["body"]["fact"], subject(row["body"])) for row in given]

    def show(self):
        return self.client.ask("subscription.show", client=ME, name=self.name)["subscription"]


def subject(body):
    return (body["need"], body["offer"]) if "need" in body else body.get("listing", body.get("participant"))


# ---- what passes ----


def test_without_a_filter_everything_passes_in_order(market):
    everything = market.subscribe()
    head = market.client.ask("status")["head"]
    people = market.people()
    people.need()
    people.offer(people.bolt)
    replay = market.client.ask("facts.read", **{"from": head + 1})["facts"]
    given = everything.fetch()["facts"]
    assert [(row["number"], row["body"]) for row in given] == [(row["number"], row["body"]) for row in replay]
    assert everything.fetch()["facts"] == []


def test_a_filter_by_place_and_kind(market):
    people = market.people()
    pair = (f"{people.customer}/n", f"{people.bolt}/o")
    filters = {
        "measures": {"exchange": "measures"},
        "needs": {"exchange": "parts", "side": "need"},
        "bolt": {"participant": people.bolt},
        "bolt as customer": {"participant": people.bolt, "side": "need"},
        "gear offers": {"participant": people.gear, "side": "offer"},
        "one listing": {"listing": pair[0]},
        "ends": {"exchange": "parts", "kinds": ["match.ended", "listing.withdrawn"]},
    }
    consumers = {name: market.subscribe(**given) for name, given in filters.items()}
    people.need()
    people.offer(people.bolt)
    people.offer(people.gear, unit_price=10)
    market.client.ask("listing.withdraw", listing=pair[1])
    market.client.ask("listing.publish", **measure(f"{people.gear}/m"))
    other = (pair[0], f"{people.gear}/o")
    matches = [("match.made", pair), ("match.made", other), ("match.ended", pair)]
    bolts = [("listing.opened", pair[1]), matches[0], ("listing.withdrawn", pair[1]), matches[2]]
    gears = [("listing.opened", other[1]), matches[1], ("listing.opened", f"{people.gear}/m")]
    measured = consumers["measures"].facts()
    assert measured[0] == gears[2] and {kind for kind, _ in measured[1:]} == {"match.made"}
    assert consumers["needs"].facts() == [("listing.opened", pair[0]), *matches]
    assert consumers["bolt"].facts()[:4] == bolts
    assert {kind for kind, _ in consumers["bolt as customer"].facts()} == {"match.made"}  # measures for bolt
    assert consumers["gear offers"].facts()[:3] == gears
    assert consumers["one listing"].facts() == [("listing.opened", pair[0]), *matches]
    assert consumers["ends"].facts() == [("listing.withdrawn", pair[1]), ("match.ended", pair)]


def test_a_standing_search_hears_of_what_meets_it_and_of_what_becomes_of_that(market):
    people = market.people()
    cheap = market.subscribe(
        exchange="parts", side="offer", fields={"process": people.process, "unit_price": {"to": 500}}
    )
    people.need(unit_price=2000)
    people.offer(people.bolt, unit_price=400)
    people.offer(people.gear, unit_price=600)
    pair, other = ((f"{people.customer}/n", f"{who}/o") for who in (people.bolt, people.gear))
    assert cheap.facts() == [("listing.opened", pair[1]), ("match.made", pair)]
    people.offer(people.bolt, unit_price=700)  # no longer cheap: its match is heard of once more
    assert cheap.facts() == [("match.changed", pair)]
    people.offer(people.bolt, unit_price=800)
    market.client.ask("listing.withdraw", listing=pair[1])
    assert cheap.facts() == []
    people.offer(people.gear, unit_price=300)
    market.client.ask("listing.withdraw", listing=other[1])
    assert cheap.facts() == [
        ("listing.revised", other[1]),
        ("match.changed", other),
        ("listing.withdrawn", other[1]),
        ("match.ended", other),
    ]


def test_a_least_score_follows_a_match_in_and_out(market):
    people = market.people()
    good = market.subscribe(exchange="parts", kinds=["match.made", "match.changed", "match.ended"], min_score=40)
    pair = (f"{people.customer}/n", f"{people.bolt}/o")
    people.need(unit_price=1000)
    people.offer(people.bolt, unit_price=990)
    assert good.facts() == []
    people.offer(people.bolt, unit_price=900)
    assert good.facts() == [("match.changed", pair)]
    people.offer(people.bolt, unit_price=990)
    assert good.facts() == [("match.changed", pair)]
    market.client.ask("listing.withdraw", listing=pair[1])
    assert good.facts() == []


def test_a_match_says_because_of_which_subscriptions_it_came(market):
    people = market.people()
    search = {"exchange": "parts", "side": "offer", "fields": {"process": people.process}}
    all_matches = market.subscribe("all", kinds=["match.made"])
    first, second = market.subscribe("first", **search), market.subscribe("second", **search, min_score=900)
    market.client.ask("subscription.create", client="another", name="theirs", **search)
    people.need(unit_price=1000)
    people.offer(people.bolt, unit_price=900)
    (row,) = [row for row in all_matches.fetch()["facts"] if row["body"]["exchange"] == "parts"]
    assert all_matches.name in row["because"] and first.name in row["because"]
    assert second.name not in row["because"] and "theirs" not in row["because"]
    again = [row for row in first.fetch()["facts"] if row["body"]["fact"] == "match.made"]
    assert again[0]["because"] == row["because"]


# ---- where it begins ----


def test_what_stands_comes_first_and_then_what_happens(market):
    people = market.people()
    people.need()
    people.offer(people.bolt)
    consumer = market.subscribe(exchange="parts", participant=people.customer, start="state")
    people.offer(people.gear)
    pair, other = ((f"{people.customer}/n", f"{who}/o") for who in (people.bolt, people.gear))
    one_by_one = consumer.facts(credit=1)
    assert one_by_one == [("listing.opened", pair[0]), ("match.made", pair), ("match.made", other)]
    assert consumer.show()["state"] is False


def test_a_state_that_was_given_in_part_is_gone_on_with(market):
    people = market.people()
    people.need()
    for i in range(5):
        people.offer(people.bolt, f"o{i}")
    consumer = market.subscribe(exchange="parts", participant=people.bolt, start="state")
    first = consumer.fetch(credit=3)["facts"]
    consumer.fetch(credit=2, acknowledge=False)  # given, and lost with the consumer
    consumer.take_over()
    rest = consumer.facts()
    assert [subject(row["body"]) for row in first] + [about for _, about in rest][:2] == [
        f"{people.bolt}/o{i}" for i in range(5)
    ]
    assert len(rest) == 2 + 5


def test_it_may_begin_at_a_number_or_a_time(market):
    people = market.people()
    before = market.client.ask("status")
    time.sleep(0.01)
    people.need()
    people.offer(people.bolt)
    by_number = market.subscribe(exchange="parts", **{"from": before["head"] + 1})
    by_time = market.subscribe(exchange="parts", since=before["stamp"] + 1)
    given = by_number.facts()
    assert [kind for kind, _ in given] == ["listing.opened", "listing.opened", "match.made"]
    assert by_time.facts() == given


# ---- acknowledging ----


def test_what_is_not_acknowledged_is_given_again_to_another(market):
    people = market.people()
    consumer = market.subscribe(participant=people.customer)
    people.need()
    given = consumer.fetch(acknowledge=False)["facts"]
    assert consumer.fetch()["facts"] == []
    consumer.take_over()
    assert consumer.fetch()["facts"] == given
    consumer.fetch(credit=0)
    consumer.take_over()
    assert consumer.fetch()["facts"] == []
    assert consumer.show()["acked"] >= given[-1]["number"]


def test_what_is_not_acknowledged_in_time_is_given_again_to_the_same(market):
    people = market.people()
    consumer = market.subscribe(participant=people.customer, ack_timeout_ms=1000)
    people.need()
    given = consumer.fetch(acknowledge=False)["facts"]
    assert consumer.fetch(acknowledge=False)["facts"] == []
    wait_for(lambda: consumer.fetch(acknowledge=False)["facts"] == given, what="the second delivery")


def test_a_fetch_waits_for_the_next_fact(market):
    people = market.people()
    consumer = market.subscribe(participant=people.customer)
    with market.daemon.client() as other:
        number = other.send(
            "subscription.fetch", client=ME, name=consumer.name, consumer=consumer.number, wait_ms=10000
        )
        wait_for(lambda: consumer.show()["waiting"], what="the fetch")
        people.need()
        assert [row["body"]["fact"] for row in other.wait(number)["facts"]] == ["listing.opened"]
        assert other.ask(
            "subscription.fetch", client=ME, name=consumer.name, consumer=consumer.number, wait_ms=50
        )["facts"] == []


def test_who_was_taken_from_is_told_and_does_not_take_it_back(market):
    people = market.people()
    first = market.subscribe(participant=people.customer)
    second = Consumer(market.client, ME, first.name)
    people.need()
    given = first.fetch(acknowledge=False)["facts"]
    assert second.fetch(acknowledge=False)["facts"] == given
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            first.fetch()
        assert (refused.value.code, refused.value.field) == ("subscription_taken", "consumer")
    assert second.fetch(acknowledge=False)["facts"] == []
    first.take_over()
    assert first.fetch()["facts"] == given


@pytest.mark.parametrize("facts_between", [True, False])
@pytest.mark.parametrize("late", ["ack", "after"])
def test_what_was_said_of_an_earlier_subscription_passes_over_no_state(market, late, facts_between):
    people = market.people()
    people.need()
    consumer = market.subscribe(exchange="parts", participant=people.customer)
    head = market.client.ask("status")["head"]
    market.client.ask("subscription.delete", client=ME, name=consumer.name)
    if facts_between:
        people.offer(people.bolt)
    again = {"client": ME, "name": consumer.name, "exchange": "parts", "participant": people.customer}
    market.client.ask("subscription.create", **again, start="state")
    rows = consumer.fetch(**{late: head})["facts"]
    assert [row["body"]["fact"] for row in rows] == ["listing.opened", "match.made"][: 1 + facts_between]
    assert all("state" in row for row in rows)


@pytest.mark.parametrize(
    "what, code", [("take over", "subscription_taken"), ("delete", "subscription_deleted"), ("again", None)]
)
def test_who_waits_hears_when_it_is_in_vain(market, what, code):
    consumer = market.subscribe(participant="nobody")
    with market.daemon.client() as other:
        asked = {"client": ME, "name": consumer.name, "wait_ms": 60000}
        number = other.send("subscription.fetch", **asked, consumer=consumer.number)
        wait_for(lambda: consumer.show()["waiting"], what="the fetch")
        if what == "delete":
            market.client.ask("subscription.delete", client=ME, name=consumer.name)
        else:
            consumer.number += 1000 * (what == "take over")
            consumer.fetch(wait_ms=0)
        if code:
            with pytest.raises(Refused) as refused:
                other.wait(number)
            assert refused.value.code == code
        else:
            assert other.wait(number)["facts"] == []


# ---- what lasts ----


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_subscription_outlives_the_process(how):
    with running_daemon() as daemon:
        with daemon.client() as client:
            market = Market(daemon, client)
            people = market.people()
            search = {"exchange": "parts", "side": "offer", "fields": {"process": people.process}, "min_score": 1}
            consumers = [
                market.subscribe("plain", exchange="parts"),
                market.subscribe("search", **search),
                market.subscribe("state", exchange="parts", start="state"),
            ]
            people.need(unit_price=1000)
            people.offer(people.bolt, unit_price=900)
            first = [consumer.fetch(credit=1)["facts"] for consumer in consumers]
            for consumer in consumers:
                consumer.fetch(credit=0)
            time.sleep(1.5)  # acknowledgements are stored within a second or so
        if how == "killed":
            os.kill(daemon.process.pid, signal.SIGKILL)
            daemon.process.wait()
        else:
            daemon.stop()
        daemon.start()
        with daemon.client() as client:
            client.ask("listing.withdraw", listing=f"{people.bolt}/o")
            pair = (f"{people.customer}/n", f"{people.bolt}/o")
            ends = [("listing.withdrawn", pair[1]), ("match.ended", pair)]
            for consumer, given in zip(consumers, first):
                consumer.client = client
                consumer.take_over()
                given = [(row["body"]["fact"], subject(row["body"])) for row in given]
                rest = consumer.facts()
                assert rest[-2:] == ends
                assert not set(given) & set(rest)
                assert ("match.made", pair) in rest


# ---- refusals ----


@pytest.mark.parametrize(
    "given, code, field",
    [
        ({"name": "a b"}, "bad_value", "name"),
        ({"exchange": "none"}, "unknown_exchange", "exchange"),
        ({"side": "both"}, "bad_value", "side"),
        ({"listing": "acme"}, "bad_value", "listing"),
        ({"listing": "a/b/c d"}, "bad_value", "listing"),
        ({"participant": "a/b"}, "bad_value", "participant"),
        ({"kinds": ["match.none"]}, "bad_value", "kinds"),
        ({"kinds": ["queue.added"]}, "bad_value", "kinds"),
        ({"kinds": [1]}, "bad_type", "kinds"),
        ({"min_score": 1001}, "too_large", "min_score"),
        ({"fields": {"unit_price": 5}}, "missing_field", "exchange"),
        ({"fields": {"unit_price": 5}, "exchange": "parts"}, "missing_field", "side"),
        ({"fields": {"colour": "red"}, "exchange": "parts", "side": "offer"}, "unknown_field", "fields.colour"),
        ({"start": "yesterday"}, "bad_value", "start"),
        ({"start": "now", "from": 1}, "bad_value", "from"),
        ({"from": 1_000_000}, "bad_value", "from"),
        ({"from": 1, "min_score": 5}, "bad_value", "from"),
        ({"ack_timeout_ms": 10}, "bad_value", "ack_timeout_ms"),
        ({"client": None}, "bad_type", "client"),
    ],
)
def test_a_filter_that_cannot_be_is_refused_by_name(market, given, code, field):
    with pytest.raises(Refused) as refused:
        market.client.ask("subscription.create", **{"client": ME, "name": "wrong", **given})
    assert (refused.value.code, refused.value.field) == (code, field)
    with pytest.raises(Refused) as unknown:
        market.client.ask("subscription.show", client=ME, name="wrong")
    assert unknown.value.code == "unknown_subscription"


def test_a_name_means_one_filter_until_it_is_deleted(market):
    consumer = market.subscribe(exchange="parts")
    again = {"client": ME, "name": consumer.name}
    assert market.client.ask("subscription.create", **again, exchange="parts")["result"] == "unchanged"
    with pytest.raises(Refused) as refused:
        market.client.ask("subscription.create", **again)
    assert refused.value.code == "subscription_exists"
    market.client.ask("subscription.delete", **again)
    assert market.client.ask("subscription.create", **again)["result"] == "changed"
    with pytest.raises(Refused) as unknown:
        market.client.ask("subscription.delete", client="another", name=consumer.name)
    assert unknown.value.code == "unknown_subscription"


def test_an_acknowledgement_of_what_never_was_is_refused(market):
    consumer = market.subscribe()
    consumer.place = {"ack": 1_000_000}
    with pytest.raises(Refused) as refused:
        consumer.fetch()
    assert (refused.value.code, refused.value.field) == ("bad_value", "ack")


def test_subscriptions_are_listed_by_page(market):
    for _ in range(3):
        market.subscribe("listed")
    seen, after = [], 0
    while after is not None:
        page = market.client.ask("subscription.list", client=ME, after=after, limit=2)
        seen += [row["name"] for row in page["subscriptions"]]
        after = page.get("next")
    assert len(seen) == len(set(seen)) and sum(name.startswith("listed") for name in seen) == 3
    everybody = market.client.ask("subscription.list", limit=1000)["subscriptions"]
    assert {row["client"] for row in everybody} >= {ME, "another"}


def test_what_is_acknowledged_in_another_epoch_counts_for_nothing(market):
    people = market.people()
    consumer = market.subscribe(participant=people.customer)
    people.need()
    asked = {"client": ME, "name": consumer.name, "consumer": consumer.number}
    head = market.client.ask("status")["head"]
    told = market.client.ask("subscription.fetch", **asked, epoch=bytes(16), ack=head, after=head)
    assert told["epoch_changed"] is True
    assert [row["body"]["fact"] for row in market.client.ask("subscription.fetch", **asked)["facts"]] == [
        "listing.opened"
    ]


def test_requests_that_come_twice_use_up_nothing(market):
    """Each of them counts as in flight at the gateway, and is not answered: it must be counted off all the same."""
    consumer = market.subscribe(participant="nobody")
    with market.daemon.client() as client:
        request = {"v": 1, "id": 7, "cmd": "subscription.fetch", "client": ME, "name": consumer.name, "consumer": 99}
        for _ in range(3000):
            client._transmit(protocol_client.pack(request))
        assert client.ask_until_answered("status")["head"] > 0  # once the core is through with them
