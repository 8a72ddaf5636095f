"""What the service manager hears: a READY too early loses requests, a missing WATCHDOG kills a healthy daemon."""

import contextlib
import signal
import socket

import pytest
import zmq
from daemon_process import wait_for
from processes import NotifySocket, Processes
from protocol_client import Client, Refused, endpoints


@pytest.fixture
def processes(home):
    with Processes(home) as processes:
        yield processes


@pytest.fixture
def manager(home):
    manager = NotifySocket(home / "notify")
    with contextlib.closing(manager.socket):
        yield manager


def refusal(client):
    """The code with which a question is refused; None: it was answered."""
    try:
        client.ask("status")
        return None
    except Refused as refused:
        return refused.code


def test_core_says_ready_when_it_can_be_reached(processes, manager):
    core = processes.core(manager=manager)
    manager.wait("READY=1")
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(f"{processes.runtime}/core.sock")
    assert "gateway_started" not in core.log(), "a managed core leaves the gateway to the manager"


def test_core_shows_signs_of_life(processes, manager):
    processes.core(manager=manager, WATCHDOG_USEC="200000")
    manager.wait("READY=1")
    manager.heard.clear()
    heard = manager.listen(2.5)
    assert heard.count("WATCHDOG=1") >= 10, "every 100 ms, on a busy machine half as often"
    status = [line for line in heard if line.startswith("STATUS=")]
    assert len(status) == 1 and "0 participants" in status[0], "told once, for nothing changed"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_core_stops_when_told(processes, manager, number):
    core = processes.core(manager=manager)
    manager.wait("READY=1")
    assert core.stop(number) == 0
    assert "STOPPING=1" in manager.listen()


def test_gateway_says_ready_when_it_has_found_the_core(processes, manager):
    gateway = processes.gateway(manager=manager)
    with Client(processes.runtime) as client:
        assert refusal(client) == "core_unavailable"
        assert "READY=1" not in manager.listen(0.3)
        processes.core("--spawn-gateway=no")
        manager.wait("READY=1")
        assert refusal(client) is None
    assert gateway.stop() == 0
    assert "STOPPING=1" in manager.listen()


def test_gateway_outlives_the_core(processes, manager):
    core = processes.core("--spawn-gateway=no")
    gateway = processes.gateway(manager=manager, WATCHDOG_USEC="200000")
    manager.wait("READY=1")
    with Client(processes.runtime) as client:
        head = client.ask("status")["head"]
        core.kill()
        gateway.wait_log("core_lost")
        assert refusal(client) == "core_unavailable"
        manager.heard.clear()
        manager.wait("WATCHDOG=1")
        processes.core("--spawn-gateway=no")
        assert client.ask_until_answered("status")["head"] == head
    assert "READY=1" not in manager.listen(), "said once"


def test_heartbeats_pause_with_the_core(processes):
    core = processes.core("--spawn-gateway=no")
    gateway = processes.gateway()
    with contextlib.closing(zmq.Context.instance().socket(zmq.SUB)) as feed:
        feed.linger = 0
        feed.subscribe("heartbeat")
        feed.connect(endpoints(processes.runtime)[1])
        assert feed.poll(10000)
        topic, header, body = feed.recv_multipart()
        assert (topic, len(header), body) == (b"heartbeat", 32, b"")
        assert int.from_bytes(header[16:24], "big") > 0 and header[24:] == bytes(8)
        core.kill()
        gateway.wait_log("core_lost")
        wait_for(lambda: not feed.poll(1500) or not feed.recv_multipart(), what="silence")
