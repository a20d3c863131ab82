/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the rows by the records of calls, streams and blocks. Nothing here looks at a packet, or at all rows at once. */
#include "agent/top/top_calls.h"
#include "agent/output/stream_key.h"

#include <stdlib.h>
#include <string.h>

int
es_top_calls_new(struct es_top_calls *t, uint32_t max_calls, struct es_hash_key key)
{
	memset(t, 0, sizeof(*t));
	t->key = key;
	t->oldest_over = t->newest_over = ES_POOL_NONE;
	if (es_pool_new(&t->calls, max_calls, sizeof(struct es_top_call)) != 0 ||
	    es_pool_new(&t->streams, 2 * max_calls, sizeof(struct es_top_stream)) != 0 ||
	    es_table_new(&t->by_id, max_calls) != 0 || es_table_new(&t->by_ends, max_calls) != 0 ||
	    es_table_new(&t->by_key, 2 * max_calls) != 0 ||
	    es_sparklines_new(&t->lines, key) != 0) {
		es_top_calls_free(t);
		return ES_ENOMEM;
	}
	return 0;
}

void
es_top_calls_free(struct es_top_calls *t)
{
	uint32_t i;

	if (t->calls.items != NULL)
		for (i = es_pool_next(&t->calls, 0); i != ES_POOL_NONE;
		     i = es_pool_next(&t->calls, i + 1))
			free(((struct es_top_call *)es_pool_at(&t->calls, i))->call_id);
	es_pool_free(&t->calls);
	es_pool_free(&t->streams);
	es_table_free(&t->by_id);
	es_table_free(&t->by_ends);
	es_table_free(&t->by_key);
	es_sparklines_free(&t->lines);
	memset(t, 0, sizeof(*t));
}

static struct es_top_call *
call_at(const struct es_top_calls *t, uint32_t i)
{
	return es_pool_at(&t->calls, i);
}

static struct es_top_stream *
stream_at(const struct es_top_calls *t, uint32_t i)
{
	return es_pool_at(&t->streams, i);
}

static es_slice
id_of(const struct es_top_call *c)
{
	return es_slice_of(c->call_id, c->call_id_bytes);
}

/* The same for both directions. */
static uint64_t
hash_of_ends(const struct es_top_calls *t, const struct es_addr *a, const struct es_addr *b)
{
	return es_hash_pair(&t->key, a, b) ^ es_hash_pair(&t->key, b, a);
}

/* The use of the Call-ID that began then; without begun, the newest one, and rather one that is not over. */
static uint32_t
find_call(const struct es_top_calls *t, es_slice id, const es_time *begun)
{
	struct es_probe at = es_table_probe(&t->by_id, es_hash(&t->key, id));
	uint32_t i, best = ES_POOL_NONE;

	while ((i = es_table_next(&t->by_id, &at)) != ES_TABLE_NONE) {
		const struct es_top_call *c = call_at(t, i), *b;

		if (!es_slice_eq(id_of(c), id))
			continue;
		if (begun != NULL && c->begun.ns == begun->ns)
			return i;
		if (begun != NULL)
			continue;
		b = best == ES_POOL_NONE ? NULL : call_at(t, best);
		if (b == NULL || (b->phase == ES_TOP_OVER && c->phase != ES_TOP_OVER) ||
		    ((b->phase == ES_TOP_OVER) == (c->phase == ES_TOP_OVER) &&
			c->serial > b->serial))
			best = i;
	}
	return best;
}

static uint32_t
find_ends(const struct es_top_calls *t, const struct es_addr *a, const struct es_addr *b)
{
	struct es_probe at = es_table_probe(&t->by_ends, hash_of_ends(t, a, b));
	uint32_t i;

	while ((i = es_table_next(&t->by_ends, &at)) != ES_TABLE_NONE) {
		const struct es_top_call *c = call_at(t, i);

		if ((es_addr_eq(&c->ends[0], a) && es_addr_eq(&c->ends[1], b)) ||
		    (es_addr_eq(&c->ends[0], b) && es_addr_eq(&c->ends[1], a)))
			return i;
	}
	return ES_POOL_NONE;
}

