#pragma once

/*
 * The options of both processes, from one table (options.c): the configuration file, the command
 * line, --help and the table in docs/operations.md all come from its rows.
 *
 * An option has one name everywhere: `work: 512` in the file, --work=512 or --work 512 on the
 * command line, which goes before the file, which goes before the default. Both processes read the
 * same file and each takes its own part.
 */

#include "intake/files.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum program { PROGRAM_CORE = 1, PROGRAM_GATEWAY = 2 };
enum spawn_choice { SPAWN_AUTO, SPAWN_YES, SPAWN_NO };

struct text_list {
	char **texts; /* owned, each zero-terminated */
	size_t n;
};

/* Whatever stands in a row of the table. Texts are owned; none is NULL once read, but core_group
 * and config. */
struct options {
	char *config; /* the file that was read; NULL: none */
	char *data_directory, *runtime_directory, *exchanges_directory;
	struct text_list admitted_regions; /* empty: any */
	uint64_t work;
	uint64_t workers; /* up to WORKERS_MOST */
	char *core_socket, *core_group;
	char *commands, *feed; /* endpoints */
	uint64_t socket_mode;
	uint64_t log_target;	/* enum log_target */
	uint64_t log_level;	/* enum log_level - LEVEL_ERROR */
	uint64_t spawn_gateway; /* enum spawn_choice */
	char *gateway_path;
	uint64_t max_commands;
	uint64_t max_in_flight;
	uint64_t clock_jump_limit_s;
	uint64_t initial_map; /* bytes; 0: the store's choice */
	uint64_t storage_reserve, storage_limit;
	uint64_t keep_days, keep_size;
	uint64_t parent;
};

enum options_wish {
	WISH_RUN,
	WISH_HELP,
	WISH_VERSION,
	WISH_TABLE,
	WISH_MAN,
	WISH_FILE_MAN,
	WISH_EVENTS
};

/*
 * Reads the command line and the file that it names (--config=FILE; without it the usual place, if
 * there is something; --config= for none), fills in what neither gives, and looks at the
 * environment for directories. Returns 0 and what was wished for, or 1 with every mistake in *ret
 * (line 0: the command line). Call options_done in either case.
 */
int options_read(struct options *o, enum program program, int argc, char *const argv[],
		 enum options_wish *ret_wish, struct mistakes *ret);
void options_done(struct options *o);

/* Whether this process should start its gateway: as told, or, told nothing, unless a service
 * manager started it. */
bool options_spawns(const struct options *o);

/*
 * The command line that gives a gateway the same options: argv[0] is gateway_path, the last is
 * NULL. One allocation each; free with options_free_arguments.
 */
char **options_gateway_arguments(const struct options *o, int parent_pid);
void options_free_arguments(char **argv);

/* For people: the mistakes, one a line. */
void options_print_mistakes(FILE *out, const struct options *o, const struct mistakes *m);
/* What was wished for instead of running: the help, the version, all options or events as a Markdown table,
 * or the manual pages of the program and of the configuration file, for scdoc. */
void options_answer(FILE *out, enum program program, enum options_wish wish);
