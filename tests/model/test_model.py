"""The model against what was worked out by hand: the worked examples, and stories of what is told and when.

If one of these fails the model says something else than docs/semantics.md, and no comparison with it is worth anything.
"""

from pathlib import Path

import pytest

import examples
from drivers import ModelDriver
from exchange import DAY_MS
from model import Market

EXAMPLES = examples.load(Path(__file__).with_name("examples.yaml"))
HOUR_MS = 60 * 60 * 1000
TITLE = {"ru": "Название", "en": "Title"}


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["name"] for example in EXAMPLES])
def test_example(example):
    assert examples.complaint(example, ModelDriver()) is None


class Story:
    """One exchange in which an offer at price p suits every need that pays up to 100, with a score of 1000 - 10 p.

    Each command is sent a second after the last. `news` are the facts made since it was last looked at.
    """

    def __init__(self, work=256, **exchange):
        self.market = Market()
        self.now = 1_700_000_000_000
        self._seen = 0
        self.redefine(**exchange)
        self.send("settings.set", work=work)

    def redefine(self, **exchange):
        price = {"type": "number", "title": TITLE, "need": {"weight": 1, "better": "lower", "span": 100}}
        return self.load(**{"exchange": "lathes", "fields": {"price": price}, **exchange})

    def load(self, need=None, **parts):
        sides = {"need": {"title": TITLE, **(need or {})}, "offer": {"title": TITLE}}
        return self.send("exchange.load", source={"title": TITLE, **sides, **parts})

    def send(self, cmd, **parts):
        self.now += 1000
        return self.market.command({"cmd": cmd, "at": self.now, **parts})

    def members(self, *names):
        for name in names:
            self.send("participant.register", participant={"id": name, "name": name, "kind": "person"}, status="member")
        self.news()

    def need(self, listing, pays=100, **parts):
        return self.publish(listing, "lathes", "need", {"price": {"to": pays}}, **parts)

    def offer(self, listing, price, **parts):
        return self.publish(listing, "lathes", "offer", {"price": price}, **parts)

    def publish(self, listing, exchange, side, fields, **parts):
        body = {"listing": listing, "exchange": exchange, "side": side, "title": "Lathe", "fields": fields}
        return self.send("listing.publish", **body, **parts)

    def news(self):
        facts, self._seen = self.market.facts[self._seen :], len(self.market.facts)
        return facts


def made(need, offer, score):
    return ("match.made", need, offer, score, 0, 0)


# Which matches are told.


def two_offers_then_a_need(made_for):
    story = Story(max_matches=1, made_for=made_for)
    story.members("ann", "bob", "eve")
    story.offer("bob/dear", 40)
    story.offer("eve/cheap", 30)
    story.news()
    story.need("ann/n")
    return story


def test_a_newcomer_is_told_only_its_own_best():
    story = two_offers_then_a_need("newcomer")
    assert story.news() == [("listing.opened", "ann/n"), made("ann/n", "eve/cheap", 700)]
    assert len(story.market.matches()) == 2


def test_under_either_an_offer_that_has_nothing_else_is_told_too():
    story = two_offers_then_a_need("either")
    assert story.news() == [
        ("listing.opened", "ann/n"),
        made("ann/n", "eve/cheap", 700),
        made("ann/n", "bob/dear", 600),
    ]


def news_of_an_offer_to_full_needs(price):
    """One match each: bob (who pays 80) and eve (who pays 100) have been told ann's offer at 75; now dan offers."""
    story = Story(max_matches=1)
    story.members("ann", "bob", "dan", "eve")
    story.offer("ann/o", 75)
    story.need("bob/n", pays=80)
    story.need("eve/n")
    assert story.market.told() == [("bob/n", "ann/o", 50), ("eve/n", "ann/o", 250)]
    story.news()
    story.offer("dan/o", price)
    return story.news()


def test_a_full_counterpart_is_told_what_ranks_above_something_it_was_told():
    # dan/o is full after eve, who suits it better; but bob's 80 - 60 = 20 of 100 is more than the 50 he was told.
    assert news_of_an_offer_to_full_needs(60) == [
        ("listing.opened", "dan/o"),
        made("eve/n", "dan/o", 400),
        made("bob/n", "dan/o", 200),
    ]


