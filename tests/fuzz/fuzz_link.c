/* SPDX-License-Identifier: Apache-2.0 */
/* Link, IP, UDP, TCP and the shape of what is inside. First byte: which link type. */
#include "fuzz.h"
#include "probes/wire/link.h"
#include "probes/wire/sniff.h"
#include "probes/wire/tcp.h"
#include "probes/wire/udp.h"

static void
transport(const struct es_ip *ip)
{
	struct es_udp udp;
	struct es_tcp tcp;

	if (es_udp_parse(ip, &udp) == 0) {
		MUST(udp.payload.n <= udp.payload_wire_bytes);
		must_be_within(udp.payload, ip->payload);
		(void)es_sniff(udp.payload, udp.payload_wire_bytes);
	}
	if (es_tcp_parse(ip, &tcp) == 0) {
		MUST(tcp.payload.n <= tcp.payload_wire_bytes);
		must_be_within(tcp.payload, ip->payload);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const uint16_t links[] = { ES_LINK_ETHERNET, ES_LINK_SLL, ES_LINK_SLL2, ES_LINK_RAW,
		ES_LINK_NULL, ES_LINK_LOOP, ES_LINK_IPV4, 9999 };
	struct es_frame f;
	es_slice frame;
	struct es_ip ip;

	if (n < 1)
		return 0;
	frame = es_slice_of(bytes + 1, n - 1);
	if (es_link_parse(links[bytes[0] % 8], frame, &f) != 0)
		return 0;
	must_be_within(f.payload, frame);
	if (es_ip_parse(f.payload, &ip) != 0)
		return 0;
	must_be_within(ip.payload, f.payload);
	MUST(ip.payload.n <= ip.payload_wire_bytes);
	MUST(ip.src.pad == 0 && ip.src.port == 0 && (ip.src.family == 4 || ip.src.family == 6));
	transport(&ip);
	return 0;
}
