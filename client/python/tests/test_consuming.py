"""Consuming without any network: whatever is lost, late or killed, each delivery comes once and in order.

Without this a service could mail a match twice, or never, on a bad day of the network only.
"""

import msgpack
import pytest
from mailbox import DONE, EPOCH, Mailbox, Post, refusal, row
from market import pack
from matchd.consuming import Consuming, Delivery, Place
from matchd.errors import EpochChanged, Lagged, ProtocolError, Refused, Timeout, Unreachable
from matchd.following import Opened

NEW = b"n" * 16


def opened(box=None, **options):
    post = Post(box, **options)
    assert isinstance(post.next(), Opened)
    return post


def places(post, count=None, seconds=12, ack=False):
    """(number, state) of the deliveries that come: so many, or until there are none for so long."""
    given = []
    while len(given) != count and (delivery := post.next(seconds)) is not None:
        assert isinstance(delivery, Delivery), repr(delivery)
        given.append((delivery.number, delivery.state))
        if ack:
            delivery.ack()
    return given


def refuse_what_waits(post, code):
    number, _, _ = post.box.waiting
    post.box.waiting = None
    post.answers.append(refusal(number, code))


def refuse_what_is_given(post, code):
    """matchd has given it out, and between it and us it got lost."""
    number, _, _ = post.box.waiting
    assert len(post.box.tick(post.time)) == 1
    post.answers.append(refusal(number, code))


def filled(count, **options):
    box = Mailbox(**options)
    for i in range(count):
        box.add(passes=i % 3 != 2)
    return box


# --- one thing at a time ---


@pytest.mark.parametrize("standing", [0, 1, 25])
def test_what_stands_and_then_what_happens_comes_in_order(standing):
    box = filled(40, standing=standing, head=5)
    post = opened(box)
    assert places(post) == box.places()
    for _ in range(30):
        box.add()
    assert places(post, ack=True) == box.places()[-30:]
    assert box.acked == (DONE, box.head)


def test_a_first_page_that_was_given_out_and_got_lost_is_given_again():
    post = opened(Mailbox(head=5))
    assert post.next(1) is None
    for _ in range(3):
        post.box.add()
    refuse_what_is_given(post, "core_unavailable")
    assert places(post) == [(6, None), (7, None), (8, None)]


def test_a_delivery_says_what_it_is():
    post = opened(filled(1, standing=1))
    first, second = post.next(), post.next()
    assert (first.number, first.state, first.because, first.place) == (0, 1, (), Place(EPOCH, 0, 1))
    assert (second.number, second.state, second.because) == (1, None, ("mail",))
    assert (second.kind, second.at_ms, second.body["number"], second.place) == ("match.made", 1001, 1, (EPOCH, 1, None))


def test_nothing_is_acknowledged_unless_it_is():
    post = opened(filled(40))
    assert len(places(post)) == 27
    assert post.box.acked == (DONE, 0)


def test_what_was_not_acknowledged_comes_again_to_the_next_consumer():
    post = opened(filled(40))
    everything = [post.next() for _ in range(27)]
    everything[9].ack()
    post.next(2)
    post.begin()
    assert isinstance(post.next(), Opened)
    assert places(post) == post.box.places()[10:]


def test_with_auto_ack_each_turn_acknowledges_the_one_before():
    post = opened(filled(6), auto_ack=True)
    assert places(post, 3) == [(1, None), (2, None), (4, None)]
    post.subject.flush()
    post.turn()
    assert post.box.acked == (DONE, 2), "the last one is not dealt with until the next is asked for"


def test_an_acknowledgement_can_be_of_all_and_never_goes_back():
    post = opened(filled(6))
    deliveries = [post.next() for _ in range(4)]
    post.subject.ack()
    deliveries[0].ack()
    post.next(2)
    assert post.box.acked[1] >= deliveries[-1].number


def test_a_slow_caller_has_its_acknowledgements_told_while_it_works_through_a_page():
    post = opened(filled(15), credit=10)
    for _ in range(4):
        post.next().ack()
        post.time += 1
    assert post.box.acked == (DONE, 4), "three of them, the fourth goes with the next turn"