def test_a_full_counterpart_is_not_told_what_ranks_below():
    # 80 - 78 = 2 of 100 is less than the 50 that bob was told.
    assert news_of_an_offer_to_full_needs(78) == [("listing.opened", "dan/o"), made("eve/n", "dan/o", 220)]


def test_of_equal_scores_the_earlier_opening_ranks_higher():
    story = Story(max_matches=1)
    story.members("ann", "bob", "dan", "eve")
    story.need("bob/n")
    story.need("dan/n")
    story.offer("ann/o", 50)
    assert story.market.told() == [("bob/n", "ann/o", 500), ("dan/n", "ann/o", 500)]
    story.news()
    story.offer("eve/same", 50)
    # bob/n is told because eve/same has room; dan/n is not: eve/same now has one that ranks above (it opened earlier),
    # and dan/n one that ranks above (ann/o opened before eve/same).
    assert story.news() == [("listing.opened", "eve/same"), made("bob/n", "eve/same", 500)]


def test_all_tells_everything():
    story = Story(max_matches="all", made_for="newcomer")
    story.members("ann", *"bcdefg")
    for name in "bcdefg":
        story.offer(f"{name}/o", 50)
    story.news()
    story.need("ann/n")
    assert story.news() == [("listing.opened", "ann/n"), *(made("ann/n", f"{name}/o", 500) for name in "bcdefg")]


def test_a_revision_tells_what_ended_what_changed_and_what_is_new_in_this_order():
    story = Story()
    story.members("ann", "bob", "dan", "eve")
    story.offer("bob/o", 20)
    story.offer("dan/o", 60)
    story.need("ann/n", pays=50)  # 50 - 20 = 30 of 100
    story.need("eve/n", pays=30)  # 30 - 20 = 10 of 100
    story.news()
    story.send("listing.revise", listing="bob/o", fields={"price": 45})
    assert story.news() == [
        ("listing.revised", "bob/o"),
        ("match.ended", "eve/n", "bob/o", 100, "conditions"),
        ("match.changed", "ann/n", "bob/o", 50, 0, 0),
    ]
    story.send("listing.revise", listing="ann/n", fields={"price": {"to": 65}})
    assert story.news() == [
        ("listing.revised", "ann/n"),
        ("match.changed", "ann/n", "bob/o", 200, 0, 0),
        made("ann/n", "dan/o", 50),
    ]


# The queue.


def test_a_need_that_has_lost_more_than_half_is_refilled():
    story = Story(max_matches=2, made_for="newcomer")
    story.members("ann", "bob", "dan", "eve")
    for participant, price in (("bob", 10), ("dan", 20), ("eve", 30)):
        story.offer(f"{participant}/o", price)
    story.need("ann/n")
    assert story.market.told() == [("ann/n", "bob/o", 900), ("ann/n", "dan/o", 800)]
    story.news()
    story.send("listing.withdraw", listing="bob/o")
    assert story.market.queue_units() == 0  # twice one is not fewer than two
    story.send("listing.withdraw", listing="dan/o")
    assert story.market.queue_units() == 1
    assert story.news() == [
        ("listing.withdrawn", "bob/o"),
        ("match.ended", "ann/n", "bob/o", 900, "offer_state"),
        ("listing.withdrawn", "dan/o"),
        ("match.ended", "ann/n", "dan/o", 800, "offer_state"),
    ]
    story.send("tick")
    assert story.news() == [made("ann/n", "eve/o", 700)]


def test_a_tick_meets_a_share_of_the_deadlines_and_a_command_all_of_them():
    story = Story(work=2)
    story.members("ann")
    until = story.now + HOUR_MS
    for key in "abcdefg":
        story.need(f"ann/{key}", valid_until=until)
    story.news()
    story.now = until
    story.send("tick")
    assert story.news() == [("listing.expired", "ann/a"), ("listing.expired", "ann/b")]
    story.send("tick")
    assert story.news() == [("listing.expired", "ann/c"), ("listing.expired", "ann/d")]
    assert story.send("listing.pause", listing="ann/e")["error"] == "state_not_allowed"
    assert story.news() == [("listing.expired", f"ann/{key}") for key in "efg"]


