"""What editors and mypy see of the library: checked by mypy, never run."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, assert_type

import matchd
from matchd.messages import ListingReply, StatusReply, listing_list, listing_publish


def blocking(client: matchd.Client) -> None:
    assert_type(client.status(), StatusReply)
    assert_type(client.status()["head"], int)
    assert_type(client.listing_revise("acme/1", text=None, fields={"price": None}), ListingReply)
    assert_type(client.call("status"), dict[str, Any])
    requests = [listing_publish("acme/1", "parts", "need", "Title")]
    assert_type(client.ask_many(requests), Iterator[ListingReply | matchd.Refused])
    assert_type(client.rows(listing_list(exchange="parts")), Iterator[dict[str, Any]])
    for fact in client.follow(["x.parts"], after=matchd.BEGINNING):
        assert_type(fact, matchd.Fact)
    with client.subscription("mail", after=matchd.Place(b"", 1), auto_ack=True) as mail:
        for delivery in mail:
            assert_type(delivery, matchd.Delivery)
            assert_type(delivery.place, matchd.Place)
        assert_type(mail.next(1.0), matchd.Delivery | None)
    assert_type(client.listing_pause("acme/1", key="order:1"), ListingReply)
    client.listing_show("acme/1", key="order:1")  # type: ignore[call-arg]
    client.listing_pause("acme/1", expect_revison=1)  # type: ignore[call-arg]
    client.listing_pause(5)  # type: ignore[arg-type]
    client.listing_publish("acme/1", "parts", "need")  # type: ignore[call-arg]
    client.listing_revise("acme/1", title=None)
    client.status()["haed"]  # type: ignore[typeddict-item]


async def with_asyncio(client: matchd.AsyncClient) -> None:
    assert_type(await client.status(), StatusReply)
    assert_type(await client.listing_pause("acme/1"), ListingReply)
    requests = [listing_publish("acme/1", "parts", "need", "Title")]
    assert_type(client.ask_many(requests), AsyncIterator[ListingReply | matchd.Refused])
    async with client.follow(["x.parts"]) as facts:
        async for fact in facts:
            assert_type(fact, matchd.Fact)
    async with client.subscription("mail") as mail:
        async for delivery in mail:
            assert_type(delivery, matchd.Delivery)
            delivery.ack()
