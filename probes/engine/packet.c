/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a datagram or segment: UDP or TCP, then to whoever it concerns. */
#include "probes/engine/packet.h"

#include "probes/engine/hep_input.h"
#include "probes/engine/layers.h"
#include "probes/engine/reported.h"
#include "probes/wire/other/cipher.h"
#include "probes/wire/other/hep.h"
#include "probes/wire/other/sniff.h"
#include "probes/wire/other/stun.h"
#include "probes/wire/rtp/rtcp.h"
#include "probes/wire/rtp/rtp.h"

enum {
	UDP_HEAD_BYTES = 8,
	SHAPE_BYTES = 20 /* of a payload: with as many each shape is known, STUN by its header */
};

/* A message without the necessary fields is still counted by its start line. */
static void
on_refused(struct es_engine *e, int err, enum es_transport transport, const struct es_addr *src,
    const struct es_addr *dst, es_slice message, bool is_cut, es_time at)
{
	struct es_sip m;

	if (err == ES_EFULL)
		es_context_count(&e->c, ES_CNT_SIP_OVER_LIMIT);
	else if (!is_cut)
		es_context_count(&e->c, ES_CNT_SIP_MALFORMED);
	if (transport == ES_TRANSPORT_HEP || !es_sip_start_line(message, &m))
		return;
	m.body = message; /* the only thing that differs from the next */
	(void)es_sip_counts_add(&e->signalling.counts, &e->c, &m, src, dst, at);
}

/* Whether a message is left out: one that is of no INVITE dialog. Of a request its first line decides. */
static bool
is_shed(struct es_engine *e, const struct es_sip *m)
{
	if (e->shed < ES_SHED_SIP || es_signalling_is_of_a_call(m))
		return false;
	es_context_count(&e->c, ES_CNT_SIP_SHED);
	return true;
}

void
es_engine_sip(struct es_engine *e, enum es_transport transport, const struct es_addr *src,
    const struct es_addr *dst, es_slice message, uint32_t wire_bytes, es_time at)
{
	bool is_cut = message.n < wire_bytes;
	struct es_sip m;
	int err;

	if (e->shed >= ES_SHED_SIP && es_sip_start_line(message, &m) && !m.is_response &&
	    is_shed(e, &m))
		return;
	err = es_sip_parse(message, wire_bytes, &m);
	if (is_cut)
		es_context_count(&e->c, ES_CNT_SIP_CUT);
	if (err != 0) {
		on_refused(e, err, transport, src, dst, message, is_cut, at);
		return;
	}
	if (is_shed(e, &m))
		return;
	e->signalling.custom_key =
	    e->key_header.n > 0 ? es_sip_header_find(message, e->key_header) : e->key_header;
	es_signalling_message(&e->signalling, &m, src, dst, transport, at);
	if (is_cut)
		es_signalling_cut(&e->signalling, m.call_id);
	es_engine_reported_sip(e, &m, src, dst, at);
}

/*
 * Interface, direction and envelope. Two capture points may see one packet twice. A network that copies a
 * packet copies its envelope, too: it does not bring one copy on another VLAN or in a tunnel.
 */
static uint8_t
capture_point_of(const struct es_datagram *d)
{
	return (uint8_t)(((d->packet->iface & 3u) << 6 | (d->frame->ifindex & 7u) << 3 |
			     (d->frame->direction & 7u)) ^
			 d->frame->envelope);
}

bool
es_engine_is_copy(struct es_engine *e, const struct es_datagram *d, enum es_counter what)
{
	const struct es_repeat_of id = {
		.src = &d->src,
		.dst = &d->dst,
		.payload = d->payload,
		.payload_wire_bytes = d->payload_wire_bytes,
		.ip_id = d->ip->id,
		.udp_checksum = d->udp->checksum,
		.capture_point = capture_point_of(d),
		.at = d->packet->ts,
	};

	if (!es_repeats_is_copy(&e->repeats, &e->c, &id))
		return false;
	es_context_count(&e->c, what);
	return true;
}

