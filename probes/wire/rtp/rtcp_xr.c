/* SPDX-License-Identifier: Apache-2.0 */
/* Walking the blocks of an extended report; their values are read in rtcp_xr_values.c. */
#include "probes/wire/rtp/rtcp_xr.h"

enum { DLRR_WORDS = 3, SPAN_SHIFT = 6 };

/* Least words of the body, and whether it begins with the SSRC it speaks of and has the I flag. */
static const struct {
	uint8_t min_words;
	bool has_ssrc;
	bool has_span;
} shape[] = {
	[ES_XR_LOSS_RLE] = { 2, true, false },
	[ES_XR_DUPLICATE_RLE] = { 2, true, false },
	[ES_XR_RECEIPT_TIMES] = { 2, true, false },
	[ES_XR_REFERENCE_TIME] = { 2, false, false },
	[ES_XR_DLRR] = { 0, false, false },
	[ES_XR_STATISTICS] = { 9, true, false },
	[ES_XR_VOIP_METRICS] = { 8, true, false },
	[ES_XR_POST_REPAIR_RLE] = { 2, true, false },
	[ES_XR_MEASUREMENT] = { 7, true, false },
	[ES_XR_DELAY_VARIATION] = { 4, true, true },
	[ES_XR_DELAY] = { 6, true, true },
	[ES_XR_BURST_LOSS_SUMMARY] = { 3, true, true },
	[ES_XR_BURST_DISCARD_SUMMARY] = { 2, true, true },
	[ES_XR_FRAMES_SUMMARY] = { 6, true, false },
	[ES_XR_BURST_LOSS] = { 5, true, true },
	[ES_XR_BURST_DISCARD] = { 3, true, true },
	[ES_XR_JITTER_BUFFER] = { 3, true, true },
	[ES_XR_DISCARD_COUNT] = { 2, true, true },
	[ES_XR_DISCARD_RLE] = { 2, true, false },
	[ES_XR_DISCARDED_BYTES] = { 2, true, true },
	[ES_XR_SYNC_DELAY] = { 2, true, false },
	[ES_XR_SYNC_OFFSET] = { 3, true, true },
	[ES_XR_MOS] = { 1, true, true },
	[ES_XR_CONCEALMENT] = { 6, true, true },
	[ES_XR_CONCEALED_SECONDS] = { 4, true, true },
	[ES_XR_POST_REPAIR_LOSS] = { 3, true, false },
};

struct es_cur
es_xr_begin(const struct es_rtcp *part)
{
	struct es_cur c = es_cur_of(part->body);

	es_cur_skip(&c, 4); /* the SSRC of the sender */
	if (part->type != ES_RTCP_XR)
		es_cur_fail(&c);
	return c;
}

int
es_xr_next(struct es_cur *c, struct es_xr_block *out)
{
	struct es_xr_block b;
	struct es_cur body;
	uint32_t n_words;

	if (c->bad)
		return ES_EMALFORMED;
	if (es_cur_left(c) == 0)
		return ES_EEOF;
	b.type = es_cur_u8(c);
	b.specific = es_cur_u8(c);
	n_words = es_cur_be16(c);
	b.body = es_cur_slice(c, 4u * n_words);
	b.subject_ssrc = 0;
	b.span = ES_XR_SPAN_NONE;
	if (c->bad)
		return ES_EMALFORMED;
	if (b.type < sizeof(shape) / sizeof(shape[0])) {
		if (n_words < shape[b.type].min_words ||
		    (b.type == ES_XR_DLRR && n_words % DLRR_WORDS != 0))
			return ES_EMALFORMED;
		body = es_cur_of(b.body);
		if (shape[b.type].has_ssrc)
			b.subject_ssrc = es_cur_be32(&body);
		if (shape[b.type].has_span)
			b.span = (enum es_xr_span)(b.specific >> SPAN_SHIFT);
	}
	*out = b;
	return 0;
}

int
es_xr_measurement(const struct es_xr_block *b, struct es_xr_measurement *out)
{
	struct es_cur c = es_cur_of(b->body);
	struct es_xr_measurement m;
	uint64_t seconds;
	uint64_t fraction;

	if (b->type != ES_XR_MEASUREMENT)
		return ES_EINVALID;
	m.subject_ssrc = es_cur_be32(&c);
	es_cur_skip(&c, 2);
	m.first_seq = es_cur_be16(&c);
	m.interval_first = es_cur_be32(&c);
	m.interval_last = es_cur_be32(&c);
	m.interval_us = ((uint64_t)es_cur_be32(&c) * 1000000 + 32768) / 65536;
	seconds = es_cur_be32(&c);
	fraction = es_cur_be32(&c);
	m.cumulative_us = seconds * 1000000 + (fraction * 1000000 >> 32);
	if (c.bad)
		return ES_EMALFORMED;
	*out = m;
	return 0;
}

int
es_xr_reference(const struct es_xr_block *b, uint32_t *ntp_middle)
{
	struct es_cur c = es_cur_of(b->body);
	uint32_t seconds;
	uint32_t fraction;

	if (b->type != ES_XR_REFERENCE_TIME)
		return ES_EINVALID;
	seconds = es_cur_be32(&c);
	fraction = es_cur_be32(&c);
	if (c.bad)
		return ES_EMALFORMED;
	*ntp_middle = seconds << 16 | fraction >> 16;
	return 0;
}

int
es_xr_dlrr(const struct es_xr_block *b, unsigned i, struct es_xr_dlrr *out)
{
	struct es_cur c = es_cur_of(b->body);
	struct es_xr_dlrr d;

	if (b->type != ES_XR_DLRR)
		return ES_EINVALID;
	if (i >= b->body.n / (4 * DLRR_WORDS))
		return ES_ENOTFOUND;
	es_cur_skip(&c, (size_t)i * 4 * DLRR_WORDS);
	d.ssrc = es_cur_be32(&c);
	d.lrr = es_cur_be32(&c);
	d.dlrr_us = ((uint64_t)es_cur_be32(&c) * 1000000 + 32768) / 65536;
	*out = d;
	return 0;
}