def test_without_room_what_ends_something_is_done_alone():
    story = Story()
    story.members("ann", "bob")
    story.offer("bob/o", 10)
    until = story.now + HOUR_MS
    story.need("ann/n", valid_until=until)
    story.need("ann/m", valid_until=until)
    story.news()
    story.now = until
    story.market.full = True
    assert story.send("listing.publish", listing="ann/k")["error"] == "storage_full"
    assert story.send("listing.withdraw", listing="ann/m")["result"] == "changed"
    assert story.news() == [
        ("listing.withdrawn", "ann/m"),
        ("match.ended", "ann/m", "bob/o", 900, "need_state"),
    ]
    story.market.full = False
    story.send("tick")
    assert story.news() == [("listing.expired", "ann/n"), ("match.ended", "ann/n", "bob/o", 900, "need_state")]


def test_another_refill_waits_where_the_first_is_begun():
    story = Story(max_matches=3, made_for="newcomer")
    story.members("ann", *"bcdefg")
    for name in "bcdefg":
        story.offer(f"{name}/o", 50)
    story.need("ann/n")
    story.send("settings.set", work=1)
    story.send("listing.withdraw", listing="b/o")
    assert story.market.queue_units() == 0  # twice two is not fewer than three
    story.send("listing.withdraw", listing="c/o")
    assert story.market.queue_units() == 1
    story.send("listing.withdraw", listing="d/o")
    # One unit has begun the refill, which has e, f and g to judge; then the withdrawal adds another.
    assert story.market.queue_units() == 4


def test_a_paused_listing_is_not_refilled_itself():
    story = Story(max_matches=2)
    story.members("ann", "bob")
    story.offer("bob/o", 10)
    story.need("ann/n")
    story.news()
    story.send("listing.pause", listing="ann/n")
    # The one refill is bob's: ann/n is the listing of the running job, and not open besides.
    assert story.news() == [("listing.paused", "ann/n"), ("match.ended", "ann/n", "bob/o", 900, "need_state")]
    assert story.market.queue_units() == 1


def test_with_little_work_allowed_the_rest_waits_and_goes_before_the_next_command():
    story = Story(work=1, max_matches="all")
    story.members("ann", "bob", "dan", "eve")
    for participant in ("bob", "dan", "eve"):
        story.need(f"{participant}/n")
    story.news()
    story.offer("ann/o", 50)
    assert story.news() == [("listing.opened", "ann/o"), made("bob/n", "ann/o", 500)]
    assert story.market.queue_units() == 2
    story.offer("ann/other", 60)  # first one unit of the queue; then its own first pair, the others behind
    assert story.news() == [
        made("dan/n", "ann/o", 500),
        ("listing.opened", "ann/other"),
        made("bob/n", "ann/other", 400),
    ]
    assert story.market.queue_units() == 3
    assert story.send("listing.pause", listing="ann/unheard-of")["error"] == "unknown_listing"
    assert story.news() == [made("eve/n", "ann/o", 500)]  # a refused command works as well
    story.send("tick")
    story.send("tick")
    assert story.news() == [made("dan/n", "ann/other", 400), made("eve/n", "ann/other", 400)]
    assert story.market.queue_units() == 0


def test_a_pair_is_judged_on_the_state_of_its_turn():
    story = Story(work=1, max_matches="all")
    story.members("ann", "bob", "dan")
    story.need("bob/n")
    story.need("dan/n")
    story.offer("ann/o", 50)
    story.news()
    story.send("settings.set", work=256)  # one unit: dan/n is told
    story.send("participant.status", participant="ann", status="suspended")
    assert story.market.queue_units() == 1  # the review of ann/o
    story.send("participant.status", participant="ann", status="member")
    # The review of the suspension is begun and worked off before ann is a member again.
    assert story.news() == [
        made("dan/n", "ann/o", 500),
        ("participant.status", "ann"),
        ("match.ended", "bob/n", "ann/o", 500, "offer_status"),
        ("match.ended", "dan/n", "ann/o", 500, "offer_status"),
        ("participant.status", "ann"),
    ]
    story.send("tick")
    assert story.news() == [made("bob/n", "ann/o", 500), made("dan/n", "ann/o", 500)]


