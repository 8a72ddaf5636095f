"""The operator changes what an exchange compares, while it runs.

A change that went wrong here would leave listings that say what their exchange cannot read, matches that are none any
more, or a market that does not come up again after a crash.
"""

import os
import shutil
import signal

import pytest
from daemon_process import SMALL, Daemon, wait_for
from people import need, offer, register
from protocol_client import Refused


@pytest.fixture
def files(home):
    """A copy of the small exchanges that the test may write to."""
    shutil.copytree(SMALL, home / "x")
    return home / "x"


@pytest.fixture
def market(home, files):
    """A market with one match, on those files."""
    daemon = Daemon(home, files)
    try:
        daemon.start()
        with daemon.client() as client:
            register(client, "acme", "bolt", "cast")
            client.ask("listing.publish", **need("acme/shaft", unit_price=900, quantity=10))
            client.ask("listing.publish", **offer("bolt/lathe", unit_price=700, quantity=10))
            client.ask("listing.publish", **offer("cast/mill", unit_price=700, quantity=99))
        yield daemon
        daemon.stop()
    finally:
        daemon.close()


def edit(files, *changes, name="parts.yaml"):
    text = (files / name).read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (files / name).write_text(text, encoding="utf-8")


def results(reply):
    """{name: result} of what a reload found changed."""
    return {entry["name"]: entry["result"] for entry in reply["definitions"] if entry["result"] != "unchanged"}


def partners(client, listing):
    return [match["listing"] for match in client.ask("listing.matches", listing=listing)["matches"]]


def facts_after(client, number):
    return [fact.body for fact in client.facts("x.parts", number + 1)]


def settled(client):
    wait_for(lambda: client.ask("status")["queue"] == 0, what="the work that waits")


QUANTITY = "  quantity:\n    type: number\n"


def test_a_change_ends_and_makes_matches_and_tells(market, files):
    with market.client() as client:
        assert partners(client, "acme/shaft") == ["bolt/lathe"]
        head = client.ask("status")["head"]
        edit(files, ("  unit_price:\n    type: money\n", "  unit_price:\n    type: money\n    relation: need_within_offer\n"))
        assert results(client.ask("reload")) == {"parts": "revised"}
        settled(client)
        assert partners(client, "acme/shaft") == []
        told = facts_after(client, head)
        assert [fact["fact"] for fact in told] == ["exchange.revised", "match.ended"]
        assert told[0]["hash"] == client.ask("exchange.show", exchange="parts")["hash"]
        assert told[1]["cause"] == "conditions"

        head = client.ask("status")["head"]
        edit(files, ("    relation: need_within_offer\n    currency", "    currency"), (QUANTITY, QUANTITY + "    min_overlap: 0\n"))
        client.ask("reload")
        settled(client)
        assert partners(client, "acme/shaft") == ["bolt/lathe"]
        assert [fact["fact"] for fact in facts_after(client, head)] == ["exchange.revised", "match.made"]


def test_an_untouched_directory_makes_no_fact(market):
    with market.client() as client:
        head = client.ask("status")["head"]
        reply = client.ask("reload")
        assert results(reply) == {} and reply["number"] == head
        assert {entry["kind"] for entry in reply["definitions"]} == {"settings", "tree", "exchange"}


def test_other_titles_leave_the_matches_alone(market, files):
    with market.client() as client:
        head = client.ask("status")["head"]
        edit(files, ("en: Price per piece", "en: Price for one"))
        assert results(client.ask("reload")) == {"parts": "revised"}
        assert client.ask("status")["queue"] == 0
        assert [fact["fact"] for fact in facts_after(client, head)] == ["exchange.revised"]


def test_a_hangup_reloads_too(market, files):
    with market.client() as client:
        head = client.ask("status")["head"]
        edit(files, ("en: Price per piece", "en: Price for one"))
        os.kill(market.process.pid, signal.SIGHUP)
        wait_for(lambda: client.ask("status")["head"] > head, what="the reload")
        shown = client.ask("exchange.show", exchange="parts")["exchange"]
        assert shown["fields"]["unit_price"]["title"]["en"] == "Price for one"


def test_what_stored_listings_would_not_fit_is_refused_by_name(market, files):
    with market.client() as client:
        before = client.ask("exchange.show", exchange="parts")["hash"]
        edit(files, ("    unit: piece\n", "    unit: dozen\n"), ("en: Price per piece", "en: Price for one"))
        (entry,) = [entry for entry in client.ask("reload")["definitions"] if entry["result"] == "refused"]
        assert entry["name"] == "parts"
        assert "3 listings would be invalid: quantity is counted in something else" in entry["message"]
        for listing in ("acme/shaft", "bolt/lathe", "cast/mill"):
            assert listing in entry["message"]
        assert client.ask("exchange.show", exchange="parts")["hash"] == before
        for listing in ("acme/shaft", "bolt/lathe", "cast/mill"):
            client.ask("listing.revise", listing=listing, fields={"quantity": None})
        assert results(client.ask("reload")) == {"parts": "revised"}


def test_what_fits_is_taken_and_binds_from_then_on(market, files):
    edit(files, ("    title: {ru: Количество", "    need: {absent: required}\n    title: {ru: Количество"))
    with market.client() as client:
        assert results(client.ask("reload")) == {"parts": "revised"}
        with pytest.raises(Refused, match="required_missing"):
            client.ask("listing.publish", **need("acme/other"))
        client.ask("listing.publish", **need("acme/other", quantity=1))


