"""What the Python library does that lasts: keys of requests and durable subscriptions, blocking and with asyncio.

Without this a service could order twice after a lost answer, or mail a match twice or never after a restart.
"""

import os
import signal
import threading

import pytest
from people import need
from python_faces import matchd


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
