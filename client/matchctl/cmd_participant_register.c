#include "client/matchctl/objects.h"

int
cmd_participant_register(struct tool *t)
{
	return bulk_send(t, "participant.register", object_register);
}
