"""A person at a terminal, driven by tmux: completion in both shells, a long publish, colours, paging, both languages.

What a pipe shows the other tests see; this one sees what a person does.
"""

import contextlib
import os
import re
import subprocess
import time

import pytest
from daemon_process import MATCHCTL, running_daemon
from people import company, need, offer
from test_matchctl import ctl, lines

pytestmark = pytest.mark.timeout(120)
PATIENCE_S = 20


class Screen:
    """A terminal of 100 columns and 24 lines with a shell in it."""

    def __init__(self, home, shell, **environment):
        self.socket = home / "tmux"
        environment = {**os.environ, "PS1": "$ ", "PATH": f"{MATCHCTL.parent}:{os.environ['PATH']}", **environment}
        self.tmux("-u", "-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "24", *shell, env=environment)

    def tmux(self, *arguments, env=None):
        return subprocess.run(
            ["tmux", "-S", self.socket, *arguments], env=env, capture_output=True, text=True, check=True
        ).stdout

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def write(self, text):
        self.tmux("send-keys", "-l", "--", text)

    def run(self, command):
        self.write(command)
        self.type("Enter")

    def shown(self, colours=False):
        return self.tmux("capture-pane", "-p", *(["-e"] if colours else []))

    def wait(self, pattern, colours=False):
        """The screen, once the pattern is on it."""
        end = time.monotonic() + PATIENCE_S
        while not re.search(pattern, self.shown(colours), re.MULTILINE):
            assert time.monotonic() < end, f"no {pattern!r} on\n{self.shown(colours)}"
            time.sleep(0.05)
        return self.shown(colours)

    def clear(self):
        self.type("C-u")
        self.run("clear")
        self.wait(r"\A\$ ?\n")


@contextlib.contextmanager
def screen(home, *shell, **environment):
    it = Screen(home, shell, **environment)
    try:
        yield it
    finally:
        it.tmux("kill-server")


@pytest.fixture(scope="module")
def market():
    with running_daemon() as daemon:
        people = lines(company("acme"), company("bolt"), *(company(f"p{i:02}") for i in range(60)))
        ctl(daemon, "participant", "register", "-f", "jsonl", "-s", "member", "-", stdin=people)
        ctl(daemon, "publish", "-f", "jsonl", "-", stdin=lines(need("acme/order"), offer("bolt/mill"), offer("bolt/turn")))
        yield daemon


@pytest.fixture
def bash(market, home):
    with screen(home, "bash", "--norc", "--noprofile", MATCHD_RUNTIME=str(market.runtime)) as it:
        it.run("source <(matchctl completion bash)")
        it.clear()
        yield it


@pytest.fixture
def zsh(market, home):
    with screen(home, "zsh", "-f", MATCHD_RUNTIME=str(market.runtime)) as it:
        it.run("PROMPT='$ '; autoload -Uz compinit && compinit -D -u && source <(matchctl completion zsh)")
        it.clear()
        yield it


def complete(it):
    """What a person types, with Tab where the rest is easier left to the shell."""
    it.write("matchctl templ")
    it.type("Tab")
    it.wait(r"^\$ matchctl template $|^\$ matchctl template\s*$")
    it.write("pa")
    it.type("Tab")
    it.wait(r"^\$ matchctl template parts")
    it.write("o")
    it.type("Tab")
    it.wait(r"^\$ matchctl template parts offer")
    it.clear()
    it.write("matchctl list --rev")
    it.type("Tab")
    it.write("--state pau")
    it.type("Tab")
    it.wait(r"^\$ matchctl list --reverse +--state paused")
    it.clear()
    it.write("matchctl show bol")
    it.type("Tab")
    it.wait(r"^\$ matchctl show bolt/$")
    it.write("mi")
    it.type("Tab")
    it.wait(r"^\$ matchctl show bolt/mill")
    it.type("Enter")
    it.wait(r"^listing +bolt/mill$")
    it.clear()
    it.write("matchctl participant ")
    it.type("Tab", "Tab")
    it.wait(r"register +revise")
    it.clear()
    it.write("matchctl revise bolt/mill --field unit")
    it.type("Tab")
    it.write("7")
    it.wait(r"^\$ matchctl revise bolt/mill --field unit_price=7")
    it.clear()


def test_bash_completes_words_names_and_ids(bash):
    complete(bash)


def test_zsh_completes_words_names_and_ids(zsh):
    complete(zsh)


def test_completion_falls_back_to_files(bash, home):
    (home / "listings.yaml").write_text("")
    bash.write(f"matchctl publish {home}/list")
    bash.type("Tab")
    bash.wait(r"listings\.yaml")


def test_a_long_publish_shows_how_far_it_is(bash, market, home):
    path = home / "many.jsonl"
    path.write_text(lines(*(offer(f"p{i % 60:02}/n{i}", process=[f"w{i}"]) for i in range(20_000))))
    bash.run(f"matchctl publish {path}")
    bash.wait(r"\[#*\.+\] +\d+ %  \d+ rows, \d+/s, \d+:\d\d left")
    done = bash.wait(r"stored 20000, unchanged 0, refused 0")
    assert "left" not in done, "the bar is gone"
    bash.clear()
    bash.run(f"matchctl --lang ru publish {path}")
    bash.wait(r" %  строк \d+, \d+/с, осталось")
    bash.wait(r"сохранено 0, без изменений 20000, отклонено 0")


def test_tables_are_coloured_paged_and_left_by_q(bash):
    bash.run("matchctl list -p acme")
    bash.wait("\x1b\\[1mLISTING.*\n(.*\n)*.*\x1b\\[32m *open", colours=True)
    bash.clear()
    bash.run("matchctl participant list")
    shown = bash.wait(r"^:\s*\Z")
    assert "acme" in shown and "p59" not in shown
    bash.type("Space")
    bash.type("Space")
    bash.type("Space")
    bash.wait("p59")
    bash.type("q")
    bash.clear()
    bash.run("matchctl --no-pager participant list")
    bash.wait(r"p59 [^\n]*\n\$")
    bash.clear()
    bash.run("matchctl list -p acme | cat")
    assert "\x1b[32m" not in bash.wait(r"acme/order", colours=True)


def test_the_locale_chooses_the_language(bash):
    bash.run("env -u LC_ALL LANG=ru_RU.UTF-8 matchctl exchange list")
    bash.wait(r"^ПЛОЩАДКА +ПОЛЕЙ")
    bash.clear()
    bash.run("LC_ALL=C.UTF-8 matchctl exchange list")
    bash.wait(r"^EXCHANGE +FIELDS")
    bash.clear()
    bash.run("env -u LC_ALL LANG=ru_RU.UTF-8 matchctl show acme/nothing")
    bash.wait(r"такого объявления нет")


def test_a_watched_table_stays_in_place_and_ends_with_ctrl_c(bash, market):
    bash.run("matchctl list -p bolt -E parts --watch=1")
    bash.wait(r"bolt/turn +parts +offer +open")
    ctl(market, "pause", "bolt/turn")
    shown = bash.wait(r"bolt/turn +parts +offer +paused")
    assert shown.count("LISTING") == 1, "drawn over, not below"
    bash.type("C-c")
    bash.run("echo status $?")
    bash.wait(r"^status 0")
