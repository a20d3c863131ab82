/* SPDX-License-Identifier: Apache-2.0 */
/* Session descriptions, line by line. */
#include "probes/wire/sdp.h"
#include "probes/base/text.h"

enum { PTIME_MAX_MS = 1000, CLOCK_MAX_HZ = 10000000 };

/* What stands before the first media line holds for every media line that does not say otherwise. */
struct session {
	struct es_addr addr;
	enum es_sdp_way way;
	bool has_fingerprint;
};

struct reader {
	struct es_sdp *sdp;
	struct session session;
	struct es_sdp_media *media; /* NULL: before the first, or one above the limit */
	bool in_media;
	bool has_rtcp; /* of media: a=rtcp was there */
};

/* "IN IP4 10.0.0.1/127" to an address without port; family 0 where it is a name. */
static struct es_addr
read_connection(es_slice value)
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

/* What can be said of a media line only once all its lines are read. */
static void
finish_media(struct reader *r)
{
	struct es_sdp_media *m = r->media;
	uint16_t port;

	if (m == NULL)
		return;
	port = m->addr.port; /* of m=; c= may have come behind it */
	m->is_rejected = port == 0;
	m->is_hold = is_unspecified(&m->addr);
	if (!r->has_rtcp || m->rtcp.family == 0) {
		uint16_t rtcp_port = r->has_rtcp ? m->rtcp.port : (uint16_t)(port + 1);

		m->rtcp = m->addr;
		m->rtcp.port = port == 0 || port == UINT16_MAX ? 0 : rtcp_port;
	}
	r->media = NULL;
}

static enum es_sdp_kind
kind_of(es_slice word)
{
	if (es_text_is(word, "audio"))
		return ES_SDP_AUDIO;
	if (es_text_is(word, "video"))
		return ES_SDP_VIDEO;
	return es_text_is(word, "image") ? ES_SDP_IMAGE : ES_SDP_OTHER;
}

/* RTP/AVP, RTP/SAVPF, UDP/TLS/RTP/SAVPF, TCP/RTP/AVP ...: what stands behind the last "RTP/". */
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
read_types(struct reader *r, es_slice rest)
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
on_media(struct reader *r, es_slice value)
{
	es_slice kind = es_text_word(&value);
	es_slice port_text = es_text_word(&value);
	es_slice proto = es_text_word(&value);
	struct es_sdp_media *m;
	uint32_t port;

	finish_media(r);
	r->in_media = true;
	port_text = es_text_first(port_text, es_text_find(port_text, '/'));
	if (kind.n == 0 || proto.n == 0 || es_text_u32(port_text, UINT16_MAX, &port) != 0)
		return ES_EMALFORMED;
	if (r->sdp->n_media == ES_SDP_MEDIA_MAX) {
		r->sdp->n_over_limit++;
		return 0;
	}
	m = &r->sdp->media[r->sdp->n_media++];
	memset(m, 0, offsetof(struct es_sdp_media, types)); /* types are set as they are found */
	m->kind = kind_of(kind);
	m->addr = r->session.addr;
	m->addr.port = (uint16_t)port;
	m->way = r->session.way;
	m->has_fingerprint = r->session.has_fingerprint;
	r->media = m;
	r->has_rtcp = false;
	read_proto(proto, m);
	return m->is_rtp ? read_types(r, value) : 0;
}

static void
on_connection(struct reader *r, es_slice value)
{
	struct es_addr a = read_connection(value);

	if (!r->in_media) {
		r->session.addr = a;
	} else if (r->media != NULL) {
		a.port = r->media->addr.port;
		r->media->addr = a;
	}
}

/* The payload type that begins value, cut off it; NULL where the media line does not list it. */
static struct es_sdp_type *
type_of(struct reader *r, es_slice *value)
{
	es_slice word = es_text_word(value);
	uint32_t pt;

	if (r->media == NULL || es_text_u32(word, 127, &pt) != 0)
		return NULL;
	for (uint32_t i = 0; i < r->media->n_types; i++)
		if (r->media->types[i].pt == pt)
			return &r->media->types[i];
	return NULL;
}

/* a=rtpmap:96 opus/48000/2. One that cannot be read leaves the type unnamed. */
static void
on_rtpmap(struct reader *r, es_slice value)
{
	struct es_sdp_type *t = type_of(r, &value);
	es_slice rest = es_text_word(&value);
	es_slice name = es_text_cut(&rest, '/');
	es_slice rate = es_text_cut(&rest, '/');
	uint32_t clock_rate_hz, channels = 1;

	if (t == NULL || name.n == 0 || es_text_u32(rate, CLOCK_MAX_HZ, &clock_rate_hz) != 0 ||
	    clock_rate_hz == 0)
		return;
	if (rest.n > 0 && (es_text_u32(rest, 255, &channels) != 0 || channels == 0))
		channels = 1;
	t->name = name;
	t->clock_rate_hz = clock_rate_hz;
	t->channels = (uint8_t)channels;
}

