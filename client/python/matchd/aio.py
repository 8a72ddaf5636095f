"""The same for asyncio. Calls of one client may overlap; a follower belongs to one task at a time."""

import asyncio
import math
import os
from collections import deque
from collections.abc import AsyncIterator, Generator, Iterable
from functools import partial
from typing import Any, Self, TypeVar, cast

from .asking import IN_FLIGHT, RETRY_FOR_S, Asking, Attempts, Outcome
from .consuming import CREDIT, WAIT_S, Consuming, Delivery
from .endpoint import endpoints
from .errors import Error, Refused
from .following import Following
from .line import ConsumerLine, FollowerLines, Wait, ask_turn, clock, command_line, delivery, result
from .messages import Messages
from .plain import WINDOW
from .request import Paged, Request
from .wire import Fact, Position, Results

R = TypeVar("R")


class AsyncClient(Messages):
    """As `Client`, with `await` before its methods. Requests go out in the order of the calls, at most 1,000 in
    flight at a time; later calls wait for their turn. It belongs to the event loop in which it first asks."""

    def __init__(
        self,
        endpoint: str | os.PathLike[str] | None = None,
        *,
        client: str | None = None,
        timeout: float = 5.0,
        retry_for: float = RETRY_FOR_S,
        check_every: float = 2.0,
    ) -> None:
        self.endpoints, self.client = endpoints(endpoint), client
        self._timeout, self._retry_for, self._check_every = timeout, retry_for, check_every
        self._asking = Asking(self.endpoints[0], timeout, client)
        self._line = command_line(self.endpoints[0])
        self._line.open()
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._waiting: set[asyncio.Future[Outcome]] = set()
        self._woken = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """What is in flight is dropped, and whoever waits for it is cancelled. Followers are not touched."""
        if self._pump:
            self._pump.cancel()
            await asyncio.wait([self._pump])
        self._line.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- asking ---

    async def call(self, cmd: str, /, **arguments: Any) -> Results:
        """Asks by the message's name, also where this library does not know it."""
        return await self.ask(Request[Results](cmd, arguments))

    async def ask(self, request: Request[R]) -> R:
        """The results. Raises Refused, Unreachable (not sent), Timeout (perhaps carried out) or ProtocolError. A call
        that is cancelled may have been carried out as well. With a `key` as `Client.ask`."""
        attempts = Attempts(request, self._retry_for, clock())
        while True:
            outcome = await self._outcome(request)
            again = attempts.again_at(outcome, clock())
            if again is None:
                break
            await asyncio.sleep(again - clock())
        outcome = attempts.told(outcome)
        if isinstance(outcome, Error):
            raise outcome
        return cast(R, outcome)

    async def ask_many(self, requests: Iterable[Request[R]], *, window: int = WINDOW) -> AsyncIterator[R | Refused]:
        """As `Client.ask_many`."""
        if not 1 <= window <= IN_FLIGHT:
            raise ValueError(f"window: 1 to {IN_FLIGHT}")
        on_their_way: deque[asyncio.Task[Outcome]] = deque()
        try:
            for request in requests:
                if len(on_their_way) == window:
                    yield await _next_of(on_their_way)
                on_their_way.append(asyncio.ensure_future(self._outcome(request)))
            while on_their_way:
                yield await _next_of(on_their_way)
        finally:
            for task in on_their_way:
                task.cancel()

    async def _outcome(self, request: Request[Any]) -> Outcome:
        async with self._room:
            answered: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            ticket = self._asking.submit(request.cmd, dict(request.arguments), clock(), partial(_settle, answered))
            self._waiting.add(answered)
            self._woken.set()
            if self._pump is None or self._pump.done():
                self._pump = asyncio.ensure_future(self._answer_all())
            try:
                return await answered
            finally:
                self._waiting.discard(answered)
                self._asking.abandon(ticket)

    async def _answer_all(self) -> None:
        """Runs while anything is asked, and alone touches the socket, whose descriptor tells of a change only once."""
        try:
            while wait := ask_turn(self._asking, self._line):
                await _wait(wait, self._woken)
        except Exception as problem:  # such as a socket that was closed: nobody would answer any more
            for answered in self._waiting:
                if not answered.done():
                    answered.set_exception(problem)
        finally:
            for answered in self._waiting:
                answered.cancel()

    async def rows(self, request: Paged[Any]) -> AsyncIterator[Results]:
        """Everything that a paged message lists, page after page."""
        page: Paged[Any] | None = request
        while page:
            rows, page = page.page(await self.ask(page))
            for row in rows:
                yield row

    # --- following ---

    def follow(
        self, streams: Iterable[str] | None = None, *, after: Position | tuple[bytes | None, int] | None = None
    ) -> "AsyncFollower":
        """As `Client.follow`; but it begins, and raises what that raises, when it is entered by `async with` or first
        asked for a fact."""
        following = Following(
            streams, after, self._timeout, self._check_every, clock, self.endpoints[0], self.client
        )
        return AsyncFollower(self.endpoints, following)


    # --- durable subscriptions ---

    def subscription(
        self,
        name: str,
        *,
        after: tuple[bytes, int, int | None] | None = None,
        auto_ack: bool = False,
        credit: int = CREDIT,
        wait: float = WAIT_S,
    ) -> "AsyncSubscription":
        """As `Client.subscription`; but it begins, and raises what that raises, when it is entered by `async with` or
        first asked for a delivery."""
        consuming = Consuming(
            name,
            self.client,
            after=after,
            auto_ack=auto_ack,
            credit=credit,
            wait=wait,
            timeout=self._timeout,
            now=clock(),
            endpoint=self.endpoints[0],
        )
        return AsyncSubscription(consuming, self.endpoints[0])


