/*
 * What a consumer should have been given, by a plain reading of docs/protocol.md: from the bodies of
 * all facts in order, without filters, searches, notes and views of the daemon.
 */

#include "sim.h"

#include "core/market.h"
#include "daemon/publish.h"
#include "util/mem.h"
#include "util/mp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LISTINGS = 64, NO_PRICE = INT32_MAX };

struct seen_listing {
	char id[24];
	bool offer, open;
	char process[16];
	int64_t price; /* what an offer asks, or a need pays */
};

struct truth {
	const struct wish *wish;
	struct seen_listing listings[LISTINGS];
	size_t n_listings;
	/* by need and offer */
	bool in_view[LISTINGS][LISTINGS], told[LISTINGS][LISTINGS];
	/*
	 * What was told before a search that begins with the state comes into its view a little later,
	 * so that whether it is told of what leaves before depends on the moment. What was given as
	 * standing must not have left unsaid.
	 */
	bool unsure[LISTINGS][LISTINGS], unsaid[LISTINGS][LISTINGS];
	bool untouched[LISTINGS][LISTINGS]; /* in view since the beginning, without a fact */
	bool may_be_left_out;		    /* the fact at hand */
	int64_t score[LISTINGS][LISTINGS];
};

static struct seen_listing *
listing(struct truth *t, struct str id)
{
	for (size_t i = 0; i < t->n_listings; i++)
		if (str_eq(str_of(t->listings[i].id), id))
			return &t->listings[i];
	struct seen_listing *l = &t->listings[t->n_listings++];
	snprintf(l->id, sizeof l->id, "%.*s", STR_FMT(id));
	return l;
}

static struct str
text(struct mp body, const char *key)
{
	struct mp at = mp_find(body, str_of(key));
	return mp_get_str(&at);
}

static bool
is_match(struct mp body)
{
	struct str kind = text(body, "fact");
	return kind.len > 6 && memcmp(kind.p, "match.", 6) == 0;
}

/* "milling" or {"from": 300}, as they are shown. */
static void
read_fields(struct seen_listing *l, struct mp body)
{
	struct mp fields = mp_find(body, STR("fields"));
	struct mp price = mp_find(fields, STR("unit_price"));
	struct mp end = mp_find(price, l->offer ? STR("from") : STR("to"));
	if (mp_peek(&fields) == MP_END)
		return;
	snprintf(l->process, sizeof l->process, "%.*s", STR_FMT(text(fields, "process")));
	l->price = mp_get_int(&end);
}

static bool
is_search(const struct wish *w)
{
	return w->price > 0;
}

static bool
is_picky(const struct wish *w)
{
	return is_search(w) || w->min_score > 0;
}

/* An offer meets what a need would state: its process among the offer's, its price not above. */
static bool
meets(const struct wish *w, const struct seen_listing *l)
{
	return l->offer && strcmp(l->process, w->process) == 0 && l->price <= w->price;
}

static bool
is_of(struct str id, const char *participant)
{
	size_t len = strlen(participant);
	return id.len > len && memcmp(id.p, participant, len) == 0 && id.p[len] == '/';
}

static bool
wants_match(struct truth *t, struct mp body, struct str kind)
{
	const struct wish *w = t->wish;
	struct str need = text(body, "need"), offer = text(body, "offer");
	struct seen_listing *n = listing(t, need), *o = listing(t, offer);
	struct mp score_at = mp_find(body, STR("score"));
	int64_t score = mp_get_int(&score_at);
	bool *told = &t->told[n - t->listings][o - t->listings];
	bool *view = &t->in_view[n - t->listings][o - t->listings];
	bool ended = str_eq(kind, STR("match.ended"));
	bool covered = !w->participant || is_of(need, w->participant);
	bool now = !ended && covered && score >= w->min_score && (!is_search(w) || meets(w, o));
	bool *unsure = &t->unsure[n - t->listings][o - t->listings];
	bool passes = now || *view;
	t->may_be_left_out = *unsure && !now;
	t->unsaid[n - t->listings][o - t->listings] = false;
	t->untouched[n - t->listings][o - t->listings] = false;
	if (now || ended)
		*unsure = false;
	*told = !ended;
	t->score[n - t->listings][o - t->listings] = score;
	*view = now;
	if (!is_picky(w))
		passes = covered;
	return passes && (!w->kind || str_eq(kind, str_of(w->kind)));
}

