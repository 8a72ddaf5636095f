"""doctor: whoever is called at night sees in one screen what is broken and what to do about it."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import threading

import pytest
import zmq
from daemon_process import MATCHCTL, running_daemon
from processes import Processes
from protocol_client import pack, unpack
from test_matchctl import DONE, REFUSED, UNREACHABLE, ctl, objects

CHECKS = ["commands", "feed", "gateway", "core", "versions", "store", "space", "clock", "queue", "index"]


def findings(daemon, *arguments, status=DONE):
    tool = daemon.matchctl("doctor", "--json", *arguments)
    assert tool.returncode == status, (tool.stdout, tool.stderr)
    return {line["check"]: line for line in objects(tool.stdout)}


def test_a_healthy_daemon_is_all_ok(daemon):
    found = findings(daemon)
    assert list(found) == CHECKS
    assert {line["result"] for name, line in found.items() if name != "space"} == {"ok"}, "the disk here may be full"
    assert not any("todo" in line for line in found.values() if line["result"] == "ok")
    status = daemon.ask("status")
    assert f"head {status['head']}," in found["store"]["finding"] and status["digest"] in found["store"]["finding"]
    assert 0 < status["store_bytes"] <= status["map_bytes"] and status["free_bytes"] > 0
    assert status["clock_held"] is False
    out = ctl(daemon, "doctor")
    assert [line.split()[1] for line in out.splitlines()] == CHECKS
    assert "передаёт запросы" in ctl(daemon, "doctor", "--lang", "ru")
    assert "ok" in ctl(daemon, "doctor", "-e", f"ipc://{daemon.runtime}/commands.sock,ipc://{daemon.runtime}/feed.sock")


def test_what_is_not_there_comes_with_how_to_start_it(daemon, home):
    found = findings(daemon, "-e", home, status=UNREACHABLE)
    assert list(found) == ["commands", "feed"] and found["commands"]["result"] == "fail"
    assert "systemctl start matchd" in found["commands"]["todo"]
    for name in ("commands.sock", "feed.sock"):
        with socket.socket(socket.AF_UNIX) as left_behind:
            left_behind.bind(str(home / name))
    found = findings(daemon, "-e", home, status=UNREACHABLE)
    assert "Connection refused" in found["commands"]["finding"]


def test_sockets_that_everybody_may_use_are_a_warning(daemon):
    (daemon.runtime / "commands.sock").chmod(0o666)
    found = findings(daemon)
    assert (found["commands"]["result"], found["feed"]["result"]) == ("warn", "ok")
    assert "666" in found["commands"]["finding"] and "group" in found["commands"]["todo"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_whoever_may_not_use_the_sockets_is_told_which_group_to_join(daemon):
    for directory in (daemon.home, daemon.runtime):
        directory.chmod(0o711)
    # A copy: the checkout may lie where nobody else can read, such as in /root.
    for file in (MATCHCTL, MATCHCTL.parents[1] / "libmatchd-client.so.0"):
        shutil.copy(file, daemon.home)
    tool = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", daemon.home / "matchctl", "-e", daemon.runtime, "doctor"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "HOME": "/nonexistent", "LD_LIBRARY_PATH": str(daemon.home)},
    )  # fmt: skip
    assert tool.returncode == UNREACHABLE, tool.stderr
    assert "Permission denied" in tool.stdout and "usermod -aG matchd" in tool.stdout


def test_a_gateway_without_its_core_is_told_apart(home):
    with Processes(home) as processes:
        core = processes.core("--spawn-gateway=no")
        processes.gateway().wait_log("is ready")
        assert core.stop() == 0
        tool = subprocess.run(
            [MATCHCTL, "-e", processes.runtime, "-t", "2", "doctor", "--json"], capture_output=True, text=True, check=False
        )
        assert tool.returncode == UNREACHABLE
        found = {line["check"]: line for line in objects(tool.stdout)}
        assert found["gateway"]["result"] == "ok" and found["core"]["result"] == "fail"
        assert "systemctl status matchd;" in found["core"]["todo"]


def test_a_clock_that_jumped_is_a_failure(daemon):
    daemon.stop()
    file = daemon.runtime / "clock"
    boot, offset = file.read_text().split()
    file.write_text(f"{boot} {int(offset) + 86_400_000}\n")
    daemon.start()
    assert daemon.ask("status")["clock_held"] is True
    found = findings(daemon, status=REFUSED)
    assert found["clock"]["result"] == "fail" and "--clock-jump-limit=0" in found["clock"]["todo"]


@contextlib.contextmanager
def pretended(home, **results):
    """Somebody in the gateway's place who answers `status` as told."""
    context = zmq.Context()
    sockets = [context.socket(kind) for kind in (zmq.ROUTER, zmq.XPUB)]
    for each, name in zip(sockets, ("commands", "feed")):
        each.linger = 0
        each.bind(f"ipc://{home}/{name}.sock")
    stop = threading.Event()

    def serve():
        while not stop.is_set():
            if sockets[0].poll(50):
                sender, request = sockets[0].recv_multipart()
                sockets[0].send_multipart([sender, pack({"v": 1, "id": unpack(request)["id"], "ok": True, **results})])

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        context.destroy(linger=0)


def test_little_space_another_version_and_a_long_queue_are_told(daemon, home):
    answer = {"head": 7, "stamp": 4102444800000, "digest": "00", "store_bytes": 1 << 30, "map_bytes": 2 << 30}
    with pretended(home, server="matchd 9.9.9", queue=200_000, free_bytes=10 << 20, **answer):
        found = findings(daemon, "-e", home, status=REFUSED)
    results = {name: line["result"] for name, line in found.items()}
    assert (results["versions"], results["space"], results["clock"], results["queue"]) == ("warn", "fail", "warn", "warn")
    assert "9.9.9" in found["versions"]["finding"] and "restart matchd" in found["versions"]["todo"]
    with pretended(home, server="matchd 9.9.9", queue=0, free_bytes=100 << 20, **answer):
        found = findings(daemon, "-e", home)
    assert found["space"]["result"] == "warn", "warnings are no failure"


def test_an_older_core_that_says_less_is_no_failure(daemon, home):
    with pretended(home, server="matchd 0.0.9", head=1, stamp=1, digest="00", queue=0):
        found = findings(daemon, "-e", home)
    assert "space" not in found and found["store"]["result"] == "ok"


def test_people_see_what_to_do_below_the_finding(daemon, home):
    tool = daemon.matchctl("doctor", "-e", home, "--color", "never")
    assert re.search(r"^fail  commands  .*\n +→ start it", tool.stdout, re.MULTILINE)
