/* SPDX-License-Identifier: Apache-2.0 */
/* Frames handed on by a mirror that speaks UDP (TZSP), and IPv6 through NAT (Teredo, RFC 4380). */
#include "probes/wire/link/layer_private.h"

enum {
	TZSP_VERSION = 1,
	TZSP_TO_SEND = 1,
	TZSP_ETHERNET = 1,
	TZSP_IEEE802_11 = 18,
	TZSP_RADIOTAP = 127,
	TAG_PADDING = 0,
	TAG_END = 1,
	TEREDO_AUTHENTICATION = 1,
	TEREDO_ORIGIN = 0,
	TEREDO_NONCE_BYTES = 9, /* with the confirmation byte */
	TEREDO_ORIGIN_BYTES = 6,
};

static int
skip_tags(struct es_cur *c)
{
	for (int n = 0; n < ES_TZSP_TAGS_MAX; n++) {
		uint8_t tag = es_cur_u8(c);

		if (c->bad)
			return ES_EMALFORMED;
		if (tag == TAG_END)
			return 0;
		if (tag != TAG_PADDING) {
			uint8_t n_bytes = es_cur_u8(c);

			es_cur_skip(c, n_bytes);
		}
	}
	return ES_EMALFORMED;
}

int
es_tzsp_open(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);
	uint8_t version = es_cur_u8(&c);
	uint8_t type = es_cur_u8(&c);
	uint16_t protocol = es_cur_be16(&c);
	uint16_t link;

	if (c.bad || version != TZSP_VERSION || type > TZSP_TO_SEND || skip_tags(&c) != 0)
		return ES_EMALFORMED;
	switch (protocol) {
	case TZSP_ETHERNET:
		link = ES_LINK_ETHERNET;
		break;
	case TZSP_IEEE802_11:
		link = ES_LINK_IEEE802_11;
		break;
	case TZSP_RADIOTAP:
		link = ES_LINK_RADIOTAP;
		break;
	default:
		return ES_EMALFORMED;
	}
	return es_layer_is(out, ES_UNKNOWN_LINK, link, es_cur_rest(&c));
}

/* One of the two ends of the IPv6 packet is a Teredo address, 2001:0::/32, or it is link-local. */
static bool
is_teredo(es_slice ipv6)
{
	static const uint8_t prefix[4] = { 0x20, 0x01, 0, 0 };
	static const uint8_t local[2] = { 0xfe, 0x80 };

	return ipv6.n >= 40 &&
	       (memcmp(ipv6.p + 8, prefix, 4) == 0 || memcmp(ipv6.p + 24, prefix, 4) == 0 ||
		   memcmp(ipv6.p + 8, local, 2) == 0);
}

int
es_teredo_open(es_slice bytes, struct es_layer *out)
{
	struct es_cur c = es_cur_of(bytes);

	if (es_cur_peek(&c, 0) == 0 && es_cur_peek(&c, 1) == TEREDO_AUTHENTICATION) {
		size_t n_client, n_secret;

		es_cur_skip(&c, 2);
		n_client = es_cur_u8(&c);
		n_secret = es_cur_u8(&c);
		es_cur_skip(&c, n_client + n_secret + TEREDO_NONCE_BYTES);
	}
	if (es_cur_peek(&c, 0) == 0 && es_cur_peek(&c, 1) == TEREDO_ORIGIN && es_cur_left(&c) > 2)
		es_cur_skip(&c, 2 + TEREDO_ORIGIN_BYTES);
	bytes = es_cur_rest(&c);
	if (c.bad || !is_teredo(bytes))
		return ES_EMALFORMED;
	return es_layer_by_version(bytes, out);
}
