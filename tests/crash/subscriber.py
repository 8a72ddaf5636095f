#!/usr/bin/python3
"""A subscriber as a process of its own, to be stopped by others: appends what it is given to a file, row by row.

  subscriber.py durable RUNTIME FILE CLIENT NAME     rows of [number, body]
  subscriber.py feed RUNTIME FILE STREAM...          rows of [stream, number, prev, body]
"""

import sys
import threading

from durable_consumer import DurableConsumer

from protocol_client import Follower, pack


def main():
    what, runtime, path, *names = sys.argv[1:]
    with open(path, "wb", buffering=0) as file:
        if what == "durable":
            consumer = DurableConsumer(
                runtime, *names, seed=1, keep=lambda row: file.write(pack([row.number, row.body])))
            consumer.patient.set()
            consumer.work(threading.Event())
        with Follower(runtime, names) as follower:
            while True:
                fact = follower.next(timeout=60)
                if fact:
                    file.write(pack(list(fact)))


if __name__ == "__main__":
    main()
