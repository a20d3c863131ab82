/* SPDX-License-Identifier: Apache-2.0 */
/* Delay variation: a small histogram above a minimum that may still fall. */
#include "probes/quality/timing/variation.h"

enum {
	LINEAR_NS = 16000, /* width of the first four bins */
	PER_OCTAVE = 4,
	LAST = ES_VARIATION_BINS - 1,
};

/* Lower edge of a bin above the minimum; of ES_VARIATION_BINS: the upper edge of the last. */
static int64_t
edge_ns(unsigned bin)
{
	unsigned octave = bin / PER_OCTAVE;

	if (octave == 0)
		return (int64_t)bin * LINEAR_NS;
	return (int64_t)(PER_OCTAVE + bin % PER_OCTAVE) * LINEAR_NS << (octave - 1);
}

static unsigned
bin_of(int64_t above_ns)
{
	uint64_t units = (uint64_t)above_ns / LINEAR_NS;
	unsigned octave;

	if (units < 2 * PER_OCTAVE)
		return (unsigned)units;
	if (units >> (ES_VARIATION_BINS / PER_OCTAVE + 1) != 0)
		return LAST;
	octave = 61u - (unsigned)__builtin_clzll(units); /* 8..15: 1 */
	return octave * PER_OCTAVE + (unsigned)(units >> octave);
}

void
es_variation_init(struct es_variation *v, const struct es_variation *before)
{
	*v = (struct es_variation){ 0 };
	if (before != NULL && before->seeded) {
		v->min_ns = before->min_ns + (before->any ? before->own_ns : 0);
		v->seeded = true;
	}
}

static void
count(struct es_variation *v, unsigned bin, unsigned n)
{
	n += v->count[bin];
	v->count[bin] = n > UINT8_MAX ? UINT8_MAX : (uint8_t)n;
}

/*
 * The minimum fell by down_ns: what is in a bin moves up by as much and comes to lie over two bins
 * or more, which share its packets as if they were spread evenly. Where the sharing rounds moves
 * from shift to shift and from bin to bin, or small shifts would leave lone packets behind for ever.
 */
static void __attribute__((noinline)) /* rare: it would cost the others its registers */
shift(struct es_variation *v, int64_t down_ns)
{
	struct es_variation old = *v;
	unsigned top = bin_of(v->max_ns - v->min_ns + down_ns); /* nothing blurs beyond it */

	memset(v->count, 0, sizeof(v->count));
	v->shifts++;
	for (unsigned bin = 0; bin < ES_VARIATION_BINS; bin++) {
		int64_t width = edge_ns(bin + 1) - edge_ns(bin);
		int64_t low = edge_ns(bin) + down_ns;
		unsigned phase = (v->shifts * 159u + bin * 97u) & 255; /* 159/256: golden section */
		unsigned placed = 0;

		unsigned to = bin_of(low) < top ? bin_of(low) : top;

		for (; placed < old.count[bin]; to++) {
			int64_t end = edge_ns(to + 1) - low; /* of the part below, seen from low */
			unsigned n;

			if (to >= top || end > width)
				end = width;
			n = (unsigned)((end * old.count[bin] * 256 / width + phase) >> 8) - placed;
			count(v, to, n);
			placed += n;
		}
	}
}

void
es_variation_update(struct es_variation *v, int64_t transit_ns)
{
	int64_t above_ns;

	if (!v->seeded) {
		v->min_ns = transit_ns;
		v->seeded = true;
	} else if (transit_ns < v->min_ns) {
		shift(v, v->min_ns - transit_ns);
		v->min_ns = transit_ns;
	}
	if (!v->any || transit_ns > v->max_ns)
		v->max_ns = transit_ns;
	above_ns = transit_ns - v->min_ns;
	if (!v->any || above_ns < v->own_ns)
		v->own_ns = above_ns < UINT32_MAX ? (uint32_t)above_ns : UINT32_MAX;
	v->any = true;
	count(v, bin_of(above_ns), 1);
}

/* Value below which `percent` of the packets lie, the packets of a bin spread evenly over it. */
static uint32_t
percentile_us(const uint32_t count[ES_VARIATION_BINS], uint64_t total, unsigned percent)
{
	uint64_t rank = total * percent; /* in hundredths of a packet */
	uint64_t below = 0;

	for (unsigned bin = 0; bin < ES_VARIATION_BINS; bin++) {
		uint64_t in = (uint64_t)count[bin] * 100;

		if (in > 0 && below + in >= rank) {
			int64_t width = edge_ns(bin + 1) - edge_ns(bin);
			uint64_t into = rank - below;
			int64_t ns = edge_ns(bin);

			if (bin < LAST) /* open above: not more than its lower edge is known */
				ns += (int64_t)((double)width * (double)into / (double)in);
			return (uint32_t)((ns + 500) / 1000);
		}
		below += in;
	}
	return 0;
}

static bool
percentiles(const uint32_t count[ES_VARIATION_BINS], struct es_delay_variation *out)
{
	uint64_t total = 0;

	for (unsigned bin = 0; bin < ES_VARIATION_BINS; bin++)
		total += count[bin];
	if (total < 2)
		return false;
	out->p50_us = percentile_us(count, total, 50);
	out->p95_us = percentile_us(count, total, 95);
	out->p99_us = percentile_us(count, total, 99);
	return true;
}

bool
es_variation_percentiles(const struct es_variation *v, struct es_delay_variation *out)
{
	uint32_t wide[ES_VARIATION_BINS];

	for (unsigned bin = 0; bin < ES_VARIATION_BINS; bin++)
		wide[bin] = v->count[bin];
	return percentiles(wide, out);
}

static void
halve(struct es_variation_sum *s)
{
	for (unsigned bin = 0; bin < ES_VARIATION_BINS; bin++)
		s->count[bin] = (uint16_t)((s->count[bin] + 1u) / 2);
	s->halvings++;
}

/* After a halving half of the packets count; which ones depends on the number of blocks. */
void
es_variation_sum_add(struct es_variation_sum *s, const struct es_variation *block)
{
	for (unsigned bin = 0; bin < ES_VARIATION_BINS; bin++) {
		if (s->count[bin] + block->count[bin] > UINT16_MAX)
			halve(s);
	}
	for (unsigned bin = 0; bin < ES_VARIATION_BINS; bin++) {
		unsigned rounding = s->rounding & ((1u << s->halvings) - 1);

		s->count[bin] =
		    (uint16_t)(s->count[bin] + ((block->count[bin] + rounding) >> s->halvings));
	}
	s->rounding++;
}

bool
es_variation_sum_percentiles(const struct es_variation_sum *s, struct es_delay_variation *out)
{
	uint32_t wide[ES_VARIATION_BINS];

	for (unsigned bin = 0; bin < ES_VARIATION_BINS; bin++)
		wide[bin] = s->count[bin];
	return percentiles(wide, out);
}
