#!/usr/bin/python3
"""Prints matches with nothing but ZeroMQ and MessagePack: the journal is read, and the feed wakes the reader.

    without_library.py RUNTIME

It shows how little the protocol asks of a client. The library tells of new epochs, too, and reads less.
"""

import sys
import time

import msgpack
import zmq

RUNTIME, STREAM = sys.argv[1], "x.contract-manufacturing"
context = zmq.Context()


def ask(cmd, **arguments):
    """One request, one reply; asked again while matchd is away."""
    while True:
        with context.socket(zmq.DEALER) as socket:
            socket.linger = 0
            socket.connect(f"ipc://{RUNTIME}/commands.sock")
            socket.send(msgpack.packb({"v": 1, "id": 1, "cmd": cmd, **arguments}))
            if socket.poll(2000):
                reply = msgpack.unpackb(socket.recv())
                if reply["ok"]:
                    return reply
                if reply["error"]["code"] != "core_unavailable":
                    raise SystemExit(reply["error"]["message"])
        time.sleep(0.2)


feed = context.socket(zmq.SUB)
feed.connect(f"ipc://{RUNTIME}/feed.sock")
feed.subscribe(STREAM + "/")
wanted = 1  # keep this, and the epoch, where you keep what you made of the facts
while True:
    page = ask("facts.read", **{"from": wanted, "stream": STREAM})
    for fact in page["facts"]:
        body = fact["body"]
        if body["fact"] == "match.made":
            print(fact["number"], body["need"], body["offer"], body["score"], flush=True)
    wanted = page["next"]
    if wanted > page["head"] and feed.poll(2000):
        while feed.poll(0):  # the feed may drop, so it only wakes us; the journal has everything
            feed.recv_multipart()
