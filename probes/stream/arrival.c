/* SPDX-License-Identifier: Apache-2.0 */
/* A packet in its stream: number, copy, payload, time. */
#include "probes/stream/arrival.h"

#include "probes/base/seq.h"
#include "probes/stream/clocks.h"
#include "probes/stream/coding.h"
#include "probes/stream/receiver.h"
#include "probes/stream/side.h"
#include "probes/stream/window.h"

enum {
	LOOK_NUMBERS = 64,    /* at its clock, a power of two */
	RESET_AHEAD_MS = 200, /* a timestamp that runs ahead by this and more .. */
	RESET_BELOW_MS = 100, /* .. and comes this far before the fastest packet was reset */
};

/* Whatever is not set here begins as zeros, as the pool gives it. */
void
es_arrival_begin(struct es_context *c, struct es_stream_state *s, const struct es_arrival *a)
{
	uint64_t first = es_seq_first(a->seq);

	s->record.start = a->at;
	s->run_at = a->at;
	s->last_at = a->at;
	s->prev_at = a->at;
	s->lowest = first;
	s->highest = first;
	s->highest_at = a->at;
	s->highest_ts = a->ts;
	s->record.first_ts = a->ts;
	es_window_begin(s, first);
	es_receiver_begin(c, s);
	es_arrival_accept(c, s, first, a);
}

/* Slot of a payload type, mostly that of the packet before. */
static struct es_stream_payload *
payload_now_of(struct es_context *c, struct es_stream_state *s, uint8_t pt)
{
	struct es_stream_payload *p = s->coding.now;

	return s->coding.n_payloads > 0 && p->is.pt == pt && !p->is_past
		   ? p
		   : es_coding_payload(c, s, pt);
}

/*
 * Whether the sender reset its timestamps between two packets in order, by less than the second
 * that es_transit takes for a jump: they went back, or they ran ahead so far that the packet came
 * well before the fastest one so far, which no network can do in one step.
 */
static bool
is_timestamp_reset(
    const struct es_variation *v, int64_t ts_step, const struct es_transit_step *step)
{
	return ts_step < 0 || (step->d_ns <= -RESET_AHEAD_MS * ES_NS_PER_MS && v->seeded &&
				  step->transit_ns < v->min_ns - RESET_BELOW_MS * ES_NS_PER_MS);
}

/*
 * A talkspurt after a pause in which the timestamp did not advance, though it should have (RFC 3551 section
 * 4.1): the receiver begins again at the marker, so what looks like delay is not.
 */
static bool
has_paused(const struct es_stream_state *s, int64_t ts_step, const struct es_transit_step *step,
    bool marker)
{
	return marker && !s->was_marked && step->d_ns >= RESET_AHEAD_MS * ES_NS_PER_MS &&
	       ts_step <= 2 * (int64_t)s->changes.step;
}

/* Send times of a stream seen leaving its sender. above_ns: transit above its lower envelope. */
static void
take_sent(struct es_context *c, struct es_stream_state *s, enum es_transit_kind kind, int64_t d_ns,
    int64_t above_ns, bool marker)
{
	bool is_stall = kind == ES_TRANSIT_JUMP && !marker && d_ns > 0 &&
			d_ns < ES_SENDER_STALL_MAX_S * ES_NS_PER_S;

	if (kind == ES_TRANSIT_STEP || is_stall)
		es_sender_update(es_side_sender(c, s), d_ns, above_ns, es_stream_ptime_us(s));
}

/* Into the modelled receiver's buffer. */
static void
play(struct es_context *c, struct es_stream_state *s, uint64_t number, es_time at,
    int64_t transit_ns, uint64_t before)
{
	struct es_dejitter_packet packet = {
		.number = number,
		.arrival = at,
		.transit_ns = transit_ns,
		.ptime_us = es_stream_ptime_us(s),
		.got = s->window.got,
		.highest = before,
	};
	struct es_dejitter_took took = es_dejitter_update(&s->receiver.dejitter, &packet);

	if (took.late)
		es_window_set(es_side_damage(c, s)->late_at, number);
	if (took.frozen > 0)
		es_frozen_add(&es_side_damage(c, s)->frozen, took.frozen_at, took.frozen);
}

/*
 * Jitter, delay variation, skew and the modelled receiver: all from one subtraction. before: the
 * highest number before this one came.
 */
