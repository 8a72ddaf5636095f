#pragma once

/* The reads about exchanges, beside dispatch_reads.c: handlers as dispatch_internal.h says. */

#include "daemon/dispatch_internal.h"

bool exchange_list(struct call *c);
bool exchange_show(struct call *c);
