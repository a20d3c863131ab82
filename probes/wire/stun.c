/* SPDX-License-Identifier: Apache-2.0 */
/* The shapes of STUN messages and DTLS records. */
#include "probes/wire/stun.h"

#define MAGIC_COOKIE UINT32_C(0x2112a442)

enum { STUN_HEAD_BYTES = 20, DTLS_HEAD_BYTES = 13 };

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

bool
es_dtls_is(es_slice pkt, uint32_t wire_bytes)
{
	struct es_cur c = es_cur_of(pkt);
	uint8_t type = es_cur_u8(&c);
	uint16_t version = es_cur_be16(&c);
	uint16_t n_bytes;

	es_cur_skip(&c, 8); /* epoch and sequence number */
	n_bytes = es_cur_be16(&c);
	if (c.bad || type < 20 || type > 26)
		return false;
	if (version != 0xfeff && version != 0xfefd) /* 1.0; 1.2 and the clear records of 1.3 */
		return false;
	return n_bytes > 0 && wire_bytes >= (uint32_t)DTLS_HEAD_BYTES + n_bytes;
}
