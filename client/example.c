/*
 * A complete client: publishes a need and follows what becomes of it.
 *
 *   example ENDPOINT PARTICIPANT EXCHANGE COUNT
 *
 * publishes PARTICIPANT/example in EXCHANGE and prints the next COUNT facts about PARTICIPANT. The
 * need states nothing and so suits any offer, where the exchange allows that (patents does). A real
 * service keeps the number and the epoch of the last fact it has dealt with, and begins there
 * when it starts again. Built outside the tree:
 *
 *   cc example.c $(pkg-config --cflags --libs matchd-client msgpack)
 */

#include <matchd.h>
#include <msgpack.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
put(msgpack_packer *p, const char *text)
{
	msgpack_pack_str_with_body(p, text, strlen(text));
}

/* Returns MATCHD_OK or what went wrong. */
static int
publish(struct matchd *c, const char *participant, const char *exchange)
{
	char listing[160];
	msgpack_sbuffer args;
	msgpack_packer p;
	struct matchd_reply *reply = NULL;
	struct matchd_error error;

	snprintf(listing, sizeof listing, "%s/example", participant);
	msgpack_sbuffer_init(&args);
	msgpack_packer_init(&p, &args, msgpack_sbuffer_write);
	msgpack_pack_map(&p, 4);
	put(&p, "listing"), put(&p, listing);
	put(&p, "exchange"), put(&p, exchange);
	put(&p, "side"), put(&p, "need");
	put(&p, "title"), put(&p, "A need from the example");

	int rc = matchd_call(c, "listing.publish", args.data, args.size, &reply);
	msgpack_sbuffer_destroy(&args);
	if (rc == MATCHD_REFUSED && matchd_reply_error(reply, &error))
		fprintf(stderr, "refused: %s (%s)\n", error.message, error.code);
	matchd_reply_free(reply);
	return rc;
}

/* Prints the next `count` facts of the stream. */
static int
print_facts(struct matchd_follower *f, long count)
{
	struct matchd_fact fact;
	while (count > 0) {
		int rc = matchd_follow_next(f, 10000, &fact);
		if (rc == MATCHD_EPOCH_CHANGED) {
			puts("a new epoch: what was known by number is void");
			continue;
		}
		if (rc != MATCHD_OK)
			return rc;
		printf("%" PRIu64 " %s, %zu bytes\n", fact.number, fact.kind, fact.len);
		count--;
	}
	return MATCHD_OK;
}

int
main(int argc, char **argv)
{
	char stream[80];
	const char *streams[] = {stream};
	struct matchd *c = NULL;
	struct matchd_follower *f = NULL;

	if (argc != 5) {
		fputs("usage: example ENDPOINT PARTICIPANT EXCHANGE COUNT\n", stderr);
		return 2;
	}
	struct matchd_options options = {.endpoint = argv[1]};
	snprintf(stream, sizeof stream, "p.%s", argv[2]);

	/* To follow first and publish then is what makes the publication's own facts come. */
	int rc = matchd_open(&options, &c);
	if (rc == MATCHD_OK)
		rc = matchd_follow_open(c, streams, 1, MATCHD_NOW, NULL, &f, NULL);
	if (rc == MATCHD_OK)
		rc = publish(c, argv[2], argv[3]);
	if (rc == MATCHD_OK)
		rc = print_facts(f, strtol(argv[4], NULL, 10));
	if (rc != MATCHD_OK)
		fprintf(stderr, "example: %s\n", matchd_strerror(rc));
	matchd_follow_close(f);
	matchd_close(c);
	return rc == MATCHD_OK ? 0 : 1;
}
