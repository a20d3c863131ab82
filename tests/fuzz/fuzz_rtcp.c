/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP compounds. First two bytes: how much the capture cut off. */
#include "fuzz.h"
#include "probes/wire/rtcp.h"

static void
read_part(const struct es_rtcp *part)
{
	struct es_rtcp_sender s;
	struct es_rtcp_report r;

	(void)es_rtcp_sender(part, &s); /* whatever it says */
	for (unsigned i = 0; es_rtcp_report(part, i, &r) == 0; i++) {
		MUST(i < 31);
		MUST(r.fraction_lost_ppm < 1000000);
		MUST(r.cumulative_lost >= -(1 << 23) && r.cumulative_lost < 1 << 23);
		MUST(r.dlsr_us <= UINT64_C(65536000000));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	uint32_t wire_bytes;
	es_slice pkt = split_wire(bytes, n, &wire_bytes);
	int valid = es_rtcp_check(pkt, wire_bytes);
	struct es_cur c = es_cur_of(pkt);
	struct es_rtcp part;
	int err, n_parts = 0;

	while ((err = es_rtcp_next(&c, &part)) == 0) {
		must_be_within(part.body, pkt);
		n_parts++;
		read_part(&part);
	}
	MUST(err == ES_EEOF || err == ES_ECUT || err == ES_EMALFORMED);
	if (valid == 0)
		MUST(
		    n_parts > 0 || err == ES_EMALFORMED); /* bad padding is found by walking only */
	return 0;
}
