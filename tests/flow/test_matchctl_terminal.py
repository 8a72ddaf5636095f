"""Colours, the pager and --watch: what a person at a terminal gets, and a script never does."""

import os
import re
import signal
import subprocess

import pytest
from daemon_process import MATCHCTL, running_daemon, wait_for
from people import company, need, offer
from terminal import at_terminal, terminal
from test_matchctl import DONE, REFUSED, USAGE, ctl, lines, objects

ESCAPE = "\x1b["


@pytest.fixture(scope="module")
def market():
    with running_daemon() as daemon:
        people = lines(*(company(f"p{i:02}") for i in range(40)))
        ctl(daemon, "participant", "register", "-f", "jsonl", "-s", "member", "-", stdin=people)
        ctl(daemon, "publish", "-f", "jsonl", "-", stdin=lines(need("p00/order"), offer("p01/mill")))
        yield daemon


def shown(market, *arguments, **options):
    text, status = at_terminal(["-e", market.runtime, *arguments], **options)
    assert status == DONE, text
    return text


# --- colours ---


def test_colours_are_for_terminals_and_can_be_had_or_refused(market):
    few = ["list", "--limit", "3"]
    assert ESCAPE + "32mopen" in shown(market, *few)
    assert ESCAPE not in shown(market, *few, NO_COLOR="1")
    assert ESCAPE in shown(market, *few, NO_COLOR="")
    assert ESCAPE not in shown(market, *few, TERM="dumb")
    assert ESCAPE not in shown(market, *few, "--color", "never")
    assert ESCAPE not in market.matchctl(*few).stdout
    assert ESCAPE + "1mLISTING" in ctl(market, "list", "--color", "always", "--all")
    assert "auto, always or never" in ctl(market, *few, "--color", "red", status=USAGE)


def test_a_refusal_says_what_to_do_next_and_json_does_not(market):
    assert "`matchctl list --participant ID`" in ctl(market, "show", "p00/nothing", status=REFUSED)
    assert "matchctl list" not in ctl(market, "show", "p00/nothing", "-j", status=REFUSED)
    assert ESCAPE in at_terminal(["-e", market.runtime, "show", "p00/nothing"])[0]
    many = lines(*({**offer(f"p01/x{i}"), "exchange": "flea-market"} for i in range(5)))
    refused = market.matchctl("publish", "-f", "jsonl", "-", stdin=many).stderr
    assert refused.count("[unknown_exchange]") == 5
    assert refused.count("`matchctl exchange list` shows which there are.") == 1


# --- the pager ---

PAGER = {"MATCHCTL_PAGER": "sed 's/^/paged: /'", "NO_COLOR": "1"}


def test_what_is_longer_than_the_screen_goes_through_the_pager(market):
    long = ["participant", "list"]
    assert shown(market, *long, **PAGER).startswith("paged: ID")
    assert shown(market, *long, PAGER=PAGER["MATCHCTL_PAGER"]).startswith("paged: ")
    assert "paged" not in shown(market, *long, rows=60, **PAGER), "it fits"
    assert "paged" not in shown(market, *long, "--no-pager", **PAGER)
    assert "paged" not in shown(market, *long, "--json", **PAGER)
    assert "paged" not in shown(market, *long, MATCHCTL_PAGER="", PAGER=PAGER["MATCHCTL_PAGER"])
    assert shown(market, "help", **PAGER).startswith("paged: Usage")
    assert shown(market, "show", "p00/order", rows=5, **PAGER).startswith("paged: listing")


def test_a_pager_that_is_not_there_or_leaves_early_loses_nothing(market):
    text = shown(market, "participant", "list", MATCHCTL_PAGER="/nonexistent/pager")
    assert len(re.findall(r"^p\d\d ", text, re.MULTILINE)) == 40
    shown(market, "participant", "list", MATCHCTL_PAGER="true")


def test_a_pipe_never_meets_the_pager(market):
    tool = subprocess.run(
        [MATCHCTL, "-e", market.runtime, "participant", "list"],
        capture_output=True, text=True, check=True, env={**os.environ, **PAGER},
    )  # fmt: skip
    assert tool.stdout.startswith("ID ")


# --- --watch ---


def test_watch_redraws_a_table_in_place_until_interrupted(market):
    with terminal(["-e", market.runtime, "list", "-p", "p00", "--watch=1"], NO_COLOR="1") as tool:
        tool.read(until="p00/order")
        before = tool.text
        ctl(market, "pause", "p00/order")
        tool.read(until="paused")
        tool.interrupt()
        tool.read()
        assert tool.end() == DONE
        assert before.count(ESCAPE + "2J") == tool.text.count(ESCAPE + "2J") == 1, "cleared once, then drawn over"
        assert ESCAPE + "H" in tool.text[len(before) :]
    ctl(market, "resume", "p00/order")


def test_watch_on_a_pipe_puts_the_time_before_each_table(market):
    for command in (["status"], ["participant", "list"], ["exchange", "list"], ["matches", "p00/order"]):
        tool = subprocess.Popen(
            [MATCHCTL, "-e", market.runtime, *command, "--watch=1"], stdout=subprocess.PIPE, text=True
        )
        try:
            first = tool.stdout.readline()
            assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ\n", first)
            wait_for(lambda tool=tool: re.match(r"\d{4}-\d\d-\d\d ", tool.stdout.readline()), 20, "a second table")
            tool.send_signal(signal.SIGINT)
            assert tool.wait(10) == DONE
        finally:
            tool.kill()
            tool.wait()
            tool.stdout.close()
    assert "1 to 3600" in ctl(market, "status", "--watch=0", status=USAGE)