def test_closing_tells_what_is_acknowledged_and_no_more():
    post = opened(filled(6))
    post.next().ack()
    post.next()
    post.subject.flush()
    assert not post.subject.settled
    post.turn()
    post.turn()
    assert post.subject.settled and post.box.acked == (DONE, 1)


def test_the_next_page_is_fetched_before_this_one_is_used_up():
    post = opened(filled(60), credit=10)
    fetches = post.box.fetches
    assert len(places(post, 4)) == 4 and post.box.fetches == fetches
    assert len(places(post, 3)) == 3 and post.box.fetches == fetches + 1


def test_a_quiet_subscription_is_asked_about_once_in_a_wait():
    post = opened(wait=5.0)
    fetches = post.box.fetches
    assert post.next(50) is None
    assert post.box.fetches - fetches <= 11


def test_what_was_dealt_with_before_the_start_is_passed_over_and_acknowledged():
    post = opened(filled(9, standing=3), after=(EPOCH, 4, None))
    assert places(post) == [(5, None), (7, None), (8, None)]
    assert post.box.acked == (DONE, 4)
    post = opened(filled(1, standing=3), after=(EPOCH, 0, 2))
    assert places(post) == [(0, 3), (1, None)]
    assert post.box.acked == (2, 0)


def test_what_is_given_again_after_the_timeout_is_passed_over():
    post = opened(filled(3))
    assert len(places(post)) == 2
    post.time += 40
    post.box.add()
    assert places(post) == [(4, None)]


def test_an_overdue_answer_leads_to_another_connection_with_another_number():
    post = opened(filled(3), wait=2.0, timeout=5.0)
    assert len(places(post, ack=True)) == 2
    first, connections = post.subject.consumer, post.connections
    post.gateway_dies()
    post.box.add()
    assert places(post) == [(4, None)]
    assert post.connections == connections + 1 and post.subject.consumer != first


def test_a_page_that_was_lost_is_not_taken_for_given_when_a_later_one_comes():
    """As when a gateway dies with an answer, and the next gateway has the next answer."""
    post = opened(filled(30), credit=10)
    deliveries = [post.next() for _ in range(6)]  # the next page has been asked for
    post.answers.clear()
    deliveries[-1].ack()
    post.time += 1
    assert places(post) == post.box.places()[6:]


def test_a_core_that_forgot_acknowledgements_is_told_again():
    post = opened(filled(9))
    assert len(places(post, ack=True)) == 6
    post.box.acked = (DONE, 2)
    post.box.forget()
    post.box.stored = [(0.0, post.box.acked)]
    assert places(post, seconds=30) == []
    assert post.box.acked[1] >= 8


def test_while_matchd_is_away_nothing_is_told_to_the_caller():
    post = opened(filled(3))
    ask = post.box.ask
    post.box.ask = lambda data, now, origin: [(origin, refusal(msgpack.unpackb(data)["id"], "core_unavailable"))]
    assert len(places(post)) == 2
    post.box.ask = ask
    post.box.add()
    assert places(post) == [(4, None)]


def test_a_page_that_was_given_and_refused_on_its_way_comes_again():
    post = opened(filled(30), credit=4)
    assert places(post, 3) == post.box.places()[:3]
    ask = post.box.ask

    def lose(data, now, origin):
        post.box.ask = ask
        assert ask(data, now, origin), "a page was given"
        return [(origin, refusal(msgpack.unpackb(data)["id"], "core_unavailable"))]

    post.box.ask = lose
    assert places(post) == post.box.places()[3:]
    assert post.box.ask is ask


# --- what the caller is told ---


def test_nobody_there_is_told_and_so_is_nobody_answering():
    post = Post()
    post.gateway_dies(100)
    assert isinstance(post.next(), Unreachable)
    post = Post(chances={"lose answer": 1})
    assert isinstance(post.next(), Timeout)
    with pytest.raises(ValueError, match="opened"):
        post.next()


@pytest.mark.parametrize("code", ["unknown_subscription", "core_unavailable"])
def test_a_subscription_that_cannot_be_opened_says_why(code):
    post = Post()
    post.box.ask = lambda data, now, origin: [(origin, refusal(msgpack.unpackb(data)["id"], code))]
    outcome = post.next()
    assert isinstance(outcome, Refused) and outcome.code == code


