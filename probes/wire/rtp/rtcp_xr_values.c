/* SPDX-License-Identifier: Apache-2.0 */
/* The values of the blocks of an extended report, type by type. */
#include "probes/wire/rtp/rtcp_xr.h"

/* A field's two highest values mean "over range" and "unavailable" in all extension blocks. */
enum { KNOWN_BELOW_8BIT_MOS = 127 };
#define KNOWN_BELOW_12 UINT32_C(0xffe)
#define KNOWN_BELOW_16 UINT32_C(0xfffe)
#define KNOWN_BELOW_24 UINT32_C(0xfffffe)
#define KNOWN_BELOW_32 UINT32_C(0xfffffffe)

/* An offset between two streams of one session beyond this is no measurement. */
#define SYNC_OFFSET_MAX_S INT64_C(3600)

struct list {
	struct es_reported_value *at;
	unsigned n;
};

static void
add(struct list *l, enum es_reported_metric metric, int64_t value)
{
	if (l->n == ES_XR_VALUES_MAX)
		return;
	l->at[l->n].metric = (uint16_t)metric;
	l->at[l->n++].value = value;
}

/* A field in which `limit` and above mean unknown. */
static void
add_known(
    struct list *l, enum es_reported_metric metric, uint32_t field, uint32_t limit, int64_t factor)
{
	if (field < limit)
		add(l, metric, (int64_t)field * factor);
}

/* Milliseconds of RFC 3611: the highest value stands for all that is longer. */
static void
add_ms(struct list *l, enum es_reported_metric metric, uint32_t field)
{
	add_known(l, metric, field, UINT16_MAX, 1000);
}

static int64_t
share_ppm(uint32_t part, uint32_t whole)
{
	return (int64_t)(((uint64_t)part * 1000000 + whole / 2) / whole);
}

/* Seconds in units of 1/65536. */
static void
add_short(struct list *l, enum es_reported_metric metric, uint32_t field)
{
	if (field < KNOWN_BELOW_32)
		add(l, metric, (int64_t)(((uint64_t)field * 1000000 + 32768) / 65536));
}

static void
add_range(struct list *l, uint32_t begin, uint32_t end)
{
	add(l, ES_RM_FIRST_SEQ, begin);
	add(l, ES_RM_LAST_SEQ, (end - 1) & 0xffff); /* on the wire the end lies one behind */
}

/* RFC 3611 section 4.6. Bits of the second byte: L, D, J, two of ToH. */
static void
statistics(struct es_cur *c, const struct es_xr_block *b, uint32_t rate, struct list *l)
{
	static const uint16_t jitter[] = { ES_RM_JITTER_MIN_US, ES_RM_JITTER_MAX_US,
		ES_RM_JITTER_MEAN_US, ES_RM_JITTER_DEV_US };
	static const uint16_t ttl[] = { ES_RM_TTL_MIN, ES_RM_TTL_MAX, ES_RM_TTL_MEAN,
		ES_RM_TTL_DEV };
	unsigned has_ttl = b->specific >> 3 & 3;
	uint32_t begin = es_cur_be16(c);
	uint32_t end = es_cur_be16(c);
	uint32_t lost = es_cur_be32(c);
	uint32_t dup = es_cur_be32(c);

	add_range(l, begin, end);
	if (b->specific & 0x80)
		add(l, ES_RM_LOST_PACKETS, lost);
	if (b->specific & 0x40)
		add(l, ES_RM_DUPLICATES, dup);
	for (unsigned i = 0; i < 4; i++) {
		uint64_t ticks = es_cur_be32(c);

		if ((b->specific & 0x20) != 0 && rate != 0)
			add(l, jitter[i], (int64_t)((ticks * 1000000 + rate / 2) / rate));
	}
	for (unsigned i = 0; i < 4; i++) {
		uint8_t hops = es_cur_u8(c);

		if (has_ttl == 1 || has_ttl == 2)
			add(l, ttl[i], hops);
	}
}

/* RFC 3611 section 4.7.5: scores times ten within 1 to 5, 127 unknown. */
static void
add_mos(struct list *l, enum es_reported_metric metric, uint8_t tenths)
{
	if (tenths >= 10 && tenths <= 50)
		add(l, metric, tenths * 100);
}

static void
add_r(struct list *l, enum es_reported_metric metric, uint8_t r)
{
	if (r <= 100)
		add(l, metric, r * 1000);
}

/* Signed dBm; 127 unknown. */
static void
add_level(struct list *l, enum es_reported_metric metric, uint8_t level)
{
	if (level != KNOWN_BELOW_8BIT_MOS)
		add(l, metric, level < 0x80 ? level : (int)level - 0x100);
}

