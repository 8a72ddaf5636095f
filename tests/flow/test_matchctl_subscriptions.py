"""Durable subscriptions at the command line: made, shown, consumed, and every fact dealt with once and in order.

Without this a script that is started again after a crash would have to find out itself what it missed, or do twice what
it must do once.
"""

import contextlib
import getpass
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest
from daemon_process import MATCHCTL, running_daemon, wait_for
from people import company, need, offer, register
from test_matchctl import DONE, FILE, REFUSED, UNREACHABLE, USAGE, ctl, lines, objects, pairs

ROUNDS = 3


@pytest.fixture(scope="module")
def market():
    """Shared by what only looks; acme needs, bolt offers."""
    with running_daemon() as daemon:
        with daemon.client() as client:
            register(client, "acme", "bolt")
        yield daemon


def happen(daemon, first, count):
    """For each serial a need, an offer and their match: three facts."""
    with daemon.client(timeout=0.5) as client:
        for i in range(first, first + count):
            client.ask_until_answered("listing.publish", **need(f"acme/{i}", process=[f"p{i}"]))
            client.ask_until_answered("listing.publish", **offer(f"bolt/{i}", process=[f"p{i}"]))


def facts_since(daemon, number):
    with daemon.client(timeout=0.5) as client:
        client.ask_until_answered("status")
        return [fact.body for fact in client.facts("x.parts") if fact.number > number]


def plain(rows):
    """Without what is said to this subscription only, as facts.read gives them."""
    return [{key: value for key, value in row.items() if key != "because"} for row in rows]


def head(daemon):
    return daemon.ask("status")["head"]


def consumed(daemon):
    """Whether somebody waits for facts of `s`."""
    return objects(ctl(daemon, "subscription", "show", "s", "--json"))[0]["waiting"]


@contextlib.contextmanager
def watching(daemon, *arguments, **environment):
    """matchctl watch, running; one second's patience."""
    process = subprocess.Popen(
        [str(MATCHCTL), "--endpoint", str(daemon.runtime), "--timeout", "1", "watch", *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment},
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def stop(process):
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=20)
    assert process.returncode == DONE, errors
    return out, errors


# ---- made, shown, deleted ----


def test_subscriptions_are_made_listed_shown_and_deleted(market):
    me = ["--client", "portal"]
    start = head(market)
    create = ["subscription", "create", "cheap", *me, "--exchange", "parts", "--side", "offer", "--participant", "bolt",
              "--kind", "match.made", "-k", "match.ended", "--min-score", "10", "--field", 'unit_price={"to": 500}',
              "--field", 'process="milling"', "--start", "now", "--ack-timeout", "60"]  # fmt: skip
    assert pairs(ctl(market, *create))["result"] == "changed"
    assert pairs(ctl(market, *create))["result"] == "unchanged"
    assert "subscription_exists" in ctl(market, *create, "--listing", "bolt/o", status=REFUSED)
    shown = objects(ctl(market, "subscription", "show", "cheap", *me, "--json"))[0]
    assert shown["filter"] == {
        "kinds": ["match.made", "match.ended"], "exchange": "parts", "side": "offer", "participant": "bolt",
        "min_score": 10, "fields": {"unit_price": {"to": 500}, "process": "milling"},
    }  # fmt: skip
    assert (shown["ack_timeout_ms"], shown["acked"]) == (60000, start)
    people = pairs(ctl(market, "subscription", "show", "cheap", *me))
    assert people["name"] == "cheap" and people["acked_at"] == "never" and people["created"].endswith("Z")
    ctl(market, "subscription", "create", "all", *me)
    rows = ctl(market, "subscription", "list", *me).splitlines()
    assert rows[0].split() == ["NAME", "LAG", "ACKED", "LAST", "ACK", "READ", "LOST", "MISFIT"]
    assert [row.split()[:5] for row in rows[1:]] == [
        [name, "0", str(start), "never", "no"] for name in ("cheap", "all")
    ]
    page = market.matchctl("subscription", "list", *me, "--limit", "1", "--json")
    assert [row["name"] for row in objects(page.stdout)] == ["cheap"] and "--after" in page.stderr
    ctl(market, "subscription", "create", "all", "--client", "mailer")
    rows = objects(ctl(market, "subscription", "list", "--everyone", "--all", "--json"))
    assert {(row["client"], row["name"]) for row in rows} >= {("portal", "all"), ("mailer", "all")}
    assert "CLIENT" in ctl(market, "subscription", "list", "-A")
    assert pairs(ctl(market, "subscription", "delete", "all", *me)) == {"result": "changed", "name": "all"}
    said = ctl(market, "subscription", "delete", "all", *me, status=REFUSED)
    assert "unknown_subscription" in said and "subscription list" in said


