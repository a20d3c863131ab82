/* SPDX-License-Identifier: Apache-2.0 */
/* Records made of bytes, as a hostile agent could ship them, through join, judgement and JSON. */
#include "earshot/correlate.h"
#include "probes/base/cursor.h"
#include "probes/base/json.h"
#include "tests/fuzz/fuzz.h"

enum { MISSING_MAX = 8, VALUES_MAX = 4, RECORDS_MAX = 400 };

static struct es_addr
addr_of(uint8_t b)
{
	struct es_addr a;

	memset(&a, 0, sizeof(a));
	a.family = 4;
	a.ip[3] = b & 3;
	a.port = (uint16_t)(4000 + (b >> 2 & 3));
	return a;
}

/* Small values mostly, so that records meet; now and then all the bits. */
static uint64_t
number(struct es_cur *c)
{
	uint8_t kind = es_cur_u8(c);

	if (kind < 200)
		return (uint64_t)kind * 64;
	if (kind < 240)
		return ES_SEQ_BASE + es_cur_be16(c);
	return (uint64_t)es_cur_be32(c) << 32 | es_cur_be32(c);
}

static es_time
instant(struct es_cur *c)
{
	uint8_t kind = es_cur_u8(c);

	return es_time_of_ns(
	    kind < 250 ? (int64_t)kind * ES_NS_PER_S : (int64_t)(number(c) ^ number(c) << 13));
}

static es_slice
name(struct es_cur *c)
{
	static const char *const names[] = { "", "a@b", "c@d", "aa;remote=bb", "bb;remote=aa",
		"wlan0" };

	return es_slice_str(names[es_cur_u8(c) % 6]);
}

static void
key_of(struct es_cur *c, struct es_stream_key *key)
{
	key->src = addr_of(es_cur_u8(c));
	key->dst = addr_of(es_cur_u8(c));
	key->ssrc = es_cur_u8(c) & 3;
	key->restart = es_cur_u8(c) & 1;
}

static void
interval(struct es_cur *c, struct es_interval *iv, struct es_missing missing[MISSING_MAX])
{
	key_of(c, &iv->stream);
	iv->has = es_cur_u8(c);
	iv->first_seq = number(c);
	iv->last_seq = iv->first_seq + es_cur_u8(c);
	iv->rtp_ts = (uint32_t)number(c);
	iv->start = instant(c);
	iv->end = instant(c);
	iv->received = es_cur_u8(c);
	iv->late = (uint32_t)number(c);
	iv->mos_lq_milli = (uint32_t)number(c);
	iv->n_missing = es_cur_u8(c) % MISSING_MAX;
	iv->missing = missing;
	for (uint32_t i = 0; i < iv->n_missing; i++) {
		missing[i].seq = iv->first_seq + number(c);
		missing[i].run = (uint32_t)number(c);
	}
}

static void
stream(struct es_cur *c, struct es_stream *st)
{
	key_of(c, &st->key);
	st->has = es_cur_be16(c);
	st->state = es_cur_u8(c) % 5;
	st->clock_rate_hz = (uint32_t)number(c);
	st->rtp_step = (uint32_t)number(c);
	st->start = instant(c);
	st->duration_us = number(c);
	st->packets = number(c);
	st->expected = number(c);
	st->first_seq = number(c);
	st->last_seq = number(c);
	st->rtp_ts = (uint32_t)number(c);
	st->late = number(c);
	st->mos_lq_milli = (uint32_t)number(c);
	st->clean_mos_lq_milli = (uint32_t)number(c);
	st->delay_variation.p95_us = (uint32_t)number(c);
	st->dscp = es_cur_u8(c);
	st->ttl = es_cur_u8(c);
	st->call_id = name(c);
	st->seen = es_cur_u8(c) % 3;
}

