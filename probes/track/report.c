/* SPDX-License-Identifier: Apache-2.0 */
/* Fills and emits the stream record. */
#include "probes/track/report.h"

#include "probes/track/window.h"

static void
tell_codec(const struct es_stream_state *s, struct es_stream *r)
{
	const struct es_stream_payload *p = es_stream_main_payload(s);
	uint32_t step = es_steps_median(&s->steps);

	if (p == NULL)
		return;
	r->payload_type = p->is.pt;
	r->codec = es_payload_name(&p->is);
	r->clock_rate_hz = p->is.clock_rate_hz;
	if (r->codec.n > 0 && r->clock_rate_hz != 0)
		r->has |= ES_STREAM_HAS_CODEC;
	if (p->is.codec != NULL)
		r->band = p->is.codec->band;
	if (step == 0)
		return;
	r->rtp_step = step;
	r->has |= ES_STREAM_HAS_STEP;
	if (p->is.clock_rate_hz == 0 || step > UINT32_C(10) * p->is.clock_rate_hz)
		return;
	r->ptime_us =
	    (uint32_t)(((uint64_t)step * 1000000 + p->is.clock_rate_hz / 2) / p->is.clock_rate_hz);
	r->has |= ES_STREAM_HAS_PTIME;
}

static void
tell_times(const struct es_stream_state *s, struct es_stream *r)
{
	r->start = s->start;
	/* To the last packet measured: last_at may be that of one that waits behind a jump. */
	r->duration_us = (uint64_t)(es_time_diff(s->prev_at, s->start) / ES_NS_PER_US);
	if (s->distinct > 1) {
		r->delta_max_us = (uint64_t)(s->delta_max_ns / ES_NS_PER_US);
		r->has |= ES_STREAM_HAS_DELTA;
	}
	if (es_jitter_known(&s->jitter)) {
		r->jitter_mean_us = es_jitter_mean_us(&s->jitter);
		r->jitter_max_us = es_jitter_max_us(&s->jitter);
		r->jitter_last_us = es_jitter_last_us(&s->jitter);
		r->has |= ES_STREAM_HAS_JITTER;
	}
	if (es_variation_sum_percentiles(&s->variation, &r->delay_variation))
		r->has |= ES_STREAM_HAS_DELAY_VARIATION;
	if (es_skew_ppb(&s->skew, &r->skew_ppb))
		r->has |= ES_STREAM_HAS_SKEW;
}

static void
tell_quality(const struct es_stream_state *s, struct es_stream *r)
{
	const struct es_stream_payload *p = es_stream_main_payload(s);
	struct es_burst_result burst;
	struct es_score sc;

	if (es_burst_result(&s->burst, r->ptime_us, &burst) &&
	    (r->has & ES_STREAM_HAS_PTIME) != 0) {
		r->burst_density_ppm = burst.burst_density_ppm;
		r->burst_length_us = burst.burst_length_us;
		r->gap_density_ppm = burst.gap_density_ppm;
		r->gap_length_us = burst.gap_length_us;
		r->has |= ES_STREAM_HAS_BURST;
	}
	if (p == NULL || !es_codec_is_scored(p->is.codec) || s->seen == ES_SEEN_EGRESS)
		return;
	r->clean_mos_lq_milli = es_score_clean_mos_milli(p->is.codec);
	r->has |= ES_STREAM_HAS_CLEAN;
	if (!es_score_of(p->is.codec, &s->runs, ES_DELAY_UNKNOWN, &sc))
		return;
	r->r_milli = sc.r_milli;
	r->mos_lq_milli = sc.mos_lq_milli;
	r->basis = p->is.codec->basis;
	r->model = es_slice_str(ES_SCORE_MODEL);
	r->has |= ES_STREAM_HAS_QUALITY;
	if (s->worst_mos_milli == 0)
		return;
	r->worst_block = s->worst_block;
	r->worst_mos_lq_milli = s->worst_mos_milli;
	r->has |= ES_STREAM_HAS_WORST;
}

static void
tell_counts(const struct es_stream_state *s, struct es_stream *r)
{
	r->duplicates = s->duplicates + es_window_twins(s);
	r->packets = s->distinct + r->duplicates;
	r->expected = s->highest - s->lowest + 1;
	r->lost = r->expected - s->distinct;
	r->first_seq = s->lowest;
	r->last_seq = s->highest;
	r->rtp_ts = s->first_ts;
	r->capture_duplicates = s->capture_duplicates;
	r->reordered = s->reordered;
	r->stale = s->stale;
	r->late = s->late;
	if (s->has_late)
		r->has |= ES_STREAM_HAS_LATE;
}

void
es_report_stream(struct es_context *c, const struct es_stream_state *s, es_slice call_id,
    enum es_state state, es_time at)
{
	struct es_record rec;
	struct es_stream *r = &rec.u.stream;

	memset(&rec, 0, sizeof(rec));
	r->key = s->key;
	r->state = state;
	r->dscp = s->dscp;
	r->ttl = s->ttl;
	r->has = ES_STREAM_HAS_IP;
	r->srtp = s->is_secure;
	if (s->has_signalling)
		r->has |= ES_STREAM_HAS_SRTP;
	r->call_id = call_id;
	r->seen = s->seen;
	r->findings = s->findings;
	tell_codec(s, r);
	tell_times(s, r);
	tell_counts(s, r);
	tell_quality(s, r);
	es_context_emit(c, &rec, ES_REC_STREAM, at, &s->coverage);
}
