"""The two things that can be asked to run a history: the model, and a program that answers frames of MessagePack.

Both have `request(command) -> reply` and understand, beside the commands of model.py,
  {"cmd": "reset"}    an empty market                      {"ok": true}
  {"cmd": "dump"}     what is stored now                   {"matches": [[need, offer, score, need box, offer box], ...],
                                                            "told": [[need, offer, told score], ...],
                                                            "listings": {id: [state, revision, opening number]},
                                                            "queue": units, "digest": hex (of the program only)}
  {"cmd": "facts"}    the facts since the last reset       {"facts": [[kind, ...], ...]}
  {"cmd": "replay"}   feed these facts to an empty market  {"ok": true, "digest": hex, "same": bool}
                      and go on with that one
  {"cmd": "space", "full": bool}                           there is room for little, {"ok": true}
                                                           or for everything
  {"cmd": "match.explain", "need": id, "offer": id}        as Market.explain says

Facts are ["exchange.revised", exchange], [kind, participant], [kind, listing], ["match.made" or "match.changed", need,
offer, score, need box, offer box] and ["match.ended", need, offer, told score, cause].
"""

import json
import signal
import struct
import subprocess

import msgpack

from model import Market

ANSWER_SECONDS = 10


class ModelDriver:
    def __init__(self):
        self.market = Market()

    def request(self, command):
        market = self.market
        match command["cmd"]:
            case "reset":
                self.market = Market()
                return {"ok": True}
            case "space":
                market.full = command["full"]
                return {"ok": True}
            case "dump":
                return {
                    "matches": [list(match) for match in market.matches()],
                    "told": [list(pair) for pair in market.told()],
                    "listings": {name: list(listing) for name, listing in market.listings().items()},
                    "queue": market.queue_units(),
                }
            case "facts":
                return {"facts": [list(fact) for fact in market.facts]}
            case "replay":
                return {"ok": True, "same": True}
            case "match.explain":
                return {"ok": True, **market.explain(command["need"], command["offer"])}
        return market.command(command)


class DriverFailure(Exception):
    """The program died, hung or said something that is no answer."""


class ProcessDriver:
    """A program that is started when first asked, and anew after it failed."""

    def __init__(self, path):
        self._path = path
        self._process = None

    def request(self, command):
        if self._process is None:
            self._process = subprocess.Popen([self._path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            return _in_the_models_words(self._exchange_frames(_framed(command)))
        except (OSError, ValueError) as problem:
            raise DriverFailure(f"{problem}; exit status {self.stop()}") from None

    def _exchange_frames(self, request):
        signal.signal(signal.SIGALRM, _out_of_time)
        signal.alarm(ANSWER_SECONDS)
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
            head = self._process.stdout.read(4)
            reply = self._process.stdout.read(struct.unpack(">I", head)[0]) if len(head) == 4 else b""
        finally:
            signal.alarm(0)
        if not reply:
            raise OSError("no answer")
        return msgpack.unpackb(reply)

    def stop(self):
        """The exit status; the program is killed if it is still there."""
        if self._process is None:
            return None
        process, self._process = self._process, None
        process.stdin.close()
        try:
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _framed(command):
    """A command as driver.c reads it: its clock, and a request of the protocol."""
    request = {name: value for name, value in command.items() if name != "at"}
    if "source" in request:
        request["source"] = json.dumps(request["source"], ensure_ascii=False)  # which is YAML
    packed = msgpack.packb([command.get("at", 0), {"v": 1, "id": 0, **request}])
    return struct.pack(">I", len(packed)) + packed


def _in_the_models_words(reply):
    if isinstance(reply.get("error"), dict):
        return {"ok": False, "error": reply["error"]["code"], "field": reply["error"]["field"]}
    for part in ("matches", "told"):
        if isinstance(reply.get(part), list):
            reply[part].sort()
    return reply


def _out_of_time(_signal, _frame):
    raise OSError(f"no answer within {ANSWER_SECONDS} seconds")
