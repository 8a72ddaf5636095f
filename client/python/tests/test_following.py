"""Following without any network: whatever the feed and the connections do, every fact comes once and in order.

Without this a service could miss a match, or tell one twice, on a bad day of the network only.
"""

import msgpack
import pytest
from market import Market, World, pack
from matchd.errors import EpochChanged, Lagged, ProtocolError, Refused, Timeout, Unreachable
from matchd.following import Following, Wire
from matchd.wire import BEGINNING, Fact, Position

FOLLOWED = [["x.a"], ["x.a", "p.q"], []]
IDS = ["one stream", "two streams", "everything"]
OLD, NEW = b"e" * 16, b"n" * 16
QUIET_S = 12  # for a follower to find out all there is

each = pytest.mark.parametrize("streams", FOLLOWED, ids=IDS)


def numbers(world, seconds=QUIET_S):
    given = []
    while (fact := world.next(seconds)) is not None:
        assert isinstance(fact, Fact), repr(fact)
        given.append(fact.number)
    return given


# --- one thing at a time ---


@each
def test_all_there_is_and_then_what_happens(streams):
    world = World(streams)
    for _ in range(20):
        world.add("x.a", "p.q")
        world.add()
    assert numbers(world) == world.market.numbers(streams)
    for _ in range(20):
        world.add("x.a")
        world.add("x.b")
    assert numbers(world) == world.market.numbers(streams, after=40)


def test_one_stream_is_followed_live_at_no_cost_to_matchd():
    world = World(["x.a"])
    world.add("x.a")
    numbers(world)
    reads = world.market.reads
    for _ in range(50):
        world.add("x.a")
        world.add("x.b")
    assert len(numbers(world, 0.5)) == 50
    assert world.market.reads == reads


@each
def test_now_begins_behind_what_was(streams):
    world = World(streams, after=None)
    world.add("x.a")
    assert world.next(0.2) is None
    assert world.following.position == (OLD, 1), "a position is there before the first fact"
    world.add("x.a")
    assert numbers(world) == [2]


@each
@pytest.mark.parametrize("lost", [{3}, {5, 6}, {10}, {1, 10}, set(range(1, 11))], ids=str)
def test_what_the_feed_drops_is_read_again_also_at_the_end(streams, lost):
    world = World(streams)
    numbers(world)
    for number in range(1, 11):
        world.add("x.a", "p.q", lost=number in lost)
    assert numbers(world) == list(range(1, 11))


def test_a_loss_in_a_quiet_stream_is_not_overtaken():
    world = World(["x.a", "p.q"])
    numbers(world)
    world.add("p.q", lost=True)
    world.add("x.a")
    assert numbers(world, 0.5) == [1, 2]


@each
def test_repeated_and_swapped_messages_come_once_in_order(streams):
    world = World(streams)
    numbers(world)
    first, second = world.market.add("x.a")[0], world.market.add("x.a")[0]
    world.feed.extend([second, first, first, second, second])
    assert numbers(world) == [1, 2]


@each
def test_what_is_no_message_of_the_feed_is_passed_over(streams):
    world = World(streams)
    numbers(world)
    good = world.market.add("x.a")[0]
    world.feed.extend([[b""], [b"x.a/y", b"short", b""], [b"x.a/y", good[1], b"\xc1"], good, good[:2]])
    assert numbers(world) == [1]


def test_a_silent_feed_is_connected_anew():
    world = World(["x.a"])
    numbers(world)
    assert world.connections[Wire.FEED] == 1
    world.beat_at = world.time + 4
    world.next(3.5)
    assert world.connections[Wire.FEED] == 2
    world.add("x.a", lost=True)
    assert numbers(world) == [1]


def test_an_answer_that_does_not_come_is_asked_for_over_a_new_connection():
    world = World(["x.a"])
    world.chances["lose answer"] = 0
    numbers(world)
    world.chances["lose answer"] = 1
    world.add("x.a", lost=True)
    assert world.next(4) is None
    world.chances["lose answer"] = 0
    assert numbers(world) == [1]
    assert world.connections[Wire.ASK] == 2


def test_an_answer_to_another_question_is_passed_over():
    world = World(["x.a"])
    numbers(world)
    market, answer = world.market, world.market.answer
    stray = pack({"v": 1, "id": 999, "ok": True, "epoch": NEW, "head": 0, "heads": {"x.a": 0}})
    market.answer = lambda request: world.answers.append([stray]) or answer(request)
    world.add("x.a", lost=True)
    assert numbers(world) == [1]


