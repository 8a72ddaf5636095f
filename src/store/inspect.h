#pragma once

/*
 * A store opened to be looked at and nothing else: no lock is taken that keeps a daemon out, nothing
 * is written, grown, lengthened or upgraded. Beside a running daemon too, whose user or root one has
 * to be, since LMDB notes its readers in a file.
 *
 * A store that is inspected moves on as its daemon commits: every read of store.h sees the last
 * commit, and what store_head and the others say is as of the last read. A read keeps the pages that
 * it sees from being used again for as long as it lasts, and so a busy file growing: read the journal
 * in parts.
 */

#include "store/store.h"

/*
 * Opens a store's directory, or a file that store_backup made (whose hash is not looked at:
 * store_backup_check does). Damage that store_open would refuse shows in the checks below. As
 * store_open; a store of an older format is STORE_E_FORMAT.
 */
int store_inspect(const char *path, struct store **ret, char message[STORE_MESSAGE]);

/* Looks where the store stands now. */
int store_refresh(struct store *s);
/* Whether the journal begins and ends where the store says, with as many facts. */
int store_check_ends(struct store *s);
/* All asides against their sum. */
int store_check_asides(struct store *s, uint64_t *ret_count);
/* The table of streams' heads against its sum, and each of its entries; it is as of fact *ret_at. */
typedef void (*store_head_fn)(void *arg, uint64_t stream, uint64_t number);
int store_check_heads(struct store *s, store_head_fn head, void *arg, uint64_t *ret_at);
