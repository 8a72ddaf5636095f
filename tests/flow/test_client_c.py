"""The C library in other people's programs: the example beside it, and `matchctl watch`, through restarts.

Without this a service written on the library would need a restart of its own after each of ours, or miss what happened
meanwhile.
"""

import contextlib
import itertools
import json
import subprocess
import threading

import pytest
from daemon_process import EXAMPLE, MATCHCTL, SMALL, SUBSCRIBER, wait_for
from people import measure, need, offer, register
from processes import Processes
from protocol_client import Client, NoAnswer, Refused

ROUNDS = 3
DEATHS = 60


@contextlib.contextmanager
def program(*arguments):
    """A running program whose output is lines; it is ended with the block."""
    process = subprocess.Popen([str(argument) for argument in arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def watch(daemon, *arguments):
    """A second's patience: an answer that went down with a gateway does not come any more."""
    return program(MATCHCTL, "--endpoint", daemon.runtime, "--timeout", "1", "watch", "--json", *arguments)


def facts_of(client, stream):
    return [fact.body for fact in client.facts(stream)]


def end(daemon, what):
    if what == "gateway":
        daemon.kill_gateway()
    elif what == "core":
        daemon.kill()
        daemon.start()
    else:
        daemon.restart()


def example(daemon, *arguments):
    return subprocess.run(
        [EXAMPLE, daemon.runtime, *arguments], capture_output=True, text=True, timeout=20, check=False
    )


def test_the_example_publishes_and_is_told(shipped_daemon):
    with shipped_daemon.client() as client:
        register(client, "acme")
        done = example(shipped_daemon, "acme", "patents", "1")
        assert (done.returncode, done.stderr) == (0, "")
        number, kind = done.stdout.split(",")[0].split(" ", 1)
        assert kind == "listing.opened"
        assert int(number) == facts_of(client, "p.acme")[-1]["number"]
        assert client.ask("listing.show", listing="acme/example")["listing"]["state"] == "open"
        refused = example(shipped_daemon, "nobody", "patents", "1")
        assert refused.returncode == 1 and "unknown_participant" in refused.stderr


def subscriber(daemon, count):
    return subprocess.run(
        [SUBSCRIBER, daemon.runtime, "portal", "matches", str(count)],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def test_the_example_of_a_subscriber_goes_on_where_it_was(daemon):
    with daemon.client(timeout=0.5) as client:
        register(client, "acme", "bolt")
        for i in range(4):
            client.ask("listing.publish", **need(f"acme/{i}", process=[f"p{i}"]))
            client.ask("listing.publish", **offer(f"bolt/{i}", process=[f"p{i}"]))
        first = subscriber(daemon, 3)
        end(daemon, "gateway")
        client.ask_until_answered("listing.withdraw", listing="bolt/0")
        rest = subscriber(daemon, 2)
    assert (first.returncode, first.stderr, rest.returncode, rest.stderr) == (0, "", 0, "")
    kinds = [line.split(",")[0].split()[1:] for line in (first.stdout + rest.stdout).splitlines()]
    assert [kind for _, kind in kinds] == ["match.made"] * 4 + ["match.ended"]
    places = [int(place) for place, _ in kinds]
    assert places[:4] == sorted(set(places[:4])) and places[0] > 0 and places[4] == 0


@pytest.mark.parametrize("what", ["gateway", "core", "both in order"])
@pytest.mark.parametrize(
    "streams", [["x.parts"], ["x.parts", "p.acme"], []], ids=["one stream", "two streams", "everything"]
)
def test_a_watch_lives_through_restarts_and_misses_nothing(daemon, what, streams):
    with daemon.client(timeout=0.5) as client:
        register(client, "acme", "bolt")
        first = client.ask("status")["head"] + 1
        count = 1 + 3 * ROUNDS
        client.ask("listing.publish", **need("acme/first", process=["first"]))
        with watch(daemon, "--from", str(first), "--count", str(count), *streams) as process:
            begun = process.stdout.readline()
            for i in range(ROUNDS):
                client.ask_until_answered("listing.publish", **need(f"acme/{i}", process=[f"p{i}"]))
                end(daemon, what)
                client.ask_until_answered("listing.publish", **offer(f"bolt/{i}", process=[f"p{i}"]))
            out, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        assert [json.loads(line) for line in (begun + out).splitlines()] == [
            body for body in facts_of(client, "x.parts") if body["number"] >= first
        ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(90)
def test_a_watch_survives_a_gateway_that_dies_in_the_middle_of_a_message(home):
    """libzmq can abort a subscriber whose publisher dies between the frames of a message."""
    with Processes(home) as processes, contextlib.ExitStack() as ends:
        processes.core("--spawn-gateway=no", exchanges=SMALL)
        gateway = processes.gateway()
        with Client(processes.runtime) as client:
            wait_for(lambda: client.ask_until_answered("status"), what="the core")
            register(client, "acme")
        ends.callback(flood(processes.runtime))
        watches = [ends.enter_context(watch(processes, *streams)) for streams in (["x.parts"], ["p.acme"], [])]
        for _ in range(DEATHS):
            for process in watches:
                for _ in range(100):
                    assert process.stdout.readline(), "the watch has ended"
            gateway.kill()
            gateway = processes.gateway()


def flood(runtime):
    """Revises listings as fast as it goes; returns what stops it."""
    stopped = threading.Event()

    def revise():
        with Client(runtime, timeout=0.3) as client:
            for turn in itertools.count():
                if stopped.is_set():
                    return
                with contextlib.suppress(NoAnswer, Refused):
                    needs = [need(f"acme/{i}", title=f"turn {turn}") for i in range(50)]
                    for number in [client.send("listing.publish", **publication) for publication in needs]:
                        client.wait(number)

    thread = threading.Thread(target=revise, daemon=True)
    thread.start()

    def stop():
        stopped.set()
        thread.join(10)

    return stop


def test_a_watch_of_what_happens_now_begins_before_it_prints_anything(daemon):
    """`--from` left out: not one fact of the past, and none lost once it follows."""
    with daemon.client() as client:
        register(client, "agency")
        with watch(daemon, "p.agency", "--count", "6") as process:
            past = client.ask("status")["head"]
            i = 0
            while process.poll() is None and i < 400:
                with contextlib.suppress(NoAnswer):
                    client.ask("listing.publish", **measure(f"agency/{i}"))
                i += 1
            out, _ = process.communicate(timeout=10)
        numbers = [json.loads(line)["number"] for line in out.splitlines()]
        after = [fact["number"] for fact in facts_of(client, "p.agency") if fact["number"] >= numbers[0]]
        assert numbers[0] > past - 1 and numbers == after[:6]


def test_a_watch_says_that_the_store_is_another(daemon):
    with daemon.client() as client:
        register(client, "acme")
        with watch(daemon, "--from", "1") as process:
            assert json.loads(process.stdout.readline())["fact"] == "participant.registered"
            daemon.stop()
            (daemon.data / "data.mdb").unlink()
            daemon.start()
            register(client, "coil")
            seen = []
            while not seen or '"coil"' not in seen[-1]:
                seen.append(process.stdout.readline())
                assert seen[-1], "the watch has ended"
        bodies = [json.loads(line) for line in seen]
        assert bodies[-1]["participant"] == "coil"
