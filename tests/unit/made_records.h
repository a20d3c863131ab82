/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hand-built records for the correlation: a sender's packets, what each vantage point saw of them,
 * and the records an engine would have made. Static, for the test_correlate_*.c files.
 */
#ifndef TESTS_MADE_RECORDS_H
#define TESTS_MADE_RECORDS_H

#include "earshot/correlate.h"
#include "probes/base/json.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

enum { MADE_PACKETS_MAX = 4096, MADE_STEP = 160, MADE_PTIME_MS = 20 };

/* One stream as one vantage point saw it; made_stream_add makes its records. */
struct made_stream {
	struct es_correlate *c;
	int vantage;
	uint32_t ssrc;
	struct es_addr src;
	struct es_addr dst;
	uint16_t seq;                /* of packet 0 */
	uint32_t ts;                 /* of packet 0 */
	int64_t at_ms;               /* arrival of packet 0, on this vantage point's clock */
	uint32_t n;                  /* packets the sender sent */
	const bool *seen;            /* NULL: all */
	uint32_t late_from, late_to; /* packets the de-jitter buffer threw away */
	uint32_t away_from, away_to; /* packets that it did not expect: SDP sent them elsewhere */
	const char *call_id;
	const char *other_call_id; /* of another leg that announced it; NULL: none */
	uint32_t restart;
	uint32_t coverage;
	bool is_open;
	bool no_late; /* late is not known there */
	bool is_video;
	uint8_t ttl;
	uint8_t dscp;
	enum es_seen how;
	uint32_t device_us; /* 0: not known there */
	uint32_t findings;
	uint32_t clock_ratio_ppm;
	uint32_t clock_rate_hz; /* 0: 8000 */
	uint32_t rtp_step;      /* 0: MADE_STEP */
	enum es_unscored unscored;
};

static inline struct es_addr
made_addr(const char *ip, uint16_t port)
{
	struct es_addr a;

	memset(&a, 0, sizeof(a));
	if (es_addr_parse_ip(ip, strlen(ip), &a) != 0)
		abort();
	a.port = port;
	return a;
}

static inline es_time
made_time(int64_t ms)
{
	return es_time_of_ns(INT64_C(1790000000) * ES_NS_PER_S + ms * ES_NS_PER_MS);
}

static inline bool
made_is_seen(const struct made_stream *h, uint32_t i)
{
	return h->seen == NULL || h->seen[i];
}

/* The packets from..to of one block as an interval record. */
static inline void
made_interval_add(const struct made_stream *h, uint32_t from, uint32_t to)
{
	struct es_missing missing[256];
	struct es_record r;
	struct es_interval *iv = &r.u.interval;
	bool has_ts = false;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_INTERVAL;
	r.coverage.flags = h->coverage;
	iv->stream.src = h->src;
	iv->stream.dst = h->dst;
	iv->stream.ssrc = h->ssrc;
	iv->stream.restart = h->restart;
	iv->first_seq = (uint64_t)ES_SEQ_BASE + h->seq + from;
	iv->last_seq = (uint64_t)ES_SEQ_BASE + h->seq + to;
	iv->block = iv->first_seq / ES_BLOCK_SEQS;
	iv->start = made_time(h->at_ms + (int64_t)from * MADE_PTIME_MS);
	iv->end = iv->start;
	iv->expected = to - from + 1;
	iv->has = h->no_late ? 0 : ES_INTERVAL_HAS_LATE;
	iv->missing = missing;
	for (uint32_t i = from; i <= to; i++) {
		if (made_is_seen(h, i)) {
			iv->received++;
			if (!has_ts) {
				iv->rtp_ts = h->ts + i * MADE_STEP;
				iv->start = made_time(h->at_ms + (int64_t)i * MADE_PTIME_MS);
			}
			iv->end = made_time(h->at_ms + (int64_t)i * MADE_PTIME_MS);
			has_ts = true;
			iv->late += i >= h->late_from && i < h->late_to;
			continue;
		}
		iv->lost++;
		if (i > from && !made_is_seen(h, i - 1)) {
			missing[iv->n_missing - 1].run++;
		} else {
			missing[iv->n_missing].seq = (uint64_t)ES_SEQ_BASE + h->seq + i;
			missing[iv->n_missing++].run = 1;
		}
	}
	if (has_ts)
		iv->has |= ES_INTERVAL_HAS_RTP_TS;
	iv->has |= ES_INTERVAL_HAS_QUALITY;
	iv->mos_lq_milli = iv->lost * 25 > iv->expected ? 3000 : 4400;
	if (es_correlate_add(h->c, h->vantage, &r) != 0)
		test_fail(__FILE__, __LINE__, "interval was refused");
}

