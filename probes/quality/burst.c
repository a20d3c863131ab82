/* SPDX-License-Identifier: Apache-2.0 */
/* Bursts and gaps of RFC 3611, added up run by run. */
#include "probes/quality/burst.h"

/* Ends the open cluster, whose last bad packet lies b->good packets back. */
static void
close_cluster(struct es_burst *b)
{
	if (b->cluster_bad == 1) { /* a single loss does not end the gap */
		b->gap_bad++;
		b->gap_now++;
	} else if (b->cluster_bad > 1) {
		b->bursts++;
		b->burst_length += b->cluster;
		b->burst_bad += b->cluster_bad;
		b->gaps += b->gap_now > 0;
		b->gap_length += b->gap_now;
		b->gap_now = 0;
	}
	b->gap_now += b->good;
	b->cluster = 0;
	b->cluster_bad = 0;
	b->good = 0;
}

void
es_burst_run(struct es_burst *b, bool bad, uint32_t n)
{
	if (n == 0)
		return;
	if (bad) {
		b->cluster += n + (b->cluster_bad > 0 ? b->good : 0);
		b->cluster_bad += n;
		b->good = 0;
		return;
	}
	if (b->cluster_bad == 0) {
		b->gap_now += n;
		return;
	}
	b->good += n;
	if (b->good >= ES_BURST_GMIN)
		close_cluster(b);
}

static uint32_t
ppm(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : (uint32_t)((part * 1000000 + whole / 2) / whole);
}

bool
es_burst_result(const struct es_burst *b, uint32_t ptime_us, struct es_burst_result *out)
{
	struct es_burst end = *b;
	uint64_t length_us;

	close_cluster(&end);
	end.gaps += end.gap_now > 0;
	end.gap_length += end.gap_now;
	if (end.burst_length + end.gap_length == 0)
		return false;
	out->bursts = end.bursts;
	out->burst_packets = end.burst_length;
	out->burst_bad = end.burst_bad;
	out->gap_packets = end.gap_length;
	out->gap_bad = end.gap_bad;
	out->since_burst = end.gap_now;
	out->burst_density_ppm = ppm(end.burst_bad, end.burst_length);
	out->gap_density_ppm = ppm(end.gap_bad, end.gap_length);
	length_us = (uint64_t)end.burst_length * ptime_us;
	length_us = end.bursts == 0 ? 0 : (length_us + end.bursts / 2) / end.bursts;
	out->burst_length_us = length_us > UINT32_MAX ? UINT32_MAX : (uint32_t)length_us;
	length_us = (uint64_t)end.gap_length * ptime_us;
	out->gap_length_us = end.gaps == 0 ? 0 : (length_us + end.gaps / 2) / end.gaps;
	return true;
}
