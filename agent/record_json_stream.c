/* SPDX-License-Identifier: Apache-2.0 */
/* Streams and their blocks as JSON. */
#include "agent/record_json_private.h"

#include <stdio.h>

static const char *const seen_names[] = { "transit", "ingress", "egress" };
static const char *const band_names[] = { "unknown", "nb", "wb", "swb", "fb" };
static const char *const basis_names[] = { "unknown", "itu", "derived", "placeholder" };
static const char *const receiver_by_names[] = { "unknown", "default", "configured", "reported",
	"user_agent", "endpoint_class" };
static const char *const kind_names[] = { "unknown", "audio", "video", "rtx", "fec", "text",
	"other" };
static const char *const unscored_names[] = { "unknown", "codec_unknown", "codec_unrated",
	"not_audio", "egress", "too_short", "clock_mismatch" };

/* In order of their bits. */
static const char *const finding_names[] = { "one_way", "late_start", "starved", "remarked",
	"ssrc_changed", "ptime_changed", "codec_changed", "bye", "zero_ssrc", "ice",
	"srtp_key_mismatch", "srtp_roc_mismatch", "srtp_mki_mismatch", "stopped",
	"clock_mismatch" };

const char *
es_unscored_name(enum es_unscored why)
{
	return NAME_OF(unscored_names, why);
}

static void
put_delay_variation(struct es_json *j, const struct es_delay_variation *v)
{
	es_json_key(j, "delay_variation_ms");
	es_json_begin(j);
	put_ms(j, "p50", v->p50_us);
	put_ms(j, "p95", v->p95_us);
	put_ms(j, "p99", v->p99_us);
	es_json_end(j);
}

static void
put_stream_times(struct es_json *j, const struct es_stream *s)
{
	if (s->has & ES_STREAM_HAS_JITTER) {
		es_json_key(j, "jitter_ms");
		es_json_begin(j);
		put_ms(j, "mean", s->jitter_mean_us);
		put_ms(j, "max", s->jitter_max_us);
		put_ms(j, "last", s->jitter_last_us);
		es_json_end(j);
	}
	if (s->has & ES_STREAM_HAS_DELTA)
		put_ms(j, "delta_max_ms", s->delta_max_us);
	if (s->has & ES_STREAM_HAS_DELAY_VARIATION)
		put_delay_variation(j, &s->delay_variation);
	if (s->has & ES_STREAM_HAS_BURST) {
		es_json_key(j, "burst");
		es_json_begin(j);
		put_scaled(j, "density", s->burst_density_ppm, 6, 6);
		put_short_ms(j, "length_ms", s->burst_length_us);
		put_scaled(j, "gap_density", s->gap_density_ppm, 6, 6);
		put_short_ms(j, "gap_length_ms", s->gap_length_us);
		es_json_end(j);
	}
}

static void
put_receiver(struct es_json *j, const struct es_stream *s)
{
	char fixed[24];

	if (s->receiver_by == ES_RECEIVER_BY_NOBODY)
		return;
	snprintf(fixed, sizeof(fixed), "fixed:%u", s->receiver_ms);
	put_str(j, "receiver", s->receiver_ms != 0 ? fixed : "adaptive");
	put_str(j, "receiver_by", NAME_OF(receiver_by_names, s->receiver_by));
}

static void
put_concealment(struct es_json *j, const struct es_stream *s)
{
	if ((s->has & ES_STREAM_HAS_CONCEALMENT) == 0)
		return;
	put_u64(j, "concealed_packets", s->concealed_packets);
	put_u64(j, "concealed_runs", s->concealed_runs);
	put_scaled(j, "burst_ratio", s->burst_ratio_milli, 3, 3);
	put_u64(j, "freezes", s->freezes);
	put_ms(j, "frozen_ms", s->frozen_us);
	put_u64(j, "buffer_moves", s->buffer_moves);
	put_receiver(j, s);
	if ((s->has & ES_STREAM_HAS_PAUSES) != 0)
		put_u64(j, "quiet_packets", s->quiet_packets);
}

