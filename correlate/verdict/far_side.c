/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The far side: what happened beyond the first or last vantage point, where nothing was measured. Numbers
 * that no point saw need not have been lost there: a far end that echoes sends back what it received, so
 * loss on the way to it makes the same numbers missing on the way back. What was seen to vanish counts
 * for more.
 */
#include "correlate/verdict/far_side.h"

#include "correlate/call/reports.h"
#include "correlate/verdict/bad_blocks.h"
#include "correlate/verdict/cause.h"
#include "correlate/verdict/evidence.h"
#include "correlate/verdict/evidence_time.h"

enum {
	REPORTED_PPM_MIN = 30000, /* reported loss above what the last point saw */
	BEHIND_PERCENT = 90,      /* of a segment's confidence: the far side ranks behind it */
};

/* Loss that the receiver beyond the last point reported and that point did not see, ppm; 0: none. */
static uint32_t
reported_beyond(const struct es_cor_direction *d)
{
	uint64_t most = es_cor_reports_lost(d), expected = 0, lost = 0;

	for (uint32_t i = 0; i < d->n_blocks; i++) {
		expected += d->blocks[i].is_merged ? 0 : d->blocks[i].expected;
		lost += d->blocks[i].is_merged ? 0 : es_cor_lost_of(&d->blocks[i]);
	}
	if (expected == 0 || most <= lost)
		return 0;
	return (uint32_t)((most - lost) * 1000000 / expected);
}

/* Whether anything but the gap itself says that packets of a direction were lost before its first point. */
static bool
has_second_witness(const struct es_cor_verdict_input *in, uint32_t dir)
{
	const struct es_cor_direction *d = in->d[dir], *other = in->d[1 - dir];
	struct es_cor_fault fault;

	if (es_cor_reports_lost(d) * 2 >= d->upstream.lost && d->upstream.lost > 0)
		return true; /* the receiver missed them too */
	if (!in->has[1 - dir])
		return false;
	if (reported_beyond(other) >= REPORTED_PPM_MIN)
		return true; /* the same place, on the way there */
	es_cor_fault(other, &fault);
	return other->is_degraded && fault.is_upstream && fault.lost >= fault.late;
}

uint32_t
es_cor_far_side_ppm(const struct es_cor_verdict_input *in, uint32_t dir, uint32_t symptom_ppm)
{
	return symptom_ppm <= ES_COR_HINT_PPM_MAX || has_second_witness(in, dir)
		   ? symptom_ppm
		   : ES_COR_HINT_PPM_MAX;
}

uint64_t
es_cor_weight(const struct es_cor_direction *d, const struct es_cor_fault *fault)
{
	bool is_lost_upstream = fault->is_upstream && fault->lost >= fault->late;

	return is_lost_upstream ? d->bad_packets / 2 : d->bad_packets;
}

/* At most what lets the segment stand first, where there is one. */
static uint32_t
ranked_behind(const struct es_cor_fault *fault, uint32_t segment_ppm, uint32_t ppm)
{
	uint32_t most = segment_ppm / 100 * BEHIND_PERCENT;

	return !fault->is_upstream && ppm > most ? most : ppm;
}

/* Of a bad block: packets that no point saw, and that were not lost in a relay on the way. */
static uint64_t
lost_upstream(const struct es_cor_block *b, uint32_t position)
{
	(void)position; /* no point saw them */
	return b->is_bad && !b->is_begun ? b->upstream : 0;
}

/* Packets that no point saw, if they are more than the segment lost: evidence, and a cause ranked behind it. */
static void
add_lost_upstream(const struct es_cor_direction *d, const struct es_cor_fault *fault,
    uint32_t symptom_ppm, struct es_verdict *v)
{
	uint64_t n = d->upstream.lost;
	struct es_evidence *e;
	uint32_t ppm;

	if (fault->is_upstream || n <= fault->lost + fault->late)
		return;
	ppm = es_cor_share_ppm((uint32_t)(n * 1000000 / (n + fault->lost + fault->late)), n);
	ppm = ppm > ES_COR_HINT_PPM_MAX ? ES_COR_HINT_PPM_MAX : ppm;
	es_cor_rank(v, ES_CAUSE_FAR_SIDE, ranked_behind(fault, symptom_ppm, ppm));
	e = es_cor_evidence(v);
	es_cor_add_way(e, d->direction > 0 ? ES_FORWARD : ES_REVERSE);
	es_cor_add_count(e, n, "packet");
	es_cor_add_text(e, " of the bad blocks came to no vantage point");
	es_cor_evidence_blocks(e, d, d->last_point, lost_upstream, n);
	es_cor_evidence_add_period(e);
	es_cor_set_value(e, (int64_t)n, "packets");
}

void
es_cor_add_far_side(const struct es_cor_direction *d, const struct es_cor_fault *fault,
    uint32_t symptom_ppm, struct es_verdict *v)
{
	uint32_t ppm = reported_beyond(d);
	struct es_evidence *e;

	add_lost_upstream(d, fault, symptom_ppm, v);
	if (ppm < REPORTED_PPM_MIN)
		return;
	es_cor_rank(v, ES_CAUSE_FAR_SIDE,
	    ranked_behind(
		fault, symptom_ppm, ppm > ES_COR_HINT_PPM_MAX / 4 ? ES_COR_HINT_PPM_MAX : ppm * 4));
	e = es_cor_evidence(v);
	es_cor_add_way(e, d->direction > 0 ? ES_FORWARD : ES_REVERSE);
	es_cor_add_text(e, "the receiver beyond ");
	es_cor_add_slice(e, d->c->points[d->order[d->last_point]].name);
	es_cor_add_text(e, " reports ");
	es_cor_add_percent(e, ppm, 1000000);
	es_cor_add_text(e, " more loss than was seen there");
	if (e != NULL)
		e->vantage = d->c->points[d->order[d->last_point]].name;
	es_cor_set_milli(e, (int64_t)ppm / 10, "%");
}
