/* SPDX-License-Identifier: Apache-2.0 */
/* What an RTP packet whose number is known does to its stream. */
#ifndef EARSHOT_STREAM_ARRIVAL_H
#define EARSHOT_STREAM_ARRIVAL_H

#include "probes/stream/stream.h"

/* Begins the measurement with its first packet. Key, links and life are the caller's. */
void es_arrival_begin(struct es_context *c, struct es_stream_state *s, const struct es_arrival *a);

/* Takes a packet whose extended number is known; a number far ahead is loss in between. */
void es_arrival_accept(
    struct es_context *c, struct es_stream_state *s, uint64_t number, const struct es_arrival *a);

#endif
