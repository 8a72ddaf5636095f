/*
 * bench: what matchd's core does in a second, and what else the machine could do.
 *
 *   bench match EXCHANGE.yaml OFFERS PROBES [--reverse] [--workers N] [--write FILE]
 *   bench scan EXCHANGE OFFERS PROBES [--reverse] [--write FILE]
 *       PROBES needs, one after the other, against OFFERS stored offers: the number of all matches
 *       and the best 20, by matchd and by a scan of plain columns. --reverse: offers against
 *       stored needs. FILE gets what was found, for comparing. --workers: each probe once more,
 *       shared with N threads (shared_us).
 *   bench append COUNT BYTES BATCH
 *   bench fanout SUBSCRIBERS BYTES…
 *       bare LMDB and bare ZeroMQ with the records and messages that matchd writes and sends
 *   bench deliver GATEWAY SUBSCRIBERS BYTES
 *       matchd's gateway, whose program GATEWAY is, with facts that are ready: no core takes part
 *   bench commits FILE
 *       how many commits matchd's store has seen
 *   bench copy offers|needs COUNT
 *       the listings of the exchange "workload" for PostgreSQL
 */

#include "bench.h"
#include "util/workers.h"

#include <stdlib.h>

_Noreturn void
bench_fail(const char *what, struct str detail)
{
	fprintf(stderr, "bench: %s %.*s\n", what, STR_FMT(detail));
	exit(1);
}

void
bench_write(FILE *f, const struct top *t)
{
	if (!f)
		return;
	fprintf(f, "%llu", (unsigned long long)t->count);
	for (size_t i = 0; i < t->n; i++)
		fprintf(f, " %u:%u", t->best[i].place, t->best[i].score);
	fputc('\n', f);
}

static size_t
number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	if (*end || n == 0)
		bench_fail("a number above 0 was expected:", str_of(text));
	return n;
}

/* 0 is one as well. */
static unsigned
workers(const char *text)
{
	size_t n = strcmp(text, "0") == 0 ? 0 : number(text);
	if (n > WORKERS_MOST)
		bench_fail("too many workers:", str_of(text));
	return (unsigned)n;
}

static int
probing(char **argv, int (*measure)(const struct probing *p))
{
	struct probing p = {
	    .exchange = argv[0], .stored = number(argv[1]), .probes = number(argv[2])};
	for (argv += 3; *argv; argv++) {
		if (strcmp(*argv, "--reverse") == 0) {
			p.reverse = true;
		} else if (strcmp(*argv, "--workers") == 0 && argv[1]) {
			p.workers = workers(*++argv);
		} else if (strcmp(*argv, "--write") == 0 && argv[1] && !p.findings) {
			p.findings = fopen(*++argv, "w");
			if (!p.findings)
				bench_fail("cannot write", str_of(*argv));
		} else {
			bench_fail("unknown option", str_of(*argv));
		}
	}
	int rc = measure(&p);
	if (p.findings && fclose(p.findings) != 0)
		bench_fail("cannot write", STR("the findings"));
	return rc;
}

static int
fanout(int argc, char **argv)
{
	size_t sizes[64];
	size_t n = (size_t)argc - 3;
	if (n > sizeof sizes / sizeof *sizes)
		bench_fail("too many sizes", STR(""));
	for (size_t i = 0; i < n; i++)
		sizes[i] = number(argv[3 + i]);
	return bench_fanout(number(argv[2]), sizes, n);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "match") == 0 && argc >= 5)
		return probing(argv + 2, bench_match);
	if (strcmp(what, "scan") == 0 && argc >= 5)
		return probing(argv + 2, bench_scan);
	if (strcmp(what, "append") == 0 && argc == 5)
		return bench_append(number(argv[2]), number(argv[3]), number(argv[4]));
	if (strcmp(what, "commits") == 0 && argc == 3)
		return bench_commits(argv[2]);
	if (strcmp(what, "fanout") == 0 && argc >= 4)
		return fanout(argc, argv);
	if (strcmp(what, "deliver") == 0 && argc == 5)
		return bench_deliver(argv[2], number(argv[3]), number(argv[4]));
	if (strcmp(what, "copy") == 0 && argc == 4 && strcmp(argv[2], "offers") == 0)
		return bench_copy(OFFER, number(argv[3]));
	if (strcmp(what, "copy") == 0 && argc == 4 && strcmp(argv[2], "needs") == 0)
		return bench_copy(NEED, number(argv[3]));
	fputs("usage: bench match EXCHANGE.yaml OFFERS PROBES [--reverse] [--workers N] [--write "
	      "FILE]\n"
	      "       bench scan EXCHANGE OFFERS PROBES [--reverse] [--write FILE]\n"
	      "       bench append COUNT BYTES BATCH\n"
	      "       bench fanout SUBSCRIBERS BYTES...\n"
	      "       bench deliver GATEWAY SUBSCRIBERS BYTES\n"
	      "       bench commits FILE\n"
	      "       bench copy offers|needs COUNT\n",
	      stderr);
	return 2;
}
