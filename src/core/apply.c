/*
 * Applying facts: the only code that changes the market. Facts come from decide.c and telling.c of
 * this process, or from a journal; both walk this path, so that whoever has the facts has the
 * market.
 *
 * A fact that does not fit (a gap in the numbers, an unknown listing) is not applied and says so.
 * What a fact carries was decided already and is not judged again.
 */

#include "core/fits.h"
#include "core/state.h"

#include "util/mp.h"

#include <utlist.h>

/* ---- definitions ---- */

bool
apply_settings(struct market *m, struct str definition)
{
	struct mp work = mp_find(mp_of(definition), STR("work"));
	struct mp regions = mp_find(mp_of(definition), STR("regions"));
	uint64_t n_work = mp_get_uint(&work);
	if (work.failed || n_work == 0 || n_work > UINT32_MAX)
		return false;
	free((char *)m->settings.p);
	free(m->regions);
	m->settings = (struct str){mem_dup(definition.p, definition.len), definition.len};
	m->work = (uint32_t)n_work;
	regions = mp_find(mp_of(m->settings), STR("regions"));
	m->n_regions = mp_get_array(&regions);
	m->regions = mem_alloc(m->n_regions * sizeof *m->regions);
	for (size_t i = 0; i < m->n_regions; i++)
		m->regions[i] = mp_get_str(&regions);
	changed_settings(m);
	return true;
}

static const struct tree *
find_tree(void *arg, struct str name)
{
	return market_tree(arg, name);
}

/* Points the code fields of all exchanges at the trees as they are now. */
static bool
bind_trees(struct market *m)
{
	struct str missing;
	for (size_t i = 0; i < m->n_floors; i++)
		if (!exchange_bind_trees(m->floors[i].exchange, find_tree, m, &missing))
			return false;
	return true;
}

bool
apply_tree(struct market *m, struct str definition)
{
	struct tree *t = tree_decode(definition);
	size_t i = 0;
	if (!t)
		return false;
	while (i < m->n_shelves && !str_eq(m->shelves[i].tree->name, t->name))
		i++;
	if (i == m->n_shelves) {
		m->shelves =
		    mem_grow(m->shelves, m->n_shelves, &m->cap_shelves, sizeof *m->shelves);
		m->shelves[m->n_shelves++] = (struct shelf){.tree = t};
	} else {
		tree_free(m->shelves[i].tree);
		m->shelves[i].tree = t;
	}
	changed_tree(m, i);
	return bind_trees(m);
}

/* ---- participants ---- */

static bool
apply_registered(struct market *m, const struct fact *f)
{
	if (f->participant.number != m->n_participants + 1 || !f->participant.content.p ||
	    !f->participant.id.p)
		return false;
	struct participant *p = mem_zalloc(sizeof *p);
	p->number = f->participant.number;
	p->revision = 1;
	p->status = f->participant.status;
	p->id = (struct str){mem_dup(f->participant.id.p, f->participant.id.len),
			     f->participant.id.len};
	p->content = (struct str){mem_dup(f->participant.content.p, f->participant.content.len),
				  f->participant.content.len};
	market_add_participant(m, p);
	participant_read(m, p);
	market_index_participant(m, p);
	changed_participant(m, p);
	return true;
}

/* Packs what a listing states by its body; returns the first row and how many there are. */
static uint32_t
pack_boxes(struct market *m, const struct listing *l, struct str body, uint32_t *ret_n)
{
	struct columns *c = m->floors[l->exchange].columns[l->side];
	return columns_add(c, l->number, body, owner_of(m, l), ret_n);
}

void
listing_take_boxes(struct market *m, struct listing *l, struct str body)
{
	uint32_t n;
	l->row = pack_boxes(m, l, body, &n);
	l->n_rows = (uint8_t)n;
}

/* Takes anew what a listing states; notes it in m->changed where that differs. */
static void
renew_boxes(struct market *m, struct listing *l)
{
	struct columns *c = m->floors[l->exchange].columns[l->side];
	uint32_t n, row = pack_boxes(m, l, market_body(m, l), &n);

	if (l->row && l->n_rows == n && columns_equal(c, l->row, row, n)) {
		columns_remove(c, row, n);
		return;
	}
	if (l->row)
		columns_remove(c, l->row, l->n_rows);
	l->row = row;
	l->n_rows = (uint8_t)n;
	numbers_add(&m->changed, l->number);
}

static struct lookup *
lookup_of(const struct market *m, const struct listing *l)
{
	return m->floors[l->exchange].lookup[l->side];
}

