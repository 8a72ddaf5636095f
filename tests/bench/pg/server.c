#include "server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static _Noreturn void
fail(const char *message)
{
	fprintf(stderr, "postgresql: %s", message);
	exit(1);
}

PGconn *
server_open(const char *conninfo)
{
	PGconn *c = PQconnectdb(conninfo);
	if (PQstatus(c) != CONNECTION_OK)
		fail(PQerrorMessage(c));
	return c;
}

static PGresult *
succeeded(PGconn *c, PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail(PQerrorMessage(c));
	return r;
}

void
server_run(PGconn *c, const char *sql)
{
	PQclear(succeeded(c, PQexec(c, sql)));
}

PGresult *
server_execute(PGconn *c, const char *name, const struct parameters *p)
{
	const char *values[PARAMETERS_MOST];
	for (int i = 0; i < p->n; i++)
		values[i] = p->text[i];
	return succeeded(c, PQexecPrepared(c, name, p->n, values, NULL, NULL, 0));
}

void
put_integer(struct parameters *p, int64_t value)
{
	snprintf(p->text[p->n++], PARAMETER_LONGEST, "%" PRId64, value);
}

void
put_values(struct parameters *p, uint64_t set)
{
	char *at = p->text[p->n++];
	*at++ = '{';
	for (int i = 0; i < 64; i++)
		if (set >> i & 1)
			at += sprintf(at, at[-1] == '{' ? "%d" : ",%d", i);
	*at++ = '}';
	*at = '\0';
}

void
put_need(struct parameters *p, const struct order *o, bool arrays)
{
	struct site s = order_site(o);
	put_integer(p, o->process);
	put_integer(p, o->material);
	put_integer(p, o->quantity);
	put_integer(p, o->deadline);
	put_integer(p, o->budget_kopecks);
	if (arrays)
		put_values(p, o->certificates);
	else
		put_integer(p, o->certificates);
	put_integer(p, o->value);
	put_integer(p, o->region);
	put_integer(p, s.x);
	put_integer(p, s.y);
	put_integer(p, s.z);
	put_integer(p, s.reach2);
	put_integer(p, o->size);
	put_integer(p, s.reach);
}

void
put_offer(struct parameters *p, const struct capability *c)
{
	struct site s = capability_site(c);
	bool anywhere = !c->region[0] && !c->region[1];
	put_values(p, c->process);
	put_values(p, c->material);
	put_integer(p, c->certificates);
	put_integer(p, anywhere ? -1 : (int64_t)c->region[0]);
	put_integer(p, anywhere ? -1 : (int64_t)c->region[1]);
	put_integer(p, c->size ? (int64_t)c->size : -1);
	put_integer(p, c->batch_min);
	put_integer(p, c->batch_max);
	put_integer(p, c->lead);
	put_integer(p, c->price_kopecks);
	put_integer(p, c->least_order);
	put_integer(p, s.x);
	put_integer(p, s.y);
	put_integer(p, s.z);
}
