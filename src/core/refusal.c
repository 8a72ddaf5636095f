#include "core/refusal.h"

#include <stdarg.h>
#include <stdio.h>

int
refuse(struct refusal *r, const char *code, const char *field, const char *expected,
       const char *message, ...)
{
	va_list args;
	snprintf(r->code, sizeof r->code, "%s", code);
	snprintf(r->field, sizeof r->field, "%s", field ? field : "");
	snprintf(r->expected, sizeof r->expected, "%s", expected ? expected : "");
	va_start(args, message);
	vsnprintf(r->message, sizeof r->message, message, args);
	va_end(args);
	return 1;
}