# Participants.


def test_blocking_ends_only_matches_with_the_blocked():
    story = Story(max_matches="all")
    story.members("ann", "bob", "dan")
    story.offer("bob/o", 10)
    story.offer("dan/o", 20)
    story.need("ann/n")
    story.news()
    story.send("participant.revise", participant="bob", set={"blocks": ["ann"]})
    story.send("tick")
    assert story.news() == [("participant.revised", "bob"), ("match.ended", "ann/n", "bob/o", 900, "blocked")]
    story.send("participant.revise", participant="bob", set={"blocks": []})
    story.send("tick")
    assert story.news() == [("participant.revised", "bob"), made("ann/n", "bob/o", 900)]


def test_nobody_matches_themselves_and_only_members_match():
    story = Story()
    story.members("ann")
    story.send("participant.register", participant={"id": "bob", "name": "bob", "kind": "person"})
    story.need("ann/n")
    story.offer("ann/o", 10)
    story.offer("bob/o", 10)
    assert story.market.matches() == []
    story.send("participant.status", participant="bob", status="member")
    assert story.market.matches() == [("ann/n", "bob/o", 900, 0, 0)]


def test_a_standing_need_follows_its_participant():
    story = Story()
    region = {"type": "keyword", "title": TITLE, "need": {"from": "participant.region"}}
    story.load(exchange="support", need={"from": "participant"}, fields={"region": region})
    story.members("fund")
    story.publish("fund/grant", "support", "offer", {"region": "77"})
    story.send("participant.register", participant={"id": "firm", "name": "Firm", "kind": "person", "region": "50"})
    assert "firm/~support" not in story.market.listings()
    story.news()

    story.send("participant.status", participant="firm", status="member")
    story.send("tick")
    assert story.news() == [("participant.status", "firm"), ("listing.opened", "firm/~support")]

    story.send("participant.revise", participant="firm", set={"region": "77"})
    story.send("tick")
    assert story.news() == [("participant.revised", "firm"), made("firm/~support", "fund/grant", 1000)]

    story.send("participant.status", participant="firm", status="suspended")
    story.send("tick")
    assert story.news() == [
        ("participant.status", "firm"),
        ("match.ended", "firm/~support", "fund/grant", 1000, "need_status"),
    ]
    # It stays; the third to open, after the fund's own standing need and its grant.
    assert story.market.listings()["firm/~support"] == ("open", 1, 3)

    for verb in ("withdraw", "renew", "revise"):
        assert story.send(f"listing.{verb}", listing="firm/~support")["error"] == "standing_need"
    assert story.send("listing.pause", listing="firm/~support")["result"] == "changed"
    assert story.send("listing.resume", listing="firm/~support")["result"] == "changed"


def test_an_exchange_of_standing_needs_gives_present_members_theirs_at_once():
    story = Story()
    story.members("bob", "ann")
    region = {"type": "keyword", "title": TITLE, "need": {"from": "participant.region"}}
    story.load(exchange="support", need={"from": "participant"}, fields={"region": region})
    assert story.news() == [("listing.opened", "bob/~support"), ("listing.opened", "ann/~support")]


# Times and states.


def test_a_listing_opens_and_expires_at_its_times():
    story = Story()
    story.members("ann", "bob")
    story.offer("bob/o", 10)
    opens = story.now + HOUR_MS
    story.need("ann/n", valid_from=opens, valid_until=opens + HOUR_MS)
    assert story.news()[-1] == ("listing.scheduled", "ann/n")
    assert story.market.listings()["ann/n"] == ("scheduled", 1, 0)
    story.now = opens - 1000
    story.send("tick")  # at the very millisecond; its review is worked off by the same tick
    assert story.news() == [("listing.opened", "ann/n"), made("ann/n", "bob/o", 900)]
    story.now = opens + HOUR_MS
    story.send("tick")
    assert story.news() == [("listing.expired", "ann/n"), ("match.ended", "ann/n", "bob/o", 900, "need_state")]
    assert story.market.listings()["ann/n"] == ("expired", 3, 2)
    story.send("listing.renew", listing="ann/n")
    assert story.news() == [("listing.renewed", "ann/n"), made("ann/n", "bob/o", 900)]


