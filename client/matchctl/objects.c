#include "client/matchctl/objects.h"

#include "client/matchctl/json.h"
#include "client/matchctl/times.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
put_pair(struct arguments *args, struct str key, struct str value)
{
	mp_put_str(&args->pairs, key);
	mp_put_raw(&args->pairs, value);
	args->count++;
}

int
object_listing(const struct tool *t, struct mp object, struct arguments *args, struct both *why)
{
	(void)t;
	uint32_t n = mp_get_map(&object);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&object);
		struct mp value = object;
		struct str raw = mp_get_raw(&object);
		bool end = str_eq(key, STR("valid_until"));
		if ((!end && !str_eq(key, STR("valid_from"))) || mp_peek(&value) != MP_STR) {
			put_pair(args, key, raw);
			continue;
		}
		int64_t ms;
		if (!times_read(mp_get_str(&value), end, &ms)) {
			both_set(why,
				 "%.*s: no time; expected YYYY-MM-DD, RFC 3339 or milliseconds",
				 "%.*s: это не время; нужно ГГГГ-ММ-ДД, RFC 3339 или миллисекунды",
				 STR_FMT(key));
			return 1;
		}
		arguments_int(args, end ? "valid_until" : "valid_from", ms);
	}
	return 0;
}

/* ---- participants ---- */

/* Attributes that are texts of digits, and so are easily written without quotes. */
static bool
is_code(struct str key)
{
	static const char *const names[] = {"inn", "ogrn", "region", "okved"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_eq(key, str_of(names[i])))
			return true;
	return false;
}

/* Copies a value, whole numbers as texts; also those in a list. */
static void
put_as_text(struct buf *out, struct mp value)
{
	char text[24];
	struct str raw;
	switch (mp_peek(&value)) {
	case MP_INT:
		snprintf(text, sizeof text, "%" PRId64, mp_get_int(&value));
		mp_put_text(out, text);
		break;
	case MP_ARRAY: {
		uint32_t n = mp_get_array(&value);
		mp_put_array(out, n);
		for (uint32_t i = 0; i < n; i++) {
			put_as_text(out, value);
			mp_get_raw(&value);
		}
		break;
	}
	default:
		raw = mp_get_raw(&value);
		mp_put_raw(out, raw);
	}
}

/* Splits an object into the value of one key, and all the rest as a map. */
static void
split(struct mp object, const char *name, struct str *ret_value, struct arguments *rest)
{
	uint32_t n = mp_get_map(&object);
	*ret_value = STR_NONE;
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&object);
		struct mp value = object;
		struct str raw = mp_get_raw(&object);
		if (str_eq(key, str_of(name))) {
			*ret_value = raw;
			continue;
		}
		mp_put_str(&rest->pairs, key);
		if (is_code(key))
			put_as_text(&rest->pairs, value);
		else
			mp_put_raw(&rest->pairs, raw);
		rest->count++;
	}
}

int
object_register(const struct tool *t, struct mp object, struct arguments *args, struct both *why)
{
	(void)why;
	struct arguments rest = ARGUMENTS_EMPTY;
	struct str status;
	split(object, "status", &status, &rest);
	mp_put_raw(arguments_key(args, "participant"), arguments_map(&rest));
	if (status.p)
		put_pair(args, STR("status"), status);
	else
		arguments_text(args, "status", tool_option(t, "status"));
	arguments_free(&rest);
	return 0;
}

int
object_participant_revise(const struct tool *t, struct mp object, struct arguments *args,
			  struct both *why)
{
	(void)t;
	struct arguments rest = ARGUMENTS_EMPTY;
	struct str id;
	int rc = 0;
	split(object, "id", &id, &rest);
	if (id.p) {
		put_pair(args, STR("participant"), id);
		mp_put_raw(arguments_key(args, "set"), arguments_map(&rest));
	} else {
		both_text(why, "there is no id", "нет id");
		rc = 1;
	}
	arguments_free(&rest);
	return rc;
}

/* ---- options ---- */

int
object_time_option(struct arguments *args, const char *name, const char *text, bool end)
{
	int64_t ms;
	if (!text)
		return EXIT_DONE;
	if (!times_read(str_of(text), end, &ms)) {
		fprintf(stderr,
			TR("matchctl: \"%s\" is no time; expected YYYY-MM-DD, RFC 3339 or "
			   "milliseconds\n",
			   "matchctl: «%s» — не время; нужно ГГГГ-ММ-ДД, RFC 3339 или "
			   "миллисекунды\n"),
			text);
		return EXIT_USAGE;
	}
	arguments_int(args, name, ms);
	return EXIT_DONE;
}

int
object_yes_no_option(const struct tool *t, const char *name, struct arguments *args)
{
	const char *text = tool_option(t, name);
	if (!text)
		return EXIT_DONE;
	if (strcmp(text, "yes") == 0 || strcmp(text, "no") == 0) {
		mp_put_bool(arguments_key(args, name), *text == 'y');
		return EXIT_DONE;
	}
	fprintf(stderr, TR("matchctl: --%s takes yes or no\n", "matchctl: --%s — yes или no\n"),
		name);
	return EXIT_USAGE;
}

/* One NAME=JSON. */
static int
put_assignment(struct arguments *map, const char *option, const char *text)
{
	char why[JSON_WHY];
	struct buf value = BUF_EMPTY;
	const char *equals = strchr(text, '=');
	int code = EXIT_DONE;
	if (!equals || equals == text) {
		fprintf(stderr,
			TR("matchctl: --%s takes NAME=JSON\n", "matchctl: --%s — NAME=JSON\n"),
			option);
		return EXIT_USAGE;
	}
	struct str name = {text, (uint32_t)(equals - text)};
	if (json_text_to_mp(str_of(equals + 1), &value, why)) {
		fprintf(stderr,
			TR("matchctl: --%s %.*s: %s; a text stands in quotes: '%.*s=\"text\"'\n",
			   "matchctl: --%s %.*s: %s; текст пишется в кавычках: '%.*s=\"текст\"'\n"),
			option, STR_FMT(name), why, STR_FMT(name));
		code = EXIT_USAGE;
	} else {
		struct buf *to = &map->pairs;
		map->count++;
		mp_put_str(to, name);
		if (is_code(name))
			put_as_text(to, mp_of(buf_str(&value)));
		else
			mp_put_raw(to, buf_str(&value));
	}
	buf_free(&value);
	return code;
}

int
object_assignments(const struct tool *t, const char *option, const char *key,
		   struct arguments *args)
{
	struct arguments map = ARGUMENTS_EMPTY;
	int code = EXIT_DONE;
	for (size_t i = 0; i < t->n_given && code == EXIT_DONE; i++)
		if (strcmp(t->given[i].option->name, option) == 0)
			code = put_assignment(&map, option, t->given[i].value);
	if (code == EXIT_DONE && map.count > 0)
		mp_put_raw(arguments_key(args, key), arguments_map(&map));
	arguments_free(&map);
	return code;
}
