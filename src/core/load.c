/*
 * Taking rows back at start: each into its place, then, when all are there, what is derived from
 * them. A row is not trusted further than its checksum: numbers that point at other rows are
 * checked.
 */

#include "core/state.h"

#include "util/mp.h"

#include <utlist.h>

static bool
load_counters(struct market *m, struct mp *in)
{
	mp_get_array(in);
	m->head = mp_get_uint(in);
	m->stamp_ms = mp_get_int(in);
	m->openings = (uint32_t)mp_get_uint(in);
	m->jobs_made = mp_get_uint(in);
	m->head_worked = (uint32_t)mp_get_uint(in);
	return !in->failed;
}

static bool
load_participant(struct market *m, uint64_t key, struct mp *in, uint64_t checksum)
{
	struct participant *p = mem_zalloc(sizeof *p);
	mp_get_array(in);
	struct str id = mp_get_str(in);
	p->status = (enum status)mp_get_uint(in);
	p->revision = (uint32_t)mp_get_uint(in);
	struct str content = mp_get_raw(in);
	p->number = (uint32_t)key;
	p->checksum = checksum;
	p->id = (struct str){mem_dup(id.p, id.len), id.len};
	p->content = (struct str){mem_dup(content.p, content.len), content.len};
	if (in->failed || key != m->n_participants + 1 || p->status > STATUS_EXCLUDED) {
		participant_free(p);
		return false;
	}
	market_add_participant(m, p);
	return true;
}

static bool
load_listing(struct market *m, uint64_t key, struct mp *in, uint64_t checksum)
{
	mp_get_array(in);
	uint32_t participant = (uint32_t)mp_get_uint(in);
	uint32_t exchange = (uint32_t)mp_get_uint(in);
	uint32_t side = (uint32_t)mp_get_uint(in), state = (uint32_t)mp_get_uint(in);
	struct listing read = {0};
	read.revision = (uint32_t)mp_get_uint(in);
	read.opening = (uint32_t)mp_get_uint(in);
	read.valid_from_ms = mp_get_int(in);
	read.valid_until_ms = mp_get_int(in);
	int64_t notice_ms = mp_get_int(in), ahead_ms = read.valid_until_ms - notice_ms;
	read.approved = mp_get_bool(in);
	struct str name = mp_get_str(in);
	struct str body = mp_get_raw(in);
	if (in->failed || key != m->n_listings + 1 || participant - 1 >= m->n_participants ||
	    exchange >= m->n_floors || side > OFFER || state > STATE_PENDING ||
	    name.len > MAX_ID + 1 ||
	    (notice_ms && (ahead_ms <= 0 || ahead_ms % DAY_MS || ahead_ms / DAY_MS > MAX_DAYS)))
		return false;
	struct listing *l = market_new_listing(m, participant, exchange, (enum side)side, name);
	if (!m->bodies.keeper.row)
		bodies_hold(&m->bodies, l->number, body);
	l->checksum = checksum;
	l->state = (uint8_t)state;
	l->revision = read.revision;
	l->opening = read.opening;
	l->valid_from_ms = read.valid_from_ms;
	l->valid_until_ms = read.valid_until_ms;
	l->notice_days = (uint16_t)(notice_ms ? ahead_ms / DAY_MS : 0);
	l->approved = read.approved;
	listing_take_boxes(m, l, body); /* while it is at hand */
	return true;
}

/* All are there: what one says of another can be read. */
static void
read_participants(struct market *m)
{
	for (size_t i = 0; i < m->n_participants; i++) {
		participant_read(m, m->participants[i]);
		market_index_participant(m, m->participants[i]);
	}
}

static bool
load_told(struct market *m, uint64_t key, struct mp *in, uint64_t checksum)
{
	uint32_t place = told_place(m);
	struct told_pair *t = &m->told[place];
	mp_get_array(in);
	*t = (struct told_pair){.serial = key, .checksum = checksum};
	t->need = (uint32_t)mp_get_uint(in);
	t->offer = (uint32_t)mp_get_uint(in);
	t->score = (uint16_t)mp_get_uint(in);
	t->need_box = (uint8_t)mp_get_uint(in);
	t->offer_box = (uint8_t)mp_get_uint(in);
	return !in->failed && t->need - 1 < m->n_listings && t->offer - 1 < m->n_listings;
}

