"""Nobody is told anything before it is on the disk.

Without this a power cut takes back what a client was promised, or a match that a follower has already acted on.
"""

import contextlib
import socket
import struct
import time

import pytest
from daemon_process import BUILD, SMALL, home_directory, wait_for
from people import company, need, offer
from processes import Processes
from protocol_client import VERSION, pack, unpack

GATE = BUILD / "tests" / "crash" / "libdisk_gate.so"
HEAD = struct.Struct(">IB")  # daemon/channel.h: the length of what follows, the kind
HELLO, REQUEST, REPLY, FACT = 1, 2, 3, 4
IN_VAIN_S = 1.0


class Gateway:
    """The gateway's end of the channel to the core."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.asked = 0
        self._send(HELLO, bytes([2, 2]))
        assert self._read()[0] == HELLO

    def close(self):
        self.socket.close()

    def send(self, cmd, **arguments):
        """Returns the request's id."""
        self.asked += 1
        self._send(REQUEST, b"\x01c" + pack({"v": VERSION, "id": self.asked, "cmd": cmd, **arguments}))
        return self.asked

    def ask(self, cmd, **arguments):
        """The reply; facts that come before it are passed over."""
        number = self.send(cmd, **arguments)
        while True:
            kind, payload = self.hear(10)
            if kind == REPLY:
                reply = unpack(payload[2:])
                assert reply["ok"] and reply["id"] == number, reply
                return reply

    def hear(self, seconds):
        """The next reply or fact as (kind, payload); None if none comes, or the core has gone."""
        end = time.monotonic() + seconds
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while (left := end - time.monotonic()) > 0:
                self.socket.settimeout(left)
                kind, payload = self._read()
                if kind in (REPLY, FACT):
                    return kind, payload
        return None

    def _send(self, kind, payload):
        self.socket.sendall(HEAD.pack(len(payload) + 1, kind) + payload)

    def _read(self):
        length, kind = HEAD.unpack(self._exactly(HEAD.size))
        return kind, self._exactly(length - 1)

    def _exactly(self, size):
        got = b""
        while len(got) < size:
            part = self.socket.recv(size - len(got))
            if not part:
                raise ConnectionResetError("the core has gone")
            got += part
        return got


class Disk:
    """Decides over the syncs of the core's data file (tests/crash/disk_gate.c)."""

    def __init__(self, place):
        self.place = place
        place.mkdir()

    def shut(self):
        (self.place / "waiting").unlink(missing_ok=True)
        (self.place / "shut").touch()

    def wait(self):
        wait_for((self.place / "waiting").exists, what="a sync")

    def open(self):
        (self.place / "shut").unlink()

    def break_down(self):
        (self.place / "broken").touch()
        self.open()


class Stage:
    """A core on a disk of ours, a gateway that asks, and another that only listens to the feed."""

    def __init__(self, processes):
        self.processes, self.disk = processes, Disk(processes.home / "gate")
        self.start()

    def start(self, **env):
        env = {"LD_PRELOAD": str(GATE), "DISK_GATE": str(self.disk.place), **env}
        self.core = self.processes.core("--spawn-gateway=no", exchanges=SMALL, **env)
        self.core.wait_log(" ready ")
        self.asking, self.listening = (Gateway(self.processes.runtime / "core.sock") for _ in range(2))

    def hear_nothing(self):
        assert self.asking.hear(IN_VAIN_S) is None
        assert self.listening.hear(0.1) is None

    def close(self):
        self.asking.close()
        self.listening.close()


@pytest.fixture
def stage():
    """`acme` and `bolt` are members, and acme has a need that an offer of bolt's will meet."""
    with home_directory() as home, Processes(home) as processes, contextlib.closing(Stage(processes)) as stage:
        for participant in ("acme", "bolt"):
            stage.asking.ask("participant.register", participant=company(participant), status="member")
        stage.asking.ask("listing.publish", **need("acme/n"))
        while stage.listening.hear(0.5):
            pass
        while stage.asking.hear(0.1):
            pass
        yield stage


def heard(gateway):
    """All that comes until nothing more does, by kind."""
    kinds = []
    while got := gateway.hear(0.5):
        kinds.append(got[0])
    return kinds


def test_nothing_is_said_until_the_turn_is_synced(stage):
    stage.disk.shut()
    stage.asking.send("listing.publish", **offer("bolt/o"))
    stage.disk.wait()
    stage.hear_nothing()
    stage.disk.open()
    said = heard(stage.asking)
    assert said[0] == REPLY and FACT in said, "then its author is answered first"
    assert FACT in heard(stage.listening), "and everybody hears of it"


def test_nothing_is_said_of_a_turn_that_was_not_stored(stage):
    before = stage.asking.ask("status")["head"]
    stage.disk.shut()
    stage.asking.send("listing.publish", **offer("bolt/o"))
    stage.disk.wait()
    stage.disk.break_down()
    stage.hear_nothing()
    assert stage.core.wait() == 1 and "the turn could not be stored" in stage.core.log()
    stage.close()
    stage.start()
    assert stage.asking.ask("status")["head"] == before, "and nothing of it is kept"
    stage.asking.ask("listing.publish", **offer("bolt/o"))
    assert FACT in heard(stage.listening)