/* What a port carries besides media, counted by kind. */
static enum es_counter
counter_of(enum es_shape shape)
{
	switch (shape) {
	case ES_SHAPE_STUN:
		return ES_CNT_STUN_MESSAGES;
	case ES_SHAPE_DTLS:
		return ES_CNT_DTLS_PACKETS;
	case ES_SHAPE_ZRTP:
		return ES_CNT_ZRTP_PACKETS;
	case ES_SHAPE_TURN_CHANNEL:
		return ES_CNT_TURN_CHANNEL;
	case ES_SHAPE_QUIC:
		return ES_CNT_QUIC_PACKETS;
	case ES_SHAPE_KEEPALIVE:
		return ES_CNT_KEEPALIVES;
	case ES_SHAPE_RTP:
	case ES_SHAPE_RTCP:
	case ES_SHAPE_SIP:
	case ES_SHAPE_OTHER:
		break;
	}
	return ES_CNT_UDP_OTHER;
}

void
es_engine_rtp(struct es_engine *e, const struct es_datagram *d)
{
	struct es_arrival a;
	struct es_rtp rtp;

	if (es_rtp_parse(d->payload, d->payload_wire_bytes, &rtp) != 0) {
		es_context_count(&e->c, ES_CNT_UDP_OTHER);
		return;
	}
	es_context_count(&e->c, ES_CNT_RTP_PACKETS);
	a.at = d->packet->ts;
	a.ts = rtp.ts;
	a.seq = rtp.seq;
	a.ip_id = (uint16_t)d->ip->id;
	a.udp_checksum = d->udp->checksum;
	a.datagram_bytes = (uint16_t)d->payload_wire_bytes;
	a.payload_bytes = (uint16_t)rtp.payload_bytes;
	a.capture_point = capture_point_of(d);
	a.pt = rtp.pt;
	a.dscp = d->ip->dscp;
	a.ttl = d->ip->ttl;
	a.marker = rtp.marker;
	a.has_extension = es_rtp_has_elements(&rtp);
	a.has_ip = d->ip->src.family != 0;
	es_streams_packet(&e->streams, &d->src, &d->dst, &rtp, &a);
}

static void
on_media(struct es_engine *e, const struct es_datagram *d, enum es_shape shape)
{
	if (shape == ES_SHAPE_RTP)
		es_engine_rtp(e, d);
	else if (shape == ES_SHAPE_RTCP)
		es_engine_rtcp(e, d);
}

/* Media or SIP inside TURN: one level, between the addresses of the datagram. */
static void
on_relayed(struct es_engine *e, struct es_datagram *d, es_slice data, uint32_t wire_bytes)
{
	enum es_shape shape = es_sniff(data, wire_bytes);

	d->payload = data;
	d->payload_wire_bytes = wire_bytes;
	if (shape == ES_SHAPE_SIP)
		es_engine_sip(
		    e, ES_TRANSPORT_UDP, &d->src, &d->dst, data, wire_bytes, d->packet->ts);
	else
		on_media(e, d, shape);
}

static void
on_stun(struct es_engine *e, struct es_datagram *d)
{
	struct es_stun m;

	if (es_stun_parse(d->payload, d->payload_wire_bytes, &m) != 0) {
		es_context_count(&e->c, ES_CNT_STUN_MALFORMED);
		return;
	}
	es_ices_message(&e->ice, &m, &d->src, &d->dst);
	if (m.class == ES_STUN_INDICATION && m.data_wire_bytes > 0 &&
	    (m.method == ES_STUN_TURN_SEND || m.method == ES_STUN_TURN_DATA))
		on_relayed(e, d, m.data, m.data_wire_bytes);
}

/* The capture cut the packet so soon after the UDP header that its content is unknown. */
static bool
is_cut_short(const struct es_datagram *d)
{
	return d->payload.n < d->payload_wire_bytes && d->payload.n < SHAPE_BYTES;
}

/* What shares its ports with media, and what TURN carries. */
static void
on_multiplexed(struct es_engine *e, struct es_datagram *d, enum es_shape shape)
{
	uint32_t wire_bytes;
	es_slice data;

	es_context_count(&e->c, counter_of(shape));
	if (shape == ES_SHAPE_DTLS) {
		es_srtcp_seen_dtls(&e->srtcp_seen, &e->c, &d->src, &d->dst);
	} else if (shape == ES_SHAPE_STUN) {
		on_stun(e, d);
	} else if (shape == ES_SHAPE_TURN_CHANNEL) {
		data = es_turn_channel_data(d->payload, &wire_bytes);
		on_relayed(e, d, data, wire_bytes);
	}
}

