#include "client/matchctl/fact_line.h"

#include "client/matchctl/times.h"
#include "client/matchctl/value.h"

#include <inttypes.h>

/* " key" of the body, if it has it. */
static void
print_key(struct mp body, const char *before, const char *key)
{
	struct buf text = BUF_EMPTY;
	value_put_key(&text, body, key);
	if (text.len > 0)
		printf("%s%.*s", before, STR_FMT(buf_str(&text)));
	buf_free(&text);
}

void
fact_print(const struct matchd_delivery *f)
{
	char time[TIMES_TEXT];
	struct mp body = mp_of((struct str){f->body, (uint32_t)f->len});
	times_write(f->at_ms, time);
	printf("%" PRIu64, f->number);
	if (f->state > 0)
		printf("/%" PRIu64, f->state);
	printf("  %s  %s", time, f->kind);
	print_key(body, "  ", "participant");
	print_key(body, "  ", "listing");
	print_key(body, "  ", "need");
	print_key(body, " ~ ", "offer");
	print_key(body, "  ", "status");
	print_key(body, "  ", "exchange");
	print_key(body, " ", "side");
	print_key(body, ", ", "state");
	print_key(body, TR(", score ", ", оценка "), "score");
	print_key(body, ", ", "cause");
	print_key(body, ", until ", "valid_until");
	print_key(body, ", ", "reason");
	print_key(body, "  ", "title");
	print_key(body, "  ", "name");
	putchar('\n');
}

json_t *
fact_json(const struct matchd_delivery *f)
{
	json_t *fact = json_from_mp(mp_of((struct str){f->body, (uint32_t)f->len}));
	if (f->state > 0)
		json_object_set_new(fact, "place", json_integer((json_int_t)f->state));
	if (f->because)
		json_object_set_new(
		    fact, "because",
		    json_from_mp(mp_of((struct str){f->because, (uint32_t)f->because_len})));
	return fact;
}

json_t *
fact_json_lost(uint64_t from, uint64_t to)
{
	return json_pack("{s:[I, I]}", "lagged", (json_int_t)from, (json_int_t)to);
}

json_t *
fact_json_epoch(const uint8_t *epoch)
{
	struct buf bytes = BUF_EMPTY;
	mp_put_bin(&bytes, (struct str){(const char *)epoch, MATCHD_EPOCH_SIZE});
	json_t *line = json_pack("{s:o}", "epoch_changed", json_from_mp(mp_of(buf_str(&bytes))));
	buf_free(&bytes);
	return line;
}

void
fact_say_lost(uint64_t from, uint64_t to)
{
	fprintf(stderr,
		TR("matchctl: facts %" PRIu64 " to %" PRIu64
		   " are not kept any more and were not shown\n",
		   "matchctl: факты с %" PRIu64 " по %" PRIu64
		   " уже не хранятся и не были показаны\n"),
		from, to);
}

void
fact_say_epoch(void)
{
	fputs(TR("matchctl: matchd has a new store; numbers begin anew\n",
		 "matchctl: у matchd новое хранилище, счёт идёт заново\n"),
	      stderr);
}