/* Whether it can be matched, and is in its lookup. */
static bool
is_matched(const struct market *m, const struct listing *l)
{
	return l->state == STATE_OPEN && owner_of(m, l)->status == STATUS_MEMBER;
}

/*
 * Every change of a listing's state or boxes, and of its participant's status, happens between
 * these two. The lookups hold what can be matched: open listings of members.
 */
static void
listing_leave(struct market *m, struct listing *l)
{
	if (!l->row)
		return;
	m->n_open -= l->state == STATE_OPEN;
	for (uint32_t i = 0; i < l->n_rows && is_matched(m, l); i++)
		lookup_remove(lookup_of(m, l), l->row + i);
}

static void
listing_enter(struct market *m, struct listing *l)
{
	m->n_open += l->state == STATE_OPEN;
	for (uint32_t i = 0; i < l->n_rows && is_matched(m, l); i++)
		lookup_add(lookup_of(m, l), l->row + i, l->participant, l->opening);
}

/* Rows on their way into one lookup. */
struct arrivals {
	struct arrival *at;
	size_t n, cap;
};

static void
gather(const struct market *m, const struct listing *l, struct arrivals *to)
{
	for (uint32_t box = 0; box < l->n_rows && is_matched(m, l); box++) {
		to->at = mem_grow(to->at, to->n, &to->cap, sizeof *to->at);
		to->at[to->n++] = (struct arrival){l->row + box, l->participant, l->opening};
	}
}

static int
arrival_cmp(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;
	return (x->row > y->row) - (x->row < y->row);
}

void
listings_look_up(struct market *m, size_t exchange)
{
	struct arrivals *to = mem_zalloc(m->n_floors * 2 * sizeof *to);
	for (uint32_t i = 1; i <= m->n_listings; i++) {
		const struct listing *l = listing_at(m, i);
		if (exchange == ALL_EXCHANGES || l->exchange == exchange)
			gather(m, l, &to[l->exchange * 2 + l->side]);
	}
	for (size_t i = 0; i < m->n_floors * 2; i++) {
		struct lookup *lookup = m->floors[i / 2].lookup[i % 2];
		if (to[i].n > 1)
			qsort(to[i].at, to[i].n, sizeof *to[i].at, arrival_cmp);
		if (to[i].n > 0)
			lookup_fill(lookup, to[i].at, to[i].n);
		free(to[i].at);
	}
	free(to);
}

/* Into columns and lookups that are empty. */
static void
settle_anew(struct market *m, size_t exchange)
{
	for (uint32_t i = 1; i <= m->n_listings; i++) {
		struct listing *l = listing_at(m, i);
		if (l->exchange != exchange)
			continue;
		listing_take_boxes(m, l, market_body(m, l));
		numbers_add(&m->changed, l->number);
	}
	listings_look_up(m, exchange);
}

/* What listings state is packed, and looked up, by the definition: anew, unless it changed in
 * nothing that matching reads. */
bool
apply_exchange(struct market *m, struct str definition)
{
	struct exchange *e = exchange_decode(definition);
	if (!e)
		return false;
	int known = market_floor(m, e->name);
	size_t i = known < 0 ? m->n_floors : (size_t)known;
	if (known < 0) {
		m->floors = mem_grow(m->floors, m->n_floors, &m->cap_floors, sizeof *m->floors);
		m->floors[m->n_floors++] = (struct floor){0};
	}
	struct floor *floor = &m->floors[i];
	bool alike = known >= 0 && exchange_matches_alike(floor->exchange, e);
	for (enum side side = NEED; side <= OFFER; side++) {
		if (alike) {
			floor->columns[side]->exchange = e;
			continue;
		}
		lookup_free(floor->lookup[side]);
		columns_clear(floor->columns[side]);
		columns_free(floor->columns[side]);
		floor->columns[side] = columns_new(e, side, m->dict);
		floor->lookup[side] = lookup_new(floor->columns[side]);
	}
	exchange_free(floor->exchange);
	floor->exchange = e;
	changed_exchange(m, i);
	if (!bind_trees(m))
		return false;
	if (!alike)
		settle_anew(m, i);
	return true;
}

