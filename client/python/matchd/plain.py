"""The blocking client. One thread at a time for each client and each follower; they are independent of each other."""

import math
import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import Any, Self, TypeVar, cast

import zmq

from .asking import IN_FLIGHT, RETRY_FOR_S, Asking, Attempts, Ticket
from .consuming import CREDIT, WAIT_S, Consuming, Delivery
from .endpoint import endpoints
from .errors import Error, Refused
from .following import Following
from .line import ConsumerLine, FollowerLines, Wait, ask_turn, clock, command_line, delivery, result
from .messages import Messages
from .request import Paged, Request
from .wire import Fact, Position, Results

R = TypeVar("R")
WINDOW = 256


class Client(Messages):
    """A connection to matchd. Every message of docs/protocol.md is a method: `listing.publish` is `listing_publish`.

    `endpoint`: the gateway's runtime directory, or the ZeroMQ endpoints of commands and feed with a comma between them;
    None: $MATCHD_RUNTIME, else $XDG_RUNTIME_DIR/matchd if a socket is there, else /run/matchd. `client`: your service's
    name, the same in every process of it, to which keys and durable subscriptions belong. `timeout`: seconds that an
    answer may take. `retry_for`: seconds for which a request with a key is sent again. `check_every`: following, how
    many seconds a loss behind which nothing comes may stay unseen.

    Nothing is sent yet: ZeroMQ connects in the background, and again after every loss.
    """

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

    def close(self) -> None:
        """What is in flight is dropped. Followers are not touched."""
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- asking ---

    def call(self, cmd: str, /, **arguments: Any) -> Results:
        """Asks by the message's name, also where this library does not know it."""
        return self.ask(Request[Results](cmd, arguments))

    def ask(self, request: Request[R]) -> R:
        """The results. Raises Refused, Unreachable (not sent), Timeout (perhaps carried out) or ProtocolError.

        A message that writes takes a `key` of your choice, which you use for nothing else: matchd carries the request
        out once, and answers it alike each time. So when its answer is lost, or matchd is away, it is sent again by
        itself for `retry_for` seconds. After that, and after your own restart, send it again under the same key."""
        attempts = Attempts(request, self._retry_for, clock())
        while True:
            outcome = self._finish(self._submit(request))
            again = attempts.again_at(outcome, clock())
            if again is None:
                break
            _wait(Wait(self._line, 0, again))
        outcome = attempts.told(outcome)
        if isinstance(outcome, Error):
            raise outcome
        return cast(R, outcome)

    def ask_many(self, requests: Iterable[Request[R]], *, window: int = WINDOW) -> Iterator[R | Refused]:
        """The outcomes in the order of the requests, of which `window` are in flight at a time. A refusal is an outcome
        as well, and ends nothing. Anything else is raised: then the fate of the requests whose outcome had not been
        given, as far as they were taken from `requests`, is unknown. None is sent again by itself, for it could come
        behind one that was sent after it: with keys, simply ask for all of them again."""
        if not 1 <= window <= IN_FLIGHT:
            raise ValueError(f"window: 1 to {IN_FLIGHT}")
        return self._pipeline(requests, window)

    def _pipeline(self, requests: Iterable[Request[Any]], window: int) -> Iterator[Any]:
        on_their_way: deque[Ticket] = deque()
        try:
            for request in requests:
                if len(on_their_way) == window:
                    yield self._next_of(on_their_way)
                on_their_way.append(self._submit(request))
            while on_their_way:
                yield self._next_of(on_their_way)
        finally:
            for ticket in on_their_way:
                self._asking.abandon(ticket)

    def _next_of(self, on_their_way: deque[Ticket]) -> Any:
        outcome = self._finish(on_their_way.popleft())
        if isinstance(outcome, Error) and not isinstance(outcome, Refused):
            raise outcome
        return outcome

    def _submit(self, request: Request[Any]) -> Ticket:
        ticket = self._asking.submit(request.cmd, dict(request.arguments), clock())
        ask_turn(self._asking, self._line)
        return ticket

    def _finish(self, ticket: Ticket) -> Results | Error:
        try:
            while ticket.outcome is None:
                wait = ask_turn(self._asking, self._line)
                if wait and ticket.outcome is None:
                    _wait(wait)
        finally:
            self._asking.abandon(ticket)
        return ticket.outcome

    def rows(self, request: Paged[Any]) -> Iterator[Results]:
        """Everything that a paged message lists, page after page."""
        page: Paged[Any] | None = request
        while page:
            rows, page = page.page(self.ask(page))
            yield from rows

    # --- following ---

    def follow(
        self, streams: Iterable[str] | None = None, *, after: Position | tuple[bytes | None, int] | None = None
    ) -> "Follower":
        """Follows streams such as "x.patents" and "p.acme" (at most 1,000), or everything if none are named.

        `after` is the position of the last fact that was dealt with (`Fact.position`), BEGINNING for all there are, or
        None for what happens after this call. Raises as `ask`, and ValueError where `after` is no position or has no
        epoch and lies beyond the last fact.
        """
        following = Following(
            streams, after, self._timeout, self._check_every, clock, self.endpoints[0], self.client
        )
        return Follower(self.endpoints, following)


    # --- durable subscriptions ---

    def subscription(
        self,
        name: str,
        *,
        after: tuple[bytes, int, int | None] | None = None,
        auto_ack: bool = False,
        credit: int = CREDIT,
        wait: float = WAIT_S,
    ) -> "Subscription":
        """Consumes a durable subscription of this client, made by `subscription_create`.

        `auto_ack`: a delivery is acknowledged when the next one is asked for, as at the end of a loop's turn; else
        `ack()` is yours to call. `after`: the `Delivery.place` up to which you have dealt with everything, if you keep
        it; what comes again up to there is passed over. `credit`: so many deliveries are fetched at once. `wait`: so
        many seconds matchd may take to say that nothing has happened; a connection that died is noticed after those
        and `timeout`. Raises as `ask`.
        """
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
        return Subscription(consuming, self.endpoints[0])


