/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the link layer to the transport: one loop that opens an envelope at a time, from the captured frame to
 * the innermost IP header that is read.
 */
#include "probes/engine/layers.h"

#include "probes/engine/packet.h"

enum {
	LAYERS_MAX = 8,    /* envelopes around a packet, the frame itself and its IP header apart */
	HEADER_BYTES = 80, /* longest header: IPv4 or TCP with all options; IPv6 with a few */
};

static void
unknown(struct es_engine *e, enum es_unknown_layer space, uint32_t number, es_slice bytes)
{
	es_unknowns_note(&e->unknowns, &e->c, space, number, bytes);
}

/* A header that is not whole within HEADER_BYTES is damaged, wherever the capture cut the packet. */
void
es_engine_unreadable(struct es_engine *e, const struct es_packet *packet, size_t n_left)
{
	bool is_cut = packet->cap_bytes < packet->wire_bytes && n_left < HEADER_BYTES;

	es_context_count(&e->c, is_cut ? ES_CNT_HEADERS_CUT : ES_CNT_MALFORMED);
}

/* Opens an envelope that is neither IP nor UDP. True: *l is what is inside. */
static bool
open_envelope(struct es_engine *e, const struct es_packet *packet, struct es_layer *l)
{
	struct es_layer inner;

	switch (es_layer_open(l, &inner)) {
	case 0:
		*l = inner;
		return true;
	case ES_EUNSUPPORTED:
		unknown(e, inner.space, inner.number, inner.bytes);
		return false;
	case ES_ENOTFOUND:
		es_context_count(&e->c, ES_CNT_OTHER_PROTOCOLS);
		return false;
	default:
		es_engine_unreadable(e, packet, l->bytes.n);
		return false;
	}
}

/*
 * A fragment of a datagram. True if *ip can be processed further: it is the whole datagram, or the head of one
 * that the capture cut, which can never be reassembled. TCP needs whole segments.
 */
static bool
join(struct es_engine *e, const struct es_packet *packet, struct es_ip *ip)
{
	bool is_cut = ip->payload.n < ip->payload_wire_bytes;
	struct es_ip part = *ip;

	es_context_count(&e->c, ES_CNT_IP_FRAGMENTS);
	if (es_fragments_take(&e->fragments, &part, packet->ts, ip))
		return true;
	return is_cut && es_ip_has_head(&part) && part.proto != ES_PROTO_TCP;
}

/* What IP carries that is no transport: extension headers of reassembled datagrams, tunnels. */
static bool
open_other(
    struct es_engine *e, const struct es_packet *packet, const struct es_ip *ip, struct es_layer *l)
{
	l->space = ES_UNKNOWN_IP_PROTO;
	l->number = ip->proto;
	l->bytes = ip->payload;
	return open_envelope(e, packet, l);
}

/* True: *l is what an envelope in this IP packet holds. False: the packet found its reader, or none. */
static bool
open_ip(
    struct es_engine *e, const struct es_packet *packet, struct es_frame *frame, struct es_layer *l)
{
	struct es_ip ip;

	if (es_ip_parse(l->bytes, &ip) != 0) {
		es_engine_unreadable(e, packet, l->bytes.n);
		return false;
	}
	if (ip.is_fragment && !join(e, packet, &ip))
		return false;
	if (ip.proto == ES_PROTO_UDP)
		return es_engine_udp(e, packet, frame, &ip, l);
	if (ip.proto != ES_PROTO_TCP && es_ip_follow(&ip, &ip) == ES_EMALFORMED) {
		es_engine_unreadable(e, packet, ip.payload.n);
		return false;
	}
	switch (ip.proto) {
	case ES_PROTO_UDP:
		return es_engine_udp(e, packet, frame, &ip, l);
	case ES_PROTO_TCP:
		es_engine_tcp(e, packet, &ip);
		return false;
	default:
		frame->envelope = es_envelope_mix(frame->envelope, ip.proto);
		return open_other(e, packet, &ip, l);
	}
}

/* One envelope was opened, *l is inside. False: that is one too many. */
static bool
may_go_on(struct es_engine *e, const struct es_layer *l, struct es_frame *frame, unsigned n)
{
	if (n == 1)
		es_context_count(&e->c, ES_CNT_TUNNELLED);
	if (n > LAYERS_MAX) {
		unknown(e, ES_UNKNOWN_DEPTH, l->number, l->bytes);
		return false;
	}
	frame->envelope = es_envelope_mix(frame->envelope, l->number);
	frame->envelope = es_envelope_mix(frame->envelope, l->tag);
	return true;
}

static void
bad_link(struct es_engine *e, const struct es_packet *packet, int err)
{
	if (err == ES_EUNSUPPORTED)
		unknown(
		    e, ES_UNKNOWN_LINK, packet->link, es_slice_of(packet->data, packet->cap_bytes));
	else
		es_engine_unreadable(e, packet, packet->cap_bytes);
}

/* A packet from before the engine's clock, which no tick is ahead of. */
static void
note_back(struct es_engine *e, es_time ts)
{
	es_context_count(&e->c, ES_CNT_TIME_BACK);
	if (es_time_before(ts, e->ticked))
		es_context_count(&e->c, ES_CNT_TICK_OVERTOOK);
}

void
es_engine_packet(struct es_engine *e, const struct es_packet *packet)
{
	struct es_layer l = { .space = ES_UNKNOWN_ETHERTYPE };
	struct es_frame frame;
	unsigned n = 0;
	int err;

	if (es_time_before(packet->ts, e->c.clock))
		note_back(e, packet->ts);
	else
		es_engine_move(e, packet->ts);
	es_tcps_go_on(&e->tcp, packet->ts);
	es_context_count(&e->c, ES_CNT_PACKETS);
	e->c.count[ES_CNT_BYTES] += packet->wire_bytes;
	err = es_link_parse(packet->link, es_slice_of(packet->data, packet->cap_bytes), &frame);
	if (err != 0) {
		bad_link(e, packet, err);
		return;
	}
	l.number = frame.ethertype;
	l.bytes = frame.payload;
	while (es_layer_is_ip(&l) ? open_ip(e, packet, &frame, &l) : open_envelope(e, packet, &l))
		if (!may_go_on(e, &l, &frame, ++n))
			return;
}
