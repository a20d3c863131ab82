/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that are sent to the peer itself, and not to the relay that hands on what the peer sends. */
#ifndef CORRELATE_CALL_PEER_H
#define CORRELATE_CALL_PEER_H

#include "correlate/call/direction.h"

/* The streams of the opposite direction that the vantage point of a position sees. */
struct es_cor_opposite {
	const struct es_stream_key *key[ES_COR_STREAM_VIEWS_MAX];
	unsigned n;
	bool is_full; /* there are more */
};

/* Walks all streams of the call at that vantage point: once for a position, not for each of its RTP streams. */
void es_cor_opposite_at(
    const struct es_cor_direction *d, uint32_t position, struct es_cor_opposite *out);

/*
 * Whether a relay beyond which a host is stands at the position: the vantage point there sees the opposite direction
 * come from that host to another one, which sends it on to a third.
 */
bool es_cor_is_peer(const struct es_cor_opposite *o, const struct es_addr *host);

#endif