/* RFC 3611 section 4.7.6: PLC in bits 7-6, JBA in 5-4, JB rate below. */
static void
receiver_config(uint8_t config, struct list *l)
{
	unsigned plc = config >> 6;
	unsigned adaptive = config >> 4 & 3;

	if (plc != 0)
		add(l, ES_RM_PLC, plc);
	if (adaptive < 2)
		return;
	add(l, ES_RM_JITTER_BUFFER_ADAPTIVE, adaptive);
	if (adaptive == 3)
		add(l, ES_RM_JITTER_BUFFER_RATE, config & 0xf);
}

/* RFC 3611 section 4.7. A delay or Gmin of 0 is one that was never filled in. */
static void
voip_metrics(struct es_cur *c, struct list *l)
{
	static const uint16_t share[] = { ES_RM_LOSS_PPM, ES_RM_DISCARD_PPM,
		ES_RM_BURST_DENSITY_PPM, ES_RM_GAP_DENSITY_PPM };
	uint32_t ms;
	uint8_t b;

	for (unsigned i = 0; i < 4; i++)
		add(l, share[i], share_ppm(es_cur_u8(c), 256));
	add(l, ES_RM_BURST_LENGTH_US, es_cur_be16(c) * INT64_C(1000));
	add(l, ES_RM_GAP_LENGTH_US, es_cur_be16(c) * INT64_C(1000));
	if ((ms = es_cur_be16(c)) != 0)
		add_ms(l, ES_RM_ROUND_TRIP_US, ms);
	if ((ms = es_cur_be16(c)) != 0)
		add_ms(l, ES_RM_END_SYSTEM_DELAY_US, ms);
	add_level(l, ES_RM_SIGNAL_DBM, es_cur_u8(c));
	add_level(l, ES_RM_NOISE_DBM, es_cur_u8(c));
	add_level(l, ES_RM_RERL_DB, es_cur_u8(c));
	if ((b = es_cur_u8(c)) != 0)
		add(l, ES_RM_GMIN, b);
	add_r(l, ES_RM_R_MILLI, es_cur_u8(c));
	add_r(l, ES_RM_EXTERNAL_R_MILLI, es_cur_u8(c));
	add_mos(l, ES_RM_MOS_LQ_MILLI, es_cur_u8(c));
	add_mos(l, ES_RM_MOS_CQ_MILLI, es_cur_u8(c));
	receiver_config(es_cur_u8(c), l);
	es_cur_skip(c, 1);
	add_ms(l, ES_RM_JITTER_BUFFER_NOMINAL_US, es_cur_be16(c));
	add_ms(l, ES_RM_JITTER_BUFFER_MAX_US, es_cur_be16(c));
	add_ms(l, ES_RM_JITTER_BUFFER_ABS_MAX_US, es_cur_be16(c));
}

/* RFC 6798: 16ths of a millisecond, signed; the two highest and the lowest are no values. */
static void
add_variation(struct list *l, enum es_reported_metric metric, uint32_t field)
{
	int64_t v = field < 0x8000 ? (int64_t)field : (int64_t)field - 0x10000;

	if (field != 0x7ffe && field != 0x7fff && field != 0x8000)
		add(l, metric, v * 125 / 2);
}

static void
delay_variation(struct es_cur *c, const struct es_xr_block *b, struct list *l)
{
	unsigned type = b->specific >> 2 & 0xf;

	if (type > 1)
		return; /* reserved: the numbers have no meaning yet */
	add(l, ES_RM_PDV_TYPE, type);
	add_variation(l, ES_RM_PDV_POS_US, es_cur_be16(c));
	es_cur_skip(c, 2); /* the percentile of it */
	add_variation(l, ES_RM_PDV_NEG_US, es_cur_be16(c));
	es_cur_skip(c, 2);
	add_variation(l, ES_RM_PDV_MEAN_US, es_cur_be16(c));
}

/* RFC 6843: of the network and back; the end system's own delay is one of its own. */
static void
delay(struct es_cur *c, struct list *l)
{
	uint64_t seconds;
	uint64_t fraction;

	add_short(l, ES_RM_ROUND_TRIP_US, es_cur_be32(c));
	add_short(l, ES_RM_ROUND_TRIP_MIN_US, es_cur_be32(c));
	add_short(l, ES_RM_ROUND_TRIP_MAX_US, es_cur_be32(c));
	seconds = es_cur_be32(c);
	fraction = es_cur_be32(c);
	if (seconds < UINT32_MAX)
		add(l, ES_RM_END_SYSTEM_DELAY_US,
		    (int64_t)(seconds * 1000000 + (fraction * 1000000 >> 32)));
}

/* RFC 7004 appendix A: a rate is a share times 32768. */
static void
add_rate(struct list *l, enum es_reported_metric metric, uint32_t field)
{
	if (field <= 32768)
		add(l, metric, share_ppm(field, 32768));
}

