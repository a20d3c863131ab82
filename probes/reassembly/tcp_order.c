/* SPDX-License-Identifier: Apache-2.0 */
/* Putting the bytes of one direction in order: overlaps, holes, what the capture missed. */
#include "probes/reassembly/tcp_private.h"

#include "probes/base/seq.h"
#include "probes/base/text.h"

/* Room in the buffer behind what is kept. */
static uint32_t
room(const struct es_tcp_stream *s)
{
	return ES_TCP_BUFFER_BYTES - s->kept;
}

static uint32_t
end_of(const struct es_tcp_run *r)
{
	return r->at + r->n;
}

/* The last byte that is there, in order or not. */
static uint32_t
extent(const struct es_tcp_stream *s)
{
	uint32_t end = s->n;

	for (unsigned i = 0; i < s->n_runs; i++)
		if (end_of(&s->run[i]) > end)
			end = end_of(&s->run[i]);
	return end;
}

static void
move_runs(struct es_tcp_stream *s, uint32_t n)
{
	for (unsigned i = 0; i < s->n_runs; i++)
		s->run[i].at -= n;
}

/*
 * Begins again at a sequence number: what was waiting is lost. Where a capture cut the rest of a framed packet, nothing
 * was searched for: the next one begins there.
 */
static void
resync(struct es_tcps *t, struct es_tcp_stream *s, uint32_t seq)
{
	if (!s->is_aligned)
		es_context_count(t->c, ES_CNT_TCP_RESYNCS);
	es_tcp_tls_hole(t, s);
	s->base = seq;
	s->n = 0;
	s->n_runs = 0;
	s->kept = 0;
	s->skip = 0;
	if (es_tcp_is_framed(s) && !s->is_aligned && t->hole != NULL)
		t->hole(t->ctx, &s->src, &s->dst);
	if (s->kind == ES_TCP_WS || /* nothing marks where a frame begins */
	    (es_tcp_is_framed(s) && !s->is_aligned))
		es_tcp_unprove(s);
	s->is_aligned = false;
	memset(&s->at, 0, sizeof(s->at));
}

/* Runs that touch the bytes in order become part of them. */
static void
join(struct es_tcp_stream *s)
{
	for (unsigned i = 0; i < s->n_runs;) {
		if (s->run[i].at > s->n) {
			i++;
			continue;
		}
		if (end_of(&s->run[i]) > s->n)
			s->n = end_of(&s->run[i]);
		s->run[i] = s->run[--s->n_runs];
		i = 0;
	}
}

/* Notes bytes behind a hole, as one run with those they touch. False: too many holes. */
static bool
note_run(struct es_tcp_stream *s, uint32_t at, uint32_t n)
{
	struct es_tcp_run r = { at, n };

	for (unsigned i = 0; i < s->n_runs;) {
		const struct es_tcp_run *o = &s->run[i];
		uint32_t end = end_of(&r) > end_of(o) ? end_of(&r) : end_of(o);

		if (o->at > end_of(&r) || r.at > end_of(o)) {
			i++;
			continue;
		}
		r.at = r.at < o->at ? r.at : o->at;
		r.n = end - r.at;
		s->run[i] = s->run[--s->n_runs];
		i = 0;
	}
	if (s->n_runs == ES_TCP_HOLES)
		return false;
	s->run[s->n_runs++] = r;
	return true;
}

/* Copies what is not there yet: the first copy of a byte stays, whatever a later one says. */
static void
copy_new(uint8_t *buffer, const struct es_tcp_stream *s, uint32_t at, es_slice bytes)
{
	uint32_t from = at, end = at + (uint32_t)bytes.n;

	while (from < end) {
		uint32_t to = end;
		bool is_there = false;

		for (unsigned i = 0; i < s->n_runs; i++) {
			const struct es_tcp_run *r = &s->run[i];

			if (r->at <= from && from < end_of(r)) {
				is_there = true;
				to = end_of(r) < end ? end_of(r) : end;
				break;
			}
			if (r->at > from && r->at < to)
				to = r->at;
		}
		if (!is_there)
			memcpy(buffer + from, bytes.p + (from - at), to - from);
		from = to;
	}
}

