#pragma once

/* A store as a power cut left it, opened and read as a daemon would, against what was promised. */

#include "log.h"

enum verdict {
	VERDICT_FINE,
	VERDICT_REFUSED, /* it does not open */
	VERDICT_EPOCH,	 /* another store than the one that was opened before */
	VERDICT_LOST,	 /* an acknowledged turn is missing */
	VERDICT_PARTLY,	 /* a turn that was under way is there in part */
	VERDICT_WRONG,	 /* what it serves is not what was put */
	VERDICT_STUCK,	 /* it takes no further turn, or has forgotten it when opened again */
	VERDICT_DIED,	 /* by a signal; the alarm's too */
};
const char *verdict_name(enum verdict verdict);

struct finding {
	enum verdict verdict;
	uint64_t checked;   /* facts, rows and asides compared */
	struct point point; /* as found */
	char message[STORE_MESSAGE];
};

/* Opens the store in a process of its own, reads all of it, puts one more turn, opens it again. */
struct finding verdict_on(const char *directory, const struct promise *promise);
