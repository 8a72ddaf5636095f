/*
 * The trailer: magic (16 bytes), the image's length (8), format (8), epoch (16), head, digest, time
 * in ms (8 each), BLAKE2b-256 of the image, BLAKE2b-256 of the trailer before it. Little-endian. It
 * ends the file, so that the image can be opened by LMDB where it lies.
 */

#include "store/backup_file.h"

#include "store/inspect.h"

#include "util/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[16] = "matchd backup 1\n";

enum { CHUNK = 1 << 20 };

void
watch_step(const struct store_watch *w, uint64_t done, uint64_t total)
{
	if (w->progress)
		w->progress(w->arg, done, total);
}

static int
write_all(struct store *s, int fd, const uint8_t *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno != EINTR)
			return env_fail(s, errno, "writing");
		p += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int
backup_read_image(struct store *s, int fd, int to, uint64_t length, const struct store_watch *w,
		  uint8_t ret[IMAGE_HASH])
{
	uint8_t *chunk = mem_alloc(CHUNK);
	crypto_generichash_state h;
	int rc = 0;
	crypto_generichash_init(&h, NULL, 0, IMAGE_HASH);
	for (uint64_t at = 0; at < length && rc == 0;) {
		size_t want = length - at < CHUNK ? (size_t)(length - at) : CHUNK;
		ssize_t n = pread(fd, chunk, want, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = n < 0 ? env_fail(s, errno, "reading the backup")
				   : store_fail(s, STORE_E_CORRUPT, "the backup is cut off");
			break;
		}
		crypto_generichash_update(&h, chunk, (size_t)n);
		if (to >= 0)
			rc = write_all(s, to, chunk, (size_t)n);
		at += (uint64_t)n;
		watch_step(w, at, length);
	}
	crypto_generichash_final(&h, ret, IMAGE_HASH);
	free(chunk);
	return rc;
}

int
backup_put_trailer(struct store *s, int fd, const struct store_backup *b,
		   const uint8_t image[IMAGE_HASH])
{
	struct buf t = BUF_EMPTY;
	uint8_t hash[IMAGE_HASH];
	buf_put(&t, magic, sizeof magic);
	put_u64(&t, b->length);
	put_u64(&t, b->format);
	buf_put(&t, b->epoch, STORE_EPOCH);
	put_u64(&t, b->head);
	put_u64(&t, b->digest);
	put_u64(&t, (uint64_t)b->made_ms);
	buf_put(&t, image, IMAGE_HASH);
	crypto_generichash(hash, sizeof hash, t.data, t.len, NULL, 0);
	buf_put(&t, hash, sizeof hash);
	int rc = lseek(fd, (off_t)b->length, SEEK_SET) < 0 ? env_fail(s, errno, "writing")
							   : write_all(s, fd, t.data, t.len);
	buf_free(&t);
	return rc;
}

/* Reads it off the end of the file, whose length it must fit. */
static int
read_trailer(struct store *s, int fd, uint64_t size, struct store_backup *ret,
	     uint8_t ret_image[IMAGE_HASH])
{
	uint8_t t[TRAILER], hash[IMAGE_HASH];
	if (size < TRAILER || pread(fd, t, TRAILER, (off_t)(size - TRAILER)) != TRAILER ||
	    memcmp(t, magic, sizeof magic) != 0)
		return store_fail(
		    s, STORE_E_CORRUPT,
		    "the file does not end as a backup does: it is none, or is cut off");
	crypto_generichash(hash, sizeof hash, t, TRAILER - IMAGE_HASH, NULL, 0);
	if (memcmp(hash, t + TRAILER - IMAGE_HASH, IMAGE_HASH) != 0)
		return store_fail(s, STORE_E_CORRUPT, "the backup's trailer is damaged");
	const uint8_t *p = t + sizeof magic;
	ret->length = get_u64(p);
	ret->format = (unsigned)get_u64(p + 8);
	memcpy(ret->epoch, p + 16, STORE_EPOCH);
	p += 16 + STORE_EPOCH;
	ret->head = get_u64(p);
	ret->digest = get_u64(p + 8);
	ret->made_ms = (int64_t)get_u64(p + 16);
	memcpy(ret_image, p + 24, IMAGE_HASH);
	if (ret->length != size - TRAILER)
		return store_fail(s, STORE_E_CORRUPT, "the backup is cut off or put together");
	return 0;
}

int
backup_open(struct store *s, const char *file, int *ret_fd, struct store_backup *ret,
	    uint8_t ret_image[IMAGE_HASH])
{
	struct stat st;
	if (sodium_init() < 0)
		return store_fail(s, STORE_E_SYSTEM, "libsodium does not start");
	int fd = *ret_fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		return store_fail(s, STORE_E_SYSTEM, "cannot open %s: %s", file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return store_fail(s, STORE_E_SYSTEM, "%s is no file", file);
	return read_trailer(s, fd, (uint64_t)st.st_size, ret, ret_image);
}

int
store_backup_check(const char *file, const struct store_watch *watch, struct store_backup *ret,
		   char message[STORE_MESSAGE])
{
	struct store *s = inspect_new();
	uint8_t said[IMAGE_HASH], image[IMAGE_HASH];
	int fd;
	int rc = backup_open(s, file, &fd, ret, said);
	if (rc == 0)
		rc = backup_read_image(s, fd, -1, ret->length, watch, image);
	if (rc == 0 && memcmp(said, image, IMAGE_HASH) != 0)
		rc = store_fail(s, STORE_E_CORRUPT, "the backup's image is damaged");
	if (fd >= 0)
		close(fd);
	memcpy(message, s->message, STORE_MESSAGE);
	store_close(s);
	return rc;
}

/* ---- what is in it ---- */

struct counting {
	const struct store_watch *watch;
	uint64_t done, total;
};

static bool
count_fact(void *arg, const struct store_record *fact)
{
	struct counting *c = arg;
	(void)fact;
	watch_step(c->watch, ++c->done, c->total);
	return true;
}

static bool
accept_row(void *arg, unsigned table, uint64_t key, struct str bytes, uint64_t checksum)
{
	(void)arg, (void)table, (void)key, (void)bytes, (void)checksum;
	return true;
}

static void
ignore_head(void *arg, uint64_t stream, uint64_t number)
{
	(void)arg, (void)stream, (void)number;
}

int
backup_check_store(struct store *s, const struct store_watch *w)
{
	uint64_t asides, at;
	int rc = store_check_ends(s);
	struct counting c = {w, 0, s->state.head + 1 - s->state.first};
	if (rc == 0)
		rc = store_facts(s, s->state.first, UINT64_MAX, count_fact, &c);
	if (rc == 0)
		rc = store_check_heads(s, ignore_head, NULL, &at);
	if (rc == 0)
		rc = store_check_asides(s, &asides);
	return rc ? rc : store_load(s, w->row ? w->row : accept_row, w->arg);
}
