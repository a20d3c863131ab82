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
mean_milli(
    const struct es_opinion_band *b, const struct es_equipment *q, double sum, int32_t top_milli)
{
	int32_t mean = of_scale(q, sum / (double)b->packets);

	return mean < top_milli ? mean : top_milli;
}

static uint8_t
scale_of(const struct es_equipment *q)
{
	return (uint8_t)(1 + es_equipment_scale(q));
}

/* NULL if no band has that scale. */
static const struct es_opinion_band *
find(const struct es_opinion *o, uint8_t scale)
{
	if (o->band.scale == scale)
		return &o->band;
	for (unsigned i = 0; i < ES_OPINION_MORE && o->more != NULL; i++)
		if (o->more[i].scale == scale)
			return &o->more[i];
	return NULL;
}

/* The same, made where it is missing; NULL: no place. */
static struct es_opinion_band *
take(struct es_opinion *o, uint8_t scale)
{
	struct es_opinion_band *b = NULL;

	if (o->band.scale == scale || o->band.scale == 0)
		b = &o->band;
	for (unsigned i = 0; i < ES_OPINION_MORE && o->more != NULL && b == NULL; i++)
		if (o->more[i].scale == scale || o->more[i].scale == 0)
			b = &o->more[i];
	if (b != NULL)
		b->scale = scale;
	return b;
}

bool
es_opinion_wants_more(const struct es_opinion *o, const struct es_equipment *q)
{
	return o->more == NULL && o->band.scale != 0 && o->band.scale != scale_of(q);
}

static void
count_block(struct es_opinion_band *o, const struct es_equipment *q, int32_t r_milli)
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

/* clean: kept from one window to the next. */
static void
add_window(struct es_opinion_band *b, const struct es_equipment *q,
    const struct es_effective_loss *window, struct es_score_clean *clean)
{
	double packets = (double)window->expected;
	struct es_score s;

	if (!es_score_of(q, window, ES_DELAY_UNKNOWN, &s))
		return;
	b->sum += of_hundred(q, s.r_milli) * packets;
	b->unrelieved += of_hundred(q, s.r_milli - (int32_t)s.burst_relief_milli) * packets;
	b->discard += of_hundred(q, (int32_t)s.ie_discard_milli) * packets;
	b->burst += of_hundred(q, (int32_t)s.ie_burst_milli) * packets;
	es_score_clean_keep(clean, q);
	b->clean += of_hundred(q, clean->r_milli) * packets;
	b->packets += window->expected;
}

/* Closes the window. A run of loss that has not ended counts again in the next. */
static void
close_window(struct es_opinion *o)
{
	struct es_opinion_band *b = o->q != NULL ? take(o, scale_of(o->q)) : NULL;

	if (b != NULL)
		add_window(b, o->q, &o->open, &o->clean);
	else
		o->unscored += o->open.expected;
	es_effective_loss_init(&o->open);
}

/* The codec of an unknown payload type may become known: then it had that codec from the start. */
static bool
is_other(const struct es_opinion *o, const struct es_codec *codec, uint8_t payload)
{
	if (o->codec == NULL || codec == NULL)
		return o->payload != payload;
	return o->codec != codec;
}

void
es_opinion_set_codec(struct es_opinion *o, const struct es_codec *codec, uint8_t payload)
{
	if (is_other(o, codec, payload)) {
		if (o->open.expected > 0)
			close_window(o);
		o->q = NULL;
	}
	o->codec = codec;
	o->payload = payload;
}

void
es_opinion_block(struct es_opinion *o, const struct es_equipment *q,
    const struct es_effective_loss *block, int32_t block_r_milli, uint32_t ptime_us)
{
	uint64_t us = o->open.expected * (ptime_us != 0 ? ptime_us : PTIME_USUAL_US);
	struct es_opinion_band *b = take(o, scale_of(q));

	o->q = q;
	if (block->expected >= ES_OPINION_BLOCK_MIN && b != NULL)
		count_block(b, q, block_r_milli);
	if (us >= ES_OPINION_WINDOW_US)
		close_window(o);
}

void
es_opinion_worst(
    struct es_opinion *o, const struct es_equipment *q, uint64_t block, uint32_t mos_lq_milli)
{
	struct es_opinion_band *b = take(o, scale_of(q));

	if (b == NULL || (b->worst_mos_milli != 0 && mos_lq_milli >= b->worst_mos_milli))
		return;
	b->worst_mos_milli = mos_lq_milli;
	b->worst_block = block;
}

/* The bin that holds the lowest tenth: the middle of it, within what was seen. */
static bool
tenth(const struct es_opinion_band *o, double *r)
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

static void
set_terms(
    const struct es_opinion_band *b, const struct es_equipment *q, struct es_opinion_result *r)
{
	int32_t ro_milli = (int32_t)(es_emodel_ro(es_equipment_scale(q)) * 1000 + 0.5);
	int32_t unrelieved_milli = mean_milli(b, q, b->unrelieved, ro_milli);
	int32_t ie_eff_milli = ro_milli - unrelieved_milli;

	r->r_milli = mean_milli(b, q, b->sum, ro_milli);
	r->ie_eff_milli = (uint32_t)ie_eff_milli;
	r->ie_discard_milli = (uint32_t)mean_milli(b, q, b->discard, ie_eff_milli);
	r->ie_burst_milli = (uint32_t)mean_milli(b, q, b->burst, ie_eff_milli);
	r->burst_relief_milli = (uint32_t)(r->r_milli - unrelieved_milli);
}

/* What the score would be with nothing lost or late: exactly that of q where q is all there was. */
static uint32_t
clean_of(const struct es_opinion_band *b, const struct es_equipment *q, struct es_score_clean *own)
{
	int32_t r_milli = mean_milli(b, q, b->clean, INT32_MAX);

	es_score_clean_keep(own, q);
	return r_milli == own->r_milli ? own->mos_lq_milli : es_score_mos_milli(q, r_milli);
}

static uint64_t
packets_of(const struct es_opinion *o)
{
	uint64_t n = o->band.packets + o->open.expected + o->unscored;

	for (unsigned i = 0; i < ES_OPINION_MORE && o->more != NULL; i++)
		n += o->more[i].packets;
	return n;
}

bool
es_opinion_result(
    const struct es_opinion *o, const struct es_equipment *q, struct es_opinion_result *out)
{
	const struct es_opinion_band *known = find(o, scale_of(q));
	struct es_opinion_band b = { 0 };
	struct es_opinion_result r = { 0 };
	struct es_score_clean clean = o->clean;
	uint64_t packets = packets_of(o);
	double p10;

	if (known != NULL)
		b = *known;
	if (o->q != NULL ? scale_of(o->q) == scale_of(q) : o->codec == NULL)
		add_window(&b, o->q != NULL ? o->q : q, &o->open, &clean);
	if (b.packets == 0)
		return false;
	set_terms(&b, q, &r);
	r.mos_lq_milli = es_score_mos_milli(q, r.r_milli);
	r.clean_mos_lq_milli = clean_of(&b, q, &clean);
	r.has_p10 = tenth(&b, &p10);
	if (r.has_p10)
		r.mos_p10_milli = es_score_mos_milli(q, of_scale(q, p10));
	r.worst_block = b.worst_block;
	r.worst_mos_milli = b.worst_mos_milli;
	if (b.packets < packets)
		r.share_ppm = 1 + (uint32_t)((double)b.packets / (double)packets * 999999);
	*out = r;
	return true;
}
