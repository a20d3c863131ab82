/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: agents, enrolment tokens, high-water marks. */
#include "collector/store/store_private.h"

int
es_store_token_add(struct es_store *s, const uint8_t hash[ES_STORE_HASH_LEN], const char *name,
    const char *site, es_time now, es_time expires)
{
	return es_store_write(s, ST_TOKEN_ADD,
	    ES_BINDS(es_bind_blob(hash, ES_STORE_HASH_LEN), es_bind_text(name), es_bind_text(site),
		es_bind_time(now), es_bind_time(expires)));
}

static bool
read_token(void *ctx, sqlite3_stmt *st)
{
	struct es_store_token *out = ctx;

	es_column_text(st, 0, out->name, sizeof(out->name));
	es_column_text(st, 1, out->site, sizeof(out->site));
	out->expires = es_column_time(st, 2);
	out->used = sqlite3_column_type(st, 3) != SQLITE_NULL;
	return false;
}

int
es_store_token_get(
    struct es_store *s, const uint8_t hash[ES_STORE_HASH_LEN], struct es_store_token *out)
{
	return es_store_row(
	    s, ST_TOKEN_GET, ES_BINDS(es_bind_blob(hash, ES_STORE_HASH_LEN)), read_token, out);
}

int
es_store_token_burn(struct es_store *s, const uint8_t hash[ES_STORE_HASH_LEN], es_time now)
{
	int err = es_store_write(
	    s, ST_TOKEN_BURN, ES_BINDS(es_bind_blob(hash, ES_STORE_HASH_LEN), es_bind_time(now)));

	if (err == 0 && sqlite3_changes(s->db) != 1)
		return ES_EDENIED;
	return err;
}

struct open_tokens {
	uint64_t *n;
	es_time *last;
};

static bool
read_open_tokens(void *ctx, sqlite3_stmt *st)
{
	const struct open_tokens *out = ctx;

	*out->n = (uint64_t)sqlite3_column_int64(st, 0);
	*out->last = es_column_time(st, 1);
	return false;
}

int
es_store_tokens_open(struct es_store *s, es_time now, uint64_t *n, es_time *last)
{
	struct open_tokens out = { n, last };

	return es_store_row(s, ST_TOKENS_OPEN, ES_BINDS(es_bind_time(now)), read_open_tokens, &out);
}

int
es_store_agent_bind(struct es_store *s, const struct es_agent *a)
{
	return es_store_write(s, ST_AGENT_BIND,
	    ES_BINDS(es_bind_text(a->cn), es_bind_blob(a->spki, sizeof(a->spki)),
		es_bind_text(a->name), es_bind_text(a->site), es_bind_time(a->enrolled),
		es_bind_time(a->not_after)));
}

/* The order of AGENT_COLUMNS in store_text.c. */
static bool
read_agent(void *ctx, sqlite3_stmt *st)
{
	struct es_agent *out = ctx;
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
	out->role = (enum es_role)sqlite3_column_int(st, 17);
	return false;
}

int
es_store_agent_by_spki(
    struct es_store *s, const uint8_t spki[ES_STORE_HASH_LEN], struct es_agent *out)
{
	return es_store_row(
	    s, ST_AGENT_BY_SPKI, ES_BINDS(es_bind_blob(spki, ES_STORE_HASH_LEN)), read_agent, out);
}

int
es_store_agent_by_cn(struct es_store *s, const char *cn, struct es_agent *out)
{
	return es_store_row(s, ST_AGENT_BY_CN, ES_BINDS(es_bind_text(cn)), read_agent, out);
}

int
es_store_agent_rekey(
    struct es_store *s, int64_t id, const uint8_t spki[ES_STORE_HASH_LEN], es_time not_after)
{
	return es_store_write(s, ST_AGENT_REKEY,
	    ES_BINDS(
		es_bind_i64(id), es_bind_blob(spki, ES_STORE_HASH_LEN), es_bind_time(not_after)));
}

static bool
read_renewal(void *ctx, sqlite3_stmt *st)
{
	struct es_renewal *out = ctx;
	es_slice next = es_column_slice(st, 2), ca = es_column_slice(st, 4);

	out->generation = (uint32_t)sqlite3_column_int64(st, 0);
	out->issued = (uint32_t)sqlite3_column_int64(st, 1);
	out->has_next = next.n == sizeof(out->next_spki);
	if (out->has_next)
		memcpy(out->next_spki, next.p, next.n);
	out->next_until = es_column_time(st, 3);
	out->has_ca = ca.n == sizeof(out->ca);
	if (out->has_ca)
		memcpy(out->ca, ca.p, ca.n);
	out->clones = (uint64_t)sqlite3_column_int64(st, 5);
	out->clone = es_column_time(st, 6);
	return false;
}

int
es_store_renewal_get(struct es_store *s, int64_t agent, struct es_renewal *out)
{
	int err;

	memset(out, 0, sizeof(*out));
	out->generation = out->issued = 1;
	err = es_store_row(s, ST_RENEWAL_GET, ES_BINDS(es_bind_i64(agent)), read_renewal, out);
	return err == ES_ENOTFOUND ? 0 : err;
}

