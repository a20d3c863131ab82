/* SPDX-License-Identifier: Apache-2.0 */
/* Extended reports: one record per block that has values, round trips from DLRR. */
#include "probes/engine/reported.h"
#include "probes/stream/side.h"
#include "probes/wire/rtp/rtcp_xr.h"

/* Content of a measurement information block, for the blocks after it. */
struct measured {
	bool is_known;
	struct es_xr_measurement m;
};

static es_slice
span_name(enum es_xr_span span)
{
	switch (span) {
	case ES_XR_SPAN_SAMPLED:
		return es_slice_str("sampled");
	case ES_XR_SPAN_INTERVAL:
		return es_slice_str("interval");
	case ES_XR_SPAN_CUMULATIVE:
		return es_slice_str("cumulative");
	default:
		return es_slice_of(NULL, 0);
	}
}

static void
put(struct es_reported_value *v, enum es_reported_metric metric, int64_t value)
{
	v->metric = (uint16_t)metric;
	v->value = value;
}

/* Adds on which packets and in what time a block with a span was measured; returns how many values. */
static unsigned
add_measured(const struct measured *is, const struct es_xr_block *b, struct es_reported_value *v)
{
	bool is_cumulative = b->span == ES_XR_SPAN_CUMULATIVE;

	if (!is->is_known || is->m.subject_ssrc != b->subject_ssrc ||
	    (!is_cumulative && b->span != ES_XR_SPAN_INTERVAL))
		return 0;
	put(&v[0], ES_RM_FIRST_SEQ, is_cumulative ? is->m.first_seq : is->m.interval_first);
	put(&v[1], ES_RM_LAST_SEQ, is->m.interval_last);
	put(&v[2], ES_RM_DURATION_US,
	    (int64_t)(is_cumulative ? is->m.cumulative_us : is->m.interval_us));
	return 3;
}

static void
on_values(struct es_engine *e, const struct es_heard *h, const struct es_xr_block *b,
    const struct measured *is)
{
	struct es_reported_value values[ES_XR_VALUES_MAX + 3];
	struct es_stream_state *s;
	struct es_record rec;
	unsigned n;

	if (!es_reported_may_look(e, h))
		return;
	s = es_reported_subject(e, h, b->subject_ssrc);
	if (s == NULL && h->own == NULL) {
		es_context_count(&e->c, ES_CNT_RTCP_STRANGERS);
		return;
	}
	n = es_xr_values(b, es_reported_clock(s), values);
	if (n == 0)
		return;
	n += add_measured(is, b, values + n);
	es_reported_begin(&rec, h, ES_SOURCE_RTCP_XR, b->subject_ssrc);
	rec.u.reported.kind = span_name(b->span);
	rec.u.reported.values = values;
	rec.u.reported.n_values = n;
	es_reported_learn(e, &rec.u.reported, s, h->own);
	es_reported_emit(e, &rec, h, s);
}

/* A receiver states its own time; DLRR will answer it. */
static void
on_reference(struct es_engine *e, const struct es_heard *h, uint32_t ntp_middle)
{
	if (h->own != NULL)
		es_stream_reports_add(
		    &es_side_rare(&e->c, h->own)->references, ntp_middle, h->d->packet->ts);
}

/* The subject is who sent the reference time; a record only where that gives a round trip. */
static void
on_dlrr(struct es_engine *e, const struct es_heard *h, const struct es_xr_block *b)
{
	struct es_xr_dlrr d;

	for (unsigned i = 0; es_xr_dlrr(b, i, &d) == 0 && es_reported_may_look(e, h); i++) {
		struct es_stream_state *s = es_reported_subject(e, h, d.ssrc);
		struct es_record rec;

		if (s == NULL)
			continue;
		es_reported_begin(&rec, h, ES_SOURCE_RTCP_XR, d.ssrc);
		if (s->side.rare != NULL)
			es_reported_round_trip(&s->side.rare->references, d.lrr, d.dlrr_us,
			    h->d->packet->ts, &rec.u.reported);
		es_reported_learn(e, &rec.u.reported, s, h->own);
		if (rec.u.reported.has & ES_REPORTED_HAS_RTT)
			es_reported_emit(e, &rec, h, s);
	}
}

void
es_engine_xr(struct es_engine *e, const struct es_heard *h)
{
	struct es_cur c = es_xr_begin(h->part);
	struct measured is = { .is_known = false };
	struct es_xr_block b;
	uint32_t ntp_middle;

	while (es_xr_next(&c, &b) == 0) {
		es_context_count(&e->c, ES_CNT_RTCP_XR_BLOCKS);
		if (es_xr_reference(&b, &ntp_middle) == 0)
			on_reference(e, h, ntp_middle);
		else if (b.type == ES_XR_DLRR)
			on_dlrr(e, h, &b);
		else if (es_xr_measurement(&b, &is.m) == 0)
			is.is_known = true;
		else
			on_values(e, h, &b, &is);
	}
}
