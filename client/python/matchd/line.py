"""The ZeroMQ side: sockets that never wait, and what is to be done with them, up to the point where one must wait.

`Client` and `AsyncClient` differ only in how they wait for a `Wait`.
"""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import zmq

from .consuming import Consuming, Delivery, Given
from .following import Connect, Following, Opened, Outcome, Receive, Send, Sleep, Wire
from .wire import HEARTBEAT, MAX_REPLY, Fact

KEEPALIVE_IDLE_S = 10
CLOSE_S = 1.0  # a subscription that is closed has so long to tell what its caller is done with
FEED_HIGH_WATER = 10000  # messages beyond this many are dropped, and filled in by replay

clock = time.monotonic


class Line:
    """A connection that can be thrown away and made anew. Closed until `open`."""

    def __init__(self, make: Callable[[], "zmq.Socket[bytes]"]) -> None:
        self._make = make
        self._socket: "zmq.Socket[bytes] | None" = None

    @property
    def socket(self) -> "zmq.Socket[bytes]":
        if self._socket is None:
            raise ValueError("the client, follower or subscription has been closed")
        return self._socket

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    def open(self) -> None:
        self.close()
        self._socket = self._make()

    def close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket = None

    def send(self, data: bytes) -> bool:
        try:
            self.socket.send(data, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def receive(self) -> list[bytes] | None:
        try:
            return self.socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None

    def can_do(self) -> int:
        """zmq.POLLIN and zmq.POLLOUT, as they are now."""
        events = self.socket.getsockopt(zmq.EVENTS)
        assert isinstance(events, int)
        return events

    def descriptor(self) -> int:
        """Readable when `can_do` may have changed since it, or anything else, was called."""
        descriptor = self.socket.getsockopt(zmq.FD)
        assert isinstance(descriptor, int)
        return descriptor


def command_line(endpoint: str) -> Line:
    """ZMQ_IMMEDIATE: nothing is queued for a peer that is not there, so that Unreachable means "not sent"."""
    return Line(lambda: _connect(zmq.DEALER, endpoint, {zmq.IMMEDIATE: 1}))


def feed_line(endpoint: str, streams: Sequence[str]) -> Line:
    """Two options stay unset, for libzmq 4.3.4 aborts a SUB that has them: ZMQ_HEARTBEAT_* and ZMQ_IMMEDIATE. The slash
    makes a prefix one stream; the heartbeat is subscribed to last, so that it proves the rest."""
    topics = [f"{stream}/".encode() for stream in streams] + [HEARTBEAT] if streams else [b""]

    def make() -> "zmq.Socket[bytes]":
        return _connect(zmq.SUB, endpoint, {zmq.RCVHWM: FEED_HIGH_WATER}, topics)

    return Line(make)


def _connect(kind: int, endpoint: str, options: dict[int, int], topics: Sequence[bytes] = ()) -> "zmq.Socket[bytes]":
    socket = zmq.Context.instance().socket(kind)
    common = {zmq.LINGER: 0, zmq.TCP_KEEPALIVE: 1, zmq.TCP_KEEPALIVE_IDLE: KEEPALIVE_IDLE_S, zmq.MAXMSGSIZE: MAX_REPLY}
    try:
        for option, value in {**common, **options}.items():
            socket.setsockopt(option, value)
        for topic in topics:
            socket.setsockopt(zmq.SUBSCRIBE, topic)
        socket.connect(endpoint)
    except zmq.ZMQError as problem:
        socket.close()
        raise ValueError(f"{endpoint}: {problem.strerror}") from problem
    return socket


@dataclass(frozen=True, slots=True)
class Wait:
    """Until the line can do one of `events` (0: nothing is waited for but the time), or until then."""

    line: Line
    events: int
    until: float


class Exchange(Protocol):
    """What goes over a line of questions: Asking, Consuming."""

    def received(self, frames: Sequence[bytes], now: float) -> bool: ...

    def expire(self, now: float) -> bool: ...

    def to_send(self) -> bytes | None: ...

    def sent(self, now: float) -> None: ...

    def due(self) -> float | None: ...


def ask_turn(asking: Exchange, line: Line) -> Wait | None:
    """Sends and receives what can be, ends what is overdue. None: nothing is asked any more."""
    now = clock()
    while frames := line.receive():
        if not asking.received(frames, now):
            line.open()
    if not asking.expire(now):
        line.open()
    while (data := asking.to_send()) and line.send(data):
        asking.sent(now)
    due = asking.due()
    events = zmq.POLLIN | (zmq.POLLOUT if asking.to_send() else 0)
    return None if due is None else Wait(line, events, due)


class FollowerLines:
    """The two connections of a follower, on which its work is done."""

    def __init__(self, following: Following, commands: str, feed: str) -> None:
        self.following = following
        self._lines = {Wire.ASK: command_line(commands), Wire.FEED: feed_line(feed, following.streams)}

    def close(self) -> None:
        for line in self._lines.values():
            line.close()

    def turns(self, until: float) -> Generator[Wait, None, Outcome | None]:
        """Works until there is an outcome for the caller, or until then (None). May be left at any time."""
        following = self.following
        if isinstance(following.wanted, (Opened, Fact, Exception)):
            following.done()
        while True:
            work = following.wanted
            if work is None:
                raise ValueError("the follower could not be opened")
            if isinstance(work, (Opened, Fact, Exception)):
                return work
            if isinstance(work, Connect):
                self._lines[work.wire].open()
                following.done()
                continue
            line, events, answer = self._attempt(work)
            now = clock()
            if answer is not None or now >= work.until:
                following.done(answer)
            elif now >= until:
                return None
            else:
                yield Wait(line, events, min(work.until, until))

    def _attempt(self, work: Send | Receive | Sleep) -> tuple[Line, int, Any]:
        """What the work waits for, and its answer if there is one already."""
        ask = self._lines[Wire.ASK]
        match work:
            case Send(data):
                return ask, zmq.POLLOUT, ask.send(data) or None
            case Receive(wire):
                line = self._lines[wire]
                return line, zmq.POLLIN, line.receive()
            case _:
                return ask, 0, None


class ConsumerLine:
    """The connection of a subscription's consumer, on which its work is done."""

    def __init__(self, subject: Consuming, commands: str) -> None:
        self.consuming, self.line = subject, command_line(commands)
        self._begun = False

    def turns(self, until: float) -> Generator[Wait, None, Given | None]:
        """Works until there is an outcome for the caller, or until then (None). May be left at any time."""
        if not self._begun:
            self.line.open()
            self._begun = True
        self.consuming.go_on()
        while True:
            wait = self._turn()
            if outcome := self.consuming.take():
                return outcome
            if clock() >= until:
                return None
            if wait:
                yield Wait(self.line, wait.events, min(wait.until, until))

    def _turn(self) -> Wait | None:
        """A connection over which nothing can be sent is none, with ZMQ_IMMEDIATE: what waits there is not answered."""
        wait = ask_turn(self.consuming, self.line)
        if self.consuming.asks and not self.line.can_do() & zmq.POLLOUT:
            self.consuming.cut(clock())
            self.line.open()
            wait = ask_turn(self.consuming, self.line)
        return wait

    def close_turns(self) -> Generator[Wait, None, None]:
        """Tells matchd what the caller is done with, if it is there, and closes. What is not told comes again."""
        if self.line.is_open:
            until = clock() + CLOSE_S
            self.consuming.flush()
            while not self.consuming.settled and clock() < until:
                wait = self._turn()
                if wait and not self.consuming.settled:
                    yield Wait(self.line, wait.events, min(wait.until, until))
        self.line.close()


def delivery(outcome: Given | None) -> Delivery | None:
    """What a subscription's caller is given: a delivery, None where there was none in time, or an exception."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome if isinstance(outcome, Delivery) else None


def result(outcome: Outcome | None) -> Fact | None:
    """What a follower's caller is given: a fact, None where there was none in time, or an exception."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome if isinstance(outcome, Fact) else None
