#!/usr/bin/python3
"""Writes down what becomes of a participant's matches, each once, whoever is killed in between.

    mailer.py RUNTIME PARTICIPANT FILE

matchd keeps count for the subscription "matches-PARTICIPANT" of the client "mailer", so nothing is missed while this
program is away. What it had written and not acknowledged when it died comes again, and is known by the last line of
FILE: its place (epoch, number, state) stands before what is told.
"""

import pathlib
import sys

import matchd


def last_place(file: pathlib.Path) -> matchd.Place | None:
    lines = file.read_text().splitlines() if file.exists() else []
    if not lines:
        return None
    epoch, number, state, *_ = lines[-1].split()
    return matchd.Place(bytes.fromhex(epoch), int(number), None if state == "-" else int(state))


def write_down(file: pathlib.Path, delivery: matchd.Delivery) -> None:
    """Here a service would send its mail, or keep a row with the place in one transaction."""
    place, body = delivery.place, delivery.body
    state = "-" if place.state is None else place.state
    with file.open("a") as out:
        out.write(f"{place.epoch.hex()} {place.number} {state} {delivery.kind} {body['need']} {body['offer']}\n")


def main(runtime: str, participant: str, file: pathlib.Path) -> None:
    name = f"matches-{participant}"
    with matchd.Client(runtime, client="mailer") as client:
        kinds = ["match.made", "match.changed", "match.ended"]
        client.subscription_create(name, participant=participant, kinds=kinds, start="state")
        with client.subscription(name, after=last_place(file)) as matches:
            print("listening", flush=True)
            while True:
                try:
                    for delivery in matches:
                        write_down(file, delivery)
                        delivery.ack()
                except (matchd.Lagged, matchd.EpochChanged) as gap:
                    print(f"something may be missing: {gap}", flush=True)  # and goes on behind it


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]))
    except matchd.Refused as refused:
        sys.exit(f"refused: {refused}")
    except matchd.Error as problem:
        sys.exit(str(problem))
