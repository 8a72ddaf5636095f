#include "client/matchctl/times.h"

#include <stdio.h>
#include <time.h>

/* A view that is eaten from the front; `ok` goes false at the first thing that does not fit. */
struct reader {
	struct str rest;
	bool ok;
};

static int
digits(struct reader *r, uint32_t count)
{
	int value = 0;
	if (r->rest.len < count)
		r->ok = false;
	for (uint32_t i = 0; i < count && r->ok; i++) {
		char c = r->rest.p[i];
		r->ok = c >= '0' && c <= '9';
		value = value * 10 + (c - '0');
	}
	if (!r->ok)
		return 0;
	r->rest.p += count;
	r->rest.len -= count;
	return value;
}

static bool
eat(struct reader *r, char c)
{
	if (!r->ok || r->rest.len == 0 || *r->rest.p != c)
		return false;
	r->rest.p++;
	r->rest.len--;
	return true;
}

static void
must(struct reader *r, char c)
{
	if (!eat(r, c))
		r->ok = false;
}

static bool
all_digits(struct str text)
{
	for (uint32_t i = 0; i < text.len; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	return text.len > 0 && text.len <= 15;
}

static int64_t
read_ms(struct str text)
{
	int64_t value = 0;
	for (uint32_t i = 0; i < text.len; i++)
		value = value * 10 + (text.p[i] - '0');
	return value;
}

/* Seconds since 1970, false for a day or hour that does not exist. */
static bool
to_seconds(const struct tm *parts, int64_t *ret)
{
	struct tm t = *parts;
	time_t s = timegm(&t);
	*ret = s;
	return t.tm_year == parts->tm_year && t.tm_mon == parts->tm_mon &&
	       t.tm_mday == parts->tm_mday && t.tm_hour == parts->tm_hour &&
	       t.tm_min == parts->tm_min && t.tm_sec == parts->tm_sec && s >= 0;
}

/* Up to three digits behind the point count; further ones are passed over. */
static int
fraction_ms(struct reader *r)
{
	int ms = 0, weight = 100;
	ms += weight * digits(r, 1);
	while (r->ok && r->rest.len > 0 && *r->rest.p >= '0' && *r->rest.p <= '9') {
		weight /= 10;
		ms += weight * digits(r, 1);
	}
	return ms;
}

static int64_t
zone_ms(struct reader *r)
{
	if (eat(r, 'Z') || eat(r, 'z'))
		return 0;
	int sign = eat(r, '-') ? -1 : 1;
	if (sign == 1)
		must(r, '+');
	int hours = digits(r, 2);
	must(r, ':');
	int minutes = digits(r, 2);
	if (hours > 23 || minutes > 59)
		r->ok = false;
	return sign * (hours * 60 + minutes) * INT64_C(60000);
}

bool
times_read(struct str text, bool end, int64_t *ret_ms)
{
	struct reader r = {text, true};
	struct tm t = {0};
	int64_t seconds, ms = 0, zone = 0;

	if (all_digits(text)) {
		*ret_ms = read_ms(text);
		return true;
	}
	t.tm_year = digits(&r, 4) - 1900;
	must(&r, '-');
	t.tm_mon = digits(&r, 2) - 1;
	must(&r, '-');
	t.tm_mday = digits(&r, 2);
	bool date_only = r.ok && r.rest.len == 0;
	if (!date_only) {
		if (!eat(&r, 't') && !eat(&r, ' '))
			must(&r, 'T');
		t.tm_hour = digits(&r, 2);
		must(&r, ':');
		t.tm_min = digits(&r, 2);
		if (eat(&r, ':'))
			t.tm_sec = digits(&r, 2);
		if (eat(&r, '.'))
			ms = fraction_ms(&r);
		zone = zone_ms(&r);
	}
	if (!r.ok || r.rest.len > 0 || !to_seconds(&t, &seconds))
		return false;
	*ret_ms = seconds * 1000 + ms - zone + (date_only && end ? INT64_C(86400000) : 0);
	return *ret_ms >= 0;
}

void
times_write(int64_t ms, char text[TIMES_TEXT])
{
	time_t s = (time_t)(ms / 1000);
	struct tm t;
	if (!gmtime_r(&s, &t) || strftime(text, TIMES_TEXT, "%Y-%m-%d %H:%M:%SZ", &t) == 0)
		snprintf(text, TIMES_TEXT, "%lld ms", (long long)ms);
}
