/* The table of commands, and what every command may be given. */

#include "client/matchctl/command.h"

const struct option_spec global_options[] = {
    {"endpoint", 'e', "WHERE",
     "matchd's runtime directory, or COMMANDS,FEED (default: $MATCHD_RUNTIME, "
     "$XDG_RUNTIME_DIR/matchd, /run/matchd)"},
    {"json", 'j', NULL, "print JSON, one object a line"},
    {"timeout", 't', "SECONDS", "how long to wait for an answer (default: 5)"},
    {"version", 'V', NULL, "print the version"},
    {"help", 'h', NULL, "print help"},
    {NULL, 0, NULL, NULL},
};

static const struct option_spec format_options[] = {
    {"format", 'f', "FORMAT", "json, jsonl or yaml (default: by the file's name; - is json)"},
    {NULL, 0, NULL, NULL},
};

static const struct option_spec register_options[] = {
    {"format", 'f', "FORMAT", "json, jsonl or yaml (default: by the file's name; - is json)"},
    {"status", 's', "STATUS", "applicant or member, for those whose file does not say"},
    {NULL, 0, NULL, NULL},
};

static const struct option_spec participant_revise_options[] = {
    {"set", 's', "NAME=JSON", "an attribute and its new value; null removes it (repeatable)"},
    {"expect", 'x', "N", "refuse if another revision is stored"},
    {"format", 'f', "FORMAT", "json, jsonl or yaml (default: by the file's name; - is json)"},
    {NULL, 0, NULL, NULL},
};

static const struct option_spec participant_list_options[] = {
    {"status", 's', "STATUS", "only those with this status"},
    {"all", 'a', NULL, "all pages"},
    {NULL, 0, NULL, NULL},
};

static const struct option_spec revise_options[] = {
    {"field", 'F', "NAME=JSON", "a field and its new statement; null removes it (repeatable)"},
    {"title", 'T', "TEXT", "the new title"},
    {"text", 'X', "TEXT", "the new text; empty removes it"},
    {"from", 0, "DATE", "the new valid_from"},
    {"until", 0, "DATE", "the new valid_until"},
    {"expect", 'x', "N", "refuse if another revision is stored"},
    {"format", 'f', "FORMAT", "json, jsonl or yaml (default: by the file's name; - is json)"},
    {NULL, 0, NULL, NULL},
};

static const struct option_spec expect_options[] = {
    {"expect", 'x', "N", "refuse if another revision is stored"},
    {NULL, 0, NULL, NULL},
};

static const struct option_spec reject_options[] = {
    {"reason", 'r', "TEXT", "why, for the publisher"},
    {"expect", 'x', "N", "refuse if another revision is stored"},
    {NULL, 0, NULL, NULL},
};

static const struct option_spec renew_options[] = {
    {"until", 'u', "DATE", "the new end (default: the exchange's default lifetime from now)"},
    {"expect", 'x', "N", "refuse if another revision is stored"},
    {NULL, 0, NULL, NULL},
};

static const struct option_spec list_options[] = {
    {"participant", 'p', "ID", "only this participant's"},
    {"exchange", 'E', "NAME", "only of this exchange"},
    {"side", 's', "SIDE", "need or offer"},
    {"state", 'S', "STATE", "draft, pending, scheduled, open, paused, withdrawn or expired"},
    {"all", 'a', NULL, "all pages"},
    {NULL, 0, NULL, NULL},
};

static const struct option_spec matches_options[] = {
    {"limit", 'n', "N", "at most so many (default: 20)"},
    {"all", 'a', NULL, "all of them"},
    {NULL, 0, NULL, NULL},
};

static const struct option_spec watch_options[] = {
    {"from", 'f', "N", "begin with fact number N (default: what happens from now on)"},
    {"count", 'n', "N", "stop after so many facts"},
    {NULL, 0, NULL, NULL},
};

#define FILES                                                                                      \
	"A FILE holds one JSON object, an array of them, one object a line (.jsonl), or YAML\n"    \
	"documents (.yaml); - is the standard input. Decimal numbers are passed on exactly.\n"
#define DATES                                                                                      \
	"A DATE is milliseconds of Unix time, YYYY-MM-DD (UTC; as an end it includes the day), "   \
	"or\n"                                                                                     \
	"RFC 3339 such as 2026-05-01T09:00:00+03:00.\n"
