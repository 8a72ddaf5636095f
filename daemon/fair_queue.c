#include "daemon/fair_queue.h"

#include "util/mem.h"

#include <stdlib.h>
#include <utlist.h>

struct line {
	struct queued *first; /* utlist, oldest first; never empty */
	struct line *prev, *next;
	UT_hash_handle hh;
	uint32_t len;
	char envelope[];
};

static struct line *
line_of(struct fair_queue *q, struct str envelope)
{
	struct line *line;

	HASH_FIND(hh, q->by_envelope, envelope.p, envelope.len, line);
	if (line)
		return line;
	line = mem_zalloc(sizeof *line + envelope.len);
	line->len = envelope.len;
	memcpy(line->envelope, envelope.p, envelope.len);
	HASH_ADD_KEYPTR(hh, q->by_envelope, line->envelope, line->len, line);
	DL_APPEND(q->turn, line);
	return line;
}

static size_t
size_of(const struct queued *one)
{
	return sizeof *one + one->envelope_len + one->len;
}

void
fair_queue_add(struct fair_queue *q, struct str envelope, struct str request)
{
	struct queued *one = mem_alloc(sizeof *one + envelope.len + request.len);
	struct line *line = line_of(q, envelope);

	one->envelope_len = envelope.len;
	one->len = request.len;
	memcpy(one->bytes, envelope.p, envelope.len);
	memcpy(one->bytes + envelope.len, request.p, request.len);
	DL_APPEND(line->first, one);
	q->bytes += size_of(one);
}

struct queued *
fair_queue_take(struct fair_queue *q)
{
	struct line *line = q->turn;

	if (!line)
		return NULL;
	struct queued *one = line->first;
	DL_DELETE(line->first, one);
	DL_DELETE(q->turn, line);
	q->bytes -= size_of(one);
	if (line->first) {
		DL_APPEND(q->turn, line);
	} else {
		HASH_DEL(q->by_envelope, line);
		free(line);
	}
	return one;
}

void
fair_queue_done(struct fair_queue *q)
{
	struct queued *one;

	while ((one = fair_queue_take(q)))
		free(one);
}
