/* facts.read and streams.heads: the journal as committed. */

#include "daemon/dispatch_reads.h"

#include "daemon/publish.h"

#include <inttypes.h>

enum { FACTS_PAGE = 1000 };

struct facts_page {
	struct call *call;
	uint64_t stream; /* 0: all */
	struct buf rows;
	uint32_t count;
	uint64_t next;
};

static void
put_fact_row(struct facts_page *page, const struct journalled *j, const struct fact *f)
{
	const struct market *m = page->call->market;
	struct buf name = BUF_EMPTY;

	mp_put_map(&page->rows, 3);
	mp_put_text(&page->rows, "number");
	mp_put_uint(&page->rows, j->number);
	mp_put_text(&page->rows, "streams");
	mp_put_map(&page->rows, (uint32_t)j->n_links);
	for (size_t i = 0; i < j->n_links; i++) {
		buf_clear(&name);
		market_stream_name(m, j->links[i].stream, &name);
		mp_put_str(&page->rows, buf_str(&name));
		mp_put_uint(&page->rows, j->links[i].prev);
	}
	mp_put_text(&page->rows, "body");
	publish_body(m, f, &page->rows);
	page->count++;
	buf_free(&name);
}

static bool
take_fact(void *arg, const struct journalled *j)
{
	struct facts_page *page = arg;
	struct fact f;
	bool wanted = page->stream == 0 && j->n_links > 0;
	for (size_t i = 0; i < j->n_links; i++)
		wanted |= j->links[i].stream == page->stream;
	size_t before = page->rows.len;
	if (wanted && fact_decode(j->bytes, &f))
		put_fact_row(page, j, &f);
	if (page->rows.len > PROTO_MAX_REPLY - REPLY_HEADROOM && page->count > 1) {
		page->rows.len = before; /* it begins the next page */
		page->count--;
		return false;
	}
	page->next = j->number + 1;
	return page->rows.len < REPLY_PAGE;
}

bool
facts_read(struct call *c)
{
	const struct journal *j = c->dispatch->journal;
	struct str stream = arg_text(c, "stream");
	uint64_t from = (uint64_t)arg_int(c, "from", 0);
	struct facts_page page = {.call = c, .next = from};

	if (stream.p && !(page.stream = market_stream(c->market, stream))) {
		refuse(&c->refusal, "unknown_stream", "stream", "x.<exchange> or p.<participant>",
		       "there is no stream %.*s", STR_FMT(stream));
		return false;
	}
	if ((from ? from : 1) < j->first(j->self)) {
		refuse(&c->refusal, "facts_gone", "from", "`first` of streams.heads, or more",
		       "facts before %" PRIu64 " are not kept any more", j->first(j->self));
		return false;
	}
	if (j->read(j->self, from, (uint64_t)arg_int(c, "limit", FACTS_PAGE), take_fact, &page) !=
		0 &&
	    page.count == 0) { /* what stands before it is given first */
		buf_free(&page.rows);
		refuse_unreadable(&c->refusal, j);
		return false;
	}
	proto_write_ok(c->reply, c->request->id, 4);
	put_key(c, "facts");
	mp_put_array(c->reply, page.count);
	buf_put(c->reply, page.rows.data, page.rows.len);
	put_pair(c, "next", page.next);
	put_head_number(c);
	put_epoch(c);
	buf_free(&page.rows);
	return true;
}

/* Whether the text is one of the first `n` of the list. */
static bool
is_among(struct mp list, uint32_t n, struct str text)
{
	while (n-- > 0)
		if (str_eq(mp_get_str(&list), text))
			return true;
	return false;
}

bool
streams_heads(struct call *c)
{
	const struct journal *j = c->dispatch->journal;
	struct mp streams = proto_arg(c->request, "streams")->raw;
	uint32_t n = mp_get_array(&streams), different = 0;
	struct mp all = streams;
	struct buf rows = BUF_EMPTY;

	for (uint32_t i = 0; i < n; i++) {
		struct str name = mp_get_str(&streams);
		uint64_t stream = market_stream(c->market, name);
		if (is_among(all, i, name))
			continue;
		different++;
		mp_put_str(&rows, name);
		mp_put_uint(&rows, stream ? j->stream_head(j->self, stream) : 0);
	}
	if (streams.failed) {
		buf_free(&rows);
		refuse(&c->refusal, "bad_type", "streams", "a list of texts",
		       "a stream's name is no text");
		return false;
	}
	proto_write_ok(c->reply, c->request->id, 4);
	put_pair(c, "first", j->first(j->self));
	put_key(c, "heads");
	mp_put_map(c->reply, different);
	buf_put(c->reply, rows.data, rows.len);
	put_head_number(c);
	put_epoch(c);
	buf_free(&rows);
	return true;
}
