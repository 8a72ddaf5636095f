"""What can go wrong, one class each. Arguments that make no sense are a ValueError or a TypeError, as anywhere."""


class Error(Exception):
    """Whatever this library raises by itself."""


class Refused(Error):
    """matchd answered with an error. Nothing was stored.

    `code` is stable and for programs (docs/protocol.md lists them), `field` is the path of what is wrong in the
    arguments ("fields.price.from", or ""), `message` and `expected` are for people.
    """

    def __init__(self, code: str, field: str = "", message: str = "", expected: str = "") -> None:
        super().__init__(code, field, message, expected)
        self.code, self.field, self.message, self.expected = code, field, message, expected

    def __str__(self) -> str:
        where = f" ({self.field})" if self.field else ""
        wanted = f"; expected: {self.expected}" if self.expected else ""
        return f"{self.code}{where}: {self.message}{wanted}"

    @property
    def passing(self) -> bool:
        """Whether this says nothing about the request: the same one may well be accepted in a moment."""
        return self.code in ("core_unavailable", "too_many_requests")


class Unreachable(Error, ConnectionError):
    """Nobody listens at the endpoint. The request was not sent."""


class Timeout(Error, TimeoutError):
    """The request was sent and not answered; it may have been carried out. Ask, or send it again where that is
    harmless, as publishing is."""


class ProtocolError(Error):
    """What came back cannot be read as matchd's protocol."""


class EpochChanged(Error):
    """matchd has lost or replaced its store: what is known by number is void, and numbers begin anew at 1.

    `old` and `new` are the epochs. They are equal where a store was put back from an older copy of itself. `old` is
    None where a subscription was told by matchd, and had not been given anything itself.
    """

    def __init__(self, old: bytes | None, new: bytes) -> None:
        super().__init__(old, new)
        self.old, self.new = old, new

    def __str__(self) -> str:
        if self.old == self.new:
            return f"matchd's facts ended below those already known, in epoch {self.new.hex()}"
        return f"epoch {self.old.hex() if self.old else '(unknown)'} became {self.new.hex()}"


class Lagged(Error):
    """The facts from `first` to `last` are gone: matchd keeps facts for as long as its operator chooses, and these were
    not taken in time. Some of them were wanted, or may have been. The next call goes on behind them."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__(first, last)
        self.first, self.last = first, last

    def __str__(self) -> str:
        return f"facts {self.first} to {self.last} are gone before they were taken"