def test_another_consumer_is_told_at_once_and_asking_on_takes_it_back():
    post = opened(filled(30))
    assert len(places(post, 5, ack=True)) == 5
    thief = Post(post.box)
    thief.next()
    told = post.next()
    while isinstance(told, Delivery):
        told = post.next()
    assert isinstance(told, Refused) and told.code == "subscription_taken"
    rest = places(post, ack=True)
    assert sorted(set(rest)) == rest and rest[-1] == (29, None)


def test_a_fetch_of_its_own_that_comes_late_is_no_other_consumer():
    post = opened(filled(3, strict=False), wait=2.0)
    assert len(places(post)) == 2
    late = {"id": 99, "cmd": "subscription.fetch", "client": "me", "name": "mail", "consumer": post.subject.consumer}
    post.gateway_dies()
    post.next(8)
    post.answer(post.box.ask(pack(late), post.time))
    post.box.add()
    assert places(post) == [(4, None)]


def test_facts_that_are_gone_are_told_and_acknowledged_when_the_caller_goes_on():
    post = opened(filled(3))
    assert len(places(post, ack=True)) == 2
    for _ in range(20):
        post.box.add()
    post.box.first = 15
    post.gateway_dies()
    lag = post.next()
    while not isinstance(lag, Lagged):
        assert isinstance(lag, Delivery)
        lag = post.next()
    assert lag.last == 14
    post.subject.flush()
    post.turn()
    assert post.subject.settled and post.box.acked[1] < 14, "the caller has not gone on"
    post.begin()
    assert isinstance(post.next(), Opened)
    again = post.next()
    assert isinstance(again, Lagged) and again.last == 14
    assert places(post, ack=True) == [(number, None) for number in range(15, 24)]
    assert post.box.acked == (DONE, 23)


@pytest.mark.parametrize("same", [True, False], ids=["an older copy", "another epoch"])
def test_a_store_that_was_put_back_is_told_once_and_gone_on_with(same):
    post = opened(filled(9))
    old = [post.next() for _ in range(4)]
    post.subject.ack()
    post.next(0.5)
    post.box = Mailbox(EPOCH if same else NEW, head=2)
    post.box.known_epoch = EPOCH
    post.box.add()
    told = post.next()
    while isinstance(told, Delivery):
        told = post.next()
    assert isinstance(told, EpochChanged) and (told.old, told.new) == (EPOCH, EPOCH if same else NEW)
    old[-1].ack()
    assert places(post, ack=True) == [(3, None)]
    assert post.box.acked == (DONE, 3)


def test_an_epoch_that_passed_before_the_start_is_told():
    box = Mailbox(NEW)
    box.known_epoch = EPOCH
    box.add()
    post = opened(box)
    told = post.next()
    assert isinstance(told, EpochChanged) and (told.old, told.new) == (None, NEW)
    assert places(post) == [(1, None)]
    post = opened(Mailbox(NEW), after=(EPOCH, 7, None))
    assert isinstance(post.next(), EpochChanged)


@pytest.mark.parametrize("code", ["subscription_deleted", "unknown_subscription", "journal_unreadable"])
def test_a_refusal_is_told_and_asking_on_tries_again(code):
    post = opened(filled(3))
    assert len(places(post, ack=True)) == 2
    refuse_what_waits(post, code)
    told = post.next()
    assert isinstance(told, Refused) and told.code == code
    post.box.add()
    assert places(post) == [(4, None)]


def test_a_subscription_that_was_made_anew_is_consumed_from_its_own_beginning():
    post = opened(filled(9))
    assert len(places(post, ack=True)) == 6
    refuse_what_waits(post, "subscription_deleted")
    assert isinstance(post.next(), Refused)
    post.box = Mailbox(standing=2, head=9)
    assert places(post) == [(9, 1), (9, 2)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"facts": None},
        {"facts": [5]},
        {"facts": [{"body": row(4)["body"]}]},
        {"facts": [{**row(4), "state": "first"}]},
        {"facts": [{"number": 4, "body": {}}]},
        {"facts": [row(5), row(4)]},
        {"subscription_lagged": [1]},
        {"subscription_lagged": ["a", "b"]},
        {"epoch": b"short"},
        {"head": None},
    ],
    ids=str,
)
def test_answers_that_are_not_the_protocol_are_told_and_lose_nothing(wrong):
    post = opened(filled(3))
    assert len(places(post)) == 2
    reply = post.box.reply

    def spoiled(number, rows, **more):
        return pack({**msgpack.unpackb(reply(number, rows, **more)), **wrong})

    post.box.reply = spoiled
    post.box.add()
    assert isinstance(post.next(), ProtocolError)
    post.box.reply = reply
    assert places(post) == [(4, None)]


