#include "client/matchctl/definition.h"

int
definition_ask(struct tool *t, const char *exchange, struct matchd_reply **ret_reply,
	       struct mp *ret)
{
	struct arguments args = ARGUMENTS_EMPTY;
	arguments_text(&args, "exchange", exchange);
	int code = ask(t, "exchange.show", &args, ret_reply);
	arguments_free(&args);
	if (code == EXIT_DONE)
		*ret = ask_result(*ret_reply, "exchange");
	return code;
}

static struct str
text_of(struct mp map, const char *key)
{
	struct mp at = mp_find(map, str_of(key));
	return mp_peek(&at) == MP_STR ? mp_get_str(&at) : STR_NONE;
}

struct str
definition_pick(struct mp texts)
{
	struct str wanted = text_of(texts, TR("en", "ru"));
	return wanted.p ? wanted : text_of(texts, TR("ru", "en"));
}

struct str
definition_text(struct mp of, const char *name)
{
	struct mp texts = mp_find(of, str_of(name));
	return mp_peek(&texts) == MP_MAP ? definition_pick(texts) : STR_NONE;
}

struct mp
definition_field(struct mp definition, struct str name)
{
	return mp_find(mp_find(definition, STR("fields")), name);
}
