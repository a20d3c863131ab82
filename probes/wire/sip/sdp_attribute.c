/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of a session description: types, times, directions, what holds for a media line. */
#include "probes/base/text.h"
#include "probes/wire/sip/sdp_reader.h"

enum { PTIME_MAX_MS = 1000, CLOCK_MAX_HZ = 10000000 };

/* The payload type that begins value, cut off it; NULL where the media line does not list it. */
static struct es_sdp_type *
type_of(struct es_sdp_reader *r, es_slice *value)
{
	es_slice word = es_text_word(value);
	uint32_t pt;

	if (es_text_u32(word, 127, &pt) != 0)
		return NULL;
	for (uint32_t i = 0; i < r->media->n_types; i++)
		if (r->media->types[i].pt == pt)
			return &r->media->types[i];
	return NULL;
}

/* a=rtpmap:96 opus/48000/2. One that cannot be read leaves the type unnamed. */
static void
on_rtpmap(struct es_sdp_reader *r, es_slice value)
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
on_fmtp(struct es_sdp_reader *r, es_slice value)
{
	struct es_sdp_type *t = type_of(r, &value);

	if (t != NULL)
		t->fmtp = es_text_trim(value);
}

/* Whole milliseconds; a fraction, which some send, is left out. */
static void
read_ms(es_slice value, uint32_t *out)
{
	uint32_t v;

	value = es_text_trim(es_text_first(value, es_text_find(value, '.')));
	if (es_text_u32(value, PTIME_MAX_MS, &v) == 0)
		*out = v;
}

static void
on_ptime(struct es_sdp_reader *r, es_slice value)
{
	read_ms(value, &r->media->ptime_ms);
}

/* a=rtcp:53020 IN IP6 2001:db8::1, RFC 3605; the address may be left out. */
static void
on_rtcp(struct es_sdp_reader *r, es_slice value)
{
	es_slice word = es_text_word(&value);
	uint32_t port;

	if (es_text_u32(word, UINT16_MAX, &port) != 0)
		return;
	r->has_rtcp = true;
	r->media->rtcp = es_sdp_connection(value);
	r->media->rtcp.port = (uint16_t)port;
}

static void
on_sendrecv(struct es_sdp_reader *r, es_slice value)
{
	(void)value; /* this and the next ones have none */
	r->media->direction = ES_SDP_SENDRECV;
}

static void
on_sendonly(struct es_sdp_reader *r, es_slice value)
{
	(void)value;
	r->media->direction = ES_SDP_SENDONLY;
}

static void
on_recvonly(struct es_sdp_reader *r, es_slice value)
{
	(void)value;
	r->media->direction = ES_SDP_RECVONLY;
}

static void
on_inactive(struct es_sdp_reader *r, es_slice value)
{
	(void)value;
	r->media->direction = ES_SDP_INACTIVE;
}

static void
on_bundle_only(struct es_sdp_reader *r, es_slice value)
{
	(void)value;
	r->media->is_bundle_only = true;
}

static void
on_mid(struct es_sdp_reader *r, es_slice value)
{
	r->media->mid = es_text_word(&value);
}

static void
on_ice_ufrag(struct es_sdp_reader *r, es_slice value)
{
	r->media->ice_ufrag = es_text_word(&value);
}

static void
on_fingerprint(struct es_sdp_reader *r, es_slice value)
{
	(void)value;
	r->media->has_fingerprint = true;
}

enum where { ANYWHERE = 0, MEDIA, SESSION };

#define ROW(name, where, on)                      \
	{                                         \
		name, sizeof(name) - 1, where, on \
	}

static const struct {
	const char *name;
	size_t name_bytes;
	enum where where; /* elsewhere it means nothing */
	void (*on)(struct es_sdp_reader *r, es_slice value);
} rows[] = {
	ROW("rtpmap", MEDIA, on_rtpmap),
	ROW("fmtp", MEDIA, on_fmtp),
	ROW("candidate", MEDIA, es_sdp_on_candidate),
	ROW("ssrc", MEDIA, es_sdp_on_ssrc),
	ROW("extmap", ANYWHERE, es_sdp_on_extmap),
	ROW("ptime", MEDIA, on_ptime),
	ROW("rtcp", MEDIA, on_rtcp),
	ROW("sendrecv", ANYWHERE, on_sendrecv),
	ROW("sendonly", ANYWHERE, on_sendonly),
	ROW("recvonly", ANYWHERE, on_recvonly),
	ROW("inactive", ANYWHERE, on_inactive),
	ROW("mid", MEDIA, on_mid),
	ROW("group", SESSION, es_sdp_on_group),
	ROW("bundle-only", MEDIA, on_bundle_only),
	ROW("ice-ufrag", ANYWHERE, on_ice_ufrag),
	ROW("crypto", MEDIA, es_sdp_on_crypto),
	ROW("fingerprint", ANYWHERE, on_fingerprint),
	ROW("ssrc-group", MEDIA, es_sdp_on_ssrc_group),
};

void
es_sdp_attribute(struct es_sdp_reader *r, es_slice value)
{
	es_slice name = es_text_trim(es_text_cut(&value, ':'));
	enum where not_here = r->in_media ? SESSION : MEDIA;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].name_bytes != name.n || rows[i].where == not_here ||
		    !es_text_same(name, es_slice_of(rows[i].name, name.n)))
			continue;
		rows[i].on(r, value);
		return;
	}
}
