/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: whether a batch could be taken now. */
#include "collector/store/store_private.h"

/* A row of nobody: the table took it up to its rule that a row is somebody's. */
static int
but_for_nobody(int err)
{
	return err == ES_EINVALID || err == ES_ENOTFOUND ? 0 : err;
}

/* What a Hello asks of the store. */
static int
try_hello(struct es_store *s)
{
	static const uint8_t spki[ES_STORE_HASH_LEN], epoch[ES_STORE_EPOCH_LEN];
	uint64_t number;
	struct es_agent a;
	int err = but_for_nobody(es_store_agent_by_spki(s, spki, &a));

	if (err == 0)
		err = es_store_mark_get(s, 0, epoch, &number);
	if (err == 0)
		err = es_store_proof_get(s, 0, epoch, 0, &number);
	if (err == 0)
		err = es_store_agent_hello(s, 0, "", ES_ROLE_UNKNOWN, es_time_of_ns(0), 0);
	return err;
}

/* What a batch asks of it. */
static int
try_batch(struct es_store *s)
{
	static const uint8_t epoch[ES_STORE_EPOCH_LEN];
	const struct es_row row = { .type = ES_REC_HEALTH };
	int err = but_for_nobody(es_store_put(s, &row));

	if (err == 0)
		err = but_for_nobody(es_store_mark_set(s, 0, epoch, 0));
	if (err == 0)
		err = but_for_nobody(es_store_proof_set(s, 0, epoch, 0, 0));
	if (err == 0)
		err = es_store_agent_count(s, 0, es_time_of_ns(0), 0, 0, 0, 0);
	if (err == 0)
		err = es_store_execute(
		    s, "DELETE FROM trial; INSERT INTO trial VALUES(zeroblob(262144))");
	return err;
}

int
es_store_trial(struct es_store *s)
{
	int err;

	sqlite3_busy_timeout(s->db, 0);
	err = try_hello(s);
	if (err == 0)
		err = es_store_begin(s);
	if (err == 0) {
		err = try_batch(s);
		if (err == 0)
			err = es_store_commit(s);
		if (err == 0)
			err = es_store_execute(s, "DELETE FROM trial");
		es_store_rollback(s);
	}
	sqlite3_busy_timeout(s->db, ES_STORE_BUSY_MS);
	return err;
}
