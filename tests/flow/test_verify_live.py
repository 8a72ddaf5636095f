"""`matchctl verify --live` compares what the running daemon finds with the rule, pair by pair.

Without it an index that has gone wrong would lose matches in silence until the next restart.
"""

import json

import pytest
from daemon_process import running_daemon
from people import company, measure, need, offer, register
from test_matchctl import DONE, REFUSED, USAGE, ctl
from test_matchctl_doctor import findings, pretended

NEEDS, OFFERS, MEASURES = 6, 14, 2
PEOPLE = 3  # each is a need of `measures` by itself
OPEN = NEEDS + OFFERS + MEASURES + PEOPLE
# Open ones are judged with all of the other side, of which a draft offer and a withdrawn need are not to be found.
PARTS_PAIRS = NEEDS * (OFFERS + 1) + OFFERS * (NEEDS + 1)
PAIRS = PARTS_PAIRS + 2 * MEASURES * PEOPLE


@pytest.fixture(scope="module")
def market():
    """Needs and offers of which some match, in variants too; carl is blocked, and two listings are not open."""
    with running_daemon() as daemon, daemon.client() as client:
        register(client, "carl", company("bolt", region="77"), company("acme", blocks=["carl"]))
        for count in range(NEEDS):
            client.ask("listing.publish", **need(f"acme/n{count}", unit_price=300 + 100 * count, quantity=10))
        for count in range(OFFERS):
            owner = "carl" if count % 5 == 0 else "bolt"
            variants = {"variants": [{}, {"unit_price": 100, "quantity": {"from": 100}}]} if count % 3 == 0 else {}
            client.ask("listing.publish", **offer(f"{owner}/o{count}", unit_price=70 * count, **variants))
        client.ask("listing.publish", **measure("bolt/m0", headcount=100))
        client.ask("listing.publish", **measure("carl/m1"))
        client.ask("listing.publish", **offer("bolt/draft", draft=True))
        client.ask("listing.publish", **need("acme/gone"))
        client.ask("listing.withdraw", listing="acme/gone")
        assert client.ask("status")["open"] == OPEN and client.ask("status")["told"] > 10
        yield daemon


def verify(daemon, *arguments, status=DONE):
    tool = daemon.matchctl("verify", "--live", "--json", *arguments)
    assert tool.returncode == status, (tool.stdout, tool.stderr)
    return [json.loads(line) for line in tool.stdout.splitlines()], tool.stderr


def steps(client, **arguments):
    """Every answer from the first step to the last."""
    answers = [client.ask("index.verify", **arguments)]
    arguments.pop("sample", None)
    while "next" in answers[-1]:
        assert len(answers) < 10_000
        last = answers[-1]
        place = {"from": last["next"], "from_counterpart": last["next_counterpart"], "every": last["every"]}
        answers.append(client.ask("index.verify", **{**arguments, **place}))
    return answers


def test_every_pair_of_a_sound_market_is_judged_and_counted(market):
    before = market.ask("status")
    lines, complaint = verify(market, "--all")
    assert not complaint
    assert lines == [
        {
            "check": "index", "result": "ok", "count": PAIRS, "listings": OPEN, "divergences": 0,
            "finding": f"{OPEN} listings, {PAIRS} pairs: matches are what the rule says",
        }
    ]  # fmt: skip
    after = market.ask("status")
    assert after["verified_pairs"] == before["verified_pairs"] + PAIRS and after["divergences"] == 0
    assert (after["head"], after["digest"]) == (before["head"], before["digest"]), "to look changes nothing"
    index = findings(market)["index"]
    assert index["result"] == "ok" and f"{after['verified_pairs']} pairs" in index["finding"]
    assert "index_diverged" not in market.log()


def test_people_see_one_line_in_their_language(market):
    assert ctl(market, "verify", "--live").startswith(f"ok    index     {OPEN} listings, {PAIRS} pairs: ")
    assert "совпадения отвечают правилам" in ctl(market, "verify", "--live", "--lang", "ru")


@pytest.mark.parametrize(("sample", "taken"), [(1, 1), (3, 3), (10, 9), (OPEN, OPEN), (1000, OPEN)])
def test_a_sample_is_spread_over_all_listings(market, sample, taken):
    [line], _ = verify(market, "--sample", sample)
    assert line["listings"] == taken and line["result"] == "ok"


def test_one_exchange_can_be_chosen(market):
    [parts], _ = verify(market, "--all", "--exchange", "parts")
    [measures], _ = verify(market, "--all", "-E", "measures")
    assert (parts["listings"], parts["count"]) == (NEEDS + OFFERS, PARTS_PAIRS)
    assert measures["listings"] == OPEN - NEEDS - OFFERS
    assert parts["count"] + measures["count"] == PAIRS
    tool = market.matchctl("verify", "--live", "--exchange", "none")
    assert tool.returncode == REFUSED and "unknown_exchange" in tool.stderr and "exchange list" in tool.stderr
    assert not tool.stdout


