/* SPDX-License-Identifier: Apache-2.0 */
/* What others report of a stream, as JSON. */
#include "agent/record_json_private.h"

static const char *const source_names[] = { "rtcp", "rtcp", "rtcp_xr", "vq_report", "x_rtp_stat",
	"p_rtp_stat" };

static const struct {
	const char *name;
	uint8_t decimals;
} metrics[ES_RM_END] = {
#define X(name, json, number, decimals) [number] = { json, decimals },
	ES_REPORTED_METRICS(X)
#undef X
};

const char *
es_reported_name(enum es_reported_metric metric)
{
	return (unsigned)metric < ES_RM_END ? metrics[metric].name : NULL;
}

static void
put_metrics(struct es_json *j, const struct es_reported *r)
{
	uint32_t i;

	if (r->n_values == 0)
		return;
	es_json_key(j, "metrics");
	es_json_begin(j);
	for (i = 0; i < r->n_values; i++) {
		const struct es_reported_value *v = &r->values[i];
		const char *name = es_reported_name((enum es_reported_metric)v->metric);

		if (name != NULL)
			put_scaled(j, name, v->value, metrics[v->metric].decimals,
			    metrics[v->metric].decimals);
	}
	es_json_end(j);
}

/* Reports in SIP may name no SSRC. */
static void
put_reported_ssrc(struct es_json *j, const struct es_reported *r, const char *key, uint32_t ssrc)
{
	if (ssrc != 0 || r->source <= ES_SOURCE_RTCP_XR)
		put_ssrc(j, key, ssrc);
}

void
es_record_json_reported(struct es_json *j, const struct es_reported *r)
{
	put_str(j, "source",
	    r->source == ES_SOURCE_UNKNOWN ? "unknown" : NAME_OF(source_names, r->source));
	put_addr(j, "src", &r->src);
	put_addr(j, "dst", &r->dst);
	put_reported_ssrc(j, r, "reporter_ssrc", r->reporter_ssrc);
	put_reported_ssrc(j, r, "subject_ssrc", r->subject_ssrc);
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
	put_call_id(j, "call_id", r->call_id);
	put_addr(j, "media_src", &r->media_src);
	put_addr(j, "media_dst", &r->media_dst);
	if (r->is_remote)
		put_bool(j, "remote", true);
	put_text(j, "kind", r->kind);
	put_text(j, "codec", r->codec);
	put_text(j, "algorithm", r->algorithm);
	put_metrics(j, r);
}
