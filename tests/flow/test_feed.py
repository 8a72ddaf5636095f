"""The feed as a plain ZeroMQ socket hears it: exactly the topics that begin as it asked, from when it asked."""

import contextlib

import pytest
import zmq
from people import need
from protocol_client import HEADER, HEARTBEAT, endpoints

PATIENCE_MS = 10_000


@pytest.fixture
def subscriber(daemon, members):
    """Call it with what a socket subscribes to; the heartbeat, which is subscribed to last, has come."""
    with contextlib.ExitStack() as stack:

        def subscribed(*prefixes):
            socket = stack.enter_context(contextlib.closing(zmq.Context.instance().socket(zmq.SUB)))
            socket.linger = 0
            socket.connect(endpoints(daemon.runtime)[1])
            for prefix in prefixes:
                socket.subscribe(prefix)
            socket.subscribe(HEARTBEAT)
            wait_heartbeat(socket)
            return socket

        yield subscribed


def wait_heartbeat(socket, head=0):
    """The topics that came before the heartbeat that knows of fact `head`."""
    topics = []
    while True:
        assert socket.poll(PATIENCE_MS)
        topic, header, _ = socket.recv_multipart()
        if topic != HEARTBEAT:
            topics.append(topic.decode())
        elif HEADER.unpack(header)[1] >= head:
            return topics


def publish(daemon, listing):
    """The last fact's number then."""
    with daemon.client() as client:
        client.ask("listing.publish", **need(listing, unit_price=900))
        return client.ask("status")["head"]


def heard_of(daemon, socket, listing):
    return wait_heartbeat(socket, publish(daemon, listing))


def test_each_subscriber_hears_what_begins_as_it_asked(daemon, subscriber):
    expected = {
        ("p.acme/",): ["p.acme/listing.opened"],
        ("x.parts/", "p.acme/"): ["x.parts/listing.opened", "p.acme/listing.opened"],
        ("p.acme/listing.op",): ["p.acme/listing.opened"],
        ("p.acme/listing.paused", "p.bolt/"): [],
        (): [],
    }
    sockets = {prefixes: subscriber(*prefixes) for prefixes in expected}
    head = publish(daemon, "acme/order")
    assert {prefixes: wait_heartbeat(socket, head) for prefixes, socket in sockets.items()} == expected


@pytest.mark.parametrize("prefix, heard", [("", 2), ("p.a", 1), ("x", 1), ("p.acme", 1), ("p.b", 0)])
def test_a_prefix_need_not_end_a_name(daemon, subscriber, prefix, heard):
    assert len(heard_of(daemon, subscriber(prefix), "acme/order")) == heard


def test_a_stream_is_heard_from_when_it_is_subscribed_to(daemon, subscriber):
    socket = subscriber("p.bolt/")
    assert heard_of(daemon, socket, "acme/first") == []
    socket.subscribe("p.acme/")
    wait_heartbeat(socket)
    wait_heartbeat(socket)  # the second was sent when the subscription had come
    assert heard_of(daemon, socket, "acme/second") == ["p.acme/listing.opened"]


def test_nobody_can_unsubscribe_another(daemon, subscriber):
    socket = subscriber("p.acme/")
    with contextlib.closing(zmq.Context.instance().socket(zmq.XSUB)) as stranger:
        stranger.linger = 0
        stranger.connect(endpoints(daemon.runtime)[1])
        for message in (b"\1p.acme/", b"\0p.acme/", b"\0p.acme/", b"\1" + HEARTBEAT):
            stranger.send(message)
        wait_heartbeat(stranger)
        assert heard_of(daemon, socket, "acme/order") == ["p.acme/listing.opened"]
