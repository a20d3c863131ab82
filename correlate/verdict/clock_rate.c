/* SPDX-License-Identifier: Apache-2.0 */
/* Senders whose timestamps do not run in the clock of their codec, as evidence. */
#include "correlate/verdict/clock_rate.h"

#include "correlate/verdict/evidence.h"

/* The stream of a direction with most packets among those that a point found so; NULL: none. */
static const struct es_stream *
mismatched_at(const struct es_cor_direction *d, uint32_t position)
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_leg *leg = &s->legs[d->c->points[d->order[position]].leg];
	const struct es_stream *most = NULL;

	for (uint32_t i = 0; i < leg->n_stream_views; i++) {
		const struct es_cor_stream_view *st = es_cor_leg_stream_view(s, leg, i);
		const struct es_cor_stream *stream = es_cor_stream_of(s, st);

		if (s->sources[st->source].direction != d->direction || !stream->has_rec ||
		    (stream->rec.findings & ES_FINDING_CLOCK_MISMATCH) == 0)
			continue;
		if (most == NULL || stream->rec.packets > most->packets)
			most = &stream->rec;
	}
	return most;
}

/*
 * "forward: timestamps of opus at gw run at 7976 Hz, 16.6 % of its clock of 48000 Hz: .." The record
 * names the codec that led, which need not be the one that is mismatched.
 */
static void
add_mismatch(struct es_evidence *e, const struct es_stream *r, es_slice point)
{
	bool is_leading = r->unscored == ES_UNSCORED_CLOCK_MISMATCH && r->codec.n > 0;
	uint64_t hz = ((uint64_t)r->clock_rate_hz * r->clock_ratio_ppm + 500000) / 1000000;

	es_cor_add_text(e, "timestamps of ");
	if (is_leading)
		es_cor_add_slice(e, r->codec);
	else
		es_cor_add_text(e, "one codec");
	es_cor_add_text(e, " at ");
	es_cor_add_slice(e, point);
	es_cor_add_text(e, " run at ");
	if (is_leading && hz > 0) {
		es_cor_add_number(e, (int64_t)hz);
		es_cor_add_text(e, " Hz, ");
	}
	es_cor_add_percent(e, r->clock_ratio_ppm, 1000000);
	es_cor_add_text(e, " of its clock");
	if (is_leading && hz > 0) {
		es_cor_add_text(e, " of ");
		es_cor_add_number(e, r->clock_rate_hz);
		es_cor_add_text(e, " Hz");
	}
	es_cor_add_text(e, ": lateness and MOS cannot be measured");
	es_cor_set_value(e, r->clock_ratio_ppm / 10000, "%");
}

void
es_cor_clock_rate_evidence(
    const struct es_cor_verdict_input *in, uint32_t dir, struct es_verdict *out)
{
	const struct es_cor_direction *d = in->d[dir];
	const struct es_stream *mismatched = NULL;
	struct es_evidence *e;
	uint32_t at = 0;

	while (in->has[dir] && at < d->n_points && (mismatched = mismatched_at(d, at)) == NULL)
		at++;
	if (mismatched == NULL)
		return;
	e = es_cor_evidence(out);
	es_cor_add_way(e, dir);
	add_mismatch(e, mismatched, d->c->points[d->order[at]].name);
	if (e != NULL)
		e->vantage = d->c->points[d->order[at]].name;
}