def test_deadlines_come_in_the_order_of_their_times():
    story = Story()
    story.members("ann", "bob", "dan")
    start = story.now
    story.offer("bob/o", 10, valid_until=start + 4 * HOUR_MS)
    story.need("ann/n", valid_from=start + HOUR_MS, valid_until=start + 3 * HOUR_MS)
    story.need("dan/n", valid_until=start + 2 * HOUR_MS)
    story.news()
    story.now += DAY_MS
    story.send("tick")
    # All deadlines first, then the queue: nothing is left that could match, and what was told ends.
    assert story.news() == [
        ("listing.opened", "ann/n"),
        ("listing.expired", "dan/n"),
        ("listing.expired", "ann/n"),
        ("listing.expired", "bob/o"),
        ("match.ended", "dan/n", "bob/o", 900, "need_state"),
    ]


def test_the_default_lifetime_runs_from_the_start_and_the_longest_is_kept():
    story = Story(lifetime={"default_days": 2, "max_days": 3})
    story.members("ann")
    opens = story.now + DAY_MS
    story.need("ann/n", valid_from=opens)
    story.now = opens + 2 * DAY_MS - 2000
    story.send("tick")
    assert story.market.listings()["ann/n"][0] == "open"
    story.send("tick")
    assert story.market.listings()["ann/n"][0] == "expired"
    start = story.now + 1000
    assert story.need("ann/n", valid_until=start + 3 * DAY_MS + 1)["error"] == "lifetime_too_long"
    assert story.need("ann/n", valid_until=story.now + 1000)["error"] == "expired_on_arrival"
    assert story.need("ann/n", valid_until=story.now + 2 * DAY_MS)["result"] == "changed"


def test_a_publication_that_changes_nothing_makes_no_fact():
    story = Story(lifetime={"default_days": 2})
    story.members("ann")
    story.need("ann/n")
    assert story.need("ann/n")["result"] == "unchanged"
    assert story.market.listings()["ann/n"] == ("open", 1, 1)
    story.send("listing.withdraw", listing="ann/n")
    assert story.need("ann/n")["result"] == "changed"  # it opens again
    assert story.market.listings()["ann/n"] == ("open", 3, 1)


def test_another_revision_than_expected_is_refused():
    story = Story()
    story.members("ann")
    story.need("ann/n")
    assert story.need("ann/n", pays=90, expect_revision=2)["error"] == "stale_revision"
    assert story.need("ann/n", pays=90, expect_revision=1)["result"] == "changed"


def test_drafts_and_paused_listings_stay_so():
    story = Story()
    story.members("ann")
    story.need("ann/n", draft=True)
    story.send("listing.revise", listing="ann/n", fields={"price": {"to": 90}})
    story.need("ann/n")
    story.send("listing.pause", listing="ann/n")
    story.need("ann/n", pays=80)
    assert story.need("ann/n", draft=True)["error"] == "state_not_allowed"
    story.send("listing.resume", listing="ann/n")
    assert [kind for kind, _ in story.news()] == [
        "listing.drafted",
        "listing.revised",
        "listing.opened",
        "listing.paused",
        "listing.revised",
        "listing.resumed",
    ]


# Moderation.


def test_what_is_moderated_waits_and_what_was_let_in_is_let_in_again():
    story = Story(moderated="need")
    story.members("ann", "bob")
    story.offer("bob/o", 10)
    story.need("ann/n")
    assert story.market.matches() == []
    story.send("listing.approve", listing="ann/n")
    assert story.send("listing.approve", listing="ann/n")["result"] == "unchanged"
    story.send("listing.withdraw", listing="ann/n")
    story.need("ann/n")  # the same content
    assert story.news() == [
        ("listing.opened", "bob/o"),
        ("listing.submitted", "ann/n"),
        ("listing.approved", "ann/n"),
        made("ann/n", "bob/o", 900),
        ("listing.withdrawn", "ann/n"),
        ("match.ended", "ann/n", "bob/o", 900, "need_state"),
        ("listing.opened", "ann/n"),
        made("ann/n", "bob/o", 900),
    ]


