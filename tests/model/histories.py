"""Random small exchanges and random histories on them, each from a seed.

Everything is kept small on purpose (few participants, few values, few ranks), so that statements meet about as often as
not, and so that what is told, ended, refilled and put off in the queue collides all the time. Commands are written
without knowing what they will do: many are refused, and the refusals are compared as well.

A history is a list of commands as model.py takes them; `dump` and `replay` among them are for the comparator.
"""

import copy
import random

from exchange import DAY_MS, SIDES, other_side

HOUR_MS = 60 * 60 * 1000
BEGINNING = 1_700_000_000_000
TITLE = {"ru": "Название", "en": "Title"}
KEYWORDS = ["iso 9001", "Straße", "сварка", "чугун"]
OTHER_SPELLINGS = {"iso 9001": " ISO 9001 ", "Straße": "STRASSE", "сварка": "СВАРКА", "чугун": "Чугун\t"}
LABELS = ["low", "mid", "high", "top"]
SIZES = ["micro", "small", "medium", "large"]
KINDS = ["legal_entity", "sole_proprietor", "person", "foreign_entity"]
STATUSES = ["applicant", "member", "suspended", "excluded"]
REGIONS = ["77", "50", "78"]
OKVED = ["28", "28.4", "28.41", "28.49", "28.41.1", "41.2", "41.20", "47.3", "47.30.1", "10"]
CODES = {
    "okved": OKVED,
    "ipc": ["B29", "B29C", "B29C 45/00", "B29C 45/14", "B29C 0045/140", "B29C 45/1401", "B29D 7/01", "A"],
    "separated": ["49", "49.4", "49.43", "49.43.31", "49.5"],
}
TREES = {"okved": "okved", "okved-2": "okved", "ipc": "ipc", "separated": "separated"}  # name -> rule
ATTRIBUTES = {
    "keyword": ["kind", "region", "size"],
    "ordinal": ["size"],
    "code": ["okved"],
    "number": ["headcount", "revenue"],
    "money": ["revenue"],
    "date": ["founded"],
}
INTERVALS = ("number", "money", "date", "ordinal")
TYPES = ("keyword", "code", "flag", "number", "number", "money", "date", "ordinal", "dimensions", "geo")
FIELD_NAMES = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]  # the last comes when definitions change


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


# Exchanges.


def random_trees(rng):
    trees = []
    for name, rule in TREES.items():
        tree = {"tree": name, "rule": rule, "title": TITLE}
        if rng.random() < 0.3:
            tree["codes"] = _some_codes(rng, rule)
        trees.append(tree)
    return trees


def _some_codes(rng, rule):
    return {code: TITLE for code in CODES[rule] if rng.random() < 0.8} or {CODES[rule][0]: TITLE}


def random_exchange(rng, name, standing):
    exchange = {"exchange": name, "title": TITLE, "need": {"title": TITLE}, "offer": {"title": TITLE}}
    if standing:
        exchange["need"]["from"] = "participant"
    if rng.random() < 0.9:
        exchange["max_matches"] = rng.choice([1, 1, 2, 2, 3, 5, "all"])
    if rng.random() < 0.6:
        exchange["made_for"] = rng.choice(["newcomer", "either"])
    if rng.random() < 0.35:
        exchange["moderated"] = rng.choice(["need", "offer", "both"])
    if rng.random() < 0.6:
        exchange["lifetime"] = random_lifetime(rng)
    names = FIELD_NAMES[: rng.choice([1, 1, 1, 2, 2, 2, 3, 3, 4, 5])]
    exchange["fields"] = {name: random_field(rng, standing) for name in names}
    return _mended(exchange)


def random_lifetime(rng):
    default, longest = {"default_days": rng.randint(1, 3)}, {"max_days": 4}
    lifetime = rng.choice([default, longest, {**default, **longest}, {}])
    if not lifetime or rng.random() < 0.6:
        lifetime = {**lifetime, "notice_days": rng.choice([1, 1, 2, 3])}
    return lifetime


