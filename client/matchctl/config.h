#pragma once

/*
 * The user's own settings: named contexts, each a place where matchd is and how to talk to it, and
 * which of them is in use. They live in $XDG_CONFIG_HOME/matchctl/config.yaml (or in ~/.config):
 *
 *   use: staging
 *   contexts:
 *     staging: {endpoint: /run/matchd-staging, lang: ru}
 */

#include "util/buf.h"

#include <stdbool.h>

enum config_key {
	CONFIG_ENDPOINT,
	CONFIG_TIMEOUT,
	CONFIG_LANG,
	CONFIG_COLOR,
	CONFIG_CLIENT,
	CONFIG_KEYS
};
/* "endpoint", …; what may stand in a context, and after `context set`. */
extern const char *const config_key_names[CONFIG_KEYS];

enum { CONFIG_CONTEXTS = 100, CONFIG_NAME = 64, CONFIG_VALUE = 500 };

struct context {
	char name[CONFIG_NAME + 1];
	char values[CONFIG_KEYS][CONFIG_VALUE]; /* empty: not said */
};

struct config {
	char use[CONFIG_NAME + 1]; /* empty: none */
	struct context *contexts;  /* by name */
	size_t n, cap;
};

enum { CONFIG_WHY = 600, CONFIG_VALUE_WHY = 100 };

/* The file's path; free() it. NULL where neither $XDG_CONFIG_HOME nor $HOME is set. */
char *config_path(void);
/* Reads the file; none is an empty configuration. Returns 0, or 1 with a sentence about what is
 * wrong, its place in front. Free with config_done in either case. */
int config_read(const char *path, struct config *ret, char why[CONFIG_WHY]);
/* Writes it beside, with mode 0600, and moves it into place; makes the directories (0700). As
 * config_read. */
int config_write(const char *path, const struct config *c, char why[CONFIG_WHY]);
void config_done(struct config *c);

/* NULL where there is none of that name. */
struct context *config_find(const struct config *c, const char *name);
/* A new one, in its place by name; NULL where the name cannot be one or there are too many. */
struct context *config_add(struct config *c, const char *name);
void config_remove(struct config *c, struct context *context);
/* The key's place, or -1. */
int config_key(struct str name);
/* Whether the text can name a context, or a client: 1 to 64 of A-Z a-z 0-9 . _ - */
bool config_is_name(struct str text);
/* Sets a value that must suit the key; empty takes it away. Returns 0, or 1 with a sentence. */
int config_set(struct context *context, enum config_key key, struct str value,
	       char why[CONFIG_VALUE_WHY]);
