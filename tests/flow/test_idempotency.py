"""A command sent twice under one key is carried out once and answered twice alike.

Without this a service that lost an answer must choose between a command too few and one too many.
"""

import os
import signal

import pytest
from daemon_process import running_daemon
from people import need, offer, register
from protocol_client import Refused

ME = "portal"


@pytest.fixture
def daemon():
    with running_daemon() as daemon:
        with daemon.client() as client:
            register(client, "acme", "bolt")
        yield daemon


def pause(client, key, listing="acme/n"):
    return client.ask("listing.pause", listing=listing, client=ME, key=key)


def test_the_same_command_again_has_one_effect_and_the_same_reply(daemon):
    with daemon.client() as client:
        client.ask("listing.publish", **need("acme/n"))
        first = pause(client, "k1")
        client.ask("listing.resume", listing="acme/n")
        head = client.ask("status")["head"]
        assert pause(client, "k1") == first
        assert client.ask("status")["head"] == head
        assert client.ask("listing.show", listing="acme/n")["listing"]["state"] == "open"


def test_a_refusal_is_answered_alike_too(daemon):
    with daemon.client() as client:
        with pytest.raises(Refused) as first:
            pause(client, "k1")
        client.ask("listing.publish", **need("acme/n"))
        with pytest.raises(Refused) as again:
            pause(client, "k1")
        assert again.value.code == first.value.code == "unknown_listing"


def test_another_command_under_the_key_is_refused(daemon):
    with daemon.client() as client:
        client.ask("listing.publish", **offer("bolt/o"), client=ME, key="k1")
        for other in (offer("bolt/o", unit_price=7), offer("bolt/p")):
            with pytest.raises(Refused) as refused:
                client.ask("listing.publish", **other, client=ME, key="k1")
            assert (refused.value.code, refused.value.field) == ("idempotency_conflict", "key")
        reordered = dict(reversed(offer("bolt/o").items()))
        assert client.ask("listing.publish", **reordered, client=ME, key="k1")["revision"] == 1


def test_keys_are_the_clients_own(daemon):
    with daemon.client() as client:
        client.ask("listing.publish", **offer("bolt/o"), client=ME, key="k1")
        assert client.ask("listing.publish", **offer("bolt/p"), client="mailer", key="k1")["revision"] == 1


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_replies_outlive_the_process(daemon, how):
    with daemon.client() as client:
        client.ask("listing.publish", **need("acme/n"))
        first = pause(client, "k1")
        with pytest.raises(Refused):
            pause(client, "k2", "acme/none")  # a turn of nothing but a refusal is stored as well
    if how == "killed":
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.process.wait()
    else:
        daemon.stop()
    daemon.start()
    with daemon.client() as client:
        client.ask("listing.resume", listing="acme/n")
        client.ask("listing.publish", **need("acme/none"))
        assert pause(client, "k1") == first
        with pytest.raises(Refused) as again:
            pause(client, "k2", "acme/none")
        assert again.value.code == "unknown_listing"


def test_a_trial_uses_up_no_key(daemon):
    with daemon.client() as client:
        client.ask("listing.publish", **offer("bolt/o"), dry_run=True, client=ME, key="k1")
        assert client.ask("listing.publish", **offer("bolt/o"), client=ME, key="k1")["result"] == "changed"


@pytest.mark.parametrize(
    "given, code, field",
    [
        ({"key": "k"}, "missing_field", "client"),
        ({"client": ME, "key": ""}, "bad_value", "key"),
        ({"client": ME, "key": "k" * 65}, "key_too_long", "key"),
        ({"client": ME, "key": "a b"}, "bad_value", "key"),
        ({"client": ME, "key": "a\0b"}, "bad_value", "key"),
        ({"client": ME, "key": 7}, "bad_type", "key"),
        ({"client": "a/b", "key": "k"}, "bad_value", "client"),
        ({"client": None}, "bad_type", "client"),
    ],
)
def test_what_is_no_client_or_key_is_refused_by_name(daemon, given, code, field):
    with daemon.client() as client:
        with pytest.raises(Refused) as refused:
            client.ask("listing.publish", **offer("bolt/o"), **given)
        assert (refused.value.code, refused.value.field) == (code, field)
        with pytest.raises(Refused) as unknown:
            client.ask("listing.show", listing="bolt/o")
        assert unknown.value.code == "unknown_listing"
