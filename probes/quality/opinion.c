/* SPDX-License-Identifier: Apache-2.0 */
/* Windows of a stream and what they come to. */
#include "probes/quality/opinion.h"

enum { BIN_R = 4, PTIME_USUAL_US = 20000 };

static double
of_hundred(const struct es_equipment *q, int32_t r_milli)
{
	return r_milli / 1000.0 / es_emodel_span(es_equipment_scale(q));
}

static int32_t
of_scale(const struct es_equipment *q, double r)
{
	return (int32_t)(r * es_emodel_span(es_equipment_scale(q)) * 1000 + 0.5);
}

/* Mean of a sum over windows: on the scale of q, at most top_milli. */
static int32_t
mean_milli(const struct es_opinion *o, const struct es_equipment *q, double sum, int32_t top_milli)
{
	int32_t mean = of_scale(q, sum / (double)o->packets);

	return mean < top_milli ? mean : top_milli;
}

static void
count_block(struct es_opinion *o, const struct es_equipment *q, int32_t r_milli)
{
	double r = of_hundred(q, r_milli);
	unsigned bin = (unsigned)(r / BIN_R);

	if (!o->has_blocks || r < o->lowest)
		o->lowest = r;
	if (!o->has_blocks || r > o->highest)
		o->highest = r;
	o->has_blocks = true;
	if (bin >= ES_OPINION_BINS)
		bin = ES_OPINION_BINS - 1;
	if (o->blocks[bin] == UINT16_MAX) { /* days of one stream: shares are kept */
		for (unsigned i = 0; i < ES_OPINION_BINS; i++)
			o->blocks[i] /= 2;
	}
	o->blocks[bin]++;
}

/* Closes the window: a run of loss that goes on is one more in the next. */
static void
close_window(struct es_opinion *o, const struct es_equipment *q)
{
	double packets = (double)o->open.expected;
	struct es_score s;

	if (!es_score_of(q, &o->open, ES_DELAY_UNKNOWN, &s))
		return;
	o->sum += of_hundred(q, s.r_milli) * packets;
	o->unrelieved += of_hundred(q, s.r_milli - (int32_t)s.burst_relief_milli) * packets;
	o->discard += of_hundred(q, (int32_t)s.ie_discard_milli) * packets;
	o->burst += of_hundred(q, (int32_t)s.ie_burst_milli) * packets;
	o->packets += o->open.expected;
	es_effective_loss_init(&o->open);
}

void
es_opinion_block(struct es_opinion *o, const struct es_equipment *q,
    const struct es_effective_loss *block, int32_t block_r_milli, uint32_t ptime_us)
{
	uint64_t us = o->open.expected * (ptime_us != 0 ? ptime_us : PTIME_USUAL_US);

	if (block->expected >= ES_OPINION_BLOCK_MIN)
		count_block(o, q, block_r_milli);
	if (us >= ES_OPINION_WINDOW_US)
		close_window(o, q);
}

/* The bin that holds the lowest tenth: the middle of it, within what was seen. */
static bool
tenth(const struct es_opinion *o, double *r)
{
	uint32_t n = 0;
	uint32_t below = 0;

	for (unsigned i = 0; i < ES_OPINION_BINS; i++)
		n += o->blocks[i];
	for (unsigned i = 0; i < ES_OPINION_BINS; i++) {
		below += o->blocks[i];
		if (below * 10 < n || o->blocks[i] == 0)
			continue;
		*r = i * BIN_R + BIN_R / 2.0;
		*r = *r < o->lowest ? o->lowest : *r > o->highest ? o->highest : *r;
		return true;
	}
	return false;
}

/* A better band before this one: R ends at Ro, and parts at the whole. */
static void
tell_terms(const struct es_opinion *o, const struct es_equipment *q, struct es_opinion_result *r)
{
	int32_t ro_milli = (int32_t)(es_emodel_ro(es_equipment_scale(q)) * 1000 + 0.5);
	int32_t unrelieved_milli = mean_milli(o, q, o->unrelieved, ro_milli);
	int32_t ie_eff_milli = ro_milli - unrelieved_milli;

	r->r_milli = mean_milli(o, q, o->sum, ro_milli);
	r->ie_eff_milli = (uint32_t)ie_eff_milli;
	r->ie_discard_milli = (uint32_t)mean_milli(o, q, o->discard, ie_eff_milli);
	r->ie_burst_milli = (uint32_t)mean_milli(o, q, o->burst, ie_eff_milli);
	r->burst_relief_milli = (uint32_t)(r->r_milli - unrelieved_milli);
}

bool
es_opinion_result(
    const struct es_opinion *o, const struct es_equipment *q, struct es_opinion_result *out)
{
	struct es_opinion all = *o;
	struct es_opinion_result r = { 0 };
	double p10;

	close_window(&all, q);
	if (all.packets == 0)
		return false;
	tell_terms(&all, q, &r);
	r.mos_lq_milli = es_score_mos_milli(q, r.r_milli);
	r.has_p10 = tenth(o, &p10);
	if (r.has_p10)
		r.mos_p10_milli = es_score_mos_milli(q, of_scale(q, p10));
	*out = r;
	return true;
}
