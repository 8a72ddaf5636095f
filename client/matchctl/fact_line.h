#pragma once

/* A fact as a line: for people, and as JSON; and what is to be said between facts. */

#include "client/matchctl/json.h"
#include "client/matchctl/language.h"
#include "client/matchd.h"

/* One line on stdout: number (and place in what stood), time, kind, and what it is about. */
void fact_print(const struct matchd_delivery *f);
/* The body, with `place` (of what stood) and `because` where there are such. */
json_t *fact_json(const struct matchd_delivery *f);
/* {"lagged": [from, to]} */
json_t *fact_json_lost(uint64_t from, uint64_t to);
/* {"epoch_changed": "00…"} */
json_t *fact_json_epoch(const uint8_t *epoch);
/* The same for people, on stderr. */
void fact_say_lost(uint64_t from, uint64_t to);
void fact_say_epoch(void);
