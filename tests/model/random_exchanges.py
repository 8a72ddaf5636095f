"""Random small exchanges, and statements for their fields.

Everything is kept small on purpose (few values, few ranks), so that statements meet about as often as not.
"""

from exchange import SIDES

TITLE = {"ru": "Название", "en": "Title"}
KEYWORDS = ["iso 9001", "Straße", "сварка", "чугун"]
OTHER_SPELLINGS = {"iso 9001": " ISO 9001 ", "Straße": "STRASSE", "сварка": "СВАРКА", "чугун": "Чугун\t"}
LABELS = ["low", "mid", "high", "top"]
SIZES = ["micro", "small", "medium", "large"]
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


def random_trees(rng):
    trees = []
    for name, rule in TREES.items():
        tree = {"tree": name, "rule": rule, "title": TITLE}
        if rng.random() < 0.3:
            tree["codes"] = some_codes(rng, rule)
        trees.append(tree)
    return trees


def some_codes(rng, rule):
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
    return mended(exchange)


def mended(exchange):
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
            field[side].update(random_weight(rng, kind))
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
    if fits_attribute(field) and rng.random() < (0.8 if standing else 0.15):
        side["from"] = "participant." + rng.choice(ATTRIBUTES[kind])
    elif kind in INTERVALS + ("dimensions",) and rng.random() < 0.7:
        side["reading"] = rng.choice(["exactly", "at_least", "at_least", "at_most", "at_most"])
    if rng.random() < 0.1:
        side["visibility"] = rng.choice(["public", "mutual", "match_only"])
    return side


def fits_attribute(field):
    fits = field.get("currency", "RUB") == "RUB" and TREES.get(field.get("tree"), "okved") == "okved"
    return fits and field["type"] in ATTRIBUTES


def random_weight(rng, kind):
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
    return written_number(point, _decimals(field))


def written_number(point, decimals):
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
