#include "client/clock.h"
#include "client/follower.h"
#include "util/mem.h"

#include <stdlib.h>

enum {
	MAX_FOLLOWED = 1000,
	MAX_STREAM = 66, /* bytes of a stream's name */
};

int
follower_give(struct matchd_follower *f, uint64_t number, struct str body, struct matchd_fact *ret)
{
	struct mp kind_at = mp_find(mp_of(body), STR("fact"));
	struct mp at = mp_find(mp_of(body), STR("at"));
	struct str kind = mp_get_str(&kind_at);
	int64_t at_ms = mp_get_int(&at);
	if (kind_at.failed || at.failed || kind.len >= sizeof f->kind)
		return MATCHD_E_PROTOCOL;
	memcpy(f->kind, kind.p, kind.len);
	f->kind[kind.len] = '\0';
	f->last = number;
	*ret = (struct matchd_fact){
	    .number = number,
	    .at_ms = at_ms,
	    .kind = f->kind,
	    .body = body.p,
	    .len = body.len,
	};
	return MATCHD_OK;
}

/* One message of the feed: given, passed over, or the reason for a check. */
static int
take_message(struct matchd_follower *f, const struct feed_message *m, struct matchd_fact *ret)
{
	bool first = m->heartbeat && !f->heard;
	f->heard |= m->heartbeat;
	f->silent_ms = clock_deadline(FEED_SILENCE_MS);
	if (!first && memcmp(m->epoch, f->epoch, PROTO_EPOCH) == 0) {
		/* A heartbeat above `last` need not concern named streams, so these have time. */
		bool may_wait = m->heartbeat && f->n_streams > 0 && clock_ms() < f->check_ms;
		if (m->number <= f->last || may_wait)
			return STEP_AGAIN;
		if (f->n_streams == 1 && !m->heartbeat && m->prev <= f->last)
			return follower_give(f, m->number, m->body, ret);
	}
	replay_begin(f, CHECK);
	return STEP_AGAIN;
}

static int
listen(struct matchd_follower *f, struct matchd_fact *ret)
{
	struct feed_message m;
	switch (feed_receive(&f->feed, &m)) {
	case FEED_MESSAGE:
		return take_message(f, &m, ret);
	case FEED_FAILED:
		return MATCHD_E_SYSTEM;
	}
	if (clock_ms() < f->silent_ms)
		return STEP_WAIT;
	int rc = follower_connect_feed(f);
	return rc == MATCHD_OK ? STEP_WAIT : rc;
}

/* Does the next thing that can be done. Returns a public code, STEP_AGAIN or STEP_WAIT. */
static int
step(struct matchd_follower *f, struct matchd_fact *ret)
{
	if (f->page)
		return replay_give(f, ret);
	return f->stage == LIVE ? listen(f, ret) : replay_step(f);
}

int
matchd_follow_next(struct matchd_follower *f, int timeout_ms, struct matchd_fact *ret)
{
	int64_t deadline = clock_deadline(timeout_ms);
	if (f->page && !f->page->ok) {
		matchd_reply_free(f->page);
		f->page = NULL;
	}
	for (;;) {
		int rc = step(f, ret);
		if (rc == STEP_WAIT) {
			rc = follower_wait(f, deadline);
			if (rc != MATCHD_OK)
				return rc;
		} else if (rc != STEP_AGAIN) {
			return rc;
		}
	}
}

bool
matchd_follow_error(const struct matchd_follower *f, struct matchd_error *ret)
{
	return f->page && matchd_reply_error(f->page, ret);
}

void
matchd_follow_lost(const struct matchd_follower *f, uint64_t *ret_from, uint64_t *ret_to)
{
	*ret_from = f->lost_from;
	*ret_to = f->lost_to;
}

const uint8_t *
matchd_follow_epoch(const struct matchd_follower *f)
{
	return f->epoch;
}

int
matchd_follow_fd(const struct matchd_follower *f)
{
	return f->waiter.epoll_fd;
}

/* ---- opening and closing ---- */

static int
compare_rows(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
drop_repeated(struct matchd_follower *f)
{
	size_t kept = 0;
	for (size_t i = 0; i < f->n_streams; i++) {
		if (kept > 0 && strcmp(f->streams[kept - 1], f->streams[i]) == 0)
			free(f->streams[i]);
		else
			f->streams[kept++] = f->streams[i];
	}
	f->n_streams = kept;
}

static int
copy_streams(struct matchd_follower *f, const char *const *streams, size_t n)
{
	if (n > MAX_FOLLOWED)
		return MATCHD_E_USAGE;
	f->streams = mem_zalloc((n + 1) * sizeof *f->streams);
	for (; f->n_streams < n; f->n_streams++) {
		const char *name = streams[f->n_streams];
		if (strlen(name) > MAX_STREAM || strchr(name, '/'))
			return MATCHD_E_USAGE;
		f->streams[f->n_streams] = mem_dup(name, strlen(name));
	}
	qsort(f->streams, n, sizeof *f->streams, compare_rows);
	drop_repeated(f);
	return MATCHD_OK;
}

int
matchd_follow_open(struct matchd *c, const char *const *streams, size_t n, uint64_t from,
		   const uint8_t *epoch, struct matchd_follower **ret,
		   struct matchd_reply **ret_error)
{
	struct matchd_follower *f = mem_zalloc(sizeof *f);
	f->waiter = WAITER_NONE;
	f->ask_fd = f->feed_fd = -1;
	f->last = from == MATCHD_NOW ? 0 : from - 1;
	f->epoch_known = epoch != NULL;
	if (epoch)
		memcpy(f->epoch, epoch, PROTO_EPOCH);

	int rc = copy_streams(f, streams, n);
	if (rc == MATCHD_OK)
		rc = waiter_open(&f->waiter);
	if (rc == MATCHD_OK)
		rc = connection_clone(c, &f->ask);
	if (rc == MATCHD_OK)
		rc = follower_connect_feed(f);
	if (rc == MATCHD_OK)
		rc = replay_first_check(f, from == MATCHD_NOW, ret_error);
	if (rc == MATCHD_OK)
		rc = follower_connect_ask(f, false);
	if (rc == MATCHD_OK)
		*ret = f;
	else
		matchd_follow_close(f);
	return rc;
}

void
matchd_follow_close(struct matchd_follower *f)
{
	if (!f)
		return;
	feed_close(&f->feed);
	matchd_close(f->ask);
	matchd_reply_free(f->page);
	for (size_t i = 0; i < f->n_streams; i++)
		free(f->streams[i]);
	free(f->streams);
	waiter_close(&f->waiter);
	free(f);
}