def random_field(rng, standing):
    kind = rng.choice(list(ATTRIBUTES) if standing else TYPES)
    field = {"type": kind, "title": TITLE, **_type_options(rng, kind)}
    relations = ["overlap"] if kind == "geo" else ["overlap", "overlap", "need_within_offer", "offer_within_need"]
    field["relation"] = rng.choice(relations)
    if rng.random() < 0.3:
        field["demanded_by"] = rng.choice(["need", "offer", "both"])
    if kind in INTERVALS and field["relation"] == "overlap" and rng.random() < 0.3:
        field["min_overlap"] = rng.randint(0, 2)
    if rng.random() < 0.1:
        field["visibility"] = rng.choice(["public", "mutual", "match_only"])
    for side in SIDES:
        field[side] = _random_side(rng, kind, field, standing and side == "need")
    if all(field[side].get("visibility", field.get("visibility", "public")) == "public" for side in SIDES):
        for side in SIDES:
            field[side].update(_random_weight(rng, kind))
    return field


def _type_options(rng, kind):
    if kind == "keyword":
        return {"values": {keyword: TITLE for keyword in KEYWORDS + REGIONS + SIZES}} if rng.random() < 0.3 else {}
    if kind == "code":
        return {"tree": rng.choice(list(TREES))}
    if kind == "money":
        return {"currency": "RUB", "decimals": rng.randint(0, 2)} if rng.random() < 0.7 else {"currency": "RUB"}
    if kind == "ordinal":
        return {"labels": SIZES if rng.random() < 0.3 else LABELS[: rng.randint(2, 4)]}
    if kind in ("number", "dimensions"):
        options = {"decimals": rng.randint(0, 2)} if rng.random() < 0.5 else {}
        return {**options, "unit": "mm", "units": {"cm": 10, "um": "0.001"}} if rng.random() < 0.5 else options
    return {}


def _random_side(rng, kind, field, standing):
    side = {}
    if rng.random() < 0.3:
        side["absent"] = rng.choice(["any", "none"] if standing else ["any", "none", "required"])
    if _fits_attribute(field) and rng.random() < (0.8 if standing else 0.15):
        side["from"] = "participant." + rng.choice(ATTRIBUTES[kind])
    elif kind in INTERVALS + ("dimensions",) and rng.random() < 0.7:
        side["reading"] = rng.choice(["exactly", "at_least", "at_least", "at_most", "at_most"])
    if rng.random() < 0.1:
        side["visibility"] = rng.choice(["public", "mutual", "match_only"])
    return side


def _fits_attribute(field):
    fits = field.get("currency", "RUB") == "RUB" and TREES.get(field.get("tree"), "okved") == "okved"
    return fits and field["type"] in ATTRIBUTES


def _random_weight(rng, kind):
    if kind == "dimensions" or rng.random() < 0.2:
        return {}
    side = {"weight": rng.randint(1, 3)}
    if kind in INTERVALS:
        way = rng.choice([{"better": "lower"}, {"better": "higher"}, {"nearer": True}])
        side.update(way)
        side["span"] = "own" if "better" in way and rng.random() < 0.3 else rng.randint(2, 10)
    elif kind == "geo" and rng.random() < 0.5:
        side["span"] = rng.randint(1, 50_000)
    return side


# Statements.


def random_statement(rng, field, side):
    kind = field["type"]
    if kind in ("keyword", "code", "flag"):
        return _random_set(rng, _set_values(field))
    if kind == "dimensions":
        return _random_dimensions(rng, field)
    if kind == "geo":
        return _random_place(rng)
    return _random_interval(rng, field)


def _set_values(field):
    if field["type"] == "flag":
        return [False, True]
    if field["type"] == "code":
        return CODES[TREES[field["tree"]]]
    if any(field[side].get("from") == "participant.size" for side in SIDES):
        return SIZES
    return KEYWORDS if all("from" not in field[side] for side in SIDES) else REGIONS


def _random_set(rng, values):
    def some(most):
        chosen = rng.sample(values, rng.randint(1, min(most, len(values))))
        return [OTHER_SPELLINGS.get(value, value) if rng.random() < 0.2 else value for value in chosen]

    if rng.random() < 0.2:
        return some(1)[0]
    if rng.random() < 0.4:
        return some(4)
    written = {}
    if rng.random() < 0.6:
        written["any_of"] = some(4)
    if not written or rng.random() < 0.2:
        written["none_of"] = some(1)
    if rng.random() < 0.2:
        written["veto"] = some(1)
    return _perhaps_preferred(rng, written)


