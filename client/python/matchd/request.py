"""Requests as values, and how a message becomes a method of both clients."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from .errors import ProtocolError
from .wire import Results

if TYPE_CHECKING:
    from .aio import AsyncClient
    from .plain import Client

P = ParamSpec("P")
R = TypeVar("R")


class Unset:
    """Stands for an argument that was left out, where None would mean "remove it"."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()


@dataclass(frozen=True)
class Request(Generic[R]):
    """A message with its arguments; R is the type of its results."""

    cmd: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Paged(Request[R]):
    """A request that is answered by page; `rows` names the result that lists them."""

    rows: str

    def page(self, results: Results) -> tuple[list[Results], Paged[R] | None]:
        """A page's rows, and the request for the next page unless this was the last."""
        rows, after = results.get(self.rows), results.get("next")
        if not isinstance(rows, list):
            raise ProtocolError(f"{self.cmd} was answered without {self.rows}")
        if after is None:
            return rows, None
        if after == self.arguments.get("after"):
            raise ProtocolError(f"{self.cmd} answers the same page for ever")
        return rows, Paged(self.cmd, {**self.arguments, "after": after}, self.rows)


def arguments(required: Results, optional: Results | None = None, removable: Results | None = None) -> Results:
    """Those that were not left out: an optional one is by None, a removable one by UNSET."""
    return {
        **required,
        **{name: value for name, value in (optional or {}).items() if value is not None},
        **{name: value for name, value in (removable or {}).items() if value is not UNSET},
    }


class Method(Generic[P, R]):
    """A message as a method. Of a Client it returns the results, of an AsyncClient it is awaited for them; of neither,
    as in `Client.listing_publish(...)`, it is the Request."""

    def __init__(self, build: Callable[P, Request[R]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, client: None, owner: object) -> Callable[P, Request[R]]: ...

    @overload
    def __get__(self, client: Client, owner: object) -> Callable[P, R]: ...

    @overload
    def __get__(self, client: AsyncClient, owner: object) -> Callable[P, Coroutine[Any, Any, R]]: ...

    def __get__(self, client: Client | AsyncClient | None, owner: object) -> Callable[P, Any]:
        if client is None:
            return self._build

        ask_client = client.ask

        @functools.wraps(self._build)
        def ask(*args: P.args, **kwargs: P.kwargs) -> Any:
            return ask_client(self._build(*args, **kwargs))

        return ask
