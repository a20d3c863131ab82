/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of RTP header extensions. */
#include "probes/wire/rtp/rtp_ext.h"

enum { ONE_BYTE = 0xbede, ONE_BYTE_STOP = 15 };

bool
es_rtp_element(const struct es_rtp *r, uint8_t id, es_slice *value)
{
	struct es_cur c = es_cur_of(r->extension);
	bool is_one_byte = r->extension_profile == ONE_BYTE;

	if (!es_rtp_has_elements(r) || id == 0)
		return false;
	for (unsigned n = 0; n < ES_RTP_ELEMENTS_MAX && es_cur_left(&c) > 0;) {
		uint8_t head = es_cur_u8(&c);
		uint8_t is = is_one_byte ? head >> 4 : head;
		size_t n_bytes;

		if (head == 0) /* padding */
			continue;
		if (is_one_byte && is == ONE_BYTE_STOP)
			return false;
		n_bytes = is_one_byte ? (head & 15u) + 1u : es_cur_u8(&c);
		*value = es_cur_slice(&c, n_bytes);
		if (c.bad)
			return false;
		if (is == id)
			return true;
		n++;
	}
	return false;
}

bool
es_rtp_level(const struct es_rtp *r, uint8_t id, struct es_rtp_level *out)
{
	es_slice value;
	struct es_cur c;
	uint8_t b;

	if (!es_rtp_element(r, id, &value) || value.n == 0)
		return false;
	c = es_cur_of(value);
	b = es_cur_u8(&c);
	out->below_dbov = b & 0x7f;
	out->is_speech = b >> 7 != 0;
	return true;
}