/* Files bytes at an offset, where they fit. False: too many holes. */
static bool
put(struct es_tcps *t, struct es_tcp_stream *s, uint32_t at, es_slice bytes, es_time now)
{
	bool had_hole = s->n_runs > 0;

	copy_new(es_tcp_buffer(t, s) + s->kept, s, at, bytes);
	if (at > s->n) {
		if (!note_run(s, at, (uint32_t)bytes.n))
			return false;
		if (!had_hole)
			s->hole_at = now;
		return true;
	}
	s->n = at + (uint32_t)bytes.n; /* it begins where the others end: trimmed before */
	join(s);
	if (s->n_runs > 0)
		s->hole_at = now; /* the next one */
	return true;
}

/* Hands out what is whole of the bytes in order. False: the stream was dropped. */
static bool
cut_buffer(struct es_tcps *t, uint32_t index, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	uint32_t kept = s->kept;
	uint8_t *raw = es_tcp_buffer(t, s) + kept;
	uint32_t end = extent(s);
	int64_t used;

	if (s->n == 0)
		return true;
	used = es_tcp_cut(t, index, es_slice_of(raw, s->n), at);
	if (used < 0) {
		es_tcp_drop(t, index);
		return false;
	}
	if (used > 0 || s->kept != kept)
		memmove(es_tcp_buffer(t, s) + s->kept, raw + used, end - (size_t)used);
	s->base += (uint32_t)used;
	s->n -= (uint32_t)used;
	move_runs(s, (uint32_t)used);
	return true;
}

bool
es_tcp_deliver(struct es_tcps *t, uint32_t index, es_time at)
{
	return es_tcp_at(t, index)->buffer == ES_POOL_NONE || cut_buffer(t, index, at);
}

/* The bytes before the first hole end there; those behind it are next. False: dropped. */
static bool
give_up_hole(struct es_tcps *t, uint32_t index, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	struct es_tcp_run first = s->run[0];
	struct es_tcp_run waiting[ES_TCP_HOLES];
	uint8_t *raw = es_tcp_buffer(t, s) + s->kept;
	uint32_t end = extent(s);
	unsigned n_runs = s->n_runs;

	for (unsigned i = 1; i < n_runs; i++)
		if (s->run[i].at < first.at)
			first = s->run[i];
	move_runs(s, first.at);
	memcpy(waiting, s->run, sizeof(waiting));
	resync(t, s, s->base + first.at);
	memmove(es_tcp_buffer(t, s), raw + first.at, end - first.at);
	memcpy(s->run, waiting, sizeof(waiting));
	s->n_runs = (uint8_t)n_runs;
	join(s); /* the run at 0 */
	s->hole_at = at;
	return cut_buffer(t, index, at);
}

/* What follows begins behind the bytes that are there, and shall not wait. False: dropped. */
static bool
make_room(struct es_tcps *t, uint32_t index, uint32_t seq, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);

	if (s->n_runs > 0)
		return give_up_hole(t, index, at);
	resync(t, s, seq);
	return true;
}

/* Bytes that need the buffer. False: dropped. */
static bool
take_buffered(struct es_tcps *t, uint32_t index, uint32_t seq, es_slice bytes, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);

	if (!es_tcp_hold(t, index)) {
		es_tcp_drop(t, index);
		return false;
	}
	while (bytes.n > 0) {
		int64_t offset = es_seq32_diff(seq, s->base);
		es_slice part;

		if (offset < (int64_t)s->n) { /* old, wholly or in part: the first copy counts */
			size_t old = (size_t)((int64_t)s->n - offset);

			old = old < bytes.n ? old : bytes.n;
			bytes = es_text_from(bytes, old);
			seq += (uint32_t)old;
			continue;
		}
		if (offset >= (int64_t)room(s)) {
			if (!make_room(t, index, seq, at))
				return false;
			continue;
		}
		part = es_text_first(bytes, room(s) - (size_t)offset);
		if (!put(t, s, (uint32_t)offset, part, at)) {
			if (!make_room(t, index, seq, at))
				return false;
			continue;
		}
		bytes = es_text_from(bytes, part.n);
		seq += (uint32_t)part.n;
		if (!cut_buffer(t, index, at))
			return false;
	}
	return true;
}

