/*
 * pgpub: publishing needs durably in PostgreSQL, which matches each as it is inserted and notifies
 * (publish.sql).
 *
 *   pgpub CONNINFO publish CONNECTIONS FIRST SECONDS
 *       each connection inserts one need after the other, a transaction each; needs per second
 *   pgpub CONNINFO notify FIRST COUNT
 *       one at a time; from sending a need that matches to its notification
 *
 * Needs are the generated ones from FIRST on, the id being the number. Prints one JSON object.
 */

#include "../times.h"
#include "../workload.h"
#include "server.h"
#include "util/mem.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { WAIT_US = 60000000, CONNECTIONS_MOST = 64 };

static const char *conninfo;

/* ---- inserting ---- */

static PGconn *
open_to_insert(void)
{
	PGconn *c = server_open(conninfo);
	server_run(c, "PREPARE publish(int,int,int,int,int,int,int,int,int,int,int,int8,int,int8,"
		      "int8) AS INSERT INTO published(process,material,quantity,deadline,budget,"
		      "certificates,value,region,x,y,z,reach2,size,reach,id) "
		      "VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)");
	return c;
}

static void
insert(PGconn *c, const struct order *o, size_t id)
{
	struct parameters p = {0};
	put_need(&p, o, false);
	put_integer(&p, (int64_t)id);
	PQclear(server_execute(c, "publish", &p));
}

/* ---- as many as it can ---- */

/* The needs, given out one by one. */
static struct {
	pthread_mutex_t lock;
	struct listings needs;
	size_t next;
	double end_us;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool
take(struct order *ret, size_t *ret_id)
{
	if (now_us() >= queue.end_us)
		return false;
	pthread_mutex_lock(&queue.lock);
	*ret = *(const struct order *)listings_next(&queue.needs);
	*ret_id = queue.next++;
	pthread_mutex_unlock(&queue.lock);
	return true;
}

static void *
insert_all(void *connection)
{
	struct order o;
	size_t id;
	while (take(&o, &id))
		insert(connection, &o, id);
	return NULL;
}

static PGnotify *
next_notification(PGconn *c, int timeout_ms)
{
	struct pollfd p = {.fd = PQsocket(c), .events = POLLIN};
	PGnotify *n = PQnotifies(c);
	if (n || poll(&p, 1, timeout_ms) <= 0)
		return n;
	PQconsumeInput(c);
	return PQnotifies(c);
}

static int
publish(size_t connections, size_t first, double seconds)
{
	PGconn *listener = server_open(conninfo), *inserting[CONNECTIONS_MOST];
	pthread_t threads[CONNECTIONS_MOST];
	size_t heard = 0;
	server_run(listener, "LISTEN told");
	queue.needs = listings_of(&manufacturing, NEED);
	for (queue.next = 0; queue.next < first; queue.next++)
		listings_next(&queue.needs);
	for (size_t i = 0; i < connections; i++)
		inserting[i] = open_to_insert();
	double start = now_us();
	queue.end_us = start + seconds * 1e6;
	for (size_t i = 0; i < connections; i++)
		pthread_create(&threads[i], NULL, insert_all, inserting[i]);
	while (now_us() < queue.end_us) {
		PGnotify *n = next_notification(listener, 100);
		heard += n != NULL;
		PQfreemem(n);
	}
	for (size_t i = 0; i < connections; i++) {
		pthread_join(threads[i], NULL);
		PQfinish(inserting[i]);
	}
	size_t published = queue.next - first;
	printf("{\"connections\":%zu,\"published\":%zu,\"heard\":%zu,\"per_s\":%.1f}\n",
	       connections, published, heard, (double)published / (now_us() - start) * 1e6);
	PQfinish(listener);
	listings_done(&queue.needs);
	return 0;
}

/* ---- one at a time ---- */

/* How many matches the notification of that need tells of. */
static size_t
await(PGconn *listener, size_t id)
{
	double end = now_us() + WAIT_US;
	while (now_us() < end) {
		size_t need = 0, matches = 0;
		PGnotify *n = next_notification(listener, 1000);
		bool read = n && sscanf(n->extra, "%zu %zu", &need, &matches) == 2;
		PQfreemem(n);
		if (read && need == id)
			return matches;
	}
	fprintf(stderr, "pgpub: no notification came\n");
	exit(1);
}

static int
notify(size_t first, size_t count)
{
	PGconn *c = open_to_insert(), *listener = server_open(conninfo);
	struct listings needs = listings_of(&manufacturing, NEED);
	double *ms = mem_alloc(count * sizeof *ms);
	size_t notified = 0;
	server_run(listener, "LISTEN told");
	for (size_t i = 0; i < first; i++)
		listings_next(&needs);
	for (size_t i = first; i < first + count; i++) {
		const struct order *o = listings_next(&needs);
		double start = now_us();
		insert(c, o, i);
		if (await(listener, i) > 0)
			ms[notified++] = (now_us() - start) / 1e3;
	}
	printf("{\"needs\":%zu,\"notified\":%zu", count, notified);
	if (notified > 0)
		print_times("ms", ms, notified);
	printf("}\n");
	PQfinish(c);
	PQfinish(listener);
	listings_done(&needs);
	free(ms);
	return 0;
}

static size_t
number(const char *text)
{
	return strtoul(text, NULL, 10);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	conninfo = argv[1];
	if (argc == 6 && strcmp(what, "publish") == 0 && number(argv[3]) > 0 &&
	    number(argv[3]) <= CONNECTIONS_MOST)
		return publish(number(argv[3]), number(argv[4]), atof(argv[5]));
	if (argc == 5 && strcmp(what, "notify") == 0 && number(argv[4]) > 0)
		return notify(number(argv[3]), number(argv[4]));
	fprintf(stderr, "usage: pgpub CONNINFO publish CONNECTIONS FIRST SECONDS\n"
			"       pgpub CONNINFO notify FIRST COUNT\n");
	return 2;
}