#define MANY 1000000

const struct command commands[] = {
    {"participant register", "FILE...", 1, MANY, register_options, cmd_participant_register,
     "register participants",
     FILES "Each object has `id`, the participant's attributes, and optionally `status`.\n"},
    {"participant revise", "ID|FILE...", 1, MANY, participant_revise_options,
     cmd_participant_revise, "change a participant's attributes",
     FILES "Each object has `id` and the attributes to replace; null removes one. With --set the\n"
	   "operand is one participant's id.\n"},
    {"participant status", "ID STATUS", 2, 2, NULL, cmd_participant_status,
     "set a participant's status",
     "STATUS is applicant, member, suspended or excluded. Only members' listings match.\n"},
    {"participant show", "ID", 1, 1, NULL, cmd_participant_show, "show a participant", NULL},
    {"participant list", "", 0, 0, participant_list_options, cmd_participant_list,
     "list participants", NULL},
    {"publish", "FILE...", 1, MANY, format_options, cmd_publish, "publish needs and offers",
     FILES
     "Each object has `listing` (PARTICIPANT/KEY), `exchange`, `side`, `title`, `fields` and\n"
     "whatever else listing.publish takes. Publishing a key again revises it; what has not\n"
     "changed makes no difference, so a file can be published any number of times.\n" DATES},
    {"revise", "ID|FILE...", 1, MANY, revise_options, cmd_revise, "change parts of a listing",
     FILES
     "Each object has `listing` and what is to change. With --field, --title, --text, --from\n"
     "or --until the operand is one listing's id.\n" DATES},
    {"pause", "ID", 1, 1, expect_options, cmd_pause, "take a listing out of matching for a while",
     NULL},
    {"resume", "ID", 1, 1, expect_options, cmd_resume, "put a paused listing back", NULL},
    {"renew", "ID", 1, 1, renew_options, cmd_renew, "give a listing a new end", DATES},
    {"withdraw", "ID", 1, 1, expect_options, cmd_withdraw, "end a listing", NULL},
    {"approve", "ID", 1, 1, expect_options, cmd_approve, "let a pending listing in",
     "In a moderated exchange what is published waits for the operator. `matchctl list --state\n"
     "pending` shows what waits.\n"},
    {"reject", "ID", 1, 1, reject_options, cmd_reject, "send a pending listing back as a draft",
     NULL},
    {"show", "ID", 1, 1, NULL, cmd_show, "show a listing", NULL},
    {"list", "", 0, 0, list_options, cmd_list, "list listings", NULL},
    {"matches", "ID", 1, 1, matches_options, cmd_matches, "show a listing's matches, best first",
     "TOLD says whether the match was announced to subscribers. BOXES are the variants that suit\n"
     "best, of the need and of the offer.\n"},
    {"explain", "NEED OFFER", 2, 2, NULL, cmd_explain,
     "show field by field why two listings match, or not",
     "A field that is not met excludes the pair unless the side that demands it only prefers it;\n"
     "BLAMED names the sides that exclude. POINTS are the need's and the offer's, 0 to 1000.\n"},
    {"watch", "[STREAM...]", 0, 1000, watch_options, cmd_watch, "follow what happens",
     "A STREAM is x.EXCHANGE or p.PARTICIPANT; without one, everything is followed. Nothing is\n"
     "missed, also when matchd restarts meanwhile.\n"},
    {"exchange list", "", 0, 0, NULL, cmd_exchange_list, "list the exchanges", NULL},
    {"exchange show", "NAME", 1, 1, NULL, cmd_exchange_show, "show an exchange's definition", NULL},
    {"exchange check", "FILE...", 1, MANY, NULL, cmd_exchange_check,
     "check exchange and tree files, without matchd",
     "Prints every mistake as FILE:LINE: FIELD: what is wrong.\n"},
    {"reload", "", 0, 0, NULL, cmd_reload, "have exchanges, code trees and settings read again",
     "Every file is read, and what differs is loaded; matches follow what changed. A definition\n"
     "that stored listings would not fit is refused, and the one in force stays.\n"},
    {"status", "", 0, 0, NULL, cmd_status, "show how matchd is", NULL},
    {"help", "[COMMAND]", 0, 2, NULL, cmd_help, "explain a command", NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, NULL},
};
