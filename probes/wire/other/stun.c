/* SPDX-License-Identifier: Apache-2.0 */
/* STUN and TURN messages; the shapes of DTLS, ZRTP and QUIC. */
#include "probes/wire/other/stun.h"

#define MAGIC_COOKIE UINT32_C(0x2112a442)
#define ZRTP_COOKIE UINT32_C(0x5a525450) /* "ZRTP" */

enum {
	STUN_HEAD_BYTES = 20,
	DTLS_HEAD_BYTES = 13,
	CHANNEL_HEAD_BYTES = 4,
	ZRTP_MIN_BYTES = 12 + 12 + 4, /* header, shortest message, checksum */
};

enum {
	MAPPED_ADDRESS = 0x0001,
	USERNAME = 0x0006,
	DATA = 0x0013,
	XOR_MAPPED_ADDRESS = 0x0020,
	XOR_MAPPED_ADDRESS_OLD = 0x8020, /* of a draft, still sent */
};

/* RFC 3489 had two methods; without the cookie nothing else is believed. */
static bool
is_classic_type(uint16_t type)
{
	static const uint16_t types[] = { 0x0001, 0x0101, 0x0111, 0x0002, 0x0102, 0x0112 };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i] == type)
			return true;
	return false;
}

bool
es_stun_is(es_slice pkt, uint32_t wire_bytes)
{
	struct es_cur c = es_cur_of(pkt);
	uint16_t type = es_cur_be16(&c);
	uint16_t n_bytes = es_cur_be16(&c);
	uint32_t cookie = es_cur_be32(&c);

	if (c.bad || type >> 14 != 0 || n_bytes % 4 != 0)
		return false;
	if (wire_bytes != (uint32_t)STUN_HEAD_BYTES + n_bytes)
		return false;
	return cookie == MAGIC_COOKIE || is_classic_type(type);
}

/* RFC 8489 section 14.1 and 14.2; mask: the cookie and transaction that hide it, NULL: in clear. */
static bool
address(struct es_cur c, const uint8_t mask[16], struct es_addr *out)
{
	const uint8_t *bytes;
	uint8_t family;
	size_t n;

	memset(out, 0, sizeof(*out));
	es_cur_skip(&c, 1);
	family = es_cur_u8(&c);
	out->port = es_cur_be16(&c);
	n = family == 1 ? 4 : 16;
	bytes = es_cur_take(&c, n);
	if (c.bad || (family != 1 && family != 2))
		return false;
	out->family = family == 1 ? 4 : 6;
	memcpy(out->ip, bytes, n);
	if (mask == NULL)
		return true;
	out->port = (uint16_t)(out->port ^ (mask[0] << 8 | mask[1]));
	for (size_t i = 0; i < n; i++)
		out->ip[i] ^= mask[i];
	return true;
}

static void
attribute(struct es_stun *s, uint16_t type, struct es_cur value, uint32_t n_bytes,
    const uint8_t mask[16], bool *has_xor)
{
	struct es_addr a;

	switch (type) {
	case USERNAME:
		if (s->username.n == 0 && es_cur_left(&value) == n_bytes)
			s->username = es_cur_rest(&value);
		return;
	case DATA:
		if (s->data_wire_bytes > 0)
			return;
		s->data_wire_bytes = n_bytes;
		s->data = es_cur_rest(&value);
		return;
	case MAPPED_ADDRESS:
		if (s->mapped.family == 0 && address(value, NULL, &a))
			s->mapped = a;
		return;
	case XOR_MAPPED_ADDRESS:
	case XOR_MAPPED_ADDRESS_OLD:
		if (!*has_xor && address(value, mask, &a)) {
			s->mapped = a;
			*has_xor = true;
		}
		return;
	default:
		return;
	}
}

