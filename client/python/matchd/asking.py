"""Requests in flight over one connection. No I/O: bytes go in and out, the time is an argument.

A connection is given up when nothing has come over it for the time that an answer may take, and everything in flight
with it. That is what keeps questions and answers in step: what ZeroMQ still holds for a peer that is gone goes as well.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence

from .errors import Error, ProtocolError, Timeout, Unreachable
from .wire import Results, read_reply, write_request

IN_FLIGHT = 1000  # the gateway refuses more

Outcome = Results | Error


class Ticket:
    """One request on its way. `outcome` is None until it has one; then `then` is called with it, if there is one."""

    def __init__(self, number: int, data: bytes, until: float, then: Callable[[Outcome], None] | None) -> None:
        self.id, self.data, self.until, self.then = number, data, until, then
        self.outcome: Outcome | None = None

    def end(self, outcome: Outcome) -> None:
        self.outcome = outcome
        if self.then:
            self.then(outcome)


class Asking:
    def __init__(self, endpoint: str, timeout: float) -> None:
        self.endpoint, self.timeout = endpoint, timeout
        self._next_id = 1
        self._unsent: deque[Ticket] = deque()
        self._in_flight: OrderedDict[int, Ticket] = OrderedDict()
        self._heard = 0.0  # when the last answer came, or the first request went out that waits for one

    def submit(
        self, cmd: str, arguments: Results, now: float, then: Callable[[Outcome], None] | None = None
    ) -> Ticket:
        """Raises ValueError or TypeError for arguments that cannot be sent."""
        ticket = Ticket(self._next_id, write_request(self._next_id, cmd, arguments), now + self.timeout, then)
        self._next_id += 1
        self._unsent.append(ticket)
        return ticket

    def to_send(self) -> bytes | None:
        """What is to go out next, if anything may."""
        return self._unsent[0].data if self._unsent and len(self._in_flight) < IN_FLIGHT else None

    def sent(self, now: float) -> None:
        """What `to_send` gave has gone out."""
        if not self._in_flight:
            self._heard = now
        ticket = self._unsent.popleft()
        self._in_flight[ticket.id] = ticket

    def received(self, frames: Sequence[bytes], now: float) -> bool:
        """False: the connection is to be made anew. What answers nothing in flight is passed over."""
        try:
            reply = read_reply(frames)
        except ProtocolError as problem:
            self._drop(problem)
            return False
        ticket = self._in_flight.pop(reply.id, None)
        if ticket:
            self._heard = now
            ticket.end(reply.outcome)
        return True

    def expire(self, now: float) -> bool:
        """Ends what has waited for too long. False: the connection is to be made anew."""
        while self._unsent and not self._in_flight and self._unsent[0].until <= now:
            self._unsent.popleft().end(Unreachable(f"nobody listens at {self.endpoint}"))
        if not self._in_flight or self._heard + self.timeout > now:
            return True
        self._drop(Timeout(f"no answer from {self.endpoint} in {self.timeout:g} s; what was asked may have been done"))
        return False

    def due(self) -> float | None:
        """When `expire` will have something to do; None while nothing is asked."""
        if self._in_flight:
            return self._heard + self.timeout
        return self._unsent[0].until if self._unsent else None

    def abandon(self, ticket: Ticket) -> None:
        """Nobody waits for it any more: it is not sent if it has not been."""
        ticket.then = None
        if ticket in self._unsent:
            self._unsent.remove(ticket)

    def _drop(self, why: Error) -> None:
        dropped = list(self._in_flight.values())
        self._in_flight.clear()
        for ticket in dropped:
            ticket.end(why)
