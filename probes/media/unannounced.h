/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams whose target no SDP names: NAT on both sides, names in c=, a peer that answers from elsewhere.
 * Such a stream belongs to a call if one call alone fits it:
 *
 *	port   its target or its source is the host that sent SDP and the port that this SDP announced, and
 *	       the other end is the host that the SDP went to; or its source is an announced address
 *	type   its payload type is one its receiver announced (its sender, where only that is known)
 *	time   it began in the call
 *
 * and the announced address itself is not in use.
 */
#ifndef EARSHOT_MEDIA_UNANNOUNCED_H
#define EARSHOT_MEDIA_UNANNOUNCED_H

#include "probes/media/streams.h"

/*
 * The call of a stream of that payload type, from `began` on; ES_POOL_NONE: none, or several fit. *media:
 * the entry of its receiver, ES_POOL_NONE where it announced nothing.
 */
uint32_t es_unannounced_find(const struct es_streams *t, const struct es_stream_state *s,
    uint8_t pt, es_time began, uint32_t *media);

#endif
