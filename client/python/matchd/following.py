"""Following: every fact of some streams, once, by ascending number. No I/O: what is to be done is told as effects.

The one thing to know is `number`. Every fact of the streams up to it has been given, and none above it. All else
serves to move it forward:

  check    ask where the streams stand (streams.heads). A stream whose head is above `number` lags.
  replay   read the facts from `number` + 1 up to the head that the check saw, page by page.
  listen   with one stream: a message whose `prev` is not above `number` continues it, and is given as it is. Anything
           else above `number` leads to a check.

A check is due when the feed is heard (again), when a message did not continue, and when heartbeats have shown facts
above `number` for some time, for the feed may drop messages without a trace. While a check or a replay runs, messages
wait in the socket; those that the replay has covered are known by their number. The heartbeat is subscribed to last, so
the first one proves that all subscriptions are in force.

matchd may forget its oldest facts. A follower that lags behind what is kept is told the range (Lagged) and goes on.

With several streams `prev` proves too little: that one goes on says nothing of another, and a fact given from it would
tempt the caller to remember a number below which others are missing. So there the feed only wakes.
"""

import enum
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any

from .errors import EpochChanged, Error, Lagged, ProtocolError, Refused, Timeout, Unreachable
from .wire import (
    BEGINNING,
    EPOCH_BYTES,
    Fact,
    FeedMessage,
    Position,
    Reply,
    Results,
    client_name,
    epoch_and_head,
    is_number,
    read_fact,
    read_feed,
    read_reply,
    write_request,
)

MAX_STREAMS = 1000
MAX_STREAM = 66  # bytes of a stream's name
PAGE = 1000  # facts looked at per question
SILENCE_S = 3.0  # no heartbeat for so long: the feed is taken for dead
RETRY_S = 0.1


class Wire(enum.Enum):
    """The two connections of a follower."""

    ASK = enum.auto()
    FEED = enum.auto()


@dataclass(frozen=True, slots=True)
class Connect:
    """Open this connection, or close it and open it anew."""

    wire: Wire


@dataclass(frozen=True, slots=True)
class Send:
    """Send a question. To be answered by whether it went out before then."""

    data: bytes
    until: float


@dataclass(frozen=True, slots=True)
class Receive:
    """To be answered by the frames of the next message; by None if there is none by then."""

    wire: Wire
    until: float


@dataclass(frozen=True, slots=True)
class Sleep:
    until: float


@dataclass(frozen=True, slots=True)
class Opened:
    """matchd is there and knows from where to follow."""


Work = Connect | Send | Receive | Sleep
Outcome = Opened | Fact | Error | ValueError
Steps = Generator[Work | Outcome, Any, None]


