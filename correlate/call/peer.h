/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that are sent to the peer itself, and not to the relay that hands on what the peer sends. */
#ifndef CORRELATE_CALL_PEER_H
#define CORRELATE_CALL_PEER_H

#include "correlate/call/direction.h"

/*
 * Whether a relay beyond which a host is stands at a position: the vantage point there sees the opposite direction
 * come from that host to another one, which sends it on to a third.
 */
bool
es_cor_is_peer(const struct es_cor_direction *d, uint32_t position, const struct es_addr *host);

#endif
