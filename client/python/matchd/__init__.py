"""Client of matchd, the matchmaking daemon: asking, following, consuming subscriptions; blocking (`Client`) or with
asyncio (`AsyncClient`).

    with matchd.Client() as client:
        client.listing_publish("acme/turning", "contract-manufacturing", "offer", "Turning", fields={...})
        for fact in client.follow(["p.acme"], after=matchd.BEGINNING):
            print(fact.number, fact.kind, fact.body)
"""

from . import messages
from .aio import AsyncClient, AsyncFollower, AsyncSubscription
from .consuming import Delivery, Place
from .errors import EpochChanged, Error, Lagged, ProtocolError, Refused, Timeout, Unreachable
from .plain import Client, Follower, Subscription
from .request import UNSET, Paged, Request
from .wire import BEGINNING, Fact, Position

__all__ = [
    "BEGINNING",
    "UNSET",
    "AsyncClient",
    "AsyncFollower",
    "AsyncSubscription",
    "Client",
    "Delivery",
    "EpochChanged",
    "Error",
    "Fact",
    "Follower",
    "Lagged",
    "Paged",
    "Place",
    "Position",
    "ProtocolError",
    "Refused",
    "Request",
    "Subscription",
    "Timeout",
    "Unreachable",
    "messages",
]
