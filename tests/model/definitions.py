"""Section 4, changed definitions: whether "every listing of it could have been published as it is stored".

A definition here is an exchange together with the trees there are: loading an exchange anew changes the one, loading a
tree the other.
"""

from typing import NamedTuple

from exchange import Exchange
from listings import check_content
from statements import ROOT, Codes, Interval, Keywords, Refusal


class Definition(NamedTuple):
    exchange: Exchange
    trees: dict


def could_stand(listing, before, after):
    """Whether what the listing states, read under one definition, could have been published under the other."""
    content = listing.content
    for stated in (content.fields, *content.variants):
        if not all(_field_stands(name, stated[name], listing.side, before, after) for name in stated):
            return False
    return listing.standing or not _lacks_required_field(listing, after)


def _lacks_required_field(listing, after):
    """No box lacks a required field."""
    try:
        check_content(after.exchange, listing.side, listing.content)
    except Refusal:
        return True
    return False


def _field_stands(name, statement, side, before, after):
    """Each stated field is still there, not filled `from` on that side, of the same type, decimals, unit, currency and
    rule of codes. A null in a variant names a field, and states nothing about it."""
    old, new = before.exchange.fields[name], after.exchange.fields.get(name)
    if new is None or new.sides[side].attribute is not None:
        return False
    if statement is None:
        return True
    if _kept(old, before.trees) != _kept(new, after.trees):
        return False
    return _values_stand(statement, old, new, after.trees)


def _kept(field, trees):
    rule = None if field.tree is None else trees[field.tree].rule
    return field.type, field.decimals, field.unit, field.currency, rule


def _values_stand(statement, old, new, trees):
    """Each keyword stated (in any list) is in the vocabulary, each code in the tree, each label at the place where it
    was."""
    if isinstance(statement, Keywords):
        return new.values is None or old.type == "flag" or statement.values | statement.veto <= new.values
    if isinstance(statement, Codes):
        paths = (statement.any_of | statement.none_of | statement.veto) - {ROOT}
        return trees[new.tree].codes is None or paths <= trees[new.tree].codes
    if isinstance(statement, Interval) and old.type == "ordinal":
        places = [place for place in (statement.lo, statement.hi) if place is not None]
        return all(old.labels[place : place + 1] == new.labels[place : place + 1] for place in places)
    return True