static uint32_t
find_stream(const struct es_top_calls *t, const struct es_stream_key *key)
{
	struct es_probe at = es_table_probe(&t->by_key, es_stream_key_hash(&t->key, key));
	uint32_t i;

	while ((i = es_table_next(&t->by_key, &at)) != ES_TABLE_NONE)
		if (es_stream_key_eq(&stream_at(t, i)->key, key))
			return i;
	return ES_POOL_NONE;
}

static void
leave_over(struct es_top_calls *t, struct es_top_call *c)
{
	if (c->phase != ES_TOP_OVER)
		return;
	*(c->older == ES_POOL_NONE ? &t->oldest_over : &call_at(t, c->older)->newer) = c->newer;
	*(c->newer == ES_POOL_NONE ? &t->newest_over : &call_at(t, c->newer)->older) = c->older;
	c->phase = ES_TOP_CALLING;
	t->n_over--;
}

static void
enter_over(struct es_top_calls *t, uint32_t i, es_time at)
{
	struct es_top_call *c = call_at(t, i);

	if (c->phase == ES_TOP_OVER)
		return;
	c->phase = ES_TOP_OVER;
	c->over_at = at;
	c->older = t->newest_over;
	c->newer = ES_POOL_NONE;
	*(c->older == ES_POOL_NONE ? &t->oldest_over : &call_at(t, c->older)->newer) = i;
	t->newest_over = i;
	t->n_over++;
}

static void
detach(struct es_top_calls *t, uint32_t i)
{
	const struct es_top_stream *s = stream_at(t, i);
	uint32_t *at = &call_at(t, s->call)->streams;

	while (*at != i)
		at = &stream_at(t, *at)->next;
	*at = s->next;
}

static void
attach(struct es_top_calls *t, uint32_t call, uint32_t i)
{
	struct es_top_stream *s = stream_at(t, i);

	s->call = call;
	s->next = call_at(t, call)->streams;
	call_at(t, call)->streams = i;
}

static void
drop_stream(struct es_top_calls *t, uint32_t i)
{
	struct es_top_stream *s = stream_at(t, i);
	struct es_sparkline gone;

	t->n_streams_up -= !s->is_over;
	(void)es_sparklines_take(&t->lines, &s->key, &gone);
	(void)es_table_remove(&t->by_key, es_stream_key_hash(&t->key, &s->key), i);
	es_pool_give(&t->streams, i);
}

static void
drop_call(struct es_top_calls *t, uint32_t i)
{
	struct es_top_call *c = call_at(t, i);
	uint32_t s, next;

	for (s = c->streams; s != ES_POOL_NONE; s = next) {
		next = stream_at(t, s)->next;
		drop_stream(t, s);
	}
	if (c->call_id != NULL)
		(void)es_table_remove(&t->by_id, es_hash(&t->key, id_of(c)), i);
	else /* not there any more once it is over */
		(void)es_table_remove(&t->by_ends, hash_of_ends(t, &c->ends[0], &c->ends[1]), i);
	leave_over(t, c);
	free(c->call_id);
	es_pool_give(&t->calls, i);
}

/* ES_POOL_NONE: there is no place. */
static uint32_t
new_call(struct es_top_calls *t)
{
	uint32_t i = es_pool_take(&t->calls);
	struct es_top_call *c;

	if (i == ES_POOL_NONE && t->oldest_over != ES_POOL_NONE) {
		drop_call(t, t->oldest_over);
		i = es_pool_take(&t->calls);
	}
	if (i == ES_POOL_NONE) {
		t->n_refused++;
		return i;
	}
	c = call_at(t, i);
	c->serial = ++t->n_made;
	c->streams = ES_POOL_NONE;
	return i;
}

