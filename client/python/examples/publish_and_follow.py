#!/usr/bin/python3
"""Publishes a need and follows what becomes of it.

    publish_and_follow.py RUNTIME PARTICIPANT EXCHANGE FILE

publishes PARTICIPANT/example in EXCHANGE and prints every fact about PARTICIPANT from the first on, for ever. FILE
keeps the position of the last fact that was printed: started again, the program goes on behind it, whatever happened in
between. The need states nothing and so suits any offer, where the exchange allows that (patents does).
"""

import os
import pathlib
import sys

import matchd


def read_position(file: pathlib.Path) -> matchd.Position:
    if not file.exists():
        return matchd.BEGINNING
    epoch, number = file.read_text().split()
    return matchd.Position(bytes.fromhex(epoch), int(number))


def write_position(file: pathlib.Path, position: matchd.Position) -> None:
    """Whole or not at all. A real service keeps it in the transaction that keeps what it made of the fact."""
    assert position.epoch is not None
    new = file.with_name(file.name + ".new")
    new.write_text(f"{position.epoch.hex()} {position.number}\n")
    os.replace(new, file)


def main(runtime: str, participant: str, exchange: str, file: pathlib.Path) -> None:
    with matchd.Client(runtime) as client:
        reply = client.listing_publish(f"{participant}/example", exchange, "need", "A need from the example")
        print(f"{reply['listing']}: {reply['result']}, {reply['state']}, {reply['told']} told", flush=True)
        with client.follow([f"p.{participant}"], after=read_position(file)) as facts:
            while True:
                try:
                    for fact in facts:
                        print(fact.number, fact.kind, flush=True)
                        write_position(file, fact.position)
                except matchd.EpochChanged as change:
                    print(f"what was known by number is void: {change}", flush=True)
                    write_position(file, facts.position)
                except matchd.Lagged as lag:
                    print(f"missed for ever: {lag}", flush=True)
                    write_position(file, facts.position)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    runtime, participant, exchange, file = sys.argv[1:]
    try:
        main(runtime, participant, exchange, pathlib.Path(file))
    except matchd.Refused as refused:
        sys.exit(f"refused: {refused}")
    except matchd.Error as problem:
        sys.exit(str(problem))
