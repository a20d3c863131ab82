/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads of speech, one after the other: the first byte is a codec, the second a length. */
#include "fuzz.h"
#include "probes/wire/loudness.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct es_loudness l = { 0 };

	while (n >= 2) {
		enum es_loudness_of codec =
		    (enum es_loudness_of)(bytes[0] % (ES_LOUDNESS_SPEEX + 1));
		size_t payload = bytes[1] < n - 2 ? bytes[1] : n - 2;
		int32_t level = 0;

		if (es_loudness_read(&l, codec, es_slice_of(bytes + 2, payload), &level))
			MUST(level > -100 * 256 && level < 100 * 256);
		MUST(l.g722_step >= 0 && l.g722_step <= 18432);
		bytes += 2 + payload;
		n -= 2 + payload;
	}
	return 0;
}