/* The common case: in order, nothing waits. False: dropped. */
static bool
take_direct(struct es_tcps *t, uint32_t index, es_slice bytes, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	int64_t used = es_tcp_cut(t, index, bytes, at);
	es_slice rest;

	if (used < 0) {
		es_tcp_drop(t, index);
		return false;
	}
	s->base += (uint32_t)used;
	rest = es_text_from(bytes, (size_t)used);
	if (rest.n == 0)
		return true;
	if (!es_tcp_hold(t, index) || rest.n > room(s)) {
		resync(t, s, s->base + (uint32_t)rest.n);
		return true;
	}
	memcpy(es_tcp_buffer(t, s) + s->kept, rest.p, rest.n);
	s->n = (uint32_t)rest.n;
	return true;
}

/* TLS that cannot be read. */
static bool
is_passed_over(const struct es_tcp_stream *s)
{
	return s->kind == ES_TCP_TLS && s->tls == ES_POOL_NONE;
}

/* Bytes up to `end` that the capture cut off are a hole that nothing fills. */
static void
cut_off(struct es_tcps *t, uint32_t index, uint32_t end, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	uint32_t left = 0;

	if (is_passed_over(s) || es_seq32_diff(end, s->base + s->n) <= 0)
		return; /* another segment brought them */
	if (s->n > 0 && s->n_runs == 0)
		left = es_tcp_cut_short(
		    t, index, es_slice_of(es_tcp_buffer(t, s) + s->kept, s->n), end - s->base, at);
	resync(t, s, end);
	s->skip = left;
}

bool
es_tcp_take(struct es_tcps *t, uint32_t index, uint32_t seq, es_slice bytes, uint32_t wire_bytes,
    es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);
	int64_t offset = es_seq32_diff(seq, s->base);
	uint32_t end = seq + wire_bytes;
	bool is_cut = bytes.n < wire_bytes;
	bool is_alive;

	if (wire_bytes == 0)
		return true;
	if (is_passed_over(s)) {
		s->base = end;
		s->n = 0;
		s->n_runs = 0;
		return true;
	}
	if (offset < -(int64_t)ES_TCP_STRAY_BYTES || offset > (int64_t)ES_TCP_STRAY_BYTES) {
		resync(t, s, seq);
		offset = 0;
	}
	if (offset < 0) {
		size_t old = (uint64_t)-offset < bytes.n ? (size_t)-offset : bytes.n;

		bytes = es_text_from(bytes, old);
		seq += (uint32_t)old;
	}
	if (es_seq32_diff(end, s->base) <= 0)
		return true;
	if (s->n == 0 && s->n_runs == 0 && seq == s->base)
		is_alive = take_direct(t, index, bytes, at);
	else
		is_alive = take_buffered(t, index, seq, bytes, at);
	if (is_alive && is_cut)
		cut_off(t, index, end, at);
	return is_alive;
}

bool
es_tcp_expire_holes(struct es_tcps *t, uint32_t index, es_time at)
{
	struct es_tcp_stream *s = es_tcp_at(t, index);

	while (s->n_runs > 0) {
		int64_t waited_ms = es_time_diff(at, s->hole_at) / ES_NS_PER_MS;
		bool is_acked = s->has_acked && es_seq32_diff(s->acked, s->base + s->n) > 0;

		if (waited_ms < (is_acked ? ES_TCP_ACKED_HOLE_MS : ES_TCP_HOLE_MS))
			break;
		if (!give_up_hole(t, index, at))
			return false;
	}
	return true;
}

void
es_tcp_give_up_holes(struct es_tcps *t, uint32_t index, es_time at)
{
	while (es_tcp_at(t, index)->n_runs > 0)
		if (!give_up_hole(t, index, at))
			return;
}
