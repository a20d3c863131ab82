/* SPDX-License-Identifier: Apache-2.0 */
/* The connections that are followed: found, made, given up. */
#include "probes/reassembly/tcp_private.h"

#include "probes/base/seq.h"

#include <stdlib.h>

/* What it takes to read TLS. */
static int
prepare_tls(struct es_tcps *t, uint32_t cap)
{
	int err = es_pool_new(&t->connections, cap, sizeof(struct es_tls_connection));

	if (err == 0)
		err = es_pool_new(&t->held, ES_TLS_HELD_MAX, sizeof(struct es_tls_held));
	if (err != 0)
		return err;
	t->clear = calloc(1, ES_TLS_RECORD_MAX_BYTES);
	t->plain = calloc(1, sizeof(*t->plain));
	if (t->clear == NULL || t->plain == NULL)
		return ES_ENOMEM;
	t->plain->c = t->c;
	t->plain->message = es_tcp_tls_message;
	t->plain->ctx = t;
	return es_tcps_new(t->plain, cap);
}

int
es_tcps_new(struct es_tcps *t, uint32_t cap)
{
	uint32_t buffers = cap / 2 > ES_TCP_BUFFERS_MIN ? cap / 2 : ES_TCP_BUFFERS_MIN;
	int err = es_pool_new(&t->pool, cap, sizeof(struct es_tcp_stream));

	if (err == 0)
		err = es_table_new(&t->table, cap);
	if (err == 0)
		err = es_eviction_new(&t->eviction, cap);
	if (err == 0)
		err = es_pool_new(&t->owners, buffers, sizeof(uint32_t));
	if (err == 0)
		err = es_eviction_new(&t->waiting, buffers);
	if (err != 0)
		return err;
	t->bytes = calloc(buffers, ES_TCP_BUFFER_BYTES); /* touched when one is first held */
	t->later.bytes = calloc(1, ES_TCP_LATER_BYTES);  /* and this when one first waits */
	if (t->bytes == NULL || t->later.bytes == NULL)
		return ES_ENOMEM;
	return t->opener.open != NULL ? prepare_tls(t, cap) : 0;
}

void
es_tcps_free(struct es_tcps *t)
{
	if (t->plain != NULL)
		es_tcps_free(t->plain);
	free(t->plain);
	free(t->clear);
	es_tcp_tls_free(t);
	es_pool_free(&t->connections);
	es_pool_free(&t->held);
	free(t->later.bytes);
	free(t->bytes);
	es_eviction_free(&t->waiting);
	es_pool_free(&t->owners);
	es_eviction_free(&t->eviction);
	es_table_free(&t->table);
	es_pool_free(&t->pool);
}

static uint64_t
hash_of(const struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst)
{
	return es_hash_pair(&t->c->key, src, dst);
}

uint32_t
es_tcp_find(const struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst)
{
	struct es_probe at = es_table_probe(&t->table, hash_of(t, src, dst));
	uint32_t i;

	while ((i = es_table_next(&t->table, &at)) != ES_TABLE_NONE)
		if (es_addr_eq(&es_tcp_at(t, i)->src, src) &&
		    es_addr_eq(&es_tcp_at(t, i)->dst, dst))
			return i;
	return ES_POOL_NONE;
}

static void
set_again(struct es_tcps *t, struct es_tcp_stream *s, bool has_again)
{
	t->n_again += has_again && !s->has_again ? 1u : 0u;
	t->n_again -= !has_again && s->has_again ? 1u : 0u;
	s->has_again = has_again;
}

static void
release(struct es_tcps *t, struct es_tcp_stream *s)
{
	if (s->buffer == ES_POOL_NONE)
		return;
	es_eviction_drop(&t->waiting, s->buffer);
	es_pool_give(&t->owners, s->buffer);
	s->buffer = ES_POOL_NONE;
}

void
es_tcp_drop(struct es_tcps *t, uint32_t i)
{
	struct es_tcp_stream *s = es_tcp_at(t, i);

	es_tcp_tls_leave(t, s);
	release(t, s);
	set_again(t, s, false);
	(void)es_table_remove(&t->table, hash_of(t, &s->src, &s->dst), i);
	es_eviction_drop(&t->eviction, i);
	es_pool_give(&t->pool, i);
}

