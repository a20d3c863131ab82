/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probation (RFC 3550 appendix A.1): a stream that no signalling announced is believed after two packets of
 * one SSRC in sequence whose timestamps moved as those of media do. Other protocols have counters where RTP
 * has its number, and words that never change around them: transaction numbers of ONC RPC and RDP, lengths
 * of BACnet, clocks of games; tests/sim/test_lookalikes.c has them.
 */
#ifndef EARSHOT_STREAM_PROBATION_H
#define EARSHOT_STREAM_PROBATION_H

#include "probes/stream/stream.h"

enum { ES_PROBATION_PACKETS = 3 }; /* distinct ones, two of them in sequence */

/* Whether a, taken after the highest number of a stream on probation, ends its probation. */
bool es_probation_pair(const struct es_stream_state *s, const struct es_arrival *a);

#endif
