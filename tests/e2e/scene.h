/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A made-up call as three agents deliver it: endpoint `ep`, SBC `sbc` with labels access and core,
 * gateway `gw`. Two Call-IDs (X-Call-ID names the first), one SSRC per direction along the whole
 * path. Damaged: packets of the middle blocks never arrive at sbc/access. Synthetic, for tests only.
 */
#ifndef TESTS_E2E_SCENE_H
#define TESTS_E2E_SCENE_H

#include "earshot/record.h"

#include <stdio.h>

enum {
	SCENE_PACKETS = 2560, /* ten blocks */
	SCENE_FIRST = ES_SEQ_BASE + 1024,
	SCENE_EVERY = 8, /* in bad blocks each 8th packet is lost */
	SCENE_BAD_FROM = 3,
	SCENE_BAD_TO = 6, /* blocks of the call, inclusive */
	SCENE_LOST = (SCENE_BAD_TO - SCENE_BAD_FROM + 1) * (ES_BLOCK_SEQS / SCENE_EVERY),
	SCENE_CLEAN_MOS = 4409,
	SCENE_BAD_MOS = 2700,
};

struct scene {
	const char
	    *call_id;  /* of the caller's side; "-core" behind it on the other; NULL: no SIP */
	uint32_t ssrc; /* forward; reverse is the next one */
	es_time start;
	bool is_damaged;
	bool in_progress; /* the call and its streams are not over yet */
	uint16_t
	    refused; /* SIP status with which the call was refused, without media; 0: it was not */
	const char *blind; /* label of a place that sees no media; NULL: none */
	void (*emit)(void *ctx, const char *agent, const struct es_record *rec);
	void *ctx;
};

struct scene_vantage {
	const char *agent;
	const char *label;
	enum es_role role;
	bool is_core;
	uint32_t max_forwards;
	int64_t clock_ns; /* of this machine, against the caller's */
};

static const struct scene_vantage scene_vantages[] = {
	{ "ep", "", ES_ROLE_ENDPOINT, false, 70, 0 },
	{ "sbc", "access", ES_ROLE_SBC, false, 70, 1700000000 },
	{ "sbc", "core", ES_ROLE_SBC, true, 69, 1700000000 },
	{ "gw", "", ES_ROLE_GATEWAY, true, 69, -900000000 },
};

static inline struct es_addr
scene_addr(uint8_t net, uint8_t host, uint16_t port)
{
	struct es_addr a;

	memset(&a, 0, sizeof(a));
	a.family = 4;
	a.port = port;
	a.ip[0] = 10;
	a.ip[1] = net;
	a.ip[3] = host;
	return a;
}

/* The caller's and the callee's media address: ports differ from call to call, as real ones do. */
static inline struct es_addr
scene_media(const struct scene *s, const struct scene_vantage *v, bool callee)
{
	return scene_addr(v->is_core, callee ? 2 : 1, (uint16_t)(4000 + s->ssrc % 20000 * 2));
}

static inline struct es_stream_key
scene_key(const struct scene *s, const struct scene_vantage *v, bool reverse)
{
	struct es_addr a = scene_media(s, v, false), b = scene_media(s, v, true);
	struct es_stream_key k;

	memset(&k, 0, sizeof(k));
	k.src = reverse ? b : a;
	k.dst = reverse ? a : b;
	k.ssrc = s->ssrc + reverse;
	return k;
}

static inline void
scene_call_id(const struct scene *s, const struct scene_vantage *v, char out[128])
{
	(void)snprintf(out, 128, "%s%s", s->call_id == NULL ? "" : s->call_id,
	    s->call_id != NULL && v->is_core ? "-core" : "");
}

static inline void
scene_emit(const struct scene *s, const struct scene_vantage *v, struct es_record *rec)
{
	struct es_vantage at = { es_slice_str(v->label), v->role };

	rec->vantage = &at;
	s->emit(s->ctx, v->agent, rec);
}