static bool
wants_listing(struct truth *t, struct mp body, struct str kind)
{
	const struct wish *w = t->wish;
	struct str id = text(body, "listing");
	struct seen_listing *l = listing(t, id);
	l->offer = str_eq(text(body, "side"), STR("offer"));
	l->open = str_eq(text(body, "state"), STR("open"));
	read_fields(l, body);
	if (w->kind && !str_eq(kind, str_of(w->kind)))
		return false;
	if (w->side && l->offer != (strcmp(w->side, "offer") == 0))
		return false;
	if (w->participant && !is_of(id, w->participant))
		return false;
	return !is_search(w) || meets(w, l);
}

/* Goes on by one fact; whether it is due to whoever wishes so. */
static bool
is_wanted(struct truth *t, struct mp body)
{
	const struct wish *w = t->wish;
	struct str kind = text(body, "fact");
	if (is_match(body))
		return wants_match(t, body, kind);
	if (kind.len > 8 && memcmp(kind.p, "listing.", 8) == 0)
		return wants_listing(t, body, kind);
	/* about a participant, or an exchange */
	if (w->side || w->kind || is_search(w))
		return false;
	return !w->participant || str_eq(text(body, "participant"), str_of(w->participant));
}

/* What stands, by what a consumer was told: told pairs and open listings that it may know of. */
static void
follow_given(struct truth *t, struct mp body)
{
	struct str kind = text(body, "fact");
	if (is_match(body)) {
		struct seen_listing *n = listing(t, text(body, "need")),
				    *o = listing(t, text(body, "offer"));
		t->told[n - t->listings][o - t->listings] = !str_eq(kind, STR("match.ended"));
	} else if (kind.len > 8 && memcmp(kind.p, "listing.", 8) == 0) {
		listing(t, text(body, "listing"))->open = str_eq(text(body, "state"), STR("open"));
	}
}

/* With the state first: what the consumer believes to stand is what stands. Only for wishes that
 * everything passes: what has left a search is not told of. */
static void
check_state(struct consumer *c, struct truth *truth)
{
	struct truth *mine = mem_zalloc(sizeof *mine);
	for (size_t i = 0; i < c->n_given; i++)
		follow_given(mine, mp_of(c->given[i].body));
	for (size_t i = 0; i < truth->n_listings; i++) {
		const struct seen_listing *l = &truth->listings[i];
		struct seen_listing *m = listing(mine, str_of(l->id));
		c->sim->checked++;
		if (m->open != l->open)
			sim_wrong(c->sim, "consumer %u: believes that %s is %s", c->actor, l->id,
				  m->open ? "open" : "not open");
		for (size_t k = 0; k < truth->n_listings; k++) {
			struct seen_listing *o = listing(mine, str_of(truth->listings[k].id));
			m = listing(mine, str_of(l->id));
			if (mine->told[m - mine->listings][o - mine->listings] != truth->told[i][k])
				sim_wrong(c->sim, "consumer %u: is wrong about %s and %s", c->actor,
					  l->id, o->id);
		}
	}
	free(mine);
}

static bool
because_of_itself(const struct consumer *c, const struct given *g)
{
	struct mp names = mp_of(g->because);
	uint32_t n = mp_get_array(&names);
	while (n-- > 0)
		if (str_eq(mp_get_str(&names), str_of(c->name)))
			return true;
	return false;
}

/* One fact that is due: it must be the next that was given. */
static bool
check_given(struct consumer *c, size_t *at, uint64_t number, const struct buf *body)
{
	c->sim->checked++;
	if (*at == c->n_given || c->given[*at].number != number) {
		sim_wrong(c->sim,
			  "consumer %u (%s): fact %" PRIu64 " is due, %" PRIu64 " was given",
			  c->actor, c->name, number, *at < c->n_given ? c->given[*at].number : 0);
		return false;
	}
	const struct given *g = &c->given[(*at)++];
	if (!str_eq(g->body, buf_str(body)))
		sim_wrong(c->sim, "consumer %u: fact %" PRIu64 " has another body", c->actor,
			  number);
	if (is_match(mp_of(g->body)) && !because_of_itself(c, g))
		sim_wrong(c->sim, "consumer %u: fact %" PRIu64 " is not because of it", c->actor,
			  number);
	return true;
}

