/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What parsing alone costs: link, IP, UDP, shape and RTP of every packet of a capture, many times
 * over, without tables or records.
 *
 *	parse_cost FILE.pcap [ROUNDS]
 *	valgrind --tool=callgrind --toggle-collect=measure parse_cost FILE.pcap 1
 *
 * Prints packets, what they were, and nanoseconds per packet. Classic pcap of this byte order only:
 * the real reader has its own tests.
 */
#include "probes/wire/link/link.h"
#include "probes/wire/link/udp.h"
#include "probes/wire/other/sniff.h"
#include "probes/wire/rtp/rtcp.h"
#include "probes/wire/rtp/rtp.h"
#include "probes/wire/sip/sdp.h"
#include "probes/wire/sip/sip.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FILE_MAX_BYTES = 256 << 20, PCAP_HEAD_BYTES = 24, RECORD_HEAD_BYTES = 16 };

struct counts {
	uint64_t packets, not_udp, shapes[ES_SHAPE_KEEPALIVE + 1];
	uint64_t rtp, rtcp_bad, sip_bad, sdp, sdp_bad, sum;
};

void measure(es_slice file, struct counts *n);

static void
signalling(const struct es_udp *udp, struct counts *n)
{
	static struct es_sdp sdp;
	struct es_sip sip;

	if (es_sip_parse(udp->payload, udp->payload_wire_bytes, &sip) != 0) {
		n->sip_bad++;
	} else if (sip.sdp.n > 0) {
		n->sdp++;
		n->sdp_bad += es_sdp_parse(sip.sdp, &sdp) != 0;
	}
}

static void
one(uint16_t link, es_slice bytes, struct counts *n)
{
	struct es_frame frame;
	struct es_udp udp;
	struct es_ip ip;
	struct es_rtp rtp;
	enum es_shape shape;

	if (es_link_parse(link, bytes, &frame) != 0 || es_ip_parse(frame.payload, &ip) != 0 ||
	    ip.proto != ES_PROTO_UDP || !es_ip_has_head(&ip) || es_udp_parse(&ip, &udp) != 0) {
		n->not_udp++;
		return;
	}
	shape = es_sniff(udp.payload, udp.payload_wire_bytes);
	n->shapes[shape]++;
	if (shape == ES_SHAPE_RTP) {
		if (es_rtp_parse(udp.payload, udp.payload_wire_bytes, &rtp) != 0)
			return;
		n->rtp++;
		n->sum += rtp.ssrc + rtp.seq + rtp.ts + rtp.payload_bytes + ip.src.ip[3];
	} else if (shape == ES_SHAPE_RTCP) {
		n->rtcp_bad += es_rtcp_check(udp.payload, udp.payload_wire_bytes) != 0;
	} else if (shape == ES_SHAPE_SIP) {
		signalling(&udp, n);
	}
}

/* Not static, so that callgrind finds it by name. */
__attribute__((noinline)) void
measure(es_slice file, struct counts *n)
{
	struct es_cur c = es_cur_of(file);
	uint16_t link;

	es_cur_skip(&c, 20);
	link = (uint16_t)es_cur_le32(&c);
	while (es_cur_left(&c) >= RECORD_HEAD_BYTES) {
		uint32_t cap_bytes;

		es_cur_skip(&c, 8);
		cap_bytes = es_cur_le32(&c);
		es_cur_skip(&c, 4);
		n->packets++;
		one(link, es_cur_slice(&c, cap_bytes), n);
	}
}

static es_slice
slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = malloc(FILE_MAX_BYTES);
	size_t n;

	if (f == NULL || bytes == NULL) {
		perror(path);
		exit(2);
	}
	n = fread(bytes, 1, FILE_MAX_BYTES, f);
	(void)fclose(f); /* was read only */
	return es_slice_of(bytes, n);
}

int
main(int argc, char **argv)
{
	static const char *const names[] = {
		[ES_SHAPE_OTHER] = "other",
		[ES_SHAPE_RTP] = "rtp",
		[ES_SHAPE_RTCP] = "rtcp",
		[ES_SHAPE_SIP] = "sip",
		[ES_SHAPE_STUN] = "stun",
		[ES_SHAPE_DTLS] = "dtls",
		[ES_SHAPE_ZRTP] = "zrtp",
		[ES_SHAPE_TURN_CHANNEL] = "turn_channel",
		[ES_SHAPE_QUIC] = "quic",
		[ES_SHAPE_KEEPALIVE] = "keepalive",
	};
	long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 100;
	struct counts n = { 0 };
	es_slice file;
	clock_t from;
	double ns;

	if (argc < 2 || rounds < 1) {
		fprintf(stderr, "usage: parse_cost FILE.pcap [ROUNDS]\n");
		return 2;
	}
	file = slurp(argv[1]);
	if (file.n < PCAP_HEAD_BYTES || (file.p[0] != 0xd4 && file.p[0] != 0x4d)) {
		fprintf(stderr, "parse_cost: %s: not a little-endian pcap file\n", argv[1]);
		return 2;
	}
	from = clock();
	for (long i = 0; i < rounds; i++) {
		n = (struct counts){ 0 };
		measure(file, &n);
	}
	ns = (double)(clock() - from) * 1e9 / CLOCKS_PER_SEC / (double)rounds;
	printf("packets %llu not_udp %llu", (unsigned long long)n.packets,
	    (unsigned long long)n.not_udp);
	for (int i = 0; i <= ES_SHAPE_KEEPALIVE; i++)
		printf(" %s %llu", names[i], (unsigned long long)n.shapes[i]);
	printf(" rtcp_bad %llu sip_bad %llu sdp %llu sdp_bad %llu ns/packet %.1f\n",
	    (unsigned long long)n.rtcp_bad, (unsigned long long)n.sip_bad,
	    (unsigned long long)n.sdp, (unsigned long long)n.sdp_bad,
	    n.packets > 0 ? ns / (double)n.packets : 0);
	free((void *)(uintptr_t)file.p);
	return 0;
}