# --- list: filters, sorting, pages ---


def listed(daemon, *arguments):
    return [entry["listing"] for entry in objects(daemon.matchctl("list", "--json", *arguments).stdout)]


@pytest.fixture(scope="module")
def shop():
    with running_daemon() as daemon:
        ctl(daemon, "participant", "register", "-f", "jsonl", "-s", "member", "-",
            stdin=lines(company("acme"), company("bolt", region="78"), {**company("coil"), "status": "applicant"}))  # fmt: skip
        soon = daemon.ask("status")["stamp"] + 3_600_000
        ctl(daemon, "publish", "-f", "jsonl", "-", stdin=lines(
            need("acme/order", title="ёлки"), offer("bolt/b", title="Ель", valid_until=soon),
            offer("bolt/a", title="Дуб", material="brass"), offer("coil/x", title="берёза"),
            need("acme/brass", title="Brass", material="steel", process=["welding"]),
        ))  # fmt: skip
        ctl(daemon, "revise", "bolt/a", "--title", "Дуб!")
        yield daemon, soon


def test_listings_are_filtered(shop):
    daemon, soon = shop
    parts = ["-E", "parts"]
    assert listed(daemon, *parts, "--told", "yes") == ["acme/order", "bolt/b", "bolt/a"]
    assert listed(daemon, *parts, "--told", "no") == ["coil/x", "acme/brass"]
    assert listed(daemon, *parts, "--member", "no") == ["coil/x"]
    assert listed(daemon, *parts, "-m", "yes", "-s", "offer") == ["bolt/b", "bolt/a"]
    assert listed(daemon, "--until-before", str(soon + 1)) == ["bolt/b"]
    assert listed(daemon, "--until-before", str(soon)) == []
    assert listed(daemon, "--text", "ЕЛЬ") == ["bolt/b"]
    assert listed(daemon, "-T", "Б", *parts) == ["bolt/a", "coil/x"], "also in the middle, in any case"
    assert "yes or no" in ctl(daemon, "list", "--told", "maybe", status=USAGE)
    assert "VALID UNTIL" in ctl(daemon, "list", "--until-before", str(soon + 1))


def test_listings_are_sorted_by_any_key(shop):
    daemon, _ = shop
    parts = ["-E", "parts"]
    assert listed(daemon, *parts, "--sort", "title") == ["acme/brass", "coil/x", "bolt/a", "bolt/b", "acme/order"]
    assert listed(daemon, *parts, "--sort", "listing")[:2] == ["acme/brass", "acme/order"]
    assert listed(daemon, *parts, "-o", "told", "-r")[0] == "acme/order"
    assert listed(daemon, *parts, "--sort", "revision", "--reverse")[0] == "bolt/a"
    assert listed(daemon, *parts, "--sort", "until")[0] == "bolt/b"
    assert listed(daemon, *parts, "--sort", "opened") == listed(daemon, *parts)
    assert listed(daemon, *parts, "--reverse") == listed(daemon, *parts)[::-1]
    assert listed(daemon, "--sort", "exchange")[-1] == "acme/brass" and listed(daemon, "--sort", "state")
    assert "opened, until" in ctl(daemon, "list", "--sort", "colour", status=USAGE)


def test_lists_go_on_page_by_page(shop):
    daemon, _ = shop
    everything, seen, after = listed(daemon, "--all"), [], []
    while True:
        page = daemon.matchctl("list", "--limit", "2", *after)
        seen += [row.split()[0] for row in page.stdout.splitlines()[1:]]
        cursor = re.search(r"--after (\d+)", page.stderr)
        if not cursor:
            break
        after = ["--after", cursor.group(1)]
    assert seen == everything
    two = daemon.matchctl("list", "--sort", "title", "-n", "2")
    assert len(two.stdout.splitlines()) == 3 and "--all" in two.stderr
    assert "--sort" in ctl(daemon, "list", "--after", "1", "--sort", "title", status=USAGE)
    assert len(listed(daemon, "--limit", "3")) == 3
    matches = daemon.matchctl("matches", "acme/order", "-n", "1")
    assert "--after 1" in matches.stderr
    assert "bolt/" in ctl(daemon, "matches", "acme/order", "--after", "1")
    counted = daemon.matchctl("list", "--json", "--limit", "1")
    assert "--after 1" in counted.stderr, "a script learns that there is more, too"


def test_participants_are_filtered_and_sorted(shop):
    daemon, _ = shop

    def people(*arguments):
        return [entry["id"] for entry in objects(daemon.matchctl("participant", "list", "-j", *arguments).stdout)]

    assert people("--region", "78") == ["bolt"] == people("-R", "78", "--kind", "legal_entity")
    assert people("--kind", "person") == []
    assert people("--text", "COMPANY c") == ["coil"]
    assert people("--sort", "id", "--reverse") == ["coil", "bolt", "acme"]
    assert people("--sort", "listings")[-1] in ("acme", "bolt")
    assert people("--status", "applicant") == ["coil"]
    assert people("--limit", "1", "--after", "1") == ["bolt"]
    assert people("--all") == ["acme", "bolt", "coil"]