int
es_stun_parse(es_slice pkt, uint32_t wire_bytes, struct es_stun *out)
{
	struct es_cur c = es_cur_of(pkt);
	struct es_stun s;
	const uint8_t *mask;
	bool has_xor = false;
	uint16_t type;
	uint32_t left;

	memset(&s, 0, sizeof(s));
	if (!es_stun_is(pkt, wire_bytes))
		return ES_EMALFORMED;
	type = es_cur_be16(&c);
	left = es_cur_be16(&c);
	mask = es_cur_take(&c, 16);
	if (c.bad)
		return ES_EMALFORMED;
	s.class = (enum es_stun_class)((type >> 7 & 2) | (type >> 4 & 1));
	s.method = (uint16_t)((type & 0x000f) | (type & 0x00e0) >> 1 | (type & 0x3e00) >> 2);
	memcpy(s.transaction, mask + 4, sizeof(s.transaction));
	for (unsigned i = 0; i < ES_STUN_ATTRIBUTES_MAX && left > 0 && es_cur_left(&c) >= 4; i++) {
		uint16_t kind = es_cur_be16(&c);
		uint32_t n_bytes = es_cur_be16(&c);
		uint32_t padded = (n_bytes + 3) & ~UINT32_C(3);
		size_t here = es_cur_left(&c) < n_bytes ? es_cur_left(&c) : n_bytes;

		if (left < 4 || padded > left - 4)
			return ES_EMALFORMED;
		left -= 4 + padded;
		attribute(&s, kind, es_cur_sub(&c, here), n_bytes, mask, &has_xor);
		es_cur_skip(
		    &c, es_cur_left(&c) < padded - n_bytes ? es_cur_left(&c) : padded - n_bytes);
	}
	*out = s;
	return 0;
}

bool
es_turn_channel_is(es_slice pkt, uint32_t wire_bytes)
{
	struct es_cur c = es_cur_of(pkt);
	uint16_t channel = es_cur_be16(&c);
	uint32_t n_bytes = es_cur_be16(&c);

	/* RFC 8656 section 12.4: over UDP the padding to 4 bytes may be there. */
	return !c.bad && channel >> 12 == 4 && wire_bytes >= CHANNEL_HEAD_BYTES + n_bytes &&
	       wire_bytes - CHANNEL_HEAD_BYTES - n_bytes < 4;
}

es_slice
es_turn_channel_data(es_slice pkt, uint32_t *data_wire_bytes)
{
	struct es_cur c = es_cur_of(pkt);

	es_cur_skip(&c, 2);
	*data_wire_bytes = es_cur_be16(&c);
	return es_cur_slice(
	    &c, es_cur_left(&c) < *data_wire_bytes ? es_cur_left(&c) : *data_wire_bytes);
}

/* RFC 9147 section 4: 001CSLEE, connection ID of unknown size, 8 or 16 bits of number, length. */
static bool
is_dtls13(struct es_cur c, uint32_t wire_bytes)
{
	uint8_t b0 = es_cur_u8(&c);
	uint32_t head = (b0 & 0x08) != 0 ? 5 : 4;

	if ((b0 & 0xf4) != 0x24)
		return false;
	es_cur_skip(&c, head - 3);
	return es_cur_be16(&c) + head == wire_bytes && !c.bad && wire_bytes > head;
}

bool
es_dtls_is(es_slice pkt, uint32_t wire_bytes)
{
	struct es_cur c = es_cur_of(pkt);
	struct es_cur whole = es_cur_of(pkt);
	uint8_t type = es_cur_u8(&c);
	uint16_t version = es_cur_be16(&c);
	uint16_t n_bytes;

	es_cur_skip(&c, 8); /* epoch and sequence number */
	n_bytes = es_cur_be16(&c);
	if (type >> 5 == 1)
		return is_dtls13(whole, wire_bytes);
	if (c.bad || type < 20 || type > 26)
		return false;
	if (version != 0xfeff && version != 0xfefd) /* 1.0; 1.2 and the clear records of 1.3 */
		return false;
	return n_bytes > 0 && wire_bytes >= (uint32_t)DTLS_HEAD_BYTES + n_bytes;
}

bool
es_zrtp_is(es_slice pkt, uint32_t wire_bytes)
{
	struct es_cur c = es_cur_of(pkt);
	uint8_t b0 = es_cur_u8(&c);

	es_cur_skip(&c, 3);
	return es_cur_be32(&c) == ZRTP_COOKIE && !c.bad && b0 >> 4 == 1 &&
	       wire_bytes >= ZRTP_MIN_BYTES && wire_bytes % 4 == 0;
}

bool
es_quic_is(es_slice pkt, uint32_t wire_bytes)
{
	struct es_cur c = es_cur_of(pkt);
	uint8_t b0 = es_cur_u8(&c);
	uint32_t version = es_cur_be32(&c);
	uint8_t id_bytes = es_cur_u8(&c);

	if (c.bad || b0 >> 7 == 0 || wire_bytes < 7)
		return false;
	if (version >> 24 == 'Q' || version >> 24 == 'T') /* Google's, "Q046", "T051" */
		return (version >> 16 & 0xff) == '0';
	if (id_bytes > 20) /* RFC 9000 section 17.2 */
		return false;
	return version == 1 || version == UINT32_C(0x6b3343cf) || version >> 8 == 0xff0000 ||
	       version == 0;
}
