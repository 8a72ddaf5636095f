#include "client/matchctl/rows.h"

#define COLUMNS                                                                                    \
	{"name", {TEXTS("NAME", "ИМЯ")}}, {"lag", {TEXTS("LAG", "ОТСТАЁТ"), .right = true}},       \
	    {"acked", {TEXTS("ACKED", "ПОДТВЕРЖДЕНО"), .right = true}},                            \
	    {"acked_at", {TEXTS("LAST ACK", "КОГДА")}},                                            \
	    {"waiting", {TEXTS("READ", "ЧИТАЕТСЯ"), .words = true}},                               \
	    {"lost", {TEXTS("LOST", "ПОТЕРЯНО")}}, {"misfit", {TEXTS("MISFIT", "НЕ ПОДХОДИТ")}},   \
	{                                                                                          \
		NULL,                                                                              \
		{                                                                                  \
			TEXTS(NULL, NULL)                                                          \
		}                                                                                  \
	}

int
cmd_subscription_list(struct tool *t)
{
	static const struct row_column own[] = {COLUMNS};
	static const struct row_column everyones[] = {{"client", {TEXTS("CLIENT", "КЛИЕНТ")}},
						      COLUMNS};
	const struct row_query query = {
	    .cmd = "subscription.list",
	    .list = "subscriptions",
	    .columns = tool_flag(t, "everyone") ? everyones : own,
	    .limit = ROWS_DEFAULT,
	};
	struct arguments args = ARGUMENTS_EMPTY;
	t->anonymous = tool_flag(t, "everyone");
	int code = rows_print(t, &args, &query);
	arguments_free(&args);
	return code;
}
