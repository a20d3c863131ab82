/* SPDX-License-Identifier: Apache-2.0 */
/* RTP headers with CSRC list, extension or padding. */
#include "probes/wire/rtp/rtp.h"

/* The header extension: the capture may end before or inside it, the packet as sent may not. */
static int
extension(struct es_cur *c, struct es_rtp *r)
{
	uint32_t n_bytes;

	if (r->payload_bytes < 4)
		return ES_EMALFORMED;
	if (es_cur_left(c) < 4) {
		if (!r->is_cut)
			return ES_EMALFORMED;
		es_cur_skip(c, es_cur_left(c));
		return 0;
	}
	r->extension_profile = es_cur_be16(c);
	n_bytes = 4u * es_cur_be16(c);
	if (n_bytes > r->payload_bytes - 4)
		return ES_EMALFORMED;
	r->payload_bytes -= 4 + n_bytes;
	r->extension = es_cur_slice(c, n_bytes < es_cur_left(c) ? n_bytes : es_cur_left(c));
	return 0;
}

/* The last byte counts the padding, itself included; only a whole capture shows it. 0 is no count. */
static void
padding(struct es_rtp *r)
{
	struct es_cur c = es_cur_of(r->payload);
	uint8_t n_bytes;

	if (r->is_cut)
		return;
	n_bytes = r->payload.n > 0 ? es_cur_peek(&c, r->payload.n - 1) : 0;
	if (n_bytes > r->payload.n)
		return;
	r->payload.n -= n_bytes;
	r->payload_bytes -= n_bytes;
}

int
es_rtp_parse_long(es_slice pkt, uint32_t wire_bytes, struct es_rtp *out)
{
	struct es_cur c = es_cur_of(pkt);
	uint8_t b0 = es_cur_u8(&c);
	uint8_t b1 = es_cur_u8(&c);
	struct es_rtp r;

	memset(&r, 0, sizeof(r));
	r.pt = b1 & 0x7f;
	r.marker = b1 >> 7 != 0;
	r.seq = es_cur_be16(&c);
	r.ts = es_cur_be32(&c);
	r.ssrc = es_cur_be32(&c);
	r.has_padding = (b0 & 0x20) != 0;
	r.has_extension = (b0 & 0x10) != 0;
	r.n_csrc = b0 & 0x0f;
	r.csrc = es_cur_slice(&c, 4u * r.n_csrc);
	if (c.bad || b0 >> 6 != 2 || wire_bytes < 12u + 4u * r.n_csrc)
		return ES_EMALFORMED;
	r.is_cut = pkt.n < wire_bytes;
	r.payload_bytes = wire_bytes - 12u - 4u * r.n_csrc;
	if (r.has_extension && extension(&c, &r) != 0)
		return ES_EMALFORMED;
	r.payload = es_cur_rest(&c);
	if (r.has_padding)
		padding(&r);
	*out = r;
	return 0;
}

es_slice
es_rtp_packet(const struct es_rtp *r, uint32_t wire_bytes)
{
	const uint8_t *behind_head = r->payload.p;

	if (r->n_csrc > 0)
		behind_head = r->csrc.p;
	else if (r->has_extension)
		behind_head = r->extension.p - 4;
	return es_slice_of(behind_head - 12, wire_bytes);
}
