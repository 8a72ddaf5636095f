#include "client/matchctl/language.h"

#include <stdlib.h>
#include <string.h>

/* Chosen once, before anything is said. */
static bool russian;

bool
language_set(const char *name)
{
	bool ru = strcmp(name, "ru") == 0;
	if (!ru && strcmp(name, "en") != 0)
		return false;
	russian = ru;
	return true;
}

void
language_from_environment(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	const char *wish = getenv("MATCHCTL_LANG");
	russian = false;
	if (wish && language_set(wish))
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && *value) {
			russian = strncmp(value, "ru", 2) == 0;
			return;
		}
	}
}

bool
language_is_russian(void)
{
	return russian;
}

const char *
say(struct texts t)
{
	return russian ? t.ru : t.en;
}