/* The view begins with what is told and passes, where the state came first, and else empty. */
static void
begin_view(struct truth *t)
{
	const struct wish *w = t->wish;
	for (size_t n = 0; n < t->n_listings; n++)
		for (size_t o = 0; o < t->n_listings; o++)
			t->in_view[n][o] = t->unsure[n][o] = t->untouched[n][o] =
			    w->state && t->told[n][o] && t->score[n][o] >= w->min_score &&
			    (!is_search(w) || meets(w, &t->listings[o]));
}

/* A fact that may be left out, and was. */
static bool
is_left_out(struct consumer *c, struct truth *t, size_t at, uint64_t number, struct mp body)
{
	if (!t->may_be_left_out || (at < c->n_given && c->given[at].number == number))
		return false;
	size_t n = (size_t)(listing(t, text(body, "need")) - t->listings),
	       o = (size_t)(listing(t, text(body, "offer")) - t->listings);
	t->unsaid[n][o] = true;
	return true;
}

/* Whether the state first is what stood: what has left since was said to, and nothing is missing
 * that has stood all along. */
static void
check_standing(struct consumer *c, struct truth *t)
{
	const struct wish *w = t->wish;
	for (size_t i = 0; i < c->n_given && c->given[i].state != UINT64_MAX; i++) {
		struct mp body = mp_of(c->given[i].body);
		struct str need = text(body, "need"), offer = text(body, "offer");
		if (!need.p)
			continue;
		size_t n = (size_t)(listing(t, need) - t->listings),
		       o = (size_t)(listing(t, offer) - t->listings);
		t->untouched[n][o] = false;
		if (t->unsaid[n][o])
			sim_wrong(c->sim, "consumer %u: is not told that %.*s and %.*s has left",
				  c->actor, STR_FMT(need), STR_FMT(offer));
	}
	for (size_t n = 0; n < t->n_listings; n++)
		for (size_t o = 0; o < t->n_listings; o++)
			if (t->untouched[n][o] && !w->kind &&
			    (!w->participant || is_of(str_of(t->listings[n].id), w->participant)))
				sim_wrong(c->sim, "consumer %u: was never given %s and %s",
					  c->actor, t->listings[n].id, t->listings[o].id);
}

void
truth_check(struct consumer *c)
{
	struct truth *t = mem_zalloc(sizeof *t);
	struct buf body = BUF_EMPTY;
	size_t at = 0;
	t->wish = &c->wish;
	for (; at < c->n_given && c->given[at].state != UINT64_MAX; at++)
		if (is_match(mp_of(c->given[at].body)) && !because_of_itself(c, &c->given[at]))
			sim_wrong(c->sim, "consumer %u: a standing match is not because of it",
				  c->actor);
	for (uint64_t number = 1; number <= c->sim->disk.n_facts; number++) {
		struct fact f;
		buf_clear(&body);
		if (number == c->began + 1)
			begin_view(t);
		if (!fact_decode(c->sim->disk.facts[number - 1].bytes, &f)) {
			sim_wrong(c->sim, "fact %" PRIu64 " cannot be read", number);
			break;
		}
		if (!publish_body(process_market(c->sim->process), &f, &body))
			continue;
		t->may_be_left_out = false;
		if (is_wanted(t, mp_of(buf_str(&body))) && number > c->began &&
		    !is_left_out(c, t, at, number, mp_of(buf_str(&body))) &&
		    !check_given(c, &at, number, &body))
			break;
	}
	check_standing(c, t);
	if (c->sim->violation[0] == '\0' && at != c->n_given)
		sim_wrong(c->sim, "consumer %u: was given fact %" PRIu64 ", which is not due",
			  c->actor, c->given[at].number);
	if (c->wish.state && !is_picky(&c->wish) && c->sim->violation[0] == '\0')
		check_state(c, t);
	buf_free(&body);
	free(t);
}
