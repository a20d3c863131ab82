/* SPDX-License-Identifier: Apache-2.0 */
/* Session descriptions, line by line. */
#include "probes/wire/sip/sdp.h"
#include "probes/base/text.h"
#include "probes/wire/sip/sdp_reader.h"

struct es_addr
es_sdp_connection(es_slice value)
{
	struct es_addr a;
	es_slice net = es_text_word(&value);
	es_slice type = es_text_word(&value);
	es_slice text = es_text_word(&value);

	memset(&a, 0, sizeof(a));
	text = es_text_first(text, es_text_find(text, '/')); /* TTL and count of multicast */
	if (!es_text_is(net, "IN") || (!es_text_is(type, "IP4") && !es_text_is(type, "IP6")))
		return a;
	if (es_addr_parse_ip((const char *)text.p, text.n, &a) != 0)
		memset(&a, 0, sizeof(a));
	return a;
}

static bool
is_unspecified(const struct es_addr *a)
{
	static const uint8_t zero[16];

	return a->family != 0 && memcmp(a->ip, zero, sizeof(zero)) == 0;
}

/* What is known of a media line only when all its lines are read. */
static void
finish_media(struct es_sdp_reader *r)
{
	struct es_sdp_media *m = r->media;
	uint16_t port;

	if (m == NULL || !r->in_media)
		return;
	port = m->addr.port; /* of m=; c= may have come behind it */
	m->is_rejected = port == 0 && !m->is_bundle_only;
	m->is_hold = is_unspecified(&m->addr);
	if (!r->has_rtcp || m->rtcp.family == 0) {
		uint16_t rtcp_port = r->has_rtcp ? m->rtcp.port : (uint16_t)(port + 1);

		m->rtcp = m->addr;
		m->rtcp.port = port == 0 || port == UINT16_MAX ? 0 : rtcp_port;
	}
}

static enum es_sdp_kind
kind_of(es_slice word)
{
	if (es_text_is(word, "audio"))
		return ES_SDP_AUDIO;
	if (es_text_is(word, "video"))
		return ES_SDP_VIDEO;
	if (es_text_is(word, "text"))
		return ES_SDP_TEXT;
	return es_text_is(word, "image") ? ES_SDP_IMAGE : ES_SDP_OTHER;
}

/* RTP/AVP, RTP/SAVPF, UDP/TLS/RTP/SAVPF, TCP/RTP/AVP ...: what follows the last "RTP/". */
static void
read_proto(es_slice proto, struct es_sdp_media *m)
{
	while (proto.n > 0 && !es_text_begins_same(proto, "RTP/"))
		(void)es_text_cut(&proto, '/');
	proto = es_text_from(proto, 4);
	m->is_secure = es_text_is(proto, "SAVP") || es_text_is(proto, "SAVPF");
	m->is_rtp = m->is_secure || es_text_is(proto, "AVP") || es_text_is(proto, "AVPF");
}

static int
read_types(struct es_sdp_reader *r, es_slice rest)
{
	struct es_sdp_media *m = r->media;
	es_slice word;

	while ((word = es_text_word(&rest)).n > 0) {
		struct es_sdp_type *t;
		uint32_t pt;

		if (es_text_u32(word, 127, &pt) != 0)
			return ES_EMALFORMED;
		if (m->n_types == ES_SDP_TYPES_MAX) {
			r->sdp->n_over_limit++;
			continue;
		}
		t = &m->types[m->n_types++];
		memset(t, 0, sizeof(*t));
		t->pt = (uint8_t)pt;
		t->channels = 1;
	}
	return 0;
}

/* m=audio 49170/2 RTP/AVP 0 8 96 */
static int
on_media(struct es_sdp_reader *r, es_slice value)
{
	es_slice kind = es_text_word(&value);
	es_slice port_text = es_text_word(&value);
	es_slice proto = es_text_word(&value);
	struct es_sdp_media *m;
	uint32_t port;

	finish_media(r);
	r->in_media = true;
	r->media = NULL;
	port_text = es_text_first(port_text, es_text_find(port_text, '/'));
	if (kind.n == 0 || proto.n == 0 || es_text_u32(port_text, UINT16_MAX, &port) != 0)
		return ES_EMALFORMED;
	if (r->sdp->n_media == ES_SDP_MEDIA_MAX) {
		r->sdp->n_over_limit++;
		return 0;
	}
	m = &r->sdp->media[r->sdp->n_media++];
	memcpy(m, &r->session, offsetof(struct es_sdp_media, types)); /* types: as they are found */
	m->kind = kind_of(kind);
	m->addr.port = (uint16_t)port;
	r->media = m;
	r->has_rtcp = false;
	read_proto(proto, m);
	return m->is_rtp ? read_types(r, value) : 0;
}

static void
on_connection(struct es_sdp_reader *r, es_slice value)
{
	uint16_t port = r->media->addr.port;

	r->media->addr = es_sdp_connection(value);
	r->media->addr.port = port;
}

static int
on_line(struct es_sdp_reader *r, uint8_t type, es_slice value)
{
	if (type == 'm')
		return on_media(r, value);
	if (r->media == NULL)
		return 0;
	if (type == 'c')
		on_connection(r, value);
	else if (type == 'a')
		es_sdp_attribute(r, value);
	return 0;
}

/* Groups come before the media they name. */
static void
find_bundle(const struct es_sdp *sdp, struct es_sdp_media *m)
{
	for (uint32_t g = 0; g < sdp->n_groups && m->mid.n > 0; g++)
		for (uint32_t i = 0; i < sdp->groups[g].n_mids && m->bundle == 0; i++)
			if (es_slice_eq(sdp->groups[g].mids[i], m->mid))
				m->bundle = (uint8_t)(g + 1);
}

const struct es_sdp_media *
es_sdp_carrier(const struct es_sdp *sdp, const struct es_sdp_media *m)
{
	const struct es_sdp_group *g;

	if (m->bundle == 0)
		return m;
	g = &sdp->groups[m->bundle - 1];
	for (uint32_t i = 0; i < sdp->n_media; i++)
		if (es_slice_eq(sdp->media[i].mid, g->mids[0]) &&
		    sdp->media[i].bundle == m->bundle && sdp->media[i].addr.port != 0)
			return &sdp->media[i];
	return m;
}

int
es_sdp_parse(es_slice text, struct es_sdp *out)
{
	struct es_sdp_reader r;
	es_slice line;
	int n = 0;

	memset(&r, 0, sizeof(r));
	r.sdp = out;
	r.media = &r.session;
	memset(out, 0, offsetof(struct es_sdp, media));
	if (!es_text_line(&text, &line) || !es_text_is(es_text_trim(line), "v=0"))
		return ES_EMALFORMED;
	while (es_text_line(&text, &line)) {
		int err;

		if (line.n > ES_SDP_LINE_MAX_BYTES || ++n > ES_SDP_LINES_MAX)
			return ES_EFULL;
		if (line.n < 2 || line.p[1] != '=') /* blank, or nothing we know */
			continue;
		err = on_line(&r, line.p[0], es_text_trim(es_text_from(line, 2)));
		if (err != 0)
			return err;
	}
	finish_media(&r);
	for (uint32_t i = 0; i < out->n_media; i++)
		find_bundle(out, &out->media[i]);
	return 0;
}
