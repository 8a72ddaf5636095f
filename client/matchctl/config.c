#include "client/matchctl/config.h"

#include "client/matchctl/documents.h"
#include "client/matchctl/language.h"
#include "client/matchctl/yaml_file.h"
#include "client/matchctl/yaml_write.h"
#include "util/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const config_key_names[CONFIG_KEYS] = {"endpoint", "timeout", "lang", "color",
						   "client"};

char *
config_path(void)
{
	const char *own = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	bool has_own = own && *own == '/';
	char *path;
	if (!has_own && !(home && *home))
		return NULL;
	if (asprintf(&path, "%s%s/matchctl/config.yaml", has_own ? own : home,
		     has_own ? "" : "/.config") < 0)
		mem_failed(CONFIG_VALUE);
	return path;
}

/* ---- contexts ---- */

bool
config_is_name(struct str text)
{
	for (uint32_t i = 0; i < text.len; i++) {
		char c = text.p[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
		if (!good)
			return false;
	}
	return text.len > 0 && text.len <= CONFIG_NAME;
}

struct context *
config_find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->contexts[i].name, name) == 0)
			return &c->contexts[i];
	return NULL;
}

struct context *
config_add(struct config *c, const char *name)
{
	size_t at = c->n;
	if (!config_is_name(str_of(name)) || c->n == CONFIG_CONTEXTS)
		return NULL;
	c->contexts = mem_grow(c->contexts, c->n, &c->cap, sizeof *c->contexts);
	for (; at > 0 && strcmp(c->contexts[at - 1].name, name) > 0; at--)
		c->contexts[at] = c->contexts[at - 1];
	c->n++;
	c->contexts[at] = (struct context){{0}, {{0}}};
	memcpy(c->contexts[at].name, name, strlen(name) + 1);
	return &c->contexts[at];
}

void
config_remove(struct config *c, struct context *context)
{
	if (strcmp(c->use, context->name) == 0)
		*c->use = '\0';
	size_t behind = (size_t)(c->contexts + c->n - context) - 1;
	memmove(context, context + 1, behind * sizeof *context);
	c->n--;
}

int
config_key(struct str name)
{
	for (int i = 0; i < CONFIG_KEYS; i++)
		if (str_eq(name, str_of(config_key_names[i])))
			return i;
	return -1;
}

static bool
is_one_of(struct str text, const char *const *words)
{
	for (; *words; words++)
		if (str_eq(text, str_of(*words)))
			return true;
	return false;
}

static bool
is_seconds(struct str text)
{
	char digits[8] = "", *end;
	if (text.len == 0 || text.len >= sizeof digits)
		return false;
	memcpy(digits, text.p, text.len);
	long value = strtol(digits, &end, 10);
	return !*end && value >= 1 && value <= 3600;
}

int
config_set(struct context *context, enum config_key key, struct str value,
	   char why[CONFIG_VALUE_WHY])
{
	static const char *const langs[] = {"ru", "en", NULL};
	static const char *const colors[] = {"auto", "always", "never", NULL};
	const char *expected = NULL;
	if (value.len >= CONFIG_VALUE || memchr(value.p, '\0', value.len))
		expected = TR("a text of less than 500 bytes", "текст короче 500 байт");
	else if (value.len > 0 && key == CONFIG_TIMEOUT && !is_seconds(value))
		expected = TR("seconds, 1 to 3600", "секунды от 1 до 3600");
	else if (value.len > 0 && key == CONFIG_LANG && !is_one_of(value, langs))
		expected = TR("ru or en", "ru или en");
	else if (value.len > 0 && key == CONFIG_COLOR && !is_one_of(value, colors))
		expected = TR("auto, always or never", "auto, always или never");
	else if (value.len > 0 && key == CONFIG_CLIENT && !config_is_name(value))
		expected = TR("1 to 64 of A-Z a-z 0-9 . _ -", "1–64 знака из A-Z a-z 0-9 . _ -");
	if (expected) {
		snprintf(why, CONFIG_VALUE_WHY, "%s: %s", config_key_names[key], expected);
		return 1;
	}
	memcpy(context->values[key], value.p, value.len);
	context->values[key][value.len] = '\0';
	return 0;
}

void
config_done(struct config *c)
{
	free(c->contexts);
	*c = (struct config){0};
}

/* ---- reading ---- */

struct reading {
	struct config *config;
	const char *path;
	char *why;
	bool failed;
};

static int
wrong(struct reading *r, unsigned line, const char *what)
{
	if (!r->failed)
		snprintf(r->why, CONFIG_WHY, "%s:%u: %s", r->path, line, what);
	r->failed = true;
	return 1;
}

/* A scalar of either kind as text. */
static struct str
scalar(struct mp value, char digits[24])
{
	if (mp_peek(&value) != MP_INT)
		return mp_get_str(&value);
	snprintf(digits, 24, "%" PRId64, mp_get_int(&value));
	return str_of(digits);
}

static int
read_context(struct reading *r, unsigned line, struct context *context, struct mp values)
{
	uint32_t n = mp_get_map(&values);
	for (uint32_t i = 0; i < n; i++) {
		char digits[24], why[CONFIG_VALUE_WHY];
		int key = config_key(mp_get_str(&values));
		struct str value = scalar(values, digits);
		mp_get_raw(&values);
		if (key < 0)
			return wrong(r, line,
				     TR("a context has endpoint, timeout, lang, color and client",
					"в контексте бывают endpoint, timeout, lang, color и "
					"client"));
		if (!value.p)
			return wrong(r, line, config_key_names[key]);
		if (config_set(context, (enum config_key)key, value, why))
			return wrong(r, line, why);
	}
	return values.failed ? wrong(r, line, context->name) : 0;
}

