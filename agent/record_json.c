/* SPDX-License-Identifier: Apache-2.0 */
/* Writes records as JSON: the order and the decimals of DESIGN 6. */
#include "agent/record_json.h"
#include "earshot/host.h"

static const char *const type_names[] = {
	[ES_REC_INTERVAL] = "interval",
	[ES_REC_STREAM] = "stream",
	[ES_REC_CALL] = "call",
	[ES_REC_REGISTRATION] = "registration",
	[ES_REC_REPORTED] = "reported",
	[ES_REC_HOST] = "host",
	[ES_REC_CHANGE] = "change",
	[ES_REC_HEALTH] = "health",
	[ES_REC_LOSS] = "loss",
	[ES_REC_EVIDENCE] = "evidence",
};

enum { N_TYPES = sizeof(type_names) / sizeof(type_names[0]) };

static const char *const counter_names[ES_CNT_END] = {
#define X(name, json, number) [number] = json,
	ES_COUNTERS(X)
#undef X
};

static const char *const state_names[] = {
	[ES_STATE_UNKNOWN] = "unknown",
	[ES_STATE_IN_PROGRESS] = "in_progress",
	[ES_STATE_COMPLETED] = "completed",
	[ES_STATE_FAILED] = "failed",
	[ES_STATE_CANCELLED] = "cancelled",
};

static const char *const party_names[] = { "unknown", "caller", "callee" };
static const char *const seen_names[] = { "transit", "ingress", "egress" };
static const char *const band_names[] = { "unknown", "nb", "wb", "swb", "fb" };
static const char *const basis_names[] = { "unknown", "itu", "derived", "placeholder" };
static const char *const loss_reasons[] = { "unknown", "quota", "age", "free_space", "memory",
	"disk", "refused" };

/* The name of a number that may come from elsewhere; entry 0 stands for what is not in the table. */
#define NAME_OF(table, number) \
	((size_t)(number) < sizeof(table) / sizeof((table)[0]) ? (table)[number] : (table)[0])

const char *
es_record_name(enum es_record_type type)
{
	return (int)type > 0 && (int)type < N_TYPES ? type_names[type] : "unknown";
}

enum es_record_type
es_record_type_of(es_slice name)
{
	int i;

	for (i = 1; i < N_TYPES; i++)
		if (es_slice_eq(name, es_slice_str(type_names[i])))
			return (enum es_record_type)i;
	return (enum es_record_type)0;
}

const char *
es_state_name(enum es_state state)
{
	return NAME_OF(state_names, state);
}

const char *
es_counter_name(enum es_counter counter)
{
	return (int)counter >= 0 && (int)counter < ES_CNT_END ? counter_names[counter] : NULL;
}

static void
put_str(struct es_json *j, const char *key, const char *text)
{
	es_json_key(j, key);
	es_json_str(j, text);
}

/* Empty text is absent. */
static void
put_text(struct es_json *j, const char *key, es_slice text)
{
	if (text.n == 0)
		return;
	es_json_key(j, key);
	es_json_slice(j, text);
}

static void
put_u64(struct es_json *j, const char *key, uint64_t v)
{
	es_json_key(j, key);
	es_json_u64(j, v);
}

static void
put_i64(struct es_json *j, const char *key, int64_t v)
{
	es_json_key(j, key);
	es_json_i64(j, v);
}

static void
put_bool(struct es_json *j, const char *key, bool v)
{
	es_json_key(j, key);
	es_json_bool(j, v);
}

static void
put_scaled(struct es_json *j, const char *key, int64_t v, unsigned scale, unsigned decimals)
{
	es_json_key(j, key);
	es_json_scaled(j, v, scale, decimals);
}

/* Microseconds as milliseconds with three decimals. */
static void
put_ms(struct es_json *j, const char *key, uint64_t us)
{
	put_scaled(j, key, (int64_t)us, 3, 3);
}

/* The same, without decimals where there are none: lengths that are whole by nature. */
static void
put_short_ms(struct es_json *j, const char *key, uint64_t us)
{
	put_scaled(j, key, (int64_t)us, 3, us % 1000 == 0 ? 0 : 3);
}

static void
put_time(struct es_json *j, const char *key, es_time t)
{
	es_json_key(j, key);
	es_json_time(j, t);
}

static void
put_addr(struct es_json *j, const char *key, const struct es_addr *a)
{
	if (a->family == 0)
		return;
	es_json_key(j, key);
	es_json_addr(j, a);
}

