/* SPDX-License-Identifier: Apache-2.0 */
/* Fault: where the bad packets of a direction went, and the span that lost most of them. */
#include "correlate/verdict/fault.h"

#include "correlate/verdict/bad_blocks.h"

static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Whether a position sees media of the direction; *ends: one of its RTP streams is at no later position. */
static bool
sees_direction(const struct es_cor_direction *d, uint32_t position, bool *ends)
{
	bool sees = false;

	es_cor_count(d->c->s, d->c->n_rtp_streams);
	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		if (d->c->rtp_streams[m].direction != d->direction ||
		    !es_cor_view_at(d, m, position)->is_there)
			continue;
		sees = true;
		*ends |= !es_cor_direction_is_later(d, m, position);
	}
	return sees;
}

uint32_t
es_cor_begins_behind(const struct es_cor_direction *d, uint32_t first)
{
	bool is_nearest = true;

	for (uint32_t p = first; p-- > 0;) {
		bool ends = false;

		if (!sees_direction(d, p, &ends))
			continue;
		/* what a terminal sends, its capture has: the rest was made of it */
		if (!es_cor_may_be_passed(d, p) || (ends && is_nearest))
			return p;
		is_nearest = false;
	}
	return ES_COR_NONE;
}

/*
 * Packets that came to a position before a relay, and did not leave it: neither came to a point behind as they were,
 * nor under numbers that begin there. What the relay sends of its own, an announcement, makes them fewer.
 */
static uint64_t
not_relayed(const struct es_cor_direction *d, uint32_t before, uint32_t first)
{
	uint64_t came = 0, left = 0;

	for (uint32_t m = 0; m < d->c->n_rtp_streams; m++) {
		const struct es_cor_runs *in = &es_cor_view_at(d, m, before)->seen;
		uint64_t as_they_were = 0;

		if (d->c->rtp_streams[m].direction != d->direction)
			continue;
		es_cor_count(d->c->s, d->n_points);
		for (uint32_t i = first; i < d->n_points; i++)
			as_they_were += es_cor_runs_common(in, &es_cor_view_at(d, m, i)->seen);
		came += less(es_cor_runs_count(in), as_they_were);
		if (es_cor_direction_first_point(d, m) == first)
			left += es_cor_runs_count(&es_cor_view_at(d, m, first)->seen);
	}
	return less(came, left);
}

/* What the bad blocks of RTP streams that a position saw missed there: their own figures have it. */
static struct es_cor_span
missed_at(const struct es_cor_direction *d, uint32_t position)
{
	struct es_cor_span n = { 0, 0 };

	for (uint32_t i = 0; i < d->n_blocks; i++) {
		const struct es_cor_block *b = &d->blocks[i];

		if (!b->is_bad || b->first > position)
			continue;
		n.lost += b->upstream;
		for (uint32_t k = 0; k < position; k++)
			n.lost += b->left[k];
		n.late += b->late_at[position];
	}
	return n;
}

/* Packets that were late at a position; false: it is not known of some block. */
static bool
late_at(const struct es_cor_direction *d, uint32_t position, uint64_t *late)
{
	bool is_known = false;

	*late = 0;
	for (uint32_t i = 0; i < d->n_blocks; i++) {
		const struct es_cor_block *b = &d->blocks[i];

		if (b->is_merged || b->first > position)
			continue;
		if ((b->has_late & 1u << position) == 0)
			return false;
		is_known = true;
		*late += b->late_at[position];
	}
	return is_known;
}

/* Leaves in begun what was lost, or became late, in the span; the rest is upstream, where it is not counted yet. */
static void
divide(struct es_cor_direction *d, uint32_t before, uint32_t first)
{
	struct es_cor_span all = d->begun[first], *own = &d->begun[first];
	struct es_cor_span missed = missed_at(d, before);
	uint64_t most = not_relayed(d, before, first), late;

	own->lost = all.lost < most ? all.lost : most;
	own->late = late_at(d, before, &late) ? less(all.late, late) : 0;
	d->spans[before][first].lost += own->lost;
	d->spans[before][first].late += own->late;
	d->upstream.lost += less(all.lost - own->lost, missed.lost);
	d->upstream.late += less(all.late - own->late, missed.late);
}

void
es_cor_beginnings(struct es_cor_direction *d)
{
	for (uint32_t first = 1; first < d->n_points; first++)
		if (d->begun[first].lost + d->begun[first].late > 0)
			divide(d, es_cor_begins_behind(d, first), first);
}

void
es_cor_fault(const struct es_cor_direction *d, struct es_cor_fault *out)
{
	uint64_t all = d->upstream.lost + d->upstream.late;
	/* loss between two points outranks packets that no point saw, where it is at least half as much */
	uint64_t best = d->upstream.lost >= d->upstream.late ? all / 2 : all;

	memset(out, 0, sizeof(*out));
	out->is_upstream = true;
	out->lost = d->upstream.lost;
	out->late = d->upstream.late;
	for (uint32_t i = 0; i < d->n_points; i++) {
		for (uint32_t k = i + 1; k < d->n_points; k++) {
			const struct es_cor_span *s = &d->spans[i][k];

			all += s->lost + s->late;
			/* on a tie a span between two points wins over what is upstream */
			if (s->lost + s->late < best || s->lost + s->late == 0 ||
			    (s->lost + s->late == best && !out->is_upstream))
				continue;
			best = s->lost + s->late;
			out->is_upstream = false;
			out->from = i;
			out->to = k;
			out->lost = s->lost;
			out->late = s->late;
		}
	}
	out->share_ppm =
	    all == 0 ? 0 : (uint32_t)((out->lost + out->late) * UINT64_C(1000000) / all);
}