static void
burst_loss_summary(struct es_cur *c, struct list *l)
{
	add_rate(l, ES_RM_BURST_DENSITY_PPM, es_cur_be16(c));
	add_rate(l, ES_RM_GAP_DENSITY_PPM, es_cur_be16(c));
	add_known(l, ES_RM_BURST_LENGTH_US, es_cur_be16(c), KNOWN_BELOW_16, 1000);
}

static void
burst_discard_summary(struct es_cur *c, struct list *l)
{
	add_rate(l, ES_RM_BURST_DISCARD_PPM, es_cur_be16(c));
	add_rate(l, ES_RM_GAP_DISCARD_PPM, es_cur_be16(c));
}

/* RFC 6958: 8 bits of threshold, 24 of duration, 24, 24, 12 of bursts, and squares. */
static void
burst_loss(struct es_cur *c, struct list *l)
{
	uint8_t threshold = es_cur_u8(c);
	uint32_t ms = es_cur_be24(c);
	uint32_t lost = es_cur_be24(c);
	uint32_t expected = es_cur_be24(c);
	uint32_t bursts = (uint32_t)es_cur_be16(c) >> 4;
	bool has_lost = lost < KNOWN_BELOW_24;

	add(l, ES_RM_GMIN, threshold);
	add_known(l, ES_RM_BURST_LOST_PACKETS, lost, KNOWN_BELOW_24, 1);
	add_known(l, ES_RM_BURSTS, bursts, KNOWN_BELOW_12, 1);
	if (ms < KNOWN_BELOW_24 && bursts > 0 && bursts < KNOWN_BELOW_12)
		add(l, ES_RM_BURST_LENGTH_US, ms * INT64_C(1000) / bursts);
	if (has_lost && expected > 0 && expected < KNOWN_BELOW_24 && lost <= expected)
		add(l, ES_RM_BURST_DENSITY_PPM, share_ppm(lost, expected));
}

static void
burst_discard(struct es_cur *c, struct list *l)
{
	uint8_t threshold = es_cur_u8(c);
	uint32_t discarded = es_cur_be24(c);
	uint32_t expected = es_cur_be24(c);

	add(l, ES_RM_GMIN, threshold);
	add_known(l, ES_RM_BURST_DISCARDED_PACKETS, discarded, KNOWN_BELOW_24, 1);
	if (expected > 0 && expected < KNOWN_BELOW_24 && discarded <= expected)
		add(l, ES_RM_BURST_DISCARD_PPM, share_ppm(discarded, expected));
}

static void
jitter_buffer(struct es_cur *c, const struct es_xr_block *b, struct list *l)
{
	add(l, ES_RM_JITTER_BUFFER_ADAPTIVE, (b->specific & 0x20) != 0 ? 3 : 2);
	add_known(l, ES_RM_JITTER_BUFFER_NOMINAL_US, es_cur_be16(c), KNOWN_BELOW_16, 1000);
	add_known(l, ES_RM_JITTER_BUFFER_MAX_US, es_cur_be16(c), KNOWN_BELOW_16, 1000);
	add_known(l, ES_RM_JITTER_BUFFER_HIGH_US, es_cur_be16(c), KNOWN_BELOW_16, 1000);
	add_known(l, ES_RM_JITTER_BUFFER_LOW_US, es_cur_be16(c), KNOWN_BELOW_16, 1000);
}

/* RFC 7002: by the discard type copies, too early, too late, or both of the latter. */
static void
discard_count(struct es_cur *c, const struct es_xr_block *b, struct list *l)
{
	static const uint16_t metric[] = { ES_RM_DUPLICATES, ES_RM_DISCARDED_EARLY,
		ES_RM_DISCARDED_LATE, ES_RM_DISCARDED_PACKETS };

	add_known(l, metric[b->specific >> 4 & 3], es_cur_be32(c), KNOWN_BELOW_32, 1);
}

static void
discarded_bytes(struct es_cur *c, const struct es_xr_block *b, struct list *l)
{
	bool is_early = (b->specific & 0x20) != 0;

	add_known(l, is_early ? ES_RM_DISCARDED_EARLY_BYTES : ES_RM_DISCARDED_BYTES, es_cur_be32(c),
	    KNOWN_BELOW_32, 1);
}

/* 64 bits of seconds in units of 2^-32, signed. */
static void
sync_offset(struct es_cur *c, struct list *l)
{
	uint32_t high = es_cur_be32(c);
	uint32_t low = es_cur_be32(c);
	int64_t seconds =
	    high < UINT32_C(0x80000000) ? (int64_t)high : (int64_t)high - INT64_C(0x100000000);

	if ((high == UINT32_MAX && low >= KNOWN_BELOW_32) || seconds > SYNC_OFFSET_MAX_S ||
	    seconds < -SYNC_OFFSET_MAX_S)
		return;
	add(l, ES_RM_SYNC_OFFSET_US, seconds * 1000000 + (int64_t)((uint64_t)low * 1000000 >> 32));
}

