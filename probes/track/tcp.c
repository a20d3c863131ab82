/* SPDX-License-Identifier: Apache-2.0 */
/* TCP reassembly for SIP. */
#include "probes/track/tcp.h"

#include "probes/base/seq.h"
#include "probes/wire/sip.h"

int
es_tcps_new(struct es_tcps *t, uint32_t cap)
{
	int err = es_pool_new(&t->pool, cap, sizeof(struct es_tcp_stream));

	if (err == 0)
		err = es_table_new(&t->table, cap);
	if (err == 0)
		err = es_shares_new(&t->shares, cap);
	return err;
}

void
es_tcps_free(struct es_tcps *t)
{
	es_shares_free(&t->shares);
	es_table_free(&t->table);
	es_pool_free(&t->pool);
}

static struct es_tcp_stream *
stream_at(const struct es_tcps *t, uint32_t index)
{
	return es_pool_at(&t->pool, index);
}

static uint64_t
hash_of(const struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst)
{
	return es_hash_pair(&t->c->key, src, dst);
}

static uint32_t
find(const struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst)
{
	struct es_probe at = es_table_probe(&t->table, hash_of(t, src, dst));
	uint32_t i;

	while ((i = es_table_next(&t->table, &at)) != ES_TABLE_NONE)
		if (es_addr_eq(&stream_at(t, i)->src, src) &&
		    es_addr_eq(&stream_at(t, i)->dst, dst))
			return i;
	return ES_POOL_NONE;
}

static void
drop(struct es_tcps *t, uint32_t i)
{
	const struct es_tcp_stream *s = stream_at(t, i);

	(void)es_table_remove(&t->table, hash_of(t, &s->src, &s->dst), i);
	es_shares_drop(&t->shares, i);
	es_pool_give(&t->pool, i);
}

static es_time
last_seen(const void *ctx, uint32_t index)
{
	const struct es_tcps *t = ctx;

	return stream_at(t, index)->seen_at;
}

static uint32_t
make(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst)
{
	uint32_t i = es_pool_take(&t->pool);

	if (i == ES_POOL_NONE) {
		uint32_t victim = es_shares_victim(&t->shares, last_seen, t);

		if (victim == ES_SHARES_NONE)
			return ES_POOL_NONE;
		if (stream_at(t, victim)->is_sip)
			es_context_count(t->c, ES_CNT_TCP_EVICTED);
		drop(t, victim);
		i = es_pool_take(&t->pool);
	}
	stream_at(t, i)->src = *src;
	stream_at(t, i)->dst = *dst;
	(void)es_table_insert(&t->table, hash_of(t, src, dst), i); /* as large as the pool */
	es_shares_add(&t->shares, i, src, false);
	return i;
}

/* Begins anew at a sequence number: what was waiting is lost. */
static void
resync(struct es_tcps *t, struct es_tcp_stream *s, uint32_t seq)
{
	es_context_count(t->c, ES_CNT_TCP_RESYNCS);
	s->base = seq;
	s->n = 0;
	s->skip = 0;
	s->n_runs = 0;
}

/* Drops n bytes from the front of what is in order. */
static void
advance(struct es_tcp_stream *s, uint32_t n)
{
	uint32_t end = s->n;

	for (unsigned i = 0; i < s->n_runs; i++) {
		if (s->run[i].at + s->run[i].n > end)
			end = s->run[i].at + s->run[i].n;
		s->run[i].at -= n;
	}
	memmove(s->buffer, s->buffer + n, end - n);
	s->base += n;
	s->n -= n;
}

/* Runs that touch the bytes in order become part of them. */
static void
join(struct es_tcp_stream *s)
{
	for (unsigned i = 0; i < s->n_runs;) {
		uint32_t end = s->run[i].at + s->run[i].n;

		if (s->run[i].at > s->n) {
			i++;
			continue;
		}
		if (end > s->n)
			s->n = end;
		s->run[i] = s->run[--s->n_runs];
		i = 0;
	}
}

/* Files bytes at an offset of the buffer; false when they do not fit. */
static bool
put(struct es_tcp_stream *s, uint32_t at, es_slice bytes)
{
	if (at > ES_TCP_BUFFER_BYTES || bytes.n > ES_TCP_BUFFER_BYTES - at)
		return false;
	if (at > s->n && s->n_runs == ES_TCP_HOLES)
		return false;
	memcpy(s->buffer + at, bytes.p, bytes.n);
	if (at > s->n) {
		s->run[s->n_runs].at = at;
		s->run[s->n_runs++].n = (uint32_t)bytes.n;
		return true;
	}
	if (at + (uint32_t)bytes.n > s->n)
		s->n = at + (uint32_t)bytes.n;
	join(s);
	return true;
}