def test_other_content_waits_anew_and_other_times_do_not():
    story = Story(moderated="both")
    story.members("ann")
    story.need("ann/n")
    story.send("listing.approve", listing="ann/n")
    story.news()
    story.send("listing.revise", listing="ann/n", valid_until=story.now + DAY_MS)
    story.send("listing.revise", listing="ann/n", title="Mill")
    story.send("listing.revise", listing="ann/n", title="Lathe")  # as it was approved; but the approval is gone
    assert story.news() == [("listing.revised", "ann/n"), ("listing.submitted", "ann/n"), ("listing.revised", "ann/n")]
    story.send("listing.approve", listing="ann/n")
    story.send("listing.pause", listing="ann/n")
    story.send("listing.revise", listing="ann/n", title="Mill")
    story.send("listing.resume", listing="ann/n")
    assert story.market.listings()["ann/n"][0] == "pending"


def test_a_rejected_listing_is_a_draft():
    story = Story(moderated="offer")
    story.members("ann")
    story.offer("ann/o", 10)
    assert story.send("listing.reject", listing="ann/o", reason="x" * 1001)["error"] == "too_large"
    story.send("listing.reject", listing="ann/o", reason="x" * 1000)
    assert story.market.listings()["ann/o"] == ("draft", 2, 0)
    assert story.send("listing.approve", listing="ann/o")["error"] == "state_not_allowed"
    assert story.send("listing.reject", listing="ann/o")["error"] == "state_not_allowed"
    story.offer("ann/o", 10)
    assert [kind for kind, _ in story.news()] == ["listing.submitted", "listing.rejected", "listing.submitted"]


def test_what_waits_expires_and_what_is_approved_early_is_scheduled():
    story = Story(moderated="need")
    story.members("ann")
    story.need("ann/short", valid_until=story.now + HOUR_MS)
    story.need("ann/later", valid_from=story.now + DAY_MS)
    story.news()
    story.send("listing.approve", listing="ann/later")
    assert story.market.listings()["ann/later"][0] == "scheduled"
    story.now += 2 * DAY_MS
    story.send("tick")
    story.send("listing.renew", listing="ann/short")
    assert story.news() == [
        ("listing.approved", "ann/later"),
        ("listing.expired", "ann/short"),
        ("listing.opened", "ann/later"),
        ("listing.renewed", "ann/short"),
    ]
    assert story.market.listings()["ann/short"][0] == "pending"


def test_publishing_what_is_pending_in_a_side_that_is_moderated_no_more_opens_it():
    story = Story(moderated="need")
    story.members("ann")
    story.need("ann/n")
    assert story.need("ann/n")["result"] == "unchanged"
    story.redefine(moderated="offer")
    assert story.market.listings()["ann/n"][0] == "pending"
    story.need("ann/n")
    assert story.news() == [("listing.submitted", "ann/n"), ("exchange.revised", "lathes"), ("listing.opened", "ann/n")]


# Notice.


def test_a_notice_is_given_once_before_the_end():
    story = Story(lifetime={"default_days": 3, "notice_days": 1})
    story.members("ann")
    story.need("ann/n")
    ends = story.now + 3 * DAY_MS
    story.news()
    story.now = ends - DAY_MS - 2000
    story.send("tick")
    assert story.news() == []
    story.send("tick")
    story.send("tick")
    assert story.news() == [("listing.expiring", "ann/n")]
    assert story.market.listings()["ann/n"] == ("open", 1, 1)  # it counts no revision
    story.now = ends
    story.send("tick")
    assert story.news() == [("listing.expired", "ann/n")]


