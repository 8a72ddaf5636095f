#include "client/matchctl/both.h"

#include <stdio.h>
#include <string.h>

void
both_set_v(struct both *b, const char *en, const char *ru, va_list args)
{
	va_list again;
	va_copy(again, args);
	vsnprintf(b->en, sizeof b->en, en, args);
	vsnprintf(b->ru, sizeof b->ru, ru, again);
	va_end(again);
}

void
both_set(struct both *b, const char *en, const char *ru, ...)
{
	va_list args;
	va_start(args, ru);
	both_set_v(b, en, ru, args);
	va_end(args);
}

void
both_text(struct both *b, const char *en, const char *ru)
{
	snprintf(b->en, sizeof b->en, "%s", en);
	snprintf(b->ru, sizeof b->ru, "%s", ru);
}

static void
append(char *text, size_t size, const char *more)
{
	size_t len = strlen(text);
	snprintf(text + len, size - len, "%s", more);
}

void
both_join(struct both *b, const struct both *more)
{
	append(b->en, sizeof b->en, more->en);
	append(b->ru, sizeof b->ru, more->ru);
}

const char *
both_say(const struct both *b)
{
	return say((struct texts){b->en, b->ru});
}