/* Hands out the first whole message behind `done` bytes; *done moves on. ES_EAGAIN: no more for now. */
static int
cut_one(struct es_tcps *t, uint32_t index, uint32_t *done, es_time at)
{
	struct es_tcp_stream *s = stream_at(t, index);
	uint32_t left = s->n - *done;
	struct es_sip_frame f;
	uint32_t skip;
	int err;

	if (s->skip > 0) { /* a message above the limits, as it comes */
		skip = s->skip < left ? s->skip : left;
		s->skip -= skip;
		*done += skip;
		return skip < left ? 0 : ES_EAGAIN;
	}
	err = es_sip_frame(es_slice_of(s->buffer + *done, left), &f);
	skip = f.skip_bytes < left ? (uint32_t)f.skip_bytes : left;
	s->skip = f.skip_bytes - skip < UINT32_MAX ? (uint32_t)(f.skip_bytes - skip) : UINT32_MAX;
	*done += skip;
	if (err == ES_EMALFORMED && !s->is_sip) {
		s->junk += skip;
		if (s->junk >= ES_TCP_UNKNOWN_BYTES)
			return ES_EMALFORMED;
	}
	if (err != 0)
		return skip > 0 && *done < s->n ? 0 : ES_EAGAIN;
	if (!s->is_sip)
		es_shares_rank(&t->shares, index, true);
	s->is_sip = true;
	t->message(t->ctx, ES_TRANSPORT_TCP, &s->src, &s->dst,
	    es_slice_of(s->buffer + *done, f.n_bytes), at);
	*done += (uint32_t)f.n_bytes;
	return *done < s->n ? 0 : ES_EAGAIN;
}

/* Hands out whole messages; false: it is no SIP. */
static bool
cut(struct es_tcps *t, uint32_t index, es_time at)
{
	struct es_tcp_stream *s = stream_at(t, index);
	uint32_t done = 0;
	int err = s->n > 0 ? 0 : ES_EAGAIN;

	while (err == 0)
		err = cut_one(t, index, &done, at);
	if (err == ES_EMALFORMED)
		return false;
	advance(s, done);
	/* A message that fills the buffer will never be whole. */
	if (s->n == ES_TCP_BUFFER_BYTES)
		resync(t, s, s->base + s->n);
	return true;
}

/* A connection seen from its middle is worth following only where a message begins. */
static bool
is_worth(const struct es_tcp *seg)
{
	return (seg->flags & ES_TCP_SYN) != 0 || es_sip_is_start(seg->payload);
}

static void
take(struct es_tcps *t, uint32_t i, const struct es_tcp *seg, es_time at)
{
	struct es_tcp_stream *s = stream_at(t, i);
	es_slice bytes = seg->payload;
	int64_t offset = es_seq32_diff(seg->seq, s->base);

	if (offset < 0) {
		size_t old = (uint64_t)-offset < bytes.n ? (size_t)-offset : bytes.n;

		bytes = es_slice_of(bytes.p + old, bytes.n - old);
		offset += (int64_t)old;
		if (bytes.n == 0)
			return;
	}
	if (!put(s, (uint32_t)offset, bytes)) {
		resync(t, s, seg->seq);
		(void)put(s, 0, seg->payload); /* a segment is smaller than the buffer, or lost */
	}
	if (!cut(t, i, at)) {
		drop(t, i);
		return;
	}
	/* Bytes that the capture cut off are a hole that nothing fills. */
	if (seg->payload.n < seg->payload_wire_bytes)
		resync(t, s, seg->seq + seg->payload_wire_bytes);
}

void
es_tcps_segment(struct es_tcps *t, const struct es_addr *src, const struct es_addr *dst,
    const struct es_tcp *seg, es_time at)
{
	uint32_t i = find(t, src, dst);
	bool is_syn = (seg->flags & ES_TCP_SYN) != 0;

	es_context_count(t->c, ES_CNT_TCP_SEGMENTS);
	if (i == ES_POOL_NONE) {
		if (!is_worth(seg))
			return;
		i = make(t, src, dst);
		if (i == ES_POOL_NONE)
			return;
		stream_at(t, i)->base = seg->seq + (is_syn ? 1u : 0u);
	} else if (is_syn) {
		struct es_tcp_stream *s = stream_at(t, i);

		/* The same ports again: a new connection, unless it is its own SYN repeated. */
		if (s->base != seg->seq + 1 || s->n > 0) {
			s->base = seg->seq + 1;
			s->n = 0;
			s->n_runs = 0;
			s->skip = 0;
		}
	}
	stream_at(t, i)->seen_at = es_time_max(stream_at(t, i)->seen_at, at);
	if (seg->payload.n > 0 && !is_syn)
		take(t, i, seg, at);
	if ((seg->flags & (ES_TCP_FIN | ES_TCP_RST)) != 0 && find(t, src, dst) == i)
		drop(t, i);
}
