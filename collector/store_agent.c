/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: agents, enrolment tokens, high-water marks. */
#include "collector/store_sql.h"

int
es_store_token_add(struct es_store *s, const uint8_t hash[ES_STORE_HASH_LEN], const char *name,
    const char *site, es_time now, es_time expires)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_TOKEN_ADD);

	if (st == NULL)
		return ES_EIO;
	es_bind_blob(s, st, 1, hash, ES_STORE_HASH_LEN);
	es_bind_text(s, st, 2, name);
	es_bind_text(s, st, 3, site);
	es_bind_time(s, st, 4, now);
	es_bind_time(s, st, 5, expires);
	return es_store_run(s, st);
}

int
es_store_token_get(
    struct es_store *s, const uint8_t hash[ES_STORE_HASH_LEN], struct es_store_token *out)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_TOKEN_GET);
	int rc;

	if (st == NULL)
		return ES_EIO;
	es_bind_blob(s, st, 1, hash, ES_STORE_HASH_LEN);
	rc = es_store_step(s, st);
	if (rc == SQLITE_ROW) {
		es_column_text(st, 0, out->name, sizeof(out->name));
		es_column_text(st, 1, out->site, sizeof(out->site));
		out->expires = es_column_time(st, 2);
		out->used = sqlite3_column_type(st, 3) != SQLITE_NULL;
	}
	sqlite3_reset(st);
	if (rc == SQLITE_ROW)
		return 0;
	return rc == SQLITE_DONE ? ES_ENOTFOUND : es_store_fail(s, rc);
}

int
es_store_token_burn(struct es_store *s, const uint8_t hash[ES_STORE_HASH_LEN], es_time now)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_TOKEN_BURN);
	int err;

	if (st == NULL)
		return ES_EIO;
	es_bind_blob(s, st, 1, hash, ES_STORE_HASH_LEN);
	es_bind_time(s, st, 2, now);
	err = es_store_run(s, st);
	if (err == 0 && sqlite3_changes(s->db) != 1)
		return ES_EDENIED;
	return err;
}

int
es_store_agent_bind(struct es_store *s, const struct es_agent *a)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_AGENT_BIND);

	if (st == NULL)
		return ES_EIO;
	es_bind_text(s, st, 1, a->cn);
	es_bind_blob(s, st, 2, a->spki, sizeof(a->spki));
	es_bind_text(s, st, 3, a->name);
	es_bind_text(s, st, 4, a->site);
	es_bind_time(s, st, 5, a->enrolled);
	es_bind_time(s, st, 6, a->not_after);
	return es_store_run(s, st);
}

/* The order of AGENT_COLUMNS in store_text.c. */
static void
read_agent(sqlite3_stmt *st, struct es_agent *out)
{
	es_slice spki = es_column_slice(st, 4), epoch;

	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(st, 0);
	es_column_text(st, 1, out->cn, sizeof(out->cn));
	es_column_text(st, 2, out->name, sizeof(out->name));
	es_column_text(st, 3, out->site, sizeof(out->site));
	if (spki.n == sizeof(out->spki))
		memcpy(out->spki, spki.p, spki.n);
	out->disabled = sqlite3_column_int(st, 5) != 0;
	out->enrolled = es_column_time(st, 6);
	out->not_after = es_column_time(st, 7);
	es_column_text(st, 8, out->version, sizeof(out->version));
	epoch = es_column_slice(st, 9);
	out->has_epoch = epoch.n == sizeof(out->epoch);
	if (out->has_epoch)
		memcpy(out->epoch, epoch.p, epoch.n);
	out->seq = (uint64_t)sqlite3_column_int64(st, 10);
	out->has_seen = sqlite3_column_type(st, 11) != SQLITE_NULL;
	out->seen = es_column_time(st, 11);
	out->clock_ns = sqlite3_column_int64(st, 12);
	out->records = (uint64_t)sqlite3_column_int64(st, 13);
	out->refused = (uint64_t)sqlite3_column_int64(st, 14);
	out->duplicates = (uint64_t)sqlite3_column_int64(st, 15);
	out->lost = (uint64_t)sqlite3_column_int64(st, 16);
}

static int
one_agent(struct es_store *s, sqlite3_stmt *st, struct es_agent *out)
{
	int rc = es_store_step(s, st);

	if (rc == SQLITE_ROW)
		read_agent(st, out);
	sqlite3_reset(st);
	if (rc == SQLITE_ROW)
		return 0;
	return rc == SQLITE_DONE ? ES_ENOTFOUND : es_store_fail(s, rc);
}

