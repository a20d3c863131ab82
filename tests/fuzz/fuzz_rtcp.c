/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP compounds. First two bytes: how much the capture cut off. */
#include "fuzz.h"
#include "probes/base/seq.h"
#include "probes/wire/rtcp.h"

static void
read_part(const struct es_rtcp *part)
{
	struct es_rtcp_sender s;
	struct es_rtcp_report r;
	uint32_t ssrc, rtt_us;

	if (es_rtcp_sender(part, &s) == 0)
		(void)es_ntp_round_trip_us(s.ntp, s.ntp_middle, 0, &rtt_us);
	for (unsigned i = 0; es_rtcp_report(part, i, &r) == 0; i++) {
		MUST(i < 31);
		MUST(r.fraction_lost_ppm < 1000000);
		MUST(r.cumulative_lost >= -(1 << 23) && r.cumulative_lost < 1 << 23);
		if (es_ntp_round_trip_us(es_time_of_ns(0), r.lsr, r.dlsr, &rtt_us))
			MUST(rtt_us <= 60000000);
	}
	for (unsigned i = 0; es_rtcp_bye(part, i, &ssrc) == 0; i++)
		MUST(i < 31);
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