def test_the_filter_may_stand_in_a_file_and_options_go_before_it(market, home):
    path = home / "filter.yaml"
    path.write_text("exchange: parts\nside: need\nkinds: [match.made]\nstart: state\nack_timeout_ms: 5000\n")
    ctl(market, "subscription", "create", "file", "--file", path, "--side", "offer", "--start", "1")
    shown = objects(ctl(market, "subscription", "show", "file", "--json"))[0]
    assert shown["filter"] == {"kinds": ["match.made"], "exchange": "parts", "side": "offer"}
    assert (shown["ack_timeout_ms"], shown["acked"], shown["state"]) == (5000, 0, False)
    ctl(market, "subscription", "create", "stdin", "-f", "-", stdin='{"exchange": "parts", "start": "state"}')
    assert objects(ctl(market, "subscription", "show", "stdin", "--json"))[0]["state"] is True
    ctl(market, "subscription", "create", "time", "--start", "2020-01-01")
    assert objects(ctl(market, "subscription", "show", "time", "--json"))[0]["acked"] == 0


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "said"),
    [
        (["--min-score", "1001"], "", USAGE, "--min-score"),
        (["--ack-timeout", "0"], "", USAGE, "--ack-timeout"),
        (["--field", "unit_price"], "", USAGE, "NAME=JSON"),
        (["--start", "yesterday"], "", USAGE, "--start takes now, state, the number"),
        (["--start", ""], "", USAGE, "--start takes now, state, the number"),
        (["--start", "0"], "", USAGE, "--start"),
        (["--kind", "match.none"], "", REFUSED, "kinds"),
        (["--file", "/none"], "", FILE, "/none"),
        (["-f", "-"], "", FILE, "one map"),
        (["-f", "-"], "[{}, {}]", FILE, "one map"),
        (["-f", "-"], "{", FILE, "stdin"),
        (["--client", "a b"], "", USAGE, "a b"),
    ],
)
def test_what_cannot_be_is_said(market, arguments, stdin, status, said):
    assert said in ctl(market, "subscription", "create", "wrong", *arguments, stdin=stdin, status=status)
    assert "unknown_subscription" in ctl(market, "subscription", "show", "wrong", status=REFUSED)


# ---- whose they are ----


def test_the_client_is_named_by_option_environment_context_or_user(market, home):
    def name_of(*arguments, **environment):
        tool = subprocess.run(
            [MATCHCTL, "-e", market.runtime, "subscription", "create", "own", *arguments, "--json"],
            capture_output=True, text=True, check=True, env={**os.environ, "XDG_CONFIG_HOME": str(home), **environment},
        )  # fmt: skip
        assert tool.stderr == ""
        rows = objects(ctl(market, "subscription", "list", "--everyone", "--all", "--json"))
        (row,) = [row for row in rows if row["name"] == "own"]
        ctl(market, "subscription", "delete", "own", "--client", row["client"])
        return row["client"]

    context = {"XDG_CONFIG_HOME": str(home)}
    assert name_of() == "matchctl." + re.sub(r"[^A-Za-z0-9._-]", "_", getpass.getuser())
    for arguments in (["context", "set", "c", "client=of-context"], ["context", "use", "c"]):
        subprocess.run([MATCHCTL, *arguments], check=True, env={**os.environ, **context})
    assert name_of() == "of-context"
    assert name_of(MATCHD_CLIENT="of-variable") == "of-variable"
    assert name_of("--context", "c", MATCHD_CLIENT="of-variable") == "of-context"
    assert name_of("--context", "c", "--client", "typed", MATCHD_CLIENT="of-variable") == "typed"
    wrong = subprocess.run(
        [MATCHCTL, "context", "set", "c", "client=a/b"], check=False, capture_output=True, text=True,
        env={**os.environ, **context},
    )  # fmt: skip
    assert wrong.returncode == USAGE and "client" in wrong.stderr


