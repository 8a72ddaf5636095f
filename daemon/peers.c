#include "daemon/peers.h"

#include "util/mem.h"

#include <stdlib.h>
#include <utlist.h>

struct peer *
peers_find(struct peers *p, struct str id)
{
	struct peer *found;

	HASH_FIND(hh, p->by_id, id.p, id.len, found);
	return found;
}

static struct peer *
find_or_add(struct peers *p, struct str id)
{
	struct peer *peer = peers_find(p, id);

	if (peer)
		return peer;
	peer = mem_zalloc(sizeof(*peer) + id.len);
	peer->len = id.len;
	memcpy(peer->id, id.p, id.len);
	HASH_ADD(hh, p->by_id, id, id.len, peer);
	return peer;
}

static void
forget_if_even(struct peers *p, struct peer *peer)
{
	if (peer->in_flight > 0 || peer->parcels)
		return;
	HASH_DEL(p->by_id, peer);
	free(peer);
}

void
peers_asked(struct peers *p, struct str id, uint32_t bytes)
{
	struct peer *peer = find_or_add(p, id);

	peer->in_flight++;
	peer->asked = peers_asked_bytes(p, peer) + bytes;
	peer->round = p->round;
	p->in_flight++;
}

void
peers_clear(struct peers *p)
{
	p->round++;
}

uint64_t
peers_asked_bytes(const struct peers *p, const struct peer *peer)
{
	return peer->round == p->round ? peer->asked : 0;
}

void
peers_answered(struct peers *p, struct str id)
{
	struct peer *peer = peers_find(p, id);

	if (!peer || peer->in_flight == 0)
		return;
	peer->in_flight--;
	p->in_flight--;
	forget_if_even(p, peer);
}

void
peers_forget_requests(struct peers *p)
{
	struct peer *peer, *next;

	HASH_ITER(hh, p->by_id, peer, next)
	{
		peer->in_flight = peer->asked = 0;
		forget_if_even(p, peer);
	}
	p->in_flight = 0;
}

void
peers_keep(struct peers *p, struct str id, struct str reply, int64_t now_ms)
{
	struct peer *peer = find_or_add(p, id);
	struct parcel *parcel = mem_alloc(sizeof(*parcel) + reply.len);

	parcel->len = reply.len;
	memcpy(parcel->bytes, reply.p, reply.len);
	if (!peer->parcels)
		peer->since_ms = now_ms;
	DL_APPEND(peer->parcels, parcel);
	peer->waiting += reply.len;
	p->waiting += reply.len;
}

static void
drop_parcel(struct peers *p, struct peer *peer)
{
	struct parcel *first = peer->parcels;

	DL_DELETE(peer->parcels, first);
	peer->waiting -= first->len;
	p->waiting -= first->len;
	free(first);
}

bool
peers_drop_first(struct peers *p, struct peer *peer)
{
	drop_parcel(p, peer);
	bool more = peer->parcels != NULL;
	forget_if_even(p, peer);
	return more;
}

void
peers_drop_all(struct peers *p, struct peer *peer)
{
	while (peer->parcels)
		drop_parcel(p, peer);
	forget_if_even(p, peer);
}

void
peers_done(struct peers *p)
{
	struct peer *peer, *next;

	peers_forget_requests(p);
	HASH_ITER(hh, p->by_id, peer, next)
	peers_drop_all(p, peer);
}
