#pragma once

/* The commands' options, each list ending with a NULL name. */

#include "client/matchctl/command.h"

extern const struct option_spec publish_options[];
extern const struct option_spec format_options[];
extern const struct option_spec register_options[];
extern const struct option_spec participant_revise_options[];
extern const struct option_spec key_options[];
extern const struct option_spec participant_list_options[];
extern const struct option_spec revise_options[];
extern const struct option_spec import_options[];
extern const struct option_spec export_options[];
extern const struct option_spec expect_options[];
extern const struct option_spec reject_options[];
extern const struct option_spec renew_options[];
extern const struct option_spec list_options[];
extern const struct option_spec matches_options[];
extern const struct option_spec view_options[];
extern const struct option_spec watch_options[];
extern const struct option_spec subscription_create_options[];
extern const struct option_spec subscription_list_options[];
extern const struct option_spec data_options[];
extern const struct option_spec verify_options[];
extern const struct option_spec backup_options[];
extern const struct option_spec facts_options[];
