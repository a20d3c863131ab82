/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bursts and gaps of RFC 3611 section 4.7.2 with Gmin 16: a burst begins and ends with a packet lost
 * or discarded and holds no run of 16 good ones; a loss alone belongs to the gap. Fed in the order
 * of sequence numbers, O(1) per run. Counts what appendix A.2 counts, without its estimate by a
 * Markov chain: the packets inside bursts and gaps are added up as they are.
 */
#ifndef EARSHOT_QUALITY_BURST_H
#define EARSHOT_QUALITY_BURST_H

#include <stdbool.h>
#include <stdint.h>

enum { ES_BURST_GMIN = 16 };

struct es_burst {              /* begins as zeros */
	uint32_t bursts;       /* closed ones, like all down to gap_bad */
	uint32_t burst_length; /* packets, first to last bad one of each */
	uint32_t burst_bad;
	uint32_t gaps; /* with at least one packet, before a closed burst */
	uint32_t gap_length;
	uint32_t gap_bad;
	uint32_t gap_now;     /* packets of the gap going on */
	uint32_t cluster;     /* packets from the first to the last bad one of the open cluster */
	uint32_t cluster_bad; /* 0: none open */
	uint32_t good;        /* since the last bad one */
};

struct es_burst_result {
	uint32_t bursts;
	uint32_t burst_density_ppm; /* bad among the packets of bursts; 0 without bursts */
	uint32_t burst_length_us;   /* mean; 0 without bursts */
	uint32_t gap_density_ppm;
	uint64_t gap_length_us; /* mean */
	uint64_t burst_packets; /* of all of them, and the bad ones */
	uint64_t burst_bad;
	uint64_t gap_packets;
	uint64_t gap_bad;
	uint64_t since_burst; /* packets behind the last burst; with bursts */
};

/* n packets in a row, all bad (lost and not recovered, or late) or all good. */
void es_burst_run(struct es_burst *b, bool bad, uint32_t n);

/* What it would be if the stream ended here; false before the first packet. */
bool es_burst_result(const struct es_burst *b, uint32_t ptime_us, struct es_burst_result *out);

#endif
