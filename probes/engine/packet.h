/* SPDX-License-Identifier: Apache-2.0 */
/* What a datagram, a segment or a part of a TCP stream carries, handed to who reads it. */
#ifndef EARSHOT_ENGINE_PACKET_H
#define EARSHOT_ENGINE_PACKET_H

#include "probes/engine/engine_private.h"

/* A UDP datagram while the engine processes it. */
struct es_datagram {
	const struct es_packet *packet;
	const struct es_frame *frame;
	const struct es_ip *ip;
	const struct es_udp *udp;
	struct es_addr src; /* with ports */
	struct es_addr dst;
	es_slice payload; /* of UDP, or of the TURN message in it */
	uint32_t payload_wire_bytes;
};

/* A datagram. True: it is a tunnel, and *inside what it carries. */
bool es_engine_udp(struct es_engine *e, const struct es_packet *packet,
    const struct es_frame *frame, const struct es_ip *ip, struct es_layer *inside);

/* A segment. */
void es_engine_tcp(struct es_engine *e, const struct es_packet *packet, const struct es_ip *ip);

/* What a datagram would carry, cut out of a TCP stream. */
void es_engine_streamed(struct es_engine *e, const struct es_addr *src, const struct es_addr *dst,
    es_slice payload, uint32_t wire_bytes, es_time at);

/* What has the shape of RTP. */
void es_engine_rtp(struct es_engine *e, const struct es_datagram *d);

/* One SIP message, whatever brought it. */
void es_engine_sip(struct es_engine *e, enum es_transport transport, const struct es_addr *src,
    const struct es_addr *dst, es_slice message, uint32_t wire_bytes, es_time at);

/* Whether the datagram is a copy that the capture made of one before; `what` counts it. */
bool es_engine_is_copy(struct es_engine *e, const struct es_datagram *d, enum es_counter what);

#endif
