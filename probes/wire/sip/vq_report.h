/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Voice quality reports of phones, body application/vq-rtcpxr of a PUBLISH or NOTIFY (RFC 6035).
 * All slices point into the body. Decimal fractions become scaled integers, rounded half up.
 */
#ifndef EARSHOT_WIRE_SIP_VQ_REPORT_H
#define EARSHOT_WIRE_SIP_VQ_REPORT_H

#include "earshot/error.h"
#include "earshot/record.h"

enum {
	ES_VQ_VALUES_MAX = 40,
	ES_VQ_LINES_MAX = 128,
	ES_VQ_LINE_MAX_BYTES = 1024,
	ES_VQ_PAIRS_MAX = 32, /* of a line; further ones are passed over */
};

enum es_vq_kind { ES_VQ_SESSION = 1, ES_VQ_INTERVAL = 2, ES_VQ_ALERT = 3 };

/* LocalMetrics: what the reporter measured; RemoteMetrics: what its peer reported to it. */
struct es_vq_metrics {
	es_slice codec;     /* PD of SessionDesc */
	es_slice algorithm; /* QoEEstAlg */
	uint32_t n_values;
	struct es_reported_value values[ES_VQ_VALUES_MAX]; /* in the order of the body, each once */
};

/* An end of the media as the reporter names it. */
struct es_vq_end {
	struct es_addr addr; /* family 0: not given */
	uint32_t ssrc;       /* of what this end sends; 0: not given */
};

struct es_vq_report {
	enum es_vq_kind kind;
	es_slice kind_text; /* "VQSessionReport" */
	es_slice call_id;
	struct es_vq_end local;              /* who reports */
	struct es_vq_end remote;             /* whom it heard */
	struct es_vq_metrics local_metrics;  /* about the stream remote -> local */
	struct es_vq_metrics remote_metrics; /* about the stream local -> remote */
};

/*
 * ES_EMALFORMED: the first line names none of the three reports, or there is no CallID.
 * ES_EFULL: above a limit. Lines and values that are not understood, out of range or marked as
 * unavailable are left out. out is written on success only.
 */
int es_vq_report_parse(es_slice body, struct es_vq_report *out);

#endif