@pytest.mark.parametrize(
    "given, what",
    [
        ({"client": None}, "client"),
        ({"client": "a b"}, "client"),
        ({"credit": 0}, "credit"),
        ({"credit": 10001}, "credit"),
        ({"wait": 0}, "wait"),
        ({"wait": 61}, "wait"),
        ({"after": (b"short", 1, None)}, "after"),
        ({"after": (EPOCH, -1, None)}, "after"),
        ({"after": (EPOCH, 1, "a")}, "after"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(given, what):
    with pytest.raises(ValueError, match=what):
        Consuming("mail", **{"client": "me", **given})


# --- everything at once ---


CHANCES = {"late": 0.03, "lose answer": 0.03, "unavailable": 0.03}
TURNS = 400


class Caller:
    """A service that keeps what it dealt with, by place, and dies now and then."""

    def __init__(self, post, day):
        self.post, self.day = post, day
        self.kept, self.seen = [], []  # by all its processes; by this one
        self.gone = set()

    def begin(self):
        self.seen = []
        after = None
        if self.kept and self.day.random() < 0.5:
            after = (self.post.box.epoch, *self.kept[-1])
        self.post.begin(after=after, auto_ack=self.day.random() < 0.3)

    def take(self, outcome):
        if isinstance(outcome, Delivery):
            place = (outcome.number, outcome.state)
            self.seen.append(place)
            if not self.kept or key(place) > key(self.kept[-1]):
                self.kept.append(place)
            if self.day.random() < 0.5:
                outcome.ack()
        elif isinstance(outcome, Lagged):
            self.gone.update(range(outcome.first, outcome.last + 1))
        elif isinstance(outcome, (Unreachable, Timeout)):
            self.begin()
        elif isinstance(outcome, Refused):
            assert outcome.code in ("subscription_taken", "core_unavailable"), outcome
            if self.post.subject._ended:
                self.begin()
        else:
            assert outcome is None or isinstance(outcome, Opened), repr(outcome)
        assert self.seen == sorted(set(self.seen), key=key), "one consumer is given a delivery twice"


def key(place):
    number, state = place
    return number, DONE if state is None else state


@pytest.mark.parametrize("standing", [0, 30])
@pytest.mark.parametrize("seed", range(60))
def test_random_days_lose_nothing(seed, standing):
    """Answers are lost and late; gateway, core and service die and come back; another consumer comes; old facts go."""
    post = Post(Mailbox(standing=standing, head=3, strict=seed % 2 == 0), seed, dict(CHANCES), wait=2.0)
    box, day = post.box, post.random
    caller = Caller(post, day)

    def happen():
        for _ in range(day.choice((0, 0, 0, 0, 1, 1, 2, 20))):
            box.add(day.random() < 0.7)

    for _ in range(TURNS):
        what = day.random()
        if what < 0.02:
            post.gateway_dies(day.choice((0.0, 0.5, 4)))
        elif what < 0.03:
            post.gateway_dies(0.5)
            box.die(post.time)
        elif what < 0.04:
            caller.begin()
        elif what < 0.045:
            box.first = day.randint(box.first, box.head + 1)
        elif what < 0.05:
            Post(box, seed=seed).next(0.1)
        if day.random() < 0.1:
            post.time += day.choice((1, 40))
        caller.take(post.next(day.choice((0.1, 1)), happen if day.random() < 0.1 else lambda: None))
    post.chances, post.late, post.down_until = {}, [], 0
    quiet = 0
    while quiet < 2:
        outcome = post.next(40)
        caller.take(outcome)
        quiet = quiet + 1 if outcome is None else 0
    lost = [place for place in box.places() if place[1] is None and place[0] in caller.gone]
    assert caller.kept == [place for place in box.places() if place in caller.kept or place not in lost]
    assert all(number < box.first for number, _ in set(box.places()) - set(caller.kept))
