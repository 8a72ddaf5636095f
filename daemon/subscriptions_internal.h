#pragma once

/* What the files of subscriptions share: the registry (subscriptions.c), what passes
 * (subscriptions_judge.c), what is stored (subscriptions_stored.c). */

#include "daemon/subscriptions.h"
#include "daemon/views.h"
#include "util/hash.h"

enum { ROW_COST = 1024 }; /* bytes of the disk for a subscription's row, beside its filter */

/* A subscription in the tables by name and by number. */
struct entry {
	struct subscription sub;
	UT_hash_handle by_name, by_number;
	uint32_t key_len;
	char key[2 * SUBSCRIPTION_NAME]; /* "client" 0 "name" */
};

struct owner {
	struct subscription *own;
	size_t count;
	UT_hash_handle hh;
	uint32_t len;
	char name[SUBSCRIPTION_NAME];
};

struct subscriptions {
	struct market *market;
	struct searches *searches;
	struct views *views;
	struct entry *by_name, *by_number;
	struct owner *owners;
	struct subscription *all;
	uint32_t made;	       /* the last number given */
	struct numbers scored; /* picky ones without conditions */
	size_t n_picky, n_dirty;
	bool counter_dirty;
	struct numbers changed;	 /* new ones, or such as are misfits now: to be stored at once */
	uint64_t changed_bytes;	 /* that these take, from above */
	uint32_t settled;	 /* where storing what could be stored goes on */
	struct numbers removed;	 /* stored ones that are gone */
	struct numbers seeding;	 /* whose views are being filled */
	size_t seed_at;		 /* the place of the told pair that is next */
	struct numbers now, met; /* room for judging */
};

/* NULL where there is none of that number. */
struct subscription *subscriptions_by_number(const struct subscriptions *s, uint32_t number);
/* Puts it into all tables; false where its conditions have no exchange. */
bool subscriptions_insert(struct subscriptions *s, struct entry *e);
/* To be stored with the next commit. */
void subscription_changed(struct subscriptions *s, struct subscription *sub);
/* To be stored when there is time. */
void subscription_dirty(struct subscriptions *s, struct subscription *sub);
/* A picky one that begins with the state has every told pair in view that passes: subscriptions_seed
 * goes through them, once around for all that have begun. */
void subscriptions_begin_seeding(struct subscriptions *s, struct subscription *sub);
void subscriptions_end_seeding(struct subscriptions *s, struct subscription *sub);

static inline void
copy_name(char to[SUBSCRIPTION_NAME], struct str name)
{
	memcpy(to, name.p, name.len);
	to[name.len] = '\0';
}
