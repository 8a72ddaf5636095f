/*
 * A complete consumer of a durable subscription.
 *
 *   subscriber ENDPOINT CLIENT NAME COUNT
 *
 * makes the subscription NAME of CLIENT unless it is there (every match, and what stands first), and
 * prints the next COUNT facts, acknowledging each. Killed and started again it goes on where it was.
 * Built outside the tree:
 *
 *   cc subscriber_example.c $(pkg-config --cflags --libs matchd-client msgpack)
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

/* Creating the same again changes nothing, so a service may do it at each start. */
static int
create(struct matchd *c, const char *name)
{
	msgpack_sbuffer args;
	msgpack_packer p;
	struct matchd_reply *reply = NULL;
	struct matchd_error error;

	msgpack_sbuffer_init(&args);
	msgpack_packer_init(&p, &args, msgpack_sbuffer_write);
	msgpack_pack_map(&p, 3);
	put(&p, "name"), put(&p, name);
	put(&p, "start"), put(&p, "state");
	put(&p, "kinds");
	msgpack_pack_array(&p, 3);
	put(&p, "match.made"), put(&p, "match.changed"), put(&p, "match.ended");

	int rc = matchd_call(c, "subscription.create", args.data, args.size, &reply);
	msgpack_sbuffer_destroy(&args);
	if (rc == MATCHD_REFUSED && matchd_reply_error(reply, &error))
		fprintf(stderr, "refused: %s (%s)\n", error.message, error.code);
	matchd_reply_free(reply);
	return rc;
}

static void
print(const struct matchd_delivery *d)
{
	printf("%" PRIu64 " %" PRIu64 " %s, %zu bytes\n", d->number, d->state, d->kind, d->len);
}

/* Deals with the next `count` facts. Returns MATCHD_OK or what went wrong. */
static int
consume(struct matchd_subscription *s, long count)
{
	struct matchd_delivery d;
	struct matchd_error error;
	while (count > 0) {
		int rc = matchd_subscription_next(s, 10000, &d);
		if (rc == MATCHD_OK) {
			print(&d);
			matchd_subscription_ack(s);
			count--;
		} else if (rc == MATCHD_LAGGED) {
			printf("lost: %" PRIu64 " to %" PRIu64 "\n", d.lost_from, d.lost_to);
		} else if (rc == MATCHD_EPOCH_CHANGED) {
			puts("a new epoch: what was known by number is void");
			matchd_subscription_confirm(s);
		} else {
			if (matchd_subscription_error(s, &error))
				fprintf(stderr, "refused: %s (%s)\n", error.message, error.code);
			return rc;
		}
	}
	return matchd_subscription_flush(s, 5000);
}

int
main(int argc, char **argv)
{
	struct matchd *c = NULL;
	struct matchd_subscription *s = NULL;

	if (argc != 5) {
		fputs("usage: subscriber ENDPOINT CLIENT NAME COUNT\n", stderr);
		return 2;
	}
	struct matchd_options options = {.endpoint = argv[1], .client = argv[2]};
	int rc = matchd_open(&options, &c);
	if (rc == MATCHD_OK)
		rc = create(c, argv[3]);
	if (rc == MATCHD_OK)
		rc = matchd_subscription_open(c, argv[3], NULL, &s);
	if (rc == MATCHD_OK)
		rc = consume(s, strtol(argv[4], NULL, 10));
	if (rc != MATCHD_OK)
		fprintf(stderr, "subscriber: %s\n", matchd_strerror(rc));
	matchd_subscription_close(s);
	matchd_close(c);
	return rc == MATCHD_OK ? 0 : 1;
}