/* Narrowband knows no relief: what losses in a row add is within Ie,eff. */
static void
put_terms(struct es_json *j, uint32_t discard, uint32_t burst, uint32_t relief, enum es_band band)
{
	put_scaled(j, "ie_discard", discard, 3, 1);
	put_scaled(j, "ie_burst", burst, 3, 1);
	if (band != ES_BAND_NB || relief != 0)
		put_scaled(j, "burst_relief", relief, 3, 1);
}

static void
put_stream_quality(struct es_json *j, const struct es_stream *s)
{
	put_concealment(j, s);
	if (s->has & ES_STREAM_HAS_QUALITY) {
		put_scaled(j, "r_factor", s->r_milli, 3, 1);
		put_scaled(j, "ie_eff", s->ie_eff_milli, 3, 1);
		if (s->has & ES_STREAM_HAS_TERMS)
			put_terms(j, s->ie_discard_milli, s->ie_burst_milli, s->burst_relief_milli,
			    s->band);
		put_scaled(j, "mos_lq", s->mos_lq_milli, 3, 3);
	}
	if (s->has & ES_STREAM_HAS_MOS_CQ) {
		put_scaled(j, "mos_cq", s->mos_cq_milli, 3, 3);
		put_scaled(j, "id", s->id_milli, 3, 1);
		put_ms(j, "mouth_to_ear_ms", s->mouth_to_ear_us);
	}
	if (s->has & ES_STREAM_HAS_DEVICE)
		put_ms(j, "device_ms", s->device_us);
	if (s->has & ES_STREAM_HAS_QUALITY) {
		put_str(j, "band", NAME_OF(band_names, s->band));
		put_text(j, "model", s->model);
		put_str(j, "mos_basis", NAME_OF(basis_names, s->basis));
	}
	if (s->has & ES_STREAM_HAS_MOS_P10)
		put_scaled(j, "mos_p10", s->mos_p10_milli, 3, 3);
	if (s->has & ES_STREAM_HAS_MOS_RECENCY)
		put_scaled(j, "mos_lq_recency", s->mos_lq_recency_milli, 3, 3);
	if (s->has & ES_STREAM_HAS_CLEAN)
		put_scaled(j, "clean_mos_lq", s->clean_mos_lq_milli, 3, 3);
	if (s->scored_ppm != 0)
		put_scaled(j, "scored_share", s->scored_ppm, 6, 6);
	if (s->has & ES_STREAM_HAS_WORST) {
		put_u64(j, "worst_block", s->worst_block);
		put_scaled(j, "worst_mos_lq", s->worst_mos_lq_milli, 3, 3);
	}
}

static void
put_findings(struct es_json *j, uint32_t findings)
{
	size_t i;

	if (findings == 0)
		return;
	es_json_key(j, "findings");
	es_json_array(j);
	for (i = 0; i < sizeof(finding_names) / sizeof(finding_names[0]); i++)
		if (findings & 1u << i)
			es_json_str(j, finding_names[i]);
	es_json_array_end(j);
}

static void
put_loss_runs(struct es_json *j, const struct es_stream *s)
{
	int i;

	es_json_key(j, "loss_runs");
	es_json_array(j);
	for (i = 0; i < ES_LOSS_RUN_BINS; i++)
		es_json_u64(j, s->loss_run[i]);
	es_json_array_end(j);
}

static void
put_stream_sender(struct es_json *j, const struct es_stream *s)
{
	if (s->has & ES_STREAM_HAS_LATE_START)
		put_ms(j, "late_start_ms", s->late_start_us);
	if (s->has & ES_STREAM_HAS_SENDER) {
		put_u64(j, "starvations", s->starvations);
		put_ms(j, "starved_ms", s->starved_us);
		put_ms(j, "send_irregularity_ms", s->send_irregularity_us);
	}
	if ((s->has & ES_STREAM_HAS_IP) && s->dscp_changes != 0) {
		put_u64(j, "dscp_last", s->dscp_last);
		put_u64(j, "dscp_changes", s->dscp_changes);
	}
	if ((s->has & ES_STREAM_HAS_IP) && s->ttl_max != 0) { /* 0: of an older agent */
		put_u64(j, "ttl_min", s->ttl_min);
		put_u64(j, "ttl_max", s->ttl_max);
	}
}

