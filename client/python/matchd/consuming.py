"""Consuming a durable subscription: what matchd gives, once, in order. No I/O: bytes go in and out, the time is an
argument.

matchd keeps count. The consumer fetches, which is a question that waits for its answer, and says with it up to where it
is done. At most one such page is on its way while there are deliveries enough; an acknowledgement that cannot wait for
the next page goes with a fetch that replaces the one that waits, which matchd then answers at once.

Every question says behind which delivery the answer is to begin, so that one that was lost or late leaves no hole.
Every connection has a consumer number of its own. When an answer is overdue, the connection is given up with its
number: the next number takes the subscription over. What comes again is known by its place, so it is given to the caller
once.
"""

import math
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .asking import RETRY_S
from .errors import EpochChanged, Error, Lagged, ProtocolError, Refused, Timeout, Unreachable
from .following import Opened
from .wire import (
    EPOCH_BYTES,
    Fact,
    Results,
    client_name,
    epoch_and_head,
    is_number,
    read_fact,
    read_reply,
    write_request,
)

CREDIT = 100
MAX_CREDIT = 10000
WAIT_S = 5.0
MAX_WAIT_S = 60.0
ACK_EVERY_S = 0.5  # an acknowledgement that no page takes along goes by itself, not more often than this
LATE_S = 30.0  # for so long, a fetch of a connection that was given up may still be carried out

Key = tuple[int, float]
NOTHING: Key = (0, -1)


class Place(NamedTuple):
    """Where a delivery stands. Keep it with what you made of the delivery, to know the delivery when it comes again."""

    epoch: bytes
    number: int
    state: int | None = None

    @property
    def key(self) -> Key:
        """What stands has the number of the beginning, and comes before the facts."""
        return self.number, math.inf if self.state is None else self.state


BEFORE_ALL = Place(b"", 0, 0)  # for matchd that is: behind what was acknowledged


@dataclass(frozen=True, slots=True)
class Delivery(Fact):
    """A fact, as a subscription gives it.

    `state`: in what stood when the subscription began (`start="state"`), its place there; None in what has happened
    since. `because`: of a match, the client's subscriptions that let it through.
    """

    state: int | None
    because: tuple[str, ...]
    _acknowledge: Callable[[Place], None] = field(repr=False, compare=False)

    @property
    def place(self) -> Place:
        return Place(self.epoch, self.number, self.state)

    def ack(self) -> None:
        """This and all deliveries before it are done with, and will not come again. Sent with what is asked next, or
        when the subscription is closed; never waits."""
        self._acknowledge(self.place)


Given = Opened | Delivery | Error


