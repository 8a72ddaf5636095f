#pragma once

/* Handing a fact over to whoever deals with it: a command, or a receiver at a socket. */

#include "client/matchctl/both.h"
#include "util/buf.h"

#include <stdbool.h>

struct hand_over;

/* Runs the command by /bin/sh for each line, which stands on its standard input. Free with
 * hand_over_close, which takes NULL. */
struct hand_over *hand_over_to_command(const char *command);
/* "unix:PATH", a stream socket that is connected to when there is a line. NULL where it is anything
 * else, or the path is too long for a socket. */
struct hand_over *hand_over_to_socket(const char *where);
void hand_over_close(struct hand_over *h);

/*
 * Hands one line over, its newline included. True when it was dealt with: the command exited with
 * 0, or the receiver answered a line "ok"; else false with the reason, which may be that a signal
 * came while the receiver was waited for.
 */
bool hand_over(struct hand_over *h, struct str line, struct both *why);