def test_every_fact_about_a_listing_reckons_its_notice_anew():
    story = Story(lifetime={"notice_days": 1})
    story.members("ann")
    opens = story.now + 2 * DAY_MS
    story.need("ann/short", valid_until=story.now + DAY_MS)  # less than a day: none
    story.need("ann/ahead", valid_from=opens, valid_until=opens + HOUR_MS)  # it would be told before it opens
    story.need("ann/long", valid_until=story.now + 3 * DAY_MS)
    story.news()
    story.now += 2 * DAY_MS
    story.send("listing.pause", listing="ann/long")
    story.send("listing.renew", listing="ann/long", valid_until=story.now + 2 * DAY_MS)
    story.now += DAY_MS + HOUR_MS
    story.send("tick")
    assert story.news() == [
        ("listing.expired", "ann/short"),
        ("listing.opened", "ann/ahead"),
        ("listing.expiring", "ann/long"),
        ("listing.paused", "ann/long"),
        ("listing.renewed", "ann/long"),
        ("listing.expired", "ann/ahead"),
        ("listing.expiring", "ann/long"),
    ]


def test_a_notice_follows_the_definition_of_its_last_fact():
    story = Story(lifetime={"default_days": 4, "notice_days": 1})
    story.members("ann", "bob")
    story.need("ann/n")
    story.redefine(lifetime={"default_days": 4, "notice_days": 2})
    story.need("bob/n")
    story.news()
    story.now += 2 * DAY_MS
    story.send("tick")
    assert story.news() == [("listing.expiring", "bob/n")]
    story.now += DAY_MS
    story.send("tick")
    assert story.news() == [("listing.expiring", "ann/n")]


# Changed definitions.

SKILL = {"type": "keyword", "title": TITLE, "values": {"milling": TITLE, "turning": TITLE}}
GRADE = {"type": "ordinal", "title": TITLE, "labels": ["low", "mid", "high"]}
LENGTH = {"type": "number", "title": TITLE, "unit": "mm", "units": {"cm": 10}}
CARGO = {"type": "code", "title": TITLE, "tree": "cargo"}
STATED = {"skill": {"none_of": ["milling"]}, "grade": "mid", "length": {"from": 1}, "cargo": "49.4"}


def workshop():
    """An exchange of four fields, one need that states them all, and one that states none."""
    story = Story()
    story.members("ann")
    for tree in ("cargo", "other"):
        story.send("tree.load", source={"tree": tree, "rule": "separated", "title": TITLE})
    assert reload(story)["result"] == "changed"
    assert story.publish("ann/n", "shop", "need", STATED)["ok"]
    return story


def reload(story, **changed):
    fields = {"skill": SKILL, "grade": GRADE, "length": LENGTH, "cargo": CARGO, **changed}
    fields = {name: field for name, field in fields.items() if field is not None}
    source = {"exchange": "shop", "title": TITLE, "need": {"title": TITLE}, "offer": {"title": TITLE}, "fields": fields}
    return story.send("exchange.load", source=source)


@pytest.mark.parametrize(
    "changed",
    [
        {"skill": None},
        {"skill": {"type": "keyword", "title": TITLE, "values": {"turning": TITLE}}},
        {"skill": {"type": "keyword", "title": TITLE, "need": {"from": "participant.region"}}},
        {"grade": {**GRADE, "labels": ["mid", "low", "high"]}},
        {"grade": {**GRADE, "labels": ["worst", "low", "mid"]}},
        {"length": {**LENGTH, "decimals": 1}},
        {"length": {**LENGTH, "unit": "m"}},
        {"length": {"type": "money", "title": TITLE, "currency": "RUB"}},
        {"added": {"type": "flag", "title": TITLE, "need": {"absent": "required"}}},
    ],
)
def test_a_definition_under_which_what_is_stored_could_not_stand_is_refused(changed):
    story = workshop()
    story.send("listing.withdraw", listing="ann/n")  # it counts all the same
    assert reload(story, **changed)["error"] == "in_use"
    assert reload(story)["result"] == "unchanged"


