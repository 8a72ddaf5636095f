#!/usr/bin/python3
"""Fills the disk under the daemon's data, and sees that nobody loses anything.

A small ext4 (an image, mounted by loop-back) or a tmpfs holds the data directory. It becomes full by what is
published, or at once by somebody else's file. Then nothing acknowledged may be missing and nothing wrong be served,
while it is full, after a kill, and when room was made. A core may

  end    at the commit that fails, unanswered and orderly; started again, it serves what was acknowledged
  stay   and answer storage_full to what does not fit, while reads, replay and withdrawals go on, and take what comes
         once there is room, without a restart

Both are right, and each life is held to one of them; --strict accepts those that stay and no other. While it is full an
exchange's file is edited: a start then comes up with the exchange that is stored, or with the other. Needs root, to
mount; a disk that cannot be had is skipped, by its name.

  tests/crash/full_disk.py [--strict]
"""

import argparse
import collections
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time

from ledger import PATIENCE_S, Ledger, Unanswered, Violation, demand

from daemon_process import SMALL, Daemon, home_directory
from people import register
from protocol_client import Client, Follower

MB = 1 << 20
ROOM = 3 * MB  # for the daemon, where it fills the disk itself
TEXT = "steel " * 2500  # 15 kB, which matching does not look at
ANSWER_S = 0.3  # then one looks whether the core has ended
WITHDRAWALS = 10
STREAMS = ["x.parts", "p.acme", "p.bolt"]


# --- disks ---

class Impossible(Exception):
    """There is no such disk to be had here."""


def prepare(*command):
    try:
        subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError as missing:
        raise Impossible(f"there is no {command[0]}") from missing
    except subprocess.CalledProcessError as failed:
        raise Impossible(failed.stderr.strip().splitlines()[0]) from failed


@contextlib.contextmanager
def mounted(home, what, *options):
    place = home / "disk"
    place.mkdir()
    prepare("mount", *options, what, place)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@contextlib.contextmanager
def ext4(home, size):
    image = home / "image"
    with open(image, "wb") as file:
        file.truncate(size)
    prepare("mkfs.ext4", "-q", "-F", image)
    with mounted(home, image, "-o", "loop") as place:
        yield place


def tmpfs(home, size):
    return mounted(home, "tmpfs", "-t", "tmpfs", "-o", f"size={size}")


def occupy(place, but=0):
    """Somebody else's file: takes all room but so many bytes, of root's share as well."""
    disk = os.statvfs(place)
    with open(place / "other", "wb", buffering=0) as file:
        os.posix_fallocate(file.fileno(), 0, disk.f_bfree * disk.f_frsize - max(but, MB))
        if not but:
            fill_up(file)


def fill_up(file):
    """To the last block."""
    file.seek(0, os.SEEK_END)
    with contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    os.fsync(file.fileno())


def make_room(place):
    (place / "other").unlink()
    os.sync()


# --- one life ---

class Life:
    """A daemon whose data stands on the disk, and the caller with the ledger."""

    def __init__(self, home, place):
        self.place, self.files = place, home / "x"
        shutil.copytree(SMALL, self.files)
        self.daemon = Daemon(home, self.files, log_level="info", data_directory=place / "d")
        self.daemon.start()
        self.ledger = Ledger(patience=0.0)
        self.client = Client(self.daemon.runtime, timeout=ANSWER_S)
        self.follower = Follower(self.daemon.runtime, STREAMS)
        self.ended = 0  # times that the core stopped for the full disk
        self.serial = 0

    def close(self):
        self.client.close()
        self.follower.close()
        self.daemon.close()

    def attempt(self, write, *arguments, **more):
        """Whether it was acknowledged. A core that ends must do so in order, and is started again."""
        full, patience = self.ledger.full, time.monotonic() + PATIENCE_S
        while True:
            try:
                write(self.client, *arguments, **more)
                return self.ledger.full == full
            except Unanswered:
                if self.has_ended():
                    return False
                if time.monotonic() > patience:
                    raise

    def has_ended(self):
        code = self.daemon.process.poll()
        if code is None:
            return False
        demand(code == 1 and "store_failed" in self.daemon.log(), f"the core ended with {code}")
        self.ended += 1
        self.daemon.start()
        return True

    def publish(self):
        self.serial += 1
        side, who = (("need", "acme"), ("offer", "bolt"))[self.serial % 2]
        listing, title, price = f"{who}/{self.serial}", f"{side} {self.serial}", 1000 + self.serial
        return self.attempt(self.ledger.publish, side, listing, title, price, text=TEXT)

    def publish_until_full(self, most=2000):
        for _ in range(most):
            if not self.publish():
                return
        raise Violation(f"{most} publications fit, and should not")

    def withdraw_some(self):
        """How many of them were acknowledged."""
        open_ones = [listing for listing, entry in self.ledger.listings.items() if entry[1] == "open"]
        return sum(self.attempt(self.ledger.withdraw, listing) for listing in open_ones[:WITHDRAWALS])

    def check(self):
        self.ledger.check_all(self.client)

    def kill(self):
        self.daemon.kill()
        self.daemon.start()

    def edit_exchange(self):
        path = self.files / "parts.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("en: Parts", "en: Pieces"), encoding="utf-8")

    def check_edited(self):
        """Now that there is room it is loaded, unless it was."""
        self.client.ask("reload")
        title = self.client.ask("exchange.show", exchange="parts")["exchange"]["title"]
        demand(title["en"] == "Pieces", f"the edited exchange is not loaded: {title}")


