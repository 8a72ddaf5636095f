#pragma once

/* A connection to the benchmark's PostgreSQL, and the generated listings as a statement's
 * parameters. What goes wrong ends the program with a message. */

#include "../manufacturing.h"

#include <libpq-fe.h>

enum { PARAMETERS_MOST = 16, PARAMETER_LONGEST = 400 };

struct parameters {
	int n;
	char text[PARAMETERS_MOST][PARAMETER_LONGEST];
};

PGconn *server_open(const char *conninfo);
/* A statement without parameters. */
void server_run(PGconn *c, const char *sql);
/* Executes the prepared statement; PQclear() the result. */
PGresult *server_execute(PGconn *c, const char *name, const struct parameters *p);

void put_integer(struct parameters *p, int64_t value);
/* The values whose bits are set, as an array. */
void put_values(struct parameters *p, uint64_t set);
/*
 * $1 process, $2 material, $3 quantity, $4 deadline, $5 budget, $6 certificates, $7 value,
 * $8 region, $9 to $11 x, y, z, $12 reach2, $13 size, $14 reach. Certificates as an array where
 * `arrays`, else as bits.
 */
void put_need(struct parameters *p, const struct order *o, bool arrays);
/*
 * $1 processes and $2 materials as arrays, $3 certificates, $4 and $5 regions, $6 sizes as bits,
 * $7 batch_min, $8 batch_max, $9 lead, $10 price, $11 least_order, $12 to $14 x, y, z.
 */
void put_offer(struct parameters *p, const struct capability *c);
