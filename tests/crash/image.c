#include "image.h"

#include "util/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, BLOCK = 4096, FILES = 32 };

enum fate { KEPT, LOST, TORN };

struct content {
	char name[OP_NAME]; /* "": in no directory */
	uint8_t *bytes;
	size_t len, cap;
};

/* One image in the making. */
struct image {
	const struct log *log;
	struct chance *chance;
	FILE *tell;
	unsigned keep, tear; /* of 8: how often what is not synced is kept; of the rest torn */
	bool there;	     /* the directory */
	bool names_end;	     /* a change of names was lost, and so is every later one */
	bool *settled;	     /* by operation: a sync covers it */
	struct content files[FILES];
	struct fates fates;
};

/* ---- the moment ---- */

static bool
is_rare(const struct op *op)
{
	return op->kind != OP_WRITE && op->kind != OP_SYNC && op->kind != OP_ACKED;
}

size_t
image_cut(const struct log *log, struct chance *chance)
{
	size_t at = chance_below(chance, log->n + 1);
	if (chance_is(chance, 3, 4))
		return at;
	for (size_t i = 0; i < log->n; i++, at = (at + 1) % log->n)
		if (at < log->n && is_rare(&log->ops[at]))
			break;
	at += chance_below(chance, 6);
	return at < log->n ? at : log->n;
}

/* ---- what a sync covers ---- */

static void
settle(struct image *m, size_t cut)
{
	const struct log *log = m->log;
	bool synced[FILES] = {0}, names = false, parent = false;
	for (size_t i = cut; i-- > 0;) {
		const struct op *op = &log->ops[i];
		switch (op->kind) {
		case OP_SYNC:
			synced[op->file] = true;
			break;
		case OP_SYNC_NAMES:
			names = true;
			break;
		case OP_SYNC_PARENT:
			parent = true;
			break;
		case OP_WRITE:
		case OP_LENGTH:
			m->settled[i] = synced[op->file] || op->durable;
			break;
		case OP_CREATE:
		case OP_RENAME:
		case OP_REMOVE:
			m->settled[i] = names;
			break;
		case OP_MAKE:
			m->settled[i] = parent;
			break;
		case OP_OPENED:
		case OP_ACKED:
			break;
		}
	}
}

/* ---- content ---- */

static void
set_length(struct content *c, size_t len)
{
	if (len > c->cap) {
		c->cap = len * 2;
		c->bytes = mem_realloc(c->bytes, c->cap);
	}
	if (len > c->len)
		memset(c->bytes + c->len, 0, len - c->len);
	c->len = len;
}

static void
put(struct content *c, size_t at, const uint8_t *bytes, size_t len)
{
	if (at + len > c->len)
		set_length(c, at + len);
	memcpy(c->bytes + at, bytes, len);
}

/* Some of its sectors: the first few, or any. */
static void
put_torn(struct image *m, struct content *c, const struct op *op)
{
	const uint8_t *bytes = m->log->bytes + op->bytes;
	bool first_few = chance_is(m->chance, 1, 2);
	size_t end = op->at + op->len, few = op->at + chance_below(m->chance, op->len);
	for (size_t at = op->at, next; at < end; at = next) {
		next = (at / SECTOR + 1) * SECTOR;
		next = next < end ? next : end;
		if (first_few ? next <= few : chance_is(m->chance, 1, 2))
			put(c, at, bytes + (at - op->at), next - at);
	}
}

static void
apply_content(struct image *m, const struct op *op, enum fate fate)
{
	struct content *c = &m->files[op->file];
	size_t end = op->at + op->len;
	if (op->kind == OP_LENGTH) {
		if (fate == KEPT)
			set_length(c, op->at);
		return;
	}
	if (fate == KEPT)
		put(c, op->at, m->log->bytes + op->bytes, op->len);
	else if (fate == TORN)
		put_torn(m, c, op);
	if (fate != KEPT && end > c->len && chance_is(m->chance, 1, 2))
		set_length(c, end);
}

/* ---- names ---- */

static void
drop_name(struct image *m, const char *name)
{
	for (unsigned i = 0; i < m->log->files; i++)
		if (strcmp(m->files[i].name, name) == 0)
			m->files[i].name[0] = 0;
}

static void
apply_name(struct image *m, const struct op *op)
{
	if (op->kind == OP_CREATE) {
		memcpy(m->files[op->file].name, op->name, OP_NAME);
		return;
	}
	if (op->kind == OP_REMOVE) {
		drop_name(m, op->name);
		return;
	}
	drop_name(m, op->to);
	for (unsigned i = 0; i < m->log->files; i++)
		if (strcmp(m->files[i].name, op->name) == 0)
			memcpy(m->files[i].name, op->to, OP_NAME);
}