static bool
apply_revised(struct market *m, const struct fact *f)
{
	if (f->participant.number - 1 >= m->n_participants || !f->participant.content.p)
		return false;
	struct participant *p = participant_at(m, f->participant.number);
	market_unindex_participant(m, p);
	char *old = (char *)p->content.p;
	p->content = (struct str){mem_dup(f->participant.content.p, f->participant.content.len),
				  f->participant.content.len};
	participant_read(m, p);
	free(old);
	market_index_participant(m, p);
	p->revision++;
	for (size_t i = 0; i < p->n_listings; i++) {
		struct listing *l = listing_at(m, p->listings[i]);
		listing_leave(m, l);
		renew_boxes(m, l);
		listing_enter(m, l);
	}
	changed_participant(m, p);
	return true;
}

static bool
apply_status(struct market *m, const struct fact *f)
{
	if (f->participant.number - 1 >= m->n_participants)
		return false;
	struct participant *p = participant_at(m, f->participant.number);
	for (size_t i = 0; i < p->n_listings; i++)
		listing_leave(m, listing_at(m, p->listings[i]));
	p->status = f->participant.status;
	for (size_t i = 0; i < p->n_listings; i++)
		listing_enter(m, listing_at(m, p->listings[i]));
	p->revision++;
	changed_participant(m, p);
	return true;
}

/* ---- listings ---- */

static struct listing *
new_listing(struct market *m, const struct fact *f)
{
	if (f->listing.number != m->n_listings + 1 ||
	    f->listing.participant - 1 >= m->n_participants || f->listing.exchange >= m->n_floors ||
	    !f->listing.key.p || !f->listing.body.p)
		return NULL;
	return market_new_listing(m, f->listing.participant, f->listing.exchange, f->listing.side,
				  f->listing.key);
}

static bool
is_live(enum listing_state s)
{
	return s == STATE_SCHEDULED || s == STATE_OPEN || s == STATE_PAUSED || s == STATE_PENDING;
}

/* How many days ahead to tell that the listing is about to expire: 0 where that moment has passed,
 * or lies before the listing's start. */
static uint16_t
notice_of(const struct exchange *e, const struct fact *f)
{
	int64_t from = f->listing.valid_from_ms, until = f->listing.valid_until_ms;
	int64_t notice = until - e->notice_days * DAY_MS;
	bool due = is_live(f->listing.state) && until && e->notice_days && notice > f->at_ms &&
		   notice > from;
	return (uint16_t)(due ? e->notice_days : 0);
}

static bool
apply_listing(struct market *m, const struct fact *f)
{
	struct listing *l = f->listing.number - 1 < m->n_listings ? listing_at(m, f->listing.number)
								  : new_listing(m, f);
	if (!l)
		return false;
	if (f->kind == FACT_LISTING_EXPIRING) {
		l->notice_days = 0;
		deadlines_note(m, l);
		changed_listing(m, l);
		return true;
	}
	bool new_content = f->listing.body.p && !str_eq(f->listing.body, market_body(m, l));
	listing_leave(m, l);
	l->revision++;
	l->state = (uint8_t)f->listing.state;
	l->valid_from_ms = f->listing.valid_from_ms;
	l->valid_until_ms = f->listing.valid_until_ms;
	l->notice_days = notice_of(exchange_of(m, l), f);
	if (l->state == STATE_OPEN || l->state == STATE_SCHEDULED)
		l->approved = true;
	else if (new_content)
		l->approved = false;
	if (f->listing.body.p) {
		bodies_hold(&m->bodies, l->number, f->listing.body);
		renew_boxes(m, l);
	}
	if (l->state == STATE_OPEN && l->opening == 0)
		l->opening = ++m->openings;
	listing_enter(m, l);
	deadlines_note(m, l);
	changed_listing(m, l);
	return true;
}

/* ---- matches ---- */

static bool
apply_match(struct market *m, const struct fact *f)
{
	if (f->match.need - 1 >= m->n_listings || f->match.offer - 1 >= m->n_listings)
		return false;
	struct listing *need = listing_at(m, f->match.need), *offer = listing_at(m, f->match.offer);
	struct told_pair *t = told_find(m, need, offer);
	if ((f->kind == FACT_MATCH_MADE) != !t)
		return false;
	uint32_t place = t ? (uint32_t)(t - m->told) : told_place(m);
	if (t) {
		told_remove(m, need, place);
		told_remove(m, offer, place);
	}
	if (f->kind == FACT_MATCH_ENDED) {
		removed_told(m, place);
		return true;
	}
	t = &m->told[place];
	if (f->kind == FACT_MATCH_MADE)
		*t = (struct told_pair){
		    .serial = f->number, .need = f->match.need, .offer = f->match.offer};
	t->score = f->match.score;
	t->need_box = f->match.need_box;
	t->offer_box = f->match.offer_box;
	told_insert(m, need, place);
	told_insert(m, offer, place);
	changed_told(m, place);
	return true;
}

