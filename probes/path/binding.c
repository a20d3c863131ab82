/* SPDX-License-Identifier: Apache-2.0 */
/* STUN binding: request, response. */
#include "probes/path/binding.h"

#include "probes/wire/other/stun.h"

enum {
	HEAD_BYTES = 20,
	CHANGED_ADDRESS = 0x0005, /* RFC 3489 */
	ERROR_CODE = 0x0009,
	OTHER_ADDRESS = 0x802c,
};

void
es_binding_request(const uint8_t id[ES_BINDING_ID_BYTES], uint8_t out[ES_BINDING_BYTES])
{
	static const uint8_t head[8] = { 0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42 };

	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), id, ES_BINDING_ID_BYTES);
}

/* RFC 8489 section 14.1. */
static bool
read_address(struct es_cur c, struct es_addr *out)
{
	struct es_addr a = { 0 };
	uint8_t family;
	const uint8_t *ip;

	es_cur_skip(&c, 1);
	family = es_cur_u8(&c);
	a.port = es_cur_be16(&c);
	a.family = family == 1 ? 4 : 6;
	ip = es_cur_take(&c, family == 1 ? 4 : 16);
	if (c.bad || (family != 1 && family != 2))
		return false;
	memcpy(a.ip, ip, family == 1 ? 4 : 16);
	*out = a;
	return true;
}

static uint16_t
read_error(struct es_cur c)
{
	uint16_t class, number;

	es_cur_skip(&c, 2);
	class = es_cur_u8(&c) & 7;
	number = es_cur_u8(&c);
	return c.bad || class < 3 || class > 6 || number > 99 ? 0
							      : (uint16_t)(class * 100 + number);
}

/* What es_stun_parse has no use for; it has checked the lengths of all attributes up to its limit. */
static void
read_attributes(es_slice message, struct es_binding *b)
{
	struct es_cur c = es_cur_of(message);

	es_cur_skip(&c, HEAD_BYTES);
	for (unsigned i = 0; i < ES_STUN_ATTRIBUTES_MAX && es_cur_left(&c) >= 4; i++) {
		uint16_t type = es_cur_be16(&c);
		uint16_t n = es_cur_be16(&c);
		struct es_cur value = es_cur_sub(&c, n);

		es_cur_skip(&c, (4u - n % 4u) % 4u);
		if (type == ERROR_CODE && b->error == 0)
			b->error = read_error(value);
		else if (type == OTHER_ADDRESS || (type == CHANGED_ADDRESS && b->other.family == 0))
			(void)read_address(value, &b->other); /* else none */
	}
}

int
es_binding_response(const uint8_t id[ES_BINDING_ID_BYTES], es_slice message, struct es_binding *out)
{
	struct es_binding b = { 0 };
	struct es_stun s;

	if (es_stun_parse(message, (uint32_t)message.n, &s) != 0 || s.method != ES_STUN_BINDING ||
	    (s.class != ES_STUN_SUCCESS && s.class != ES_STUN_ERROR))
		return ES_EMALFORMED;
	if (memcmp(s.transaction, id, ES_BINDING_ID_BYTES) != 0)
		return ES_ENOTFOUND;
	read_attributes(message, &b);
	b.mapped = s.mapped;
	if (s.class == ES_STUN_SUCCESS)
		b.error = 0;
	if (s.class == ES_STUN_SUCCESS ? b.mapped.family == 0 : b.error == 0)
		return ES_EMALFORMED;
	*out = b;
	return 0;
}
