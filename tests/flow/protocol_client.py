"""An independent client of matchd, written from docs/protocol.md and nothing else.

It is the second implementation of the protocol: what it had to know and the page did not say was a fault of the page.
`Client` asks and is answered; `Follower` has every fact of its streams exactly once and in order, whatever the feed
dropped and whoever was restarted meanwhile; `Consumer` has the same of a durable subscription.
"""

import collections
import itertools
import math
import secrets
import struct
import time

import msgpack
import zmq

VERSION = 1
HEADER = struct.Struct(">16sQQ")  # epoch, number, the preceding number in the stream
HEARTBEAT = b"heartbeat"
SILENCE_S = 3.0  # a heartbeat comes every second: after so long, the feed has gone
RETRY_S = 0.1
READ_LIMIT = 1000
RECONNECT_MS = 20

Fact = collections.namedtuple("Fact", "stream number prev body")


class Refused(Exception):
    """The server's typed refusal. Nothing was stored."""

    def __init__(self, error):
        super().__init__(f"{error['code']} ({error['field']}): {error['message']}")
        self.code, self.field = error["code"], error["field"]
        self.message, self.expected = error["message"], error["expected"]


class NoAnswer(Exception):
    """Nobody answered in time. Whether the command was carried out is not known: ask again."""


class EpochChanged(Exception):
    """The server has another store: numbers begin anew, and what was known is void."""

    def __init__(self, old, new):
        super().__init__(f"epoch {old.hex()} became {new.hex()}")
        self.old, self.new = old, new


def pack(value):
    return msgpack.packb(value, use_bin_type=True)


def unpack(raw):
    return msgpack.unpackb(raw, raw=False, strict_map_key=True)


def endpoints(runtime):
    return f"ipc://{runtime}/commands.sock", f"ipc://{runtime}/feed.sock"


class Client:
    """Request and reply. `record`, if given, is called with the bytes of every reply."""

    passing = ("core_unavailable", "too_many_requests")  # refusals after which one asks again

    def __init__(self, runtime, timeout=5.0, record=None):
        self.endpoint, _ = endpoints(runtime)
        self.timeout, self.record = timeout, record
        self._ids = itertools.count(1)
        self._socket = None
        self._connect()

    def _connect(self):
        """A new connection: answers to what was asked on the old one do not come any more. Without ZMQ_IMMEDIATE, which
        would take answers that wait unread down with the gateway."""
        self.close()
        self._socket = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
        self._socket.connect(self.endpoint)

    def close(self):
        if self._socket:
            self._socket.close()
        self._socket = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- one request ---

    def ask(self, cmd, **arguments):
        """The reply's results. Raises Refused or NoAnswer."""
        return self.wait(self.send(cmd, **arguments))

    def send(self, cmd, **arguments):
        """Sends a request and returns its id: several may be on their way."""
        number = next(self._ids)
        self._transmit(pack({"v": VERSION, "id": number, "cmd": cmd, **arguments}))
        return number

    def wait(self, number=None, timeout=None):
        """The results of that request, or of whichever is answered next as (id, results or Refused)."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            reply = unpack(self._receive(deadline))
            if number is None:
                return reply["id"], results(reply) if reply["ok"] else Refused(reply["error"])
            if reply["id"] == number:
                if not reply["ok"]:
                    raise Refused(reply["error"])
                return results(reply)

    def _transmit(self, frame):
        if not self._socket.poll(self.timeout * 1000, zmq.POLLOUT):
            raise NoAnswer(f"nobody takes anything at {self.endpoint}")
        self._socket.send(frame)

    def _receive(self, deadline):
        if not self._socket.poll(max(0, (deadline - time.monotonic()) * 1000)):
            self._connect()
            raise NoAnswer(f"no answer from {self.endpoint}")
        frames = self._socket.recv_multipart()
        assert len(frames) == 1, f"a reply of {len(frames)} frames"
        if self.record:
            self.record(frames[0])
        return frames[0]

    def ask_until_answered(self, cmd, patience=30.0, **arguments):
        """Asks again while nobody answers or the core is away, as a caller does who must know."""
        end = time.monotonic() + patience
        while True:
            try:
                return self.ask(cmd, **arguments)
            except NoAnswer:
                if time.monotonic() > end:
                    raise
            except Refused as refused:
                if refused.code not in self.passing or time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def raw(self, frame):
        """Sends these bytes, whatever they are, and returns the whole reply."""
        self._transmit(frame)
        return unpack(self._receive(time.monotonic() + self.timeout))

    # --- pages ---

    def pages(self, cmd, results_key, **arguments):
        """Everything that a paged message lists."""
        after = 0
        while True:
            page = self.ask(cmd, after=after, **arguments)
            yield from page[results_key]
            if "next" not in page:
                return
            after = page["next"]

    def facts(self, stream, first=1, last=None, epoch=None):
        """The facts of one stream from that number on, up to the head (or `last`), as it is now. Raises EpochChanged
        where an epoch is given and it is another."""
        while last is None or first <= last:
            page = self.ask_until_answered("facts.read", **{"from": first, "stream": stream, "limit": READ_LIMIT})
            if epoch not in (None, page["epoch"]):
                raise EpochChanged(epoch, page["epoch"])
            for fact in page["facts"]:
                if last is None or fact["number"] <= last:
                    yield Fact(stream, fact["number"], fact["streams"][stream], fact["body"])
            first = page["next"]
            if first > page["head"]:
                return


def results(reply):
    """Every result of a reply; `v`, `id` and `ok` are the envelope's."""
    return {key: value for key, value in reply.items() if key not in ("v", "id", "ok")}


