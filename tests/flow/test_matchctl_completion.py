"""What the shells offer: commands and options from the table, names and ids from the daemon, and nothing that hangs."""

import os
import re
import socket
import subprocess
import time

import pytest
from daemon_process import MATCHCTL, running_daemon
from people import company, need, offer
from test_matchctl import USAGE, commands, ctl, help_of, lines


@pytest.fixture(scope="module")
def market():
    with running_daemon() as daemon:
        people = lines(*(company(name) for name in ("acme", "acorn", "bolt")))
        ctl(daemon, "participant", "register", "-f", "jsonl", "-s", "member", "-", stdin=people)
        listings = lines(need("acme/order"), offer("acme/spare"), offer("bolt/mill"))
        ctl(daemon, "publish", "-f", "jsonl", "-", stdin=listings)
        yield daemon


def offered(market, *words, **environment):
    environment = {"MATCHD_RUNTIME": str(market.runtime), **environment} if market else environment
    tool = subprocess.run(
        [MATCHCTL, "complete", "--", *words], capture_output=True, text=True, check=True, timeout=10,
        env={**os.environ, **environment},
    )  # fmt: skip
    return tool.stdout.split()


def test_every_command_and_every_option_is_offered():
    for usage in commands():
        words = [word for word in usage.split() if word.islower()]
        for place in range(len(words)):
            assert words[place] in offered(None, *words[:place], "")
            assert words[place] in offered(None, *words[:place], words[place][:2])
        options = set(re.findall(r"^  (?:-\w, |    )(--[a-z-]+)", help_of(*words), re.MULTILINE))
        assert set(offered(None, *words, "-")) == options
    assert "complete" not in offered(None, "")
    assert offered(None, "participant", "nonsense", "x", "") == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["list", "--state", ""], "draft scheduled open paused withdrawn expired pending"),
        (["list", "--state", "p"], "paused pending"),
        (["list", "--side="], "--side=need --side=offer"),
        (["list", "--exchange=p"], "--exchange=parts"),
        (["list", "--nonsense="], ""),
        (["list", "--side", "=", "o"], "offer"),
        (["list", "-s", "n"], "need"),
        (["facts", "--kind", "match."], "match.made match.changed match.ended"),
        (["facts", "--kind", "queue.b"], "queue.begun"),
        (["list", "--told", ""], "yes no"),
        (["list", "--sort", "op"], "opened"),
        (["participant", "list", "--sort", ""], "id name status kind region listings"),
        (["participant", "status", "acme", "s"], "suspended"),
        (["participant", "list", "--kind", "legal"], "legal_entity"),
        (["--color", "a"], "auto always"),
        (["--lang", ""], "ru en"),
        (["publish", "--format", "y"], "yaml"),
        (["publish", "x"], ""),
        (["list", "--exchange", ""], "measures parts"),
        (["verify", "--live", "--exchange", "p"], "parts"),
        (["exchange", "show", "p"], "parts"),
        (["template", "p"], "parts"),
        (["template", "parts", ""], "need offer"),
        (["participant", "show", "ac"], "acme acorn"),
        (["show", "ac"], "acme/ acorn/"),
        (["show", "acme/"], "acme/~measures acme/order acme/spare"),
        (["explain", "acme/o"], "acme/order"),
        (["explain", "acme/order", "acme/"], "acme/spare"),
        (["watch", "x."], "x.measures x.parts"),
        (["watch", "x.parts", "p.a"], "p.acme p.acorn"),
        (["revise", "acme/order", "--field", "unit"], "unit_price="),
        (["participant", "revise", "acme", "--set", "re"], "region= revenue="),
        (["help", "exch"], "exchange"),
        (["help", "exchange", "s"], "show"),
        (["context", "set", "x", "e"], "endpoint="),
        (["completion", ""], "bash zsh"),
    ],
)  # fmt: skip
def test_values_are_offered_by_their_kind(market, words, expected):
    found = offered(market, *words)
    assert found[: len(expected.split())] == expected.split() and (len(found) == len(expected.split()))


def test_many_pages_are_looked_through():
    with running_daemon() as daemon:
        people = lines(*(company(f"p{i:04}") for i in range(1500)))
        ctl(daemon, "participant", "register", "-f", "jsonl", "-", stdin=people)
        assert offered(daemon, "participant", "show", "p149") == [f"p{i}" for i in range(1490, 1500)]


def test_the_words_say_whom_to_ask(market, home):
    nowhere = {"MATCHD_RUNTIME": str(home)}
    assert offered(market, "exchange", "show", "p", **nowhere) == []
    assert offered(market, "-e", str(market.runtime), "exchange", "show", "p", **nowhere) == ["parts"]
    settings = {"XDG_CONFIG_HOME": str(home)}
    for name, place in (("here", market.runtime), ("there", home)):
        subprocess.run(
            [MATCHCTL, "context", "set", name, f"endpoint={place}"], check=True, env={**os.environ, **settings}
        )
    assert offered(None, "--context", "", **settings) == ["here", "there"]
    assert offered(None, "--context=here", "exchange", "show", "p", **settings) == ["parts"]


def test_a_daemon_that_does_not_answer_costs_a_second(home):
    """A person who pressed Tab waits for the prompt."""
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(home / "commands.sock"))
        silent.listen()
        before = time.monotonic()
        assert offered(None, "exchange", "show", "", MATCHD_RUNTIME=str(home)) == []
        assert time.monotonic() - before < 3


@pytest.mark.parametrize(("shell", "check"), [("bash", "-n"), ("zsh", "-n")])
def test_the_shells_take_their_part(shell, check, home):
    text = subprocess.run([MATCHCTL, "completion", shell], capture_output=True, text=True, check=True).stdout
    (home / "part").write_text(text)
    subprocess.run([shell, check, home / "part"], check=True)
    tool = subprocess.run([MATCHCTL, "completion", "fish"], capture_output=True, text=True, check=False)
    assert tool.returncode == USAGE and "bash and zsh" in tool.stderr