class Follower(Iterator[Fact]):
    """Gives every fact of its streams once, by ascending number: when number n has been given, every fact up to n has.

    Losses, and restarts of gateway or core, are made good; meanwhile it just takes longer. Iterating waits for ever.
    EpochChanged is raised where matchd has another store than before: what is known by number is void, and the next
    call begins with number 1 of the new epoch. Lagged is raised where facts are gone that it had not given yet, and
    that may have been of its streams: the next call goes on behind them. Refused and ProtocolError are raised where the
    journal cannot be read; the next call tries again. Close it, or use it in a `with`.
    """

    def __init__(self, where: tuple[str, str], following: Following) -> None:
        self._following = following
        self._lines = FollowerLines(following, *where)
        try:
            result(_run(self._lines.turns(math.inf)))
        except BaseException:
            self.close()
            raise

    @property
    def position(self) -> Position:
        """Every fact up to here has been given. It may lie above the last fact's position, and is there before it."""
        return self._following.position

    def next(self, timeout: float | None = None) -> Fact | None:
        """The next fact, or None if there is none for so many seconds (None: waits for ever)."""
        return result(_run(self._lines.turns(math.inf if timeout is None else clock() + timeout)))

    def __next__(self) -> Fact:
        fact = self.next()
        assert fact
        return fact

    def close(self) -> None:
        self._lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Subscription(Iterator[Delivery]):
    """Gives what a durable subscription lets through, in order, and each delivery once as long as this object lives.

    What was not acknowledged comes again to the next consumer: to another `subscription` of that name, which takes it
    over from this one. Losses, and restarts of gateway or core, are made good; meanwhile it just takes longer.
    Iterating waits for ever.

    EpochChanged is raised where matchd was put back from a backup: the next call goes on where the backup was made.
    Lagged is raised where facts are gone before they were taken: the next call goes on behind them. Refused is raised
    with subscription_taken where another consumer has it now (the next call takes it back), and with
    subscription_deleted or unknown_subscription where it is not there any more. Close it, or use it in a `with`.
    """

    def __init__(self, consuming: Consuming, commands: str) -> None:
        self._consuming, self._line = consuming, ConsumerLine(consuming, commands)
        try:
            delivery(_run(self._line.turns(math.inf)))
        except BaseException:
            self._line.line.close()
            raise

    def next(self, timeout: float | None = None) -> Delivery | None:
        """The next delivery, or None if there is none for so many seconds (None: waits for ever)."""
        return delivery(_run(self._line.turns(math.inf if timeout is None else clock() + timeout)))

    def __next__(self) -> Delivery:
        given = self.next()
        assert given
        return given

    def ack(self) -> None:
        """All that was given is done with, as by `Delivery.ack` of the last one."""
        self._consuming.ack()

    def close(self) -> None:
        """Tells matchd what is acknowledged, if it answers within a second."""
        _run(self._line.close_turns())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _run(turns: Generator[Wait, None, R]) -> R:
    while True:
        try:
            wait = next(turns)
        except StopIteration as end:
            return cast(R, end.value)
        _wait(wait)


def _wait(wait: Wait) -> None:
    """Returns when it is over, or sooner: at any change of the connection, such as its end, which ZeroMQ's own poll would
    not tell. The descriptor tells of a change once, so the socket is asked first."""
    left = None if wait.until == math.inf else max(0, math.ceil((wait.until - clock()) * 1000))
    poller = zmq.Poller()
    if wait.events:
        if wait.line.can_do() & wait.events:
            return
        poller.register(wait.line.descriptor(), zmq.POLLIN)
    poller.poll(left)
