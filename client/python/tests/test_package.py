"""The package as such: its methods are the protocol's messages, its types hold, and it installs from the checkout."""

import inspect
import os
import pathlib
import re
import shutil
import subprocess
import sys

import generate
import matchd
import pytest
from matchd import messages

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
MYPY = shutil.which("mypy", path="/usr/bin:/usr/local/bin")


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_methods_are_those_of_the_protocol_page():
    run(sys.executable, PACKAGE / "generate.py", "--check")
    listed = generate.read_page(generate.PAGE.read_text(encoding="utf-8"))
    assert len(listed) > 20
    for message in listed:
        build = getattr(messages, message.function)
        key = {"key"} if message.help.endswith("Writes.") else set()
        assert set(inspect.signature(build).parameters) == {field.parameter for field in message.arguments} | key
        for client in (matchd.Client, matchd.AsyncClient):
            assert getattr(client, message.function) is build, "a message and a method have the same name"


def test_a_message_that_is_added_to_the_table_becomes_a_method(tmp_path):
    """With a name, arguments and types of every kind, and results that no other message has."""
    page = generate.PAGE.read_text(encoding="utf-8")
    section = """### `listing.weigh.up`

Weighs it. Reads.

| argument | type | | meaning |
|---|---|---|---|
| `from` | integer, 0 to 253402300799999 | always | since when |
| `after` | integer, 0 to 9 | optional | page |
| `text` | text, 0 to 9 bytes or null | optional | "new" \\ text |

| result | type | | meaning |
|---|---|---|---|
| `weights` | array | always | one each |
| `next` | integer | optional | the next page |

## Facts
"""
    text = "\n".join(generate.write_module(generate.read_page(page.replace("## Facts\n", section, 1))))
    shutil.copytree(PACKAGE / "matchd", tmp_path / "matchd")
    (tmp_path / "matchd" / "messages.py").write_text(text, encoding="utf-8")
    code = """import matchd
request = matchd.messages.listing_weigh_up(5, text=None)
assert request == matchd.Paged("listing.weigh.up", {"from": 5, "text": None}, "weights"), request
print(hasattr(matchd.Client, "listing_weigh_up"))
"""
    assert run(sys.executable, "-c", code, cwd=tmp_path) == "True\n"
    run(MYPY, "--config-file", PACKAGE / "pyproject.toml", "--cache-dir", tmp_path / "cache", "matchd", cwd=tmp_path)


def test_a_page_that_cannot_be_read_is_no_reason_to_guess():
    with pytest.raises(SystemExit, match="not known"):
        generate.read_row("| `weight` | floating | always | no such type |")


def test_types_hold(tmp_path):
    assert MYPY, "mypy is not there: scripts/install-deps"
    checked = ["matchd", "examples/publish_and_follow.py", "examples/mailer.py", "tests/typed.py"]
    config = ["--config-file", "pyproject.toml", "--cache-dir", str(tmp_path)]
    run(MYPY, *config, *checked, cwd=PACKAGE)


def test_it_installs_from_the_checkout_without_a_network(tmp_path):
    source = tmp_path / "source"  # setuptools leaves its traces there
    shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    install = [sys.executable, "-m", "pip", "install", "--no-build-isolation", "--no-deps"]
    run(*install, "--target", tmp_path / "site", source, env=environment)
    installed = run(sys.executable, "-c", "import matchd; print(matchd.__file__)", cwd=tmp_path / "site")
    assert installed == f"{tmp_path}/site/matchd/__init__.py\n"
    assert (tmp_path / "site" / "matchd" / "py.typed").exists()


def test_its_version_is_that_of_the_daemon():
    def version(path, pattern):
        return re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE).group(1)

    daemon = version(PACKAGE.parents[1] / "meson.build", r"^ +version: '([^']+)'")
    assert version(PACKAGE / "pyproject.toml", r'^version = "([^"]+)"') == daemon
