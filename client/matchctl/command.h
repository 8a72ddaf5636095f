#pragma once

/*
 * A command of matchctl: one row of the table in commands.c. Its options, --help and the check of
 * what was typed all derive from the row.
 */

#include "client/matchctl/language.h"

#include <stdbool.h>
#include <stddef.h>

struct matchd;
struct command;

/* What the shell gets; printed by --help, and never changed. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_REFUSED = 1,    /* matchd refused */
	EXIT_USAGE = 2,	     /* what was typed */
	EXIT_CONNECTION = 3, /* matchd cannot be reached, or did not answer in time */
	EXIT_INPUT = 4,	     /* a file that cannot be read as what it should be */
	EXIT_INTERNAL = 5,   /* the system, or an answer that makes no sense */
};

struct option_spec {
	const char *name;
	char letter;	   /* 0: none */
	const char *value; /* what stands behind it, for --help; NULL: nothing */
	struct texts help;
};

struct given {
	const struct option_spec *option;
	const char *value;
};

/* One run: what was typed, and the connection once a command asked for it. */
struct tool {
	const struct command *command;
	char *const *operands;
	size_t n_operands;
	struct given *given; /* the command's options, in the order typed */
	size_t n_given, given_cap;

	bool json;
	char *endpoint; /* owned; NULL: the library's own default */
	int timeout_ms;
	char *client_name; /* owned; whose requests these are */
	bool anonymous;	   /* do not say so */
	struct matchd *client;
};

struct command {
	const char *name;		   /* one word, or two: "participant show" */
	const char *operands;		   /* for --help: "ID", "FILE..." */
	size_t least, most;		   /* operands */
	const struct option_spec *options; /* ends with a NULL name; NULL: none */
	int (*run)(struct tool *t);	   /* gives an exit code, having said what went wrong */
	struct texts summary;		   /* one line; NULLs: for the tool's own use, not shown */
	struct texts help;		   /* more of it; NULL: none */
};

/* The table; ends with a NULL name. */
extern const struct command commands[];
extern const struct option_spec global_options[];

/* The option's last value; NULL if it was not given. */
const char *tool_option(const struct tool *t, const char *name);
bool tool_flag(const struct tool *t, const char *name);
/* The context that this run goes by: --context, else $MATCHCTL_CONTEXT, else the one in use; NULL:
 * none. */
const char *tool_context(const struct tool *t, const char *in_use);
/* Sets t->client_name: --client, else $MATCHD_CLIENT, else the context's (`said`, may be empty; goes
 * before the environment where it was `typed`), else "matchctl." and the user's name. EXIT_DONE, or
 * EXIT_USAGE having said what cannot be one. */
int tool_name_client(struct tool *t, const char *said, bool typed);
/* A value that must be a whole number in the range: EXIT_DONE (*ret untouched if the option was not
 * given), or EXIT_USAGE having said so. */
int tool_number(const struct tool *t, const char *name, long long least, long long most,
		long long *ret);

/* ---- the commands, each in its own cmd_*.c ---- */

int cmd_participant_register(struct tool *t);
int cmd_participant_revise(struct tool *t);
int cmd_participant_status(struct tool *t);
int cmd_participant_show(struct tool *t);
int cmd_participant_list(struct tool *t);
int cmd_publish(struct tool *t);
int cmd_revise(struct tool *t);
int cmd_import(struct tool *t);
int cmd_export(struct tool *t);
int cmd_pause(struct tool *t);
int cmd_resume(struct tool *t);
int cmd_withdraw(struct tool *t);
int cmd_renew(struct tool *t);
int cmd_edit(struct tool *t);
int cmd_template(struct tool *t);
int cmd_validate(struct tool *t);
int cmd_show(struct tool *t);
int cmd_list(struct tool *t);
int cmd_matches(struct tool *t);
int cmd_explain(struct tool *t);
int cmd_watch(struct tool *t);
int cmd_subscription_create(struct tool *t);
int cmd_subscription_list(struct tool *t);
int cmd_subscription_show(struct tool *t);
int cmd_subscription_delete(struct tool *t);
int cmd_exchange_list(struct tool *t);
int cmd_exchange_show(struct tool *t);
int cmd_exchange_check(struct tool *t);
int cmd_approve(struct tool *t);
int cmd_reject(struct tool *t);
int cmd_reload(struct tool *t);
int cmd_context_list(struct tool *t);
int cmd_context_use(struct tool *t);
int cmd_context_show(struct tool *t);
int cmd_context_set(struct tool *t);
int cmd_context_remove(struct tool *t);
int cmd_completion(struct tool *t);
int cmd_complete(struct tool *t);
int cmd_manual(struct tool *t);
int cmd_doctor(struct tool *t);
int cmd_backup(struct tool *t);
int cmd_restore(struct tool *t);
int cmd_verify(struct tool *t);
int cmd_facts(struct tool *t);
int cmd_status(struct tool *t);
int cmd_help(struct tool *t);