static inline void
scene_sip(const struct scene *s, const struct scene_vantage *v)
{
	static const es_slice codecs[] = { { (const uint8_t *)"PCMU", 4 } };
	struct es_addr caller = scene_media(s, v, false);
	struct es_addr callee = scene_media(s, v, true);
	struct es_call_stream streams[2];
	struct es_record rec;
	struct es_call *c = &rec.u.call;
	char call_id[128];

	scene_call_id(s, v, call_id);
	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_CALL;
	for (int i = 0; i < 2; i++) {
		struct es_stream_key k = scene_key(s, v, i == 1);

		streams[i] = (struct es_call_stream){ k.ssrc, k.src, k.dst };
	}
	c->call_id = es_slice_str(call_id);
	c->x_call_id = v->is_core ? es_slice_str(s->call_id) : es_slice_of(NULL, 0);
	c->has = ES_CALL_HAS_STATUS | ES_CALL_HAS_MAX_FORWARDS |
		 (s->refused > 0 ? 0u : ES_CALL_HAS_SETUP) |
		 (s->in_progress || s->refused > 0 ? 0u : ES_CALL_HAS_DURATION);
	c->state = s->refused > 0   ? ES_STATE_FAILED
		   : s->in_progress ? ES_STATE_IN_PROGRESS
				    : ES_STATE_COMPLETED;
	c->from = es_slice_str("u1-aaaaaaaaaaaaaaaaaaaaaaaa@example.org");
	c->to =
	    es_slice_str("n1-cc49-bbbbbbbbbbbbbbbbbbbbbbbb-cccccccccccccccccccccccc@example.org");
	c->start = es_time_add(s->start, v->clock_ns);
	c->invite_src = scene_addr(v->is_core, 1, 5060);
	c->invite_dst = scene_addr(v->is_core, 2, 5060);
	c->max_forwards = v->max_forwards;
	c->final_status = s->refused > 0 ? s->refused : 200;
	c->setup_us = s->refused > 0 ? 0 : 800000;
	c->duration_us = s->refused > 0 ? 0 : (uint64_t)SCENE_PACKETS * 20000;
	c->ended_by = s->in_progress || s->refused > 0 ? ES_PARTY_UNKNOWN : ES_PARTY_CALLER;
	c->codecs = codecs;
	c->n_codecs = 1;
	c->caller_media = &caller;
	c->callee_media = &callee;
	c->n_caller_media = c->n_callee_media = 1;
	c->streams = streams;
	c->n_streams = s->refused > 0 ? 0 : 2;
	rec.at = es_time_add(c->start, s->in_progress ? 0 : (int64_t)c->duration_us * 1000);
	scene_emit(s, v, &rec);
}

static inline bool
scene_is_bad(const struct scene *s, const struct scene_vantage *v, bool reverse, uint32_t block)
{
	return s->is_damaged && !reverse && v != &scene_vantages[0] && block >= SCENE_BAD_FROM &&
	       block <= SCENE_BAD_TO;
}

static inline void
scene_block(const struct scene *s, const struct scene_vantage *v, bool reverse, uint32_t block)
{
	struct es_missing missing[ES_BLOCK_SEQS / SCENE_EVERY];
	struct es_record rec;
	struct es_interval *i = &rec.u.interval;
	bool bad = scene_is_bad(s, v, reverse, block);

	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_INTERVAL;
	i->stream = scene_key(s, v, reverse);
	i->has = ES_INTERVAL_HAS_RTP_TS | ES_INTERVAL_HAS_JITTER | ES_INTERVAL_HAS_LATE |
		 ES_INTERVAL_HAS_QUALITY | ES_INTERVAL_HAS_DELAY_VARIATION;
	i->first_seq = SCENE_FIRST + block * ES_BLOCK_SEQS;
	i->last_seq = i->first_seq + ES_BLOCK_SEQS - 1;
	i->block = i->first_seq / ES_BLOCK_SEQS;
	i->expected = ES_BLOCK_SEQS;
	for (uint32_t k = 0; bad && k < ES_BLOCK_SEQS / SCENE_EVERY; k++)
		missing[i->n_missing++] =
		    (struct es_missing){ i->first_seq + k * SCENE_EVERY + 3, 1 };
	i->missing = missing;
	i->lost = i->n_missing;
	i->received = i->expected - i->lost;
	i->rtp_ts = 160000 + 160 * block * ES_BLOCK_SEQS;
	i->start = es_time_add(s->start,
	    v->clock_ns + 1000000000 + (int64_t)block * ES_BLOCK_SEQS * 20 * ES_NS_PER_MS);
	i->end = es_time_add(i->start, (int64_t)(ES_BLOCK_SEQS - 1) * 20 * ES_NS_PER_MS);
	i->jitter_us = 800;
	i->delay_variation = (struct es_delay_variation){ 300, 1900, 4000 };
	i->r_milli = bad ? 55000 : 93200;
	i->mos_lq_milli = bad ? SCENE_BAD_MOS : SCENE_CLEAN_MOS;
	rec.at = es_time_add(i->end, ES_NS_PER_S);
	scene_emit(s, v, &rec);
}

