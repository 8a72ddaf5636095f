#include "client/matchctl/arguments.h"

struct buf *
arguments_key(struct arguments *a, const char *name)
{
	mp_put_text(&a->pairs, name);
	a->count++;
	return &a->pairs;
}

void
arguments_text(struct arguments *a, const char *name, const char *value)
{
	if (value)
		mp_put_text(arguments_key(a, name), value);
}

void
arguments_int(struct arguments *a, const char *name, int64_t value)
{
	mp_put_int(arguments_key(a, name), value);
}

struct str
arguments_map(struct arguments *a)
{
	buf_clear(&a->map);
	mp_put_map(&a->map, a->count);
	mp_put_raw(&a->map, buf_str(&a->pairs));
	return buf_str(&a->map);
}

void
arguments_free(struct arguments *a)
{
	buf_free(&a->pairs);
	buf_free(&a->map);
}
