#include "client/matchctl/source.h"

#include "util/mem.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <zlib.h>

enum {
	RAW = 64 << 10,
	CARRY = 16,	   /* bytes of a character that is not complete yet */
	DECODED = 4 * RAW, /* one byte becomes at most three, and a state's change a few */
};

static const char bad_byte = '\xff';

struct source {
	gzFile file;
	iconv_t decoder; /* (iconv_t)-1: the bytes are UTF-8 already */
	uint64_t size, given;
	size_t carried; /* at the beginning of `raw` */
	bool begun;
	char raw[CARRY + RAW];
	char decoded[DECODED];
};

static bool
is_utf8(const char *encoding)
{
	return !encoding || strcasecmp(encoding, "utf-8") == 0 || strcasecmp(encoding, "utf8") == 0;
}

bool
source_knows(const char *encoding)
{
	if (is_utf8(encoding))
		return true;
	iconv_t decoder = iconv_open("UTF-8", encoding);
	if (decoder == (iconv_t)-1)
		return false;
	iconv_close(decoder);
	return true;
}

int
source_open(const char *path, const char *encoding, struct source **ret, struct both *why)
{
	struct stat st;
	gzFile file = NULL;
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		file = gzopen(path, "rb");
	else if (errno == 0 || S_ISDIR(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
		errno = EINVAL;
	if (!file) {
		if (errno == EINVAL)
			both_set(why, "not a regular file", "это не обычный файл");
		else
			both_set(why, "%s", "%s", strerror(errno));
		return 1;
	}
	struct source *s = mem_zalloc(sizeof *s);
	gzbuffer(file, RAW);
	s->file = file;
	s->size = (uint64_t)st.st_size;
	s->decoder = is_utf8(encoding) ? (iconv_t)-1 : iconv_open("UTF-8", encoding);
	*ret = s;
	return 0;
}

/* Decodes what is in `raw`; what is left of it is carried over. Returns the bytes decoded. */
static size_t
decode(struct source *s, size_t len, bool last)
{
	char *in = s->raw, *out = s->decoded;
	size_t left = len, room = sizeof s->decoded;
	while (left > 0 && iconv(s->decoder, &in, &left, &out, &room) == (size_t)-1) {
		if (errno == EINVAL && left <= CARRY && !last)
			break;
		*out++ = bad_byte;
		room--;
		in++;
		left--;
	}
	memmove(s->raw, in, left);
	s->carried = left;
	return (size_t)(out - s->decoded);
}

static void
pass_mark(struct source *s, struct str *text)
{
	if (!s->begun && text->len >= 3 && memcmp(text->p, "\xef\xbb\xbf", 3) == 0) {
		text->p += 3;
		text->len -= 3;
	}
	s->begun = s->begun || text->len > 0;
}

static int
trouble(struct source *s, struct both *why)
{
	int code;
	const char *text = gzerror(s->file, &code);
	if (code == Z_OK || code == Z_STREAM_END)
		return 0;
	both_set(why, "%s", "%s", code == Z_ERRNO ? strerror(errno) : text);
	return 1;
}

int
source_read(struct source *s, struct str *ret, struct both *why)
{
	do {
		int n = gzread(s->file, s->raw + s->carried, RAW);
		if (n <= 0 && trouble(s, why))
			return 1;
		size_t len = s->carried + (n > 0 ? (size_t)n : 0);
		s->carried = 0;
		if (len == 0) {
			*ret = (struct str){"", 0};
			return 0;
		}
		*ret = (struct str){s->raw, (uint32_t)len};
		if (s->decoder != (iconv_t)-1)
			*ret = (struct str){s->decoded, (uint32_t)decode(s, len, n <= 0)};
		pass_mark(s, ret);
	} while (ret->len == 0);
	s->given += ret->len;
	if (s->given <= SOURCE_FREE || s->given / SOURCE_PACKED_TIMES <= source_position(s))
		return 0;
	both_set(why, "the packed file unpacks to more than %d times its size",
		 "распакованный файл более чем в %d раз больше сжатого", SOURCE_PACKED_TIMES);
	return 1;
}

uint64_t
source_position(const struct source *s)
{
	z_off_t at = gzoffset(s->file);
	return at > 0 ? (uint64_t)at : 0;
}

uint64_t
source_size(const struct source *s)
{
	return s->size;
}

void
source_close(struct source *s)
{
	if (!s)
		return;
	gzclose(s->file);
	if (s->decoder != (iconv_t)-1)
		iconv_close(s->decoder);
	free(s);
}
