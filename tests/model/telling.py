"""Section 5, Telling: which matches are announced, and when.

Matches are state now; told pairs are those that were announced, and depend on history. Work that is not done within a
command waits in a queue, which is state as well.
"""

from dataclasses import dataclass


@dataclass(eq=False)
class Job:
    """`review(L)`, `review(L, Q)`, `refill(L)` or `rematch(X)`."""

    kind: str
    listing: object  # of a rematch None
    only: str | None = None  # the participant Q
    pairs: list | None = None  # ids of the counterparts still to be judged (of a rematch the needs'); None: not begun
    exchange: str | None = None  # of a rematch


class Telling:
    def __init__(self, market):
        self._market = market
        self.told = {}  # (need id, offer id) -> told score
        self._queue = []

    def told_pairs(self, listing):
        """The told scores of a listing, by the counterpart's id."""
        pairs = {}
        for (need, offer), score in self.told.items():
            if listing.id in (need, offer):
                pairs[offer if listing.side == "need" else need] = score
        return pairs

    def concerns(self, listing):
        """Those that are open or have told pairs are reviewed."""
        return listing.is_open() or bool(self.told_pairs(listing))

    def units_left(self):
        return sum(1 if job.pairs is None else len(job.pairs) for job in self._queue)

    # The queue.

    def review_later(self, listing, only=None):
        self._enqueue(Job("review", listing, only))

    def rematch(self, exchange):
        self._enqueue(Job("rematch", None, exchange=exchange.name))

    def review_at_once(self, listing, units):
        """The first W pairs are judged within the command, the rest at the end of the queue."""
        job = Job("review", listing)
        self._begin(job)
        for _ in range(units):
            if job.pairs:
                self._judge_next(job)
        if job.pairs:
            self._enqueue(job)

    def work_off(self, units):
        """Beginning a job costs one unit, judging a pair one. A job that is begun stays at the head of the queue until
        its pairs are worked off; one that begins with no pairs is gone."""
        for _ in range(units):
            if not self._queue:
                return
            self._market.stamp()
            job = self._queue[0]
            if job.pairs is None:
                self._begin(job)
            else:
                self._judge_next(job)
            if not job.pairs:
                self._queue.pop(0)

    def _enqueue(self, job):
        self._market.stamp()
        self._queue.append(job)

    def _begin(self, job):
        """Lists the job's pairs: (1) told and no longer a match, by told score; (2) told with another score, by the new
        score; (3) matches not told, by score; each then by the counterpart's opening number. Of a rematch "the needs of
        exchange X that are open or have told pairs, by listing number"."""
        if job.kind == "rematch":
            job.pairs = [need.id for need in self._market.needs(job.exchange) if self.concerns(need)]
            return
        told = self.told_pairs(job.listing)
        ended, changed, untold = [], [], []
        for other in self._market.counterparts(job.listing):
            if job.only not in (None, other.participant.id):
                continue
            match = self._market.match(*_need_and_offer(job.listing, other))
            if match is None and other.id in told:
                ended.append((-told[other.id], other.opening, other.id))
            elif match is not None and other.id not in told:
                untold.append((-match.score, other.opening, other.id))
            elif match is not None and match.score != told[other.id]:
                changed.append((-match.score, other.opening, other.id))
        reviewed = sorted(ended) + sorted(changed) if job.kind == "review" else []
        job.pairs = [other_id for _, _, other_id in reviewed + sorted(untold)]

    # Judging.

    def _judge_next(self, job):
        """Judges the job's next pair on the state of this moment; judging a need of a rematch adds its review(L)."""
        other = self._market.listing(job.pairs.pop(0))
        if job.kind == "rematch":
            self.review_later(other)
            return
        need, offer = _need_and_offer(job.listing, other)
        pair = need.id, offer.id
        match = self._market.match(need, offer)
        if pair in self.told:
            if match is None:
                self._end(need, offer, job)
            elif match.score != self.told[pair]:
                self._tell("match.changed", pair, match)
        elif match is not None:
            if self._is_wanted(job.listing, other, match.score):
                self._tell("match.made", pair, match)
            elif self._exchange(need).made_for == "newcomer":
                job.pairs.clear()  # all later pairs that are not told rank below

    def _is_wanted(self, listing, other, score):
        """L, or under `made_for: either` C, has room or has a told pair that ranks below this one."""
        if self._has_place(listing, other, score):
            return True
        return self._exchange(listing).made_for == "either" and self._has_place(other, listing, score)

    def _has_place(self, listing, other, score):
        told = self.told_pairs(listing)
        limit = self._exchange(listing).max_matches
        if limit is None or len(told) < limit:
            return True
        rank = -score, other.opening
        return any((-told_score, self._market.listing(told_id).opening) > rank for told_id, told_score in told.items())

    def _tell(self, kind, pair, match):
        self.told[pair] = match.score
        self._market.fact(kind, *pair, *match)

    def _end(self, need, offer, job):
        told_score = self.told.pop((need.id, offer.id))
        self._market.fact("match.ended", need.id, offer.id, told_score, self._market.obstacle(need, offer))
        for listing in (need, offer):
            if listing is not job.listing or job.only is not None:
                self._refill_if_low(listing)

    def _refill_if_low(self, listing):
        """Refilled are open listings of members whose told pairs are fewer than half of `max_matches`."""
        limit = self._exchange(listing).max_matches
        low = limit is not None and 2 * len(self.told_pairs(listing)) < limit
        waits = any(job.kind == "refill" and job.listing is listing and job.pairs is None for job in self._queue)
        if low and listing.is_open() and listing.participant.status == "member" and not waits:
            self._enqueue(Job("refill", listing))

    def _exchange(self, listing):
        return self._market.exchanges[listing.exchange]


def _need_and_offer(listing, other):
    return (listing, other) if listing.side == "need" else (other, listing)
