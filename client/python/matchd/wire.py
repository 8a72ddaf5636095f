"""Bytes and what they mean: requests, replies, messages of the feed. No I/O, no state."""

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple, TypeGuard

import msgpack

from .errors import ProtocolError, Refused

VERSION = 1
MAX_REQUEST = 65536  # bytes
MAX_REPLY = 1048576  # bytes
MAX_DEPTH = 8
MAX_DIGITS = 40  # of a decimal: far more than any field keeps
EPOCH_BYTES = 16
HEARTBEAT = b"heartbeat"

_HEADER = struct.Struct(">16sQQ")  # epoch, number, the number before it in the stream
_UNIX = datetime(1970, 1, 1, tzinfo=timezone.utc)
_ENVELOPE = ("v", "id", "ok")
_CLIENT = re.compile(r"[A-Za-z0-9._-]{1,64}")

Results = dict[str, Any]


class Position(NamedTuple):
    """Up to where facts are known: every fact up to `number` of `epoch`. Keep both to go on from there."""

    epoch: bytes | None
    number: int


BEGINNING = Position(None, 0)
"""Before the first fact, whatever the epoch is."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened. `body` is the map that docs/protocol.md describes under Facts."""

    epoch: bytes
    number: int
    kind: str
    at_ms: int
    body: Mapping[str, Any]

    @property
    def position(self) -> Position:
        """What to keep when this fact has been dealt with, and to follow `after` when starting again."""
        return Position(self.epoch, self.number)

    @property
    def at(self) -> datetime:
        return _UNIX + timedelta(milliseconds=self.at_ms)


# --- requests ---


def write_request(number: int, cmd: str, arguments: Mapping[str, Any], client: str | None = None) -> bytes:
    """The request's frame. Raises ValueError or TypeError for what cannot be sent, naming the argument."""
    request: dict[str, Any] = {"v": VERSION, "id": number, "cmd": cmd}
    for name, value in arguments.items():
        if name in request:
            raise ValueError(f"{name}: belongs to the request's envelope")
        request[name] = _plain(value, name, 1)
    if client is not None:
        request.setdefault("client", client)  # an argument of that name goes before
    if "key" in request and "client" not in request:
        raise ValueError("key: it belongs to a client, so give yours a name: client=")
    data: bytes = msgpack.packb(request, use_bin_type=True)
    if len(data) > MAX_REQUEST:
        raise ValueError(f"{cmd}: the request takes {len(data)} bytes, at most {MAX_REQUEST} are allowed")
    return data


def client_name(name: str | None) -> str | None:
    """The name, if it can be one."""
    if name is not None and not _CLIENT.fullmatch(name):
        raise ValueError(f"client: {name!r} is no name: 1 to 64 of A-Z a-z 0-9 . _ -")
    return name


def _plain(value: Any, path: str, depth: int) -> Any:
    """The value in MessagePack's own types."""
    if depth > MAX_DEPTH:
        raise ValueError(f"{path}: nested deeper than {MAX_DEPTH}")
    if value is None or isinstance(value, (bool, bytes)):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise ValueError(f"{path}: {value} does not fit 64 bits")
        return int(value)
    if isinstance(value, float):
        raise TypeError(f"{path}: {value!r} is a float, and matchd has none: give Decimal('{value}') or '{value}'")
    if isinstance(value, Decimal):
        return _decimal(value, path)
    if isinstance(value, datetime):
        return unix_ms(value, path)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {_key(key, path): _plain(inner, f"{path}.{key}", depth + 1) for key, inner in value.items()}
    if isinstance(value, (Sequence, set, frozenset)):
        inner = sorted(value) if isinstance(value, (set, frozenset)) else value
        return [_plain(part, f"{path}[{i}]", depth + 1) for i, part in enumerate(inner)]
    raise TypeError(f"{path}: {type(value).__name__} cannot be sent")


def _text(value: str, path: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as problem:
        raise ValueError(f"{path}: not a text that UTF-8 can hold: {problem.reason}") from None
    return str(value)


def _key(key: Any, path: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{path}: the keys of a map are texts, not {key!r}")
    return _text(key, path)


def _decimal(value: Decimal, path: str) -> str:
    if not value.is_finite():
        raise ValueError(f"{path}: {value} is no number")
    if abs(value.adjusted()) > MAX_DIGITS or len(value.as_tuple().digits) > MAX_DIGITS:
        raise ValueError(f"{path}: more than {MAX_DIGITS} digits")
    return f"{value:f}"


def unix_ms(value: datetime, path: str) -> int:
    if value.tzinfo is None:
        raise ValueError(f"{path}: {value} has no time zone: add tzinfo=timezone.utc, or your own")
    return (value - _UNIX) // timedelta(milliseconds=1)


# --- what comes back ---


class Reply(NamedTuple):
    id: int
    outcome: Results | Refused


def read_reply(frames: Sequence[bytes]) -> Reply:
    """Raises ProtocolError."""
    reply = _unpack_map(frames[0]) if len(frames) == 1 else None
    if reply is None or not is_number(reply.get("id")) or not isinstance(reply.get("ok"), bool):
        raise ProtocolError("what was answered is no reply")
    if reply["ok"]:
        return Reply(reply["id"], {key: value for key, value in reply.items() if key not in _ENVELOPE})
    error = reply.get("error")
    if not isinstance(error, dict) or not isinstance(error.get("code"), str):
        raise ProtocolError("an error without a code was answered")
    texts = (error.get(key) or "" for key in ("field", "message", "expected"))
    return Reply(reply["id"], Refused(error["code"], *map(str, texts)))


class FeedMessage(NamedTuple):
    heartbeat: bool
    epoch: bytes
    number: int
    prev: int  # the number before this one in the stream
    body: bytes


def read_feed(frames: Sequence[bytes]) -> FeedMessage | None:
    """None: no message of the feed."""
    if len(frames) != 3 or len(frames[1]) != _HEADER.size:
        return None
    epoch, number, prev = _HEADER.unpack(frames[1])
    return FeedMessage(frames[0] == HEARTBEAT, epoch, number, prev, frames[2])


def read_fact(epoch: bytes, number: int, body: bytes | Any) -> Fact:
    """A fact from its body, packed or not. Raises ProtocolError."""
    fact = _unpack_map(body) if isinstance(body, bytes) else body
    if not isinstance(fact, dict) or not isinstance(fact.get("fact"), str) or not is_number(fact.get("at")):
        raise ProtocolError(f"fact {number} cannot be read")
    return Fact(epoch, number, fact["fact"], fact["at"], fact)


def epoch_and_head(reply: Results) -> tuple[bytes, int]:
    """Of an answer that tells where the journal stands. Raises ProtocolError."""
    epoch, head = reply.get("epoch"), reply.get("head")
    if not isinstance(epoch, bytes) or len(epoch) != EPOCH_BYTES or not is_number(head):
        raise ProtocolError("an answer has no epoch or no head")
    return epoch, head


def is_number(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _unpack_map(data: bytes) -> Results | None:
    try:
        value = msgpack.unpackb(data, raw=False, strict_map_key=True)
    except (ValueError, msgpack.UnpackException):
        return None
    return value if isinstance(value, dict) else None
