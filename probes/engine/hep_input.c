/* SPDX-License-Identifier: Apache-2.0 */
/* HEP as input: packets that other agents captured and forwarded are processed like captured ones. */
#include "probes/engine/hep_input.h"

#include "probes/engine/packet.h"
#include "probes/engine/reported.h"
#include "probes/media/flows.h"
#include "probes/wire/other/hep.h"
#include "probes/wire/other/sniff.h"

enum { CLOCKS_APART_S = 10 };

/* When it was seen there, unless that clock is plainly another one. */
static es_time
time_of(const struct es_hep *h, es_time at)
{
	int64_t apart = h->has_time ? es_time_diff(h->time, at) : INT64_MAX;

	if (apart > CLOCKS_APART_S * ES_NS_PER_S || apart < -CLOCKS_APART_S * ES_NS_PER_S)
		return at;
	return h->time;
}

/* Whether packets of an open stream on this 5-tuple pass here themselves. */
static bool
is_seen(const struct es_streams *t, const struct es_addr *src, const struct es_addr *dst)
{
	uint32_t i = es_flow_index(t, src, dst);

	i = i != ES_POOL_NONE ? ((const struct es_flow *)es_pool_at(&t->flows, i))->streams : i;
	for (; i != ES_POOL_NONE; i = es_stream_at(t, i)->id.flow_next)
		if (es_stream_at(t, i)->has_ip && es_stream_at(t, i)->life == ES_STREAM_OPEN)
			return true;
	return false;
}

/* RTP that passes here itself, or RTCP between its ends, at its ports or one above: a copy. */
static bool
is_copy(const struct es_engine *e, const struct es_hep *h)
{
	struct es_addr src = h->src;
	struct es_addr dst = h->dst;

	if (h->type == ES_HEP_RTP)
		return is_seen(&e->streams, &src, &dst);
	if (is_seen(&e->streams, &src, &dst) || is_seen(&e->streams, &dst, &src))
		return true;
	src.port &= (uint16_t)~1u;
	dst.port &= (uint16_t)~1u;
	return is_seen(&e->streams, &src, &dst) || is_seen(&e->streams, &dst, &src);
}

/* RTP or RTCP. HEP has nothing of the IP header: ip.src has no family. */
static bool
on_media(struct es_engine *e, const struct es_hep *h, es_time at)
{
	struct es_packet packet = { .ts = at };
	struct es_frame frame = { 0 };
	struct es_ip ip = { 0 };
	struct es_udp udp = { 0 };
	struct es_datagram d = { &packet, &frame, &ip, &udp, h->src, h->dst, h->payload,
		h->payload_wire_bytes };
	enum es_shape shape = es_sniff(h->payload, h->payload_wire_bytes);

	bool is_rtp = h->type == ES_HEP_RTP && shape == ES_SHAPE_RTP;

	if (!is_rtp && (h->type != ES_HEP_RTCP || shape != ES_SHAPE_RTCP))
		return false;
	if (is_copy(e, h))
		return true;
	if (is_rtp)
		es_engine_rtp(e, &d);
	else
		es_engine_rtcp(e, &d);
	return true;
}

bool
es_engine_hep(struct es_engine *e, es_slice bytes, uint32_t wire_bytes, es_time at)
{
	struct es_hep h;

	if (es_hep_parse(bytes, wire_bytes, &h) != 0) {
		if (!es_hep_is(bytes, wire_bytes))
			return false;
		es_context_count(&e->c, ES_CNT_HEP_MALFORMED);
		return true;
	}
	at = time_of(&h, at);
	if (h.is_compressed)
		es_context_count(&e->c, ES_CNT_HEP_COMPRESSED);
	else if (h.type == ES_HEP_SIP)
		es_engine_sip(
		    e, ES_TRANSPORT_HEP, &h.src, &h.dst, h.payload, h.payload_wire_bytes, at);
	else if (!on_media(e, &h, at))
		es_context_count(&e->c, ES_CNT_HEP_OTHER);
	return true;
}
