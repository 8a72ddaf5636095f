#include "workload.h"

#include "util/mem.h"
#include "util/mp.h"

#include <stdlib.h>

enum { SEED = 1, NEEDS_SEED = 0x6e656564 };

const struct workload *
workload_find(struct str name)
{
	static const struct workload *const all[] = {&manufacturing, &intervals, &sets, &alike,
						     &places};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_eq(name, str_of(all[i]->name)))
			return all[i];
	return NULL;
}

struct listings
listings_of(const struct workload *w, enum side side)
{
	return (struct listings){
	    .of = w,
	    .side = side,
	    .dice = dice_of(side == NEED ? SEED ^ NEEDS_SEED : SEED),
	    .record = mem_zalloc(w->record_size),
	};
}

void
listings_done(struct listings *l)
{
	free(l->record);
	l->record = NULL;
}

const void *
listings_next(struct listings *l)
{
	l->of->next(&l->dice, l->side, l->record);
	return l->record;
}

void
listings_write(struct listings *l, const char *listing, struct buf *out)
{
	mp_put_map(out, 5);
	mp_put_text(out, "listing");
	mp_put_text(out, listing);
	mp_put_text(out, "exchange");
	mp_put_text(out, l->of->name);
	mp_put_text(out, "side");
	mp_put_text(out, side_names[l->side]);
	mp_put_text(out, "title");
	mp_put_text(out, listing);
	mp_put_text(out, "fields");
	l->of->write(listings_next(l), l->side, out);
}

void
workload_participant(const char *id, struct buf *out)
{
	mp_put_map(out, 2);
	mp_put_text(out, "status");
	mp_put_text(out, "member");
	mp_put_text(out, "participant");
	mp_put_map(out, 3);
	mp_put_text(out, "id");
	mp_put_text(out, id);
	mp_put_text(out, "name");
	mp_put_text(out, id);
	mp_put_text(out, "kind");
	mp_put_text(out, "person");
}
