/* SPDX-License-Identifier: Apache-2.0 */
/* Flows: one direction of a UDP 5-tuple with the streams on it. One lives as long as it has any. */
#ifndef EARSHOT_MEDIA_FLOWS_H
#define EARSHOT_MEDIA_FLOWS_H

#include "probes/media/streams.h"

/* ES_POOL_NONE: no stream on this 5-tuple. */
uint32_t
es_flow_index(const struct es_streams *t, const struct es_addr *src, const struct es_addr *dst);

/* The stream of an SSRC on a flow that is believed and open, NULL. */
struct es_stream_state *es_flow_find_open(const struct es_streams *t, const struct es_addr *src,
    const struct es_addr *dst, uint32_t ssrc);

/* The stream of an SSRC on a 5-tuple in any stage of its life, NULL. */
struct es_stream_state *es_flow_find(const struct es_streams *t, const struct es_addr *src,
    const struct es_addr *dst, uint32_t ssrc);

/* The flow of a 5-tuple, made if it is new; ES_POOL_NONE if there is no room. */
uint32_t es_flow_take(struct es_streams *t, const struct es_addr *src, const struct es_addr *dst);

/* Puts a stream on its flow, and takes it off; with its last one the flow goes. */
void es_flow_enter(struct es_streams *t, uint32_t flow, struct es_stream_state *s);
void es_flow_leave(struct es_streams *t, const struct es_stream_state *s);

/* The stream of a flow to evict first: the idlest that is unproven, else ended, else silent, or NULL. */
struct es_stream_state *es_flow_victim(const struct es_streams *t, const struct es_flow *f);

#endif
