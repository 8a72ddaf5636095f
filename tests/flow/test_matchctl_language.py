"""Russian and English: a person reads the tool in the language of the locale, a program reads the same in both."""

import json
import os
import re
import subprocess

import pytest
from daemon_process import MATCHCTL, running_daemon
from people import company, need, offer
from test_matchctl import DONE, FILE, REFUSED, UNREACHABLE, USAGE, commands, lines

CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


@pytest.fixture(scope="module")
def market():
    with running_daemon() as daemon:
        people = lines(*(company(name) for name in ("acme", "bolt", "coil")))
        assert daemon.matchctl("participant", "register", "-f", "jsonl", "-s", "member", "-", stdin=people).returncode == 0
        listings = lines(need("acme/order", quantity=5), offer("bolt/mill"), offer("coil/mill", quantity=9))
        assert daemon.matchctl("publish", "-f", "jsonl", "-", stdin=listings).returncode == 0
        yield daemon


def run(daemon, *arguments, stdin="", status=DONE, **environment):
    tool = subprocess.run(
        [MATCHCTL, *(["-e", daemon.runtime] if daemon else []), *arguments],
        capture_output=True, text=True, check=False, input=stdin, env={**os.environ, **environment},
    )  # fmt: skip
    assert tool.returncode == status, (tool.stdout, tool.stderr)
    return tool.stdout + tool.stderr


def test_the_locale_the_variable_and_the_option_choose(market):
    russian = {"LC_ALL": "ru_RU.UTF-8"}
    assert "НАЗВАНИЕ" in run(market, "list", **russian), "also where that locale is not generated"
    assert "TITLE" in run(market, "list", "--lang", "en", **russian)
    assert "TITLE" in run(market, "list", MATCHCTL_LANG="en", **russian)
    assert "НАЗВАНИЕ" in run(market, "--lang", "ru", "list")
    assert "НАЗВАНИЕ" in run(market, "list", MATCHCTL_LANG="ru")
    assert "--lang takes ru or en" in run(market, "list", "--lang", "fr", status=USAGE)


def test_lists_and_explanations_speak_russian(market):
    def ru(*arguments):
        return run(market, "--lang", "ru", *arguments)

    assert re.search(r"^parts +13 +1 +2 +Детали$", ru("exchange", "list"), re.MULTILINE)
    out = ru("explain", "acme/order", "coil/mill")
    assert out.startswith("Не подходят друг другу: условия (quantity); вариант потребности 0")
    assert re.search(r"^quantity +5 +9 +нет +need, offer.* Количество$", out, re.MULTILINE)
    assert re.search(r"^process .* Processes$", run(market, "explain", "acme/order", "bolt/mill"), re.MULTILINE)
    assert ru("matches", "acme/order").split()[:2] == ["ОЦЕНКА", "ОБЪЯВЛЕНИЕ"]
    out = run(market, "--lang", "ru", "publish", "-", stdin=json.dumps(offer("bolt/new")))
    assert out == "bolt/new: changed, open, ревизия 1, сообщено 1\n"
    assert ru("list", "--state", "paused") == "(пусто)\n"


def test_a_refusal_says_in_russian_what_is_wrong_and_keeps_the_expected_values(market):
    out = run(market, "--lang", "ru", "show", "acme/nothing", status=REFUSED)
    assert "такого объявления нет (there is no listing acme/nothing)" in out and "[unknown_listing]" in out
    wrong = json.dumps(offer("bolt/x", material="gold"))
    out = run(market, "--lang", "ru", "publish", "-", stdin=wrong, status=REFUSED)
    assert "fields.material: недопустимое значение" in out and "ожидается: " in out and "steel" in out
    assert "отклонено 1" in out


def test_mistakes_of_the_command_line_are_answered_in_russian(home):
    for arguments, status in (
        (["frobnicate"], USAGE),
        (["show"], USAGE),
        (["--endpoint"], USAGE),
        (["status", "--json=1"], USAGE),
        (["status", "--nonsense"], USAGE),
        (["-t", "x", "status"], USAGE),
        (["-e", str(home), "-t", "1", "status"], UNREACHABLE),
    ):
        out = run(None, "--lang", "ru", *arguments, status=status)
        assert CYRILLIC.search(out), out
        assert not CYRILLIC.search(run(None, *arguments, status=status))


def test_every_command_and_option_is_explained_in_both_languages():
    for command in commands():
        name = " ".join(word for word in command.split() if word.islower())
        english, russian = run(None, "help", *name.split()), run(None, "--lang", "ru", "help", *name.split())
        assert not CYRILLIC.search(english), english
        for line in russian.splitlines():
            assert not line.strip() or CYRILLIC.search(line), (name, line)


def test_json_is_the_same_in_every_language(market):
    for arguments in (
        ["list"], ["exchange", "list"], ["exchange", "show", "parts"], ["show", "acme/order"],
        ["matches", "acme/order"], ["explain", "acme/order", "bolt/mill"], ["participant", "show", "acme"],
    ):  # fmt: skip
        assert run(market, "--json", *arguments) == run(market, "--json", "--lang", "ru", *arguments)
    refused = ["--json", "show", "acme/nothing"]
    assert run(market, *refused, status=REFUSED) == run(market, "--lang", "ru", *refused, status=REFUSED)