/* Members added later stand behind the first ones, whose order is kept. */
static void
put_stream_more(struct es_json *j, const struct es_stream *s)
{
	if (s->kind != ES_KIND_UNKNOWN)
		put_str(j, "kind", NAME_OF(kind_names, s->kind));
	put_findings(j, s->findings);
	if (s->unscored != ES_UNSCORED_NOT)
		put_str(j, "unscored", NAME_OF(unscored_names, s->unscored));
	if (s->has & ES_STREAM_HAS_LOSS_RUNS)
		put_loss_runs(j, s);
	if (s->has & ES_STREAM_HAS_CONCEALED) {
		put_u64(j, "concealed_s", s->concealed_s);
		put_u64(j, "severely_concealed_s", s->severely_concealed_s);
	}
	put_stream_sender(j, s);
	put_some(j, "event_packets", s->event_packets);
	put_some(j, "comfort_noise_packets", s->comfort_noise_packets);
	put_some(j, "silences", s->silences);
	put_some(j, "reordered_max", s->reordered_max);
	if (s->has & ES_STREAM_HAS_LEVEL) {
		put_i64(j, "level_dbov", s->level_dbov);
		put_scaled(j, "speech", s->speech_ppm, 6, 6);
	}
	if (s->has & ES_STREAM_HAS_REPAIRS)
		put_ssrc(j, "repairs_ssrc", s->repairs_ssrc);
	if (s->has & ES_STREAM_HAS_FOLLOWS)
		put_ssrc(j, "follows_ssrc", s->follows_ssrc);
	put_text(j, "mid", s->mid);
	if (s->has & ES_STREAM_HAS_SRTP_CHECK) {
		put_u64(j, "srtp_checked", s->srtp_checked);
		put_u64(j, "srtp_failed", s->srtp_failed);
	}
	if (s->has & ES_STREAM_HAS_SRTP_ROC)
		put_u64(j, "srtp_roc", s->srtp_roc);
}

static void
put_other_calls(struct es_json *j, const struct es_stream *s)
{
	if (s->n_other_call_ids == 0)
		return;
	es_json_key(j, "other_call_ids");
	es_json_array(j);
	for (uint32_t i = 0; i < s->n_other_call_ids; i++)
		es_json_call_id(j, s->other_call_ids[i]);
	es_json_array_end(j);
}

void
es_record_json_stream(struct es_json *j, const struct es_stream *s)
{
	put_addr(j, "src", &s->key.src);
	put_addr(j, "dst", &s->key.dst);
	put_ssrc(j, "ssrc", s->key.ssrc);
	put_u64(j, "restart", s->key.restart);
	put_u64(j, "payload_type", s->payload_type);
	if (s->has & ES_STREAM_HAS_CODEC) {
		put_text(j, "codec", s->codec);
		put_u64(j, "clock_rate_hz", s->clock_rate_hz);
	}
	if (s->has & ES_STREAM_HAS_PTIME)
		put_short_ms(j, "ptime_ms", s->ptime_us);
	put_time(j, "start", s->start);
	put_scaled(j, "duration_s", (int64_t)s->duration_us, 6, 3);
	put_u64(j, "packets", s->packets);
	put_u64(j, "expected", s->expected);
	put_u64(j, "lost", s->lost);
	put_u64(j, "duplicates", s->duplicates);
	put_u64(j, "capture_duplicates", s->capture_duplicates);
	put_u64(j, "reordered", s->reordered);
	put_u64(j, "stale", s->stale);
	if (s->has & ES_STREAM_HAS_LATE)
		put_u64(j, "late", s->late);
	if (s->has & ES_STREAM_HAS_RECOVERED)
		put_u64(j, "recovered", s->recovered);
	put_stream_times(j, s);
	put_stream_quality(j, s);
	if (s->has & ES_STREAM_HAS_SKEW)
		put_scaled(j, "skew_ppm", s->skew_ppb, 3, 1);
	if (s->clock_ratio_ppm != 0)
		put_scaled(j, "clock_ratio", s->clock_ratio_ppm, 6, 6);
	if (s->has & ES_STREAM_HAS_IP) {
		put_u64(j, "dscp", s->dscp);
		put_u64(j, "ttl", s->ttl);
	}
	if (s->has & ES_STREAM_HAS_SRTP)
		put_bool(j, "srtp", s->srtp);
	put_call_id(j, "call_id", s->call_id);
	put_other_calls(j, s);
	put_str(j, "seen", NAME_OF(seen_names, s->seen));
	put_stream_more(j, s);
}