def test_a_market_without_open_listings_has_nothing_to_verify(daemon):
    [line], complaint = verify(daemon)
    assert (line["result"], line["listings"], line["count"]) == ("skip", 0, 0) and not complaint
    assert "no listing is open" in ctl(daemon, "verify", "--live", "--all")


def test_many_small_steps_judge_what_one_does(market):
    with market.client() as client:
        for arguments in ({}, {"sample": 5}, {"exchange": "parts"}):
            [whole] = steps(client, work=100_000, **arguments)
            parts = steps(client, work=1, **arguments)
            assert len(parts) > whole["listings"]
            for count in ("listings", "pairs", "diverging"):
                assert sum(part[count] for part in parts) == whole[count]


def test_what_changes_between_two_steps_is_no_divergence():
    with running_daemon() as daemon, daemon.client() as client:
        register(client, "acme", "bolt")
        for count in range(4):
            client.ask("listing.publish", **need(f"acme/n{count}"))
            client.ask("listing.publish", **offer(f"bolt/o{count}"))
        first = client.ask("index.verify", exchange="parts", work=5)
        assert first["listings"] == 0 and first["next_counterpart"] > 1
        client.ask("listing.withdraw", listing="acme/n0")  # which was being checked
        client.ask("listing.pause", listing="bolt/o3")
        place = {"from": first["next"], "from_counterpart": first["next_counterpart"]}
        rest = client.ask("index.verify", exchange="parts", **place)
        assert "next" not in rest and rest["diverging"] == 0
        assert (rest["listings"], rest["pairs"]) == (3 + 3, 6 * 4), "the next one from its beginning, whatever is open"


def test_divergences_are_named_with_what_to_do(daemon, home):
    pair = {"need": "acme/n", "offer": "bolt/o"}
    right = {"score": 812, "need_box": 0, "offer_box": 1}
    divergences = [
        {"kind": "missed", **pair, "said": None, "rule": right},
        {"kind": "extra", **pair, "said": right, "rule": None},
        {"kind": "told", **pair, "said": {**right, "score": 7}, "rule": right},
    ]
    answer = {"listings": 3, "pairs": 40, "diverging": 5, "divergences": divergences, "every": 1}
    with pretended(home, **answer):
        lines, complaint = verify(daemon, "-e", home, status=REFUSED)
        assert [line["result"] for line in lines] == ["fail"] * 4
        assert [line.get("kind") for line in lines] == ["missed", "extra", "told", None]
        assert {**divergences[0], "check": "index"}.items() <= lines[0].items()
        assert lines[-1]["divergences"] == 5 and "3 of them above" in lines[-1]["finding"]
        assert "restart" in complaint and "report" in complaint and "pause and resume" in complaint
        said = daemon.matchctl("verify", "--live", "-e", home, "--color", "never").stdout.splitlines()
        assert said[0] == (
            "fail  index     acme/n ~ bolt/o, missed: found: no match; by the rule: score 812 (variants 0, 1)"
        )
    with pretended(home, **{**answer, "diverging": 1, "divergences": divergences[:1]}):
        assert "pause" not in verify(daemon, "-e", home, status=REFUSED)[1]


def test_divergences_since_the_start_are_a_failure_to_the_doctor(daemon, home):
    answer = {"server": "matchd 0.1.0", "head": 1, "stamp": 1, "digest": "00", "queue": 0}
    with pretended(home, **answer, verified_pairs=900, divergences=2):
        index = findings(daemon, "-e", home, status=REFUSED)["index"]
    assert index["result"] == "fail" and "2 divergences" in index["finding"] and "restart matchd" in index["todo"]


def test_an_answer_that_makes_no_sense_ends_it(daemon, home):
    with pretended(home, listings=1, pairs=1, diverging=0, divergences="none", every=1):
        assert daemon.matchctl("verify", "--live", "-e", home).returncode == 5
    with pretended(home, listings=1, pairs=1, diverging=0, divergences=[], next=7):
        assert daemon.matchctl("verify", "--live", "-e", home).returncode == 5


@pytest.mark.parametrize(
    "arguments",
    [
        ["--live", "/some/file"], ["--live", "--data", "/some"], ["--all"], ["--sample", "5"], ["--exchange", "parts"],
        ["--live", "--all", "--sample", "5"], ["--live", "--sample", "0"], ["--live", "--sample", "many"],
    ],
)  # fmt: skip
def test_options_that_do_not_go_together_are_refused(daemon, arguments):
    tool = daemon.matchctl("verify", *arguments)
    assert tool.returncode == USAGE and tool.stderr.startswith("matchctl: ") and not tool.stdout
