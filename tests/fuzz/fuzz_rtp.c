/* SPDX-License-Identifier: Apache-2.0 */
/* RTP headers, STUN, DTLS and shapes. First two bytes: how much the capture cut off. */
#include "fuzz.h"
#include "probes/wire/rtp.h"
#include "probes/wire/sniff.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	uint32_t wire_bytes;
	es_slice pkt = split_wire(bytes, n, &wire_bytes);
	enum es_shape shape = es_sniff(pkt, wire_bytes);
	struct es_rtp r, again;
	int err = es_rtp_parse(pkt, wire_bytes, &r);

	if (shape == ES_SHAPE_RTP)
		MUST(pkt.n >= 12);
	if (err != 0)
		return 0;
	MUST(shape == ES_SHAPE_RTP || shape == ES_SHAPE_RTCP || shape == ES_SHAPE_OTHER);
	must_be_within(r.csrc, pkt);
	must_be_within(r.extension, pkt);
	must_be_within(r.payload, pkt);
	MUST(r.payload.n <= r.payload_bytes && r.payload_bytes <= wire_bytes - 12);
	MUST(r.csrc.n == 4u * r.n_csrc);
	MUST(es_rtp_parse_long(pkt, wire_bytes, &again) == 0);
	MUST(again.ssrc == r.ssrc && again.ts == r.ts && again.seq == r.seq && again.pt == r.pt);
	MUST(again.payload_bytes == r.payload_bytes && again.marker == r.marker);
	return 0;
}