class Follower:
    """Follows streams from a position on: `positions` {stream: number of the last fact known}, or a list of streams of
    which all facts from the first are wanted. `record` is called with the frames of every feed message."""

    def __init__(self, runtime, positions, epoch=None, record=None):
        if not isinstance(positions, dict):
            positions = dict.fromkeys(positions, 0)
        self.positions, self.epoch, self.record = dict(positions), epoch, record
        self.replays = 0  # how often the feed had left something out, or was late
        self.heartbeats = 0
        self._client = Client(runtime, timeout=1.0)
        self._endpoint = endpoints(runtime)[1]
        self._ready = collections.deque()
        self._socket = None
        self._connect()
        self._look_at = self._heard_at  # when to ask where the streams stand; None: when something hints at it

    def _connect(self):
        if self._socket:
            self._socket.close()
        self._socket = zmq.Context.instance().socket(zmq.SUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
        self._socket.connect(self._endpoint)
        for stream in self.positions:
            self._socket.subscribe(f"{stream}/")  # the slash: "p.acme" must not be "p.acme-2" as well
        self._socket.subscribe(HEARTBEAT)
        self._heard_at = time.monotonic()
        self._known_head = None  # so that the first heartbeat, which proves the subscriptions, has the heads looked at

    def close(self):
        self._socket.close()
        self._client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def next(self, timeout=5.0):
        """The next fact, or None if there is none in time. Raises EpochChanged."""
        deadline = time.monotonic() + timeout
        while not self._ready:
            now = time.monotonic()
            silent_at = self._heard_at + SILENCE_S
            if self._look_at is not None and now >= self._look_at:
                self._look_at_heads()
            elif self._socket.poll(max(0, (min(deadline, silent_at, self._look_at or deadline) - now) * 1000)):
                self._take(self._socket.recv_multipart())
            elif now >= deadline:
                return None
            elif now >= silent_at:
                self._connect()
        return self._ready.popleft()

    def until(self, stream, number, timeout=30.0):
        """All facts until this stream stands at that number."""
        deadline, facts = time.monotonic() + timeout, []
        while self.positions[stream] < number or self._ready:
            fact = self.next(max(0.01, deadline - time.monotonic()))
            if fact:
                facts.append(fact)
            elif time.monotonic() >= deadline:
                raise TimeoutError(f"{stream} stands at {self.positions[stream]}, not at {number}")
        return facts

    def _take(self, frames):
        if self.record:
            self.record(frames)
        topic, header, body = frames
        epoch, number, prev = HEADER.unpack(header)
        self._heard_at = time.monotonic()
        self._check_epoch(epoch)
        if topic == HEARTBEAT:
            self.heartbeats += 1
            if number != self._known_head:
                self._look_at_heads()
            return
        stream = topic.decode().rsplit("/", 1)[0]
        if number <= self.positions[stream]:
            return  # came already, by replay
        if prev > self.positions[stream]:
            self._replay(stream, number - 1)
        self._deliver(Fact(stream, number, prev, unpack(body)))

    def _look_at_heads(self):
        """What the feed dropped last is seen by nothing that follows, so look where the streams stand."""
        try:
            reply = self._client.ask("streams.heads", streams=list(self.positions))
        except (NoAnswer, Refused):
            self._look_at = time.monotonic() + RETRY_S
            return
        self._look_at, self._known_head = None, reply["head"]
        self._check_epoch(reply["epoch"])
        for stream, head in reply["heads"].items():
            if head > self.positions[stream]:
                self._replay(stream, head)

    def _replay(self, stream, last):
        self.replays += 1
        for fact in self._client.facts(stream, self.positions[stream] + 1, last, self.epoch):
            self._deliver(fact)

    def _deliver(self, fact):
        assert fact.prev == self.positions[fact.stream], f"{fact} follows {self.positions[fact.stream]}"
        self.positions[fact.stream] = fact.number
        self._ready.append(fact)

    def _check_epoch(self, epoch):
        if self.epoch is None:
            self.epoch = epoch
        if self.epoch != epoch:
            raise EpochChanged(self.epoch, epoch)


class Consumer:
    """Consumes a durable subscription: `fetch` is one question, `take` goes on whatever happens."""

    def __init__(self, client, owner, name):
        self.client, self.owner, self.name = client, owner, name
        self.place, self.last = {}, (0, 0)  # what the next fetch acknowledges; up to where rows have come
        self.after = {}  # the last row that this number was given
        self.takeovers = 0
        self.take_over()

    def take_over(self):
        self.number, self.after = secrets.randbits(62) + 1, {}

    def fetch(self, acknowledge=True, **arguments):
        """The reply. What it gives is acknowledged by the next fetch, unless told otherwise."""
        asked = {"client": self.owner, "name": self.name, "consumer": self.number, **self.place, **arguments}
        if acknowledge:
            asked.update(self.after)
        wait_s = arguments.get("wait_ms", 0) / 1000
        reply = self.client.wait(self.client.send("subscription.fetch", **asked), wait_s + self.client.timeout)
        self.place = {}
        if reply["facts"]:
            last = reply["facts"][-1]
            self.after = {"after": last["number"], **({"after_state": last["state"]} if "state" in last else {})}
            if acknowledge:
                self.place = {key.replace("after", "ack"): value for key, value in self.after.items()}
        return reply

    def take(self, wait_ms=300, **arguments):
        """The rows that had not come yet; perhaps none."""
        try:
            reply = self.fetch(wait_ms=wait_ms, **arguments)
        except NoAnswer:
            return self._lost()
        except Refused as refused:
            if refused.code not in ("core_unavailable", "subscription_taken"):
                raise
            time.sleep(RETRY_S)
            return self._lost()  # taken: by a fetch of its own, that came late over the connection before
        assert not {"subscription_lagged", "epoch_changed"} & reply.keys(), reply
        rows = [row for row in reply["facts"] if self._place(row) > self.last]
        if rows:
            self.last = self._place(rows[-1])
        return rows

    def _lost(self):
        """An answer may have been: what it gave comes again to another number."""
        self.takeovers += 1
        self.take_over()
        return []

    @staticmethod
    def _place(row):
        return row["number"], row.get("state", math.inf)
