/* SPDX-License-Identifier: Apache-2.0 */
/* A WebSocket direction: the upgrade, then frame after frame. */
#include "fuzz.h"
#include "probes/wire/other/websocket.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	uint8_t clear[4096];
	size_t at = 0;

	if (es_ws_upgrade(es_slice_of(bytes, n), &at) == 0)
		MUST(at > 0 && at <= n);
	else
		at = 0;
	while (at < n) {
		es_slice left = es_slice_of(bytes + at, n - at);
		struct es_ws_head h;

		(void)es_ws_is_sip_start(left);
		if (es_ws_head(left, &h) != 0)
			break;
		MUST(h.head_bytes >= 2 && h.head_bytes <= 14 && h.head_bytes <= left.n);
		at += h.head_bytes;
		if (h.payload_bytes > n - at || h.payload_bytes > sizeof(clear))
			break;
		es_ws_unmask(h.mask, 0, es_slice_of(bytes + at, (size_t)h.payload_bytes), clear);
		at += (size_t)h.payload_bytes;
	}
	return 0;
}