# --- how it begins, and what is told ---


def test_nobody_there_is_told_and_so_is_nobody_answering():
    world = World(["x.a"])
    world.gateway_dies(100)
    assert isinstance(world.next(10), Unreachable)
    world = World(["x.a"], chances={"lose answer": 1})
    assert isinstance(world.next(10), Timeout)
    assert world.next(1) is None and world.following.wanted is None


def test_a_position_beyond_the_last_fact_is_a_mistake_without_an_epoch_and_news_with_one():
    assert isinstance(World(["x.a"], after=(None, 7)).next(1), ValueError)
    world = World(["x.a"], after=(OLD, 7))
    world.add("x.a")
    change = world.next(1)
    assert isinstance(change, EpochChanged) and (change.old, change.new) == (OLD, OLD)
    assert numbers(world) == [1]


@each
def test_an_epoch_that_passed_while_the_follower_was_away_is_told_first(streams):
    world = World(streams, after=(NEW, 1))
    world.add("x.a")
    change = world.next(1)
    assert isinstance(change, EpochChanged) and (change.old, change.new) == (NEW, OLD)
    assert world.following.position == (OLD, 0)
    assert numbers(world) == [1]


@each
def test_another_store_is_told_once_and_followed_from_its_first_fact(streams):
    world = World(streams)
    for _ in range(5):
        world.add("x.a")
    assert numbers(world) == [1, 2, 3, 4, 5]
    world.market = Market(NEW)
    for _ in range(9):
        world.add("x.a")
    change = world.next(QUIET_S)
    assert isinstance(change, EpochChanged) and (change.old, change.new) == (OLD, NEW)
    assert numbers(world) == list(range(1, 10))


def test_a_store_put_back_from_a_copy_is_told_although_its_epoch_is_the_same():
    world = World([])
    for _ in range(5):
        world.add("x.a")
    numbers(world)
    world.market = Market()
    world.add("x.a")
    world.subscribed_at = world.time
    world.gateway_dies(4)
    assert isinstance(world.next(QUIET_S), EpochChanged)
    assert numbers(world) == [1]


def test_a_refusal_to_replay_is_told_and_tried_again_later():
    world = World(["x.a"])
    numbers(world)
    market, world.market.answer = world.market, lambda request: market.refusal(request, "journal_unreadable")
    world.add("x.a", lost=True)
    refused = world.next(QUIET_S)
    assert isinstance(refused, Refused) and refused.code == "journal_unreadable"
    del market.answer
    assert numbers(world) == [1]


@each
def test_facts_that_are_gone_are_told_and_the_follower_goes_on_behind_them(streams):
    world = World(streams)
    for _ in range(30):
        world.add("x.a")
    world.market.first = 11
    lag = world.next(QUIET_S)
    assert isinstance(lag, Lagged) and (lag.first, lag.last) == (1, 10)
    assert world.following.position == (OLD, 10)
    assert numbers(world) == list(range(11, 31))


@each
def test_facts_that_go_while_they_are_read_are_told_and_none_is_given_twice(streams):
    world = World(streams)
    for _ in range(30):
        world.add("x.a")
    assert [world.next(1).number for _ in range(7)] == list(range(1, 8))
    world.market.first = 20
    lag = world.next(QUIET_S)
    assert isinstance(lag, Lagged) and (lag.first, lag.last) == (8, 19)
    assert numbers(world) == list(range(20, 31))


def test_what_goes_and_concerned_others_is_no_loss():
    world = World(["x.a"])
    world.add("x.a")
    assert numbers(world) == [1]
    for _ in range(10):
        world.add("x.b")
    world.market.first = 9
    world.begin((OLD, 1))
    assert numbers(world) == []
    world.add("x.a")
    assert numbers(world) == [12]