int
es_store_renewal_set(struct es_store *s, int64_t agent, const struct es_renewal *r)
{
	return es_store_write(s, ST_RENEWAL_SET,
	    ES_BINDS(es_bind_i64(agent), es_bind_i64(r->generation), es_bind_i64(r->issued),
		r->has_next ? es_bind_blob(r->next_spki, sizeof(r->next_spki)) : es_bind_null(),
		r->has_next ? es_bind_time(r->next_until) : es_bind_null(),
		r->has_ca ? es_bind_blob(r->ca, sizeof(r->ca)) : es_bind_null(),
		es_bind_u64(r->clones), r->clones > 0 ? es_bind_time(r->clone) : es_bind_null()));
}

int
es_store_agent_by_id(struct es_store *s, int64_t id, struct es_agent *out)
{
	return es_store_row(s, ST_AGENT_BY_ID, ES_BINDS(es_bind_i64(id)), read_agent, out);
}

int
es_store_agent_hello(struct es_store *s, int64_t id, const char *version, enum es_role role,
    es_time now, int64_t clock_ns)
{
	return es_store_write(s, ST_AGENT_HELLO,
	    ES_BINDS(es_bind_i64(id), es_bind_text(version), es_bind_time(now),
		es_bind_i64(clock_ns), es_bind_i64((int)role)));
}

int
es_store_agent_count(struct es_store *s, int64_t id, es_time now, uint64_t records,
    uint64_t refused, uint64_t duplicates, uint64_t lost)
{
	return es_store_write(s, ST_AGENT_COUNT,
	    ES_BINDS(es_bind_i64(id), es_bind_time(now), es_bind_u64(records), es_bind_u64(refused),
		es_bind_u64(duplicates), es_bind_u64(lost)));
}

int
es_store_agent_disable(struct es_store *s, const char *name, bool disabled)
{
	int err = es_store_write(
	    s, ST_AGENT_DISABLE, ES_BINDS(es_bind_text(name), es_bind_i64(disabled)));

	if (err == 0 && sqlite3_changes(s->db) == 0)
		err = ES_ENOTFOUND;
	if (err == 0 && !disabled)
		err = es_store_write(s, ST_RENEWAL_CLEAR, ES_BINDS(es_bind_text(name)));
	return err;
}

struct listing {
	bool (*cb)(void *ctx, const struct es_agent *a);
	void *ctx;
};

static bool
list_agent(void *ctx, sqlite3_stmt *st)
{
	const struct listing *l = ctx;
	struct es_agent a;

	(void)read_agent(&a, st); /* it wants one, cb may want more */
	return l->cb(l->ctx, &a);
}

int
es_store_agents(struct es_store *s, bool (*cb)(void *ctx, const struct es_agent *a), void *ctx)
{
	struct listing l = { cb, ctx };
	int got = es_store_rows(s, ST_AGENT_LIST, NULL, 0, list_agent, &l);

	return got < 0 ? got : 0;
}

static bool
read_number(void *ctx, sqlite3_stmt *st)
{
	*(uint64_t *)ctx = (uint64_t)sqlite3_column_int64(st, 0);
	return false;
}

int
es_store_mark_get(
    struct es_store *s, int64_t agent, const uint8_t epoch[ES_STORE_EPOCH_LEN], uint64_t *through)
{
	int err = es_store_row(s, ST_MARK_GET,
	    ES_BINDS(es_bind_i64(agent), es_bind_blob(epoch, ES_STORE_EPOCH_LEN)), read_number,
	    through);

	if (err != ES_ENOTFOUND)
		return err;
	*through = 0;
	return 0;
}

int
es_store_mark_set(
    struct es_store *s, int64_t agent, const uint8_t epoch[ES_STORE_EPOCH_LEN], uint64_t through)
{
	enum es_stmt which[2] = { ST_MARK_SET, ST_AGENT_MARK };
	int err = 0;

	for (int i = 0; i < 2 && err == 0; i++)
		err = es_store_write(s, which[i],
		    ES_BINDS(es_bind_i64(agent), es_bind_blob(epoch, ES_STORE_EPOCH_LEN),
			es_bind_u64(through)));
	return err;
}

int
es_store_proof_set(struct es_store *s, int64_t agent, const uint8_t epoch[ES_STORE_EPOCH_LEN],
    uint64_t seq, uint64_t digest)
{
	return es_store_write(s, ST_PROOF_SET,
	    ES_BINDS(es_bind_i64(agent), es_bind_blob(epoch, ES_STORE_EPOCH_LEN), es_bind_u64(seq),
		es_bind_u64(digest)));
}

int
es_store_proof_get(struct es_store *s, int64_t agent, const uint8_t epoch[ES_STORE_EPOCH_LEN],
    uint64_t seq, uint64_t *digest)
{
	int err;

	*digest = 0;
	err = es_store_row(s, ST_PROOF_GET,
	    ES_BINDS(es_bind_i64(agent), es_bind_blob(epoch, ES_STORE_EPOCH_LEN), es_bind_u64(seq)),
	    read_number, digest);
	return err == ES_ENOTFOUND ? 0 : err;
}
