/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins legs by what their dialogs say of each other: Call-ID, Session-ID, X-Call-ID. Only legs that
 * share a value are compared. A value that more legs have than one call has names no call.
 */
#include "correlate/join/join_signalling.h"

#include "correlate/join/edge.h"
#include "probes/base/text.h"

enum {
	WEIGHT_CALL_ID =
	    999000, /* one dialog: unique in space and time, RFC 3261 section 8.1.1.4 */
	WEIGHT_SESSION_ID = 990000,
	WEIGHT_X_CALL_ID = 980000,
	KEYS_MAX = 4,   /* of a leg */
	UUID_MAX = 128, /* bytes of a Session-ID's UUID that are distinguished; RFC 7989: 32 */
};

enum { BY_CALL_ID = 1, BY_UUID };      /* kinds of keys */
enum { OF_CALL_ID = 1, OF_X_CALL_ID }; /* subkey of those that share a Call-ID */

/* The first of the two UUIDs of a Session-ID header, RFC 7989 section 5: "uuid;remote=uuid". */
static es_slice
session_uuid(es_slice header, bool is_remote)
{
	es_slice rest = es_text_trim(header);
	es_slice uuid = es_text_trim(es_text_cut(&rest, ';'));

	while (is_remote && rest.n > 0) {
		es_slice param = es_text_trim(es_text_cut(&rest, ';'));

		if (es_text_begins_same(param, "remote="))
			return es_text_trim(es_text_from(param, 7));
	}
	return is_remote ? es_slice_of(NULL, 0) : uuid;
}

/* A UUID of all zeros stands for a side that is not known yet. */
static bool
is_nil(es_slice uuid)
{
	for (size_t i = 0; i < uuid.n; i++) {
		if (uuid.p[i] != '0')
			return false;
	}
	return true;
}

/* One session when neither of the two sides contradicts and one of them is known to both. */
static bool
same_session(es_slice a, es_slice b)
{
	es_slice al = session_uuid(a, false), ar = session_uuid(a, true);
	es_slice bl = session_uuid(b, false), br = session_uuid(b, true);
	bool straight = !is_nil(al) && es_text_same(al, bl) &&
			(is_nil(ar) || is_nil(br) || es_text_same(ar, br));
	bool crossed = !is_nil(al) && es_text_same(al, br) &&
		       (is_nil(ar) || is_nil(bl) || es_text_same(ar, bl));

	return straight || crossed;
}

static void
join_pair(struct es_cor_solve *s, uint32_t a, uint32_t b)
{
	const struct es_cor_leg *x = &s->legs[a], *y = &s->legs[b];
	const struct es_call *p, *q;

	es_cor_count(s, 1);
	if (x->call_id.n > 0 && x->call_id.p == y->call_id.p) {
		es_cor_edge_add(s, a, b, ES_JOIN_CALL_ID, WEIGHT_CALL_ID, 0);
		return;
	}
	if (x->call == ES_COR_NONE || y->call == ES_COR_NONE)
		return;
	p = &s->store->calls[x->call].rec;
	q = &s->store->calls[y->call].rec;
	if (same_session(p->session_id, q->session_id))
		es_cor_edge_add(s, a, b, ES_JOIN_SESSION_ID, WEIGHT_SESSION_ID, 0);
	if (p->x_call_id.n > 0 &&
	    (p->x_call_id.p == q->x_call_id.p || p->x_call_id.p == q->call_id.p))
		es_cor_edge_add(s, a, b, ES_JOIN_X_CALL_ID, WEIGHT_X_CALL_ID, 0);
	else if (q->x_call_id.n > 0 && q->x_call_id.p == p->call_id.p)
		es_cor_edge_add(s, a, b, ES_JOIN_X_CALL_ID, WEIGHT_X_CALL_ID, 0);
}

/* A value a leg has. subkey: equal for legs that share more than the value, as the same end of one session. */
struct value {
	uint64_t hash;
	uint64_t subkey;
	uint32_t leg;
	enum es_join_reason reason;
};

struct values {
	struct es_cor_solve *s;
	struct value *at;
	uint32_t n;
	uint32_t *order;
	uint32_t *heads; /* by leg: the first pair with a later one, + 1 */
	uint32_t *next;  /* by pair: likewise */
	uint32_t *other; /* by pair: the later leg */
	uint32_t n_pairs;
	uint32_t cap_pairs;
};

static uint64_t
uuid_hash(const struct es_cor_solve *s, es_slice uuid)
{
	uint8_t lower[UUID_MAX];
	size_t n = uuid.n < UUID_MAX ? uuid.n : UUID_MAX;

	for (size_t i = 0; i < n; i++)
		lower[i] =
		    (uint8_t)(uuid.p[i] >= 'A' && uuid.p[i] <= 'Z' ? uuid.p[i] + 32 : uuid.p[i]);
	return es_hash(&s->store->key, es_slice_of(lower, n)) ^ BY_UUID;
}

static uint64_t
call_id_hash(const struct es_cor_solve *s, es_slice call_id)
{
	struct es_cor_key key;

	memset(&key, 0, sizeof(key));
	key.kind = BY_CALL_ID;
	key.call_id = call_id.p;
	return es_cor_hash(s, &key);
}

static void
note(struct values *v, uint32_t leg, uint64_t hash, uint64_t subkey, enum es_join_reason reason)
{
	const struct value is = { hash, subkey, leg, reason };

	v->order[v->n] = v->n;
	v->at[v->n++] = is;
}