def _perhaps_preferred(rng, written):
    if rng.random() < 0.3:
        written["prefer"] = rng.random() < 0.8
    return written


def _random_interval(rng, field):
    points = sorted(_random_point(rng, field) for _ in range(2))
    low, high = (_written_point(field, point) for point in points)
    form = rng.choice(["bare", "value", "from", "to", "range", "range"])
    if form == "bare":
        return low
    ends = {"value": {"value": low}, "from": {"from": low}, "to": {"to": high}, "range": {"from": low, "to": high}}
    written = ends[form]
    if field["type"] == "money" and rng.random() < 0.2:
        written["currency"] = "RUB"
    if "units" in field and rng.random() < 0.3:
        written["unit"] = rng.choice(["mm", "cm", "um"])
    return _perhaps_preferred(rng, written)


def _random_point(rng, field):
    if field["type"] in ("number", "money"):
        scale = 10 ** _decimals(field)
        return rng.randint(-1 * scale, 8 * scale) if rng.random() < 0.3 else rng.randint(0, 8) * scale
    return rng.randrange(len(field["labels"]) if field["type"] == "ordinal" else 9)


def _decimals(field):
    return field.get("decimals", 2 if field["type"] == "money" else 0)


def _written_point(field, point):
    if field["type"] == "date":
        return f"2024-01-{point + 1:02}"
    if field["type"] == "ordinal":
        return field["labels"][point]
    return _written_number(point, _decimals(field))


def _written_number(point, decimals):
    """An integer where it can be one, else a decimal string without trailing zeros."""
    whole, part = divmod(abs(point), 10**decimals)
    sign = "-" if point < 0 else ""
    if part == 0:
        return int(f"{sign}{whole}")
    return f"{sign}{whole}." + f"{part:0{decimals}}".rstrip("0")