static void
on_fmtp(struct reader *r, es_slice value)
{
	struct es_sdp_type *t = type_of(r, &value);

	if (t != NULL)
		t->fmtp = es_text_trim(value);
}

/* Whole milliseconds; a fraction, which some send, is left out. */
static void
on_ptime(struct reader *r, es_slice value)
{
	uint32_t v;

	value = es_text_trim(es_text_first(value, es_text_find(value, '.')));
	if (r->media != NULL && es_text_u32(value, PTIME_MAX_MS, &v) == 0)
		r->media->ptime_ms = v;
}

/* a=rtcp:53020 IN IP6 2001:db8::1, RFC 3605; the address may be left out. */
static void
on_rtcp(struct reader *r, es_slice value)
{
	es_slice word = es_text_word(&value);
	uint32_t port;

	if (r->media == NULL || es_text_u32(word, UINT16_MAX, &port) != 0)
		return;
	r->has_rtcp = true;
	r->media->rtcp = read_connection(value);
	r->media->rtcp.port = (uint16_t)port;
}

static void
on_way(struct reader *r, enum es_sdp_way way)
{
	if (r->media != NULL)
		r->media->way = way;
	else if (!r->in_media)
		r->session.way = way;
}

/* Attributes without a value that matters: presence only, so that no key is ever looked at. */
static void
on_flag(struct reader *r, es_slice name)
{
	if (es_text_is(name, "sendrecv"))
		on_way(r, ES_SDP_SENDRECV);
	else if (es_text_is(name, "sendonly"))
		on_way(r, ES_SDP_SENDONLY);
	else if (es_text_is(name, "recvonly"))
		on_way(r, ES_SDP_RECVONLY);
	else if (es_text_is(name, "inactive"))
		on_way(r, ES_SDP_INACTIVE);
	else if (es_text_is(name, "fingerprint") && !r->in_media)
		r->session.has_fingerprint = true;
	else if (r->media == NULL)
		return;
	else if (es_text_is(name, "rtcp-mux"))
		r->media->has_rtcp_mux = true;
	else if (es_text_is(name, "crypto"))
		r->media->has_crypto = true;
	else if (es_text_is(name, "fingerprint"))
		r->media->has_fingerprint = true;
	else if (es_text_is(name, "candidate"))
		r->media->has_ice = true;
}

static void
on_attribute(struct reader *r, es_slice value)
{
	static const struct {
		const char *name;
		void (*on)(struct reader *r, es_slice value);
	} with_value[] = {
		{ "rtpmap", on_rtpmap },
		{ "fmtp", on_fmtp },
		{ "ptime", on_ptime },
		{ "rtcp", on_rtcp },
	};
	es_slice name = es_text_trim(es_text_cut(&value, ':'));

	for (size_t i = 0; i < sizeof(with_value) / sizeof(with_value[0]); i++) {
		if (es_text_is(name, with_value[i].name)) {
			with_value[i].on(r, value);
			return;
		}
	}
	on_flag(r, name);
}

static int
on_line(struct reader *r, uint8_t type, es_slice value)
{
	switch (type) {
	case 'o':
		r->sdp->origin = value;
		return 0;
	case 'c':
		on_connection(r, value);
		return 0;
	case 'm':
		return on_media(r, value);
	case 'a':
		on_attribute(r, value);
		return 0;
	default:
		return 0;
	}
}

int
es_sdp_parse(es_slice text, struct es_sdp *out)
{
	struct reader r;
	es_slice line;

	memset(&r, 0, sizeof(r));
	r.sdp = out;
	out->origin = es_slice_of(NULL, 0);
	out->n_media = 0;
	out->n_over_limit = 0;
	if (!es_text_line(&text, &line) || !es_text_is(es_text_trim(line), "v=0"))
		return ES_EMALFORMED;
	while (es_text_line(&text, &line)) {
		int err;

		if (line.n > ES_SDP_LINE_MAX_BYTES)
			return ES_EFULL;
		if (line.n < 2 || line.p[1] != '=') /* blank, or nothing we know */
			continue;
		err = on_line(&r, line.p[0], es_text_trim(es_text_from(line, 2)));
		if (err != 0)
			return err;
	}
	finish_media(&r);
	return 0;
}