def test_completion_knows_subscriptions_kinds_and_fields(market):
    ctl(market, "subscription", "create", "completed", "--client", "shell")

    def offered(*words):
        out = ctl(market, "complete", "--", *words)
        return out.split()

    assert offered("--client", "shell", "subscription", "show", "") == ["completed"]
    assert offered("--client", "shell", "watch", "--durable", "c") == ["completed"]
    assert "match.made" in offered("subscription", "create", "x", "--kind", "match.")
    assert offered("subscription", "create", "x", "--start", "") == ["now", "state"]
    assert "unit_price=" in offered("subscription", "create", "x", "--exchange", "parts", "--field", "unit_p")


# ---- watched ----


def test_a_durable_watch_goes_on_where_it_was(daemon):
    with daemon.client() as client:
        register(client, "acme", "bolt")
    happen(daemon, 0, 2)
    ctl(daemon, "subscription", "create", "s", "--exchange", "parts", "--start", "state")
    happen(daemon, 2, 2)
    out = ctl(daemon, "watch", "--durable", "s", "--count", "3", "--json")
    out += ctl(daemon, "watch", "-d", "s", "--count", "5", "--json")
    people = ctl(daemon, "watch", "-d", "s", "--count", "4")
    rows = objects(out)
    assert [row.get("place", 0) > 0 for row in rows] == [True] * 6 + [False] * 2
    assert [row["fact"] for row in rows] == ["listing.opened"] * 4 + ["match.made"] * 2 + ["listing.opened"] * 2
    assert len({row["place"] for row in rows[:6]}) == 6
    assert re.search(r"^\d+  \S+ \S+  match.made  acme/3 ~ bolt/3", people, re.MULTILINE)
    rest = objects(ctl(daemon, "subscription", "list", "--json"))
    assert [(row["lag"], row["waiting"]) for row in rest] == [(0, False)]
    happen(daemon, 4, 1)
    last = objects(ctl(daemon, "watch", "-d", "s", "--count", "3", "--json"))[-1]
    assert (last["fact"], last["because"]) == ("match.made", ["s"])


def test_a_watch_that_is_stopped_has_acknowledged_what_it_printed(daemon):
    with daemon.client() as client:
        register(client, "acme", "bolt")
    ctl(daemon, "subscription", "create", "s")
    with watching(daemon, "--durable", "s", "--json") as process:
        happen(daemon, 0, 1)
        printed = [json.loads(process.stdout.readline()) for _ in range(3)]
        out, _ = stop(process)
    happen(daemon, 1, 1)
    rest = objects(ctl(daemon, "watch", "-d", "s", "-n", "3", "-j"))
    given = [row["number"] for row in printed + objects(out) + rest]
    assert given == sorted(set(given)) and rest[-1]["need"] == "acme/1"


def test_a_second_watch_takes_over_and_the_first_one_ends(daemon):
    ctl(daemon, "subscription", "create", "s")
    with watching(daemon, "--durable", "s") as first:
        wait_for(lambda: consumed(daemon), what="the first")
        with watching(daemon, "--durable", "s") as second:
            _, errors = first.communicate(timeout=20)
            assert first.returncode == REFUSED and "subscription_taken" in errors
            wait_for(lambda: consumed(daemon), what="the second")
            ctl(daemon, "subscription", "delete", "s")
            _, errors = second.communicate(timeout=20)
            assert second.returncode == REFUSED and "subscription_deleted" in errors


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--exec", "true"], USAGE, "--durable"),
        (["--forward", "unix:/x"], USAGE, "--durable"),
        (["--durable", "s", "x.parts"], USAGE, "subscription"),
        (["--durable", "s", "--from", "1"], USAGE, "subscription"),
        (["--durable", "s", "--exec", "true", "--forward", "unix:/x"], USAGE, "--exec or"),
        (["--durable", "s", "--forward", "tcp://x"], USAGE, "unix:"),
        (["--durable", "s", "--forward", "unix:/" + 107 * "x"], USAGE, "108"),
        (["--durable", "none"], REFUSED, "unknown_subscription"),
    ],
)
def test_what_cannot_be_watched_is_said(market, arguments, status, said):
    assert said in ctl(market, "watch", *arguments, status=status)


