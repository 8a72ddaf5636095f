#pragma once

/* One reply: its bytes, checked, and what every caller looks at first. */

#include "client/matchd.h"
#include "util/buf.h"

struct matchd_reply {
	uint64_t id;
	bool ok;
	struct buf bytes;
	struct matchd_error error; /* own copies; set where !ok */
};

/* Copies and reads. Returns MATCHD_OK or MATCHD_E_PROTOCOL. */
int reply_read(struct str bytes, struct matchd_reply **ret);