class Following:
    """`wanted` is what is to be done next: work, answered by `done`, or an outcome for the caller, left by `done`."""

    def __init__(
        self,
        streams: Iterable[str] | None,
        after: tuple[bytes | None, int] | None,
        timeout: float,
        check_every: float,
        clock: Callable[[], float],
        endpoint: str = "matchd",
        client: str | None = None,
    ) -> None:
        self.streams = _names(streams)
        self.epoch, self.number = _position(after)
        self._now = after is None
        self._timeout, self._check_every, self._clock = timeout, check_every, clock
        self._endpoint, self._client = endpoint, client_name(client)
        self._question_id = 0
        self._behind = True  # a check is due
        self._heard = False  # a heartbeat has come over this connection, and has led to a check
        self._silent_at = 0.0  # when the feed will have been silent for too long
        self._check_at = 0.0  # when a heartbeat may lead to a check again
        self._steps = self._run()
        self.wanted: Work | Outcome | None = next(self._steps)

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.number)

    def done(self, answer: Any = None) -> None:
        """Goes on behind what was wanted. `wanted` is None once nothing will be."""
        self.wanted = None
        try:
            self.wanted = self._steps.send(answer)
        except StopIteration:
            pass

    # --- the whole of it ---

    def _run(self) -> Steps:
        yield from self._connect_feed()
        yield Connect(Wire.ASK)
        try:
            yield from self._begin()
        except (Error, ValueError) as problem:
            yield problem
            return
        yield Opened()
        while True:
            try:
                yield from self._catch_up() if self._behind else self._listen()
            except EpochChanged as change:
                self.number, self._behind = 0, True
                yield change
            except Lagged as lag:
                self.number, self._behind = lag.last, True
                yield lag
            except Refused as refused:
                self._behind, self._check_at = False, self._clock() + self._check_every
                yield refused
            except ProtocolError as problem:
                yield Connect(Wire.ASK)
                yield problem

    def _begin(self) -> Steps:
        """The first question, asked once: whether matchd is there, and where "now" is."""
        until = self._clock() + self._timeout
        if not (yield self._question("streams.heads", {"streams": self.streams}, until)):
            raise Unreachable(f"nobody listens at {self._endpoint}")
        reply = yield from self._answer(until)
        if reply is None:
            raise Timeout(f"no answer from {self._endpoint} in {self._timeout:g} s")
        if isinstance(reply.outcome, Refused):
            raise reply.outcome
        epoch, head = epoch_and_head(reply.outcome)
        if self._now:
            self.epoch, self.number = epoch, head
        elif self.epoch is None:
            self.epoch = epoch
            if head < self.number:
                raise ValueError(f"there is no fact {self.number} to follow after: the last one is {head}")

    # --- check and replay ---

    def _catch_up(self) -> Steps:
        reply = yield from self._ask("streams.heads", {"streams": self.streams})
        head = self._read_head(reply, self.number)
        self._check_at = self._clock() + self._check_every
        lagging = self._lagging(reply, head)
        if lagging:
            self._look_for_loss(reply, self.number + 1)
            yield from self._replay(head, lagging[0] if len(lagging) == 1 and self.streams else None)
        else:
            self.number = head
        self._behind = False

    def _lagging(self, reply: Results, head: int) -> list[str]:
        """The streams that have facts above `number`; "" stands for everything."""
        if not self.streams:
            return [""] if head > self.number else []
        heads = reply.get("heads")
        if not isinstance(heads, dict) or not all(is_number(heads.get(stream)) for stream in self.streams):
            raise ProtocolError("the heads of the streams are not all there")
        return [stream for stream in self.streams if heads[stream] > self.number]

    def _replay(self, goal: int, stream: str | None) -> Steps:
        start = self.number + 1
        only = {"stream": stream} if stream else {}
        while start <= goal:
            page = yield from self._page({"from": start, "limit": PAGE, **only})
            head = self._read_head(page, goal)
            if not self.streams:
                goal = head
            following = page.get("next")
            if not is_number(following) or following <= start:
                raise ProtocolError("a page of facts does not get further")
            yield from self._give_page(page.get("facts"), goal)
            start = following
        self.number = goal

    def _page(self, arguments: Results) -> Generator[Any, Any, Results]:
        try:
            return (yield from self._ask("facts.read", arguments))
        except Refused as refused:
            if refused.code != "facts_gone":
                raise
        heads = yield from self._ask("streams.heads", {"streams": []})
        self._read_head(heads, self.number)
        self._look_for_loss(heads, arguments["from"])
        raise ProtocolError("facts are said to be gone and to be kept")

    def _look_for_loss(self, heads: Results, wanted: int) -> None:
        """Raises Lagged where facts from the one that is wanted on are not kept any more."""
        first = heads.get("first")
        if is_number(first) and wanted < first:
            raise Lagged(wanted, first - 1)

    def _give_page(self, rows: Any, goal: int) -> Steps:
        if not isinstance(rows, list):
            raise ProtocolError("a page has no facts")
        for row in rows:
            number, streams = (row.get("number"), row.get("streams")) if isinstance(row, dict) else (None, None)
            if not is_number(number) or not isinstance(streams, dict):
                raise ProtocolError("a fact's number or streams are missing")
            if number <= goal and (not self.streams or any(stream in streams for stream in self.streams)):
                yield from self._give(number, row.get("body"))

    def _give(self, number: int, body: Any) -> Steps:
        if number <= self.number:
            raise ProtocolError(f"fact {number} came behind fact {self.number}")
        assert self.epoch is not None
        fact = read_fact(self.epoch, number, body)
        self.number = number
        yield fact

    def _read_head(self, reply: Results, known: int) -> int:
        """The last number of all. Another epoch, or a head below what is known to have been, makes all numbers void."""
        old = self.epoch
        self.epoch, head = epoch_and_head(reply)
        assert old is not None
        if self.epoch != old or head < known:
            raise EpochChanged(old, self.epoch)
        return head

    # --- asking ---

    def _ask(self, cmd: str, arguments: Results) -> Generator[Any, Any, Results]:
        """The results, however long matchd is away meanwhile. Raises Refused and ProtocolError."""
        while True:
            until = self._clock() + self._timeout
            if not (yield self._question(cmd, arguments, until)):
                continue
            reply = yield from self._answer(until)
            if reply is None:
                yield Connect(Wire.ASK)
            elif not isinstance(reply.outcome, Refused):
                return reply.outcome
            elif not reply.outcome.passing:
                raise reply.outcome
            else:
                yield Sleep(self._clock() + RETRY_S)

    def _question(self, cmd: str, arguments: Results, until: float) -> Send:
        self._question_id += 1
        return Send(write_request(self._question_id, cmd, arguments, self._client), until)

    def _answer(self, until: float) -> Generator[Any, Any, Reply | None]:
        while True:
            frames = yield Receive(Wire.ASK, until)
            if frames is None:
                return None
            reply = read_reply(frames)
            if reply.id == self._question_id:
                return reply

    # --- the feed ---

    def _connect_feed(self) -> Steps:
        self._heard, self._silent_at = False, self._clock() + SILENCE_S
        yield Connect(Wire.FEED)

    def _listen(self) -> Steps:
        frames = yield Receive(Wire.FEED, self._silent_at)
        if frames is None:
            yield from self._connect_feed()
            return
        message = read_feed(frames)
        if message:
            self._silent_at = self._clock() + SILENCE_S
            yield from self._take(message)

    def _take(self, message: FeedMessage) -> Steps:
        first = message.heartbeat and not self._heard
        self._heard |= message.heartbeat
        if first or message.epoch != self.epoch:
            self._behind = True
        elif message.number <= self.number:
            pass
        elif message.heartbeat:
            # What is above `number` need not concern streams that were named, so these have time.
            self._behind = not self.streams or self._clock() >= self._check_at
        elif len(self.streams) != 1 or message.prev > self.number:
            self._behind = True
        else:
            try:
                yield from self._give(message.number, message.body)
            except ProtocolError:
                self._behind = True  # the journal has it, too


def _names(streams: Iterable[str] | None) -> list[str]:
    """Sorted; none: everything."""
    if streams is None:
        return []
    if isinstance(streams, str):
        raise TypeError(f'streams: give a list, ["{streams}"]')
    names = sorted(set(streams))
    if not 1 <= len(names) <= MAX_STREAMS:
        raise ValueError(f"streams: name 1 to {MAX_STREAMS} of them, or leave them out to follow everything")
    for name in names:
        if not 1 <= len(name.encode()) <= MAX_STREAM or "/" in name:
            raise ValueError(f'streams: "{name}" is none; they look like x.patents and p.acme')
    return names


def _position(after: tuple[bytes | None, int] | None) -> Position:
    if after is None:
        return BEGINNING
    epoch, number = after
    if epoch is not None and len(epoch) != EPOCH_BYTES:
        raise ValueError(f"after: an epoch has {EPOCH_BYTES} bytes")
    if not is_number(number):
        raise ValueError(f"after: {number!r} is no fact's number")
    return Position(epoch, number)
