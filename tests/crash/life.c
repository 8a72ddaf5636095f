#include "life.h"

#include "record.h"
#include "store_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
	FACTS = 9000, /* in all: what is kept of them is read for every image */
	FILLING = 4,  /* the turn that fills the map */
	MAP = 1 << 20,
	KEPT = 300, /* facts that a trim leaves, at most */
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
	record_acked((struct point){store_first(s), store_head(s), store_digest(s)});
}

/* Mostly small ones. A long life has larger ones, and one that the first map cannot hold. */
static unsigned
draw_facts(struct chance *c, bool is_long, unsigned turn)
{
	if (is_long && turn == FILLING)
		return 5000;
	if (is_long && chance_is(c, 1, 8))
		return 200 + (unsigned)chance_below(c, 1500);
	return (unsigned)chance_below(c, 24); /* 0: nothing to write */
}

static bool
map_has_grown(const struct store *s)
{
	uint64_t map, left;
	store_space(s, &map, &left);
	return map > MAP;
}

bool
life_record(struct chance c, bool is_long, const char *directory, struct log *log)
{
	struct place p = {0};
	unsigned turns = 30 + (unsigned)chance_below(&c, is_long ? 30 : 170);
	epochs = c;
	record_begin(log, directory);
	struct store *s = open_store(directory, &p);
	for (unsigned i = 0; i < turns && store_head(s) < FACTS; i++) {
		if (chance_is(&c, 1, 6) && store_head(s) > KEPT)
			store_trim(s, store_head(s) - chance_below(&c, KEPT));
		live_turn(&p, s, draw_facts(&c, is_long, i));
		if (!chance_is(&c, 1, 16))
			continue;
		store_close(s);
		s = open_store(directory, &p);
	}
	bool grown = map_has_grown(s);
	store_close(s);
	record_end();
	return grown;
}
