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
es_record_json_reported_name(enum es_reported_metric metric)
{
	return (unsigned)metric < ES_RM_END ? metrics[metric].name : NULL;
}

static void
put_metrics(struct es_json *j, const void *record)
{
	const struct es_reported *r = record;
	uint32_t i;

	if (r->n_values == 0)
		return;
	es_json_key(j, "metrics");
	es_json_begin(j);
	for (i = 0; i < r->n_values; i++) {
		const struct es_reported_value *v = &r->values[i];
		const char *name = es_record_json_reported_name((enum es_reported_metric)v->metric);

		if (name != NULL)
			put_scaled(j, name, v->value, metrics[v->metric].decimals,
			    metrics[v->metric].decimals);
	}
	es_json_end(j);
}

static void
put_source(struct es_json *j, const void *record)
{
	const struct es_reported *r = record;

	put_str(j, "source",
	    r->source == ES_SOURCE_UNKNOWN ? "unknown" : NAME_OF(source_names, r->source));
}

/* Reports in SIP may name no SSRC. */
static void
put_ssrcs(struct es_json *j, const void *record)
{
	const struct es_reported *r = record;
	bool is_rtcp = r->source <= ES_SOURCE_RTCP_XR;

	if (is_rtcp || r->reporter_ssrc != 0)
		put_ssrc(j, "reporter_ssrc", r->reporter_ssrc);
	if (is_rtcp || r->subject_ssrc != 0)
		put_ssrc(j, "subject_ssrc", r->subject_ssrc);
}

#define BODY struct es_reported
static const struct es_json_row reported_rows[] = { ES_REPORTED_FIELDS(ROW) };
#undef BODY

void
es_record_json_reported(struct es_json *j, const struct es_reported *r)
{
	es_record_rows_json(j, ROWS(reported_rows), r, r->has);
}