static inline void
scene_stream(const struct scene *s, const struct scene_vantage *v, bool reverse)
{
	struct es_record rec;
	struct es_stream *t = &rec.u.stream;
	bool bad = scene_is_bad(s, v, reverse, SCENE_BAD_FROM);
	char call_id[128];

	scene_call_id(s, v, call_id);
	memset(&rec, 0, sizeof(rec));
	rec.type = ES_REC_STREAM;
	t->key = scene_key(s, v, reverse);
	t->has = ES_STREAM_HAS_CODEC | ES_STREAM_HAS_PTIME | ES_STREAM_HAS_STEP |
		 ES_STREAM_HAS_QUALITY | ES_STREAM_HAS_CLEAN | ES_STREAM_HAS_JITTER |
		 ES_STREAM_HAS_LATE;
	t->state = s->in_progress ? ES_STATE_IN_PROGRESS : ES_STATE_COMPLETED;
	t->codec = es_slice_str("PCMU");
	t->clock_rate_hz = 8000;
	t->ptime_us = 20000;
	t->rtp_step = 160;
	t->start = es_time_add(s->start, v->clock_ns + 1000000000);
	t->duration_us = (uint64_t)(SCENE_PACKETS - 1) * 20000;
	t->expected = SCENE_PACKETS;
	t->lost = bad ? SCENE_LOST : 0;
	t->packets = t->expected - t->lost;
	t->first_seq = SCENE_FIRST;
	t->last_seq = SCENE_FIRST + SCENE_PACKETS - 1;
	t->rtp_ts = 160000;
	t->r_milli = bad ? 75000 : 93200;
	t->mos_lq_milli = bad ? 3600 : SCENE_CLEAN_MOS;
	t->clean_mos_lq_milli = SCENE_CLEAN_MOS;
	t->band = ES_BAND_NB;
	t->basis = ES_BASIS_ITU;
	t->model = es_slice_str("es-nb/1");
	t->call_id = es_slice_str(call_id);
	rec.at = es_time_add(t->start, (int64_t)t->duration_us * 1000 + 5 * ES_NS_PER_S);
	scene_emit(s, v, &rec);
}

/* All records of the call; with in_progress the first five blocks only. */
static inline void
scene_play(const struct scene *s)
{
	uint32_t blocks = SCENE_PACKETS / ES_BLOCK_SEQS / (s->in_progress ? 2u : 1u);

	for (size_t n = 0; n < sizeof(scene_vantages) / sizeof(scene_vantages[0]); n++) {
		const struct scene_vantage *v = &scene_vantages[n];

		if (s->call_id != NULL)
			scene_sip(s, v);
		if (s->refused > 0)
			continue;
		if (s->blind != NULL && strcmp(v->label, s->blind) == 0)
			continue;
		for (int reverse = 0; reverse < 2; reverse++) {
			for (uint32_t b = 0; b < blocks; b++)
				scene_block(s, v, reverse, b);
			scene_stream(s, v, reverse);
		}
	}
}

#endif