def test_without_matchd_a_watch_says_so(home):
    tool = subprocess.run(
        [MATCHCTL, "-e", home, "-t", "1", "watch", "-d", "s"], capture_output=True, text=True, check=False
    )
    assert tool.returncode == UNREACHABLE


# ---- handed over ----


def test_a_command_that_fails_gets_its_fact_again_and_those_behind_wait(daemon, home):
    with daemon.client() as client:
        register(client, "acme", "bolt")
    start = head(daemon)
    ctl(daemon, "subscription", "create", "s")
    happen(daemon, 0, 2)
    script = home / "deal"
    script.write_text(
        'line=$(cat); echo "$line" >>tried\n'
        'case "$line" in *acme/1*) [ -e failed ] || { touch failed; exit 3; } ;; esac\n'
        'echo "$line" >>done\n'
    )
    with watching(daemon, "--durable", "s", "--count", "6", "--exec", f"cd {home}; . {script}") as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == DONE and "exited with 3; trying again in 0.25 s" in errors
    tried, done = (plain(objects((home / name).read_text())) for name in ("tried", "done"))
    assert done == facts_since(daemon, start)
    failed = next(i for i, row in enumerate(done) if "acme/1" in json.dumps(row))
    assert tried == done[: failed + 1] + done[failed:]
    assert objects(ctl(daemon, "subscription", "show", "s", "--json"))[0]["lag"] == 0


def test_a_command_that_reads_nothing_or_is_killed_does_no_harm(daemon, home):
    with daemon.client() as client:
        register(client, "acme", "bolt")
    ctl(daemon, "subscription", "create", "s")
    happen(daemon, 0, 1)
    command = f"[ -e {home}/once ] || {{ touch {home}/once; kill -9 $$; }}; echo dealt"
    with watching(daemon, "--durable", "s", "--count", "3", "--exec", command) as process:
        out, errors = process.communicate(timeout=30)
    assert (process.returncode, out) == (DONE, 3 * "dealt\n") and "signal 9" in errors


def test_a_stopped_watch_leaves_what_was_not_dealt_with(daemon):
    with daemon.client() as client:
        register(client, "acme", "bolt")
    start = head(daemon)
    ctl(daemon, "subscription", "create", "s")
    happen(daemon, 0, 1)
    with watching(daemon, "--durable", "s", "--exec", "exit 9", "--lang", "ru") as process:
        assert "код" in process.stderr.readline()
        stop(process)
    assert plain(objects(ctl(daemon, "watch", "-d", "s", "-n", "3", "-j"))) == facts_since(daemon, start)


