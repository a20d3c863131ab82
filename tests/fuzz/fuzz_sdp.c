/* SPDX-License-Identifier: Apache-2.0 */
/* A session description and its format parameters. */
#include "fuzz.h"
#include "probes/wire/sip/sdp_fmtp.h"

static void
check_types(const struct es_sdp_media *m, es_slice text)
{
	MUST(m->n_types <= ES_SDP_TYPES_MAX);
	for (uint32_t k = 0; k < m->n_types; k++) {
		struct es_sdp_fmtp f;

		MUST(m->types[k].pt <= 127);
		MUST((m->types[k].name.n > 0) == (m->types[k].clock_rate_hz > 0));
		must_be_within(m->types[k].name, text);
		must_be_within(m->types[k].fmtp, text);
		es_sdp_fmtp_read(&m->types[k], &f);
		MUST(f.red_primary < 128);
	}
}

static void
check_media(const struct es_sdp *sdp, const struct es_sdp_media *m, es_slice text)
{
	MUST(m->addr.pad == 0 && m->rtcp.pad == 0);
	MUST(m->is_rejected == (m->addr.port == 0 && !m->is_bundle_only));
	MUST(!m->is_secure || m->is_rtp);
	MUST(m->n_candidates <= ES_SDP_CANDIDATES_MAX && m->n_crypto <= ES_SDP_CRYPTO_MAX);
	MUST(m->n_extensions <= ES_SDP_EXTENSIONS_MAX && m->n_ssrcs <= ES_SDP_SSRCS_MAX);
	MUST(m->n_ssrc_groups <= ES_SDP_SSRC_GROUPS_MAX && m->bundle <= sdp->n_groups);
	must_be_within(m->mid, text);
	must_be_within(m->ice_ufrag, text);
	for (uint32_t k = 0; k < m->n_candidates; k++)
		MUST(m->candidates[k].addr.family != 0);
	for (uint32_t k = 0; k < m->n_crypto; k++) {
		MUST(m->crypto[k].key.n > 0);
		must_be_within(m->crypto[k].key, text);
	}
	MUST(es_sdp_carrier(sdp, m)->bundle == m->bundle);
	check_types(m, text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct es_sdp sdp;
	es_slice text = es_slice_of(bytes, n);

	if (es_sdp_parse(text, &sdp) != 0)
		return 0;
	MUST(sdp.n_media <= ES_SDP_MEDIA_MAX && sdp.n_groups <= ES_SDP_GROUPS_MAX);
	for (uint32_t i = 0; i < sdp.n_media; i++)
		check_media(&sdp, &sdp.media[i], text);
	return 0;
}