def live(home, place, fill):
    """Returns the life, closed. Raises Violation."""
    life = Life(home, place)
    with contextlib.closing(life):
        register(life.client, "acme", "bolt")
        for _ in range(20):
            demand(life.publish(), "there is room, and nothing is published")
        fill(life)
        life.publish_until_full()
        withdrawn = while_full(life)
        make_room(place)
        life.check()
        again = time.monotonic() + PATIENCE_S
        while not life.publish():
            demand(not life.ended and time.monotonic() < again, "there is room again, and nothing is published")
        life.check_edited()
        settle(life)
        return life, withdrawn


def while_full(life):
    """Returns how many withdrawals were taken."""
    life.check()
    withdrawn = life.withdraw_some()
    life.check()
    for _ in range(3):
        life.publish()
    life.edit_exchange()
    life.kill()
    life.check()
    demand(life.ended or withdrawn == WITHDRAWALS, f"the core stays, and takes {withdrawn} withdrawals")
    return withdrawn


def settle(life):
    """The last life has all that is acknowledged, and so has the follower."""
    life.check()
    before = life.client.ask("status")
    for stream, head in life.client.ask("streams.heads", streams=STREAMS)["heads"].items():
        life.follower.until(stream, head)
    life.daemon.restart()
    life.check()
    after = life.client.ask_until_answered("status")
    for key in ("digest", "head", "epoch", "told", "queue"):
        demand(after[key] == before[key], f"{key} was {before[key]} and is {after[key]} after a restart")
    life.daemon.stop()


def begin_on_full(home, place, _fill):
    """A store cannot be made: the start is refused, in order, and succeeds when there is room."""
    occupy(place)
    daemon = Daemon(home, data_directory=place / "d")
    with contextlib.closing(daemon):
        daemon.spawn()
        code = daemon.process.wait(PATIENCE_S)
        demand(code == 1 and "start_refused" in daemon.log(), f"a start on a full disk ended with {code}")
        make_room(place)
        daemon.start()
        daemon.stop()


# --- all of them ---

def by_itself(life):
    occupy(life.place, but=ROOM)


def by_others(life):
    occupy(life.place)


SCENARIOS = [
    ("ext4, filled by itself", ext4, 48 * MB, live, by_itself),
    ("ext4, filled by others", ext4, 48 * MB, live, by_others),
    ("tmpfs, filled by itself", tmpfs, 24 * MB, live, by_itself),
    ("tmpfs, filled by others", tmpfs, 24 * MB, live, by_others),
    ("ext4, full before the first start", ext4, 32 * MB, begin_on_full, None),
    ("tmpfs, full before the first start", tmpfs, 16 * MB, begin_on_full, None),
]


def run(name, disk, size, story, fill, strict, tally):
    with home_directory() as home, disk(home, size) as place:
        told = story(home, place, fill)
    if not told:
        return
    life, withdrawn = told
    tally["checked"] += life.ledger.checked
    tally["acknowledged"] += len(life.ledger.listings) + withdrawn
    tally["full"] += life.ledger.full
    tally["ended"] += life.ended
    tally["kept"] += "no room to store what may have changed" in life.daemon.log()
    demand(not (strict and life.ended), f"the core ended {life.ended} times")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--strict", action="store_true", help="the core must stay")
    strict = parser.parse_args().strict
    tally, violations, skipped = collections.Counter(), [], []
    for name, *scenario in SCENARIOS:
        try:
            run(name, *scenario, strict, tally)
        except Impossible as why:
            skipped.append(name)
            print(f"SKIPPED {name}: {why}", file=sys.stderr, flush=True)
        except Exception as violation:  # whatever a caller cannot make sense of
            violations.append({"disk": name, "what": f"{type(violation).__name__}: {violation}"})
            print(f"VIOLATION {name}: {violation}", file=sys.stderr, flush=True)
    print(json.dumps({
        "kind": "full-disk", "runs": len(SCENARIOS) - len(skipped), "faults": tally["full"] + tally["ended"],
        "checked": tally["checked"], "violations": violations, "skipped": skipped, **tally,
    }))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
