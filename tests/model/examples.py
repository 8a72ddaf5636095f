"""Runs the worked examples of examples.yaml (its head comment says how they are written) on a driver of drivers.py."""

import yaml

TITLE = {"ru": "Пример", "en": "Example"}
NOW = 1_700_000_000_000
REQUISITES = {  # of two well-known banks
    "n": {"inn": "7707083893", "ogrn": "1027700132195"},
    "o": {"inn": "7702070139", "ogrn": "1027739609391"},
}
LISTINGS = {"need": "n/n", "offer": "o/o"}


def load(path):
    """The examples, each with the file's trees among its parts."""
    with open(path, encoding="utf-8") as file:
        content = yaml.safe_load(file)
    return [{**example, "trees": content["trees"]} for example in content["examples"]]


def failures(path, driver):
    """The names of the examples that come out otherwise, and what is wrong with each."""
    complaints = {example["name"]: complaint(example, driver) for example in load(path)}
    return {name: words for name, words in complaints.items() if words}


def complaint(example, driver):
    """What the driver does otherwise than the example says, or None."""
    driver.request({"cmd": "reset"})
    for command in scene(example):
        reply = driver.request(command)
        if not reply["ok"]:
            return f"{command['cmd']} is refused: {reply}"
    expect = example["expect"]
    for side in LISTINGS:
        error = driver.request(publication(example, side)).get("error")
        if error != expect.get("refused", {}).get(side):
            return f"the {side} is answered with {error}"
    if "refused" in expect:
        return None
    return _wrong_match(expect, driver.request({"cmd": "dump"})["matches"]) or _wrong_explanation(
        expect, driver.request({"cmd": "match.explain", "need": LISTINGS["need"], "offer": LISTINGS["offer"]})
    )


def scene(example):
    """The commands that make the market in which the two listings are published."""
    exchange = {
        "exchange": "example",
        "title": TITLE,
        "need": {"title": TITLE},
        "offer": {"title": TITLE},
        "fields": {name: {"title": TITLE, **field} for name, field in example["fields"].items()},
    }
    sources = [("tree.load", {"title": TITLE, **tree}) for tree in example["trees"]] + [("exchange.load", exchange)]
    commands = [{"cmd": cmd, "source": source} for cmd, source in sources]
    for participant in ("n", "o"):
        attributes = {"id": participant, "name": participant, "kind": "legal_entity", **REQUISITES[participant]}
        attributes.update(example.get("participants", {}).get(participant, {}))
        commands.append({"cmd": "participant.register", "participant": attributes, "status": "member"})
    return [{"at": NOW, **command} for command in commands]


def publication(example, side):
    return {
        "cmd": "listing.publish",
        "at": NOW,
        "listing": LISTINGS[side],
        "exchange": "example",
        "side": side,
        "title": "Example",
        **(example.get(side) or {}),
    }


def _wrong_match(expect, matches):
    if not expect["meets"]:
        return f"it meets: {matches}" if matches else None
    if not matches:
        return "it does not meet"
    _, _, score, *boxes = matches[0]
    if score != expect["score"]:
        return f"the score is {score}"
    if boxes != expect.get("boxes", [0, 0]):
        return f"the boxes are {boxes}"
    return None


def _wrong_explanation(expect, explained):
    if explained["meets"] != expect["meets"]:
        return "the explanation says otherwise than the matches"
    fields = {field["field"]: field for field in explained["fields"]}
    hidden = [name for name, field in fields.items() if field.get("hidden")]
    if hidden != expect.get("hidden", []):
        return f"hidden are {hidden}"
    failed = {name: field["blamed"] for name, field in fields.items() if field.get("blamed")}
    expected = {failure["field"]: failure["blamed"] for failure in expect.get("fails", [])}
    if failed != expected:
        return f"the blame is {failed}"
    unmet = [name for name, field in fields.items() if field.get("met") is False and name not in failed]
    if unmet != expect.get("unmet", []):
        return f"unmet, though only preferred or not demanded: {unmet}"
    for name, points in expect.get("points", {}).items():
        explained_points = {side: fields[name].get(f"{side}_points") for side in LISTINGS}
        if explained_points != points:
            return f"the points of {name} are {explained_points}"
    return None