@pytest.mark.parametrize(
    "changed, rematches",
    [
        ({"skill": {**SKILL, "title": {"ru": "Умение", "en": "Craft"}}}, False),
        ({"skill": {"type": "keyword", "title": TITLE, "values": {"milling": TITLE}}}, False),
        ({"skill": {"type": "keyword", "title": TITLE, "offer": {"from": "participant.region"}}}, True),
        ({"grade": {**GRADE, "labels": ["best", "mid"]}}, False),
        ({"length": {**LENGTH, "units": {"m": 1000}}}, False),
        ({"length": {**LENGTH, "need": {"reading": "at_least"}}}, True),
        ({"length": {**LENGTH, "offer": {"absent": "required"}}}, True),
        ({"cargo": {**CARGO, "tree": "other"}}, True),
        ({"added": {"type": "flag", "title": TITLE}}, True),
    ],
)
def test_a_definition_under_which_it_could_stand_is_taken(changed, rematches):
    story = workshop()
    story.news()
    assert reload(story, **changed)["result"] == "changed"
    assert story.news() == [("exchange.revised", "shop")]
    assert story.market.queue_units() == rematches


def test_a_tree_may_lose_codes_that_nobody_states_and_never_its_rule():
    story = workshop()
    tree = {"tree": "cargo", "rule": "separated", "title": TITLE}
    assert story.send("tree.load", source={**tree, "codes": {"49.5": TITLE}})["error"] == "in_use"
    assert story.send("tree.load", source={**tree, "codes": {"49.4.1": TITLE}})["result"] == "changed"
    assert story.send("tree.load", source={**tree, "tree": "other", "rule": "okved"})["error"] == "in_use"


def test_a_rematch_reviews_every_need_behind_what_waits():
    story = Story()
    story.members("ann", "bob", "dan")
    story.need("ann/n")
    story.need("dan/n", pays=20)
    story.offer("bob/o", 10)
    story.news()
    story.send("settings.set", work=1)
    story.redefine(fields={"price": {"type": "number", "title": TITLE}})
    units = [story.market.queue_units()]
    while story.market.queue_units():
        story.send("tick")
        units.append(story.market.queue_units())
    # The rematch waits; it is begun with two needs; each is judged and leaves a review; each review is begun with its
    # one pair, and that is judged.
    assert units == [1, 2, 2, 2, 2, 1, 1, 0]
    assert story.news() == [
        ("exchange.revised", "lathes"),
        ("match.changed", "ann/n", "bob/o", 1000, 0, 0),
        ("match.changed", "dan/n", "bob/o", 1000, 0, 0),
    ]


def test_standing_needs_are_turned_on_and_off_only_where_there_are_no_needs():
    story = Story()
    story.members("ann", "bob")
    story.offer("bob/o", 10)
    story.news()
    story.redefine(need={"from": "participant"})
    assert story.news() == [
        ("exchange.revised", "lathes"),
        ("listing.opened", "ann/~lathes"),
        ("listing.opened", "bob/~lathes"),
    ]
    assert story.redefine()["error"] == "in_use"


def test_what_comes_from_a_participant_is_drawn_by_the_new_definition():
    story = Story()
    region = {"type": "keyword", "title": TITLE, "need": {"from": "participant.region"}}
    story.load(exchange="support", need={"from": "participant"}, fields={"region": region})
    story.send("participant.register", participant={"id": "fund", "name": "Fund", "kind": "person"}, status="member")
    firm = {"id": "firm", "name": "Firm", "kind": "person", "region": "50"}
    story.send("participant.register", participant=firm, status="member")
    story.publish("fund/grant", "support", "offer", {"region": "77"})
    story.send("tick")
    story.news()
    closed = {**region, "values": {"77": TITLE}}  # 50 is no word of it: as if the firm stated nothing
    story.load(exchange="support", need={"from": "participant"}, fields={"region": closed})
    story.send("tick")
    assert story.news() == [("exchange.revised", "support"), made("firm/~support", "fund/grant", 1000)]


def test_the_clock_never_falls_behind_the_last_fact():
    story = Story()
    story.members("ann")
    story.need("ann/n", valid_until=story.now + HOUR_MS)
    story.now += 2 * HOUR_MS
    story.offer("ann/o", 10)  # a fact, two hours on
    story.now -= 2 * HOUR_MS
    assert story.need("ann/late", valid_until=story.now + HOUR_MS)["error"] == "expired_on_arrival"
