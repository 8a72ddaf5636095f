"""What matchctl says where facts are gone or matchd was restored from a backup: nothing of that passes in silence.

A few lines stand in for the daemon, which does not come into such states whenever a test wants it to.
"""

import contextlib
import json
import subprocess
import threading
import time

import pytest
import zmq
from daemon_process import MATCHCTL
from protocol_client import HEADER, HEARTBEAT, endpoints, pack, unpack
from test_matchctl import DONE, objects

OLD, NEW = 16 * b"\1", 16 * b"\2"
FIRST, HEAD = 8, 10  # facts 1 to 7 are gone


class Stub:
    """Answers what a watch asks; the durable subscription was acknowledged up to 0, in `counted`."""

    def __init__(self, runtime, counted=OLD):
        self.runtime, self.counted, self.epoch = runtime, counted, OLD
        self.acked, self.stopped = 0, False

    def __enter__(self):
        context = zmq.Context.instance()
        self.router, self.feed = context.socket(zmq.ROUTER), context.socket(zmq.PUB)
        for bound, endpoint in zip((self.router, self.feed), endpoints(self.runtime)):
            bound.setsockopt(zmq.LINGER, 0)
            bound.bind(endpoint)
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped = True
        self.thread.join()

    def serve(self):
        with contextlib.closing(self.router), contextlib.closing(self.feed):
            while not self.stopped:
                self.feed.send_multipart([HEARTBEAT, HEADER.pack(self.epoch, HEAD, 0), b""])
                if self.router.poll(50):
                    sender, request = self.router.recv_multipart()
                    request = unpack(request)
                    reply = {"v": 1, "id": request["id"], "head": HEAD, "epoch": self.epoch, **self.answer(request)}
                    self.router.send_multipart([sender, pack(reply)])

    def answer(self, request):
        return getattr(self, request["cmd"].replace(".", "_"))(request)

    def streams_heads(self, request):
        return {"ok": True, "first": FIRST, "heads": dict.fromkeys(request["streams"], HEAD)}

    def facts_read(self, request):
        if request["from"] < FIRST:
            return refusal("facts_gone")
        facts = [{"number": n, "streams": {"x.parts": n - 1}, "body": body(n)} for n in range(request["from"], HEAD + 1)]
        return {"ok": True, "facts": facts, "next": HEAD + 1}

    def subscription_show(self, _):
        return {"ok": True, "subscription": {}}

    def subscription_fetch(self, request):
        if request.get("epoch") == self.epoch:
            self.counted = self.epoch
        if self.counted != self.epoch:
            return {"ok": True, "facts": [], "epoch_changed": True}
        self.acked = max(self.acked, request.get("ack", 0))
        if self.acked < FIRST - 1:
            return {"ok": True, "facts": [], "subscription_lagged": [self.acked + 1, FIRST - 1]}
        if request["credit"] == 0 or self.acked == HEAD:
            time.sleep(0.01)
            return {"ok": True, "facts": []}
        return {"ok": True, "facts": [{"number": n, "body": body(n)} for n in range(self.acked + 1, HEAD + 1)]}


def body(number):
    return {"fact": "listing.opened", "number": number, "at": 1000 + number, "listing": f"acme/{number}"}


def refusal(code):
    return {"ok": False, "error": {"code": code, "field": "", "message": code, "expected": ""}}


FACTS = [body(number) for number in range(FIRST, HEAD + 1)]
LAGGED = {"lagged": [1, FIRST - 1]}


def watch(stub, *arguments):
    tool = subprocess.run(
        [MATCHCTL, "-e", stub.runtime, "watch", "--count", "3", *arguments],
        capture_output=True, text=True, check=False, timeout=20,
    )  # fmt: skip
    assert tool.returncode == DONE, tool.stderr
    return tool


@pytest.fixture
def stub(home):
    with Stub(home) as stub:
        yield stub


@pytest.mark.parametrize("how", [["--from", "1"], ["--from", "1", "x.parts"], ["--durable", "s"]])
def test_a_watch_tells_which_facts_are_gone_and_goes_on_behind(stub, how):
    told = watch(stub, *how, "--json")
    assert (objects(told.stdout), told.stderr) == ([LAGGED, *FACTS], "")
    stub.acked = 0
    people = watch(stub, *how)
    assert "facts 1 to 7 are not kept any more" in people.stderr
    assert [line.split()[0] for line in people.stdout.splitlines()] == ["8", "9", "10"]
    stub.acked = 0
    assert "факты с 1 по 7 уже не хранятся" in watch(stub, *how, "--lang", "ru").stderr


def test_who_deals_with_facts_is_told_like_a_fact_what_is_gone(stub, home):
    out = home / "out"
    people = watch(stub, "--durable", "s", "--exec", f"cat >>{out}")
    assert objects(out.read_text()) == [LAGGED, *FACTS] and "facts 1 to 7" in people.stderr
    assert stub.acked == HEAD


def test_a_durable_watch_tells_of_another_epoch_and_goes_on_in_it(stub, home):
    out, changed = home / "out", {"epoch_changed": NEW.hex()}
    stub.epoch, stub.acked = NEW, FIRST - 1
    assert objects(watch(stub, "--durable", "s", "--json").stdout) == [changed, *FACTS]
    stub.counted, stub.acked = OLD, FIRST - 1
    people = watch(stub, "--durable", "s", "--exec", f"cat >>{out}")
    assert objects(out.read_text()) == [changed, *FACTS] and "a new store" in people.stderr
    assert stub.acked == HEAD


def test_a_watch_of_the_feed_tells_of_an_epoch_that_changes_under_way(stub):
    with subprocess.Popen(
        [MATCHCTL, "-e", stub.runtime, "watch", "--from", "9", "--json"], stdout=subprocess.PIPE, text=True
    ) as process:
        seen = [json.loads(process.stdout.readline()) for _ in range(2)]
        stub.epoch = NEW
        seen += [json.loads(process.stdout.readline()) for _ in range(5)]
        process.kill()
    assert seen == [*FACTS[1:], {"epoch_changed": NEW.hex()}, LAGGED, *FACTS]
