/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads of speech, one after the other: the first byte is a codec, the second a length. */
#include "fuzz.h"
#include "probes/wire/rtp/amr.h"
#include "probes/wire/rtp/loudness.h"
#include "probes/wire/rtp/silence.h"

static void
read_wideband(es_slice payload)
{
	for (int is_aligned = 0; is_aligned < 2; is_aligned++) {
		struct es_amr_packing packing = { is_aligned != 0, true };
		struct es_amr_frame frames[ES_AMR_FRAMES_MAX];
		unsigned n = es_amr_frames(payload, packing, frames);

		MUST(n <= ES_AMR_FRAMES_MAX);
		for (unsigned i = 0; i < n; i++)
			(void)es_amr_wb_is_speech(payload.p, &frames[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct es_loudness l = { 0 };

	while (n >= 2) {
		enum es_loudness_of codec =
		    (enum es_loudness_of)(bytes[0] % (ES_LOUDNESS_AMR_ALIGNED + 1));
		size_t payload = bytes[1] < n - 2 ? bytes[1] : n - 2;
		int32_t level = 0;

		if (es_loudness_read(&l, codec, es_slice_of(bytes + 2, payload), &level))
			MUST(level > -100 * 256 && level < 100 * 256);
		MUST(l.g722_step >= 0 && l.g722_step <= 18432);
		for (int k = ES_SILENCE_NONE; k <= ES_SILENCE_OPUS; k++)
			(void)es_silence_is((enum es_silence_of)k, es_slice_of(bytes + 2, payload));
		read_wideband(es_slice_of(bytes + 2, payload));
		bytes += 2 + payload;
		n -= 2 + payload;
	}
	return 0;
}
