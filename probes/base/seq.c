/* SPDX-License-Identifier: Apache-2.0 */
/* NTP time as RTCP uses it. */
#include "probes/base/seq.h"

/* Seconds from 1900 to 1970. */
#define NTP_1970 INT64_C(2208988800)

es_time
es_ntp_time(uint32_t seconds, uint32_t fraction)
{
	int64_t s = (int64_t)seconds - NTP_1970;
	uint64_t ns = ((uint64_t)fraction * (uint64_t)ES_NS_PER_S) >> 32;

	if (seconds < UINT32_C(0x80000000))
		s += INT64_C(0x100000000); /* era 1 begins in 2036 */
	return es_time_of_ns(s * ES_NS_PER_S + (int64_t)ns);
}
