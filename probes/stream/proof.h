/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes a stream believable that nobody announced: two packets of one SSRC in sequence
 * (RFC 3550 appendix A.1) whose timestamps moved as those of media do. Counters of other protocols
 * stand where RTP has its number, beside words that never change: transaction numbers of ONC RPC
 * and RDP, lengths of BACnet, clocks of games; tests/sim/test_lookalikes.c has them.
 */
#ifndef EARSHOT_STREAM_PROOF_H
#define EARSHOT_STREAM_PROOF_H

#include "probes/stream/stream.h"

enum { ES_PROOF_PACKETS = 3 }; /* distinct ones, two of them such a pair */

/* Whether a, taken after the highest number of an unproven stream, proves it. */
bool es_proof_pair(const struct es_stream_state *s, const struct es_arrival *a);

#endif
