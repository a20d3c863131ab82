/* SPDX-License-Identifier: Apache-2.0 */
/* HEP packets. First two bytes: how much longer than captured (see fuzz.h). */
#include "fuzz.h"
#include "probes/wire/other/hep.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	uint32_t wire_bytes, length;
	es_slice pkt = split_wire(bytes, n, &wire_bytes);
	struct es_hep h;

	if (es_hep_parse(pkt, wire_bytes, &h) == 0) {
		must_be_within(h.payload, pkt);
		MUST(h.payload.n <= h.payload_wire_bytes);
		MUST(h.src.family == h.dst.family);
	}
	(void)es_hep_length(pkt, &length);
	return 0;
}
