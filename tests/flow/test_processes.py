"""Two processes that must not harm each other, nor a second pair beside them."""

import contextlib
import os
import signal
import subprocess
import time

import pytest
from daemon_process import MATCHD, alive, wait_for
from processes import Processes
from protocol_client import Client, NoAnswer, Refused

GATEWAY_READY = "is ready\" commands="


@pytest.fixture
def processes(home):
    with Processes(home) as processes:
        yield processes


def child_of(core):
    """The gateway that the core started last, by the core's log."""
    lines = [line for line in core.log().splitlines() if " gateway_started " in line]
    return int(lines[-1].split("pid=")[1])


def serves(processes):
    with Client(processes.runtime) as client:
        return client.ask_until_answered("status")


def test_a_core_by_itself_starts_its_gateway_and_stops_it(processes):
    core = processes.core()
    core.wait_log(GATEWAY_READY)
    assert serves(processes)
    assert core.stop() == 0
    assert not alive(child_of(core))
    assert not os.path.exists(processes.runtime / "core.sock")


def test_a_gateway_that_dies_is_started_again(processes):
    core = processes.core()
    core.wait_log(GATEWAY_READY)
    head = serves(processes)["head"]
    for _ in range(3):
        dead = child_of(core)
        os.kill(dead, signal.SIGKILL)
        wait_for(lambda: child_of(core) != dead)
        assert serves(processes)["head"] == head
    assert core.stop() == 0


def test_a_gateway_ends_with_the_core_that_started_it(processes):
    core = processes.core()
    core.wait_log(GATEWAY_READY)
    core.kill()
    wait_for(lambda: not alive(child_of(core)))


def test_a_gateway_has_no_file_of_the_core(processes):
    """A peer that got hold of the gateway could otherwise write to the data."""
    core = processes.core()
    core.wait_log(GATEWAY_READY)
    fds = f"/proc/{child_of(core)}/fd"
    opened = [os.readlink(f"{fds}/{fd}") for fd in os.listdir(fds)]
    assert any("feed.sock" in path for path in opened)
    assert not [path for path in opened if path.startswith(f"{processes.home}/d/")]


def test_a_gateway_that_cannot_be_started_is_tried_again(processes, home):
    core = processes.core(f"--gateway-path={home}/gateway")
    core.wait_log("cannot be started: No such file")
    (home / "gateway").write_text("#!/bin/sh\nexit 7\n")
    (home / "gateway").chmod(0o700)
    core.wait_log("status=7 pause_ms=")
    wait_for(lambda: core.log().count("status=7") >= 3, timeout=20)
    pauses = [int(line.split("pause_ms=")[1]) for line in core.log().splitlines() if "status=7" in line]
    assert pauses == sorted(pauses) and pauses[-1] > 50, "each longer than the last"
    assert core.stop() == 0, "a core without a gateway is a core all the same"


def test_answers_arrive_before_the_end(processes):
    """A command that was kept is answered, though the end comes at the same time."""
    core = processes.core()
    core.wait_log(GATEWAY_READY)
    head = serves(processes)["head"]
    with Client(processes.runtime) as client:
        for i in range(200):
            client.send("participant.register",
                        participant={"id": f"p{i}", "name": "P", "kind": "foreign_entity"})
        client.wait()
        core.popen.send_signal(signal.SIGTERM)
        answered = 1
        with contextlib.suppress(NoAnswer):
            while True:
                _, reply = client.wait(timeout=2)
                answered += not isinstance(reply, Refused)
    assert core.wait() == 0
    again = processes.core()
    again.wait_log(GATEWAY_READY)
    assert serves(processes)["head"] == head + answered


def test_a_second_core_is_refused(processes, home):
    processes.core().wait_log(GATEWAY_READY)
    same_data = processes.core()
    assert same_data.wait() == 1 and "start_refused" in same_data.log()
    other_data = processes.core(f"--data-directory={home}/other")
    assert other_data.wait() == 1 and "another matchd has it" in other_data.log()
    assert serves(processes), "the first one serves on"


def test_a_second_gateway_is_refused(processes):
    processes.core().wait_log(GATEWAY_READY)
    second = processes.gateway()
    assert second.wait() == 1 and "another gateway has it" in second.log()
    elsewhere = [f"--{name}=ipc://{processes.runtime}/{name}2.sock" for name in ("commands", "feed")]
    processes.gateway(*elsewhere).wait_log(GATEWAY_READY)
    assert serves(processes), "the first one serves on"


