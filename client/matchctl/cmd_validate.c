#include "client/matchctl/bulk.h"

int
cmd_validate(struct tool *t)
{
	return bulk_validate(t);
}
