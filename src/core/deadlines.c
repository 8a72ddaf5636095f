/*
 * The moments at which listings open, are about to expire, or expire by themselves: a heap ordered by (time, listing
 * number). A listing that changes leaves its old entry behind; it is passed over when it comes up,
 * and when such entries outnumber the listings the heap is built anew.
 */

#include "core/state.h"

static bool
before(struct deadline a, struct deadline b)
{
	return a.ms != b.ms ? a.ms < b.ms : a.listing < b.listing;
}

int64_t
listing_deadline_ms(const struct listing *l)
{
	switch ((enum listing_state)l->state) {
	case STATE_SCHEDULED:
		return l->valid_from_ms; /* notice and valid_until, if any, are later */
	case STATE_OPEN:
	case STATE_PAUSED:
	case STATE_PENDING:
		return l->notice_days ? listing_notice_ms(l) : l->valid_until_ms;
	case STATE_DRAFT:
	case STATE_WITHDRAWN:
	case STATE_EXPIRED:
		break;
	}
	return 0;
}

static void
push(struct market *m, struct deadline d)
{
	m->deadlines =
	    mem_grow(m->deadlines, m->n_deadlines, &m->cap_deadlines, sizeof *m->deadlines);
	size_t i = m->n_deadlines++;
	for (; i > 0 && before(d, m->deadlines[(i - 1) / 2]); i = (i - 1) / 2)
		m->deadlines[i] = m->deadlines[(i - 1) / 2];
	m->deadlines[i] = d;
}

static void
pop(struct market *m)
{
	struct deadline last = m->deadlines[--m->n_deadlines];
	size_t i = 0;
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= m->n_deadlines)
			break;
		if (child + 1 < m->n_deadlines &&
		    before(m->deadlines[child + 1], m->deadlines[child]))
			child++;
		if (!before(m->deadlines[child], last))
			break;
		m->deadlines[i] = m->deadlines[child];
		i = child;
	}
	if (m->n_deadlines > 0)
		m->deadlines[i] = last;
}

void
deadlines_note(struct market *m, const struct listing *l)
{
	if (m->n_deadlines > 2 * m->n_listings + 64) {
		m->n_deadlines = 0;
		for (uint32_t i = 1; i <= m->n_listings; i++) {
			int64_t ms = listing_deadline_ms(listing_at(m, i));
			if (ms)
				push(m, (struct deadline){ms, i});
		}
		return;
	}
	int64_t ms = listing_deadline_ms(l);
	if (ms)
		push(m, (struct deadline){ms, l->number});
}

bool
deadlines_first(struct market *m, struct deadline *ret)
{
	while (m->n_deadlines > 0) {
		struct deadline first = m->deadlines[0];
		if (listing_deadline_ms(listing_at(m, first.listing)) == first.ms) {
			*ret = first;
			return true;
		}
		pop(m);
	}
	return false;
}

int64_t
market_next_deadline_ms(struct market *m)
{
	struct deadline first;
	return deadlines_first(m, &first) ? first.ms : INT64_MAX;
}
