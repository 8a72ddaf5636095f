/*
 * From an older format to this one, when a store is opened: in one transaction, so that a store is
 * always of one format or the other.
 *
 *   2 -> 3  the journal begins with fact 1 and follows on the epoch; no asides
 */

#include "store/internal.h"

int
upgrade(struct store *s, unsigned from)
{
	MDB_txn *txn;
	struct state *state = &s->state;
	int rc = mdb_txn_begin(s->env, NULL, 0, &txn);
	if (rc)
		return env_fail(s, rc, "upgrading the store");
	state->first = 1;
	memcpy(state->base, state->epoch, HASH);
	state->asides_sum = 0;
	int code = env_tables(s, txn, MDB_CREATE);
	if (code == 0)
		rc = meta_put_state(s, txn, state);
	if (code == 0 && rc == 0)
		rc = meta_put_format(s, txn);
	if (code || rc)
		mdb_txn_abort(txn);
	else
		rc = mdb_txn_commit(txn);
	if (code || rc)
		return code ? code : env_fail(s, rc, "upgrading the store");
	s->upgraded = from;
	return 0;
}
