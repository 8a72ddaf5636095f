"""Random histories on random small exchanges, each from a seed.

Few participants live in few exchanges (random_exchanges.py), so that what is told, ended, refilled and put off in the queue collides all the time. Commands are written
without knowing what they will do: many are refused, and the refusals are compared as well.

A history is a list of commands as model.py takes them; `dump` and `replay` among them are for the comparator.
"""

import random

from exchange import DAY_MS, SIDES, other_side
from random_changes import CHANGES, changed_exchange, changed_tree, toggle_standing
from random_exchanges import (
    OKVED,
    REGIONS,
    SIZES,
    TREES,
    WRONG_STATEMENTS,
    random_exchange,
    random_statement,
    random_trees,
    written_number,
)
from random_identities import KINDS, random_identity

HOUR_MS = 60 * 60 * 1000
BEGINNING = 1_700_000_000_000
STATUSES = ["applicant", "member", "suspended", "excluded"]
PUBLISHED_PARTS = ("exchange", "side", "title", "text", "language", "fields", "variants")


def generate(seed):
    """A whole history."""
    return History(random.Random(seed)).write()


def generate_shuffled(seed):
    """Commands that set the scene, then publications, which may be sent in any order."""
    history = History(random.Random(seed))
    history.set_scene(all_members=True)
    for exchange in history.exchanges.values():
        exchange.pop("moderated", None)  # or nothing would match; the commands hold these same exchanges
    for participant in history.participants:
        for key in "ab":
            history.publish(f"{participant}/{key}")
    return history.commands


