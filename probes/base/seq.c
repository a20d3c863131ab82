/* SPDX-License-Identifier: Apache-2.0 */
/* NTP time as RTCP uses it. */
#include "probes/base/seq.h"

enum { ROUND_TRIP_MAX_S = 60 };

/* Seconds from 1900 to 1970. */
#define NTP_1970 INT64_C(2208988800)

/* t as seconds (rounded down) and nanoseconds of the second. */
static int64_t
seconds_of(es_time t, int64_t *ns)
{
	int64_t s = t.ns / ES_NS_PER_S;

	*ns = t.ns % ES_NS_PER_S;
	if (*ns < 0) {
		*ns += ES_NS_PER_S;
		s--;
	}
	return s;
}

uint32_t
es_ntp_middle(es_time t)
{
	int64_t ns;
	uint64_t s = (uint64_t)(seconds_of(t, &ns) + NTP_1970);

	return (uint32_t)(s << 16) | (uint32_t)(((uint64_t)ns << 16) / (uint64_t)ES_NS_PER_S);
}

es_time
es_ntp_time(uint32_t seconds, uint32_t fraction)
{
	int64_t s = (int64_t)seconds - NTP_1970;
	uint64_t ns = ((uint64_t)fraction * (uint64_t)ES_NS_PER_S) >> 32;

	if (seconds < UINT32_C(0x80000000))
		s += INT64_C(0x100000000); /* era 1 begins in 2036 */
	return es_time_of_ns(s * ES_NS_PER_S + (int64_t)ns);
}

bool
es_ntp_round_trip_us(es_time at, uint32_t lsr, uint32_t dlsr, uint32_t *rtt_us)
{
	int64_t d = es_seq32_diff(es_ntp_middle(at) - lsr, dlsr);

	if (lsr == 0 || d < 0 || d > ROUND_TRIP_MAX_S * INT64_C(65536))
		return false;
	*rtt_us = (uint32_t)((d * 1000000 + 32768) / 65536);
	return true;
}
