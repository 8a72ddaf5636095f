#include "client/matchctl/ask.h"

#include "client/matchctl/json.h"
#include "client/matchctl/pager.h"
#include "client/matchctl/refusals.h"
#include "client/matchctl/style.h"
#include "client/matchctl/text.h"
#include "client/matchctl/value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *
ask_words(int code)
{
	if (!language_is_russian())
		return matchd_strerror(code);
	switch (code) {
	case MATCHD_REFUSED:
		return "matchd отказал";
	case MATCHD_TIMEOUT:
		return "ответа вовремя не было";
	case MATCHD_UNREACHABLE:
		return "по этому адресу никто не слушает";
	case MATCHD_E_PROTOCOL:
		return "ответ не читается как ответ matchd";
	case MATCHD_E_SYSTEM:
		return "отказала ZeroMQ или операционная система";
	default:
		return matchd_strerror(code);
	}
}

int
ask_failed(const struct tool *t, int code)
{
	const char *where = t->client ? matchd_endpoint(t->client) : t->endpoint;
	switch (code) {
	case MATCHD_UNREACHABLE:
		fprintf(stderr,
			TR("matchctl: cannot reach matchd at %s: is matchd-gateway running?\n"
			   "Try: systemctl status matchd-gateway; or say where it is by "
			   "--endpoint.\n",
			   "matchctl: до matchd по адресу %s не достучаться: работает ли "
			   "matchd-gateway?\n"
			   "Попробуйте: systemctl status matchd-gateway; или укажите место через "
			   "--endpoint.\n"),
			where);
		return EXIT_CONNECTION;
	case MATCHD_TIMEOUT:
		fprintf(stderr,
			TR("matchctl: matchd at %s did not answer within %d s: is matchd (the "
			   "core) running?\n"
			   "What was to change may have changed or not: look, or do it again.\n",
			   "matchctl: matchd по адресу %s не ответил за %d с: работает ли matchd "
			   "(ядро)?\n"
			   "То, что должно было измениться, могло и измениться: проверьте или "
			   "повторите.\n"),
			where, t->timeout_ms / 1000);
		return EXIT_CONNECTION;
	case MATCHD_E_USAGE:
		fputs(TR("matchctl: the request is longer than a message may be (65536 bytes)\n",
			 "matchctl: запрос длиннее допустимого (65536 байт)\n"),
		      stderr);
		return EXIT_REFUSED;
	default:
		fprintf(stderr, "matchctl: %s%s%s\n", ask_words(code),
			code == MATCHD_E_SYSTEM ? ": " : "",
			code == MATCHD_E_SYSTEM ? strerror(errno) : "");
		fputs(TR("`matchctl doctor` looks for the reason.\n",
			 "Причину поищет `matchctl doctor`.\n"),
		      stderr);
		return EXIT_INTERNAL;
	}
}

int
ask_connect(struct tool *t)
{
	struct matchd_options o = {.endpoint = t->endpoint,
				   .timeout_ms = t->timeout_ms,
				   .client = t->anonymous ? NULL : t->client_name};
	if (t->client)
		return EXIT_DONE;
	int rc = matchd_open(&o, &t->client);
	if (rc == MATCHD_OK)
		return EXIT_DONE;
	if (rc != MATCHD_E_USAGE)
		return ask_failed(t, rc);
	fputs(
	    TR("matchctl: --endpoint takes a directory whose path has less than 93 bytes, or two "
	       "ZeroMQ endpoints with a comma between them\n",
	       "matchctl: --endpoint — каталог с путём короче 93 байт или два адреса ZeroMQ через "
	       "запятую\n"),
	    stderr);
	return EXIT_USAGE;
}

void
ask_hint(const struct tool *t, const char *code)
{
	const struct refusal_words *w = refusals_find(code);
	if (w && w->hint.en && !t->json)
		fprintf(stderr, "%s%s%s\n", style_begin(stderr, STYLE_FAINT), say(w->hint),
			style_end(stderr, STYLE_FAINT));
}