/* A model is named after its band, super-wideband's after fullband. */
static void
put_model(struct es_json *j, enum es_band band, uint8_t version)
{
	char model[16];

	(void)snprintf(model, sizeof(model), "es-%s/%u",
	    band == ES_BAND_SWB ? "fb" : NAME_OF(band_names, band), version);
	put_str(j, "model", model);
}

static void
put_interval_quality(struct es_json *j, const struct es_interval *v)
{
	bool has_terms = (v->has & ES_INTERVAL_HAS_TERMS) != 0;

	if (v->has & ES_INTERVAL_HAS_QUALITY)
		put_scaled(j, "r_factor", v->r_milli, 3, 1);
	if (has_terms) {
		put_scaled(j, "ie_eff", v->ie_eff_milli, 3, 1);
		put_terms(
		    j, v->ie_discard_milli, v->ie_burst_milli, v->burst_relief_milli, v->band);
	}
	if (v->has & ES_INTERVAL_HAS_QUALITY)
		put_scaled(j, "mos_lq", v->mos_lq_milli, 3, 3);
	if (v->has & ES_INTERVAL_HAS_MOS_CQ)
		put_scaled(j, "mos_cq", v->mos_cq_milli, 3, 3);
	if (v->has & ES_INTERVAL_HAS_ID)
		put_scaled(j, "id", v->id_milli, 3, 1);
	if (has_terms) {
		put_str(j, "band", NAME_OF(band_names, v->band));
		put_model(j, v->band, v->model_version);
		put_str(j, "mos_basis", NAME_OF(basis_names, v->basis));
	}
	if (v->has & ES_INTERVAL_HAS_CLEAN)
		put_scaled(j, "clean_mos_lq", v->clean_mos_lq_milli, 3, 3);
}

void
es_record_json_interval(struct es_json *j, const struct es_interval *v)
{
	uint32_t i;

	put_ssrc(j, "ssrc", v->stream.ssrc);
	put_addr(j, "src", &v->stream.src);
	put_addr(j, "dst", &v->stream.dst);
	put_u64(j, "block", v->block);
	put_u64(j, "first_seq", v->first_seq);
	put_u64(j, "last_seq", v->last_seq);
	put_time(j, "start", v->start);
	put_u64(j, "expected", v->expected);
	put_u64(j, "received", v->received);
	put_u64(j, "lost", v->lost);
	es_json_key(j, "missing");
	es_json_array(j);
	for (i = 0; i < v->n_missing; i++) {
		es_json_array(j);
		es_json_u64(j, v->missing[i].seq);
		es_json_u64(j, v->missing[i].run);
		es_json_array_end(j);
	}
	es_json_array_end(j);
	put_u64(j, "restart", v->stream.restart);
	put_time(j, "end", v->end);
	if (v->has & ES_INTERVAL_HAS_RTP_TS)
		put_u64(j, "rtp_timestamp", v->rtp_ts);
	if (v->has & ES_INTERVAL_HAS_LATE)
		put_u64(j, "late", v->late);
	if (v->has & ES_INTERVAL_HAS_RECOVERED)
		put_u64(j, "recovered", v->recovered);
	put_u64(j, "duplicates", v->duplicates);
	put_u64(j, "capture_duplicates", v->capture_duplicates);
	put_u64(j, "reordered", v->reordered);
	if (v->has & ES_INTERVAL_HAS_JITTER)
		put_ms(j, "jitter_ms", v->jitter_us);
	if (v->has & ES_INTERVAL_HAS_DELAY_VARIATION)
		put_delay_variation(j, &v->delay_variation);
	put_interval_quality(j, v);
}