def test_what_a_dead_core_left_is_cleared_away(processes):
    core = processes.core("--spawn-gateway=no")
    core.wait_log(" ready ")
    core.kill()
    assert os.path.exists(processes.runtime / "core.sock")
    processes.core().wait_log(GATEWAY_READY)
    assert serves(processes)


def test_a_file_in_the_sockets_place_is_not_removed(processes):
    processes.runtime.mkdir()
    (processes.runtime / "core.sock").write_text("somebody's")
    core = processes.core()
    assert core.wait() == 1 and "File exists" in core.log()
    assert (processes.runtime / "core.sock").read_text() == "somebody's"


def test_a_hangup_is_no_end(processes):
    core = processes.core("--spawn-gateway=no")
    core.wait_log(" ready ")
    core.popen.send_signal(signal.SIGHUP)
    core.wait_log(" reloaded ")
    assert core.stop() == 0


def test_sockets_have_the_mode_that_was_asked_for(processes):
    processes.core("--socket-mode=0600").wait_log(GATEWAY_READY)
    for name in ("core.sock", "commands.sock", "feed.sock"):
        assert os.stat(processes.runtime / name).st_mode & 0o777 == 0o600
    assert os.stat(processes.runtime).st_mode & 0o777 == 0o750


def test_tcp_on_loopback(processes):
    processes.core("--commands=tcp://127.0.0.1:47071", "--feed=tcp://127.0.0.1:47072").wait_log(GATEWAY_READY)
    with Client(processes.runtime) as client:
        client.endpoint = "tcp://127.0.0.1:47071"
        client._connect()
        assert client.ask("status")


def test_a_flood_of_one_client_is_bounded(processes):
    """Beyond its share a client is told to wait; every request is answered, one way or the other."""
    processes.core("--max-in-flight=8", "--max-commands=4").wait_log(GATEWAY_READY)
    with Client(processes.runtime) as client:
        for _ in range(2000):
            client.send("status")
        codes = {"answered": 0, "too_many_requests": 0}
        for _ in range(2000):
            _, reply = client.wait()
            codes[reply.code if isinstance(reply, Refused) else "answered"] += 1
        assert codes["answered"] >= 8 and sum(codes.values()) == 2000
        assert client.ask("status")


def test_mistakes_in_the_configuration_are_all_told(home):
    config = home / "matchd.yaml"
    config.write_text("work: 0\ncommands: tcp://10.0.0.1:7070\nnonsense: 1\n")
    ended = subprocess.run([MATCHD, f"--config={config}", f"--runtime-directory={home}/r", "--max-commands=none"],
                           stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 2
    assert [line.split(": ")[0:2] for line in ended.stderr.splitlines()] == [
        [f"{config}:1", "work"], [f"{config}:2", "commands"], [f"{config}:3", "nonsense"],
        ["--max-commands", 'expected a number from 1 to 65536, not "none"']]


def test_mistakes_in_exchange_files_are_all_told(processes, home):
    exchanges = home / "exchanges"
    (exchanges / "trees").mkdir(parents=True)
    (exchanges / "one.yaml").write_text("exchange: one\n")
    (exchanges / "two.yaml").write_text("exchange: [\n")
    (exchanges / "trees" / "three.yaml").write_text("tree: Three\n")
    core = processes.core(exchanges=exchanges)
    assert core.wait() == 1
    for name in ("one.yaml", "two.yaml", "trees/three.yaml"):
        assert f"file={exchanges}/{name} line=" in core.log()
    assert "start_refused" in core.log()


def test_a_jump_of_the_clock_is_held_over_a_restart(processes):
    """As if the wall clock had been a day ahead when the daemon ran last."""
    day_ms = 86400000
    core = processes.core("--spawn-gateway=no")
    core.wait_log(" ready ")
    assert core.stop() == 0
    file = processes.runtime / "clock"
    boot, offset = file.read_text().split()
    file.write_text(f"{boot} {int(offset) + day_ms}\n")
    core = processes.core()
    core.wait_log("clock_held")
    core.wait_log(GATEWAY_READY)
    with Client(processes.runtime) as client:
        client.ask("participant.register", participant={"id": "acme", "name": "Acme", "kind": "foreign_entity"})
        stamp = client.ask("status")["stamp"]
    assert abs(stamp - time.time() * 1000 - day_ms) < 60000, "time goes on as it was believed"
    assert core.stop() == 0
    core = processes.core("--clock-jump-limit=0", "--spawn-gateway=no")
    core.wait_log("clock_behind")