static void
put_text(struct buf *out, const char *text)
{
	buf_put(out, text, strlen(text));
}

int
ask_refused(const struct tool *t, const char *where, const struct matchd_error *e)
{
	int code = strcmp(e->code, "core_unavailable") == 0 ? EXIT_CONNECTION : EXIT_REFUSED;
	if (t->json) {
		json_print_line(stderr, json_pack("{s:s*, s:{s:s, s:s, s:s, s:s}}", "where", where,
						  "error", "code", e->code, "field", e->field,
						  "message", e->message, "expected", e->expected));
		return code;
	}
	struct buf line = BUF_EMPTY;
	put_text(&line, ": ");
	put_text(&line, e->field);
	put_text(&line, *e->field ? ": " : "");
	refusals_put(&line, e->code, e->message, e->expected);
	put_text(&line, " [");
	put_text(&line, e->code);
	put_text(&line, "]");
	fputs(style_begin(stderr, STYLE_BAD), stderr);
	text_print(stderr, str_of(where ? where : "matchctl"));
	fputs(style_end(stderr, STYLE_BAD), stderr);
	text_print(stderr, buf_str(&line));
	fputc('\n', stderr);
	buf_free(&line);
	if (!where)
		ask_hint(t, e->code);
	return code;
}

int
ask(struct tool *t, const char *cmd, struct arguments *args, struct matchd_reply **ret)
{
	int code = ask_connect(t);
	if (code != EXIT_DONE)
		return code;
	struct str map = args ? arguments_map(args) : STR_NONE;
	struct matchd_reply *r = NULL;
	struct matchd_error e;
	int rc = matchd_call(t->client, cmd, map.p, map.len, &r);
	if (rc == MATCHD_OK) {
		*ret = r;
		return EXIT_DONE;
	}
	if (rc != MATCHD_REFUSED)
		return ask_failed(t, rc);
	matchd_reply_error(r, &e);
	int refused = ask_refused(t, NULL, &e);
	matchd_reply_free(r);
	return refused;
}

struct mp
ask_map(const struct matchd_reply *r)
{
	size_t len;
	const void *bytes = matchd_reply_bytes(r, &len);
	return mp_of((struct str){bytes, (uint32_t)len});
}

struct mp
ask_result(const struct matchd_reply *r, const char *name)
{
	return mp_find(ask_map(r), str_of(name));
}

/* The reply's pairs but for v, id and ok, as a map of their own. */
static void
without_envelope(struct mp reply, struct buf *out)
{
	struct arguments rest = ARGUMENTS_EMPTY;
	uint32_t n = mp_get_map(&reply);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&reply);
		struct str value = mp_get_raw(&reply);
		if (str_eq(key, STR("v")) || str_eq(key, STR("id")) || str_eq(key, STR("ok")))
			continue;
		mp_put_str(&rest.pairs, key);
		mp_put_raw(&rest.pairs, value);
		rest.count++;
	}
	struct str map = arguments_map(&rest);
	buf_put(out, map.p, map.len);
	arguments_free(&rest);
}

int
ask_and_print_to(struct tool *t, const char *cmd, struct arguments *args, const char *result,
		 FILE *out)
{
	struct matchd_reply *r;
	struct buf own = BUF_EMPTY;
	int code = ask(t, cmd, args, &r);
	if (code != EXIT_DONE)
		return code;
	struct mp shown;
	if (result) {
		shown = ask_result(r, result);
	} else {
		without_envelope(ask_map(r), &own);
		shown = mp_of(buf_str(&own));
	}
	if (mp_peek(&shown) != MP_MAP)
		code = ask_failed(t, MATCHD_E_PROTOCOL);
	else if (t->json)
		json_print_line(out, json_from_mp(shown));
	else
		value_print_record(out, shown);
	buf_free(&own);
	matchd_reply_free(r);
	return code;
}

int
ask_and_print(struct tool *t, const char *cmd, struct arguments *args, const char *result)
{
	FILE *out = pager_open(t);
	int code = ask_and_print_to(t, cmd, args, result, out);
	pager_close(out);
	return code;
}