static es_time
last_seen(const void *ctx, uint32_t index)
{
	const struct es_tcps *t = ctx;

	return es_tcp_at(t, index)->seen_at;
}

static uint32_t
owner_of(const struct es_tcps *t, uint32_t buffer)
{
	const uint32_t *owner = es_pool_at(&t->owners, buffer);

	return *owner;
}

static es_time
last_seen_waiting(const void *ctx, uint32_t buffer)
{
	return last_seen(ctx, owner_of(ctx, buffer));
}

static bool
is_proven(const struct es_tcps *t, const struct es_tcp_stream *s)
{
	const struct es_tls_connection *c;

	if (s->kind != ES_TCP_TLS || s->tls == ES_POOL_NONE)
		return s->kind != ES_TCP_UNKNOWN && s->kind != ES_TCP_TLS;
	c = es_pool_at(&t->connections, s->tls);
	return c->is_open;
}

static void
evict(struct es_tcps *t, uint32_t victim)
{
	if (is_proven(t, es_tcp_at(t, victim)))
		es_context_count(t->c, ES_CNT_TCP_EVICTED);
	es_tcp_tls_evicted(t, es_tcp_at(t, victim));
	es_tcp_drop(t, victim);
}

/*
 * The direction to evict for a new one: not the other one of its own connection, which would be the first where
 * all others are established, and without which TLS cannot be read.
 */
static uint32_t
victim_for(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst)
{
	uint32_t other = es_tcp_find(t, dst, src), victim;

	if (other != ES_POOL_NONE)
		es_eviction_rank(&t->eviction, other, true);
	victim = es_eviction_victim(&t->eviction, last_seen, t);
	if (other != ES_POOL_NONE)
		es_tcp_rank(t, other);
	return victim;
}

static uint32_t
make(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst)
{
	uint32_t i = es_pool_take(&t->pool);
	struct es_tcp_stream *s;

	if (i == ES_POOL_NONE) {
		uint32_t victim = victim_for(t, src, dst);

		if (victim == ES_EVICTION_NONE)
			return ES_POOL_NONE;
		evict(t, victim);
		i = es_pool_take(&t->pool);
	}
	s = es_tcp_at(t, i);
	s->src = *src;
	s->dst = *dst;
	s->buffer = ES_POOL_NONE;
	s->tls = ES_POOL_NONE;
	(void)es_table_insert(&t->table, hash_of(t, src, dst), i); /* as large as the pool */
	es_eviction_add(&t->eviction, i, src, false);
	return i;
}

bool
es_tcp_hold(struct es_tcps *t, uint32_t index)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	uint32_t *owner;

	if (s->buffer != ES_POOL_NONE)
		return true;
	s->buffer = es_pool_take(&t->owners);
	if (s->buffer == ES_POOL_NONE) {
		uint32_t victim = es_eviction_victim(&t->waiting, last_seen_waiting, t);

		if (victim == ES_EVICTION_NONE)
			return false;
		evict(t, owner_of(t, victim));
		s->buffer = es_pool_take(&t->owners);
	}
	owner = es_pool_at(&t->owners, s->buffer);
	*owner = index;
	es_eviction_add(&t->waiting, s->buffer, &s->src, is_proven(t, s));
	return true;
}

void
es_tcp_rank(struct es_tcps *t, uint32_t index)
{
	const struct es_tcp_stream *s = es_tcp_at(t, index);
	bool proven = is_proven(t, s);

	es_eviction_rank(&t->eviction, index, proven);
	if (s->buffer != ES_POOL_NONE)
		es_eviction_rank(&t->waiting, s->buffer, proven);
}

void
es_tcp_prove(struct es_tcps *t, uint32_t index, enum es_tcp_kind kind)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);

	if (s->kind == kind)
		return;
	s->kind = kind;
	if (kind != ES_TCP_SIP) /* which continues with the bytes that came before it was known */
		memset(&s->at, 0, sizeof(s->at));
	es_tcp_rank(t, index);
}

