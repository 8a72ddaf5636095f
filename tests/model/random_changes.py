"""Definitions that change: an exchange or a tree as it might be given anew, in small steps of every kind.

Some fit what is stored and some do not, which is for the market to find out.
"""

import copy

from exchange import SIDES
from random_exchanges import (
    ATTRIBUTES,
    CODES,
    FIELD_NAMES,
    INTERVALS,
    KEYWORDS,
    REGIONS,
    SIZES,
    TITLE,
    TREES,
    fits_attribute,
    mended,
    random_field,
    random_lifetime,
    random_weight,
    some_codes,
)


def changed_exchange(rng, exchange, changes):
    """The exchange as its operator might define it next, with one thing changed, or a few; a file that can be read,
    though what is stored may not stand under it."""
    changed = copy.deepcopy(exchange)
    while changed == exchange:  # a change may find nothing to change
        for change in rng.choices(list(changes), list(changes.values()), k=rng.choice([1, 1, 1, 2])):
            change(rng, changed)
        changed = mended(changed)
    return changed


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


def toggle_standing(_rng, exchange):
    if exchange["need"].pop("from", None) is None:
        exchange["need"]["from"] = "participant"


def _change_weight(rng, exchange):
    field = _some_field(rng, exchange)
    side = field[rng.choice(SIDES)]
    for key in ("weight", "better", "nearer", "span"):
        side.pop(key, None)
    side.update(random_weight(rng, field["type"]))


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
    if side.pop("from", None) is None and fits_attribute(field):
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
    toggle_standing: 2,
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
        tree["codes"] = some_codes(rng, tree["rule"])
    elif way == "no codes":
        tree.pop("codes", None)
    elif way == "title":
        tree["title"] = {"ru": "Другое название", "en": f"Title {rng.randint(1, 3)}"}
    else:
        tree["rule"] = rng.choice([rule for rule in CODES if rule != tree["rule"]])
        tree.pop("codes", None)
    return tree
