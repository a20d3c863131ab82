/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of messages and attributes; each part begins at a multiple of 4 bytes. */
#include "probes/host/netlink/attribute.h"

#include <linux/netlink.h>
#include <string.h>

enum { MESSAGE_HEADER = 16, ATTRIBUTE_HEADER = 4, ALIGNED = 4 };

uint16_t
es_host_u16(struct es_cur *c)
{
	const uint8_t *b = es_cur_take(c, 2);
	uint16_t v = 0;

	if (b != NULL)
		memcpy(&v, b, sizeof(v));
	return v;
}

uint32_t
es_host_u32(struct es_cur *c)
{
	const uint8_t *b = es_cur_take(c, 4);
	uint32_t v = 0;

	if (b != NULL)
		memcpy(&v, b, sizeof(v));
	return v;
}

uint64_t
es_host_u64(struct es_cur *c)
{
	const uint8_t *b = es_cur_take(c, 8);
	uint64_t v = 0;

	if (b != NULL)
		memcpy(&v, b, sizeof(v));
	return v;
}

/* What is padded at the end of a message or attribute may be left out after the last. */
static void
skip_padding(struct es_cur *c, size_t length)
{
	size_t pad = (ALIGNED - length % ALIGNED) % ALIGNED;

	es_cur_skip(c, pad < es_cur_left(c) ? pad : es_cur_left(c));
}

bool
es_host_message_next(struct es_cur *c, struct es_host_message *out)
{
	while (es_cur_left(c) > 0) {
		uint32_t length = es_host_u32(c);

		out->type = es_host_u16(c);
		es_cur_skip(c, 10); /* flags, sequence, port */
		if (length < MESSAGE_HEADER)
			es_cur_fail(c);
		out->body = es_cur_sub(c, (size_t)length - MESSAGE_HEADER);
		skip_padding(c, length);
		if (c->bad)
			return false;
		if (out->type >= NLMSG_MIN_TYPE)
			return true;
	}
	return false;
}

bool
es_host_attribute_next(struct es_cur *c, struct es_host_attribute *out)
{
	uint16_t length;

	if (es_cur_left(c) == 0)
		return false;
	length = es_host_u16(c);
	out->type = (uint16_t)(es_host_u16(c) & (unsigned)NLA_TYPE_MASK);
	if (length < ATTRIBUTE_HEADER)
		es_cur_fail(c);
	out->value = es_cur_slice(c, (size_t)length - ATTRIBUTE_HEADER);
	skip_padding(c, length);
	return !c->bad;
}
