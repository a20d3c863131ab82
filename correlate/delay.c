/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delay between two vantage points. Their clocks have nothing to do with each other, but what a packet
 * shows of them, clock difference + way, and what one of the other way shows, clock difference - way
 * back, differ by the round trip. Both are medians over the blocks, so drift of the clocks cancels as
 * far as both ways ran at the same time.
 */
#include "correlate/judge.h"

#include "earshot/emodel.h"

enum {
	APART_MAX_S = 60,      /* of the middles of both ways: at 100 ppm a drift of 6 ms */
	ROUND_TRIP_MAX_S = 60, /* beyond speech: a clock that stepped */
};

static int64_t
middle_ns(const struct es_cor_solve *s, uint32_t source)
{
	const struct es_cor_source *src = &s->sources[source];
	es_time end = src->start;

	for (uint32_t k = 0; k < src->n_strands; k++)
		end = es_time_max(end, s->strands[s->source_strands[src->strands + k]].end);
	return src->start.ns + es_time_diff(end, src->start) / 2;
}

/* What the medium of a side with most packets shows of two points, and when, by the first one's clock. */
static bool
offset_of(
    struct es_cor_case *c, int side, uint32_t from, uint32_t to, int64_t *offset_ns, int64_t *at_ns)
{
	uint64_t most = 0;

	for (uint32_t m = 0; m < c->n_media; m++) {
		const struct es_cor_media *is = &c->media[m];
		int64_t ns;

		if (is->side != side || is->packets <= most || !es_cor_offset(c, is, from, to, &ns))
			continue;
		most = is->packets;
		*offset_ns = ns;
		*at_ns = middle_ns(c->s, es_cor_source_at(c, is, from));
	}
	return most > 0;
}

bool
es_cor_round_trip_us(const struct es_cor_direction *d, uint32_t i, uint32_t j, uint32_t *us)
{
	/* Both directions of a call ask the same: the median of an even number leans to one side. */
	uint32_t from = d->side > 0 ? d->order[i] : d->order[j];
	uint32_t to = d->side > 0 ? d->order[j] : d->order[i];
	int64_t there_ns, back_ns, there_at, back_at, ns;

	if (!offset_of(d->c, 1, from, to, &there_ns, &there_at) ||
	    !offset_of(d->c, -1, from, to, &back_ns, &back_at))
		return false;
	ns = there_at - back_at;
	if (ns > APART_MAX_S * ES_NS_PER_S || ns < -APART_MAX_S * ES_NS_PER_S)
		return false;
	ns = there_ns - back_ns;
	if (ns < 0 || ns > ROUND_TRIP_MAX_S * ES_NS_PER_S)
		return false;
	*us = (uint32_t)(ns / ES_NS_PER_US);
	return true;
}

static bool
is_terminal(const struct es_cor_direction *d, uint32_t position)
{
	enum es_role role = d->c->points[d->order[position]].role;

	return role == ES_ROLE_ENDPOINT || role == ES_ROLE_GATEWAY;
}

static enum es_emodel_scale
scale_of(enum es_band band)
{
	return band == ES_BAND_NB ? ES_EMODEL_NB : band == ES_BAND_WB ? ES_EMODEL_WB : ES_EMODEL_FB;
}

/* Delay in whole ms and Id in millionths, as in the streams' own records: the same on every machine. */
static uint32_t
mos_milli(const struct es_stream *rec, uint32_t delay_us)
{
	enum es_emodel_scale scale = scale_of(rec->band);
	double ms = (double)(((uint64_t)delay_us + 500) / 1000);
	double id = (double)(int64_t)(es_emodel_idd(scale, ms) * 1e6 + 0.5) / 1e6;

	return (uint32_t)(es_emodel_mos(scale, rec->r_milli / 1000.0 - id) * 1000 + 0.5);
}

void
es_cor_conversation(const struct es_cor_direction *d, struct es_direction *out)
{
	const struct es_cor_solve *s = d->c->s;
	uint64_t mos = 0, delay = 0, weight = 0;
	const struct es_cor_leg *leg;
	uint32_t round_us;

	out->has_mos_cq = false;
	if (d->n_points < 2 || d->judge + 1 != d->n_points || !is_terminal(d, 0) ||
	    !is_terminal(d, d->judge) || es_cor_is_any_completed(d, d->judge) ||
	    !es_cor_round_trip_us(d, 0, d->judge, &round_us))
		return;
	leg = &s->legs[d->c->points[d->order[d->judge]].leg];
	for (uint32_t i = 0; i < leg->n_strands; i++) {
		const struct es_cor_strand *st = es_cor_leg_strand(s, leg, i);
		const struct es_stream *rec = &es_cor_stream_of(s, st)->rec;
		uint32_t us = round_us / 2;

		if (s->sources[st->source].side != d->side ||
		    (rec->has & ES_STREAM_HAS_QUALITY) == 0 || rec->expected > UINT32_MAX)
			continue;
		if (rec->band == 0 || (rec->has & ES_STREAM_HAS_DEVICE) == 0 ||
		    rec->device_us > UINT32_MAX - us)
			return; /* without its band nobody knows the scale */
		us += rec->device_us;
		mos += mos_milli(rec, us) * rec->expected;
		delay += us * rec->expected;
		weight += rec->expected;
	}
	if (weight == 0)
		return;
	out->has_mos_cq = true;
	out->mos_cq_milli = (uint32_t)((mos + weight / 2) / weight);
	out->mouth_to_ear_us = (uint32_t)((delay + weight / 2) / weight);
}