/* All records of the stream: blocks between the first and the last packet seen, then the total. */
static inline void
made_stream_add(const struct made_stream *h)
{
	struct es_record r;
	struct es_stream *st = &r.u.stream;
	uint32_t first = 0, last = h->n, from;

	while (first < h->n && !made_is_seen(h, first))
		first++;
	while (last > first && !made_is_seen(h, last - 1))
		last--;
	if (first >= last)
		return;
	for (from = first; from < last;) {
		uint32_t to = from + 255 - ((uint32_t)h->seq + from) % 256;

		to = to > last - 1 ? last - 1 : to;
		if (from < h->away_from && to >= h->away_from)
			to = h->away_from - 1;
		made_interval_add(h, from, to);
		from = to + 1 == h->away_from ? h->away_to : to + 1;
	}
	memset(&r, 0, sizeof(r));
	r.type = ES_REC_STREAM;
	r.coverage.flags = h->coverage;
	st->key.src = h->src;
	st->key.dst = h->dst;
	st->key.ssrc = h->ssrc;
	st->key.restart = h->restart;
	st->state = h->is_open ? ES_STATE_IN_PROGRESS : ES_STATE_COMPLETED;
	st->has = ES_STREAM_HAS_CODEC | ES_STREAM_HAS_CLEAN | ES_STREAM_HAS_STEP |
		  ES_STREAM_HAS_DELAY_VARIATION | ES_STREAM_HAS_IP |
		  (h->no_late ? 0 : ES_STREAM_HAS_LATE) |
		  (h->unscored != ES_UNSCORED_NOT ? 0 : ES_STREAM_HAS_QUALITY);
	st->codec = es_slice_str("PCMU");
	st->clock_rate_hz = h->clock_rate_hz != 0 ? h->clock_rate_hz : 8000;
	st->rtp_step = h->rtp_step != 0 ? h->rtp_step : MADE_STEP;
	st->start = made_time(h->at_ms + (int64_t)first * MADE_PTIME_MS);
	st->duration_us = (uint64_t)(last - first - 1) * MADE_PTIME_MS * 1000;
	st->expected = last - first - (h->away_to - h->away_from);
	for (uint32_t i = first; i < last; i++) {
		st->packets += made_is_seen(h, i);
		st->late += made_is_seen(h, i) && i >= h->late_from && i < h->late_to;
	}
	st->lost = st->expected - st->packets;
	st->first_seq = (uint64_t)ES_SEQ_BASE + h->seq + first;
	st->last_seq = (uint64_t)ES_SEQ_BASE + h->seq + last - 1;
	st->rtp_ts = h->ts + first * MADE_STEP;
	st->mos_lq_milli = 4200;
	st->r_milli = 85000;
	st->band = ES_BAND_NB;
	st->device_us = h->device_us;
	st->has |= h->device_us > 0 ? ES_STREAM_HAS_DEVICE : 0;
	st->clean_mos_lq_milli = 4409;
	st->delay_variation.p95_us = 1000;
	st->call_id = es_slice_str(h->call_id);
	if (h->other_call_id != NULL)
		st->other_call_ids[st->n_other_call_ids++] = es_slice_str(h->other_call_id);
	st->ttl = h->ttl;
	st->dscp = h->dscp;
	st->seen = h->how;
	st->kind = h->is_video ? ES_KIND_VIDEO : ES_KIND_AUDIO;
	st->findings = h->findings;
	st->clock_ratio_ppm = h->clock_ratio_ppm;
	st->unscored = h->unscored;
	if (es_correlate_add(h->c, h->vantage, &r) != 0)
		test_fail(__FILE__, __LINE__, "stream was refused");
}

/* An answered call with one media address at each end. */
static inline void
made_call_add(struct es_correlate *c, int vantage, const char *call_id, uint32_t max_forwards,
    int64_t at_ms, struct es_addr caller, struct es_addr callee)
{
	struct es_record r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_CALL;
	r.u.call.call_id = es_slice_str(call_id);
	r.u.call.state = ES_STATE_COMPLETED;
	r.u.call.has = ES_CALL_HAS_STATUS | ES_CALL_HAS_DURATION |
		       (max_forwards > 0 ? ES_CALL_HAS_MAX_FORWARDS : 0);
	r.u.call.final_status = 200;
	r.u.call.duration_us = 40000000;
	r.u.call.max_forwards = max_forwards;
	r.u.call.start = made_time(at_ms);
	r.u.call.caller_media = &caller;
	r.u.call.n_caller_media = caller.family != 0;
	r.u.call.callee_media = &callee;
	r.u.call.n_callee_media = callee.family != 0;
	if (es_correlate_add(c, vantage, &r) != 0)
		test_fail(__FILE__, __LINE__, "call was refused");
}

