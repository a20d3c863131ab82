/* SPDX-License-Identifier: Apache-2.0 */
/* All state of one engine, and the parts its files play. */
#ifndef EARSHOT_ENGINE_STATE_H
#define EARSHOT_ENGINE_STATE_H

#include "probes/engine/unknowns.h"
#include "probes/reassembly/fragments.h"
#include "probes/reassembly/repeats.h"
#include "probes/reassembly/tcp.h"
#include "probes/signalling/signalling.h"
#include "probes/stream/srtcp_seen.h"
#include "probes/wire/link/layer.h"

enum {
	ES_STREAMS_DEFAULT = 4096,
	ES_CALLS_DEFAULT = 2048,
	ES_EXPECTED_DEFAULT = 8192,
	ES_TCP_DEFAULT = 256,
	ES_REGISTRATIONS_DEFAULT = 1024,
	ES_FRAGMENTS_DEFAULT = 64,
	ES_RECENT_DEFAULT = 4096,
};

struct es_engine {
	struct es_context c;
	struct es_medias media;
	struct es_dialogs dialogs;
	struct es_streams streams;
	struct es_ices ice;
	struct es_signalling signalling;
	struct es_tcps tcp;
	struct es_fragments fragments;
	struct es_repeats repeats;
	struct es_srtcp_seen srtcp_seen;
	struct es_unknowns unknowns;
	struct es_sdp *sdp;
	es_slice key_header; /* name of the configured one, empty: none */
	es_time ticked;      /* by es_engine_advance: packets before it were overtaken */
};

/* A UDP datagram on its way through the engine. */
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

/* engine.c: moves the clock and fires what is due on the way. */
void es_engine_move(struct es_engine *e, es_time now);

/* packet.c: whether the datagram is a copy that the capture made of one before; `what` counts it. */
bool es_engine_is_copy(struct es_engine *e, const struct es_datagram *d, enum es_counter what);

/* reported.c: an RTCP compound. */
void es_engine_rtcp(struct es_engine *e, const struct es_datagram *d);

/* layers.c: a header could not be read; n_left bytes of the packet are there from its beginning on. */
void es_engine_unreadable(struct es_engine *e, const struct es_packet *packet, size_t n_left);

/* packet.c: a datagram. True: it is a tunnel, and *inside what it carries. */
bool es_engine_udp(struct es_engine *e, const struct es_packet *packet,
    const struct es_frame *frame, const struct es_ip *ip, struct es_layer *inside);

/* packet.c: a segment. */
void es_engine_tcp(struct es_engine *e, const struct es_packet *packet, const struct es_ip *ip);

/* packet.c: what a datagram would carry, cut out of a TCP stream. */
void es_engine_streamed(struct es_engine *e, const struct es_addr *src, const struct es_addr *dst,
    es_slice payload, uint32_t wire_bytes, es_time at);

/* hep.c: a HEP packet, of a datagram or of a TCP stream. False: it is none. */
bool es_engine_hep(struct es_engine *e, es_slice bytes, uint32_t wire_bytes, es_time at);

/* packet.c: what has the shape of RTP. */
void es_engine_rtp(struct es_engine *e, const struct es_datagram *d);

/* packet.c: one SIP message, whatever brought it. */
void es_engine_sip(struct es_engine *e, enum es_transport transport, const struct es_addr *src,
    const struct es_addr *dst, es_slice message, uint32_t wire_bytes, es_time at);

#endif
