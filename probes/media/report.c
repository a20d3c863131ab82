/* SPDX-License-Identifier: Apache-2.0 */
/* Fills and emits the stream record. */
#include "probes/media/report.h"

#include "probes/media/findings.h"
#include "probes/media/flows.h"
#include "probes/media/halves.h"
#include "probes/media/owners.h"
#include "probes/media/repair.h"
#include "probes/media/srtp_check.h"
#include "probes/quality/recency.h"
#include "probes/stream/clocks.h"
#include "probes/stream/coding.h"
#include "probes/stream/pauses.h"
#include "probes/stream/side.h"
#include "probes/stream/window.h"

enum { SCORED_MIN_US = 1000000 };

static void
report_codec(const struct es_stream_state *s, struct es_stream *r)
{
	const struct es_stream_payload *p = es_stream_main_payload(s);
	uint32_t step;

	if (p == NULL)
		return;
	step = es_stream_step_of(s, p);
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
report_times(const struct es_stream_state *s, struct es_stream *r)
{
	r->start = s->record.start;
	/* To the last packet measured: last_at may be that of one that waits behind a jump. */
	r->duration_us = (uint64_t)(es_time_diff(s->prev_at, s->record.start) / ES_NS_PER_US);
	if (s->distinct > 1) {
		r->delta_max_us = (uint64_t)(s->delta_max_ns / ES_NS_PER_US);
		r->has |= ES_STREAM_HAS_DELTA;
	}
	if (es_jitter_known(&s->clock.jitter)) {
		r->jitter_mean_us = es_jitter_mean_us(&s->clock.jitter);
		r->jitter_max_us = es_jitter_max_us(&s->clock.jitter);
		r->jitter_last_us = es_jitter_last_us(&s->clock.jitter);
		r->has |= ES_STREAM_HAS_JITTER;
	}
	if (es_variation_sum_percentiles(&s->clock.variation, &r->delay_variation))
		r->has |= ES_STREAM_HAS_DELAY_VARIATION;
	if (es_skew_ppb(&s->clock.skew, &r->skew_ppb))
		r->has |= ES_STREAM_HAS_SKEW;
}

static enum es_unscored
why_unscored(const struct es_stream_state *s, enum es_stream_kind kind)
{
	const struct es_stream_payload *p = es_stream_main_payload(s);

	if (kind != ES_KIND_AUDIO && kind != ES_KIND_UNKNOWN)
		return ES_UNSCORED_NOT_AUDIO;
	if (p == NULL || es_payload_name(&p->is).n == 0)
		return ES_UNSCORED_CODEC_UNKNOWN;
	if (es_stream_equipment(s, p) == NULL)
		return ES_UNSCORED_CODEC_UNRATED;
	if (es_pace_is_off(&p->pace))
		return ES_UNSCORED_CLOCK_MISMATCH;
	return s->seen == ES_SEEN_EGRESS ? ES_UNSCORED_EGRESS : ES_UNSCORED_NOT;
}

/* What the modelled receiver made of it. */
static void
report_concealment(
    const struct es_stream_state *s, const struct es_stream_damage *damage, struct es_stream *r)
{
	const struct es_effective_loss *l = &damage->effective;

	if (!s->has_late || l->expected == 0)
		return;
	r->concealed_packets = l->bad;
	r->concealed_runs = l->runs;
	r->burst_ratio_milli = (uint32_t)(es_effective_loss_burst_ratio(l) * 1000 + 0.5);
	r->freezes = damage->frozen.times;
	r->frozen_us = l->frozen * es_stream_ptime_us(s);
	r->buffer_moves = s->receiver.dejitter.moves;
	r->receiver_ms = s->receiver.dejitter.depth_us / 1000;
	r->receiver_by = (enum es_receiver_by)s->receiver.by;
	r->has |= ES_STREAM_HAS_CONCEALMENT;
	if (s->side.pauses == NULL)
		return;
	r->quiet_packets = s->side.pauses->packets;
	r->has |= ES_STREAM_HAS_PAUSES;
}

static void
report_conversation(
    const struct es_stream_state *s, const struct es_equipment *q, struct es_stream *r)
{
	struct es_conversation c;

	if (es_delay_path_device_us(&s->quality.path, &r->device_us))
		r->has |= ES_STREAM_HAS_DEVICE;
	if (!es_delay_path_mean_us(&s->quality.path, &r->mouth_to_ear_us))
		return;
	c = es_score_conversation(q, r->r_milli, r->mouth_to_ear_us);
	r->id_milli = c.id_milli;
	r->mos_cq_milli = c.mos_cq_milli;
	r->has |= ES_STREAM_HAS_MOS_CQ;
}

/* Of streams that are over: quality cannot be heard in less than a second. */
static bool
is_too_short(const struct es_stream_state *s, const struct es_stream *r)
{
	uint64_t us = es_stream_expected(s) * es_stream_ptime_us(s);

	return r->state == ES_STATE_COMPLETED && us < SCORED_MIN_US;
}

static void
report_quality(const struct es_stream_state *s, struct es_stream *r)
{
	const struct es_equipment *q = es_stream_equipment(s, es_stream_main_payload(s));
	struct es_stream_damage damage = es_side_damage_of(s);
	struct es_burst_result burst;
	struct es_opinion_result o;

	if (es_burst_result(&damage.burst, r->ptime_us, &burst) &&
	    (r->has & ES_STREAM_HAS_PTIME) != 0) {
		r->burst_density_ppm = burst.burst_density_ppm;
		r->burst_length_us = burst.burst_length_us;
		r->gap_density_ppm = burst.gap_density_ppm;
		r->gap_length_us = burst.gap_length_us;
		r->has |= ES_STREAM_HAS_BURST;
	}
	report_concealment(s, &damage, r);
	r->unscored = why_unscored(s, r->kind);
	if (r->unscored != ES_UNSCORED_NOT)
		return;
	r->has |= ES_STREAM_HAS_CLEAN;
	if (is_too_short(s, r) || !es_opinion_result(&s->quality.opinion, q, &o)) {
		r->clean_mos_lq_milli = es_score_clean_mos_milli(q);
		r->unscored = ES_UNSCORED_TOO_SHORT;
		return;
	}
	r->r_milli = o.r_milli;
	r->ie_eff_milli = o.ie_eff_milli;
	r->ie_discard_milli = o.ie_discard_milli;
	r->ie_burst_milli = o.ie_burst_milli;
	r->burst_relief_milli = o.burst_relief_milli;
	r->mos_lq_milli = o.mos_lq_milli;
	r->clean_mos_lq_milli = o.clean_mos_lq_milli;
	r->band = q->band;
	r->basis = q->basis;
	r->model = es_slice_str(es_score_model(q));
	r->has |= ES_STREAM_HAS_QUALITY | ES_STREAM_HAS_TERMS;
	report_conversation(s, q, r);
	r->scored_ppm = o.share_ppm;
	/* Its bursts are of all bands. */
	if (o.share_ppm == 0 && (r->has & ES_STREAM_HAS_PTIME) != 0 &&
	    es_recency_mos_milli(
		q, &damage.burst, &damage.effective, r->ptime_us, &r->mos_lq_recency_milli))
		r->has |= ES_STREAM_HAS_MOS_RECENCY;
	if (o.has_p10) {
		r->mos_p10_milli = o.mos_p10_milli;
		r->has |= ES_STREAM_HAS_MOS_P10;
	}
	if (o.worst_mos_milli == 0)
		return;
	r->worst_block = o.worst_block;
	r->worst_mos_lq_milli = o.worst_mos_milli;
	r->has |= ES_STREAM_HAS_WORST;
}

static void
report_counts(const struct es_stream_state *s, struct es_stream *r)
{
	r->duplicates = s->count.duplicates + es_window_identical(s);
	r->packets = s->distinct + r->duplicates;
	r->expected = es_stream_expected(s);
	r->lost = r->expected - s->distinct;
	r->first_seq = s->lowest;
	r->last_seq = s->highest;
	r->rtp_ts = s->record.first_ts;
	r->capture_duplicates = s->count.capture_duplicates;
	r->reordered = s->count.reordered;
	r->stale = s->count.stale;
	r->late = s->count.late;
	if (s->has_late)
		r->has |= ES_STREAM_HAS_LATE;
	r->recovered = s->count.recovered;
	if (s->side.recovered_at != NULL)
		r->has |= ES_STREAM_HAS_RECOVERED;
}

/* What changed while it lasted: DSCP, TTL, packet time, codec. */
static void
report_changes(const struct es_stream_state *s, struct es_stream *r)
{
	const struct es_changes *c = &s->changes;

	if (s->has_ip) {
		r->dscp = s->record.dscp;
		r->ttl = s->record.ttl;
		r->dscp_last = c->dscp_last;
		r->dscp_changes = c->dscp_changes;
		r->ttl_min = c->ttl_min;
		r->ttl_max = c->ttl_max;
		r->has |= ES_STREAM_HAS_IP;
	}
	r->event_packets = c->events;
	r->comfort_noise_packets = c->comfort;
	r->silences = c->silences;
	r->reordered_max = c->reordered_max;
	if (c->dscp_changes > 0)
		r->findings |= ES_FINDING_REMARKED;
	if (c->has_ptime_changed)
		r->findings |= ES_FINDING_PTIME_CHANGED;
	if (es_coding_count(s) > 1)
		r->findings |= ES_FINDING_CODEC_CHANGED;
	if (s->id.key.ssrc == 0)
		r->findings |= ES_FINDING_ZERO_SSRC;
}

/* What the sender itself did, seen at its own egress. */
static void
report_sender(const struct es_stream_state *s, struct es_stream *r)
{
	const struct es_sender *sender = s->side.sender;

	if (sender == NULL || !es_sender_irregularity_us(sender, &r->send_irregularity_us))
		return;
	r->starvations = sender->starvations;
	r->starved_us = sender->starved_us;
	r->has |= ES_STREAM_HAS_SENDER;
	if (r->starvations > 0)
		r->findings |= ES_FINDING_STARVED;
}

/* Of what was judged: numbers in blocks that are open still may come. */
static void
report_losses(const struct es_stream_state *s, struct es_stream *r)
{
	if (s->judged == 0)
		return;
	if (s->side.damage != NULL) {
		es_lossruns_result(&s->side.damage->lost_runs, r->loss_run);
		r->loss_run_max = s->side.damage->lost_runs.longest;
	}
	r->has |= ES_STREAM_HAS_LOSS_RUNS;
	if (r->kind != ES_KIND_AUDIO || es_stream_ptime_us(s) == 0)
		return;
	r->concealed_s = es_concealed_seconds(&s->quality.concealed);
	r->severely_concealed_s = es_concealed_severe_seconds(&s->quality.concealed);
	r->has |= ES_STREAM_HAS_CONCEALED;
}

/* What SDP and header extensions have about it. */
static void
report_line(const struct es_stream_state *s, struct es_stream *r)
{
	const struct es_stream_rare *rare = s->side.rare;
	const struct es_levels *levels;

	if (s->owner.has_repairs && (r->kind == ES_KIND_RTX || r->kind == ES_KIND_FEC)) {
		r->repairs_ssrc = s->owner.repairs_ssrc;
		r->has |= ES_STREAM_HAS_REPAIRS;
	}
	if (rare == NULL)
		return;
	r->mid = es_slice_of(rare->mid, rare->mid_bytes);
	levels = &rare->levels;
	if (levels->packets == 0)
		return;
	r->level_dbov = (int8_t) - (int64_t)((levels->sum + levels->packets / 2) / levels->packets);
	r->speech_ppm = (uint32_t)((uint64_t)levels->speech * 1000000 / levels->packets);
	r->has |= ES_STREAM_HAS_LEVEL;
}

/* The other calls that it belongs to. */
static void
report_others(const struct es_streams *t, const struct es_stream_state *s, struct es_stream *r)
{
	uint32_t calls[ES_STREAM_OTHERS_MAX];

	/* What another leg has alone may yet come, as long as the stream runs. */
	r->n_other_call_ids = r->state == ES_STATE_COMPLETED ? es_halves_others(t, s, calls)
							     : es_owners_others(t, s, calls);
	for (unsigned i = 0; i < r->n_other_call_ids; i++)
		r->other_call_ids[i] = es_dialog_id(es_dialog_at(t->dialogs, calls[i]));
}

/*
 * Values from timestamps that do not advance with time would be wrong, so they are absent. Counts and values
 * that packets carry stay.
 */
static void
take_times_out(const struct es_stream_payload *off, struct es_stream *r)
{
	r->findings |= ES_FINDING_CLOCK_MISMATCH;
	r->clock_ratio_ppm = es_pace_ratio_ppm(&off->pace);
	r->has &=
	    ~(uint32_t)(ES_STREAM_HAS_PTIME | ES_STREAM_HAS_JITTER | ES_STREAM_HAS_DELAY_VARIATION |
			ES_STREAM_HAS_BURST | ES_STREAM_HAS_LATE | ES_STREAM_HAS_SKEW |
			ES_STREAM_HAS_CONCEALED | ES_STREAM_HAS_CONCEALMENT | ES_STREAM_HAS_PAUSES |
			ES_STREAM_HAS_DEVICE | ES_STREAM_HAS_SENDER);
	r->ptime_us = 0;
	r->jitter_mean_us = r->jitter_max_us = r->jitter_last_us = 0;
	r->delay_variation = (struct es_delay_variation){ 0 };
	r->burst_density_ppm = r->burst_length_us = r->gap_density_ppm = 0;
	r->gap_length_us = r->late = 0;
	r->skew_ppb = 0;
	r->concealed_s = r->severely_concealed_s = 0;
	r->concealed_packets = r->concealed_runs = r->frozen_us = r->quiet_packets = 0;
	r->burst_ratio_milli = r->freezes = r->buffer_moves = r->receiver_ms = 0;
	r->receiver_by = ES_RECEIVER_BY_NOBODY;
	r->device_us = r->starvations = r->send_irregularity_us = 0;
	r->starved_us = 0;
	r->findings &= ~(uint32_t)(ES_FINDING_STARVED | ES_FINDING_PTIME_CHANGED);
}

/* Of the dialog it belongs to, empty without. */
static es_slice
call_id_of(const struct es_streams *t, const struct es_stream_state *s)
{
	if (s->owner.call == ES_POOL_NONE)
		return es_slice_of(NULL, 0);
	return es_dialog_id(es_dialog_at(t->dialogs, s->owner.call));
}

/*
 * Whether the other direction of a stream may have been left out for a budget: no signalling says where it is, nothing
 * came the other way on the stream's own addresses, and some media was left out while the stream ran.
 */
static bool
may_lack_reverse(const struct es_streams *t, const struct es_stream_state *s)
{
	return s->owner.call == ES_POOL_NONE && t->c->count[ES_CNT_RTP_SHED] > 0 &&
	       !es_time_before(t->c->refused_at, s->record.start) &&
	       es_flow_index(t, &s->id.key.dst, &s->id.key.src) == ES_POOL_NONE;
}

void
es_report_stream(
    const struct es_streams *t, struct es_stream_state *s, enum es_state state, es_time at)
{
	struct es_record rec;
	struct es_stream *r = &rec.u.stream;
	struct es_coverage coverage = s->record.coverage;
	const struct es_stream_payload *off;

	es_repair_find_subject(t, s);
	memset(&rec, 0, sizeof(rec));
	r->key = s->id.key;
	r->state = state;
	r->kind = es_stream_kind(s);
	report_line(s, r);
	r->srtp = s->is_secure;
	if (s->has_signalling)
		r->has |= ES_STREAM_HAS_SRTP;
	r->call_id = call_id_of(t, s);
	report_others(t, s, r);
	r->seen = s->seen;
	r->findings = s->record.findings;
	report_codec(s, r);
	report_times(s, r);
	report_counts(s, r);
	report_quality(s, r);
	report_changes(s, r);
	report_losses(s, r);
	report_sender(s, r);
	off = es_clocks_off(s);
	if (off != NULL)
		take_times_out(off, r);
	es_srtp_check_report(t->c, s, r);
	es_findings_report(t, s, state == ES_STATE_COMPLETED, r);
	if (may_lack_reverse(t, s)) /* not kept: signalling may come */
		coverage.flags |= ES_COV_SHED_RTP;
	es_context_emit(t->c, &rec, ES_REC_STREAM, at, &coverage);
}