static void
call(struct es_cur *c, struct es_call *r, struct es_addr media[2])
{
	r->call_id = name(c);
	r->session_id = name(c);
	r->x_call_id = name(c);
	r->icid = name(c);
	r->custom_key = name(c);
	r->user_to_user = name(c);
	r->has = es_cur_u8(c);
	r->state = es_cur_u8(c) % 5;
	r->start = instant(c);
	r->max_forwards = es_cur_u8(c);
	r->final_status = (uint32_t)number(c);
	r->duration_us = number(c);
	r->holds = es_cur_u8(c) & 1;
	media[0] = addr_of(es_cur_u8(c));
	media[1] = addr_of(es_cur_u8(c));
	r->caller_media = &media[0];
	r->callee_media = &media[1];
	r->n_caller_media = r->n_callee_media = 1;
}

static void
machine(struct es_cur *c, struct es_record *r, struct es_signal_value values[VALUES_MAX])
{
	if (r->type == ES_REC_CHANGE) {
		r->u.change.time = instant(c);
		r->u.change.kind = es_cur_u8(c) % 10;
		r->u.change.subject = name(c);
		r->u.change.before = name(c);
		return;
	}
	r->u.host.start = instant(c);
	r->u.host.end = instant(c);
	r->u.host.full = (es_cur_u8(c) & 1) != 0;
	r->u.host.values = values;
	r->u.host.n_values = es_cur_u8(c) % VALUES_MAX;
	for (uint32_t i = 0; i < r->u.host.n_values; i++) {
		values[i].signal = es_cur_u8(c) % 24;
		values[i].value = (int64_t)number(c);
	}
}

static void
add_one(struct es_cur *c, struct es_correlate *corr)
{
	struct es_missing missing[MISSING_MAX];
	struct es_signal_value values[VALUES_MAX];
	struct es_addr media[2];
	struct es_record r;
	int vantage = es_cur_u8(c) & 3;

	memset(&r, 0, sizeof(r));
	r.type = es_cur_u8(c) % 11;
	r.coverage.flags = es_cur_u8(c) < 240 ? 0 : es_cur_u8(c);
	if (r.type == ES_REC_INTERVAL)
		interval(c, &r.u.interval, missing);
	else if (r.type == ES_REC_STREAM)
		stream(c, &r.u.stream);
	else if (r.type == ES_REC_CALL)
		call(c, &r.u.call, media);
	else if (r.type == ES_REC_HOST || r.type == ES_REC_CHANGE)
		machine(c, &r, values);
	else if (r.type == ES_REC_REPORTED) {
		r.u.reported.src = addr_of(es_cur_u8(c));
		r.u.reported.subject_ssrc = es_cur_u8(c) & 3;
		r.u.reported.has = ES_REPORTED_HAS_LOSS;
		r.u.reported.cumulative_lost = (int32_t)number(c);
	}
	(void)es_correlate_add(corr, vantage, &r); /* refusing is an answer */
}

static void
print_one(void *ctx, const struct es_explained *call)
{
	static char text[1 << 17];
	struct es_json j;

	(void)ctx;
	es_json_init(&j, text, sizeof(text), NULL, NULL);
	es_explained_json(call, &j);
	MUST(call->n_legs > 0 && call->call.n > 0);
	for (uint32_t i = 0; i < call->n_directions; i++) {
		for (uint32_t k = 0; k < call->directions[i].n_segments; k++) {
			const struct es_segment *s = &call->directions[i].segments[k];

			MUST((s->has & ES_SEGMENT_HAS_LOST) == 0 || s->lost <= s->expected);
		}
	}
	for (uint32_t i = 0; i < call->verdict.n_causes; i++)
		MUST(call->verdict.causes[i].confidence_ppm <= 1000000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const names[] = { "ep", "sbc/access", "sbc/core", "gw" };
	struct es_correlate_config cfg = { { 1 }, 32, 128, 256, 16, 64, 4096 };
	struct es_cur c = es_cur_of(es_slice_of(data, n));
	struct es_correlate *corr = NULL;

	if (es_correlate_new(&cfg, &corr) != 0)
		return 0;
	for (int i = 0; i < 4; i++)
		(void)es_correlate_vantage(corr, es_slice_str(names[i]), (enum es_role)(1 + i % 3));
	for (int i = 0; i < RECORDS_MAX && !c.bad; i++)
		add_one(&c, corr);
	(void)es_correlate_solve(corr, print_one, NULL);
	es_correlate_free(corr);
	return 0;
}
