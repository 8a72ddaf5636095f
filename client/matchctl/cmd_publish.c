#include "client/matchctl/objects.h"

int
cmd_publish(struct tool *t)
{
	return bulk_send(t, "listing.publish", object_listing);
}
