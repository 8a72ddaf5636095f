#pragma once

/* One exchange with a field of every type, for the tests of what is written about them. Each
 * function aborts where the market cannot be had. */

#include "core/exchange.h"

struct exchange *market_open(void);
void market_close(struct exchange *e);
const struct field *market_field(const struct exchange *e, const char *name);