/* The IP header is unknown: a packet may have come in several segments, or in a part of one. */
void
es_engine_streamed(struct es_engine *e, const struct es_addr *src, const struct es_addr *dst,
    es_slice payload, uint32_t wire_bytes, es_time at)
{
	struct es_packet packet = { .ts = at };
	struct es_frame frame = { 0 };
	struct es_ip ip = { 0 };
	struct es_udp udp = { 0 };
	struct es_datagram d = { &packet, &frame, &ip, &udp, *src, *dst, payload, wire_bytes };
	enum es_shape shape = es_sniff(payload, wire_bytes);

	if (shape == ES_SHAPE_RTP || shape == ES_SHAPE_RTCP)
		on_media(e, &d, shape);
	else
		on_multiplexed(e, &d, shape);
}

/* What another agent handed on. False: it is no HEP. */
static bool
on_hep(struct es_engine *e, const struct es_datagram *d)
{
	if (!es_hep_is(d->payload, d->payload_wire_bytes))
		return false;
	return es_engine_is_copy(e, d, ES_CNT_HEP_COPIES) ||
	       es_engine_hep(e, d->payload, d->payload_wire_bytes, d->packet->ts);
}

/* A copy of udp, so that the plain path need not fear what is done with its address. */
static bool
is_tunnel(struct es_udp udp, struct es_layer *inside)
{
	return es_layer_open_udp(&udp, inside) == 0;
}

/* True: a tunnel, and *inside what it carries. */
static bool
on_datagram(struct es_engine *e, struct es_datagram *d, struct es_layer *inside)
{
	enum es_shape shape = es_sniff(d->payload, d->payload_wire_bytes);

	if ((shape == ES_SHAPE_OTHER || es_layer_looks_like_rtp(d->dst.port)) &&
	    is_tunnel(*d->udp, inside))
		return true;
	if (shape == ES_SHAPE_RTP || shape == ES_SHAPE_RTCP) {
		on_media(e, d, shape);
		return false;
	}
	if (shape == ES_SHAPE_SIP) {
		if (!es_engine_is_copy(e, d, ES_CNT_SIP_COPIES))
			es_engine_sip(e, ES_TRANSPORT_UDP, &d->src, &d->dst, d->payload,
			    d->payload_wire_bytes, d->packet->ts);
		return false;
	}
	if (shape == ES_SHAPE_OTHER && on_hep(e, d))
		return false;
	if ((shape == ES_SHAPE_TURN_CHANNEL || shape == ES_SHAPE_OTHER) &&
	    es_gtp_is_control(d->udp)) {
		es_context_count(&e->c, ES_CNT_GTP_CONTROL);
		return false;
	}
	if (shape == ES_SHAPE_OTHER && es_cipher_is_tunnel(d->udp)) {
		es_context_count(&e->c, ES_CNT_ENCRYPTED_TUNNEL);
		return false;
	}
	if (shape == ES_SHAPE_OTHER && is_cut_short(d))
		es_context_count(&e->c, ES_CNT_HEADERS_CUT);
	else
		on_multiplexed(e, d, shape);
	return false;
}

bool
es_engine_udp(struct es_engine *e, const struct es_packet *packet, const struct es_frame *frame,
    const struct es_ip *ip, struct es_layer *inside)
{
	struct es_datagram d;
	struct es_udp udp;

	if (es_udp_parse(ip, &udp) != 0) {
		if (ip->payload.n < UDP_HEAD_BYTES)
			es_engine_unreadable(e, packet, ip->payload.n);
		else
			es_context_count(&e->c, ES_CNT_MALFORMED);
		return false;
	}
	d.packet = packet;
	d.frame = frame;
	d.ip = ip;
	d.udp = &udp;
	d.src = ip->src;
	d.dst = ip->dst;
	d.src.port = udp.src_port;
	d.dst.port = udp.dst_port;
	d.payload = udp.payload;
	d.payload_wire_bytes = udp.payload_wire_bytes;
	return on_datagram(e, &d, inside);
}

void
es_engine_tcp(struct es_engine *e, const struct es_packet *packet, const struct es_ip *ip)
{
	struct es_addr src = ip->src;
	struct es_addr dst = ip->dst;
	struct es_tcp seg;

	if (es_tcp_segment_parse(ip, &seg) != 0) {
		es_engine_unreadable(e, packet, ip->payload.n);
		return;
	}
	src.port = seg.src_port;
	dst.port = seg.dst_port;
	es_tcps_segment(&e->tcp, &src, &dst, &seg, packet->ts);
}