class History:
    """Writes one history, remembering only what names there are, never what the commands did."""

    def __init__(self, rng):
        self.rng = rng
        self.clock = BEGINNING
        self.commands = []
        count = 12 if rng.random() < 0.05 else rng.randint(3, 6)
        self.participants = [f"p{number}" for number in range(1, count + 1)]
        self.trees = {}
        self.exchanges = {}  # as they were last defined, if that was taken
        self.bodies = {}  # listing -> what was last published under it
        self.registered = {}  # participant -> the attributes with which it was registered
        self.statuses = {}  # participant -> the status that was last given
        self.paused = []  # listings that were told to pause
        self.talkative = rng.choice([0.4, 0.7, 0.9, 1.0])  # how likely a field is stated

    def write(self):
        self.set_scene(all_members=False)
        for participant in self.participants:
            for key in self.rng.sample("abc", 2):
                self.publish(f"{participant}/{key}")
        steps = [
            (36, self.publish_something),
            (12, self.revise),
            (5, self.pause),
            (5, self.resume),
            (4, self.renew),
            (4, lambda: self.on_listing("withdraw", self.some_target())),
            (9, lambda: self.on_listing("approve", self.some_waiting())),
            (4, self.reject),
            (9, self.change_exchange),
            (4, self.change_tree),
            (8, self.change_status),
            (8, self.revise_participant),
            (7, lambda: self.add("tick")),
            (3, self.change_settings),
            (2, self.run_short_of_room),
            (2, self.register_again),
            (6, self.make_mistake),
        ]
        weights = [weight for weight, _ in steps]
        for _, step in self.rng.choices(steps, weights, k=self.rng.randint(10, 70)):
            self.pass_time()
            step()
            if self.rng.random() < 0.1:
                self.add("dump")
            if self.rng.random() < 0.04:
                self.add("replay")
        self.add("dump")
        return self.commands

    def add(self, cmd, **parts):
        self.commands.append({"cmd": cmd, "at": self.clock, **parts})

    def pass_time(self):
        """Mostly little by little; sometimes far enough to meet deadlines, now and then backwards."""
        self.clock += self.rng.choices([0, 1, HOUR_MS, DAY_MS, -HOUR_MS], [20, 60, 10, 8, 2])[0]

    def set_scene(self, all_members):
        rng = self.rng
        self.trees = {tree["tree"]: tree for tree in random_trees(rng)}
        for tree in self.trees.values():
            self.add("tree.load", source=tree)
        self.exchanges["market"] = random_exchange(rng, "market", standing=rng.random() < 0.1)
        if rng.random() < 0.2:
            self.exchanges["support"] = random_exchange(rng, "support", standing=True)
        late = rng.random() < 0.2 and not all_members  # exchanges are loaded when there are members already
        if not late:
            self.load_exchanges()
            if rng.random() < 0.1 and not all_members:
                self.change_exchange({toggle_standing: 1})
        if rng.random() < 0.7 and not all_members:
            regions = REGIONS[:2] if rng.random() < 0.1 else []
            self.add("settings.set", work=rng.choice([1, 1, 2, 3, 5, 256]), regions=regions)
        for participant in self.participants:
            status = "member" if all_members or rng.random() < 0.85 else "applicant"
            self.statuses[participant] = status
            named = {"id": participant, "name": participant.upper(), **random_identity(rng, rng.choice(KINDS))}
            attributes = {**named, **self.some_attributes(0.7)}
            self.registered[participant] = attributes
            self.add("participant.register", participant=attributes, status=status)
        if late:
            self.load_exchanges()
        if rng.random() < 0.15 and not all_members:  # later there are needs, mostly
            self.change_exchange({toggle_standing: 1})

    def load_exchanges(self):
        for exchange in self.exchanges.values():
            self.add("exchange.load", source=exchange)

    def change_exchange(self, changes=None):
        """Which may be refused: then what is published next mostly goes on as before."""
        rng = self.rng
        name = rng.choice(list(self.exchanges))
        changed = self.exchanges[name]
        if rng.random() < 0.95:
            changed = changed_exchange(rng, changed, changes or CHANGES)
        self.add("exchange.load", source=changed)
        if rng.random() < 0.5:
            self.exchanges[name] = changed

    def change_tree(self):
        rng = self.rng
        name = rng.choice(list(TREES))
        changed = changed_tree(rng, self.trees[name])
        self.add("tree.load", source=changed)
        if changed["rule"] == TREES[name] and rng.random() < 0.5:
            self.trees[name] = changed

    def some_attributes(self, chance):
        rng = self.rng
        possible = {
            "region": rng.choices(REGIONS, [6, 3, 1])[0],
            "okved": rng.sample(OKVED, rng.randint(1, 2)),
            "size": rng.choice(SIZES),
            "headcount": rng.randint(0, 8),
            "revenue": written_number(rng.randint(0, 800), 2),
            "founded": f"2024-01-{rng.randint(1, 9):02}",
        }
        return {name: value for name, value in possible.items() if rng.random() < chance}

    def some_listing(self):
        return f"{self.rng.choice(self.participants)}/{self.rng.choice('abc')}"

    def some_target(self):
        """A listing to act upon: one that was published, or a standing need."""
        standing = [name for name, exchange in self.exchanges.items() if "from" in exchange["need"]]
        if standing and self.rng.random() < 0.15:
            return f"{self.rng.choice(self.participants)}/~{self.rng.choice(standing)}"
        return self.rng.choice(sorted(self.bodies)) if self.bodies else self.some_listing()

    def some_waiting(self):
        """A listing that may be pending: one of a side that is moderated, mostly."""
        rng = self.rng
        sides = {name: exchange.get("moderated") for name, exchange in self.exchanges.items()}
        waiting = [
            listing
            for listing, body in sorted(self.bodies.items())
            if sides[body["exchange"]] in ("both", body["side"])
        ]
        return rng.choice(waiting) if waiting and rng.random() < 0.9 else self.some_target()

    def publish(self, listing):
        rng = self.rng
        again = self.bodies.get(listing)
        if again is not None and rng.random() < 0.3:
            body = dict(again)  # the same again, perhaps unchanged
        else:
            body = self.new_body(listing, again)
        body.update(self.some_times(0.12))
        if rng.random() < 0.06:
            body["draft"] = True
        self.bodies[listing] = {key: value for key, value in body.items() if key in PUBLISHED_PARTS}
        self.add("listing.publish", listing=listing, **body, **self.some_expectation())

    def new_body(self, listing, again):
        rng = self.rng
        exchange = again["exchange"] if again else rng.choice(list(self.exchanges))
        side = again["side"] if again else rng.choice(SIDES)
        if again and rng.random() < 0.03:
            side = other_side(side)
        if exchange == "support" and rng.random() < 0.9:
            side = "offer"
        body = {"exchange": exchange, "side": side, "title": rng.choice(["Станок", "Lathe"])}
        if rng.random() < 0.1:
            body["text"], body["language"] = "Text", "en"
        body["fields"] = self.some_fields(exchange, side, self.talkative)
        if rng.random() < 0.2:
            body["variants"] = self.some_variants(exchange, side)
        return body

    def some_fields(self, exchange, side, chance):
        rng = self.rng
        stated = {}
        for name, field in self.exchanges[exchange]["fields"].items():
            must = field[side].get("absent") == "required" and rng.random() < 0.9
            may = "from" not in field[side] or rng.random() < 0.01
            if may and (must or rng.random() < chance):
                stated[name] = random_statement(rng, field, side)
        return stated

    def some_variants(self, exchange, side):
        rng = self.rng
        variants = []
        for _ in range(rng.randint(1, 3)):
            variant = self.some_fields(exchange, side, 0.4)
            if variant:
                variants.append({name: None if rng.random() < 0.2 else value for name, value in variant.items()})
        return variants

    def some_times(self, chance):
        rng = self.rng
        times = {}
        if rng.random() < chance:
            times["valid_from"] = self.clock + rng.choice([-HOUR_MS, HOUR_MS, DAY_MS])
        if rng.random() < chance:
            lives = [0, HOUR_MS, 2 * HOUR_MS, 2 * DAY_MS, 3 * DAY_MS + 1, 9 * DAY_MS]
            times["valid_until"] = self.clock + rng.choice(lives)
        return times

    def some_expectation(self):
        return {"expect_revision": self.rng.randint(1, 4)} if self.rng.random() < 0.05 else {}

    def revise(self):
        rng = self.rng
        listing = self.some_target()
        patch = {}
        if listing in self.bodies:
            exchange, side = self.bodies[listing]["exchange"], self.bodies[listing]["side"]
            fields = self.some_fields(exchange, side, 0.4)
            patch["fields"] = {name: None if rng.random() < 0.2 else value for name, value in fields.items()}
            if rng.random() < 0.15:
                patch["variants"] = rng.choice([None, self.some_variants(exchange, side)])
        if rng.random() < 0.1:
            patch["title"] = "Revised"
        if rng.random() < 0.1:
            patch["text"] = rng.choice(["Other", None])
        patch.update({name: None if rng.random() < 0.2 else time for name, time in self.some_times(0.2).items()})
        self.add("listing.revise", listing=listing, **patch, **self.some_expectation())

    def publish_something(self):
        self.publish(self.some_listing())

    def on_listing(self, verb, listing):
        self.add("listing." + verb, listing=listing, **self.some_expectation())

    def reject(self):
        reason = self.rng.choice([{}, {"reason": "Без цены"}, {"reason": "ы" * 500}])
        self.add("listing.reject", listing=self.some_waiting(), **reason, **self.some_expectation())

    def pause(self):
        listing = self.some_target()
        self.paused.append(listing)
        self.on_listing("pause", listing)

    def resume(self):
        rng = self.rng
        self.on_listing("resume", rng.choice(self.paused) if self.paused and rng.random() < 0.8 else self.some_target())

    def renew(self):
        times = {name: time for name, time in self.some_times(0.5).items() if name == "valid_until"}
        self.add("listing.renew", listing=self.some_target(), **times, **self.some_expectation())

    def change_status(self):
        participant = self.rng.choice(self.participants)
        likely = {"member": "suspended", "excluded": "applicant"}.get(self.statuses[participant], "member")
        status = likely if self.rng.random() < 0.9 else self.rng.choice(STATUSES)
        self.statuses[participant] = status
        self.add("participant.status", participant=participant, status=status)

    def revise_participant(self):
        rng = self.rng
        participant = rng.choice(self.participants)
        if rng.random() < 0.5:
            others = [other for other in self.participants if other != participant]
            patch = {"blocks": others if rng.random() < 0.1 else rng.sample(others, rng.randint(0, 2))}
        else:
            patch = {name: None if rng.random() < 0.2 else value for name, value in self.some_attributes(0.3).items()}
            if rng.random() < 0.3:
                patch.update({"inn": None, "ogrn": None, **random_identity(rng, rng.choice(KINDS))})
            elif rng.random() < 0.2:
                patch["kind"] = rng.choice(KINDS)  # which its numbers may not fit
        self.add("participant.revise", participant=participant, set=patch, **self.some_expectation())

    def change_settings(self):
        self.add("settings.set", work=self.rng.choice([1, 2, 3, 5, 256]), regions=self.rng.choice([[], REGIONS[:2]]))

    def run_short_of_room(self):
        """For a while, in which deadlines may come due."""
        self.add("space", full=True)
        steps = [self.pause, lambda: self.on_listing("withdraw", self.some_target()), self.publish_something]
        for step in self.rng.choices(steps, k=self.rng.randint(1, 4)):
            self.pass_time()
            step()
        self.add("space", full=False)

    def register_again(self):
        """As the participant was registered: by now its attributes or its status may be others."""
        participant = self.rng.choice(self.participants)
        self.add("participant.register", participant=self.registered[participant], status=self.rng.choice(STATUSES[:2]))

    def make_mistake(self):
        """One command with something wrong in it that no market in any state would take."""
        rng = self.rng
        listing = self.some_listing()
        participant = rng.choice(self.participants)
        exchange = rng.choice(list(self.exchanges))
        body = {"exchange": exchange, "side": "offer", "title": "Mistake"}
        name, field = rng.choice(list(self.exchanges[exchange]["fields"].items()))
        wrong = rng.choice(WRONG_STATEMENTS[field["type"]])
        wrong_inn = "7707083894"  # of 7707083893
        wrong_ogrn = "1027700132196"  # of 1027700132195
        fresh = {"id": "fresh", "name": "Fresh", "kind": "legal_entity", "inn": "7707083893"}
        mistakes = [
            ("listing.publish", {"listing": "nobody/a", **body}),
            ("listing.publish", {"listing": listing, **body, "exchange": "nowhere"}),
            ("listing.publish", {"listing": f"{participant}/unused", **body, "fields": {"unheard_of": 1}}),
            ("listing.publish", {"listing": f"{participant}/unused", **body, "fields": {name: wrong}}),
            ("listing.publish", {"listing": f"{participant}/unused", **body, "variants": [{name: wrong}]}),
            ("listing.publish", {"listing": f"{participant}/unused", **body, "variants": [{name: None}] * 17}),
            ("listing.withdraw", {"listing": f"{participant}/unused"}),
            ("participant.register", {"participant": {**fresh, "id": participant}}),
            ("participant.register", {"participant": {"id": "fresh", "kind": "legal_entity"}}),
            ("participant.register", {"participant": {**fresh, "inn": wrong_inn}}),
            ("participant.register", {"participant": {**fresh, "ogrn": wrong_ogrn}}),
            ("participant.register", {"participant": {**fresh, "size": "huge"}}),
            ("participant.revise", {"participant": participant, "set": {"favourite": "blue"}}),
            ("participant.revise", {"participant": participant, "set": {"blocks": ["nobody"]}}),
            ("participant.revise", {"participant": participant, "set": {"okved": ["9"]}}),
            ("participant.status", {"participant": "nobody", "status": "member"}),
            ("participant.status", {"participant": participant, "status": "president"}),
        ]
        cmd, parts = rng.choice(mistakes)
        self.add(cmd, **parts)