static void
take_time(struct es_context *c, struct es_stream_state *s, struct es_block *b,
    const struct es_stream_payload *p, uint64_t number, const struct es_arrival *a, uint64_t before)
{
	bool follows = number == before + 1 && p->is.kind == ES_CODEC_AUDIO;
	struct es_transit_step step = { 0, 0 };
	int64_t ts_step = es_seq32_diff(a->ts, s->clock.transit.last_ts);
	int64_t transit_ns;
	enum es_transit_kind kind;
	bool is_ahead = false;

	if (!es_payload_is_media(&p->is) || p->is.clock_rate_hz == 0)
		return;
	kind = es_transit_update(&s->clock.transit, p->is.clock_rate_hz, a->ts, a->at, &step);
	if (kind == ES_TRANSIT_SAME)
		return;
	if (kind == ES_TRANSIT_STEP && follows &&
	    (is_timestamp_reset(&b->variation, ts_step, &step) ||
		has_paused(s, ts_step, &step, a->marker))) {
		es_transit_take_out(&s->clock.transit, &step);
		kind = ES_TRANSIT_JUMP;
		is_ahead = ts_step > 0 && step.d_ns < 0;
	}
	if (is_ahead)
		es_clocks_ahead(s, step.d_ns);
	else if (kind != ES_TRANSIT_STEP)
		es_clocks_begin(s);
	s->was_marked = a->marker;
	es_jitter_update(&s->clock.jitter, kind, &step);
	transit_ns = es_skew_update(&s->clock.skew, a->at, step.transit_ns);
	es_variation_update(&b->variation, transit_ns);
	if (follows && s->seen == ES_SEEN_EGRESS)
		take_sent(c, s, kind, step.d_ns, transit_ns - b->variation.min_ns, a->marker);
	b->has_late = true;
	s->has_late = true;
	play(c, s, number, a->at, transit_ns, before);
	if (es_jitter_known(&s->clock.jitter)) {
		b->jitter_us = es_jitter_last_us(&s->clock.jitter);
		b->has_jitter = true;
	}
}

static struct es_copy_of
copy_of(const struct es_arrival *a)
{
	struct es_copy_of m;

	m.seq = a->seq;
	m.ip_id = a->ip_id;
	m.udp_checksum = a->udp_checksum;
	m.capture_point = a->capture_point;
	m.ts_low = a->ts & 0x7f;
	m.is_doubled = 0;
	return m;
}

/* A number that was accepted before. */
static void
take_copy(struct es_stream_state *s, uint64_t number, const struct es_arrival *a)
{
	struct es_block *b = es_block_at(s, number);
	struct es_copy_of m = copy_of(a);
	bool is_open = number > s->judged;

	switch (es_copies_judge(&s->window.copies, &m)) {
	case ES_COPY_OTHER_CONTENT:
		s->count.stale++;
		return;
	case ES_COPY_OTHER_POINT:
		s->count.capture_duplicates++;
		b->capture_duplicates = (uint16_t)(b->capture_duplicates + is_open);
		return;
	case ES_COPY_IDENTICAL:
		b->doubled = (uint16_t)(b->doubled + is_open);
		/* fall through */
	case ES_COPY_IDENTICAL_AGAIN:
		if (is_open && b->identical < UINT16_MAX) {
			b->identical++;
			return;
		}
		s->count.capture_duplicates += s->count.is_mirrored;
		s->count.duplicates += !s->count.is_mirrored;
		return;
	case ES_COPY_PLAIN:
		s->count.duplicates++;
		b->duplicates = (uint16_t)(b->duplicates + is_open);
		return;
	}
}

static void
take_number(
    struct es_stream_state *s, struct es_block *b, uint64_t number, const struct es_arrival *a)
{
	es_window_set(s->window.got, number);
	s->distinct++;
	if (b->received++ == 0) {
		b->first_at = a->at;
		b->low = UINT8_MAX;
	}
	if (number % ES_BLOCK_SEQS <= b->low) {
		b->low = (uint8_t)(number % ES_BLOCK_SEQS);
		b->low_ts = a->ts;
	}
	b->last_at = a->at;
	if (number <= s->lowest) {
		s->lowest = number;
		s->record.first_ts = a->ts;
	}
}

/* So that no packet has to divide for it. */
static void
keep_ptime(struct es_stream_state *s, uint32_t rate_hz)
{
	uint32_t step = s->changes.step;

	if ((step == s->coding.ptime.step && rate_hz == s->coding.ptime.rate_hz) || step > rate_hz)
		return;
	s->coding.ptime.step = step;
	s->coding.ptime.rate_hz = rate_hz;
	s->coding.ptime.us = (uint32_t)((uint64_t)step * 1000000 / rate_hz);
}