class AsyncFollower(AsyncIterator[Fact]):
    """As `Follower`. What it does may be cancelled at any time, and loses nothing."""

    def __init__(self, where: tuple[str, str], following: Following) -> None:
        self._following = following
        self._lines = FollowerLines(following, *where)
        self._opened = False

    @property
    def position(self) -> Position:
        """Every fact up to here has been given. It may lie above the last fact's position, and is there before it."""
        return self._following.position

    async def next(self, timeout: float | None = None) -> Fact | None:
        """The next fact, or None if there is none for so many seconds (None: waits for ever)."""
        until = math.inf if timeout is None else clock() + timeout
        if not self._opened:
            await self._open()
        return result(await _run(self._lines.turns(until)))

    async def _open(self) -> None:
        try:
            result(await _run(self._lines.turns(math.inf)))
        except Exception:
            self._lines.close()
            raise
        self._opened = True

    async def __anext__(self) -> Fact:
        fact = await self.next()
        assert fact
        return fact

    async def close(self) -> None:
        self._lines.close()

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except asyncio.CancelledError:
            self._lines.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncSubscription(AsyncIterator[Delivery]):
    """As `Subscription`. It belongs to one task at a time. What it does may be cancelled at any time, and loses
    nothing; `ack` is not awaited, for it never waits."""

    def __init__(self, consuming: Consuming, commands: str) -> None:
        self._consuming, self._line = consuming, ConsumerLine(consuming, commands)
        self._opened = False

    async def next(self, timeout: float | None = None) -> Delivery | None:
        """The next delivery, or None if there is none for so many seconds (None: waits for ever)."""
        until = math.inf if timeout is None else clock() + timeout
        if not self._opened:
            await self._open()
        return delivery(await _run(self._line.turns(until)))

    async def _open(self) -> None:
        try:
            delivery(await _run(self._line.turns(math.inf)))
        except Exception:
            self._line.line.close()
            raise
        self._opened = True

    async def __anext__(self) -> Delivery:
        given = await self.next()
        assert given
        return given

    def ack(self) -> None:
        """All that was given is done with, as by `Delivery.ack` of the last one."""
        self._consuming.ack()

    async def close(self) -> None:
        """Tells matchd what is acknowledged, if it answers within a second."""
        try:
            await _run(self._line.close_turns())
        finally:
            self._line.line.close()

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except asyncio.CancelledError:
            self._line.line.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _settle(answered: asyncio.Future[Outcome], outcome: Outcome) -> None:
    if not answered.done():
        answered.set_result(outcome)


async def _next_of(on_their_way: "deque[asyncio.Task[Outcome]]") -> Any:
    outcome = await on_their_way.popleft()
    if isinstance(outcome, Error) and not isinstance(outcome, Refused):
        raise outcome
    return outcome


async def _run(turns: Generator[Wait, None, R]) -> R:
    woken = asyncio.Event()
    while True:
        try:
            wait = next(turns)
        except StopIteration as end:
            return cast(R, end.value)
        await _wait(wait, woken)


async def _wait(wait: Wait, woken: asyncio.Event) -> None:
    """Returns when it is over, when `woken` is set, or sooner. The descriptor tells of a change once, and any call on a
    socket may have swallowed it: so the socket is asked first, and nobody else may touch it meanwhile."""
    woken.clear()
    loop = asyncio.get_running_loop()
    descriptor = None
    if wait.events:
        if wait.line.can_do() & wait.events:
            return
        descriptor = wait.line.descriptor()
        loop.add_reader(descriptor, woken.set)
    timer = None if wait.until == math.inf else loop.call_later(max(0.0, wait.until - clock()), woken.set)
    try:
        await woken.wait()
    finally:
        if timer:
            timer.cancel()
        if descriptor is not None:
            loop.remove_reader(descriptor)
