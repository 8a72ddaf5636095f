"""Requests and replies without any network: what becomes of what is in flight, and when a connection is given up."""

import msgpack
import pytest
from market import pack
from matchd.asking import IN_FLIGHT, RETRY_S, Asking, Attempts
from matchd.errors import ProtocolError, Refused, Timeout, Unreachable
from matchd.messages import listing_pause

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


# --- the same request again, where it has a key ---


LOST, AWAY, NOBODY = Timeout("late"), Refused("core_unavailable"), Unreachable("nobody")
DONE, NO = {"number": 5}, Refused("unknown_listing")


def lived_through(outcomes, key="k", seconds=30.0):
    """How many of the outcomes came, the pauses between the attempts, and what the caller is told."""
    attempts, now, pauses = Attempts(listing_pause("acme/1", key=key), seconds, 0.0), 0.0, []
    for count, outcome in enumerate(outcomes, 1):
        now += TIMEOUT
        again = attempts.again_at(outcome, now)
        if again is None:
            return count, pauses, attempts.told(outcome)
        pauses.append(round(again - now, 3))
    raise AssertionError("asked for ever")


def test_a_request_with_a_key_is_sent_again_until_it_is_answered():
    assert lived_through([LOST, NOBODY, AWAY, DONE]) == (4, [0, 0, RETRY_S], DONE)
    assert lived_through([AWAY, NOBODY, LOST, NO]) == (4, [RETRY_S, 0, 0], NO)


@pytest.mark.parametrize("outcome", [LOST, AWAY, NOBODY, NO, DONE], ids=repr)
def test_a_request_without_a_key_is_sent_once(outcome):
    assert lived_through([outcome], key=None) == (1, [], outcome)


def test_what_was_never_sent_needs_no_second_try():
    assert lived_through([NOBODY]) == (1, [], NOBODY)


def test_after_a_lost_answer_the_caller_is_told_that_the_fate_is_unknown():
    assert lived_through([LOST, NOBODY, AWAY], seconds=3 * TIMEOUT) == (3, [0, 0], LOST)
    assert lived_through([AWAY, AWAY], seconds=2 * TIMEOUT) == (2, [RETRY_S], AWAY)
    broken = ProtocolError("what?")
    assert lived_through([LOST, broken]) == (2, [0], LOST)


def test_the_name_goes_with_every_request_and_an_argument_goes_before_it():
    subject = Asking("here", TIMEOUT, "mailer")
    subject.submit("listing.pause", {"listing": "acme/1", "key": "k"}, 0)
    subject.submit("hello", {"client": "somebody else"}, 0)
    sent = []
    while data := subject.to_send():
        sent.append(msgpack.unpackb(data))
        subject.sent(0)
    assert [request["client"] for request in sent] == ["mailer", "somebody else"]
    assert sent[0]["key"] == "k"


@pytest.mark.parametrize("name", ["", "a b", "a/b", "é", "n" * 65])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match="client"):
        Asking("here", TIMEOUT, name)


def test_a_key_without_a_name_is_refused():
    with pytest.raises(ValueError, match="key"):
        Asking("here", TIMEOUT).submit("listing.pause", {"listing": "acme/1", "key": "k"}, 0)
