"""What matchd is for, from the first registration on, as its users live through it."""

import time

import pytest
from daemon_process import wait_for
from people import company, measure, need, offer, register
from protocol_client import pack

SOON_MS = 600


@pytest.fixture
def client(daemon):
    with daemon.client() as client:
        yield client


@pytest.fixture
def pair(client):
    """A need and an offer that suit each other."""
    register(client, "acme", "bolt")
    client.ask("listing.publish", **need("acme/order", quantity=100, unit_price=900))
    client.ask("listing.publish", **offer("bolt/mill", quantity={"from": 1, "to": 500}, unit_price=700))
    return "acme/order", "bolt/mill"


@pytest.fixture
def news(daemon, client, pair):
    """Follows the market from where it stands with the pair in it; call it for what became of matches since the last
    time."""
    with daemon.follow({"x.parts": last_in(client, "x.parts")}) as follower:

        def matches():
            wait_for(lambda: client.ask("status")["queue"] == 0, what="the work that waits")
            facts = follower.until("x.parts", last_in(client, "x.parts"))
            bodies = [fact.body for fact in facts if fact.body["fact"].startswith("match.")]
            return [(body["fact"], body.get("cause")) for body in bodies]

        matches.follower = follower
        yield matches


def now_ms():
    return int(time.time() * 1000)


def last_in(client, stream):
    return client.ask("streams.heads", streams=[stream])["heads"][stream]


# --- told at once ---


def test_both_sides_are_told_of_a_match_the_moment_it_comes_about(daemon, client):
    register(client, "acme", "bolt")
    with daemon.follow(["x.parts"]) as portal, daemon.follow(["p.acme"]) as buyer, daemon.follow(["p.bolt"]) as maker:
        first = client.ask("listing.publish", **need("acme/order", unit_price=900))
        assert (first["result"], first["revision"], first["state"], first["told"]) == ("changed", 1, "open", 0)
        asked = time.monotonic()
        second = client.ask("listing.publish", **offer("bolt/mill", unit_price=700))
        assert second["told"] == 1
        for follower, stream in ((portal, "x.parts"), (buyer, "p.acme"), (maker, "p.bolt")):
            fact = follower.until(stream, last_in(client, stream), timeout=5)[-1]
            body = fact.body
            assert (body["fact"], body["exchange"], body["need"], body["offer"]) == (
                "match.made", "parts", "acme/order", "bolt/mill",
            )  # fmt: skip
            assert (body["need_box"], body["offer_box"]) == (0, 0)
            assert abs(body["at"] - now_ms()) < 10_000
        assert time.monotonic() - asked < 2


def test_a_portal_can_show_why_two_suit_each_other(client, pair):
    """Price: the need accepts up to 900, the offer from 700; they agree on 800, 100 of 1000 better than their bounds."""
    matches = client.ask("listing.matches", listing=pair[0])
    assert matches["total"] == 1
    assert matches["matches"][0] == {
        "listing": "bolt/mill", "title": "offer bolt/mill", "score": 100, "need_box": 0, "offer_box": 0, "told": True,
    }  # fmt: skip
    explained = client.ask("match.explain", need=pair[0], offer=pair[1])
    assert (explained["meets"], explained["told"], explained["score"]) == (True, True, 100)
    assert "cause" not in explained
    price = next(field for field in explained["fields"] if field["field"] == "unit_price")
    assert (price["met"], price["need_points"], price["offer_points"]) == (True, 100, 100)
    assert price["need"] == {"to": 900} and price["offer"] == {"from": 700}


def test_the_best_counterpart_comes_first(client, pair):
    register(client, "cheap", "dear")
    client.ask("listing.publish", **offer("dear/mill", unit_price=890))
    client.ask("listing.publish", **offer("cheap/mill", unit_price=100))
    matches = client.ask("listing.matches", listing=pair[0])["matches"]
    assert [match["listing"] for match in matches] == ["cheap/mill", "bolt/mill", "dear/mill"]
    assert list(client.pages("listing.matches", "matches", listing=pair[0], limit=1)) == matches


# --- what ends and changes matches ---


def test_a_revision_changes_ends_and_makes_matches(client, pair, news):
    reply = client.ask("listing.revise", listing=pair[1], fields={"unit_price": 800})
    assert news() == [("match.changed", None)]
    reply = client.ask("listing.revise", listing=pair[1], fields={"unit_price": 901})
    assert news() == [("match.ended", "conditions")]
    assert reply["told"] == 0
    reply = client.ask("listing.revise", listing=pair[1], fields={"unit_price": None})
    assert news() == [("match.made", None)]
    assert client.ask("listing.revise", listing=pair[1], fields={"unit_price": None})["result"] == "unchanged"


def test_a_block_parts_two_and_lifting_it_joins_them_again(client, pair, news):
    def block(blocks):
        return client.ask("participant.revise", participant="acme", set={"blocks": blocks})

    assert block(["bolt"])["result"] == "changed"
    assert news() == [("match.ended", "conditions")]
    explained = client.ask("match.explain", need=pair[0], offer=pair[1])
    assert (explained["meets"], explained["cause"]) == (False, "conditions")
    block([])
    assert news() == [("match.made", None)]