int
es_store_agent_by_spki(
    struct es_store *s, const uint8_t spki[ES_STORE_HASH_LEN], struct es_agent *out)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_AGENT_BY_SPKI);

	if (st == NULL)
		return ES_EIO;
	es_bind_blob(s, st, 1, spki, ES_STORE_HASH_LEN);
	return one_agent(s, st, out);
}

int
es_store_agent_by_id(struct es_store *s, int64_t id, struct es_agent *out)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_AGENT_BY_ID);

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, id);
	return one_agent(s, st, out);
}

int
es_store_agent_hello(
    struct es_store *s, int64_t id, const char *version, es_time now, int64_t clock_ns)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_AGENT_HELLO);

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, id);
	es_bind_text(s, st, 2, version);
	es_bind_time(s, st, 3, now);
	es_bind_i64(s, st, 4, clock_ns);
	return es_store_run(s, st);
}

int
es_store_agent_count(struct es_store *s, int64_t id, es_time now, uint64_t records,
    uint64_t refused, uint64_t duplicates, uint64_t lost)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_AGENT_COUNT);

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, id);
	es_bind_time(s, st, 2, now);
	es_bind_u64(s, st, 3, records);
	es_bind_u64(s, st, 4, refused);
	es_bind_u64(s, st, 5, duplicates);
	es_bind_u64(s, st, 6, lost);
	return es_store_run(s, st);
}

int
es_store_agents(struct es_store *s, bool (*cb)(void *ctx, const struct es_agent *a), void *ctx)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_AGENT_LIST);
	struct es_agent a;
	int rc;

	if (st == NULL)
		return ES_EIO;
	while ((rc = es_store_step(s, st)) == SQLITE_ROW) {
		read_agent(st, &a);
		if (!cb(ctx, &a))
			break;
	}
	sqlite3_reset(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : es_store_fail(s, rc);
}

int
es_store_mark_get(
    struct es_store *s, int64_t agent, const uint8_t epoch[ES_STORE_EPOCH_LEN], uint64_t *through)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_MARK_GET);
	int rc;

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, agent);
	es_bind_blob(s, st, 2, epoch, ES_STORE_EPOCH_LEN);
	rc = es_store_step(s, st);
	if (rc == SQLITE_ROW)
		*through = (uint64_t)sqlite3_column_int64(st, 0);
	else if (rc == SQLITE_DONE)
		*through = 0;
	sqlite3_reset(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : es_store_fail(s, rc);
}

int
es_store_mark_set(
    struct es_store *s, int64_t agent, const uint8_t epoch[ES_STORE_EPOCH_LEN], uint64_t through)
{
	enum es_stmt which[2] = { ST_MARK_SET, ST_AGENT_MARK };
	int err = 0;

	for (int i = 0; i < 2 && err == 0; i++) {
		sqlite3_stmt *st = es_store_stmt(s, which[i]);

		if (st == NULL)
			return ES_EIO;
		es_bind_i64(s, st, 1, agent);
		es_bind_blob(s, st, 2, epoch, ES_STORE_EPOCH_LEN);
		es_bind_u64(s, st, 3, through);
		err = es_store_run(s, st);
	}
	return err;
}

int
es_store_proof_set(struct es_store *s, int64_t agent, const uint8_t epoch[ES_STORE_EPOCH_LEN],
    uint64_t seq, uint64_t digest)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_PROOF_SET);

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, agent);
	es_bind_blob(s, st, 2, epoch, ES_STORE_EPOCH_LEN);
	es_bind_u64(s, st, 3, seq);
	es_bind_u64(s, st, 4, digest);
	return es_store_run(s, st);
}

int
es_store_proof_get(struct es_store *s, int64_t agent, const uint8_t epoch[ES_STORE_EPOCH_LEN],
    uint64_t seq, uint64_t *digest)
{
	sqlite3_stmt *st = es_store_stmt(s, ST_PROOF_GET);
	int rc;

	if (st == NULL)
		return ES_EIO;
	es_bind_i64(s, st, 1, agent);
	es_bind_blob(s, st, 2, epoch, ES_STORE_EPOCH_LEN);
	es_bind_u64(s, st, 3, seq);
	rc = es_store_step(s, st);
	*digest = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	sqlite3_reset(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : es_store_fail(s, rc);
}
