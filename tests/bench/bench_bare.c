/* bench append, commits, fanout: what the libraries below matchd do with the same bytes, and nothing else.
 */

#include "bench.h"
#include "listeners.h"
#include "proto/proto.h"
#include "times.h"
#include "util/mem.h"

#include <lmdb.h>
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>

enum { SPARE_BYTES = 64 << 20, HIGH_WATER = 10000 };
enum { WARM_US = 300000, MEASURED_US = 2000000, AT_ONCE = 64 };

static void
lmdb(int rc)
{
	if (rc != 0)
		bench_fail("LMDB:", str_of(mdb_strerror(rc)));
}

/* Appends `batch` values of one transaction, which is synced. */
static void
append_batch(MDB_env *env, MDB_dbi table, uint64_t *number, size_t bytes, size_t batch)
{
	static char body[65536];
	MDB_txn *txn;
	lmdb(mdb_txn_begin(env, NULL, 0, &txn));
	for (size_t i = 0; i < batch; i++) {
		uint64_t key = __builtin_bswap64(++*number);
		MDB_val k = {sizeof key, &key}, v = {bytes, body};
		memcpy(body, number, sizeof *number);
		lmdb(mdb_put(txn, table, &k, &v, MDB_APPEND));
	}
	lmdb(mdb_txn_commit(txn));
}

int
bench_append(size_t count, size_t bytes, size_t batch)
{
	char directory[] = "/tmp/bench_append.XXXXXX", path[64];
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi table;
	uint64_t number = 0;
	if (bytes < sizeof number || bytes > 65536)
		bench_fail("a value has 8 to 65536 bytes", STR(""));
	if (!mkdtemp(directory))
		bench_fail("cannot make a directory", STR(""));
	lmdb(mdb_env_create(&env));
	lmdb(mdb_env_set_mapsize(env, 3 * count * (bytes + 32) + SPARE_BYTES));
	lmdb(mdb_env_open(env, directory, 0, 0600));
	lmdb(mdb_txn_begin(env, NULL, 0, &txn));
	lmdb(mdb_dbi_open(txn, NULL, 0, &table));
	lmdb(mdb_txn_commit(txn));

	size_t batches = (count + batch - 1) / batch;
	double *us = mem_alloc(batches * sizeof *us), start = now_us();
	for (size_t i = 0; i < batches; i++) {
		double from = now_us();
		append_batch(env, table, &number, bytes, batch);
		us[i] = now_us() - from;
	}
	double seconds = (now_us() - start) / 1e6;
	printf("{\"values\":%zu,\"bytes\":%zu,\"batch\":%zu,\"per_s\":%.0f", batches * batch, bytes,
	       batch, (double)(batches * batch) / seconds);
	print_times("commit_us", us, batches);
	printf("}\n");
	free(us);
	mdb_env_close(env);
	snprintf(path, sizeof path, "%s/data.mdb", directory);
	unlink(path);
	snprintf(path, sizeof path, "%s/lock.mdb", directory);
	unlink(path);
	return rmdir(directory) != 0;
}

int
bench_commits(const char *path)
{
	MDB_env *env;
	MDB_envinfo info;
	lmdb(mdb_env_create(&env));
	lmdb(mdb_env_open(env, path, MDB_RDONLY | MDB_NOSUBDIR | MDB_NOLOCK, 0));
	lmdb(mdb_env_info(env, &info));
	printf("{\"commits\":%zu}\n", info.me_last_txnid);
	mdb_env_close(env);
	return 0;
}

/* ---- ZeroMQ ---- */

static void
zeromq(bool ok)
{
	if (!ok)
		bench_fail("ZeroMQ:", str_of(zmq_strerror(zmq_errno())));
}

/* A publisher that waits for its subscribers and drops nothing, once all have come. */
static void *
publisher(void *context, const char *endpoint)
{
	void *s = zmq_socket(context, ZMQ_XPUB);
	int high_water = HIGH_WATER, yes = 1, linger = 0;
	zeromq(s && zmq_setsockopt(s, ZMQ_SNDHWM, &high_water, sizeof high_water) == 0 &&
	       zmq_setsockopt(s, ZMQ_XPUB_NODROP, &yes, sizeof yes) == 0 &&
	       zmq_setsockopt(s, ZMQ_XPUB_VERBOSE, &yes, sizeof yes) == 0 &&
	       zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger) == 0 &&
	       zmq_bind(s, endpoint) == 0);
	return s;
}

static void
send_some(void *socket, size_t subscribers, const size_t *sizes, size_t n_sizes, size_t *turn)
{
	static char body[65536], header[PROTO_FEED_HEADER];
	for (int i = 0; i < AT_ONCE; i++, ++*turn) {
		char topic[64];
		listeners_prefix(*turn % subscribers, topic);
		strcat(topic, "match.made");
		zeromq(zmq_send(socket, topic, strlen(topic), ZMQ_SNDMORE) >= 0 &&
		       zmq_send(socket, header, sizeof header, ZMQ_SNDMORE) >= 0 &&
		       zmq_send(socket, body, sizes[*turn % n_sizes], 0) >= 0);
	}
}

int
bench_fanout(size_t subscribers, const size_t *sizes, size_t n_sizes)
{
	char endpoint[64], subscription[64];
	snprintf(endpoint, sizeof endpoint, "ipc:///tmp/bench_fanout.%d", (int)getpid());
	struct listeners *l = listeners_start(endpoint, subscribers);
	void *context = zmq_ctx_new(), *socket = publisher(context, endpoint);
	/* Two subscriptions each: the stream and the heartbeat. */
	for (size_t i = 0; i < 2 * subscribers; i++)
		zeromq(zmq_recv(socket, subscription, sizeof subscription, 0) > 0);

	uint64_t bytes, bytes_before = 0, before = 0;
	size_t turn = 0;
	double start = now_us(), measured = 0, now;
	while ((now = now_us()) < start + WARM_US + MEASURED_US) {
		if (measured == 0 && now >= start + WARM_US) {
			measured = now;
			before = listeners_count(l, &bytes_before);
		}
		send_some(socket, subscribers, sizes, n_sizes, &turn);
	}
	uint64_t messages = listeners_count(l, &bytes) - before;
	double seconds = (now_us() - measured) / 1e6;
	printf(
	    "{\"subscribers\":%zu,\"messages\":%llu,\"body_bytes\":%.1f,\"delivered_per_s\":%.0f}"
	    "\n",
	    subscribers, (unsigned long long)messages,
	    messages ? (double)(bytes - bytes_before) / (double)messages : 0,
	    (double)messages / seconds);
	/* First: a peer that dies while a pipe to it is closed makes libzmq 4.3.4 abort now and then
	 * (session_base.cpp, clean_pipes). */
	zmq_close(socket);
	zmq_ctx_term(context);
	listeners_stop(l);
	unlink(endpoint + strlen("ipc://"));
	return 0;
}
