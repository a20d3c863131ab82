/* SPDX-License-Identifier: Apache-2.0 */
/* MAC headers of a wireless LAN. */
#include "probes/wire/link/ieee80211.h"

enum {
	TYPE_DATA = 2,
	SUBTYPE_NULL = 4, /* bit of a data subtype: carries nothing */
	SUBTYPE_QOS = 8,
	FLAG_TO_DS = 0x01,
	FLAG_FROM_DS = 0x02,
	FLAG_MORE_FRAGMENTS = 0x04,
	FLAG_PROTECTED = 0x40,
	FLAG_ORDER = 0x80,
	QOS_AGGREGATE = 0x80,
	RADIOTAP_TIME = 1 << 0, /* TSFT: 8 bytes, aligned to 8 */
	RADIOTAP_FLAGS = 1 << 1,
	RADIOTAP_PADDED = 0x20,
	RADIOTAP_BAD_CHECK = 0x40,
	RADIOTAP_WORDS_MAX = 32, /* of bitmap */
};

int
es_ieee80211_skip(struct es_cur *c, bool is_padded)
{
	struct es_cur ahead = *c;
	uint8_t control = es_cur_u8(&ahead);
	uint8_t flags = es_cur_u8(&ahead);
	uint8_t subtype = control >> 4;
	uint8_t qos = 0;
	uint16_t sequence;
	size_t n_header;

	if (ahead.bad || (control & 3) != 0)
		return ES_EMALFORMED;
	if ((control >> 2 & 3) != TYPE_DATA || (subtype & SUBTYPE_NULL) != 0)
		return ES_ENOTFOUND;
	es_cur_skip(&ahead, 20); /* duration, three addresses */
	sequence = es_cur_le16(&ahead);
	if ((flags & FLAG_TO_DS) != 0 && (flags & FLAG_FROM_DS) != 0)
		es_cur_skip(&ahead, 6);
	if ((subtype & SUBTYPE_QOS) != 0) {
		qos = es_cur_u8(&ahead);
		es_cur_skip(&ahead, 1);
		if ((flags & FLAG_ORDER) != 0)
			es_cur_skip(&ahead, 4); /* HT control */
	}
	if (ahead.bad)
		return ES_EMALFORMED;
	if ((flags & (FLAG_PROTECTED | FLAG_MORE_FRAGMENTS)) != 0 || (sequence & 0x0f) != 0 ||
	    (qos & QOS_AGGREGATE) != 0)
		return ES_EUNSUPPORTED;
	n_header = es_cur_left(c) - es_cur_left(&ahead);
	if (is_padded)
		es_cur_skip(&ahead, (4 - n_header % 4) % 4);
	*c = ahead;
	return c->bad ? ES_EMALFORMED : 0;
}

int
es_radiotap_skip(struct es_cur *c)
{
	size_t n_all = es_cur_left(c);
	struct es_cur header;
	uint32_t present, more;
	uint8_t version = es_cur_u8(c);
	uint8_t flags = 0;
	uint16_t n_bytes;

	es_cur_skip(c, 1);
	n_bytes = es_cur_le16(c);
	if (c->bad || version != 0 || n_bytes < 8)
		return ES_EMALFORMED;
	header = es_cur_sub(c, n_bytes - 4u);
	present = es_cur_le32(&header);
	more = present;
	for (int n = 0; more >> 31 != 0 && n < RADIOTAP_WORDS_MAX; n++)
		more = es_cur_le32(&header);
	if ((present & RADIOTAP_TIME) != 0) {
		/* Alignment counts from the first byte of the header. */
		size_t at = n_bytes - es_cur_left(&header);

		es_cur_skip(&header, (8 - at % 8) % 8 + 8);
	}
	if ((present & RADIOTAP_FLAGS) != 0)
		flags = es_cur_u8(&header);
	if (header.bad || c->bad || n_bytes > n_all)
		return ES_EMALFORMED;
	if ((flags & RADIOTAP_BAD_CHECK) != 0)
		return ES_ENOTFOUND;
	return es_ieee80211_skip(c, (flags & RADIOTAP_PADDED) != 0);
}
