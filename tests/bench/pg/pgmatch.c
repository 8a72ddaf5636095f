/*
 * pgmatch: what PostgreSQL needs to find what `bench match` finds.
 *
 *   pgmatch CONNINFO A|B|C|needs PROBES [FILE]
 *
 * One connection and a prepared statement, once a probe: the number of all matches and the best 20
 * by matchd's own score. A, B and C are layouts of the offers, which needs ask (schema.sql);
 * `needs` are asked by offers. FILE gets what was found, as from `bench match --write`. Prints one
 * JSON object.
 */

#include "../times.h"
#include "../workload.h"
#include "server.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { WARM = 50 };

/* Parameters are as put_need numbers them. */
#define AWAY2(X, Y, Z)                                                                             \
	"((x-" X ")::int8*(x-" X ")+(y-" Y ")::int8*(y-" Y ")+(z-" Z ")::int8*(z-" Z "))"
/* In integers, as docs/semantics.md has them; a square root in float8 is exact below 2^52. */
#define SCORE(DEADLINE, LEAD, BUDGET, PRICE, REACH, AWAY)                                          \
	"(3*(1000000*(" DEADLINE "-" LEAD ")::int8/" DEADLINE ")+5*(1000000*(" BUDGET "-" PRICE    \
	")::int8/" BUDGET ")+CASE WHEN " REACH "=0 THEN 0 ELSE 2*(1000000*(" REACH "-least(" REACH \
	",floor(sqrt(" AWAY "::float8))::int8))/" REACH ") END)/CASE WHEN " REACH                  \
	"=0 THEN 8 ELSE 10 END/1000"
#define SELECT_OFFERS                                                                              \
	"SELECT id,count(*) OVER ()," SCORE("$4", "lead", "$5", "price", "$14",                    \
					    AWAY2("$9", "$10", "$11")) " AS score FROM "
#define NUMBERS                                                                                    \
	" AND batch_min<=$3 AND batch_max>=$3 AND lead<=$4 AND price<=$5 AND least_order<=$7 "     \
	"AND " AWAY2("$9", "$10", "$11") "<=$12"
#define BITS                                                                                       \
	" AND certificates&$6=$6 AND size>>$13&1=1 AND "                                           \
	"($8<64 AND region0>>$8&1=1 OR $8>=64 AND region1>>($8-64)&1=1)"
#define BEST		    " ORDER BY score DESC,id LIMIT 20"
#define TYPES(CERTIFICATES) "int,int,int,int,int," CERTIFICATES ",int,int,int,int,int,int8,int,int8"

static const struct layout {
	const char *name, *sql;
	enum side asked;
	bool arrays;
} layouts[] = {
    {"A",
     "PREPARE match(" TYPES("int[]") ") AS " SELECT_OFFERS
				     "offers_a WHERE process@>ARRAY[$1] AND material@>ARRAY[$2] "
				     "AND certificates@>$6 AND "
				     "(region IS NULL OR region@>ARRAY[$8]) AND (size IS NULL OR "
				     "size@>ARRAY[$13])" NUMBERS BEST,
     OFFER, true},
    {"B",
     "PREPARE match(" TYPES("int") ") AS " SELECT_OFFERS
				   "offers_b WHERE pairs@>ARRAY[64*$1+$2]" BITS NUMBERS BEST,
     OFFER, false},
    {"C",
     "PREPARE match(" TYPES(
	 "int") ") AS " SELECT_OFFERS
		"offers_c WHERE process=$1::int2 AND material=$2::int2" BITS NUMBERS BEST,
     OFFER, false},
    {"needs",
     "PREPARE match(int2[],int2[],int,int8,int8,int,int,int,int,int,int,int,int,int) AS "
     "SELECT id,count(*) OVER ()," SCORE(
	 "deadline", "$9", "budget", "$10", "reach",
	 AWAY2("$12", "$13",
	       "$14")) " AS score FROM needs_c WHERE process=ANY($1) AND material=ANY($2) AND "
		       "(certificates&(~$3))=0 AND $6>>size&1=1 AND (region<64 AND $4>>region&1=1 "
		       "OR region>=64 "
		       "AND $5>>(region-64)&1=1) AND quantity BETWEEN $7 AND $8 AND deadline>=$9 "
		       "AND budget>=$10 "
		       "AND value>=$11 AND " AWAY2("$12", "$13", "$14") "<=reach2" BEST,
     NEED, false},
};

static const struct layout *
find_layout(const char *name)
{
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
		if (strcmp(layouts[i].name, name) == 0)
			return &layouts[i];
	return NULL;
}

/* Asks with the next listing, writes what is found, and returns how long it took. */
static double
ask(PGconn *c, const struct layout *layout, struct listings *probes, FILE *findings,
    uint64_t *matches)
{
	struct parameters p = {0};
	const void *probe = listings_next(probes);
	if (layout->asked == OFFER)
		put_need(&p, probe, layout->arrays);
	else
		put_offer(&p, probe);
	double start = now_us();
	PGresult *r = server_execute(c, "match", &p);
	double us = now_us() - start;
	int n = PQntuples(r);
	const char *count = n > 0 ? PQgetvalue(r, 0, 1) : "0";
	*matches += strtoull(count, NULL, 10);
	if (findings) {
		fprintf(findings, "%s", count);
		for (int i = 0; i < n; i++)
			fprintf(findings, " %s:%s", PQgetvalue(r, i, 0), PQgetvalue(r, i, 2));
		fputc('\n', findings);
	}
	PQclear(r);
	return us;
}

int
main(int argc, char **argv)
{
	const struct layout *layout = argc > 3 ? find_layout(argv[2]) : NULL;
	size_t n = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	FILE *findings = argc > 4 ? fopen(argv[4], "w") : NULL;
	if (!layout || n == 0 || (argc > 4 && !findings)) {
		fprintf(stderr, "usage: pgmatch CONNINFO A|B|C|needs PROBES [FILE]\n");
		return 2;
	}
	PGconn *c = server_open(argv[1]);
	server_run(c, layout->sql);
	enum side asking = side_other(layout->asked);
	struct listings warm = listings_of(&manufacturing, asking);
	struct listings probes = listings_of(&manufacturing, asking);
	uint64_t matches = 0;
	double *us = mem_alloc(n * sizeof *us);
	for (size_t i = 0; i < WARM && i < n; i++)
		ask(c, layout, &warm, NULL, &matches);
	matches = 0;
	for (size_t i = 0; i < n; i++)
		us[i] = ask(c, layout, &probes, findings, &matches);
	printf("{\"layout\":\"%s\",\"probes\":%zu,\"matches_per_probe\":%.2f", layout->name, n,
	       (double)matches / (double)n);
	print_times("us", us, n);
	printf("}\n");
	free(us);
	listings_done(&warm);
	listings_done(&probes);
	PQfinish(c);
	return findings && fclose(findings) != 0;
}