/* What a solve found: the calls in order, with copies of what a test looks at. */
struct made_solved {
	struct es_explained
	    calls[8]; /* legs' names and streams are borrowed from the correlation */
	char json[8][16384];
	uint32_t n;
};

static inline void
made_solved_add(void *ctx, const struct es_explained *call)
{
	struct made_solved *h = ctx;
	struct es_json j;

	if (h->n < 8) {
		h->calls[h->n] = *call;
		es_json_init(&j, h->json[h->n], sizeof(h->json[0]) - 1, NULL, NULL);
		es_explained_json(call, &j);
		h->json[h->n][j.n_bytes] = '\0';
		if (j.bad)
			test_fail(__FILE__, __LINE__, "JSON did not fit");
	}
	h->n++;
}

/* Solves into static storage, emptied first. */
static inline struct made_solved *
made_solve(struct es_correlate *c)
{
	static struct made_solved h;

	memset(&h, 0, sizeof(h));
	if (es_correlate_solve(c, made_solved_add, &h) != 0)
		test_fail(__FILE__, __LINE__, "solve failed");
	return &h;
}

static inline struct es_correlate *
made_correlate(void)
{
	struct es_correlate_config cfg = { { 1 }, 64, 2048, 8192, 64, 512, 16384 };
	struct es_correlate *c = NULL;

	if (es_correlate_new(&cfg, &c) != 0)
		abort();
	return c;
}

/* ep -> sbc access | core -> gw: two Call-IDs, one SSRC each way, the clocks far apart. */
struct call4 {
	struct es_correlate *c;
	int vantage[4]; /* ep, access, core, gw */
	struct made_stream fwd[4];
	struct made_stream rev[4];
	bool fwd_seen[4][MADE_PACKETS_MAX];
	bool rev_seen[4][MADE_PACKETS_MAX];
};

static inline struct call4 *
call4_new(uint32_t n)
{
	static const char *const names[] = { "ep", "access", "core", "gw" };
	static const enum es_role roles[] = { ES_ROLE_ENDPOINT, ES_ROLE_SBC, ES_ROLE_SBC,
		ES_ROLE_GATEWAY };
	static const int64_t clock_ms[] = { 0, 1500, -700, 90000 };
	static struct call4 s;
	struct es_addr ends[4];

	memset(&s, 0, sizeof(s));
	s.c = made_correlate();
	ends[0] = made_addr("10.0.0.1", 4000); /* endpoint */
	ends[1] = made_addr("10.0.0.9", 5000); /* SBC, access side */
	ends[2] = made_addr("10.1.0.9", 5002); /* SBC, core side */
	ends[3] = made_addr("10.1.0.2", 6000); /* gateway */
	for (int i = 0; i < 4; i++) {
		struct made_stream *f = &s.fwd[i], *r = &s.rev[i];

		s.vantage[i] = es_correlate_vantage(s.c, es_slice_str(names[i]), roles[i]);
		memset(s.fwd_seen[i], 1, sizeof(s.fwd_seen[i]));
		memset(s.rev_seen[i], 1, sizeof(s.rev_seen[i]));
		f->c = r->c = s.c;
		f->vantage = r->vantage = s.vantage[i];
		f->ssrc = 0x1111aaaa;
		r->ssrc = 0x2222bbbb;
		f->src = r->dst = ends[i < 2 ? 0 : 2];
		f->dst = r->src = ends[i < 2 ? 1 : 3];
		f->seq = 65400; /* wraps on the way */
		r->seq = 1000;
		f->ts = 0xffff0000;
		r->ts = 77;
		f->at_ms = clock_ms[i] + i;
		r->at_ms = clock_ms[i] + 3 - i;
		f->n = r->n = n;
		f->seen = s.fwd_seen[i];
		r->seen = s.rev_seen[i];
		f->call_id = r->call_id = i < 2 ? "a@access" : "b@core";
		f->ttl = r->ttl = 64;
	}
	return &s;
}

static inline void
call4_signal(struct call4 *s)
{
	for (int i = 0; i < 4; i++)
		made_call_add(s->c, s->vantage[i], s->fwd[i].call_id, i < 2 ? 70 : 69,
		    s->fwd[i].at_ms - 500, s->fwd[i].src, s->fwd[i].dst);
}

static inline void
call4_media(struct call4 *s)
{
	for (int i = 0; i < 4; i++) {
		made_stream_add(&s->fwd[i]);
		made_stream_add(&s->rev[i]);
	}
}

/* Packet i of a direction is not seen from point `from` on. */
static inline void
call4_lose(bool seen[4][MADE_PACKETS_MAX], int from, int step, uint32_t i)
{
	for (int p = from; p >= 0 && p < 4; p += step)
		seen[p][i] = false;
}

#endif
