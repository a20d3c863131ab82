/* SPDX-License-Identifier: Apache-2.0 */
/* STUN attributes, TURN channel data; streams of both. First two bytes: how much the capture cut off. */
#include "fuzz.h"
#include "probes/wire/other/streamed.h"
#include "probes/wire/other/stun.h"

static void
streamed(es_slice bytes)
{
	struct es_streamed s;
	bool is_sure;

	if (es_streamed_turn(bytes, &s) == 0)
		MUST(s.bytes >= s.head_bytes + s.packet_bytes && s.bytes >= 4);
	if (es_streamed_framed(bytes, &s) == 0)
		MUST(s.bytes == s.head_bytes + s.packet_bytes);
	(void)es_streamed_is_turn(bytes);
	(void)es_streamed_is_framed(bytes, &is_sure);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	uint32_t wire_bytes;
	es_slice pkt = split_wire(bytes, n, &wire_bytes);
	struct es_stun s;
	es_slice data;
	uint32_t data_bytes;

	if (es_stun_parse(pkt, wire_bytes, &s) == 0) {
		MUST(es_stun_is(pkt, wire_bytes));
		must_be_within(s.username, pkt);
		must_be_within(s.data, pkt);
		MUST(s.data.n <= s.data_wire_bytes && s.data_wire_bytes < wire_bytes);
		MUST(s.mapped.family == 0 || s.mapped.family == 4 || s.mapped.family == 6);
	}
	streamed(pkt);
	if (es_turn_channel_is(pkt, wire_bytes)) {
		data = es_turn_channel_data(pkt, &data_bytes);
		must_be_within(data, pkt);
		MUST(data.n <= data_bytes && data_bytes + 4 <= wire_bytes);
	}
	return 0;
}
