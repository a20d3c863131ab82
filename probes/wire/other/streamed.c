/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams in byte streams. */
#include "probes/wire/other/streamed.h"

#include "probes/base/cursor.h"
#include "probes/base/text.h"

enum {
	STUN_HEAD_BYTES = 20,
	COOKIE_END_BYTES = 8, /* of a STUN message, up to and with the cookie */
	CHANNEL_HEAD_BYTES = 4,
	LENGTH_BYTES = 2,
	RTP_HEAD_BYTES = 12,
	RTCP_HEAD_BYTES = 8,
	MEDIA_MAX_BYTES = 1500, /* of a packet that is taken for media by its looks */
};

static const uint32_t cookie = 0x2112a442;

/* As es_streamed_turn, of a STUN message. */
static int
stun(es_slice bytes, struct es_streamed *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint16_t type = es_cur_be16(&c);
	uint16_t n = es_cur_be16(&c);
	uint32_t word = es_cur_be32(&c);

	if ((bytes.n >= 2 && type >> 14 != 0) || (bytes.n >= ES_STREAMED_HEAD_BYTES && n % 4 != 0))
		return ES_EMALFORMED;
	if (c.bad)
		return ES_ESHORT;
	if (word != cookie)
		return ES_EMALFORMED;
	out->head_bytes = 0;
	out->packet_bytes = out->bytes = (size_t)STUN_HEAD_BYTES + n;
	return 0;
}

int
es_streamed_turn(es_slice bytes, struct es_streamed *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t first = es_cur_peek(&c, 0);
	uint16_t n;

	if (bytes.n == 0)
		return ES_ESHORT;
	if (first >> 6 == 0)
		return stun(bytes, out);
	if (first >> 6 !=
	    1) /* 0x4000 to 0x7fff, RFC 5766; RFC 8656 keeps the upper three quarters */
		return ES_EMALFORMED;
	es_cur_skip(&c, 2);
	n = es_cur_be16(&c);
	if (c.bad)
		return ES_ESHORT;
	out->head_bytes = 0; /* channel and length are part of the message */
	out->packet_bytes = (size_t)CHANNEL_HEAD_BYTES + n;
	out->bytes = (out->packet_bytes + 3) & ~(size_t)3;
	return 0;
}

int
es_streamed_framed(es_slice bytes, struct es_streamed *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint16_t n = es_cur_be16(&c);

	if (c.bad)
		return ES_ESHORT;
	out->head_bytes = LENGTH_BYTES;
	out->packet_bytes = n;
	out->bytes = (size_t)LENGTH_BYTES + n;
	return 0;
}

/* Version 2, long enough for RTP or RTCP, and not longer than anyone sends them. */
static bool
is_media(es_slice packet, size_t sent_bytes)
{
	struct es_cur c = es_cur_of(packet);
	uint8_t type = es_cur_peek(&c, 1);
	bool is_rtcp = type >= 192 && type <= 223;

	return packet.n >= 2 && packet.p[0] >> 6 == 2 && sent_bytes <= MEDIA_MAX_BYTES &&
	       sent_bytes >= (is_rtcp ? (size_t)RTCP_HEAD_BYTES : (size_t)RTP_HEAD_BYTES);
}

/* What may share one stream with media. */
static bool
is_multiplexed(es_slice packet)
{
	struct es_streamed s;

	return packet.n > 0 && ((packet.p[0] >= 20 && packet.p[0] < 64) || stun(packet, &s) == 0);
}

bool
es_streamed_looks(es_slice bytes)
{
	enum { COOKIE_AT = 4 }; /* in a STUN message */
	const uint8_t *p = bytes.p, cookie_first = cookie >> 24;

	if (bytes.n < LENGTH_BYTES + COOKIE_END_BYTES)
		return true;
	if (p[0] >> 6 == 1 && p[CHANNEL_HEAD_BYTES] >> 6 == 2)
		return true;
	if (p[0] <= MEDIA_MAX_BYTES >> 8 && p[LENGTH_BYTES] >> 6 == 2)
		return true;
	return p[COOKIE_AT] == cookie_first || p[LENGTH_BYTES + COOKIE_AT] == cookie_first;
}

int
es_streamed_is_turn(es_slice bytes)
{
	es_slice rest = bytes;
	struct es_streamed s;
	unsigned n = 0;

	while (rest.n > 0) {
		int err = es_streamed_turn(rest, &s);
		bool is_stun = rest.p[0] >> 6 == 0;

		if (err == ES_ESHORT)
			return n > 0 ? 0 : ES_ESHORT;
		if (err != 0)
			return err;
		if (is_stun)
			return 0; /* the cookie is proof enough */
		if (s.packet_bytes > rest.n)
			return n > 0 ? 0 : ES_EMALFORMED;
		if (n == 0 && !is_media(es_text_from(rest, CHANNEL_HEAD_BYTES),
				  s.packet_bytes - CHANNEL_HEAD_BYTES))
			return ES_EMALFORMED;
		rest = es_text_from(rest, s.bytes < rest.n ? s.bytes : rest.n);
		n++;
	}
	return n > 0 ? 0 : ES_ESHORT;
}

int
es_streamed_is_framed(es_slice bytes, bool *is_sure)
{
	es_slice rest = bytes;
	unsigned n_media = 0;

	*is_sure = false;
	while (rest.n > 0) {
		struct es_streamed s, inner;
		es_slice packet;

		if (es_streamed_framed(rest, &s) != 0)
			return n_media > 1 ? 0 : ES_ESHORT;
		packet = es_text_first(es_text_from(rest, LENGTH_BYTES), s.packet_bytes);
		if (packet.n >= COOKIE_END_BYTES && stun(packet, &inner) == 0 &&
		    inner.packet_bytes == s.packet_bytes) {
			*is_sure = true;
			return 0;
		}
		if (packet.n < 2 && s.packet_bytes >= RTCP_HEAD_BYTES &&
		    s.packet_bytes <= MEDIA_MAX_BYTES)
			return n_media > 1 ? 0 : ES_ESHORT;
		if (!is_media(packet, s.packet_bytes) && (n_media == 0 || !is_multiplexed(packet)))
			return ES_EMALFORMED;
		if (packet.n < s.packet_bytes) /* two heads where they must be are enough */
			return n_media > 0 && is_media(packet, s.packet_bytes) ? 0 : ES_ESHORT;
		n_media++;
		rest = es_text_from(rest, s.bytes);
	}
	return n_media > 0 ? 0 : ES_ESHORT;
}