def test_facts_that_are_gone_and_kept_are_not_the_protocol():
    world = World([])
    market, answer = world.market, world.market.answer
    world.add("x.a")
    market.answer = lambda data: market.refusal(data, "facts_gone") if b"facts.read" in data else answer(data)
    assert isinstance(world.next(1), ProtocolError)
    market.answer = answer
    assert numbers(world) == [1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"facts": 5},
        {"facts": [{"number": 1, "streams": {"x.a": 0}, "body": {"fact": 1}}]},
        {"facts": [{"streams": {}}]},
        {"next": 1},
        {"next": None},
        {"head": "1"},
        {"epoch": b"short"},
        {"heads": {}},
    ],
    ids=str,
)
def test_answers_that_are_not_the_protocol_are_told_and_put_nothing_out_of_step(wrong):
    world = World(["x.a"])
    numbers(world)
    market, answer = world.market, world.market.answer

    def spoil(request):
        reply = msgpack.unpackb(answer(request)[0])
        reply.update({key: value for key, value in wrong.items() if key in reply})
        return [pack(reply)]

    market.answer = spoil
    world.add("x.a", lost=True)
    assert isinstance(world.next(QUIET_S), ProtocolError)
    market.answer = answer
    assert numbers(world) == [1]


def test_facts_out_of_order_in_a_page_are_never_given():
    world = World(["x.a"])
    world.add("x.a")
    world.add("x.a")
    answer = world.market.answer

    def turn(request):
        reply = msgpack.unpackb(answer(request)[0])
        reply.get("facts", []).reverse()
        return [pack(reply)]

    world.market.answer = turn
    assert [type(world.next(1)) for _ in range(2)] == [Fact, ProtocolError]


@pytest.mark.parametrize("streams", ["x.a", [], [""], ["x.a/y"], ["x" * 67], [f"p.{i}" for i in range(1001)]])
def test_streams_that_are_none_are_refused(streams):
    with pytest.raises((ValueError, TypeError), match="streams"):
        Following(streams, BEGINNING, 5, 2, lambda: 0)


@pytest.mark.parametrize("after", [(b"short", 1), (None, -1), (None, "1"), (OLD, True)])
def test_positions_that_are_none_are_refused(after):
    with pytest.raises(ValueError, match="after"):
        Following(["x.a"], after, 5, 2, lambda: 0)


# --- everything at once ---


CHANCES = {"drop": 0.15, "repeat": 0.05, "swap": 0.05, "lose answer": 0.05, "unavailable": 0.05}
TURNS = 400


@each
@pytest.mark.parametrize("seed", range(60))
def test_random_days_lose_nothing(streams, seed):
    """The feed drops, repeats and swaps; answers are lost; gateway, follower and store go and come back; facts go."""
    world = World(streams, seed=seed, chances=dict(CHANCES))
    day, given, gone = world.random, [], set()

    def happen():
        for _ in range(day.choice((0, 0, 0, 1, 1, 2, 20))):
            world.add(*day.sample(["x.a", "p.q", "x.b", "p.r"], day.choice((0, 1, 1, 2, 3))))

    kept = BEGINNING
    for turn in range(TURNS):
        what = day.random()
        if what < 0.01:
            world.gateway_dies(day.choice((0.5, 4)))
        elif what < 0.02:
            world.begin(kept)
        elif what < 0.022:
            world.market.first = day.randint(world.market.first, world.market.head + 1)
        elif what < 0.025:
            world.market = Market(turn.to_bytes(16))
        outcome = world.next(day.choice((0.1, 1)), happen)
        kept = take(outcome, given, gone, kept, world)
    world.chances, world.down_until = {}, 0
    while (outcome := world.next(QUIET_S)) is not None:
        kept = take(outcome, given, gone, kept, world)
    last = [number for epoch, number in given if epoch == world.market.epoch]
    told = {number for epoch, number in gone if epoch == world.market.epoch}
    assert not told & set(last) and max(told, default=0) < world.market.first
    assert last == [number for number in world.market.numbers(streams) if number not in told]
    assert len(set(given)) == len(given), "a fact was given twice"


def take(outcome, given, gone, kept, world):
    """What the program would keep: the position of the last fact that it dealt with."""
    if isinstance(outcome, Fact):
        assert outcome.position == world.following.position
        assert outcome.epoch != kept.epoch or outcome.number > kept.number
        assert outcome.epoch == kept.epoch or kept.epoch is None or kept.number == 0, "an epoch changed untold"
        given.append(outcome.position)
        return outcome.position
    if isinstance(outcome, EpochChanged):
        return Position(outcome.new, 0)
    if isinstance(outcome, Lagged):
        gone.update((world.following.epoch, number) for number in range(outcome.first, outcome.last + 1))
        return world.following.position
    if isinstance(outcome, (Unreachable, Timeout, Refused)):
        world.begin(kept)
    else:
        assert outcome is None, repr(outcome)
    return kept