def test_a_file_with_a_mistake_loads_nothing_at_all(market, files):
    edit(files, ("  material:\n", "  material:\n    demanded_by: neither\n"))
    edit(files, ("en: Support measures", "en: Other measures"), name="measures.yaml")
    with market.client() as client:
        head = client.ask("status")["head"]
        with pytest.raises(Refused, match="bad_definition") as refused:
            client.ask("reload")
        assert f"{files}/parts.yaml:" in refused.value.message and "demanded_by" in refused.value.message
        assert client.ask("status")["head"] == head


def test_after_a_crash_the_definition_in_force_is_the_one_that_was_taken(market, files):
    with market.client() as client:
        before = client.ask("exchange.show", exchange="parts")["hash"]
    edit(files, ("    unit: piece\n", "    unit: dozen\n"))
    (files / "measures.yaml").write_text("exchange: [", encoding="utf-8")
    market.kill()
    market.start()
    with market.client() as client:
        assert client.ask("exchange.show", exchange="parts")["hash"] == before
        assert partners(client, "acme/shaft") == ["bolt/lathe"]
    assert "file_mistake" in market.log()
    shutil.copy(SMALL / "measures.yaml", files)
    market.restart()
    assert "definition_refused" in market.log()
    with market.client() as client:
        assert client.ask("exchange.show", exchange="parts")["hash"] == before


def test_a_new_file_is_a_new_exchange_and_a_missing_one_stays(market, files):
    text = (files / "parts.yaml").read_text(encoding="utf-8")
    (files / "spares.yaml").write_text(text.replace("exchange: parts", "exchange: spares"), encoding="utf-8")
    (files / "measures.yaml").unlink()
    with market.client() as client:
        assert results(client.ask("reload")) == {"spares": "loaded", "measures": "kept"}
        client.ask("listing.publish", **{**need("acme/spare"), "exchange": "spares"})
        client.ask("listing.publish", **{**offer("bolt/spare"), "exchange": "spares"})
        assert partners(client, "acme/spare") == ["bolt/spare"]
        assert client.ask("exchange.show", exchange="measures")


def test_admitted_regions_are_read_again(home, files):
    config = home / "matchd.yaml"
    config.write_text("admitted-regions: ['77']\n", encoding="utf-8")
    daemon = Daemon(home, files, config=config)
    try:
        daemon.start()
        with daemon.client() as client:
            outsider = {"id": "far", "name": "Far", "kind": "foreign_entity", "region": "50"}
            with pytest.raises(Refused, match="region_not_admitted"):
                client.ask("participant.register", participant=outsider)
            config.write_text("admitted-regions: ['77', '50']\n", encoding="utf-8")
            assert results(client.ask("reload")) == {"settings": "revised"}
            client.ask("participant.register", participant=outsider)
            config.write_text("admited-regions: ['77']\n", encoding="utf-8")
            with pytest.raises(Refused, match="bad_definition"):
                client.ask("reload")
        daemon.stop()
    finally:
        daemon.close()


def test_a_popular_exchange_is_matched_anew_bit_by_bit(market, files):
    """Many needs: the work waits in the queue, survives a crash, and ends where one would expect."""
    with market.client() as client:
        register(client, "many")
        for number in range(300):
            client.ask("listing.publish", **need(f"many/{number}", unit_price=900, quantity=10))
        settled(client)
        assert client.ask("listing.matches", listing="bolt/lathe")["total"] == 301
        edit(files, ("  unit_price:\n    type: money\n", "  unit_price:\n    type: money\n    relation: need_within_offer\n"))
        client.ask("reload")
    market.kill()
    market.start()
    with market.client() as client:
        settled(client)
        assert client.ask("status")["told"] == 0
        assert client.ask("listing.matches", listing="bolt/lathe")["total"] == 0


def test_the_tool_says_what_became_of_it(market, files):
    done = market.matchctl("reload")
    assert done.returncode == 0 and done.stdout == "everything is as it was\n"
    edit(files, ("    unit: piece\n", "    unit: dozen\n"))
    refused = market.matchctl("reload")
    assert refused.returncode == 1
    assert "parts" in refused.stdout and "refused" in refused.stdout and "acme/shaft" in refused.stdout
    (files / "parts.yaml").write_text("exchange: parts\n", encoding="utf-8")
    broken = market.matchctl("reload")
    assert broken.returncode == 1 and f"{files}/parts.yaml" in broken.stderr


def test_standing_searches_follow_a_changed_exchange(market, files):
    """What a search means goes on being what it meant, or it says that it means nothing any more."""
    with market.client() as client:
        search = {"client": "me", "exchange": "parts", "side": "offer"}
        client.ask("subscription.create", **search, name="price", fields={"unit_price": {"to": 500}})
        client.ask("subscription.create", **search, name="accuracy", fields={"accuracy": {"from": "medium"}})
        edit(files, ("    labels: [coarse, medium, fine]\n", "    labels: [rough, coarse, medium, fine]\n"))
        assert results(client.ask("reload"))["parts"] == "revised"
        client.ask("listing.publish", **offer("bolt/cheap", unit_price=300, accuracy="fine"))
    for start in range(2):
        with market.client() as client:
            shown = {name: client.ask("subscription.show", client="me", name=name)["subscription"]
                     for name in ("price", "accuracy")}  # fmt: skip
            assert "misfit" not in shown["price"] and shown["accuracy"]["misfit"] is True
            given = [row["body"].get("listing") for row in client.ask(
                "subscription.fetch", client="me", name="price", consumer=start + 1)["facts"]]  # fmt: skip
            assert "bolt/cheap" in given
            assert client.ask("subscription.fetch", client="me", name="accuracy", consumer=start + 1)["facts"] == []
        market.stop()
        market.start()