static uint32_t
new_signalled(struct es_top_calls *t, const struct es_call *r)
{
	uint32_t i = new_call(t);
	struct es_top_call *c;

	if (i == ES_POOL_NONE)
		return i;
	c = call_at(t, i);
	c->call_id = malloc(r->call_id.n + 1);
	if (c->call_id == NULL) {
		es_pool_give(&t->calls, i);
		t->n_refused++;
		return ES_POOL_NONE;
	}
	memcpy(c->call_id, r->call_id.p, r->call_id.n);
	c->call_id_bytes = r->call_id.n;
	c->begun = es_call_begun(r);
	(void)es_table_insert(&t->by_id, es_hash(&t->key, r->call_id), i); /* has room */
	return i;
}

/* The row of a stream without signalling. */
static uint32_t
row_of_ends(struct es_top_calls *t, const struct es_stream_key *key, es_time start)
{
	uint32_t i = find_ends(t, &key->src, &key->dst);
	struct es_top_call *c;

	if (i != ES_POOL_NONE || (i = new_call(t)) == ES_POOL_NONE)
		return i;
	c = call_at(t, i);
	c->phase = ES_TOP_UNSIGNALLED;
	c->start = start;
	c->ends[0] = key->src;
	c->ends[1] = key->dst;
	(void)es_table_insert(&t->by_ends, hash_of_ends(t, &key->src, &key->dst), i);
	return i;
}

static bool
has_running(const struct es_top_calls *t, const struct es_top_call *c)
{
	for (uint32_t s = c->streams; s != ES_POOL_NONE; s = stream_at(t, s)->next)
		if (!stream_at(t, s)->is_over)
			return true;
	return false;
}

/* A row without signalling lives by its streams. */
static void
look_at_ends(struct es_top_calls *t, uint32_t i, es_time at)
{
	struct es_top_call *c = call_at(t, i);

	if (c->phase != ES_TOP_UNSIGNALLED || has_running(t, c))
		return;
	if (c->streams == ES_POOL_NONE) {
		drop_call(t, i);
		return;
	}
	(void)es_table_remove(&t->by_ends, hash_of_ends(t, &c->ends[0], &c->ends[1]), i);
	c->duration_us = (uint64_t)(es_time_diff(at, c->start) / ES_NS_PER_US);
	enter_over(t, i, at);
}

static void
copy_text(struct es_top_text *out, es_slice text)
{
	out->n = text.n < sizeof(out->bytes) ? (uint32_t)text.n : sizeof(out->bytes);
	if (out->n > 0)
		memcpy(out->bytes, text.p, out->n);
}

/* The newest of them: the last ones. */
static void
copy_media(struct es_addr out[ES_TOP_MEDIA], const struct es_addr *media, uint32_t n)
{
	uint32_t from = n > ES_TOP_MEDIA ? n - ES_TOP_MEDIA : 0;

	memset(out, 0, ES_TOP_MEDIA * sizeof(*out));
	if (n > 0)
		memcpy(out, media + from, (n - from) * sizeof(*out));
}

static enum es_top_phase
phase_of(const struct es_call *r)
{
	if (r->has & ES_CALL_HAS_SETUP)
		return ES_TOP_TALKING;
	for (uint32_t i = 0; i < r->n_statuses; i++)
		if (r->statuses[i] == 180 || r->statuses[i] == 183)
			return ES_TOP_RINGING;
	return ES_TOP_CALLING;
}