static int
read_contexts(struct reading *r, unsigned line, struct mp contexts)
{
	uint32_t n = mp_get_map(&contexts);
	if (contexts.failed)
		return wrong(r, line, TR("contexts: a map of names", "contexts: словарь имён"));
	for (uint32_t i = 0; i < n; i++) {
		struct str name = mp_get_str(&contexts);
		char text[CONFIG_NAME + 1] = "";
		if (name.len <= CONFIG_NAME)
			memcpy(text, name.p, name.len);
		struct context *context = config_add(r->config, text);
		if (!context)
			return wrong(r, line,
				     TR("a context's name is 1 to 64 of A-Z a-z 0-9 . _ -",
					"имя контекста — 1–64 знака из A-Z a-z 0-9 . _ -"));
		if (read_context(r, line, context, contexts))
			return 1;
		mp_get_raw(&contexts);
	}
	return 0;
}

static int
take_document(void *arg, const struct document *d)
{
	struct reading *r = arg;
	struct mp map = mp_of(d->map);
	uint32_t n = mp_get_map(&map);
	for (uint32_t i = 0; i < n; i++) {
		struct str key = mp_get_str(&map);
		struct mp value = map;
		mp_get_raw(&map);
		if (str_eq(key, STR("contexts"))) {
			if (read_contexts(r, d->line, value))
				return 1;
		} else if (str_eq(key, STR("use")) && mp_peek(&value) == MP_STR) {
			struct str name = mp_get_str(&value);
			if (!config_is_name(name))
				return wrong(r, d->line, "use");
			memcpy(r->config->use, name.p, name.len);
		} else {
			return wrong(r, d->line,
				     TR("there are `use` and `contexts` and nothing else",
					"бывают только `use` и `contexts`"));
		}
	}
	return 1;
}

static void
take_mistake(void *arg, const char *file, unsigned line, const char *message)
{
	(void)file;
	wrong(arg, line, message);
}

int
config_read(const char *path, struct config *ret, char why[CONFIG_WHY])
{
	struct reading r = {.config = ret, .path = path, .why = why};
	const struct document_reader reader = {take_document, take_mistake, &r};
	struct buf text = BUF_EMPTY;
	*ret = (struct config){0};
	int rc = documents_slurp(path, &text);
	if (rc == 0 && text.len > 0) {
		yaml_read(path, buf_str(&text), &reader);
	} else if (rc != 0 && rc != ENOENT && rc != ENOTDIR) {
		snprintf(why, CONFIG_WHY, "%s: %s", path, strerror(rc));
		r.failed = true;
	}
	buf_free(&text);
	return r.failed;
}

/* ---- writing ---- */

static void
put_config(struct buf *out, const struct config *c)
{
	struct buf map = BUF_EMPTY;
	if (*c->use) {
		mp_put_text(&map, c->use);
		yaml_put_pair(out, 0, STR("use"), mp_of(buf_str(&map)));
	}
	buf_put(out, "contexts:", strlen("contexts:"));
	buf_put(out, c->n ? "\n" : " {}\n", c->n ? 1 : 4);
	for (size_t i = 0; i < c->n; i++) {
		const struct context *context = &c->contexts[i];
		uint32_t n = 0;
		for (size_t k = 0; k < CONFIG_KEYS; k++)
			n += *context->values[k] != '\0';
		buf_clear(&map);
		mp_put_map(&map, n);
		for (size_t k = 0; k < CONFIG_KEYS; k++)
			if (*context->values[k]) {
				mp_put_text(&map, config_key_names[k]);
				mp_put_text(&map, context->values[k]);
			}
		yaml_put_pair(out, 2, str_of(context->name), mp_of(buf_str(&map)));
	}
	buf_free(&map);
}

/* Makes the directories that the path goes through. */
static int
make_directories(const char *path)
{
	char *copy = mem_dup(path, strlen(path));
	int rc = 0;
	for (char *slash = strchr(copy + 1, '/'); slash && rc == 0;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			rc = errno;
		*slash = '/';
	}
	free(copy);
	return rc;
}

static int
write_file(const char *path, struct str text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc = 0;
	if (fd < 0)
		return errno;
	for (uint32_t at = 0; at < text.len && rc == 0;) {
		ssize_t n = write(fd, text.p + at, text.len - at);
		if (n > 0)
			at += (uint32_t)n;
		else if (n < 0 && errno != EINTR)
			rc = errno;
	}
	if (rc == 0 && fsync(fd) != 0)
		rc = errno;
	if (close(fd) != 0 && rc == 0)
		rc = errno;
	return rc;
}

int
config_write(const char *path, const struct config *c, char why[CONFIG_WHY])
{
	struct buf text = BUF_EMPTY;
	char *beside;
	if (asprintf(&beside, "%s.%d", path, (int)getpid()) < 0)
		mem_failed(strlen(path));
	put_config(&text, c);
	int rc = make_directories(path);
	if (rc == 0)
		rc = write_file(beside, buf_str(&text));
	if (rc == 0 && rename(beside, path) != 0)
		rc = errno;
	if (rc != 0) {
		unlink(beside);
		snprintf(why, CONFIG_WHY, "%s: %s", path, strerror(rc));
	}
	free(beside);
	buf_free(&text);
	return rc != 0;
}
