/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X-RTP-Stat and P-RTP-Stat: what a phone counted, in a header field of its BYE or the answer to it. No standard
 * has the names; those that at least two vendors agree on are read, the rest left out.
 */
#ifndef EARSHOT_WIRE_SIP_RTPSTAT_H
#define EARSHOT_WIRE_SIP_RTPSTAT_H

#include "earshot/error.h"
#include "earshot/record.h"

enum { ES_RTPSTAT_VALUES_MAX = 16, ES_RTPSTAT_PARTS_MAX = 64 };

struct es_rtpstat {
	es_slice codec; /* of what the phone received, else sent; empty: not reported */
	uint32_t n_values;
	struct es_reported_value values[ES_RTPSTAT_VALUES_MAX]; /* each metric once */
};

/* Reads "PS=1207,OS=201600,PL=0;JI=3". Cannot fail: what is not understood is left out. */
void es_rtpstat_read(es_slice value, struct es_rtpstat *out);

#endif