static void
note_leg(struct values *v, uint32_t i)
{
	struct es_cor_solve *s = v->s;
	const struct es_cor_leg *leg = &s->legs[i];
	const struct es_call *c;
	es_slice local, remote;
	uint64_t l, r;

	if (leg->call_id.n > 0)
		note(v, i, call_id_hash(s, leg->call_id), OF_CALL_ID, ES_JOIN_CALL_ID);
	if (leg->call == ES_COR_NONE)
		return;
	c = &s->store->calls[leg->call].rec;
	if (c->x_call_id.n > 0)
		note(v, i, call_id_hash(s, c->x_call_id), OF_X_CALL_ID, ES_JOIN_X_CALL_ID);
	local = session_uuid(c->session_id, false);
	remote = session_uuid(c->session_id, true);
	l = is_nil(local) ? 0 : uuid_hash(s, local);
	r = is_nil(remote) ? 0 : uuid_hash(s, remote);
	if (l != 0)
		note(v, i, l, l + r, ES_JOIN_SESSION_ID);
	if (r != 0)
		note(v, i, r, l + r, ES_JOIN_SESSION_ID);
}

static bool
value_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct value *x = &((const struct value *)ctx)[a];
	const struct value *y = &((const struct value *)ctx)[b];

	if (x->hash != y->hash)
		return x->hash < y->hash;
	return x->leg != y->leg ? x->leg < y->leg : a < b;
}

/* Within one value: by subkey, then by leg. */
static bool
subkey_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct value *x = &((const struct value *)ctx)[a];
	const struct value *y = &((const struct value *)ctx)[b];

	return x->subkey != y->subkey ? x->subkey < y->subkey : x->leg < y->leg;
}

static void
pair(struct values *v, uint32_t i, uint32_t j)
{
	uint32_t a = i < j ? i : j;

	if (i == j || v->n_pairs == v->cap_pairs)
		return;
	v->other[v->n_pairs] = i < j ? j : i;
	v->next[v->n_pairs] = v->heads[a];
	v->heads[a] = ++v->n_pairs;
}

/* What so many legs have names no call: they are not compared, and the evidence says so. */
static void
leave_apart(struct values *v, const uint32_t *run, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct value *is = &v->at[run[i]];

		es_cor_edge_note_common(&v->s->legs[is->leg], is->reason, n);
	}
}

static void
pair_few(struct values *v, const uint32_t *run, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = i + 1; j < n; j++)
			pair(v, v->at[run[i]].leg, v->at[run[j]].leg);
}

/*
 * All with each other; where they are too many, only those of one subkey: the two ends of a session that
 * many share one end of, the dialog that many headers name.
 */
static void
pair_run(struct values *v, uint32_t *run, uint32_t n)
{
	if (n <= ES_COR_SHARERS_MAX) {
		pair_few(v, run, n);
		return;
	}
	es_cor_sort(run, n, subkey_before, v->at);
	for (uint32_t from = 0, end; from < n; from = end) {
		for (end = from + 1; end < n && v->at[run[end]].subkey == v->at[run[from]].subkey;
		     end++)
			continue;
		if (end - from <= ES_COR_SHARERS_MAX)
			pair_few(v, run + from, end - from);
		else
			leave_apart(v, run + from, end - from);
	}
}

static bool
is_earlier(const void *ctx, uint32_t a, uint32_t b)
{
	(void)ctx;
	return a < b;
}

/* The pairs of one leg with later ones, in order and each once. `later` has room for them all. */
static void
join_leg(struct values *v, uint32_t i, uint32_t *later)
{
	uint32_t n = 0;

	for (uint32_t at = v->heads[i]; at != 0; at = v->next[at - 1])
		later[n++] = v->other[at - 1];
	es_cor_sort(later, n, is_earlier, NULL);
	for (uint32_t k = 0; k < n; k++) {
		if (k == 0 || later[k] != later[k - 1])
			join_pair(v->s, i, later[k]);
	}
}

int
es_cor_join_signalling(struct es_cor_solve *s)
{
	size_t mark = es_arena_mark(s->mem);
	struct values v = { .s = s };
	uint32_t *later;

	v.at = es_arena_reserve(s->mem, (size_t)KEYS_MAX * s->n_legs, sizeof(*v.at));
	v.order = es_arena_reserve(s->mem, (size_t)KEYS_MAX * s->n_legs, sizeof(*v.order));
	v.heads = es_arena_take(s->mem, s->n_legs, sizeof(*v.heads));
	if (s->mem->n_refused > 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_legs; i++)
		note_leg(&v, i);
	v.cap_pairs = v.n * (ES_COR_SHARERS_MAX / 2); /* n (n - 1) / 2 of each run or subkey */
	v.next = es_arena_reserve(s->mem, v.cap_pairs, sizeof(*v.next));
	v.other = es_arena_reserve(s->mem, v.cap_pairs, sizeof(*v.other));
	later = es_arena_reserve(s->mem, v.cap_pairs, sizeof(*later));
	if (s->mem->n_refused > 0)
		return ES_EFULL;
	es_cor_sort(v.order, v.n, value_before, v.at);
	for (uint32_t from = 0, end; from < v.n; from = end) {
		for (end = from + 1; end < v.n; end++) {
			if (v.at[v.order[end]].hash != v.at[v.order[from]].hash)
				break;
		}
		pair_run(&v, v.order + from, end - from);
	}
	for (uint32_t i = 0; i < s->n_legs; i++)
		join_leg(&v, i, later);
	es_arena_reset(s->mem, mark);
	return 0;
}
