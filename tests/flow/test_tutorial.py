"""docs/exchanges.md, followed literally: its files are written, its commands typed, and what they print is compared.

Without this the first page that somebody with a market of his own reads could be wrong in its first command.
"""

import contextlib
import os
import re
import signal
import subprocess

from daemon_process import MATCHCTL, MATCHD, REPOSITORY

PAGE = REPOSITORY / "docs" / "exchanges.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PLACE = "/tmp/lab"  # where the page works; the test goes elsewhere
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")
MARK = "\x1e"  # stands before each command's output
AT_MOST_S = 50


def steps_of(page):
    """In the page's order: (None, a file's name, its text) or (a command, what it prints, None)."""
    steps = []
    for kind, body in BLOCK.findall(page):
        if kind == "yaml":
            steps.append((None, body.splitlines()[0].removeprefix("# "), body))
        elif kind == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, printed = part.partition("\n")
                steps.append((command, printed, None))
    return steps


def script_of(steps):
    """One shell lives through it all, as the reader's does."""
    lines = ["trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT"]
    for command, name, text in steps:
        if command is None:
            lines.append(f"cat >{name} <<'END OF FILE'\n{text}END OF FILE")
        else:
            lines.append(f"printf '{MARK}'\n{command}")
    return "\n".join(lines) + "\n"


def typed(steps, directory):
    """What each command printed. It goes to a file, for a daemon that outlived the shell would hold a pipe open."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MATCHD_")}
    environment["PATH"] = f"{MATCHD.parent}:{MATCHCTL.parent}:{environment['PATH']}"
    script, transcript = directory / "script", directory / "transcript"
    script.write_text(script_of(steps).replace(PLACE, str(directory)), encoding="utf-8")
    with open(transcript, "wb") as printed:
        shell = subprocess.Popen(
            ["bash", script],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            shell.wait(AT_MOST_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)  # nothing, unless it hangs
        shell.wait()
    return transcript.read_text(encoding="utf-8").replace(str(directory), PLACE).split(MARK)[1:]


def plain(printed):
    """Times differ from day to day, and blanks at the end of a line are nobody's concern."""
    return "\n".join(line.rstrip() for line in TIME.sub("(time)", printed).splitlines())


def test_an_exchange_of_ones_own_is_made_by_following_the_page(home):
    steps = steps_of(PAGE.read_text(encoding="utf-8"))
    commands = [step for step in steps if step[0] is not None]
    outcomes = typed(steps, home)
    assert len(outcomes) == len(commands) >= 15
    for (command, promised, _), printed in zip(commands, outcomes):
        assert plain(printed) == plain(promised), f"$ {command}"
    assert (home / "exchanges" / "lab-time.yaml").exists()
