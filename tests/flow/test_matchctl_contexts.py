"""Contexts: an operator of two daemons names them once, and never publishes to the wrong one by surprise."""

import json
import os
import stat
import subprocess

import pytest
from daemon_process import MATCHCTL, running_daemon
from test_matchctl import DONE, FILE, UNREACHABLE, USAGE, objects


@pytest.fixture(scope="module")
def two():
    with running_daemon() as one, running_daemon() as other:
        other.ask("participant.register", participant={"id": "o", "name": "O", "kind": "person"})
        yield one, other


@pytest.fixture
def run(home):
    def run(*arguments, status=DONE, **environment):
        tool = subprocess.run(
            [MATCHCTL, *map(str, arguments)], capture_output=True, text=True, check=False,
            env={**os.environ, "XDG_CONFIG_HOME": str(home), **{k: str(v) for k, v in environment.items()}},
        )  # fmt: skip
        assert tool.returncode == status, (tool.stdout, tool.stderr)
        return tool.stdout + tool.stderr

    run.file = home / "matchctl" / "config.yaml"
    return run


def people(out):
    return objects(out)[0]["participants"]


def test_contexts_are_made_chosen_shown_and_removed(run, two):
    one, other = two
    assert run("context", "list") == "(none)\n"
    assert "context use NAME" in run("context", "show", status=USAGE)
    run("context", "set", "one", f"endpoint={one.runtime}")
    run("context", "set", "other", f"endpoint={other.runtime}", "timeout=9", "lang=ru", "color=never")
    run("context", "use", "one")
    assert people(run("status", "-j")) == 0
    run("context", "use", "other")
    assert people(run("status", "-j")) == 1
    assert run("context", "show").splitlines()[1].split() == ["endpoint", str(other.runtime)]
    listed = objects(run("context", "list", "--json"))
    assert [(c["name"], c["in_use"]) for c in listed] == [("one", False), ("other", True)]
    assert objects(run("context", "show", "other", "-j"))[0]["timeout"] == "9"
    run("context", "set", "other", "timeout=")
    assert "timeout" not in objects(run("context", "show", "other", "-j"))[0]
    run("context", "remove", "other")
    assert [c["name"] for c in objects(run("context", "list", "-j"))] == ["one"]
    assert "context use NAME" in run("context", "show", status=USAGE), "what was in use is gone"


def test_typed_before_environment_before_context_before_default(run, two):
    one, other = two
    run("context", "set", "one", f"endpoint={one.runtime}", "lang=ru")
    run("context", "set", "other", f"endpoint={other.runtime}")
    run("context", "use", "one")
    assert people(run("status", "-j")) == 0
    assert people(run("status", "-j", MATCHCTL_CONTEXT="other")) == 1
    assert people(run("status", "-j", "--context", "one", MATCHCTL_CONTEXT="other")) == 0
    assert people(run("status", "-j", MATCHD_RUNTIME=other.runtime)) == 1
    assert people(run("-c", "one", "status", "-j", MATCHD_RUNTIME=other.runtime)) == 0
    assert people(run("status", "-j", "-c", "one", "-e", other.runtime)) == 1
    assert "ПЛОЩАДКА" in run("exchange", "list") and "EXCHANGE" in run("exchange", "list", MATCHCTL_LANG="en")
    assert "EXCHANGE" in run("exchange", "list", "--lang", "en", MATCHCTL_LANG="ru")
    assert "ПЛОЩАДКА" in run("exchange", "list", LC_ALL="en_US.UTF-8")


def test_what_is_not_there_is_told(run):
    assert '"nowhere"' in run("status", "--context", "nowhere", status=USAGE)
    assert "context list" in run("context", "use", "nowhere", status=USAGE)
    assert "context list" in run("context", "remove", "nowhere", status=USAGE)
    assert "endpoint=" in run("context", "set", "x", "colour=red", status=USAGE)
    assert "1 to 3600" in run("context", "set", "x", "timeout=0", status=USAGE)
    assert "ru or en" in run("context", "set", "x", "lang=fr", status=USAGE)
    assert "auto, always or never" in run("context", "set", "x", "color=red", status=USAGE)
    assert "A-Z a-z" in run("context", "set", "two words", "lang=ru", status=USAGE)
    assert not run.file.exists(), "what was refused left nothing"
    run("context", "set", "far", "endpoint=/nonexistent", "timeout=1")
    run("context", "use", "far")
    assert "/nonexistent" in run("status", status=UNREACHABLE)
    assert run("help") and run("context", "list"), "these need no daemon"


def test_the_file_is_private_and_written_as_a_whole(run):
    run("context", "set", "one", "endpoint=/run/one: #x")
    assert stat.S_IMODE(run.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(run.file.parent.stat().st_mode) == 0o700
    assert [path.name for path in run.file.parent.iterdir()] == ["config.yaml"]
    assert objects(run("context", "show", "one", "-j"))[0]["endpoint"] == "/run/one: #x"
    before = run.file.stat().st_ino
    run("context", "set", "one", "lang=ru")
    assert run.file.stat().st_ino != before, "moved into place"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("contexts: [", ":2: "),
        ("uses: one\n", "`use` and `contexts`"),
        ("contexts:\n  one: {port: 5}\n", "endpoint, timeout, lang, color and client"),
        ("contexts:\n  one: {timeout: never}\n", "1 to 3600"),
        ("contexts:\n  one: {endpoint: [a]}\n", "endpoint"),
        ("contexts: one\n", "a map of names"),
        ("contexts: {'a b': {}}\n", "A-Z a-z"),
        ("contexts: {%s}\n" % ", ".join(f"c{i}: {{}}" for i in range(101)), "A-Z a-z"),
    ],
)
def test_a_file_with_a_mistake_is_named_and_not_overwritten(run, text, words):
    run.file.parent.mkdir()
    run.file.write_text(text)
    for command in (["status"], ["context", "set", "one", "lang=ru"], ["context", "list"]):
        out = run(*command, status=FILE)
        assert words in out and str(run.file) in out
    assert run("help") and run("completion", "bash"), "what only speaks of the tool works on"
    assert run.file.read_text() == text


def test_json_lists_are_one_object_a_line(run):
    run("context", "set", "one", "lang=ru")
    assert json.loads(run("context", "list", "-j")) == {"name": "one", "in_use": False, "lang": "ru"}