class Receiver:
    """Listens at a socket and answers each line as it is told; restarted by `with` again."""

    def __init__(self, path, answers=()):
        self.path, self.answers = path, list(answers)  # for the next lines; then "ok"
        self.tried, self.done = [], []

    def __enter__(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection, connection.makefile("rw", encoding="utf-8") as stream:
                    self.talk(stream)

    def talk(self, stream):
        """Until the sender goes, or an answer is None: then the connection is closed without one."""
        for line in stream:
            self.tried.append(json.loads(line))
            answer = self.answers.pop(0) if self.answers else "ok"
            if answer is None:
                return
            if answer == "ok":
                self.done.append(self.tried[-1])
            stream.write(answer + "\n")
            stream.flush()

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.path.unlink()


def test_a_receiver_may_refuse_go_away_and_come_back(daemon, home):
    with daemon.client() as client:
        register(client, "acme", "bolt")
    start = head(daemon)
    ctl(daemon, "subscription", "create", "s")
    happen(daemon, 0, 2)
    receiver = Receiver(home / "in", ["ok", "no room", "ok", None, "ok", "ok\0"])
    with watching(daemon, "--durable", "s", "--forward", f"unix:{receiver.path}") as process:
        assert "No such file" in process.stderr.readline()
        with receiver:
            wait_for(lambda: len(receiver.done) == 6, what="the facts")
        wait_for(lambda: objects(ctl(daemon, "subscription", "show", "s", "-j"))[0]["lag"] == 0, what="acknowledged")
        happen(daemon, 2, 1)
        with receiver:
            wait_for(lambda: len(receiver.done) == 9, what="the later facts")
        _, errors = stop(process)
    assert "the receiver answered: no room" in errors and "without an answer" in errors
    assert "the receiver answered: ok?" in errors
    every = facts_since(daemon, start)
    assert plain(receiver.done) == every
    assert plain(receiver.tried) == every[:2] + every[1:3] + every[2:4] + every[3:]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("how", ["printed", "run", "forwarded"])
def test_kills_of_the_core_lose_nothing_and_what_comes_twice_is_known_by_its_number(daemon, home, how):
    with daemon.client() as client:
        register(client, "acme", "bolt")
    start = head(daemon)
    ctl(daemon, "subscription", "create", "s")
    receiver = Receiver(home / "in")
    ways = {
        "printed": ["--json"],
        "run": ["--exec", f"cat >>{home}/run"],
        "forwarded": ["--forward", f"unix:{receiver.path}"],
    }
    out = home / "out"

    def received():
        if how == "forwarded":
            return plain(receiver.done)
        path = out if how == "printed" else home / "run"
        return plain(objects(path.read_text())) if path.exists() else []

    def watch():
        command = [MATCHCTL, "-e", daemon.runtime, "-t", "1", "watch", "--durable", "s", *ways[how]]
        with open(out, "ab") as to:
            process = subprocess.Popen([str(word) for word in command], stdout=to)
        wait_for(lambda: consumed(daemon), what="the watch")
        return process

    with receiver:
        process = watch()
        try:
            for i in range(ROUNDS):
                happen(daemon, 10 * i, 3)
                daemon.kill()
                daemon.start()
                happen(daemon, 10 * i + 5, 3)
                if i == 1:  # the consumer, too
                    process.kill()
                    process.wait()
                    process = watch()
            every = facts_since(daemon, start)
            wait_for(lambda: received()[-1:] == every[-1:], timeout=60, what="the last fact")
        finally:
            process.kill()
            process.wait()
    numbers = [row["number"] for row in received()]
    first = [number for i, number in enumerate(numbers) if number not in numbers[:i]]
    assert first == [row["number"] for row in every]
    assert all(row in every for row in received())


# ---- keys ----


def test_a_key_has_a_command_carried_out_once(daemon):
    ctl(daemon, "participant", "register", "-f", "jsonl", "-s", "member", "--key", "people", "-",
        stdin=lines(company("acme"), company("bolt")))  # fmt: skip
    two = lines(need("acme/n"), offer("bolt/o"))
    publish = ["publish", "-f", "jsonl", "--key", "order 7", "-"]
    assert "key" in ctl(daemon, *publish, stdin=two, status=REFUSED)
    publish[4] = "order-7"
    first = objects(daemon.matchctl(*publish, "--json", stdin=two).stdout)
    assert [row["result"] for row in first] == ["changed", "changed"]
    assert objects(daemon.matchctl(*publish, "--json", stdin=two).stdout) == first
    other = lines(need("acme/n"), offer("bolt/o", unit_price=5))
    assert "idempotency_conflict" in ctl(daemon, *publish, stdin=other, status=REFUSED)
    own = lines({**offer("bolt/o", unit_price=5), "key": "mine"})
    assert ctl(daemon, *publish, stdin=own).startswith("bolt/o: changed")

    def twice(*command):
        once = ctl(daemon, *command, "--key", "-".join(command[:2]).replace("/", "."))
        at = head(daemon)
        assert ctl(daemon, *command, "--key", "-".join(command[:2]).replace("/", ".")) == once
        assert head(daemon) == at
        assert "idempotency_conflict" in ctl(
            daemon, "pause", "bolt/o", "--key", "-".join(command[:2]).replace("/", "."), status=REFUSED
        )

    twice("pause", "acme/n")
    twice("resume", "acme/n")
    twice("renew", "acme/n", "--until", str(int((time.time() + 86400) * 1000)))
    twice("revise", "acme/n", "--title", "Another")
    twice("participant", "status", "bolt", "suspended")
    twice("participant", "revise", "bolt", "--set", "headcount=7")
    twice("withdraw", "acme/n")