def test_a_suspended_members_matches_end_and_come_back_with_its_status(client, pair, news):
    client.ask("participant.status", participant="bolt", status="suspended")
    assert news() == [("match.ended", "offer_status")]
    assert client.ask("listing.show", listing=pair[1])["listing"]["member"] is False
    client.ask("participant.status", participant="bolt", status="member")
    assert news() == [("match.made", None)]


def test_an_applicants_listings_wait_for_admission(client, pair):
    register(client, "newcomer", status="applicant")
    reply = client.ask("listing.publish", **offer("newcomer/mill", unit_price=500))
    assert (reply["note"], reply["told"]) == ("participant_not_member", 0)
    assert client.ask("listing.matches", listing=pair[0])["total"] == 1
    client.ask("participant.status", participant="newcomer", status="member")
    assert client.ask("listing.matches", listing=pair[0])["total"] == 2


# --- standing needs ---


def test_a_company_gets_its_support_measures_without_asking(daemon, client):
    register(client, company("agency"))
    client.ask("listing.publish", **measure("agency/machines", okved={"any_of": ["25"]}))
    client.ask("listing.publish", **measure("agency/software", okved={"any_of": ["62"]}, headcount=100))
    with daemon.follow(["p.acme"]) as acme:

        def told():
            wait_for(lambda: client.ask("status")["queue"] == 0, what="the work that waits")
            facts = acme.until("p.acme", last_in(client, "p.acme"))
            return [(fact.body["fact"], fact.body["offer"]) for fact in facts if "offer" in fact.body]

        register(client, company("acme", okved=["25.62"], headcount=50))
        assert told() == [("match.made", "agency/machines")]
        client.ask("participant.revise", participant="acme", set={"okved": ["62.01"]})
        assert told() == [("match.ended", "agency/machines"), ("match.made", "agency/software")]
    assert client.ask("listing.matches", listing="acme/~measures")["matches"][0]["listing"] == "agency/software"


# --- a listing's life ---


def test_a_paused_listing_rests_and_comes_back(client, pair, news):
    reply = client.ask("listing.pause", listing=pair[0])
    assert (reply["state"], news()) == ("paused", [("match.ended", "need_state")])
    reply = client.ask("listing.resume", listing=pair[0])
    assert (reply["state"], news()) == ("open", [("match.made", None)])


def test_a_withdrawn_listing_is_gone_until_it_is_published_again(client, pair, news):
    reply = client.ask("listing.withdraw", listing=pair[1])
    assert (reply["state"], news()) == ("withdrawn", [("match.ended", "offer_state")])
    reply = client.ask("listing.publish", **offer("bolt/mill", unit_price=600))
    assert (reply["state"], reply["revision"]) == ("open", 3)
    assert news() == [("match.made", None)]


def test_a_listing_expires_at_its_time_without_anybody_asking(client, pair, news):
    end = now_ms() + SOON_MS
    client.ask("listing.renew", listing=pair[0], valid_until=end)
    kinds = []
    while "match.ended" not in kinds:
        fact = news.follower.next(5)
        assert fact, "nothing happened at the listing's end"
        kinds.append(fact.body["fact"])
    assert kinds == ["listing.renewed", "listing.expired", "match.ended"]
    assert end <= fact.body["at"] < end + 1500
    assert fact.body["cause"] == "need_state"
    assert client.ask("listing.show", listing=pair[0])["listing"]["state"] == "expired"
    reply = client.ask("listing.renew", listing=pair[0])
    assert reply["state"] == "open"
    assert news() == [("match.made", None)]


def test_a_scheduled_listing_opens_at_its_time(client, pair, news):
    start = now_ms() + SOON_MS
    reply = client.ask("listing.publish", **offer("bolt/later", unit_price=10, valid_from=start))
    assert (reply["state"], reply["told"]) == ("scheduled", 0)
    bodies = []
    while not bodies or bodies[-1]["fact"] != "match.made":
        fact = news.follower.next(5)
        assert fact, "the scheduled listing did not open"
        bodies.append(fact.body)
    assert [body["fact"] for body in bodies] == ["listing.scheduled", "listing.opened", "match.made"]
    assert bodies[1]["listing"] == "bolt/later" and start <= bodies[1]["at"] < start + 1500


def test_a_draft_is_nobodys_business_until_it_is_published(client, pair):
    draft = client.ask("listing.publish", **offer("bolt/idea", unit_price=1, draft=True))
    assert (draft["state"], draft["told"]) == ("draft", 0)
    assert client.ask("listing.matches", listing=pair[0])["total"] == 1
    assert client.ask("listing.publish", **offer("bolt/idea", unit_price=1))["told"] == 1


def test_publishing_the_same_again_makes_no_second_listing_and_no_noise(client, pair):
    head = client.ask("status")["head"]
    again = client.ask("listing.publish", **need("acme/order", quantity=100, unit_price="900.00"))
    assert (again["result"], again["revision"], again["number"]) == ("unchanged", 1, head)
    assert client.ask("status")["head"] == head


