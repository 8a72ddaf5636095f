"""An exchange whose operator looks at what is published, and publishers who are told before their listings end.

Without this something unapproved could be matched, or something approved could be changed behind the operator's back.
"""

import shutil
import time

import pytest
from daemon_process import SMALL, Daemon, wait_for
from people import need, offer, register
from protocol_client import Refused

DAY_MS = 86_400_000


@pytest.fixture
def market(home):
    """Offers are moderated; a listing's end is told a day before."""
    files = home / "x"
    shutil.copytree(SMALL, files)
    text = (files / "parts.yaml").read_text(encoding="utf-8")
    text = text.replace("max_days: 60}", "max_days: 60, notice_days: 1}\nmoderated: offer")
    (files / "parts.yaml").write_text(text, encoding="utf-8")
    daemon = Daemon(home, files)
    try:
        daemon.start()
        with daemon.client() as client:
            register(client, "acme", "bolt")
            client.ask("listing.publish", **need("acme/shaft", unit_price=900))
        yield daemon
        daemon.stop()
    finally:
        daemon.close()


def state(client, listing):
    return client.ask("listing.show", listing=listing)["listing"]["state"]


def partners(client, listing):
    return [match["listing"] for match in client.ask("listing.matches", listing=listing)["matches"]]


def kinds(client):
    return [fact.body["fact"] for fact in client.facts("p.bolt")]


def test_what_is_published_waits_for_the_operator(market):
    with market.client() as client:
        assert client.ask("listing.publish", **offer("bolt/lathe", unit_price=700))["state"] == "pending"
        assert partners(client, "acme/shaft") == []
        assert client.ask("listing.approve", listing="bolt/lathe")["state"] == "open"
        assert partners(client, "acme/shaft") == ["bolt/lathe"]
        assert client.ask("listing.approve", listing="bolt/lathe")["result"] == "unchanged"
        assert kinds(client)[-3:] == ["listing.submitted", "listing.approved", "match.made"]


def test_a_change_of_content_waits_anew_and_new_times_do_not(market):
    with market.client() as client:
        client.ask("listing.publish", **offer("bolt/lathe", unit_price=700))
        client.ask("listing.approve", listing="bolt/lathe")
        assert client.ask("listing.renew", listing="bolt/lathe", valid_until=int(time.time() * 1000) + 9 * DAY_MS)["state"] == "open"
        client.ask("listing.pause", listing="bolt/lathe")
        assert client.ask("listing.resume", listing="bolt/lathe")["state"] == "open"
        assert client.ask("listing.revise", listing="bolt/lathe", fields={"unit_price": 710})["state"] == "pending"
        assert partners(client, "acme/shaft") == []
        assert kinds(client)[-2:] == ["listing.submitted", "match.ended"]

        client.ask("listing.approve", listing="bolt/lathe")
        client.ask("listing.pause", listing="bolt/lathe")
        client.ask("listing.revise", listing="bolt/lathe", title="Quite another offer")
        assert state(client, "bolt/lathe") == "paused"
        assert client.ask("listing.resume", listing="bolt/lathe")["state"] == "pending", "no way around the operator"


def test_a_rejected_listing_is_a_draft_with_a_reason(market):
    with market.client() as client:
        client.ask("listing.publish", **offer("bolt/lathe", unit_price=700))
        rejected = client.ask("listing.reject", listing="bolt/lathe", reason="Что за станок?")
        assert rejected["state"] == "draft"
        assert list(client.facts("p.bolt"))[-1].body["reason"] == "Что за станок?"
        with pytest.raises(Refused, match="state_not_allowed"):
            client.ask("listing.approve", listing="bolt/lathe")
        again = client.ask("listing.publish", **offer("bolt/lathe", unit_price=700, text="Токарный, с ЧПУ"))
        assert again["state"] == "pending"
        with pytest.raises(Refused, match="stale_revision"):
            client.ask("listing.approve", listing="bolt/lathe", expect_revision=again["revision"] - 1)
        client.ask("listing.approve", listing="bolt/lathe", expect_revision=again["revision"])
        assert partners(client, "acme/shaft") == ["bolt/lathe"]


def test_needs_are_not_moderated_here_and_cannot_be_approved_twice(market):
    with market.client() as client:
        assert state(client, "acme/shaft") == "open"
        with pytest.raises(Refused, match="state_not_allowed"):
            client.ask("listing.reject", listing="acme/shaft")
        with pytest.raises(Refused, match="unknown_listing"):
            client.ask("listing.approve", listing="acme/nothing")
        with pytest.raises(Refused, match="too_large"):
            client.ask("listing.reject", listing="acme/shaft", reason="x" * 1001)


def test_pending_survives_a_crash(market):
    with market.client() as client:
        client.ask("listing.publish", **offer("bolt/lathe", unit_price=700))
        before = client.ask("status")["digest"]
    market.kill()
    market.start()
    with market.client() as client:
        assert client.ask("status")["digest"] == before
        assert state(client, "bolt/lathe") == "pending"
        client.ask("listing.approve", listing="bolt/lathe")
        client.ask("listing.pause", listing="bolt/lathe")
    market.restart()
    with market.client() as client:
        assert client.ask("listing.resume", listing="bolt/lathe")["state"] == "open", "approved is approved"


def test_the_publisher_is_told_before_the_end(market):
    with market.client() as client:
        soon = int(time.time() * 1000) + DAY_MS + 1500
        client.ask("listing.publish", **need("bolt/order", valid_until=soon))
        revision = client.ask("listing.show", listing="bolt/order")["listing"]["revision"]
        wait_for(lambda: "listing.expiring" in kinds(client), what="the notice")
        notice = [fact.body for fact in client.facts("p.bolt") if fact.body["fact"] == "listing.expiring"]
        assert len(notice) == 1 and notice[0]["valid_until"] == soon and notice[0]["state"] == "open"
        assert client.ask("listing.show", listing="bolt/order")["listing"]["revision"] == revision
        client.ask("listing.publish", **need("bolt/brief", valid_until=int(time.time() * 1000) + 1500))
        wait_for(lambda: state(client, "bolt/brief") == "expired", what="the end")
        assert kinds(client).count("listing.expiring") == 1, "what lives shorter than the notice ends without one"


def test_the_tool_moderates(market):
    with market.client() as client:
        client.ask("listing.publish", **offer("bolt/lathe", unit_price=700))
        client.ask("listing.publish", **offer("bolt/mill", unit_price=700))
    waiting = market.matchctl("list", "--state", "pending")
    assert "bolt/lathe" in waiting.stdout and "bolt/mill" in waiting.stdout and "acme/shaft" not in waiting.stdout
    assert market.matchctl("approve", "bolt/lathe").returncode == 0
    assert market.matchctl("reject", "bolt/mill", "--reason", "no price list").returncode == 0
    watched = market.matchctl("watch", "p.bolt", "--from", "1", "--count", "7")
    assert "listing.approved" in watched.stdout and "listing.rejected" in watched.stdout
    assert "no price list" in watched.stdout
