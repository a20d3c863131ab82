/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of UDP payloads, after RFC 7983, RFC 9443 and RFC 5761. */
#include "probes/wire/other/sniff.h"
#include "probes/base/text.h"
#include "probes/wire/other/stun.h"
#include "probes/wire/sip/sip.h"

enum { KEEPALIVE_MAX_BYTES = 4 };

static bool
is_keepalive(es_slice payload, uint32_t wire_bytes)
{
	if (wire_bytes > KEEPALIVE_MAX_BYTES)
		return false;
	for (size_t i = 0; i < payload.n; i++)
		if (payload.p[i] != 0 && !es_is_space(payload.p[i]))
			return false;
	return true;
}

/*
 * Version 2, second byte 192..223: RTCP when the length of its first packet fits, else RTP with the marker set,
 * but for the payload types 72..79 that RFC 3551 reserves to distinguish the two.
 */
static enum es_shape
version2(es_slice payload, uint32_t wire_bytes)
{
	struct es_cur c = es_cur_of(payload);
	uint8_t type;
	uint32_t n_bytes;

	es_cur_skip(&c, 1);
	type = es_cur_u8(&c);
	n_bytes = 4u * (es_cur_be16(&c) + 1u);
	if (c.bad || type < 192 || type > 223)
		return ES_SHAPE_OTHER; /* too short for RTP */
	if (wire_bytes >= 8 && n_bytes <= wire_bytes)
		return ES_SHAPE_RTCP;
	if (type >= 200 && type <= 207)
		return ES_SHAPE_OTHER;
	return payload.n >= 12 ? ES_SHAPE_RTP : ES_SHAPE_OTHER;
}

enum es_shape
es_sniff_other(es_slice payload, uint32_t wire_bytes)
{
	struct es_cur c = es_cur_of(payload);
	uint8_t b0 = es_cur_peek(&c, 0);

	if (payload.n > 0 && b0 >> 6 == 2)
		return version2(payload, wire_bytes);
	if (is_keepalive(payload, wire_bytes))
		return ES_SHAPE_KEEPALIVE;
	if (b0 < 4)
		return es_stun_is(payload, wire_bytes) ? ES_SHAPE_STUN : ES_SHAPE_OTHER;
	if (b0 >> 4 == 1 && es_zrtp_is(payload, wire_bytes))
		return ES_SHAPE_ZRTP;
	if (b0 < 64 && es_dtls_is(payload, wire_bytes))
		return ES_SHAPE_DTLS;
	if (b0 >> 4 == 4 && es_turn_channel_is(payload, wire_bytes))
		return ES_SHAPE_TURN_CHANNEL;
	if (b0 >> 6 == 3)
		return es_quic_is(payload, wire_bytes) ? ES_SHAPE_QUIC : ES_SHAPE_OTHER;
	return es_sip_is_start(payload) ? ES_SHAPE_SIP : ES_SHAPE_OTHER;
}
