/* SPDX-License-Identifier: Apache-2.0 */
/* Link, envelopes, IP, UDP, TCP and the shape of what is inside. First byte: which link type. */
#include "fuzz.h"
#include "probes/wire/link/layer.h"
#include "probes/wire/link/tcp_segment.h"
#include "probes/wire/link/udp.h"
#include "probes/wire/other/cipher.h"
#include "probes/wire/other/sniff.h"

/* True: a tunnel, and *l what is inside. */
static bool
transport(const struct es_ip *ip, struct es_layer *l)
{
	struct es_udp udp;
	struct es_tcp tcp;

	if (es_udp_parse(ip, &udp) == 0) {
		MUST(udp.payload.n <= udp.payload_wire_bytes);
		must_be_within(udp.payload, ip->payload);
		(void)es_sniff(udp.payload, udp.payload_wire_bytes);
		(void)es_gtp_is_control(&udp);
		(void)es_cipher_is_tunnel(&udp);
		if (ip->proto == ES_PROTO_UDP && es_layer_open_udp(&udp, l) == 0) {
			must_be_within(l->bytes, udp.payload);
			return true;
		}
	}
	if (es_tcp_segment_parse(ip, &tcp) == 0) {
		MUST(tcp.payload.n <= tcp.payload_wire_bytes);
		must_be_within(tcp.payload, ip->payload);
	}
	return false;
}

/* Opens one layer as the engine does. */
static bool
step(struct es_layer *l)
{
	struct es_layer outer = *l;
	struct es_ip ip;

	if (es_layer_is_ip(l)) {
		if (es_ip_parse(l->bytes, &ip) != 0)
			return false;
		must_be_within(ip.payload, l->bytes);
		MUST(ip.payload.n <= ip.payload_wire_bytes);
		MUST(ip.src.pad == 0 && ip.src.port == 0);
		MUST(ip.src.family == 4 || ip.src.family == 6);
		if (es_ip_follow(&ip, &ip) == 0)
			must_be_within(ip.payload, l->bytes);
		if (transport(&ip, l))
			return true;
		outer.space = ES_UNKNOWN_IP_PROTO;
		outer.number = ip.proto;
		outer.bytes = ip.payload;
	}
	if (es_layer_open(&outer, l) != 0)
		return false;
	must_be_within(l->bytes, outer.bytes);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const uint16_t links[] = { ES_LINK_ETHERNET, ES_LINK_SLL, ES_LINK_SLL2, ES_LINK_RAW,
		ES_LINK_NULL, ES_LINK_LOOP, ES_LINK_IPV4, 9999, ES_LINK_PPP, ES_LINK_PPP_SERIAL,
		ES_LINK_PPP_ETHER, ES_LINK_PPP_DIRECTION, ES_LINK_CISCO_HDLC, ES_LINK_IEEE802_11,
		ES_LINK_RADIOTAP, ES_LINK_PPI, ES_LINK_FRAME_RELAY, ES_LINK_FRAME_RELAY_DIRECTION,
		ES_LINK_DSA_BROADCOM, ES_LINK_DSA_BROADCOM_PREPEND, ES_LINK_DSA_MARVELL,
		ES_LINK_DSA_MARVELL_TYPED };
	struct es_layer l = { .space = ES_UNKNOWN_ETHERTYPE };
	struct es_frame f;
	es_slice frame;

	if (n < 1)
		return 0;
	frame = es_slice_of(bytes + 1, n - 1);
	if (es_link_parse(links[bytes[0] % (sizeof(links) / sizeof(links[0]))], frame, &f) != 0)
		return 0;
	must_be_within(f.payload, frame);
	l.number = f.ethertype;
	l.bytes = f.payload;
	for (int deep = 0; deep < 8 && step(&l); deep++)
		;
	return 0;
}