static bool
load_job(struct market *m, uint64_t key, struct mp *in, uint64_t checksum)
{
	struct job *j = mem_zalloc(sizeof *j);
	mp_get_array(in);
	j->serial = key;
	j->checksum = checksum;
	j->kind = (enum job_kind)mp_get_uint(in);
	j->listing = (uint32_t)mp_get_uint(in);
	j->against = (uint32_t)mp_get_uint(in);
	j->begun = mp_get_bool(in);
	j->n_pairs = mp_get_array(in);
	if (j->begun)
		j->pairs = mem_alloc(j->n_pairs * sizeof *j->pairs);
	for (uint32_t i = 0; j->begun && i < j->n_pairs; i++)
		j->pairs[i] = (uint32_t)mp_get_uint(in);
	DL_APPEND(m->queue, j);
	return !in->failed && job_is_sound(m, j->kind, j->listing, j->against);
}

bool
market_load_row(struct market *m, enum table table, uint64_t key, struct str bytes,
		uint64_t checksum)
{
	struct mp in = mp_of(bytes);
	if (market_row_checksum(table, key, bytes) != checksum)
		return false;
	m->digest += checksum;
	switch (table) {
	case TABLE_COUNTERS:
		m->counters_checksum = checksum;
		return load_counters(m, &in);
	case TABLE_SETTINGS:
		m->settings_checksum = checksum;
		return apply_settings(m, bytes);
	case TABLE_TREE:
		return key == m->n_shelves && apply_tree(m, bytes) &&
		       (m->shelves[key].checksum = checksum);
	case TABLE_EXCHANGE:
		return key == m->n_floors && apply_exchange(m, bytes) &&
		       (m->floors[key].checksum = checksum);
	case TABLE_PARTICIPANT:
		return load_participant(m, key, &in, checksum);
	case TABLE_LISTING:
		if (m->n_listings == 0)
			read_participants(m);
		return load_listing(m, key, &in, checksum);
	case TABLE_TOLD:
		return load_told(m, key, &in, checksum);
	case TABLE_JOB:
		return load_job(m, key, &in, checksum);
	case TABLES:
		break;
	}
	return false;
}

/* ---- after loading: what is derived ---- */

/* A place with its rank in one listing, for sorting told pairs at once where inserting one by one
 * would be slow. */
struct place_rank {
	uint32_t place, opening;
	uint16_t score;
};

static int
place_rank_cmp(const void *a, const void *b)
{
	const struct place_rank *x = a, *y = b;
	return rank_cmp(x->score, x->opening, y->score, y->opening);
}

static void
append_told(struct listing *l, uint32_t place)
{
	told_make_room(l);
	l->told[l->n_told++] = place;
}

static void
sort_told(const struct market *m, struct listing *l)
{
	if (l->n_told < 2)
		return;
	struct place_rank *ranks = mem_alloc(l->n_told * sizeof *ranks);
	for (uint32_t i = 0; i < l->n_told; i++) {
		const struct told_pair *t = &m->told[l->told[i]];
		ranks[i] = (struct place_rank){
		    l->told[i], listing_at(m, told_counterpart(t, l))->opening, t->score};
	}
	qsort(ranks, l->n_told, sizeof *ranks, place_rank_cmp);
	for (uint32_t i = 0; i < l->n_told; i++)
		l->told[i] = ranks[i].place;
	free(ranks);
}

static bool
settle_queue(struct market *m)
{
	struct job *j;
	if (m->head_worked && (!m->queue || m->head_worked > m->queue->n_pairs))
		return false;
	if (m->queue)
		m->queue->worked = m->head_worked;
	DL_FOREACH(m->queue, j)
	{
		m->queue_units += j->begun ? j->n_pairs - j->worked : 1;
		if (j->kind == JOB_REFILL && !j->begun)
			listing_at(m, j->listing)->refill_waits = true;
	}
	return true;
}

bool
market_loaded(struct market *m)
{
	if (m->n_listings == 0)
		read_participants(m);
	listings_look_up(m, ALL_EXCHANGES);
	for (uint32_t i = 1; i <= m->n_listings; i++) {
		m->n_open += listing_at(m, i)->state == STATE_OPEN;
		deadlines_note(m, listing_at(m, i));
	}
	for (uint32_t i = 0; i < m->n_places; i++) {
		append_told(listing_at(m, m->told[i].need), i);
		append_told(listing_at(m, m->told[i].offer), i);
	}
	for (uint32_t i = 1; i <= m->n_listings; i++)
		sort_told(m, listing_at(m, i));
	m->changed.len = 0;
	forget_changes(m);
	return settle_queue(m);
}