/* ---- the queue ---- */

static void
set_pairs(struct market *m, struct job *j, struct str pairs)
{
	struct mp in = mp_of(pairs);
	j->begun = true;
	j->n_pairs = mp_get_array(&in);
	j->pairs = mem_alloc(j->n_pairs * sizeof *j->pairs);
	for (uint32_t i = 0; i < j->n_pairs; i++)
		j->pairs[i] = (uint32_t)mp_get_uint(&in);
	m->queue_units += j->n_pairs;
}

static bool
apply_added(struct market *m, const struct fact *f)
{
	if (!job_is_sound(m, f->job.kind, f->job.listing, f->job.against))
		return false;
	struct job *j = mem_zalloc(sizeof *j);
	j->serial = ++m->jobs_made;
	j->kind = f->job.kind;
	j->listing = f->job.listing;
	j->against = f->job.against;
	if (f->job.begun) {
		set_pairs(m, j, f->job.pairs);
	} else {
		m->queue_units++;
		if (j->kind == JOB_REFILL)
			listing_at(m, j->listing)->refill_waits = true;
	}
	DL_APPEND(m->queue, j);
	changed_job(m, j);
	return true;
}

static void
remove_head(struct market *m)
{
	struct job *j = m->queue;
	m->queue_units -= j->begun ? j->n_pairs - j->worked : 1;
	DL_DELETE(m->queue, j);
	removed_job(m, j);
	free(j->pairs);
	free(j);
}

static bool
apply_begun(struct market *m, const struct fact *f)
{
	struct job *j = m->queue;
	if (!j || j->begun)
		return false;
	if (j->kind == JOB_REFILL)
		listing_at(m, j->listing)->refill_waits = false;
	m->queue_units--;
	set_pairs(m, j, f->job.pairs);
	if (j->n_pairs == 0)
		remove_head(m);
	else
		changed_job(m, j);
	return true;
}

static bool
apply_worked(struct market *m, const struct fact *f)
{
	struct job *j = m->queue;
	if (!j || !j->begun || f->worked.pairs > j->n_pairs - j->worked)
		return false;
	j->worked += f->worked.pairs;
	m->queue_units -= f->worked.pairs;
	if (f->worked.done)
		remove_head(m);
	return true;
}

/* ---- all ---- */

static bool
apply(struct market *m, const struct fact *f)
{
	switch (f->kind) {
	case FACT_SETTINGS_CHANGED:
		return apply_settings(m, f->definition);
	case FACT_TREE_LOADED:
		return apply_tree(m, f->definition);
	case FACT_EXCHANGE_LOADED:
	case FACT_EXCHANGE_REVISED:
		return apply_exchange(m, f->definition);
	case FACT_PARTICIPANT_REGISTERED:
		return apply_registered(m, f);
	case FACT_PARTICIPANT_REVISED:
		return apply_revised(m, f);
	case FACT_PARTICIPANT_STATUS:
		return apply_status(m, f);
	case FACT_LISTING_DRAFTED:
	case FACT_LISTING_SCHEDULED:
	case FACT_LISTING_OPENED:
	case FACT_LISTING_REVISED:
	case FACT_LISTING_PAUSED:
	case FACT_LISTING_RESUMED:
	case FACT_LISTING_RENEWED:
	case FACT_LISTING_WITHDRAWN:
	case FACT_LISTING_EXPIRED:
	case FACT_LISTING_SUBMITTED:
	case FACT_LISTING_APPROVED:
	case FACT_LISTING_REJECTED:
	case FACT_LISTING_EXPIRING:
		return apply_listing(m, f);
	case FACT_MATCH_MADE:
	case FACT_MATCH_CHANGED:
	case FACT_MATCH_ENDED:
		return apply_match(m, f);
	case FACT_QUEUE_ADDED:
		return apply_added(m, f);
	case FACT_QUEUE_BEGUN:
		return apply_begun(m, f);
	case FACT_QUEUE_WORKED:
		return apply_worked(m, f);
	}
	return false;
}

bool
market_apply(struct market *m, const struct fact *f)
{
	m->changed.len = 0;
	if (f->number != m->head + 1 || f->at_ms < m->stamp_ms || !apply(m, f))
		return false;
	m->head = f->number;
	m->stamp_ms = f->at_ms;
	return true;
}