void
es_tcp_unprove(struct es_tcp_stream *s)
{
	/* Its rank stays: a source that sent once is expected to send again. */
	s->kind = ES_TCP_UNKNOWN;
	s->junk = 0;
	s->kept = 0;
	memset(&s->at, 0, sizeof(s->at));
}

/* A new connection begins: nothing of the one before on the same ports counts. */
static void
begin(struct es_tcps *t, struct es_tcp_stream *s, uint32_t first)
{
	es_tcp_tls_leave(t, s);
	release(t, s);
	es_tcp_unprove(s);
	s->is_counted = false;
	s->base = first;
	s->n = 0;
	s->n_runs = 0;
	s->skip = 0;
	s->has_first = true;
	s->first = first;
	s->has_fin = false;
	s->has_acked = false;
	set_again(t, s, false);
}

/*
 * The same ports again, or a forged SYN (RFC 5961 section 4): the running connection stays until bytes after the
 * SYN come, or the other end acknowledges it. False if there is nothing to read.
 */
static bool
on_syn(struct es_tcps *t, struct es_tcp_stream *s, const struct es_tcp *seg, bool is_new)
{
	if (is_new) {
		begin(t, s, seg->seq + 1);
		return true;
	}
	if (s->has_first && s->first == seg->seq + 1)
		return true; /* its own SYN repeated */
	s->again = seg->seq + 1;
	set_again(t, s, true);
	return false;
}

/* Whether a reset is meant for this connection: its number is that of the next byte (RFC 5961 section 3). */
static bool
is_reset(const struct es_tcp_stream *s, const struct es_tcp *seg, uint32_t seq)
{
	bool is_next = seq == s->base + s->n || (s->has_acked && seq == s->acked);

	for (unsigned i = 0; i < s->n_runs; i++)
		is_next |= seq == s->base + s->run[i].at + s->run[i].n;
	return (seg->flags & ES_TCP_RST) != 0 && is_next;
}

/* The end of the stream, unless it would lie before bytes that are there or far off. */
static void
note_fin(struct es_tcp_stream *s, uint32_t fin)
{
	int64_t ahead = es_seq32_diff(fin, s->base + s->n);

	if (ahead < 0 || ahead > ES_TCP_STRAY_BYTES)
		return;
	s->fin = fin;
	s->has_fin = true;
}

/* The stream a segment belongs to, made if it is worth following; ES_POOL_NONE: nothing to take. */
static uint32_t
stream_of(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst,
    const struct es_tcp *seg)
{
	bool is_new = false;
	bool is_syn = (seg->flags & ES_TCP_SYN) != 0;
	uint32_t i = es_tcp_find(t, src, dst);
	struct es_tcp_stream *s;

	if (i == ES_POOL_NONE) {
		if (!is_syn && !es_tcp_is_worth(t, src, dst, seg->payload))
			return ES_POOL_NONE;
		i = make(t, src, dst);
		if (i == ES_POOL_NONE)
			return ES_POOL_NONE;
		es_tcp_at(t, i)->base = seg->seq;
		is_new = true;
	}
	s = es_tcp_at(t, i);
	if (is_syn && !on_syn(t, s, seg, is_new))
		return ES_POOL_NONE;
	if (!is_syn && s->has_again && seg->payload_wire_bytes > 0 && seg->seq == s->again)
		begin(t, s, s->again);
	return i;
}

/* What a segment of one direction acknowledges of the other: the bytes that arrived there. */
static void
acknowledge(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst,
    const struct es_tcp *seg, es_time at)
{
	struct es_tcp_stream *s;
	uint32_t i;

	if ((seg->flags & ES_TCP_ACK) == 0 || (t->owners.n_used == 0 && t->n_again == 0))
		return;
	i = es_tcp_find(t, dst, src);
	if (i == ES_POOL_NONE)
		return;
	s = es_tcp_at(t, i);
	if (s->has_again && seg->ack == s->again)
		begin(t, s, s->again);
	s->acked = seg->ack;
	s->has_acked = true;
	(void)es_tcp_expire_holes(t, i, at); /* dropped or not: it is not needed any more */
}

