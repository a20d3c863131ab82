/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP compound packets. */
#include "probes/wire/rtp/rtcp.h"
#include "probes/base/seq.h"

enum { TYPE_MIN = 192, TYPE_MAX = 223, SENDER_BYTES = 20, REPORT_BYTES = 24 };

struct head {
	uint8_t type;
	uint8_t count;
	bool has_padding;
	uint32_t body_bytes;
};

static int
read_head(struct es_cur *c, struct head *h)
{
	uint8_t b0 = es_cur_u8(c);

	h->type = es_cur_u8(c);
	h->body_bytes = 4u * es_cur_be16(c);
	h->count = b0 & 0x1f;
	h->has_padding = (b0 & 0x20) != 0;
	return c->bad || b0 >> 6 != 2 || h->type < TYPE_MIN || h->type > TYPE_MAX ? ES_EMALFORMED
										  : 0;
}

/* Zero bytes behind the last whole word, which some phones send: what is cut off here may be some. */
static uint32_t
zero_tail(es_slice pkt, uint32_t wire_bytes)
{
	uint32_t n = wire_bytes % 4;
	struct es_cur c = es_cur_of(pkt);

	es_cur_skip(&c, wire_bytes - n);
	while (es_cur_left(&c) > 0)
		if (es_cur_u8(&c) != 0)
			return 0;
	return n;
}

int
es_rtcp_check(es_slice pkt, uint32_t wire_bytes)
{
	struct es_cur c = es_cur_of(pkt);
	bool is_cut = pkt.n < wire_bytes;
	uint32_t left = wire_bytes - zero_tail(pkt, wire_bytes);

	if (wire_bytes < 8 || pkt.n < 4)
		return ES_EMALFORMED;
	while (left > 0) {
		struct head h;

		if (is_cut && es_cur_left(&c) < 4)
			return 0;
		if (read_head(&c, &h) != 0 || left < 4 || h.body_bytes > left - 4)
			return ES_EMALFORMED;
		left -= 4 + h.body_bytes;
		if (h.has_padding && (left > 0 || h.body_bytes == 0))
			return ES_EMALFORMED;
		es_cur_skip(&c, h.body_bytes < es_cur_left(&c) ? h.body_bytes : es_cur_left(&c));
	}
	return 0;
}

int
es_rtcp_next(struct es_cur *c, struct es_rtcp *out)
{
	struct es_rtcp part;
	struct es_cur body;
	struct head h;

	if (es_cur_left(c) == 0)
		return ES_EEOF;
	if (es_cur_left(c) < 4)
		return ES_ECUT;
	if (read_head(c, &h) != 0)
		return ES_EMALFORMED;
	part.type = h.type;
	part.count = h.count;
	part.body = es_cur_slice(c, h.body_bytes < es_cur_left(c) ? h.body_bytes : es_cur_left(c));
	body = es_cur_of(part.body);
	if (h.has_padding && part.body.n == h.body_bytes && h.body_bytes > 0) {
		uint8_t n_bytes = es_cur_peek(&body, part.body.n - 1);

		if (n_bytes == 0 || n_bytes > part.body.n)
			return ES_EMALFORMED;
		part.body.n -= n_bytes;
		body = es_cur_of(part.body);
	}
	part.ssrc = es_cur_be32(&body);
	*out = part;
	return 0;
}

int
es_rtcp_sender(const struct es_rtcp *part, struct es_rtcp_sender *out)
{
	struct es_cur c = es_cur_of(part->body);
	struct es_rtcp_sender s;
	uint32_t seconds, fraction;

	if (part->type != ES_RTCP_SR)
		return ES_EINVALID;
	es_cur_skip(&c, 4);
	seconds = es_cur_be32(&c);
	fraction = es_cur_be32(&c);
	es_cur_skip(&c, 12); /* RTP timestamp, packets, octets */
	if (c.bad)
		return ES_EMALFORMED;
	s.ntp_middle = seconds << 16 | fraction >> 16;
	*out = s;
	return 0;
}

int
es_rtcp_report(const struct es_rtcp *part, unsigned i, struct es_rtcp_report *out)
{
	struct es_cur c = es_cur_of(part->body);
	struct es_rtcp_report r;
	uint8_t fraction;
	uint32_t lost;
	uint32_t dlsr;

	if (part->type != ES_RTCP_SR && part->type != ES_RTCP_RR)
		return ES_EINVALID;
	if (i >= part->count)
		return ES_ENOTFOUND;
	es_cur_skip(&c, part->type == ES_RTCP_SR ? 4 + SENDER_BYTES : 4);
	es_cur_skip(&c, (size_t)i * REPORT_BYTES);
	r.subject_ssrc = es_cur_be32(&c);
	fraction = es_cur_u8(&c);
	lost = es_cur_be24(&c);
	r.highest_seq = es_cur_be32(&c);
	r.jitter_ts = es_cur_be32(&c);
	r.lsr = es_cur_be32(&c);
	dlsr = es_cur_be32(&c);
	if (c.bad)
		return ES_EMALFORMED;
	r.fraction_lost_ppm = (fraction * 1000000u + 128) / 256;
	r.cumulative_lost = (int32_t)(lost < 0x800000 ? (int64_t)lost : (int64_t)lost - 0x1000000);
	r.dlsr_us = (dlsr * UINT64_C(1000000) + 32768) / 65536;
	*out = r;
	return 0;
}

int
es_rtcp_bye(const struct es_rtcp *part, unsigned i, uint32_t *ssrc)
{
	struct es_cur c = es_cur_of(part->body);
	uint32_t source;

	if (part->type != ES_RTCP_BYE)
		return ES_EINVALID;
	if (i >= part->count)
		return ES_ENOTFOUND;
	es_cur_skip(&c, (size_t)i * 4);
	source = es_cur_be32(&c);
	if (c.bad)
		return ES_EMALFORMED;
	*ssrc = source;
	return 0;
}

/* One chunk of SDES: a source and its items up to an empty one, padded to 32 bits. */
static void
skip_chunk(struct es_cur *c)
{
	size_t begin = es_cur_left(c);

	es_cur_skip(c, 4);
	while (!c->bad && es_cur_u8(c) != 0)
		es_cur_skip(c, es_cur_u8(c));
	if (!c->bad)
		es_cur_skip(c, (4 - (begin - es_cur_left(c)) % 4) % 4);
}

int
es_rtcp_inside(const struct es_rtcp *part)
{
	struct es_cur c = es_cur_of(part->body);

	switch (part->type) {
	case ES_RTCP_SDES:
		for (unsigned i = 0; i < part->count && !c.bad; i++)
			skip_chunk(&c);
		break;
	case ES_RTCP_BYE:
		es_cur_skip(&c, 4u * part->count);
		if (es_cur_left(&c) > 0)
			es_cur_skip(&c, es_cur_u8(&c));
		break;
	case ES_RTCP_APP:   /* source and name */
	case ES_RTCP_RTPFB: /* sender and media source */
	case ES_RTCP_PSFB:
		es_cur_skip(&c, 8);
		break;
	case ES_RTCP_XR:
		es_cur_skip(&c, 4);
		break;
	default:
		break;
	}
	return c.bad ? ES_EMALFORMED : 0;
}
