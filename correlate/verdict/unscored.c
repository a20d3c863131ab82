/* SPDX-License-Identifier: Apache-2.0 */
/* What of a direction has no score, as evidence: timestamps that do not run in the clock of their codec, no MOS at all. */
#include "correlate/verdict/unscored.h"

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
	es_cor_set_milli(e, r->clock_ratio_ppm / 10, "%");
}

static void
add_clock_rate(const struct es_cor_verdict_input *in, uint32_t dir, struct es_verdict *out)
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

/* The stream of a direction with most packets at its last point; NULL: none. */
static const struct es_stream *
largest_of(const struct es_cor_direction *d)
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_leg *leg = &s->legs[d->c->points[d->order[d->last_point]].leg];
	const struct es_stream *most = NULL;

	for (uint32_t i = 0; i < leg->n_stream_views; i++) {
		const struct es_cor_stream_view *st = es_cor_leg_stream_view(s, leg, i);
		const struct es_cor_stream *stream = es_cor_stream_of(s, st);

		if (s->sources[st->source].direction == d->direction && stream->has_rec &&
		    (most == NULL || stream->rec.packets > most->packets))
			most = &stream->rec;
	}
	return most;
}

static const char *
words_of(enum es_unscored why)
{
	switch (why) {
	case ES_UNSCORED_CODEC_UNKNOWN:
		return "the codec is not known, no SDP explains the payload type";
	case ES_UNSCORED_CODEC_UNRATED:
		return "the E-model has no figures for the codec";
	case ES_UNSCORED_NOT_AUDIO:
		return "the media are not audio";
	case ES_UNSCORED_EGRESS:
		return "packets were captured where they are sent from";
	case ES_UNSCORED_TOO_SHORT:
		return "too few packets";
	default:
		return NULL;
	}
}

static void
add_unscored(const struct es_cor_verdict_input *in, uint32_t dir, struct es_verdict *out)
{
	const struct es_cor_direction *d = in->d[dir];
	const struct es_stream *largest;
	struct es_evidence *e;

	if (!in->has[dir] || in->out[dir] == NULL || in->out[dir]->has_mos_lq ||
	    d->last_point >= d->n_points)
		return;
	largest = largest_of(d);
	if (largest == NULL || words_of(largest->unscored) == NULL)
		return;
	e = es_cor_evidence(out);
	es_cor_add_way(e, dir);
	es_cor_add_text(e, "no MOS at ");
	es_cor_add_slice(e, d->c->points[d->order[d->last_point]].name);
	es_cor_add_text(e, ": ");
	es_cor_add_text(e, words_of(largest->unscored));
	if (largest->unscored == ES_UNSCORED_CODEC_UNRATED && largest->codec.n > 0) {
		es_cor_add_text(e, " ");
		es_cor_add_slice(e, largest->codec);
	}
	if (e != NULL)
		e->vantage = d->c->points[d->order[d->last_point]].name;
}

void
es_cor_unscored_evidence(
    const struct es_cor_verdict_input *in, uint32_t dir, struct es_verdict *out)
{
	add_clock_rate(in, dir, out);
	add_unscored(in, dir, out);
}
