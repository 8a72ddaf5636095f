"""A matchd of the tests' own, in virtual time: a journal that answers questions, and a feed and connections that fail.

It knows the protocol from docs/protocol.md and shares no code with the library.
"""

import random
import struct
from collections import deque

import msgpack
from matchd.errors import Error
from matchd.following import Connect, Following, Opened, Receive, Send, Sleep, Wire
from matchd.wire import Fact

HEADER = struct.Struct(">16sQQ")


def pack(value):
    return msgpack.packb(value, use_bin_type=True)


class Market:
    """The journal: facts, each with the streams that it concerns; some concern none."""

    def __init__(self, epoch=b"e" * 16):
        self.epoch, self.facts, self.heads = epoch, [], {}
        self.reads = 0
        self.first = 1  # the oldest fact that is kept

    @property
    def head(self):
        return len(self.facts)

    def add(self, *streams):
        """Returns the messages that the feed has for it."""
        number = self.head + 1
        prevs = {stream: self.heads.get(stream, 0) for stream in streams}
        body = {"fact": "listing.opened", "number": number, "at": 1000 + number}
        self.facts.append((number, prevs, body))
        self.heads.update(dict.fromkeys(streams, number))
        return [self.message(stream, number, prev, body) for stream, prev in prevs.items()]

    def message(self, stream, number, prev, body):
        return [f"{stream}/{body['fact']}".encode(), HEADER.pack(self.epoch, number, prev), pack(body)]

    def heartbeat(self):
        return [b"heartbeat", HEADER.pack(self.epoch, self.head, 0), b""]

    def numbers(self, streams, after=0):
        """Those that a follower of these streams (none: all) is to be given."""
        return [
            number
            for number, prevs, _ in self.facts
            if number > after and (prevs.keys() & set(streams) if streams else prevs)
        ]

    def answer(self, request):
        asked = msgpack.unpackb(request)
        reply = {"v": 1, "id": asked["id"], "ok": True, "epoch": self.epoch, "head": self.head}
        if asked["cmd"] == "streams.heads":
            reply["first"] = self.first
            return [pack({**reply, "heads": {stream: self.heads.get(stream, 0) for stream in asked["streams"]}})]
        assert asked["cmd"] == "facts.read"
        self.reads += 1
        if asked["from"] < self.first:
            return self.refusal(request, "facts_gone")
        first, end = asked["from"], asked["from"] + min(asked.get("limit", 1000), 7)  # small pages
        rows = [
            {"number": number, "streams": prevs, "body": body}
            for number, prevs, body in self.facts[first - 1 : end - 1]
            if prevs and asked.get("stream", next(iter(prevs))) in prevs
        ]
        return [pack({**reply, "facts": rows, "next": min(end, self.head + 1) if first <= self.head else first})]

    def refusal(self, request, code):
        error = {"code": code, "field": "", "message": "not now", "expected": ""}
        return [pack({"v": 1, "id": msgpack.unpackb(request)["id"], "ok": False, "error": error})]


class World:
    """Does a follower's work in virtual time. `chances` of what can fail, by name; none: nothing does."""

    def __init__(self, streams, after=(None, 0), seed=0, chances=None, market=None):
        self.market = market or Market()
        self.streams, self.random, self.chances = streams, random.Random(seed), chances or {}
        self.time, self.beat_at, self.down_until = 100.0, 100.5, 0.0
        self.connections = dict.fromkeys(Wire, 0)
        self.given = []
        self.begin(after)

    def begin(self, after):
        """A follower as it is after a start of its program."""
        self.feed, self.answers = deque(), deque()
        self.subscribed_at = None
        self.following = Following(self.streams or None, after, 5.0, 2.0, lambda: self.time)

    def chance(self, what):
        return self.random.random() < self.chances.get(what, 0)

    # --- what happens ---

    def add(self, *streams, lost=False):
        for message in self.market.add(*streams):
            stream = message[0].rsplit(b"/", 1)[0].decode()
            if not lost and (not self.streams or stream in self.streams):
                self.publish(message)

    def publish(self, message):
        if self.subscribed_at is None or self.time < self.subscribed_at or self.down or self.chance("drop"):
            return
        self.feed.append(message)
        if self.chance("repeat"):
            self.feed.append(message)
        if self.chance("swap") and len(self.feed) > 1:
            self.feed[-1], self.feed[-2] = self.feed[-2], self.feed[-1]

    @property
    def down(self):
        return self.time < self.down_until

    def gateway_dies(self, seconds):
        self.down_until = self.time + seconds
        self.feed.clear()
        self.answers.clear()
        self.subscribed_at = self.down_until + 0.2  # ZeroMQ connects again by itself

    def pass_time(self, until):
        """A little of it."""
        self.time = min(until, self.time + 0.05)
        if self.time >= self.beat_at:
            self.beat_at = self.time + 1
            self.publish(self.market.heartbeat())

    # --- the follower's work ---

    def next(self, seconds, meanwhile=lambda: None):
        """The next fact or exception, or None if there is none for so long."""
        until = self.time + seconds
        if isinstance(self.following.wanted, (Opened, Fact, Exception)):
            self.following.done()
        while self.time < until:
            work = self.following.wanted
            if isinstance(work, (Fact, Error, ValueError)) or work is None:
                return work
            if not self.work(work):
                meanwhile()
                self.pass_time(until)
        return None

    def work(self, work):
        """False: time must pass first."""
        match work:
            case Opened():
                self.following.done()
            case Connect(Wire.ASK):
                self.connections[Wire.ASK] += 1
                self.answers.clear()
                self.following.done()
            case Connect(Wire.FEED):
                self.connections[Wire.FEED] += 1
                self.feed.clear()
                self.subscribed_at = self.time + self.random.choice((0, 0.3))
                self.following.done()
            case Send(data) if not self.down:
                self.reply(data)
                self.following.done(True)
            case Receive(Wire.FEED) if self.feed:
                self.following.done(self.feed.popleft())
            case Receive(Wire.ASK) if self.answers:
                self.following.done(self.answers.popleft())
            case Send(_, until) | Receive(_, until) | Sleep(until) if self.time >= until:
                self.following.done(None)
            case _:
                return False
        return True

    def reply(self, data):
        if self.chance("lose answer"):
            return
        if self.chance("unavailable"):
            self.answers.append(self.market.refusal(data, "core_unavailable"))
        else:
            self.answers.append(self.market.answer(data))
