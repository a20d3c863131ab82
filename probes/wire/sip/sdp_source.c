/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of addresses and sources of packets: ICE, header extensions, SSRCs, bundles. */
#include "probes/base/text.h"
#include "probes/wire/sip/sdp_reader.h"

static bool
candidate_type_of(es_slice word, enum es_sdp_candidate_type *out)
{
	static const char *const names[] = {
		[ES_SDP_HOST] = "host",
		[ES_SDP_SRFLX] = "srflx",
		[ES_SDP_PRFLX] = "prflx",
		[ES_SDP_RELAY] = "relay",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (es_text_is(word, names[i])) {
			*out = (enum es_sdp_candidate_type)i;
			return true;
		}
	}
	return false;
}

/* a=candidate:1 1 udp 2130706431 10.0.1.1 8998 typ host ... */
static bool
read_candidate(es_slice value, struct es_sdp_candidate *out)
{
	es_slice foundation = es_text_word(&value);
	es_slice component = es_text_word(&value);
	es_slice transport = es_text_word(&value);
	es_slice priority = es_text_word(&value);
	es_slice ip = es_text_word(&value);
	es_slice port = es_text_word(&value);
	es_slice typ = es_text_word(&value);
	es_slice type = es_text_word(&value);
	uint32_t component_number, port_number;

	(void)foundation; /* neither shows where packets go */
	(void)priority;
	out->is_tcp = es_text_is(transport, "tcp");
	if (!out->is_tcp && !es_text_is(transport, "udp"))
		return false;
	if (!es_text_is(typ, "typ") || !candidate_type_of(type, &out->type) ||
	    es_text_u32(component, 256, &component_number) != 0 ||
	    es_text_u32(port, UINT16_MAX, &port_number) != 0 ||
	    es_addr_parse_ip((const char *)ip.p, ip.n, &out->addr) != 0)
		return false;
	out->component = (uint16_t)component_number;
	out->addr.port = (uint16_t)port_number;
	return true;
}

void
es_sdp_on_candidate(struct es_sdp_reader *r, es_slice value)
{
	struct es_sdp_media *m = r->media;
	struct es_sdp_candidate c;

	memset(&c, 0, sizeof(c));
	if (!read_candidate(value, &c))
		return;
	if (m->n_candidates == ES_SDP_CANDIDATES_MAX)
		r->sdp->n_over_limit++;
	else
		m->candidates[m->n_candidates++] = c;
}

static enum es_sdp_extension_kind
extension_of(es_slice uri)
{
	static const struct {
		const char *uri;
		enum es_sdp_extension_kind kind;
	} kinds[] = {
		{ "urn:ietf:params:rtp-hdrext:ssrc-audio-level", ES_SDP_EXT_LEVEL },
		{ "urn:ietf:params:rtp-hdrext:sdes:mid", ES_SDP_EXT_MID },
		{ "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", ES_SDP_EXT_RID },
		{ "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", ES_SDP_EXT_REPAIRED },
		{ "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
		    ES_SDP_EXT_TRANSPORT_SEQ },
		{ "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
		    ES_SDP_EXT_SEND_TIME },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (es_text_is(uri, kinds[i].uri))
			return kinds[i].kind;
	return ES_SDP_EXT_OTHER;
}

/*
 * a=extmap:1/sendonly URI ATTRIBUTES. One that is sent encrypted (RFC 6904) has another URI first
 * and is OTHER: it cannot be read.
 */
void
es_sdp_on_extmap(struct es_sdp_reader *r, es_slice value)
{
	struct es_sdp_media *m = r->media;
	es_slice first = es_text_word(&value);
	es_slice id_text =
	    es_text_cut(&first, '/'); /* both directions have the numbers in common */
	struct es_sdp_extension e;
	uint32_t id, i = 0;

	if (es_text_u32(id_text, UINT16_MAX, &id) != 0 || id == 0)
		return;
	e.id = (uint16_t)id;
	e.kind = extension_of(es_text_word(&value));
	while (i < m->n_extensions && m->extensions[i].id != e.id)
		i++;
	if (i == ES_SDP_EXTENSIONS_MAX) {
		r->sdp->n_over_limit++;
		return;
	}
	m->extensions[i] = e;
	if (i == m->n_extensions)
		m->n_extensions++;
}

/* a=ssrc:1234 cname:x; an SSRC has a line for each of its attributes. */
void
es_sdp_on_ssrc(struct es_sdp_reader *r, es_slice value)
{
	struct es_sdp_media *m = r->media;
	uint32_t ssrc;

	if (es_text_u32(es_text_word(&value), UINT32_MAX, &ssrc) != 0)
		return;
	for (uint32_t i = 0; i < m->n_ssrcs; i++)
		if (m->ssrcs[i] == ssrc)
			return;
	if (m->n_ssrcs == ES_SDP_SSRCS_MAX)
		r->sdp->n_over_limit++;
	else
		m->ssrcs[m->n_ssrcs++] = ssrc;
}

/* a=ssrc-group:FID 1234 5678 */
void
es_sdp_on_ssrc_group(struct es_sdp_reader *r, es_slice value)
{
	struct es_sdp_media *m = r->media;
	es_slice semantics = es_text_word(&value);
	es_slice ssrc = es_text_word(&value);
	es_slice repair = es_text_word(&value);
	struct es_sdp_ssrc_group g;

	if (!es_text_is(semantics, "FID") && !es_text_is(semantics, "FEC-FR") &&
	    !es_text_is(semantics, "FEC"))
		return;
	if (es_text_u32(ssrc, UINT32_MAX, &g.ssrc) != 0 ||
	    es_text_u32(repair, UINT32_MAX, &g.repair) != 0)
		return;
	if (m->n_ssrc_groups == ES_SDP_SSRC_GROUPS_MAX)
		r->sdp->n_over_limit++;
	else
		m->ssrc_groups[m->n_ssrc_groups++] = g;
}

/* a=group:BUNDLE audio video */
void
es_sdp_on_group(struct es_sdp_reader *r, es_slice value)
{
	struct es_sdp_group *g;
	es_slice mid;

	if (!es_text_is(es_text_word(&value), "BUNDLE"))
		return;
	if (r->sdp->n_groups == ES_SDP_GROUPS_MAX) {
		r->sdp->n_over_limit++;
		return;
	}
	g = &r->sdp->groups[r->sdp->n_groups];
	while (g->n_mids < ES_SDP_GROUP_MIDS_MAX && (mid = es_text_word(&value)).n > 0)
		g->mids[g->n_mids++] = mid;
	if (g->n_mids > 0)
		r->sdp->n_groups++;
}
