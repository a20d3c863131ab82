/* SPDX-License-Identifier: Apache-2.0 */
/* Interarrival jitter in the integer form of RFC 3550 appendix A.8, in nanoseconds. */
#include "probes/quality/timing/jitter.h"

/* d is at most an hour, so the estimate in microseconds fits 32 bits. */
static uint32_t
us_of(uint64_t ns16)
{
	return (uint32_t)((ns16 + 8000) / 16000);
}

void
es_jitter_update(struct es_jitter *j, enum es_transit_kind kind, const struct es_transit_step *step)
{
	uint64_t d_ns;

	if (kind != ES_TRANSIT_STEP && kind != ES_TRANSIT_JUMP)
		return;
	d_ns = (uint64_t)(step->d_ns < 0 ? -step->d_ns : step->d_ns);
	j->j_ns16 += d_ns - ((j->j_ns16 + 8) >> 4);
	if (j->j_ns16 > j->max_ns16)
		j->max_ns16 = j->j_ns16;
	j->sum_us += us_of(j->j_ns16);
	j->n++;
}

bool
es_jitter_known(const struct es_jitter *j)
{
	return j->n > 0;
}

uint32_t
es_jitter_last_us(const struct es_jitter *j)
{
	return us_of(j->j_ns16);
}

uint32_t
es_jitter_max_us(const struct es_jitter *j)
{
	return us_of(j->max_ns16);
}

uint32_t
es_jitter_mean_us(const struct es_jitter *j)
{
	return j->n == 0 ? 0 : (uint32_t)((j->sum_us + j->n / 2) / j->n);
}
