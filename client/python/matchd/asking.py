"""Requests in flight over one connection. No I/O: bytes go in and out, the time is an argument.

Answers come in order, but for those of the gateway itself. So a request that waits behind others is not overdue as long
as these are answered; one whose answer went down with a gateway is, whatever else is answered. A connection over which
nothing comes any more is given up with everything in flight: it may be dead without anybody having noticed.
"""

import math
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Any

from .errors import Error, ProtocolError, Refused, Timeout, Unreachable
from .request import Request
from .wire import Results, client_name, read_reply, write_request

IN_FLIGHT = 1000  # the gateway refuses more
RETRY_S = 0.1
RETRY_FOR_S = 30.0  # a request with a key is sent again: long enough for a restart of matchd

Outcome = Results | Error


class Ticket:
    """One request on its way. `outcome` is None until it has one; then `then` is called with it, if there is one."""

    def __init__(self, number: int, data: bytes, until: float, then: Callable[[Outcome], None] | None) -> None:
        self.id, self.data, self.until, self.then = number, data, until, then
        self.sent_at = 0.0
        self.outcome: Outcome | None = None

    def end(self, outcome: Outcome) -> None:
        self.outcome = outcome
        if self.then:
            self.then(outcome)


class Attempts:
    """Whether a request is to be sent again. One that has a key is, for so many seconds, while its fate is not known or
    it has none yet: matchd carries it out once, however often it comes."""

    def __init__(self, request: Request[Any], seconds: float, now: float) -> None:
        self._until = now + seconds if "key" in request.arguments else now
        self._lost: Timeout | None = None
        self._refused = False

    def again_at(self, outcome: Outcome, now: float) -> float | None:
        """When to send it again, after this outcome; None: that was the last."""
        passing = isinstance(outcome, Refused) and outcome.passing
        self._refused |= passing
        self._lost = outcome if isinstance(outcome, Timeout) else self._lost
        unsent = isinstance(outcome, Unreachable) and (self._refused or self._lost is not None)
        if not (passing or unsent or isinstance(outcome, Timeout)) or now >= self._until:
            return None
        return now + RETRY_S if passing else now

    def told(self, outcome: Outcome) -> Outcome:
        """What the caller is told at the end: that the fate is unknown, if an answer was lost and none came since."""
        if self._lost and isinstance(outcome, Error) and (not isinstance(outcome, Refused) or outcome.passing):
            return self._lost
        return outcome


class Asking:
    """`client` is the name that is added to every request, if there is one."""

    def __init__(self, endpoint: str, timeout: float, client: str | None = None) -> None:
        self.endpoint, self.timeout, self.client = endpoint, timeout, client_name(client)
        self._next_id = 1
        self._unsent: deque[Ticket] = deque()
        self._in_flight: OrderedDict[int, Ticket] = OrderedDict()
        self._heard = self._moved = -math.inf  # when an answer came last; when one to the oldest in flight did

    def submit(
        self, cmd: str, arguments: Results, now: float, then: Callable[[Outcome], None] | None = None
    ) -> Ticket:
        """Raises ValueError or TypeError for arguments that cannot be sent."""
        data = write_request(self._next_id, cmd, arguments, self.client)
        ticket = Ticket(self._next_id, data, now + self.timeout, then)
        self._next_id += 1
        self._unsent.append(ticket)
        return ticket

    def to_send(self) -> bytes | None:
        """What is to go out next, if anything may."""
        return self._unsent[0].data if self._unsent and len(self._in_flight) < IN_FLIGHT else None

    def sent(self, now: float) -> None:
        """What `to_send` gave has gone out."""
        ticket = self._unsent.popleft()
        ticket.sent_at = now
        self._in_flight[ticket.id] = ticket

    def received(self, frames: Sequence[bytes], now: float) -> bool:
        """False: the connection is to be made anew. What answers nothing in flight is passed over."""
        try:
            reply = read_reply(frames)
        except ProtocolError as problem:
            self._give_up(problem)
            return False
        if reply.id in self._in_flight:
            self._heard = now
            if reply.id == next(iter(self._in_flight)):
                self._moved = now
            self._in_flight.pop(reply.id).end(reply.outcome)
        return True

    def expire(self, now: float) -> bool:
        """Ends what has waited for too long. False: the connection is to be made anew."""
        while self._unsent and not self._in_flight and self._unsent[0].until <= now:
            self._unsent.popleft().end(Unreachable(f"nobody listens at {self.endpoint}"))
        late = f"no answer from {self.endpoint} in {self.timeout:g} s; what was asked may have been done"
        while self._in_flight and self._overdue_at() <= now:
            if self._heard + self.timeout <= now:
                self._give_up(Timeout(late))
                return False
            self._in_flight.popitem(last=False)[1].end(Timeout(late))
        return True

    def due(self) -> float | None:
        """When `expire` will have something to do; None while nothing is asked."""
        if self._in_flight:
            return self._overdue_at()
        return self._unsent[0].until if self._unsent else None

    def _overdue_at(self) -> float:
        """Of the oldest in flight, behind which all others wait."""
        return max(next(iter(self._in_flight.values())).sent_at, self._moved) + self.timeout

    def abandon(self, ticket: Ticket) -> None:
        """Nobody waits for it any more: it is not sent if it has not been."""
        ticket.then = None
        if ticket in self._unsent:
            self._unsent.remove(ticket)

    def _give_up(self, why: Error) -> None:
        dropped = list(self._in_flight.values())
        self._in_flight.clear()
        for ticket in dropped:
            ticket.end(type(why)(*why.args))