def test_listings_and_participants_can_be_paged_through(client):
    register(client, *(f"member-{i}" for i in range(5)))
    for i in range(5):
        client.ask("listing.publish", **need(f"member-{i}/order"))
    participants = list(client.pages("participant.list", "participants", limit=2))
    assert [participant["id"] for participant in participants] == [f"member-{i}" for i in range(5)]
    listings = list(client.pages("listing.list", "listings", limit=2, exchange="parts", side="need", state="open"))
    assert [listing["listing"] for listing in listings] == [f"member-{i}/order" for i in range(5)]
    assert [listing["listing"] for listing in client.pages("listing.list", "listings", participant="member-3")] == [
        "member-3/~measures", "member-3/order",
    ]  # fmt: skip


# --- following ---


def test_a_service_that_was_away_gets_exactly_what_it_missed(daemon, client, pair):
    with daemon.follow(["x.parts"]) as service:
        seen = service.until("x.parts", last_in(client, "x.parts"))
        epoch = service.epoch
    client.ask("listing.pause", listing=pair[0])
    client.ask("listing.resume", listing=pair[0])
    with daemon.follow({"x.parts": seen[-1].number}, epoch=epoch) as service:
        missed = service.until("x.parts", last_in(client, "x.parts"))
    assert [fact.body["fact"] for fact in missed] == [
        "listing.paused", "match.ended", "listing.resumed", "match.made",
    ]  # fmt: skip
    assert seen + missed == list(client.facts("x.parts"))


def test_a_subscriber_hears_of_its_own_participant_and_not_of_one_with_a_longer_name(daemon, client):
    register(client, "acme", "acme-2")
    with daemon.follow({"p.acme": last_in(client, "p.acme")}) as service:
        client.ask("listing.publish", **need("acme-2/order"))
        client.ask("listing.publish", **need("acme/order"))
        facts = service.until("p.acme", last_in(client, "p.acme"))
    assert [fact.body["listing"] for fact in facts] == ["acme/order"]


def test_silence_can_be_told_from_loss_by_the_heartbeat(daemon, client, pair):
    """A subscriber that heard nothing for three seconds knows that the feed is gone; here it beats."""
    with daemon.follow({"x.parts": last_in(client, "x.parts")}) as service:
        service.next(timeout=2.6)
        assert service.heartbeats >= 2


# --- what nobody may see ---


def test_what_is_not_public_never_leaves(daemon):
    """Contacts, blocks, `match_only` and `mutual` values: in no reply, in no frame of the feed, byte by byte."""
    seen = []
    streams = ["x.parts", "p.acme", "p.bolt"]
    with daemon.client(record=seen.append) as client, daemon.follow(streams, record=seen.extend) as feed:
        contacts = {"email": "hidden@acme.example", "phone": "+7-495-hidden"}
        register(client, company("acme", contacts=contacts, blocks=[]), "rival", "bolt")
        private = {"blocks": ["rival"], "contacts": {"fax": "hidden-fax"}}
        client.ask("participant.revise", participant="acme", set=private)
        secret = {"budget": "7654321.09", "contact_hours": ["hidden-midnight"]}
        variants = [{}, {"budget": 7654322}]
        client.ask("listing.publish", **need("acme/order", material=["steel"], variants=variants, **secret))
        client.ask("listing.publish", **offer("bolt/mill", budget=7000000))
        reply = client.ask("listing.publish", **offer("bolt/dear", budget=8000000))
        assert reply["told"] == 0, "what is hidden takes part in matching"
        client.ask("listing.revise", listing="acme/order", fields={"budget": "7654321.08"})
        for cmd, arguments in {
            "participant.show": {"participant": "acme"},
            "participant.list": {},
            "listing.show": {"listing": "acme/order"},
            "listing.list": {},
            "listing.matches": {"listing": "acme/order"},
            "match.explain": {"need": "acme/order", "offer": "bolt/mill"},
            "facts.read": {"from": 1},
            "exchange.show": {"exchange": "parts"},
        }.items():
            client.ask(cmd, **arguments)
        failing = client.ask("match.explain", need="acme/order", offer="bolt/dear")
        shown = client.ask("listing.show", listing="acme/order")["listing"]
        feed.until("p.acme", last_in(client, "p.acme"))
        client.raw(b"\xc1")
    hidden = next(field for field in failing["fields"] if field["field"] == "budget")
    assert hidden == {"field": "budget", "hidden": True}, "not even whether it met"
    assert (failing["meets"], failing["cause"]) == (False, "conditions")
    assert shown["fields"]["budget"] == "(hidden)" and shown["fields"]["contact_hours"] == "(hidden)"
    everything = b"\n".join(seen)
    assert b"steel" in everything and pack("acme/order") in everything, "the search finds what is there"
    words = (b"hidden@", b"+7-495", b"hidden-", pack("blocks"))
    for secret in (*words, *number_forms(765432109), *number_forms(765432108)):
        assert secret not in everything, secret


def number_forms(kopecks):
    """The ways in which an amount could slip out."""
    roubles = kopecks // 100
    return str(roubles).encode(), str(kopecks).encode(), pack(kopecks), pack(roubles), pack(float(kopecks))
