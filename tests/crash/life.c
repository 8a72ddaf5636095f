#include "life.h"

#include "record.h"
#include "store_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
	FACTS = 6000, /* in all: each is read for every image */
	MAP = 1 << 20,
};

static struct chance epochs;

/* The store takes its epoch from here, so that images of one seed are the same to the byte. */
ssize_t
getrandom(void *bytes, size_t len, unsigned flags)
{
	(void)flags;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = (uint8_t)chance_next(&epochs);
	return (ssize_t)len;
}

static struct store *
open_store(const char *directory, struct place *p)
{
	struct store_options options = {.directory = directory, .initial_map = MAP};
	struct store *s;
	char message[STORE_MESSAGE];
	if (store_open(&options, &s, message) != 0) {
		fprintf(stderr, "a store on a sound disk does not open: %s\n", message);
		exit(2);
	}
	p->digest = store_digest(s);
	record_opened(store_epoch(s));
	return s;
}

static void
live_turn(struct place *p, struct store *s, unsigned facts)
{
	if (known_turn(p, s, facts) != 0) {
		fprintf(stderr, "a turn on a sound disk fails: %s\n", store_message(s));
		exit(2);
	}
	record_acked(store_head(s), store_digest(s));
}

/* Mostly small ones. A long life has some that fill the map, once or twice within the turn. */
static unsigned
draw_facts(struct chance *c, bool is_long)
{
	if (is_long && chance_is(c, 1, 8))
		return 200 + (unsigned)chance_below(c, 3000);
	return (unsigned)chance_below(c, 24); /* 0: nothing to write */
}

void
life_record(struct chance c, const char *directory, struct log *log)
{
	struct place p = {0};
	bool is_long = chance_is(&c, 1, 3);
	unsigned turns = 30 + (unsigned)chance_below(&c, is_long ? 30 : 170);
	epochs = c;
	record_begin(log, directory);
	struct store *s = open_store(directory, &p);
	for (unsigned i = 0; i < turns && store_head(s) < FACTS; i++) {
		live_turn(&p, s, draw_facts(&c, is_long));
		if (!chance_is(&c, 1, 16))
			continue;
		store_close(s);
		s = open_store(directory, &p);
	}
	store_close(s);
	record_end();
}
