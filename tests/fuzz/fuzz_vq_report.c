/* SPDX-License-Identifier: Apache-2.0 */
/* A quality report of a phone; the same bytes as statistics of a header field. */
#include "fuzz.h"
#include "probes/wire/sip/rtpstat.h"
#include "probes/wire/sip/vq_report.h"

static void
check_values(const struct es_reported_value *values, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		MUST(values[i].metric > 0 && values[i].metric < ES_RM_END);
		for (uint32_t k = 0; k < i; k++)
			MUST(values[i].metric != values[k].metric);
	}
}

static void
check_metrics(const struct es_vq_metrics *m, es_slice whole)
{
	MUST(m->n_values <= ES_VQ_VALUES_MAX);
	check_values(m->values, m->n_values);
	must_be_within(m->codec, whole);
	must_be_within(m->algorithm, whole);
}

static void
check_report(const struct es_vq_report *r, es_slice whole)
{
	must_be_within(r->kind_text, whole);
	must_be_within(r->call_id, whole);
	MUST(r->call_id.n > 0);
	MUST(r->local.addr.pad == 0 && r->remote.addr.pad == 0);
	check_metrics(&r->local_metrics, whole);
	check_metrics(&r->remote_metrics, whole);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	es_slice whole = es_slice_of(bytes, n);
	struct es_vq_report report;
	struct es_rtpstat stat;

	if (es_vq_report_parse(whole, &report) == 0)
		check_report(&report, whole);
	es_rtpstat_read(whole, &stat);
	MUST(stat.n_values <= ES_RTPSTAT_VALUES_MAX);
	check_values(stat.values, stat.n_values);
	must_be_within(stat.codec, whole);
	return 0;
}
