/* The core reads what a gateway sends, and a gateway may have been taken over. */

#include "daemon/channel.h"
#include "fuzz.h"

/* What was read must be what is written for it, byte for byte: there is one form. */
static void
write_back(struct str frame, const struct channel_frame *f)
{
	struct buf again = BUF_EMPTY;

	switch (f->kind) {
	case CHANNEL_HELLO:
		channel_put_hello(&again, f->role);
		break;
	case CHANNEL_REQUEST:
		channel_put_request(&again, f->envelope, f->bytes);
		break;
	case CHANNEL_REPLY:
		channel_put_reply(&again, f->envelope, f->bytes);
		break;
	case CHANNEL_FACT:
		channel_put_fact(&again, &f->fact);
		break;
	case CHANNEL_HEARTBEAT:
		channel_put_heartbeat(&again, f->header);
		break;
	case CHANNEL_BYE:
		channel_put_bye(&again, f->reason);
		break;
	}
	must(str_eq(buf_str(&again), frame));
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, (uint32_t)size};
	struct channel_frame frame;
	enum channel_reason reason;
	size_t used;
	int got;

	while ((got = channel_read(rest, &frame, &used, &reason)) == 1) {
		must(used <= rest.len && used == channel_size(rest));
		write_back((struct str){rest.p, (uint32_t)used}, &frame);
		rest.p += used;
		rest.len -= (uint32_t)used;
	}
	/* Too little for a frame, and told so, or no frame at all. */
	must(got < 0 || channel_size(rest) == 0 || channel_size(rest) > rest.len);
	return 0;
}