static void
put_ssrc(struct es_json *j, const char *key, uint32_t ssrc)
{
	es_json_key(j, key);
	es_json_ssrc(j, ssrc);
}

static void
put_coverage(struct es_json *j, const struct es_coverage *c)
{
	es_json_key(j, "coverage");
	es_json_begin(j);
	put_bool(j, "complete", c->flags == 0);
	if (c->flags & ES_COV_DROPS)
		put_u64(j, "dropped", c->dropped);
	if ((c->flags & ES_COV_GAP) && c->gap_ms != 0)
		put_u64(j, "gap_ms", c->gap_ms);
	if (c->flags & ES_COV_EVICTED)
		put_bool(j, "evicted", true);
	if (c->flags & ES_COV_CUT)
		put_bool(j, "cut", true);
	if (c->flags & ES_COV_CLOCK)
		put_bool(j, "clock_stepped", true);
	es_json_end(j);
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
put_stream_quality(struct es_json *j, const struct es_stream *s)
{
	if (s->has & ES_STREAM_HAS_QUALITY) {
		put_scaled(j, "r_factor", s->r_milli, 3, 1);
		put_scaled(j, "mos_lq", s->mos_lq_milli, 3, 3);
	}
	if (s->has & ES_STREAM_HAS_MOS_CQ)
		put_scaled(j, "mos_cq", s->mos_cq_milli, 3, 3);
	if (s->has & ES_STREAM_HAS_QUALITY) {
		put_str(j, "band", NAME_OF(band_names, s->band));
		put_text(j, "model", s->model);
		put_str(j, "mos_basis", NAME_OF(basis_names, s->basis));
	}
	if (s->has & ES_STREAM_HAS_CLEAN)
		put_scaled(j, "clean_mos_lq", s->clean_mos_lq_milli, 3, 3);
	if (s->has & ES_STREAM_HAS_WORST) {
		put_u64(j, "worst_block", s->worst_block);
		put_scaled(j, "worst_mos_lq", s->worst_mos_lq_milli, 3, 3);
	}
}

static void
stream(struct es_json *j, const struct es_stream *s)
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
	if (s->has & ES_STREAM_HAS_IP) {
		put_u64(j, "dscp", s->dscp);
		put_u64(j, "ttl", s->ttl);
	}
	if (s->has & ES_STREAM_HAS_SRTP)
		put_bool(j, "srtp", s->srtp);
	put_text(j, "call_id", s->call_id);
	put_str(j, "seen", NAME_OF(seen_names, s->seen));
}

static void
call_timings(struct es_json *j, const struct es_call *c)
{
	if (c->has & ES_CALL_HAS_REQUEST_DELAY)
		put_ms(j, "request_delay_ms", c->request_delay_us);
	if (c->has & ES_CALL_HAS_SETUP)
		put_ms(j, "setup_ms", c->setup_us);
	if (c->has & ES_CALL_HAS_RING)
		put_ms(j, "ring_ms", c->ring_us);
	if (c->has & ES_CALL_HAS_DURATION)
		put_scaled(j, "duration_s", (int64_t)c->duration_us, 6, 3);
}

static void
call_streams(struct es_json *j, const struct es_call *c)
{
	uint32_t i;

	es_json_key(j, "streams");
	es_json_array(j);
	for (i = 0; i < c->n_streams; i++) {
		es_json_begin(j);
		put_ssrc(j, "ssrc", c->streams[i].ssrc);
		put_addr(j, "src", &c->streams[i].src);
		put_addr(j, "dst", &c->streams[i].dst);
		es_json_end(j);
	}
	es_json_array_end(j);
}

static void
call(struct es_json *j, const struct es_call *c)
{
	uint32_t i;

	put_text(j, "call_id", c->call_id);
	put_text(j, "from", c->from);
	put_text(j, "to", c->to);
	put_time(j, "start", c->start);
	put_str(j, "state", es_state_name(c->state));
	put_str(j, "method", "INVITE");
	if (c->has & ES_CALL_HAS_STATUS)
		put_u64(j, "final_status", c->final_status);
	call_timings(j, c);
	if (c->state != ES_STATE_IN_PROGRESS)
		put_str(j, "ended_by", NAME_OF(party_names, c->ended_by));
	es_json_key(j, "codecs");
	es_json_array(j);
	for (i = 0; i < c->n_codecs; i++)
		es_json_slice(j, c->codecs[i]);
	es_json_array_end(j);
	call_streams(j, c);
	put_u64(j, "transfers", c->transfers);
	put_u64(j, "holds", c->holds);
	put_text(j, "session_id", c->session_id);
	put_text(j, "x_call_id", c->x_call_id);
}

