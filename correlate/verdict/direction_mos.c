/* SPDX-License-Identifier: Apache-2.0 */
/* The MOS of a direction, of its media alone and with the delay. */
#include "correlate/verdict/direction_mos.h"

#include "correlate/call/delay.h"
#include "earshot/emodel.h"

static uint64_t
scored_packets(const struct es_stream *rec)
{
	if (rec->scored_ppm == 0)
		return rec->expected;
	return (rec->expected * rec->scored_ppm + 500000) / 1000000;
}

/*
 * MOS of the streams of a direction at one position, by band: sum and weight of packets that were scored.
 * False: its leg has no stream of it.
 */
static bool
sum_mos(const struct es_cor_direction *d, uint32_t position, uint64_t sum[ES_BAND_FB + 1],
    uint64_t weight[ES_BAND_FB + 1])
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_leg *leg = &s->legs[d->c->points[d->order[position]].leg];
	bool has_any = false;

	for (uint32_t i = 0; i < leg->n_stream_views; i++) {
		const struct es_cor_stream_view *st = es_cor_leg_stream_view(s, leg, i);
		const struct es_stream *rec = &es_cor_stream_of(s, st)->rec;
		unsigned band = rec->band == ES_BAND_SWB ? ES_BAND_FB : rec->band;

		if (s->sources[st->source].direction != d->direction)
			continue;
		has_any = true;
		if ((rec->has & ES_STREAM_HAS_QUALITY) == 0 || rec->expected > UINT32_MAX)
			continue;
		sum[band] += rec->mos_lq_milli * scored_packets(rec);
		weight[band] += scored_packets(rec);
	}
	return has_any;
}

struct opinion {
	const struct es_cor_direction *d;
	uint32_t rtp_stream;
	uint32_t position;
	uint64_t *sum; /* by band; NULL: not wanted */
	uint64_t *weight;
	bool is_any_completed;
};

/* Adds the score of a part, unless no receiver heard the part as it was scored. */
static void
add_part(void *ctx, const struct es_cor_stream *st, const struct es_cor_part *p, int64_t first)
{
	struct opinion *o = ctx;
	uint64_t n = p->last_seq - p->first_seq + 1;
	unsigned band = st->rec.band == ES_BAND_SWB ? ES_BAND_FB : st->rec.band;

	if (es_cor_is_completed(es_cor_view_at(o->d, o->rtp_stream, o->position), p, first)) {
		o->is_any_completed = true;
		return;
	}
	if (o->sum == NULL || (p->has & ES_INTERVAL_HAS_QUALITY) == 0)
		return;
	o->sum[band] += p->mos_lq_milli * n;
	o->weight[band] += n;
}

/* The same by the parts of the streams. False: its leg has no part that another path completed. */
static bool
sum_parts(const struct es_cor_direction *d, uint32_t position, uint64_t *sum, uint64_t *weight)
{
	struct opinion o = { d, 0, position, sum, weight, false };

	for (; o.rtp_stream < d->c->n_rtp_streams; o.rtp_stream++)
		if (d->c->rtp_streams[o.rtp_stream].direction == d->direction &&
		    es_cor_view_at(d, o.rtp_stream, position)->is_there)
			es_cor_each_part(d, o.rtp_stream, position, add_part, &o);
	return o.is_any_completed;
}

/* Whether a part that a position saw is completed: whole streams' scores count what it missed. */
static bool
is_any_completed(const struct es_cor_direction *d, uint32_t position)
{
	return sum_parts(d, position, NULL, NULL);
}

static uint32_t
vantage_at(const struct es_cor_direction *d, uint32_t position)
{
	return d->c->s->legs[d->c->points[d->order[position]].leg].vantage;
}

void
es_cor_direction_mos(const struct es_cor_direction *d, struct es_direction *out)
{
	uint64_t sum[ES_BAND_FB + 1] = { 0 }, weight[ES_BAND_FB + 1] = { 0 };
	uint32_t at = d->last_point < d->n_points ? d->last_point : ES_COR_NONE;
	unsigned best = 0;

	while (at != ES_COR_NONE && !sum_mos(d, at, sum, weight))
		at = at > 0 && vantage_at(d, at - 1) == vantage_at(d, at) ? at - 1 : ES_COR_NONE;
	if (at != ES_COR_NONE && is_any_completed(d, at)) {
		memset(sum, 0, sizeof(sum));
		memset(weight, 0, sizeof(weight));
		(void)sum_parts(d, at, sum, weight);
	}
	for (unsigned band = 1; band <= ES_BAND_FB; band++)
		best = weight[band] > weight[best] ? band : best;
	out->has_mos_lq = weight[best] > 0;
	if (out->has_mos_lq)
		out->mos_lq_milli = (uint32_t)((sum[best] + weight[best] / 2) / weight[best]);
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
es_cor_direction_mos_cq(const struct es_cor_direction *d, struct es_direction *out)
{
	const struct es_cor_solve *s = d->c->s;
	uint64_t mos = 0, delay = 0, weight = 0;
	const struct es_cor_leg *leg;
	uint32_t round_us;

	out->has_mos_cq = false;
	if (d->n_points < 2 || d->last_point + 1 != d->n_points || !is_terminal(d, 0) ||
	    !is_terminal(d, d->last_point) || is_any_completed(d, d->last_point) ||
	    !es_cor_round_trip_us(d, 0, d->last_point, &round_us))
		return;
	leg = &s->legs[d->c->points[d->order[d->last_point]].leg];
	for (uint32_t i = 0; i < leg->n_stream_views; i++) {
		const struct es_cor_stream_view *st = es_cor_leg_stream_view(s, leg, i);
		const struct es_stream *rec = &es_cor_stream_of(s, st)->rec;
		uint32_t us = round_us / 2;

		if (s->sources[st->source].direction != d->direction ||
		    (rec->has & ES_STREAM_HAS_QUALITY) == 0 || rec->expected > UINT32_MAX)
			continue;
		if (rec->band == 0 || (rec->has & ES_STREAM_HAS_DEVICE) == 0 ||
		    rec->device_us > UINT32_MAX - us)
			return; /* without its band the scale is unknown */
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