/*
 * RFC 7266: segments of S(1) CAID(8) PT(7) and a score times ten: 8:8 bits, or CHID(3) and 6:7 where S
 * is set. The first one that holds a score speaks.
 */
static void
mos(struct es_cur *c, struct list *l)
{
	while (es_cur_left(c) >= 4) {
		uint32_t word = es_cur_be32(c);
		bool is_multi = word >> 31 != 0;
		uint32_t unit = is_multi ? 128 : 256;
		uint32_t score = word & (is_multi ? 0x1fff : 0xffff);

		if (score < 10 * unit || score > 50 * unit)
			continue;
		add(l, ES_RM_MOS_MILLI, (score * 100 + unit / 2) / unit);
		add(l, ES_RM_PAYLOAD_TYPE, word >> 16 & 0x7f);
		return;
	}
}

static void
concealment(struct es_cur *c, struct list *l)
{
	es_cur_skip(c, 4); /* played out in time */
	add_known(l, ES_RM_CONCEALED_US, es_cur_be32(c), KNOWN_BELOW_32, 1000);
}

static void
concealed_seconds(struct es_cur *c, struct list *l)
{
	add_known(l, ES_RM_UNIMPAIRED_SECONDS, es_cur_be32(c), KNOWN_BELOW_32, 1);
	add_known(l, ES_RM_CONCEALED_SECONDS, es_cur_be32(c), KNOWN_BELOW_32, 1);
	add_known(l, ES_RM_SEVERELY_CONCEALED_SECONDS, es_cur_be16(c), KNOWN_BELOW_16, 1);
}

static void
post_repair(struct es_cur *c, struct list *l)
{
	uint32_t begin = es_cur_be16(c);
	uint32_t end = es_cur_be16(c);

	add_range(l, begin, end);
	add_known(l, ES_RM_POST_REPAIR_LOST_PACKETS, es_cur_be16(c), KNOWN_BELOW_16, 1);
	add_known(l, ES_RM_REPAIRED_PACKETS, es_cur_be16(c), KNOWN_BELOW_16, 1);
}

/* The types that have the I flag; 00 is reserved in all of them. */
static void
read_spanned(struct es_cur *c, const struct es_xr_block *b, struct list *l)
{
	if (b->span == ES_XR_SPAN_NONE)
		return;
	switch (b->type) {
	case ES_XR_DELAY_VARIATION:
		delay_variation(c, b, l);
		break;
	case ES_XR_DELAY:
		delay(c, l);
		break;
	case ES_XR_BURST_LOSS_SUMMARY:
		burst_loss_summary(c, l);
		break;
	case ES_XR_BURST_DISCARD_SUMMARY:
		burst_discard_summary(c, l);
		break;
	case ES_XR_BURST_LOSS:
		burst_loss(c, l);
		break;
	case ES_XR_BURST_DISCARD:
		burst_discard(c, l);
		break;
	case ES_XR_JITTER_BUFFER:
		jitter_buffer(c, b, l);
		break;
	case ES_XR_DISCARD_COUNT:
		discard_count(c, b, l);
		break;
	case ES_XR_DISCARDED_BYTES:
		discarded_bytes(c, b, l);
		break;
	case ES_XR_SYNC_OFFSET:
		sync_offset(c, l);
		break;
	case ES_XR_MOS:
		mos(c, l);
		break;
	case ES_XR_CONCEALMENT:
		concealment(c, l);
		break;
	case ES_XR_CONCEALED_SECONDS:
		concealed_seconds(c, l);
		break;
	default:
		break;
	}
}

unsigned
es_xr_values(const struct es_xr_block *b, uint32_t clock_rate_hz,
    struct es_reported_value out[ES_XR_VALUES_MAX])
{
	struct es_cur c = es_cur_of(b->body);
	struct list l = { out, 0 };

	es_cur_skip(&c, 4); /* the SSRC, of all types below */
	switch (b->type) {
	case ES_XR_STATISTICS:
		statistics(&c, b, clock_rate_hz, &l);
		break;
	case ES_XR_VOIP_METRICS:
		voip_metrics(&c, &l);
		break;
	case ES_XR_SYNC_DELAY:
		add_short(&l, ES_RM_SYNC_DELAY_US, es_cur_be32(&c));
		break;
	case ES_XR_POST_REPAIR_LOSS:
		post_repair(&c, &l);
		break;
	default:
		read_spanned(&c, b, &l);
		break;
	}
	return c.bad ? 0 : l.n;
}