def _random_dimensions(rng, field):
    lengths = [rng.randint(1, 6) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.6:
        return lengths
    written = {"value": lengths}
    if "units" in field and rng.random() < 0.5:
        written["unit"] = rng.choice(["mm", "cm"])
    return _perhaps_preferred(rng, written)


def _random_place(rng):
    place = {"lat": f"55.{rng.randint(5, 9)}", "lon": f"37.{rng.randint(5, 9)}"}
    if rng.random() < 0.4:
        place["radius_km"] = rng.choice([0, "12.5", 20, 40, 60])
    elif rng.random() < 0.3:
        place["radius_m"] = rng.choice([900, 15_000, 30_000_000])
    return _perhaps_preferred(rng, place)


WRONG_STATEMENTS = {
    "keyword": [7, {"any_of": []}, {"any_of": ["x"], "none_of": ["x"]}, {"nobody": ["x"]}, "   "],
    "code": [28, "not a code", {"any_of": []}],
    "flag": ["yes", {"any_of": []}],
    "number": [True, "seven", {"from": 3, "to": 2}, "0.0001", {"value": 1, "unit": "ell"}, {"prefer": True}, 10**16],
    "money": [True, "1,5", {"from": 3, "to": 2}, "0.0001", {"value": 1, "currency": "USD"}],
    "date": [20240101, "2024-02-30", "01.01.2024", {"from": "2024-01-03", "to": "2024-01-02"}],
    "ordinal": [1, "no such label"],
    "dimensions": [[], [1, 2, 3, 4], "1x2", ["0.0001"]],
    "geo": ["55,37", {"lat": 91, "lon": 0}, {"lat": 55}, {"lat": 55, "lon": 37, "radius_m": -1}],
}


# Changed definitions.


def changed_exchange(rng, exchange, changes):
    """The exchange as its operator might define it next, with one thing changed, or a few; a file that can be read,
    though what is stored may not stand under it."""
    changed = copy.deepcopy(exchange)
    while changed == exchange:  # a change may find nothing to change
        for change in rng.choices(list(changes), list(changes.values()), k=rng.choice([1, 1, 1, 2])):
            change(rng, changed)
        changed = _mended(changed)
    return changed


def _mended(exchange):
    """Without what cannot stand beside what has changed."""
    standing = "from" in exchange["need"]
    if standing and exchange.get("moderated") in ("need", "both"):
        exchange["moderated"] = "offer"  # a file that has standing needs moderated is refused
    for field in exchange["fields"].values():
        if field["relation"] != "overlap":
            field.pop("min_overlap", None)
        public = all(field[side].get("visibility", field.get("visibility", "public")) == "public" for side in SIDES)
        for name in SIDES:
            side = field[name]
            weighed = public and "weight" in side
            drop = [] if weighed else ["weight", "better", "nearer", "span"]
            drop += ["reading"] if "from" in side else []
            drop += ["absent"] if standing and name == "need" and side.get("absent") == "required" else []
            field[name] = {key: value for key, value in side.items() if key not in drop}
    return exchange


def _some_field(rng, exchange):
    return rng.choice(list(exchange["fields"].values()))


def _retitle(rng, exchange):
    title = {"ru": "Другое название", "en": f"Title {rng.randint(1, 3)}"}
    rng.choice([exchange, exchange["offer"], _some_field(rng, exchange)])["title"] = title


def _change_limits(rng, exchange):
    exchange["max_matches"] = rng.choice([1, 2, 3, 5, "all"])
    if rng.random() < 0.3:
        exchange["made_for"] = rng.choice(["newcomer", "either"])


def _toggle_moderated(rng, exchange):
    if exchange.pop("moderated", None) is None or rng.random() < 0.5:
        exchange["moderated"] = rng.choice(["need", "offer", "both"])


def _change_lifetime(rng, exchange):
    if exchange.pop("lifetime", None) is None or rng.random() < 0.7:
        exchange["lifetime"] = random_lifetime(rng)


def _toggle_standing(_rng, exchange):
    if exchange["need"].pop("from", None) is None:
        exchange["need"]["from"] = "participant"


def _change_weight(rng, exchange):
    field = _some_field(rng, exchange)
    side = field[rng.choice(SIDES)]
    for key in ("weight", "better", "nearer", "span"):
        side.pop(key, None)
    side.update(_random_weight(rng, field["type"]))


def _change_relation(rng, exchange):
    field = _some_field(rng, exchange)
    if field["type"] != "geo":
        field["relation"] = rng.choice(["overlap", "need_within_offer", "offer_within_need"])
    if field["type"] in INTERVALS:
        field["min_overlap"] = rng.randint(0, 2)


def _change_demand(rng, exchange):
    _some_field(rng, exchange)["demanded_by"] = rng.choice(["need", "offer", "both"])


def _change_side(rng, exchange):
    field = _some_field(rng, exchange)
    field[rng.choice(SIDES)]["absent"] = rng.choice(["any", "none", "none", "required"])


def _change_visibility(rng, exchange):
    _some_field(rng, exchange)["visibility"] = rng.choice(["public", "mutual", "match_only"])


def _change_reading(rng, exchange):
    field = _some_field(rng, exchange)
    if field["type"] in INTERVALS + ("dimensions",):
        field[rng.choice(SIDES)]["reading"] = rng.choice(["exactly", "at_least", "at_most"])


def _toggle_from(rng, exchange):
    field = _some_field(rng, exchange)
    side = field[rng.choice(SIDES)]
    if side.pop("from", None) is None and _fits_attribute(field):
        side["from"] = "participant." + rng.choice(ATTRIBUTES[field["type"]])


def _change_values(rng, exchange):
    """A vocabulary that is grown, shrunk, closed or opened."""
    field = _some_field(rng, exchange)
    if field["type"] != "keyword":
        return
    values = field.pop("values", None)
    if values is not None and rng.random() < 0.3:
        return
    words = list(values or KEYWORDS + REGIONS + SIZES)
    words = [word for word in words if rng.random() < 0.9] or words[:1]
    field["values"] = {word: TITLE for word in words + (["new"] if rng.random() < 0.5 else [])}


def _change_labels(rng, exchange):
    """Appended, swapped or cut."""
    field = _some_field(rng, exchange)
    if field["type"] != "ordinal":
        return
    labels = list(field["labels"])
    way = rng.choice(["append", "swap", "cut"])
    if way == "append":
        labels.append(f"new-{len(labels)}")
    elif way == "swap":
        place = rng.randrange(len(labels) - 1)
        labels[place : place + 2] = labels[place + 1], labels[place]
    elif len(labels) > 2:
        labels.pop()
    field["labels"] = labels


def _change_numbers(rng, exchange):
    field = _some_field(rng, exchange)
    drawn = any("from" in field[side] for side in SIDES)  # in roubles
    if field["type"] == "money" and not drawn and rng.random() < 0.5:
        field["currency"] = rng.choice(["RUB", "EUR"])
    elif field["type"] in ("number", "money", "dimensions"):
        field["decimals"] = rng.randint(0, 2)


def _change_units(rng, exchange):
    field = _some_field(rng, exchange)
    if field["type"] not in ("number", "dimensions"):
        return
    if rng.random() < 0.4:
        field["unit"] = rng.choice(["mm", "m"])
    if "unit" in field:
        field["units"] = rng.choice([{"cm": 10}, {"cm": 10, "um": "0.001"}, {"cm": 20}])


def _change_tree(rng, exchange):
    """Mostly to another of the same rule."""
    field = _some_field(rng, exchange)
    if field["type"] != "code":
        return
    if TREES[field["tree"]] == "okved":
        field["tree"] = rng.choice(["okved", "okved-2"])
    else:
        field["tree"] = rng.choice(["ipc", "separated"])


def _add_field(rng, exchange):
    unused = [name for name in FIELD_NAMES if name not in exchange["fields"]]
    if unused:
        exchange["fields"][unused[-1]] = random_field(rng, "from" in exchange["need"])


def _remove_field(rng, exchange):
    if len(exchange["fields"]) > 1:
        del exchange["fields"][rng.choice(list(exchange["fields"]))]


def _change_type(rng, exchange):
    name = rng.choice(list(exchange["fields"]))
    exchange["fields"][name] = random_field(rng, "from" in exchange["need"])


CHANGES = {  # and how likely each is
    _retitle: 3,
    _change_limits: 3,
    _toggle_moderated: 5,
    _change_lifetime: 4,
    _toggle_standing: 2,
    _change_weight: 4,
    _change_relation: 3,
    _change_demand: 2,
    _change_side: 3,
    _change_visibility: 2,
    _change_reading: 3,
    _toggle_from: 3,
    _change_values: 8,
    _change_labels: 8,
    _change_numbers: 4,
    _change_units: 4,
    _change_tree: 8,
    _add_field: 3,
    _remove_field: 2,
    _change_type: 1,
}


def changed_tree(rng, tree):
    """Other codes or titles, or now and then another rule."""
    tree = copy.deepcopy(tree)
    way = rng.choices(["codes", "no codes", "title", "rule"], [10, 3, 2, 1])[0]
    if way == "codes":
        tree["codes"] = _some_codes(rng, tree["rule"])
    elif way == "no codes":
        tree.pop("codes", None)
    elif way == "title":
        tree["title"] = {"ru": "Другое название", "en": f"Title {rng.randint(1, 3)}"}
    else:
        tree["rule"] = rng.choice([rule for rule in CODES if rule != tree["rule"]])
        tree.pop("codes", None)
    return tree


# Participants' kinds and numbers, with right check digits.

INN_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def random_identity(rng, kind):
    """A kind, and some of the numbers that go with it."""
    inn = random_inn(rng, 10 if kind in ("legal_entity", "foreign_entity") else 12)
    if kind in ("person", "foreign_entity"):
        return {"kind": kind, "inn": inn} if rng.random() < 0.5 else {"kind": kind}
    ogrn = random_ogrn(rng, 13 if kind == "legal_entity" else 15)
    return {"kind": kind, **rng.choice([{}, {"inn": inn}, {"ogrn": ogrn}, {"inn": inn, "ogrn": ogrn}])}


def random_inn(rng, length):
    digits = [rng.randint(0, 9) for _ in range(9 if length == 10 else 10)]
    while len(digits) < length:
        weights = INN_WEIGHTS[-len(digits) :]
        digits.append(sum(digit * weight for digit, weight in zip(digits, weights)) % 11 % 10)
    return "".join(map(str, digits))


def random_ogrn(rng, length):
    body = 10 ** (length - 2) + rng.randrange(10 ** (length - 2))
    return f"{body}{body % (length - 2) % 10}"


# Histories.


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
            (36, lambda: self.publish(self.some_listing())),
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
                self.change_exchange({_toggle_standing: 1})
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
            self.change_exchange({_toggle_standing: 1})

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
            "revenue": _written_number(rng.randint(0, 800), 2),
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


PUBLISHED_PARTS = ("exchange", "side", "title", "text", "language", "fields", "variants")
