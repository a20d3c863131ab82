/* SPDX-License-Identifier: Apache-2.0 */
/* RTP headers, their extensions, repair payloads, and shapes. First two bytes: how much the capture cut off. */
#include "fuzz.h"
#include "probes/wire/other/sniff.h"
#include "probes/wire/rtp/rtp.h"
#include "probes/wire/rtp/rtp_ext.h"
#include "probes/wire/rtp/rtp_repair.h"

static void
look_inside(const struct es_rtp *r)
{
	struct es_parity parity;
	struct es_red red;
	es_slice value;
	uint16_t original;

	for (unsigned id = 0; id < 256; id += 3)
		if (es_rtp_element(r, (uint8_t)id, &value))
			must_be_within(value, r->extension);
	if (es_red_parse(r->payload, r->payload_bytes, &red) == 0) {
		MUST(red.n <= ES_RED_BLOCKS_MAX);
		must_be_within(red.primary, r->payload);
	}
	(void)es_rtx_original(r->payload, &original);
	(void)es_ulpfec_parse(r->payload, &parity);
	(void)es_flexfec_parse(r->payload, true, &parity);
	(void)es_flexfec_parse(r->payload, false, &parity);
	MUST(parity.mask[1] >> (ES_PARITY_MASK_MAX - 64) == 0);
}

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
	look_inside(&r);
	MUST(es_rtp_parse_long(pkt, wire_bytes, &again) == 0);
	MUST(again.ssrc == r.ssrc && again.ts == r.ts && again.seq == r.seq && again.pt == r.pt);
	MUST(again.payload_bytes == r.payload_bytes && again.marker == r.marker);
	return 0;
}