class Consuming:
    """`go_on`, then by turns `received`, `expire` and `to_send` as in Asking, and `take` until there is an outcome."""

    def __init__(
        self,
        name: str,
        client: str | None,
        *,
        after: tuple[bytes, int, int | None] | None = None,
        auto_ack: bool = False,
        credit: int = CREDIT,
        wait: float = WAIT_S,
        timeout: float = 5.0,
        now: float = 0.0,
        endpoint: str = "matchd",
    ) -> None:
        if client is None:
            raise ValueError("client: a subscription belongs to a client, so give yours a name: client=")
        if not 1 <= credit <= MAX_CREDIT:
            raise ValueError(f"credit: 1 to {MAX_CREDIT}")
        if not 0 < wait <= MAX_WAIT_S:
            raise ValueError(f"wait: more than 0, at most {MAX_WAIT_S:g} s")
        place = _place(after)
        self.name, self.client, self.endpoint = name, client_name(client), endpoint
        self.epoch = place.epoch if place else None
        self._auto_ack, self._credit, self._wait, self._timeout = auto_ack, credit, wait, timeout
        self._dealt_with = place.key if place else NOTHING  # before this process began
        self._taken = self._dealt_with  # up to here everything has come
        self._came: Place | None = None  # the last that matchd gave
        self._queue: deque[Given] = deque()
        self._given: Place | None = None  # the last that the caller has
        self._done: Place | None = None  # up to here the caller is done
        self._skip: Place | None = None  # what is gone, of which the caller has been told
        self._opened = self._ended = self._told = self._flushing = False
        self._open_until = now + timeout
        self._next_id, self._last_sent = 1, -math.inf
        self._quiet_until = self._late_until = self._wake = -math.inf
        self._renew()

    def _renew(self) -> None:
        """What belongs to a connection."""
        self.consumer = secrets.randbits(62) + 1
        self._in_flight: dict[int, tuple[float, Place | None]] = {}  # when it is overdue, and what it acknowledges
        self._page: int | None = None  # the last fetch of a page, while it is in flight
        self._told_done: Place | None = None  # up to where matchd has been told
        self._heard_done: Place | None = None  # and has answered that
        self._more = False  # whether there was more to come behind the last page
        self._request: Results | None = None  # to be sent

    # --- the caller ---

    def go_on(self) -> None:
        """The caller asks for the next delivery, and so knows what he has been told."""
        if self._ended:
            raise ValueError("the subscription could not be opened")
        self._told = False
        if self._skip:
            self._done = self._came = self._skip
            self._taken, self._skip = max(self._taken, self._skip.key), None
        if self._auto_ack and self._given:
            self.ack(self._given)

    def take(self) -> Given | None:
        """What is next for the caller."""
        if not self._queue:
            return None
        outcome = self._queue.popleft()
        if isinstance(outcome, Delivery):
            self._given = outcome.place
        elif isinstance(outcome, Error):
            self._told = True
            if isinstance(outcome, Lagged) and self.epoch:
                self._skip = Place(self.epoch, outcome.last)
        return outcome

    def ack(self, place: Place | None = None) -> None:
        """Done with everything up to there; None: with all that was given. What was given in another epoch is void."""
        place = place or self._given
        if place and self._given and place.epoch == self.epoch and place.key <= self._given.key:
            if self._done is None or self._done.key < place.key:
                self._done = place

    def flush(self) -> None:
        """From now on only what the caller is done with is told."""
        self._flushing = True

    @property
    def settled(self) -> bool:
        """Whether matchd knows what the caller is done with, or is not to be told."""
        return self._is_held() or self._done in (None, self._heard_done)

    # --- time and what goes out ---

    def expire(self, now: float) -> bool:
        """Ends what is overdue, and sees what is to be asked. False: the connection is to be made anew."""
        overdue = any(due <= now for due, _ in self._in_flight.values())
        if overdue:
            self.cut(now)
            if not self._opened:
                self._end(Timeout(f"no answer from {self.endpoint} in {self._timeout:g} s"))
        elif not self._opened and not self._in_flight and self._open_until <= now:
            self._end(Unreachable(f"nobody listens at {self.endpoint}"))
        self._plan(now)
        return not overdue

    @property
    def asks(self) -> bool:
        """Whether an answer is waited for."""
        return bool(self._in_flight)

    def cut(self, now: float) -> None:
        """The connection is gone, and another one is made."""
        self._late_until = now + LATE_S
        self._renew()

    def _is_held(self) -> bool:
        """Whether the caller must know of something first."""
        return self._ended or self._told or bool(self._queue) and isinstance(self._queue[-1], Error)

    def _plan(self, now: float) -> None:
        self._request, self._wake = None, math.inf
        owes = self._done is not None and self._done != self._told_done
        few = not self._queue or (self._more and len(self._queue) <= self._credit // 2)
        if self._is_held():
            return
        if now < self._quiet_until:
            self._wake = self._quiet_until
        elif self._flushing:
            self._request = self._fetch(0) if owes else None
        elif few and self._page is None:
            self._request = self._fetch(self._credit)
        elif owes and self._last_sent + ACK_EVERY_S <= now:
            self._request = self._fetch(0 if self._page is None else self._credit)
        elif owes:
            self._wake = self._last_sent + ACK_EVERY_S

    def _fetch(self, credit: int) -> Results:
        """The first one does not wait, for its answer tells that the subscription is there."""
        request: Results = {"name": self.name, "consumer": self.consumer, "credit": credit}
        if credit and self._opened:
            request["wait_ms"] = int(self._wait * 1000)
        if self.epoch:
            request["epoch"] = self.epoch
        request |= _written("after", self._came or BEFORE_ALL)
        if self._done:
            request |= _written("ack", self._done)
        return request

    def to_send(self) -> bytes | None:
        """What is to go out next, if anything is."""
        if self._request is None:
            return None
        return write_request(self._next_id, "subscription.fetch", self._request, self.client)

    def sent(self, now: float) -> None:
        """What `to_send` gave has gone out."""
        assert self._request is not None
        overdue_at = now + self._request.get("wait_ms", 0) / 1000 + self._timeout
        self._in_flight[self._next_id] = overdue_at, self._done
        if self._request["credit"]:
            self._page = self._next_id
        self._told_done, self._last_sent, self._request = self._done, now, None
        self._next_id += 1

    def due(self) -> float | None:
        """When `expire` will have something to do."""
        times = [self._wake, *(due for due, _ in self._in_flight.values())]
        if not self._opened and not self._in_flight:
            times.append(self._open_until)
        return min(times)

    # --- what comes in ---

    def received(self, frames: Sequence[bytes], now: float) -> bool:
        """False: the connection is to be made anew."""
        try:
            reply = read_reply(frames)
            if reply.id not in self._in_flight:
                return True
            _, done = self._in_flight.pop(reply.id)
            if self._page == reply.id:
                self._page = None
            if isinstance(reply.outcome, Refused):
                return self._refused(reply.outcome, now)
            self._heard_done = done
            return self._answered(reply.outcome)
        except ProtocolError as problem:
            return self._stop(problem)

    def _refused(self, refused: Refused, now: float) -> bool:
        if refused.passing and self._opened:
            self._quiet_until, self._told_done = now + RETRY_S, None
            return True
        if refused.code == "subscription_taken" and now < self._late_until:
            self._late_until = -math.inf  # by a fetch of our own, that we had given up and that came late
            self._renew()
            return False
        if refused.field == "ack" and self.epoch:
            return self._begin_anew(self.epoch)  # there is no such fact any more: the store was put back
        if refused.code in ("unknown_subscription", "subscription_deleted"):
            self._forget()
        return self._stop(refused)

    def _answered(self, results: Results) -> bool:
        epoch, head = epoch_and_head(results)
        if results.get("epoch_changed") is True or self.epoch not in (None, epoch) or head < self._taken[0]:
            return self._begin_anew(epoch)
        self.epoch = epoch
        self._open()
        self._take_rows(results.get("facts"), epoch, head)
        lost = results.get("subscription_lagged")
        if lost is not None and not self._is_held():
            if not isinstance(lost, list) or len(lost) != 2 or not all(is_number(number) for number in lost):
                raise ProtocolError("a subscription lagged, and it is not said by what")
            self._queue.append(Lagged(*lost))
        return True

    def _take_rows(self, rows: Any, epoch: bytes, head: int) -> None:
        if not isinstance(rows, list):
            raise ProtocolError("a fetch was answered without facts")
        before = NOTHING
        for row in rows:
            delivery = self._read(row, epoch)
            if delivery.place.key <= before:
                raise ProtocolError("the facts of a subscription are not in order")
            before = delivery.place.key
            self._take(delivery)
        if rows:
            self._more = "state" in rows[-1] or before[0] < head

    def _read(self, row: Any, epoch: bytes) -> Delivery:
        if not isinstance(row, dict):
            raise ProtocolError("a subscription's fact is none")
        number, state, because = row.get("number"), row.get("state"), row.get("because")
        if not is_number(number) or not (state is None or is_number(state)):
            raise ProtocolError("the place of a subscription's fact is missing")
        fact = read_fact(epoch, number, row.get("body"))
        names = tuple(map(str, because)) if isinstance(because, list) else ()
        return Delivery(fact.epoch, fact.number, fact.kind, fact.at_ms, fact.body, state, names, self.ack)

    def _take(self, delivery: Delivery) -> None:
        place = delivery.place
        if self._came is None or self._came.key < place.key:
            self._came = place
        if place.key > self._taken:
            self._taken = place.key
            self._queue.append(delivery)
        elif self._done and place.key <= self._done.key:
            self._told_done = None  # matchd had not stored it
        elif place.key <= self._dealt_with:
            self._done = place

    # --- what the caller must know ---

    def _open(self) -> None:
        if not self._opened:
            self._opened = True
            self._queue.append(Opened())

    def _end(self, why: Error) -> None:
        self._ended = True
        self._queue.append(why)

    def _stop(self, why: Error) -> bool:
        """What has come and was not given comes again, over the next connection."""
        self._queue.clear()
        self._came = self._given
        self._taken = max(self._dealt_with, self._given.key) if self._given else self._dealt_with
        self._renew()
        if self._opened:
            self._queue.append(why)
        else:
            self._end(why)
        return False

    def _begin_anew(self, epoch: bytes) -> bool:
        old, self.epoch = self.epoch, epoch
        self._forget()
        self._open()
        opened = [outcome for outcome in self._queue if isinstance(outcome, Opened)]
        self._stop(EpochChanged(old, epoch))
        self._queue.extendleft(opened)
        return False

    def _forget(self) -> None:
        """What is known by number is void."""
        self._given = self._done = self._skip = self._came = None
        self._dealt_with = self._taken = NOTHING


def _written(what: str, place: Place) -> Results:
    """A place in a request."""
    return {what: place.number} if place.state is None else {what: place.number, f"{what}_state": place.state}


def _place(after: tuple[bytes, int, int | None] | None) -> Place | None:
    if after is None:
        return None
    place = Place(*after)
    if not isinstance(place.epoch, bytes) or len(place.epoch) != EPOCH_BYTES:
        raise ValueError(f"after: an epoch has {EPOCH_BYTES} bytes")
    if not is_number(place.number) or not (place.state is None or is_number(place.state)):
        raise ValueError(f"after: {place} is no place of a delivery")
    return place