static void
take_call(struct es_top_calls *t, const struct es_call *r, es_time at)
{
	es_time begun = es_call_begun(r);
	uint32_t i = find_call(t, r->call_id, &begun);
	struct es_top_call *c;

	if (i == ES_POOL_NONE && (i = new_signalled(t, r)) == ES_POOL_NONE)
		return;
	c = call_at(t, i);
	copy_text(&c->from, r->from);
	copy_text(&c->to, r->to);
	c->state = r->state;
	c->status = r->has & ES_CALL_HAS_STATUS ? r->final_status : 0;
	c->holds = r->holds;
	c->transfers = r->transfers;
	c->start = r->start;
	c->ends[0] = r->invite_src;
	c->ends[1] = r->invite_dst;
	copy_media(c->media[0], r->caller_media, r->n_caller_media);
	copy_media(c->media[1], r->callee_media, r->n_callee_media);
	c->duration_us = r->has & ES_CALL_HAS_DURATION ? r->duration_us : 0;
	if (r->state != ES_STATE_IN_PROGRESS) {
		enter_over(t, i, at);
		return;
	}
	leave_over(t, c);
	c->phase = phase_of(r);
	if (c->phase == ES_TOP_TALKING)
		c->answered = es_time_add(r->start, (int64_t)r->setup_us * ES_NS_PER_US);
}

static uint32_t
owner_of(struct es_top_calls *t, const struct es_stream *r)
{
	uint32_t i = ES_POOL_NONE;

	if (r->call_id.n > 0)
		i = find_call(t, r->call_id, NULL);
	return i != ES_POOL_NONE ? i : row_of_ends(t, &r->key, r->start);
}

static uint32_t
new_stream(struct es_top_calls *t, const struct es_stream *r)
{
	uint32_t call = owner_of(t, r), i;

	if (call == ES_POOL_NONE)
		return ES_POOL_NONE;
	i = es_pool_take(&t->streams);
	if (i == ES_POOL_NONE) {
		t->n_refused++;
		look_at_ends(t, call, r->start);
		return i;
	}
	stream_at(t, i)->key = r->key;
	(void)es_table_insert(&t->by_key, es_stream_key_hash(&t->key, &r->key), i);
	t->n_streams_up++;
	attach(t, call, i);
	return i;
}

/* A stream that was without a call may have one now. */
static void
move_stream(struct es_top_calls *t, uint32_t i, const struct es_stream *r, es_time at)
{
	uint32_t old = stream_at(t, i)->call, now;

	if (call_at(t, old)->call_id != NULL || r->call_id.n == 0)
		return;
	now = find_call(t, r->call_id, NULL);
	if (now == ES_POOL_NONE)
		return;
	detach(t, i);
	attach(t, now, i);
	look_at_ends(t, old, at);
}

/* The figures of a whole stream. */
static void
finish_stream(struct es_top_calls *t, struct es_top_stream *s, const struct es_stream *r)
{
	t->n_streams_up -= !s->is_over;
	s->is_over = true;
	s->expected = r->expected;
	s->lost = r->lost;
	s->has_late = (r->has & ES_STREAM_HAS_LATE) != 0;
	s->late = s->has_late ? r->late : 0;
	s->last_expected = s->last_lost = 0;
	s->mos_milli = r->has & ES_STREAM_HAS_QUALITY ? r->mos_lq_milli : 0;
	s->has_jitter = (r->has & ES_STREAM_HAS_JITTER) != 0;
	s->jitter_us = r->jitter_mean_us;
}

static void
take_stream(struct es_top_calls *t, const struct es_record *rec)
{
	const struct es_stream *r = &rec->u.stream;
	uint32_t i = find_stream(t, &r->key);
	struct es_top_stream *s;

	if (i == ES_POOL_NONE) {
		if (r->state != ES_STATE_IN_PROGRESS || (i = new_stream(t, r)) == ES_POOL_NONE)
			return;
	} else {
		move_stream(t, i, r, rec->at);
	}
	s = stream_at(t, i);
	if (r->has & ES_STREAM_HAS_CODEC) {
		size_t n = r->codec.n < sizeof(s->codec) ? r->codec.n : sizeof(s->codec) - 1;

		memcpy(s->codec, r->codec.p, n);
		s->codec[n] = '\0';
	}
	s->kind = r->kind;
	s->unscored = r->unscored;
	s->findings = r->findings;
	s->coverage |= rec->coverage.flags;
	s->start = r->start;
	if (r->state != ES_STATE_IN_PROGRESS) {
		finish_stream(t, s, r);
		look_at_ends(t, s->call, rec->at);
	}
}