static void
interval(struct es_json *j, const struct es_interval *v)
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
	if (v->has & ES_INTERVAL_HAS_QUALITY) {
		put_scaled(j, "r_factor", v->r_milli, 3, 1);
		put_scaled(j, "mos_lq", v->mos_lq_milli, 3, 3);
	}
	if (v->has & ES_INTERVAL_HAS_MOS_CQ)
		put_scaled(j, "mos_cq", v->mos_cq_milli, 3, 3);
}

static void
reported(struct es_json *j, const struct es_reported *r)
{
	put_str(j, "source", "rtcp");
	put_addr(j, "src", &r->src);
	put_addr(j, "dst", &r->dst);
	put_ssrc(j, "reporter_ssrc", r->reporter_ssrc);
	put_ssrc(j, "subject_ssrc", r->subject_ssrc);
	put_time(j, "time", r->time);
	if (r->has & ES_REPORTED_HAS_LOSS) {
		put_scaled(j, "fraction_lost", r->fraction_lost_ppm, 6, 6);
		put_i64(j, "cumulative_lost", r->cumulative_lost);
	}
	if (r->has & ES_REPORTED_HAS_HIGHEST)
		put_u64(j, "highest_seq", r->highest_seq);
	if (r->has & ES_REPORTED_HAS_JITTER)
		put_ms(j, "jitter_ms", r->jitter_us);
	if (r->has & ES_REPORTED_HAS_RTT)
		put_ms(j, "rtt_ms", r->rtt_us);
	put_text(j, "call_id", r->call_id);
}

static void
host(struct es_json *j, const struct es_host *h)
{
	uint32_t i;

	put_time(j, "start", h->start);
	put_time(j, "end", h->end);
	put_bool(j, "full", h->full);
	put_text(j, "interface", h->interface);
	es_json_key(j, "signals");
	es_json_begin(j);
	for (i = 0; i < h->n_values; i++) {
		const char *name = es_signal_name((enum es_signal)h->values[i].signal);

		if (name != NULL)
			put_i64(j, name, h->values[i].value);
	}
	es_json_end(j);
}

static void
change(struct es_json *j, const struct es_change *c)
{
	const char *kind = es_change_name((enum es_change_kind)c->kind);

	put_time(j, "time", c->time);
	put_str(j, "kind", kind == NULL ? "unknown" : kind);
	put_text(j, "subject", c->subject);
	put_text(j, "before", c->before);
	put_text(j, "after", c->after);
}

static void
health(struct es_json *j, const struct es_health *h)
{
	uint32_t i;

	put_time(j, "time", h->time);
	es_json_key(j, "counters");
	es_json_begin(j);
	for (i = 0; i < h->n_values; i++) {
		const char *name = es_counter_name((enum es_counter)h->values[i].counter);

		if (name != NULL)
			put_u64(j, name, h->values[i].value);
	}
	es_json_end(j);
}

static void
loss(struct es_json *j, const struct es_loss *l)
{
	put_time(j, "from", l->from);
	put_time(j, "to", l->to);
	put_u64(j, "count", l->count);
	if (l->first_seq != 0) {
		put_u64(j, "first_seq", l->first_seq);
		put_u64(j, "last_seq", l->last_seq);
	}
	put_str(j, "reason", NAME_OF(loss_reasons, l->reason));
}

void
es_record_json(const struct es_record *rec, struct es_json *j)
{
	es_json_begin(j);
	put_str(j, "record", es_record_name(rec->type));
	if (rec->vantage != NULL)
		put_text(j, "vantage", rec->vantage->label);
	switch (rec->type) {
	case ES_REC_INTERVAL:
		interval(j, &rec->u.interval);
		break;
	case ES_REC_STREAM:
		stream(j, &rec->u.stream);
		break;
	case ES_REC_CALL:
		call(j, &rec->u.call);
		break;
	case ES_REC_REPORTED:
		reported(j, &rec->u.reported);
		break;
	case ES_REC_HOST:
		host(j, &rec->u.host);
		break;
	case ES_REC_CHANGE:
		change(j, &rec->u.change);
		break;
	case ES_REC_HEALTH:
		health(j, &rec->u.health);
		break;
	case ES_REC_LOSS:
		loss(j, &rec->u.loss);
		break;
	case ES_REC_REGISTRATION: /* their issues add them to es_record first */
	case ES_REC_EVIDENCE:
		break;
	}
	put_coverage(j, &rec->coverage);
	es_json_end(j);
	es_json_line(j);
}
