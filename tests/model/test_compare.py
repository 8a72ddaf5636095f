"""The comparator itself: it must notice a market that is wrong, or a green comparison says nothing."""

import compare
import histories
from drivers import DriverFailure, ModelDriver


class Program(ModelDriver):
    """A program that is right: the model with a digest, and with an index that agrees."""

    def request(self, command):
        if command["cmd"] == "index.verify":
            return {"ok": True, "divergences": []}
        reply = super().request(command)
        added = {"dump": {"digest": "0"}, "replay": {"digest": "0"}, "facts": {"bytes": 0}}
        return {**reply, **added.get(command["cmd"], {})}


class ForgetsRenewals(Program):
    def request(self, command):
        if command["cmd"] == "listing.renew":
            return {"ok": True, "result": "unchanged"}
        return super().request(command)


class DependsOnArrival(Program):
    """Shows no match of the listing that was published last; play() is kept from noticing."""

    def request(self, command):
        reply = super().request(command)
        if command["cmd"] == "listing.publish":
            self.last = command["listing"]
        if command["cmd"] == "dump":
            reply["matches"] = [match for match in reply["matches"] if self.last not in match]
        return reply


class Dies(Program):
    def request(self, command):
        if command["cmd"] == "tick":
            raise DriverFailure("exit status 134")
        return super().request(command)


def differing_history(player, driver):
    for seed in range(1, 200):
        commands = histories.generate(seed)
        if compare.divergence_of(player, commands, driver):
            return commands
    raise AssertionError("no history differs")


def test_a_right_program_passes():
    for seed in range(1, 30):
        player, commands = compare.history_of(seed)
        assert compare.divergence_of(player, commands, Program()) is None


def test_a_divergence_is_found_and_made_short():
    driver = ForgetsRenewals()
    commands = differing_history(compare.play, driver)
    short = compare.shortened(commands, lambda some: compare.divergence_of(compare.play, some, driver) is not None)
    # Of dozens of commands, those that made the listing and the one in question.
    assert short[-1]["cmd"] == "listing.renew"
    assert len(short) <= 5


def test_a_history_is_whole_if_every_definition_finds_its_trees():
    tree = {"cmd": "tree.load", "source": {"tree": "t", "rule": "okved"}}
    bare = {"cmd": "exchange.load", "source": {"exchange": "x", "fields": {"alpha": {}, "beta": {}}}}
    coded = {"cmd": "exchange.load", "source": {"exchange": "x", "fields": {"alpha": {"tree": "t"}}}}
    assert compare._is_whole([bare, tree, coded])
    assert not compare._is_whole([bare, coded, tree])
    fewer = [compare._without_field(command, "alpha") for command in (bare, tree, coded)]
    assert not compare._is_whole(fewer)  # nothing is left of the second definition


def test_matches_that_depend_on_the_order_of_arrival_are_found(monkeypatch):
    def play_without_comparing(commands, driver):
        for command in [{"cmd": "reset"}, *commands]:
            driver.request(command)

    monkeypatch.setattr(compare, "play", play_without_comparing)
    commands = next(
        commands
        for commands in map(histories.generate_shuffled, range(10, 1000, 10))
        if compare.divergence_of(compare.play_in_several_orders, commands, DependsOnArrival())
    )
    assert compare.divergence_of(compare.play_in_several_orders, commands, Program()) is None


def test_a_dead_program_is_a_divergence():
    assert "exit status 134" in str(compare.divergence_of(compare.play, [{"cmd": "tick", "at": 0}], Dies()))