static void
take_block(struct es_top_calls *t, const struct es_record *rec)
{
	const struct es_interval *v = &rec->u.interval;
	uint32_t i = find_stream(t, &v->stream);
	struct es_top_stream *s;

	if (i == ES_POOL_NONE)
		return;
	es_sparklines_block(&t->lines, v);
	s = stream_at(t, i);
	s->coverage |= rec->coverage.flags;
	s->expected += v->expected;
	s->lost += v->lost;
	s->has_late |= (v->has & ES_INTERVAL_HAS_LATE) != 0;
	s->late += v->has & ES_INTERVAL_HAS_LATE ? v->late : 0;
	s->last_expected = v->expected;
	s->last_lost = v->lost;
	s->has_jitter = (v->has & ES_INTERVAL_HAS_JITTER) != 0;
	s->jitter_us = v->jitter_us;
	s->mos_milli = v->has & ES_INTERVAL_HAS_QUALITY ? v->mos_lq_milli : 0;
	if (s->mos_milli != 0 && (s->worst_mos_milli == 0 || s->mos_milli < s->worst_mos_milli)) {
		s->worst_mos_milli = s->mos_milli;
		s->worst_at = v->start;
	}
}

static void
take(void *ctx, const struct es_record *rec)
{
	struct es_top_calls *t = ctx;

	switch (rec->type) {
	case ES_REC_CALL:
		take_call(t, &rec->u.call, rec->at);
		break;
	case ES_REC_STREAM:
		take_stream(t, rec);
		break;
	case ES_REC_INTERVAL:
		take_block(t, rec);
		break;
	default:
		break;
	}
}

struct es_sink
es_top_calls_sink(struct es_top_calls *t)
{
	return (struct es_sink){ take, t };
}

/* Streams that outlive the memory of their call continue without one. */
static void
release_streams(struct es_top_calls *t, uint32_t call)
{
	uint32_t s, next;

	for (s = call_at(t, call)->streams; s != ES_POOL_NONE; s = next) {
		const struct es_top_stream *stream = stream_at(t, s);
		uint32_t row;

		next = stream->next;
		if (stream->is_over)
			continue;
		row = row_of_ends(t, &stream->key, stream->start);
		if (row == ES_POOL_NONE)
			continue;
		detach(t, s);
		attach(t, row, s);
	}
}

void
es_top_calls_advance(struct es_top_calls *t, es_time now)
{
	while (t->oldest_over != ES_POOL_NONE) {
		uint32_t i = t->oldest_over;

		if (es_time_diff(now, call_at(t, i)->over_at) < ES_TOP_KEPT_S * ES_NS_PER_S)
			return;
		leave_over(t, call_at(t, i)); /* a row for its streams must not replace it */
		release_streams(t, i);
		drop_call(t, i);
	}
}

static bool
is_among(const struct es_addr media[ES_TOP_MEDIA], const struct es_addr *a)
{
	for (unsigned i = 0; i < ES_TOP_MEDIA; i++)
		if (es_addr_eq(&media[i], a))
			return true;
	return false;
}

/* SDP names where a party receives, and most send from there; behind NAT only the other end's address fits. */
unsigned
es_top_calls_direction(const struct es_top_call *c, const struct es_top_stream *s)
{
	if (c->call_id == NULL)
		return es_addr_eq(&s->key.src, &c->ends[0]) ? 0 : 1;
	if (is_among(c->media[1], &s->key.dst) || is_among(c->media[0], &s->key.src))
		return 0;
	if (is_among(c->media[0], &s->key.dst) || is_among(c->media[1], &s->key.src))
		return 1;
	return es_addr_same_ip(&s->key.dst, &c->ends[0]) ||
	       es_addr_same_ip(&s->key.src, &c->ends[1]);
}
