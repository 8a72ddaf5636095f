"""The worked examples of the rules, on the whole daemon.

Each example's exchange is a file, its listings go in over the wire, and its outcome is read back over the wire. Without
this the rules could hold in the core and be lost on the way in or out.
"""

import sys

import pytest
import yaml
from daemon_process import REPOSITORY, Daemon, home_directory
from people import inn
from protocol_client import Refused

MODEL = REPOSITORY / "tests" / "model"
sys.path.insert(0, str(MODEL))
import examples  # noqa: E402  (the reader of the examples' file)

PER_DAEMON = 60  # exchanges of one daemon: src/core/limits.h allows 64
EXAMPLES = examples.load(MODEL / "examples.yaml")


class WholeDaemon:
    """What the examples' reader takes for a driver: `reset`, the scene's commands, publications and questions.

    The exchange that an example loads is a file that the daemon read when it started; all examples of a daemon live
    side by side in exchanges, participants and listings of their own."""

    def __init__(self, client):
        self.client, self.number = client, None

    def request(self, command):
        command = {key: value for key, value in command.items() if key != "at"}
        cmd = command.pop("cmd")
        if cmd in ("reset", "tree.load", "exchange.load"):
            return {"ok": True}
        if cmd == "dump":
            return {"matches": self._matches()}
        try:
            return {"ok": True, **self.client.ask(cmd, **self._of_its_own(cmd, command))}
        except Refused as refused:
            return {"ok": False, "error": refused.code}

    def _of_its_own(self, cmd, command):
        """The command for this example's exchange, participants and listings."""
        for key in ("listing", "need", "offer"):
            if key in command:
                participant, name = command[key].split("/")
                command[key] = f"{participant}-{self.number}/{name}"
        if "exchange" in command:
            command["exchange"] = exchange_name(self.number)
        if cmd == "participant.register":
            side = command["participant"]["id"]
            serial = 1 + 2 * self.number + (side == "o")
            attributes = {**command["participant"], "id": f"{side}-{self.number}", "inn": inn(serial)}
            attributes.pop("ogrn")
            command["participant"] = attributes
        return command

    def _matches(self):
        """As the reader has them: need, offer, score and boxes."""
        need = f"n-{self.number}/n"
        return [
            [need, match["listing"], match["score"], match["need_box"], match["offer_box"]]
            for match in self.client.pages("listing.matches", "matches", listing=need)
        ]


def exchange_name(number):
    return f"example-{number}"


def write_exchanges(directory, numbered):
    (directory / "trees").mkdir(parents=True)
    for number, example in numbered:
        for command in examples.scene(example):
            source = command.get("source")
            if command["cmd"] == "tree.load":
                path = directory / "trees" / f"{source['tree']}.yaml"
            elif command["cmd"] == "exchange.load":
                source = {**source, "exchange": exchange_name(number)}
                path = directory / f"{exchange_name(number)}.yaml"
            else:
                continue
            path.write_text(plain_yaml(source), encoding="utf-8")


def plain_yaml(source):
    """Exchange files have no anchors."""
    dumper = yaml.SafeDumper
    dumper.ignore_aliases = lambda *_: True
    return yaml.dump(source, Dumper=dumper, allow_unicode=True, sort_keys=False)


@pytest.fixture(scope="module")
def daemons():
    """A client of the daemon that has an example's exchange; a daemon is started when first wanted, one at a time."""
    state = {}

    def client_for(number):
        first = number - number % PER_DAEMON
        if state.get("first") != first:
            end(state)
            state.update(first=first, **begin(first))
        return state["client"]

    yield client_for
    end(state)


def begin(first):
    home = home_directory()
    path = home.__enter__()
    write_exchanges(path / "x", list(enumerate(EXAMPLES))[first : first + PER_DAEMON])
    daemon = Daemon(path, path / "x")
    daemon.start()
    return {"home": home, "daemon": daemon, "client": daemon.client()}


def end(state):
    if state:
        state["client"].close()
        state["daemon"].stop()
        state["daemon"].close()
        state["home"].__exit__(None, None, None)


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=[example["name"] for example in EXAMPLES])
def test_the_daemon_does_what_the_rules_say(daemons, number):
    driver = WholeDaemon(daemons(number))
    driver.number = number
    assert examples.complaint(EXAMPLES[number], driver) is None
