/* SPDX-License-Identifier: Apache-2.0 */
/* A session description. */
#include "fuzz.h"
#include "probes/wire/sdp.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct es_sdp sdp;
	es_slice text = es_slice_of(bytes, n);

	if (es_sdp_parse(text, &sdp) != 0)
		return 0;
	MUST(sdp.n_media <= ES_SDP_MEDIA_MAX);
	must_be_within(sdp.origin, text);
	for (uint32_t i = 0; i < sdp.n_media; i++) {
		const struct es_sdp_media *m = &sdp.media[i];

		MUST(m->n_types <= ES_SDP_TYPES_MAX);
		MUST(m->addr.pad == 0 && m->rtcp.pad == 0);
		MUST(m->is_rejected == (m->addr.port == 0));
		MUST(!m->is_secure || m->is_rtp);
		for (uint32_t k = 0; k < m->n_types; k++) {
			MUST(m->types[k].pt <= 127);
			MUST((m->types[k].name.n > 0) == (m->types[k].clock_rate_hz > 0));
			must_be_within(m->types[k].name, text);
			must_be_within(m->types[k].fmtp, text);
		}
	}
	return 0;
}
