"""Requests and replies without any network: what becomes of what is in flight, and when a connection is given up."""

import msgpack
import pytest
from market import pack
from matchd.asking import IN_FLIGHT, Asking
from matchd.errors import ProtocolError, Refused, Timeout, Unreachable

TIMEOUT = 5.0


def asking(count=0, now=0.0):
    """With so many requests in flight."""
    subject = Asking("here", TIMEOUT)
    tickets = [subject.submit("status", {}, now) for _ in range(count)]
    for _ in tickets:
        assert subject.to_send()
        subject.sent(now)
    return subject, tickets


def reply(ticket, **results):
    return [pack({"v": 1, "id": ticket.id, "ok": True, **results})]


def refusal(ticket, code):
    return [pack({"v": 1, "id": ticket.id, "ok": False, "error": {"code": code, "field": "f", "message": "m"}})]


def test_replies_are_matched_by_id_in_whatever_order_they_come():
    subject, (first, second, third) = asking(3)
    assert subject.received(refusal(third, "too_many_requests"), 1)
    assert subject.received(reply(first, head=1), 1)
    assert subject.received(reply(second, head=2), 1)
    assert (first.outcome, second.outcome) == ({"head": 1}, {"head": 2})
    assert isinstance(third.outcome, Refused) and third.outcome.passing
    assert (third.outcome.code, third.outcome.field, third.outcome.expected) == ("too_many_requests", "f", "")
    assert subject.due() is None


def test_requests_go_out_in_order_and_no_more_than_the_gateway_takes():
    subject, tickets = asking(IN_FLIGHT)
    late = subject.submit("hello", {}, 1)
    assert subject.to_send() is None
    subject.received(reply(tickets[0]), 1)
    assert msgpack.unpackb(subject.to_send()) == {"v": 1, "id": late.id, "cmd": "hello"}


def test_what_cannot_go_out_was_not_sent():
    subject, _ = asking()
    first, second = subject.submit("status", {}, 0), subject.submit("status", {}, 1)
    assert subject.due() == TIMEOUT and subject.expire(TIMEOUT - 0.1) and not first.outcome
    assert subject.expire(TIMEOUT), "the connection is not to blame"
    assert isinstance(first.outcome, Unreachable) and not second.outcome
    assert isinstance(first.outcome, ConnectionError)


def test_silence_gives_up_the_connection_with_all_that_is_in_flight():
    subject, (first, second) = asking(2)
    assert subject.received(reply(first), 3)
    assert subject.due() == 3 + TIMEOUT and subject.expire(3 + TIMEOUT - 0.1)
    assert not subject.expire(3 + TIMEOUT)
    assert isinstance(second.outcome, Timeout) and isinstance(second.outcome, TimeoutError)
    third = subject.submit("status", {}, 9)
    assert subject.to_send(), "what was not sent goes over the next connection"
    subject.sent(9)
    assert subject.received(reply(second), 9) and isinstance(second.outcome, Timeout), "a late reply is nobody's"
    assert subject.received(reply(third), 9) and third.outcome == {}


def test_as_long_as_answers_come_none_is_overdue():
    subject, tickets = asking(10)
    for second, ticket in enumerate(tickets):
        assert subject.expire(second * 4)
        assert subject.received(reply(ticket), second * 4)
    assert all(ticket.outcome == {} for ticket in tickets)


def test_an_answer_that_was_lost_is_missed_though_others_come():
    """As after the death of a gateway, under steady traffic."""
    subject, (lost,) = asking(1)
    for second in range(1, 5):
        ticket = subject.submit("status", {}, second)
        subject.sent(second)
        assert subject.received(reply(ticket), second)
    waiting = subject.submit("status", {}, 4.5)
    subject.sent(4.5)
    assert subject.due() == TIMEOUT and subject.expire(TIMEOUT), "the connection is alive"
    assert isinstance(lost.outcome, Timeout) and not waiting.outcome
    assert subject.due() == 4.5 + TIMEOUT and not subject.expire(4.5 + TIMEOUT)


@pytest.mark.parametrize(
    "frames",
    [[b""], [b"\xc1"], [pack([1])], [pack({"id": 1})], [pack({"id": "1", "ok": True})], [pack({"id": 1, "ok": False})],
     [pack({"id": 1, "ok": True}), b"more"], [pack({"id": 1, "ok": False, "error": {}})]],
)  # fmt: skip
def test_what_is_no_reply_gives_up_the_connection(frames):
    subject, (ticket,) = asking(1)
    assert not subject.received(frames, 1)
    assert isinstance(ticket.outcome, ProtocolError)


def test_what_nobody_waits_for_any_more_is_not_sent():
    subject, _ = asking()
    first, second = subject.submit("status", {}, 0), subject.submit("hello", {}, 0)
    subject.abandon(first)
    assert msgpack.unpackb(subject.to_send())["id"] == second.id
