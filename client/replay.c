/* Check and replay: asking matchd where the streams stand, and for the facts that are missing. */

#include "client/clock.h"
#include "client/follower.h"

#include <stdlib.h>

enum {
	RETRY_MS = 100,
	PAGE = 1000, /* facts looked at per question */
};

void
replay_begin(struct matchd_follower *f, enum stage stage)
{
	f->stage = stage;
	f->asked = false;
	f->ask_ms = 0;
}

/* ---- what was answered ---- */

static struct mp
result(const struct matchd_reply *r, const char *name)
{
	return mp_find(mp_of(buf_str(&r->bytes)), str_of(name));
}

/*
 * Compares the reply's epoch and head with what is known. Another epoch, or a head below what is
 * known to have been (a store put back from a copy), makes all numbers void: MATCHD_EPOCH_CHANGED.
 */
static int
read_epoch(struct matchd_follower *f, const struct matchd_reply *r, uint64_t *ret_head)
{
	struct mp epoch_at = result(r, "epoch"), head_at = result(r, "head");
	struct str epoch = mp_get_bin(&epoch_at);
	*ret_head = mp_get_uint(&head_at);
	if (head_at.failed || epoch_at.failed || epoch.len != PROTO_EPOCH)
		return MATCHD_E_PROTOCOL;

	bool first = !f->epoch_known;
	bool same = first || memcmp(f->epoch, epoch.p, PROTO_EPOCH) == 0;
	uint64_t known = f->stage == REPLAY ? f->goal : f->last;
	memcpy(f->epoch, epoch.p, PROTO_EPOCH);
	f->epoch_known = true;
	if (same && *ret_head >= known)
		return MATCHD_OK;
	if (first)
		return MATCHD_E_USAGE; /* to begin behind the last fact is a mistake, and no new
					  store */
	f->last = 0;
	replay_begin(f, CHECK);
	return MATCHD_EPOCH_CHANGED;
}

static int
compare_names(const void *name, const void *row)
{
	return str_cmp(*(const struct str *)name, str_of(*(char *const *)row));
}

/* The followed stream of that name, or NULL. */
static const char *
find_stream(const struct matchd_follower *f, struct str name)
{
	char **row = bsearch(&name, f->streams, f->n_streams, sizeof *f->streams, compare_names);
	return row ? *row : NULL;
}

/* How many followed streams have their head above `last`; *ret_one is one of them. */
static size_t
count_lagging(const struct matchd_follower *f, struct mp heads, const char **ret_one)
{
	size_t lagging = 0;
	uint32_t n = mp_get_map(&heads);
	for (uint32_t i = 0; i < n && !heads.failed; i++) {
		const char *stream = find_stream(f, mp_get_str(&heads));
		uint64_t head = mp_get_uint(&heads);
		if (!stream || head <= f->last)
			continue;
		*ret_one = stream;
		lagging++;
	}
	return lagging;
}

/* The facts below `first` are not kept any more. The next check goes on behind them. */
static int
tell_lost(struct matchd_follower *f, uint64_t first)
{
	f->lost_from = f->last + 1;
	f->lost_to = first - 1;
	f->last = f->lost_to;
	replay_begin(f, CHECK);
	return MATCHD_LAGGED;
}

/* The streams' heads are known: either there is something to replay up to the head seen, or there
 * is nothing of ours up to it. */
static int
take_heads(struct matchd_follower *f, const struct matchd_reply *r)
{
	uint64_t head;
	const char *one = NULL;
	int rc = read_epoch(f, r, &head);
	if (rc != MATCHD_OK)
		return rc;

	struct mp first_at = result(r, "first");
	uint64_t first = mp_peek(&first_at) == MP_INT ? mp_get_uint(&first_at) : 0;
	f->check_ms = clock_ms() + f->ask->check_ms;
	size_t lagging = f->n_streams ? count_lagging(f, result(r, "heads"), &one) : head > f->last;
	if (lagging && first > f->last + 1)
		return tell_lost(f, first);
	replay_begin(f, lagging ? REPLAY : LIVE);
	f->next = f->last + 1;
	f->goal = head;
	f->filter = lagging == 1 ? one : NULL;
	if (!lagging)
		f->last = head;
	return STEP_AGAIN;
}

static int
read_page(struct matchd_follower *f, const struct matchd_reply *r)
{
	uint64_t head;
	int rc = read_epoch(f, r, &head);
	if (rc != MATCHD_OK)
		return rc;
	struct mp next_at = result(r, "next"), facts = result(r, "facts");
	uint64_t next = mp_get_uint(&next_at);
	uint32_t n = mp_get_array(&facts);
	/* A page that does not get further would be asked for for ever. */
	if (next_at.failed || facts.failed || next <= f->next)
		return MATCHD_E_PROTOCOL;
	f->next = next;
	f->facts = facts;
	f->facts_left = n;
	if (f->n_streams == 0)
		f->goal = head;
	return STEP_AGAIN;
}

/* ---- asking ---- */

static const char *
write_question(const struct matchd_follower *f, struct buf *out)
{
	if (f->stage == CHECK) {
		mp_put_map(out, 1);
		mp_put_text(out, "streams");
		mp_put_array(out, (uint32_t)f->n_streams);
		for (size_t i = 0; i < f->n_streams; i++)
			mp_put_text(out, f->streams[i]);
		return "streams.heads";
	}
	mp_put_map(out, f->filter ? 3 : 2);
	mp_put_text(out, "from");
	mp_put_uint(out, f->next);
	mp_put_text(out, "limit");
	mp_put_int(out, PAGE);
	if (f->filter) {
		mp_put_text(out, "stream");
		mp_put_text(out, f->filter);
	}
	return "facts.read";
}