/* ---- fates ---- */

static bool
of_names(const struct op *op)
{
	return op->kind == OP_CREATE || op->kind == OP_RENAME || op->kind == OP_REMOVE;
}

static enum fate
draw(struct image *m, const struct op *op)
{
	bool kept = chance_is(m->chance, m->keep, 8);
	bool torn = op->kind == OP_WRITE && chance_is(m->chance, m->tear, 8);
	if (of_names(op))
		kept = kept && !m->names_end;
	return kept ? KEPT : torn ? TORN : LOST;
}

static void
count(struct image *m, size_t i, enum fate fate)
{
	static const char *const names[] = {"kept", "lost", "torn"};
	unsigned *const counts[] = {&m->fates.kept, &m->fates.lost, &m->fates.torn};
	char text[96];
	++*counts[fate];
	if (!m->tell)
		return;
	log_describe(&m->log->ops[i], text, sizeof text);
	fprintf(m->tell, "  %zu: %s: %s\n", i, text, names[fate]);
}

static void
apply(struct image *m, size_t i)
{
	const struct op *op = &m->log->ops[i];
	bool content = op->kind == OP_WRITE || op->kind == OP_LENGTH;
	if (!content && !of_names(op) && op->kind != OP_MAKE)
		return;
	enum fate fate = KEPT;
	if (!m->settled[i]) {
		fate = draw(m, op);
		count(m, i, fate);
	}
	if (content)
		apply_content(m, op, fate);
	else if (fate == LOST)
		m->names_end |= of_names(op);
	else if (op->kind == OP_MAKE)
		m->there = true;
	else
		apply_name(m, op);
}

/* ---- onto the disk ---- */

static int
must(int rc, const char *what)
{
	if (rc < 0) {
		perror(what);
		exit(2);
	}
	return rc;
}

/* Zeros are left as holes: most of a store's file is one. */
static void
write_file(int directory, const char *name, const uint8_t *bytes, size_t len)
{
	static const uint8_t zeros[BLOCK];
	int fd = must(openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC, 0600), name);
	for (size_t at = 0, n; at < len; at += n) {
		n = len - at < BLOCK ? len - at : BLOCK;
		if (memcmp(bytes + at, zeros, n) != 0)
			must((int)pwrite(fd, bytes + at, n, (off_t)at), name);
	}
	must(ftruncate(fd, (off_t)len), name);
	close(fd);
}

/* Nothing is promised of what stands in them. */
static void
write_locks(struct image *m, int directory)
{
	static const char *const names[] = {"lock", "data.mdb-lock", "data.new-lock"};
	uint64_t junk[8192 / sizeof(uint64_t)];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		uint64_t kind = chance_below(m->chance, 3);
		for (size_t k = 0; k < sizeof junk / sizeof *junk; k++)
			junk[k] = kind == 1 ? 0 : chance_next(m->chance);
		if (kind > 0)
			write_file(directory, names[i], (const uint8_t *)junk, sizeof junk);
	}
}

static void
write_all(struct image *m, const char *path)
{
	must(mkdir(path, 0700), path);
	int directory = must(open(path, O_RDONLY | O_DIRECTORY), path);
	for (unsigned i = 0; i < m->log->files; i++) {
		const struct content *c = &m->files[i];
		if (c->name[0])
			write_file(directory, c->name, c->bytes, c->len);
	}
	write_locks(m, directory);
	close(directory);
}

struct fates
image_make(const struct log *log, size_t cut, struct chance *chance, const char *directory,
	   FILE *tell)
{
	static const unsigned keeps[] = {0, 1, 4, 4, 4, 7, 8}, tears[] = {0, 0, 4, 8};
	struct image m = {.log = log, .chance = chance, .tell = tell};
	m.keep = keeps[chance_below(chance, sizeof keeps / sizeof *keeps)];
	m.tear = tears[chance_below(chance, sizeof tears / sizeof *tears)];
	m.settled = mem_zalloc(log->n + 1);
	settle(&m, cut);
	for (size_t i = 0; i < log->n && i <= cut; i++)
		apply(&m, i);
	if (m.there)
		write_all(&m, directory);
	for (unsigned i = 0; i < log->files; i++)
		free(m.files[i].bytes);
	free(m.settled);
	return m.fates;
}

void
image_remove(const char *path)
{
	DIR *d = opendir(path);
	if (!d)
		return;
	for (struct dirent *entry; (entry = readdir(d));)
		unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
	rmdir(path);
}
