/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP compounds. First two bytes: how much the capture cut off. */
#include "fuzz.h"
#include "probes/wire/rtp/rtcp_xr.h"

static void
read_blocks(const struct es_rtcp *part)
{
	struct es_cur c = es_xr_begin(part);
	struct es_reported_value v[ES_XR_VALUES_MAX];
	struct es_xr_measurement m;
	struct es_xr_dlrr d;
	struct es_xr_block b;
	uint32_t middle;

	while (es_xr_next(&c, &b) == 0) {
		unsigned n = es_xr_values(&b, 8000, v);
		uint64_t seen[2] = { 0, 0 };

		must_be_within(b.body, part->body);
		MUST(n <= ES_XR_VALUES_MAX);
		for (unsigned i = 0; i < n; i++) {
			MUST(v[i].metric > 0 && v[i].metric < ES_RM_END);
			MUST((seen[v[i].metric / 64] >> v[i].metric % 64 & 1) == 0);
			seen[v[i].metric / 64] |= UINT64_C(1) << v[i].metric % 64;
		}
		(void)es_xr_measurement(&b, &m);
		(void)es_xr_reference(&b, &middle);
		for (unsigned i = 0; es_xr_dlrr(&b, i, &d) == 0; i++)
			MUST(d.dlrr_us <= UINT64_C(65536000000));
	}
}

static void
read_part(const struct es_rtcp *part)
{
	struct es_rtcp_sender s;
	struct es_rtcp_report r;
	uint32_t ssrc;

	(void)es_rtcp_sender(part, &s); /* whatever it says */
	(void)es_rtcp_inside(part);
	read_blocks(part);
	for (unsigned i = 0; es_rtcp_bye(part, i, &ssrc) == 0; i++)
		MUST(i < 31);
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
