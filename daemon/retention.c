#include "daemon/retention.h"

#include "core/limits.h"
#include "daemon/log.h"
#include "store/store.h"

static bool
note_time(void *arg, const struct journalled *j)
{
	struct fact f;
	*(int64_t *)arg = fact_decode(j->bytes, &f) ? f.at_ms : 0;
	return false;
}

int
retention_find_time(const struct journal *j, uint64_t head, int64_t ms, uint64_t *ret)
{
	uint64_t low = j->first(j->self) - 1, high = head;
	while (low < high) {
		uint64_t middle = low + (high - low + 1) / 2;
		int64_t at_ms = INT64_MAX;
		int rc = j->read(j->self, middle, 1, note_time, &at_ms);
		if (rc)
			return rc;
		if (at_ms < ms)
			low = middle;
		else
			high = middle - 1;
	}
	*ret = low;
	return 0;
}

/* As many of the oldest as the journal is too large, taking them for as large as the others. */
static uint64_t
first_by_size(struct store *s, uint64_t keep)
{
	uint64_t size = store_facts_size(s), first = store_first(s);
	uint64_t count = store_head(s) + 1 - first;
	if (size <= keep)
		return first;
	return first + (uint64_t)((unsigned __int128)count * (size - keep) / size);
}

/* Facts that cannot be read stay, all of them; the operator is told, once until they can be. */
static void
trim_by_time(struct store *s, const struct journal *j, int64_t before_ms)
{
	static bool told;
	uint64_t last;
	int rc = retention_find_time(j, store_head(s), before_ms, &last);
	if (rc == 0)
		store_trim(s, last + 1);
	else if (!told)
		log_write(LOG_ID_JOURNAL_UNREADABLE, LOG_NONE, "keep-days drops nothing: %s",
			  j->message(j->self));
	told = rc != 0;
}

void
retention_apply(const struct options *o, struct store *s, const struct journal *j, int64_t now_ms)
{
	if (o->keep_days > 0)
		trim_by_time(s, j, now_ms - (int64_t)o->keep_days * DAY_MS);
	if (o->keep_size > 0)
		store_trim(s, first_by_size(s, o->keep_size));
}