/* Units per packet, between neighbours of one codec; pauses and changes of them. */
static void
take_step(struct es_stream_state *s, uint64_t number, const struct es_stream_payload *p,
    const struct es_arrival *a)
{
	const struct es_payload *before = &s->coding.now->is;
	int64_t step = es_seq32_diff(a->ts, s->highest_ts);

	if (number != s->highest + 1 || !es_payload_is_media(&p->is))
		return;
	if (step > 0 && (before == &p->is || es_payload_is_same_codec(before, &p->is))) {
		es_steps_add(&s->coding.steps, (uint32_t)step);
		if (p->is.kind == ES_CODEC_AUDIO && p->is.clock_rate_hz != 0) {
			es_changes_step(&s->changes, (uint32_t)step, p->is.clock_rate_hz);
			keep_ptime(s, p->is.clock_rate_hz);
		}
	} else if (before->kind == ES_CODEC_COMFORT && step > 0) {
		es_changes_talk(&s->changes, (uint32_t)step);
	}
}

/* What a packet carries, by its type and its length. */
static void
take_payload(struct es_stream_state *s, struct es_stream_payload *p, uint16_t bytes)
{
	bool is_silence = es_codec_is_silence(p->is.codec, bytes);

	p->packets++;
	if (!is_silence)
		es_vote_cast(&p->bytes, bytes);
	if (!es_payload_is_media(&p->is)) {
		s->changes.comfort += p->is.kind == ES_CODEC_COMFORT;
		s->changes.events += p->is.kind == ES_CODEC_EVENT;
	} else if (is_silence && !s->is_secure && !p->is.is_red) {
		s->changes.comfort++; /* under SRTP the length has a tag of unknown size in it */
	}
}

static void
take_reordered(struct es_stream_state *s, uint64_t number)
{
	uint64_t behind = s->highest - number;

	s->count.reordered++;
	es_block_at(s, number)->reordered++;
	if (behind > s->changes.reordered_max)
		s->changes.reordered_max = behind < UINT8_MAX ? (uint8_t)behind : UINT8_MAX;
}

/* DSCP and TTL, where the packet came with its IP header. */
static void
take_ip(struct es_stream_state *s, const struct es_arrival *a)
{
	if (!a->has_ip)
		return;
	if (s->has_ip) {
		es_changes_ip(&s->changes, a->dscp, a->ttl);
		return;
	}
	s->has_ip = true;
	s->record.dscp = a->dscp;
	s->record.ttl = a->ttl;
	es_changes_begin(&s->changes, a->dscp, a->ttl);
}

void
es_arrival_accept(
    struct es_context *c, struct es_stream_state *s, uint64_t number, const struct es_arrival *a)
{
	struct es_stream_payload *p;
	struct es_block *b;
	struct es_copy_of m;
	int64_t delta = es_time_diff(a->at, s->prev_at);
	uint64_t before = s->highest;

	if (number <= s->highest && s->distinct > 0) {
		if (es_window_has(s->window.got, number)) {
			take_copy(s, number, a);
			return;
		}
		/* Its block went out when silence closed it: too late to be counted as received. */
		if (number <= s->judged) {
			s->count.stale++;
			return;
		}
		take_reordered(s, number);
	}
	p = payload_now_of(c, s, a->pt);
	if (number > s->highest) {
		if (p != s->coding.now)
			es_coding_other(s, p, number);
		take_step(s, number, p, a);
		if (number % LOOK_NUMBERS == 0)
			es_clocks_look(s);
		es_window_reach(c, s, number, a->at);
		s->highest = number;
		s->highest_ts = a->ts;
		s->highest_at = a->at;
		s->was_silent = false;
		s->since_flags = 0;
		s->since_dropped = 0;
	}
	take_payload(s, p, a->payload_bytes);
	take_ip(s, a);
	b = es_block_at(s, number);
	take_number(s, b, number, a);
	take_time(c, s, b, p, number, a, before);
	s->coding.now = p;
	m = copy_of(a);
	es_copies_add(&s->window.copies, &m);
	if (delta > s->delta_max_ns)
		s->delta_max_ns = delta;
	s->prev_at = es_time_max(s->prev_at, a->at);
	s->last_at = es_time_max(s->last_at, a->at);
}
