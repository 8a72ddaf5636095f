"""Facts are kept for as long as the operator chooses, and whoever comes too late is told what is gone.

Without this the journal would grow for ever, or a service that was away too long would go on in ignorance.
"""

import json

import pytest
from daemon_process import running_daemon, wait_for
from people import offer, register
from protocol_client import Refused

KEEP = 1 << 20


def fill(client, prefix, count=150):
    for i in range(count):
        client.ask("listing.publish", **offer(f"bolt/{prefix}{i}", text="x" * 12000))


def first(client):
    return client.ask("streams.heads", streams=[])["first"]


@pytest.fixture
def trimmed():
    with running_daemon(keep_size=KEEP) as daemon, daemon.client() as client:
        register(client, "bolt")
        client.ask("subscription.create", client="me", name="late", **{"from": 1})
        client.ask("subscription.create", client="me", name="quiet", participant="nobody")
        fill(client, "a")
        wait_for(lambda: first(client) > 1, timeout=20, what="the end of old facts", pause=0.1)
        yield daemon, client


def test_replay_of_what_is_gone_is_refused(trimmed):
    _, client = trimmed
    oldest = first(client)
    for start in (1, oldest - 1):
        with pytest.raises(Refused) as refused:
            client.ask("facts.read", **{"from": start})
        assert (refused.value.code, refused.value.field) == ("facts_gone", "from")
    assert client.ask("facts.read", **{"from": oldest})["facts"][0]["number"] >= oldest
    assert client.ask("status")["first"] == oldest


def test_a_subscription_that_fell_behind_is_told_the_range_and_goes_on(trimmed):
    daemon, client = trimmed
    oldest = first(client)
    asked = {"client": "me", "name": "late", "consumer": 1}
    shown = client.ask("subscription.show", client="me", name="late")["subscription"]
    assert shown["lost"] == [1, oldest - 1]
    people = daemon.matchctl("subscription", "list", "--client", "me").stdout
    assert f" 1 … {oldest - 1} " in people
    for _ in range(2):  # until it is acknowledged, nothing else is said
        told = client.ask("subscription.fetch", **asked)
        assert told["subscription_lagged"] == [1, oldest - 1] and told["facts"] == []
    rows = client.ask("subscription.fetch", **asked, ack=oldest - 1)["facts"]
    assert rows[0]["number"] == client.ask("facts.read", **{"from": oldest})["facts"][0]["number"]
    assert "lost" not in client.ask("subscription.show", client="me", name="late")["subscription"]


@pytest.mark.parametrize("how", [["--from", "1", "x.parts"], ["--client", "me", "--durable", "late"]])
def test_matchctl_tells_what_is_gone_and_goes_on(trimmed, how):
    daemon, client = trimmed
    oldest = first(client)
    tool = daemon.matchctl("watch", *how, "--count", "1", "--json")
    assert (tool.returncode, tool.stderr) == (0, "")
    lagged, fact = map(json.loads, tool.stdout.splitlines())
    assert lagged == {"lagged": [1, oldest - 1]}
    assert fact["number"] == client.ask("facts.read", **{"from": oldest})["facts"][0]["number"]


def test_one_that_nothing_concerned_has_lost_nothing(trimmed):
    _, client = trimmed
    asked = {"client": "me", "name": "quiet", "consumer": 1}
    fetched = client.ask("subscription.fetch", **asked)
    if "subscription_lagged" in fetched:  # it was never asked about: what was trimmed may have concerned it
        client.ask("subscription.fetch", **asked, ack=fetched["subscription_lagged"][1])
    fill(client, "b", 60)
    fetched = client.ask("subscription.fetch", **asked)
    assert fetched["facts"] == [] and "subscription_lagged" not in fetched
    shown = client.ask("subscription.show", client="me", name="quiet")["subscription"]
    assert shown["given"] <= shown["acked"]


def test_a_restart_begins_where_the_journal_does(trimmed):
    daemon, client = trimmed
    oldest, digest = first(client), client.ask("status")["digest"]
    daemon.stop()
    daemon.start()
    with daemon.client() as again:
        assert first(again) >= oldest
        assert again.ask("status")["digest"] == digest
        assert again.ask("listing.publish", **offer("bolt/after"))["result"] == "changed"