/* Sends the stage's question if it can go out now, else tries again a little later. */
static int
send_question(struct matchd_follower *f)
{
	if (clock_ms() < f->ask_ms)
		return STEP_WAIT;
	struct buf args = BUF_EMPTY;
	const char *cmd = write_question(f, &args);
	int rc = connection_try_send(f->ask, cmd, buf_str(&args), NULL);
	buf_free(&args);
	f->asked = rc == MATCHD_OK;
	f->ask_ms = clock_ms() + (f->asked ? f->ask->timeout_ms : RETRY_MS);
	return rc == MATCHD_OK || rc == MATCHD_UNREACHABLE ? STEP_WAIT : rc;
}

/* Asks again over a new socket. */
static int
give_up(struct matchd_follower *f)
{
	f->asked = false;
	f->ask_ms = 0;
	return follower_connect_ask(f, true);
}

static int
take_refusal(struct matchd_follower *f, struct matchd_reply *r)
{
	/* A core that restarts is no reason to give up. */
	if (strcmp(r->error.code, "core_unavailable") == 0) {
		f->ask_ms = clock_ms() + RETRY_MS;
		matchd_reply_free(r);
		return STEP_AGAIN;
	}
	/* A check says which are gone. All that was looked at before has been given. */
	if (f->stage == REPLAY && strcmp(r->error.code, "facts_gone") == 0) {
		f->last = f->next - 1;
		replay_begin(f, CHECK);
		f->ask_ms = clock_ms() + RETRY_MS;
		matchd_reply_free(r);
		return STEP_AGAIN;
	}
	f->page = r;
	f->check_ms = clock_ms() + f->ask->check_ms;
	replay_begin(f, LIVE);
	return MATCHD_REFUSED;
}

static int
take_answer(struct matchd_follower *f, struct matchd_reply *r)
{
	int rc = f->stage == CHECK ? take_heads(f, r) : read_page(f, r);
	if (f->stage == REPLAY && rc == STEP_AGAIN && f->facts_left > 0)
		f->page = r;
	else
		matchd_reply_free(r);
	return rc;
}

static int
receive_answer(struct matchd_follower *f)
{
	struct matchd_reply *r = NULL;
	int rc = connection_try_receive(f->ask, &r);
	if (rc == MATCHD_TIMEOUT && clock_ms() < f->ask_ms)
		return STEP_WAIT;
	if (rc != MATCHD_OK && rc != MATCHD_REFUSED) {
		int again = give_up(f);
		return again != MATCHD_OK ? again : rc == MATCHD_TIMEOUT ? STEP_AGAIN : rc;
	}
	f->asked = false;
	f->ask_ms = 0;
	return rc == MATCHD_OK ? take_answer(f, r) : take_refusal(f, r);
}

/* A replay ends here, where nothing up to its goal is left to be looked at. */
int
replay_step(struct matchd_follower *f)
{
	if (f->stage == REPLAY && f->next > f->goal) {
		f->last = f->goal;
		replay_begin(f, LIVE);
		return STEP_AGAIN;
	}
	return f->asked ? receive_answer(f) : send_question(f);
}

int
replay_first_check(struct matchd_follower *f, bool from_now, struct matchd_reply **ret_error)
{
	struct buf args = BUF_EMPTY;
	struct matchd_reply *r = NULL;
	replay_begin(f, CHECK);
	const char *cmd = write_question(f, &args);
	int rc = matchd_call(f->ask, cmd, args.data, args.len, &r);
	buf_free(&args);
	if (rc == MATCHD_REFUSED && ret_error) {
		*ret_error = r;
		return rc;
	}
	if (rc == MATCHD_OK && from_now) {
		/* Whatever epoch it is, and wherever it stands: that is now. */
		struct mp head_at = result(r, "head");
		f->epoch_known = false;
		f->last = mp_get_uint(&head_at);
		rc = take_heads(f, r) == STEP_AGAIN ? MATCHD_OK : MATCHD_E_PROTOCOL;
	}
	/* Otherwise the first step asks again, and tells of an epoch that is not the caller's. */
	matchd_reply_free(r);
	return rc;
}

/* ---- giving ---- */

static bool
concerns_us(const struct matchd_follower *f, struct mp streams)
{
	uint32_t n = mp_get_map(&streams);
	for (uint32_t i = 0; i < n && !streams.failed; i++) {
		if (find_stream(f, mp_get_str(&streams)))
			return true;
		mp_get_raw(&streams);
	}
	return f->n_streams == 0;
}

int
replay_give(struct matchd_follower *f, struct matchd_fact *ret)
{
	while (f->facts_left > 0) {
		f->facts_left--;
		struct mp fact = f->facts;
		mp_get_raw(&f->facts);
		struct mp number_at = mp_find(fact, STR("number"));
		struct mp body_at = mp_find(fact, STR("body"));
		uint64_t number = mp_get_uint(&number_at);
		struct str body = mp_get_raw(&body_at);
		if (number_at.failed || body_at.failed)
			return MATCHD_E_PROTOCOL;
		if (number <= f->goal && concerns_us(f, mp_find(fact, STR("streams"))))
			return follower_give(f, number, body, ret);
	}
	matchd_reply_free(f->page);
	f->page = NULL;
	return STEP_AGAIN;
}
