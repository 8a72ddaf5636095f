#include "log.h"

#include "util/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void
log_free(struct log *log)
{
	free(log->ops);
	free(log->bytes);
	*log = (struct log){0};
}

void
log_add(struct log *log, struct op op, const void *bytes)
{
	log->ops = mem_grow(log->ops, log->n, &log->cap, sizeof *log->ops);
	op.bytes = log->n_bytes;
	log->ops[log->n++] = op;
	if (op.kind != OP_WRITE)
		return;
	while (log->n_bytes + op.len > log->cap_bytes) {
		log->cap_bytes = log->cap_bytes ? log->cap_bytes * 2 : 1 << 20;
		log->bytes = mem_realloc(log->bytes, log->cap_bytes);
	}
	memcpy(log->bytes + log->n_bytes, bytes, op.len);
	log->n_bytes += op.len;
}

void
log_describe(const struct op *op, char *ret, size_t size)
{
	switch (op->kind) {
	case OP_WRITE:
		snprintf(ret, size, "%swrite of %zu bytes at %" PRIu64 " in file %u",
			 op->durable ? "synced " : "", op->len, op->at, op->file);
		return;
	case OP_LENGTH:
		snprintf(ret, size, "length %" PRIu64 " of file %u", op->at, op->file);
		return;
	case OP_SYNC:
		snprintf(ret, size, "sync of file %u", op->file);
		return;
	case OP_CREATE:
		snprintf(ret, size, "file %u made as %s", op->file, op->name);
		return;
	case OP_RENAME:
		snprintf(ret, size, "%s renamed to %s", op->name, op->to);
		return;
	case OP_REMOVE:
		snprintf(ret, size, "%s removed", op->name);
		return;
	case OP_SYNC_NAMES:
		snprintf(ret, size, "sync of the directory");
		return;
	case OP_MAKE:
		snprintf(ret, size, "directory made");
		return;
	case OP_SYNC_PARENT:
		snprintf(ret, size, "sync of the parent");
		return;
	case OP_OPENED:
		snprintf(ret, size, "opened");
		return;
	case OP_ACKED:
		snprintf(ret, size, "acknowledged up to fact %" PRIu64, op->point.head);
		return;
	}
}

struct promise
log_promise(const struct log *log, size_t cut)
{
	struct promise p = {.acked = {.first = 1}};
	for (size_t i = 0; i < cut; i++) {
		const struct op *op = &log->ops[i];
		if (op->kind == OP_OPENED) {
			p.opened = true;
			memcpy(p.epoch, op->epoch, STORE_EPOCH);
		} else if (op->kind == OP_ACKED) {
			p.acked = op->point;
		}
	}
	p.next = p.acked;
	for (size_t i = cut; i < log->n; i++) {
		if (log->ops[i].kind != OP_ACKED)
			continue;
		p.next = log->ops[i].point;
		break;
	}
	return p;
}