/* A buffer in which nothing waits is another's. */
static void
settle(struct es_tcps *t, struct es_tcp_stream *s)
{
	if (s->n == 0 && s->n_runs == 0 && s->kept == 0)
		release(t, s);
}

static bool
has_ended(const struct es_tcp_stream *s)
{
	return s->has_fin && es_seq32_diff(s->base + s->n, s->fin) >= 0;
}

static bool
is_waiting_for_keys(const struct es_tcps *t, const struct es_tcp_stream *s)
{
	return s->tls != ES_POOL_NONE && es_tcp_tls_at(t, s->tls)->is_waiting;
}

static void
take_segment(struct es_tcps *t, uint32_t i, const struct es_tcp *seg, es_time at)
{
	uint32_t seq = seg->seq + ((seg->flags & ES_TCP_SYN) != 0 ? 1u : 0u);
	struct es_tcp_stream *s = es_tcp_at(t, i);

	s->seen_at = es_time_max(s->seen_at, at);
	if ((seg->flags & ES_TCP_FIN) != 0)
		note_fin(s, seq + seg->payload_wire_bytes);
	if (!es_tcp_take(t, i, seq, seg->payload, seg->payload_wire_bytes, at) ||
	    !es_tcp_expire_holes(t, i, at))
		return;
	settle(t, s);
	if ((is_reset(s, seg, seq) || has_ended(s)) && !is_waiting_for_keys(t, s))
		es_tcp_drop(t, i);
}

/* What waited for the other direction of its connection may now wait no longer. */
static void
resume_woken(struct es_tcps *t, es_time at)
{
	while (t->has_woken) {
		uint32_t i = es_tcp_find(t, &t->woken_src, &t->woken_dst);

		t->has_woken = false;
		if (i != ES_POOL_NONE && es_tcp_deliver(t, i, at))
			settle(t, es_tcp_at(t, i));
	}
}

void
es_tcp_resume(struct es_tcps *t, uint32_t index, es_time at)
{
	if (es_tcp_deliver(t, index, at)) {
		settle(t, es_tcp_at(t, index));
		if (has_ended(es_tcp_at(t, index)) && es_tcp_at(t, index)->n == 0)
			es_tcp_drop(t, index);
	}
	resume_woken(t, at);
}

void
es_tcp_take_segment(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst,
    const struct es_tcp *seg, es_time at)
{
	uint32_t i = stream_of(t, src, dst, seg);

	if (i != ES_POOL_NONE)
		take_segment(t, i, seg, at);
	resume_woken(t, at);
}

void
es_tcps_segment(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst,
    const struct es_tcp *seg, es_time at)
{
	es_context_count(t->c, ES_CNT_TCP_SEGMENTS);
	acknowledge(t, src, dst, seg, at);
	if (t->n_waiting == 0 || !es_tcp_wait_holds(t, src, dst, seg, at))
		es_tcp_take_segment(t, src, dst, seg, at);
}

void
es_tcps_plain(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst, uint32_t seq,
    es_slice bytes, es_time at)
{
	uint32_t i = es_tcp_find(t, src, dst);
	struct es_tcp_stream *s;

	if (i == ES_POOL_NONE) {
		if (seq > 0 && !es_tcp_is_worth(t, src, dst, bytes))
			return; /* it speaks something else */
		i = make(t, src, dst);
		if (i == ES_POOL_NONE)
			return;
		es_tcp_at(t, i)->base = seq;
	}
	s = es_tcp_at(t, i);
	s->seen_at = es_time_max(s->seen_at, at);
	if (es_tcp_take(t, i, seq, bytes, (uint32_t)bytes.n, at))
		settle(t, s);
}

void
es_tcps_flush(struct es_tcps *t, es_time at)
{
	uint32_t i;

	es_tcp_hurry(t);
	es_tcp_wait_flush(t);
	while ((i = es_pool_next(&t->pool, 0)) != ES_POOL_NONE) {
		es_tcp_give_up_holes(t, i, at);
		es_tcp_hurry(t);
		if (es_pool_is_used(&t->pool, i))
			es_tcp_drop(t, i);
	}
}
