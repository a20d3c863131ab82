/* SPDX-License-Identifier: Apache-2.0 */
/* RED, RTX and FEC payloads. */
#include "probes/wire/rtp/rtp_repair.h"

int
es_red_parse(es_slice payload, uint32_t payload_bytes, struct es_red *out)
{
	struct es_cur c = es_cur_of(payload);
	uint32_t total = 1;
	uint8_t head;

	memset(out, 0, sizeof(*out));
	for (;;) {
		uint32_t rest;

		head = es_cur_u8(&c);
		if (c.bad)
			return ES_EMALFORMED;
		if (head >> 7 == 0)
			break;
		if (out->n == ES_RED_BLOCKS_MAX)
			return ES_EFULL;
		rest = es_cur_be24(&c);
		out->block[out->n].ts_offset = (uint16_t)(rest >> 10);
		out->block[out->n].n_bytes = (uint16_t)(rest & 0x3ff);
		total += 4u + out->block[out->n++].n_bytes;
	}
	if (total > payload_bytes)
		return ES_EMALFORMED;
	out->primary_pt = head & 0x7f;
	for (unsigned i = 0; i < out->n; i++)
		es_cur_skip(&c, es_cur_left(&c) < out->block[i].n_bytes ? es_cur_left(&c)
									: out->block[i].n_bytes);
	out->primary = es_cur_rest(&c);
	return 0;
}

int
es_rtx_original(es_slice payload, uint16_t *out)
{
	struct es_cur c = es_cur_of(payload);

	*out = es_cur_be16(&c);
	return c.bad ? ES_EMALFORMED : 0;
}

/* Adds the high n bits of bits, the highest first, as numbers base + at and on. */
static void
add_mask(struct es_parity *p, unsigned at, uint64_t bits, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if ((bits >> (n - 1 - i) & 1) != 0)
			p->mask[(at + i) / 64] |= UINT64_C(1) << (at + i) % 64;
}

int
es_ulpfec_parse(es_slice payload, struct es_parity *out)
{
	struct es_cur c = es_cur_of(payload);
	uint8_t flags = es_cur_u8(&c);
	uint64_t mask;

	memset(out, 0, sizeof(*out));
	es_cur_skip(&c, 1);
	out->base = es_cur_be16(&c);
	es_cur_skip(&c, 4 + 2 + 2); /* timestamp and length recovery, protection length */
	mask = es_cur_be16(&c);
	if ((flags & 0x40) != 0) {
		add_mask(out, 0, mask, 16);
		mask = es_cur_be32(&c);
		add_mask(out, 16, mask, 32);
	} else {
		add_mask(out, 0, mask, 16);
	}
	return c.bad || (flags & 0x80) != 0 ? ES_EMALFORMED : 0;
}

/* Masks of 15, 31 and 64 bits; a bit before each of the first two is set if it is the last. */
static void
flexible_mask(struct es_cur *c, bool last_bit, struct es_parity *out)
{
	uint16_t first = es_cur_be16(c);
	uint32_t second;

	add_mask(out, 0, first & 0x7fff, 15);
	if ((first >> 15 != 0) == last_bit)
		return;
	second = es_cur_be32(c);
	add_mask(out, 15, second & UINT32_C(0x7fffffff), 31);
	if ((second >> 31 != 0) == last_bit)
		return;
	add_mask(out, 46, es_cur_be64(c), 64);
}

/* Rows or columns: L packets a row, D rows; D 0 or 1: a row, else a column of one in L. */
static void
fixed_mask(struct es_cur *c, struct es_parity *out)
{
	unsigned columns = es_cur_u8(c);
	unsigned rows = es_cur_u8(c);
	unsigned step = rows > 1 ? columns : 1;
	unsigned n = rows > 1 ? rows : columns;

	for (unsigned i = 0; i < n && i * step < ES_PARITY_MASK_MAX; i++)
		out->mask[i * step / 64] |= UINT64_C(1) << i * step % 64;
}

int
es_flexfec_parse(es_slice payload, bool is_draft, struct es_parity *out)
{
	struct es_cur c = es_cur_of(payload);
	uint8_t flags = es_cur_u8(&c);
	uint8_t sources;

	memset(out, 0, sizeof(*out));
	if (!c.bad && (flags & 0x80) != 0)
		return ES_EUNSUPPORTED;
	es_cur_skip(&c, 1 + 2 + 4); /* payload type, length and timestamp recovery */
	if (is_draft) {
		sources = es_cur_u8(&c);
		es_cur_skip(&c, 3);
		out->ssrc = es_cur_be32(&c);
		out->has_ssrc = true;
		if (!c.bad && sources != 1)
			return ES_EUNSUPPORTED;
	}
	out->base = es_cur_be16(&c);
	if ((flags & 0x40) != 0)
		fixed_mask(&c, out);
	else
		flexible_mask(
		    &c, is_draft, out); /* k = 1: in the draft the last one, now more follow */
	return c.bad ? ES_EMALFORMED : 0;
}
