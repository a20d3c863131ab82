/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence in sentences with numbers: what a voice engineer reads first. */
#include "correlate/verdict/evidence_text.h"

#include "correlate/verdict/bad_blocks.h"
#include "correlate/verdict/evidence.h"
#include "correlate/verdict/evidence_time.h"
#include "correlate/verdict/fault.h"

enum {
	WORTH_A_SENTENCE = 200,  /* one packet in so many; the segments carry the rest */
	GROWTH_WORTH_US = 1000,  /* of delay variation */
	SHORT_STRETCH_MS = 3000, /* shorter ones are given with a decimal */
};

static es_slice
name_at(const struct es_cor_direction *d, uint32_t position)
{
	return d->c->points[d->order[position]].name;
}

static void
add_between(struct es_evidence *e, es_slice from, es_slice to)
{
	es_cor_add_text(e, " between ");
	es_cor_add_slice(e, from);
	es_cor_add_text(e, " and ");
	es_cor_add_slice(e, to);
}

static uint64_t
left_at(const struct es_cor_block *b, uint32_t position)
{
	return b->left[position];
}

static uint64_t
unplaced(const struct es_cor_block *b, uint32_t position)
{
	return b->is_bad && b->last == position ? b->unplaced : 0;
}

/* Packets of a bad block that no point saw, and that had to come to a position first. */
static uint64_t
lost_upstream(const struct es_cor_block *b, uint32_t position)
{
	return b->is_bad && b->first == position ? b->upstream : 0;
}

static uint64_t
late_upstream(const struct es_cor_block *b, uint32_t position)
{
	return b->is_bad && b->first == position ? b->late_at[position] : 0;
}

static uint64_t
sum_of(const struct es_cor_direction *d, es_cor_packets_of packets, uint32_t position)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < d->n_blocks; i++)
		n += packets(&d->blocks[i], position);
	return n;
}

static uint64_t
is_bad(const struct es_cor_block *b, uint32_t position)
{
	(void)position; /* a block is bad for the whole direction */
	return b->is_bad;
}

static uint64_t
is_unsure(const struct es_cor_block *b, uint32_t position)
{
	(void)position;
	return b->is_unsure;
}

/* Packets of a block that became late on the way to a position. */
static uint64_t
late_to(const struct es_cor_block *b, uint32_t position)
{
	uint32_t before = position > 0 ? b->late_at[position - 1] : 0;

	return b->late_at[position] > before ? b->late_at[position] - before : 0;
}

/* How long a block of the largest stream at a position lasts; 0: not known. */
static uint64_t
block_ms(const struct es_cor_direction *d, uint32_t position)
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_leg *leg = &s->legs[d->c->points[d->order[position]].leg];
	const struct es_stream *most = NULL;

	for (uint32_t i = 0; i < leg->n_stream_views; i++) {
		const struct es_cor_stream_view *st = es_cor_leg_stream_view(s, leg, i);
		const struct es_stream *rec = &es_cor_stream_of(s, st)->rec;

		if (s->sources[st->source].direction == d->direction &&
		    (rec->has & ES_STREAM_HAS_PTIME) != 0 &&
		    (most == NULL || rec->packets > most->packets))
			most = rec;
	}
	return most == NULL ? 0 : (uint64_t)most->ptime_us * ES_BLOCK_SEQS / 1000;
}

/* " (stretches of 5 s)", where a verdict speaks of blocks for the first time */
static void
add_stretch(struct es_evidence *e, uint64_t ms)
{
	if (ms == 0) {
		es_cor_add_text(e, " (stretches of ");
		es_cor_add_number(e, ES_BLOCK_SEQS);
		es_cor_add_text(e, " packets)");
		return;
	}
	es_cor_add_text(e, " (stretches of ");
	es_cor_add_milli(e, (int64_t)(ms < SHORT_STRETCH_MS ? ms : (ms + 500) / 1000 * 1000));
	es_cor_add_text(e, " s)");
}

/* "forward: 4 of 9 blocks (stretches of 5 s) are bad at gw from 00:05 to 00:41" */
static void
add_blocks(const struct es_cor_direction *d, uint32_t dir, struct es_verdict *out)
{
	bool is_first = out->n_evidence == 0;
	struct es_evidence *e = es_cor_evidence(out);

	es_cor_add_way(e, dir);
	es_cor_add_number(e, d->n_bad);
	es_cor_add_text(e, " of ");
	es_cor_add_count(e, d->n_judged, "block");
	if (is_first)
		add_stretch(e, block_ms(d, d->last_point));
	es_cor_add_text(e, d->n_bad == 1 || d->n_judged == 1 ? " is bad at " : " are bad at ");
	es_cor_add_slice(e, name_at(d, d->last_point));
	es_cor_evidence_blocks(e, d, d->last_point, is_bad, d->n_bad);
	es_cor_evidence_add_period(e);
	es_cor_set_value(e, d->n_bad, "blocks");
}

static void
add_unsure(const struct es_cor_direction *d, uint32_t dir, struct es_verdict *out)
{
	struct es_evidence *e = d->n_unsure > 0 ? es_cor_evidence(out) : NULL;

	es_cor_add_way(e, dir);
	es_cor_add_count(e, d->n_unsure, "block");
	es_cor_add_text(e, " could not be judged: the capture at ");
	es_cor_add_slice(e, name_at(d, d->last_point));
	es_cor_add_text(e, " has gaps there");
	es_cor_evidence_blocks(e, d, d->last_point, is_unsure, d->n_unsure);
	es_cor_evidence_add_period(e);
	es_cor_set_value(e, d->n_unsure, "blocks");
}

/* "forward: 113 of 2021 packets seen at ep never came to access (5.6 %), from 00:05 to 00:41" */
static void
add_lost(const struct es_cor_direction *d, uint32_t i, const struct es_segment *s, uint32_t dir,
    struct es_verdict *out)
{
	struct es_evidence *e = es_cor_evidence(out);

	es_cor_add_way(e, dir);
	es_cor_add_number(e, (int64_t)s->lost);
	es_cor_add_text(e, " of ");
	es_cor_add_count(e, s->expected, "packet");
	es_cor_add_text(e, " seen at ");
	es_cor_add_slice(e, s->from);
	es_cor_add_text(e, " never came to ");
	es_cor_add_slice(e, s->to);
	es_cor_add_text(e, " (");
	es_cor_add_percent(e, s->lost, s->expected);
	es_cor_add_text(e, ")");
	es_cor_evidence_blocks(e, d, i, left_at, s->lost);
	es_cor_evidence_add_period(e);
	es_cor_set_value(e, (int64_t)s->lost, "packets");
}

/* "forward: 120 packets became too late to play between access and core (8.0 %) from 00:05 to 00:41; delay variation .." */
static void
add_late(const struct es_cor_direction *d, uint32_t i, const struct es_segment *s, uint32_t dir,
    struct es_verdict *out)
{
	struct es_evidence *e = es_cor_evidence(out);

	es_cor_add_way(e, dir);
	es_cor_add_count(e, s->late, "packet");
	es_cor_add_text(e, " became too late to play");
	add_between(e, s->from, s->to);
	es_cor_add_text(e, " (");
	es_cor_add_percent(e, s->late, s->expected);
	es_cor_add_text(e, ")");
	es_cor_evidence_blocks(e, d, i + 1, late_to, s->late);
	es_cor_evidence_add_period(e);
	if ((s->has & ES_SEGMENT_HAS_DELAY_VARIATION) != 0 &&
	    s->delay_variation_p95_us >= GROWTH_WORTH_US) {
		es_cor_add_text(e, "; delay variation (95th percentile) grows by ");
		es_cor_add_milli(e, s->delay_variation_p95_us);
		es_cor_add_text(e, " ms");
	}
	es_cor_set_value(e, (int64_t)s->late, "packets");
}

static void
add_segment(const struct es_cor_direction *d, uint32_t i, const struct es_segment *s, uint32_t dir,
    struct es_verdict *out)
{
	uint64_t least = s->expected / WORTH_A_SENTENCE + 1;
	struct es_evidence *e;

	if ((s->has & ES_SEGMENT_HAS_LOST) != 0 && s->lost >= least)
		add_lost(d, i, s, dir, out);
	if ((s->has & ES_SEGMENT_HAS_LATE) != 0 && s->late >= least)
		add_late(d, i, s, dir, out);
	if ((s->has & ES_SEGMENT_HAS_LOST) == 0 || s->unseen_upstream < least)
		return;
	e = es_cor_evidence(out);
	es_cor_add_way(e, dir);
	es_cor_add_count(e, s->unseen_upstream, "packet");
	es_cor_add_text(e, " came to ");
	es_cor_add_slice(e, s->to);
	es_cor_add_text(e, " that the capture at ");
	es_cor_add_slice(e, s->from);
	es_cor_add_text(e, " does not have");
	if (e != NULL)
		e->vantage = s->from;
	es_cor_set_value(e, (int64_t)s->unseen_upstream, "packets");
}

/* Packets that the bad blocks of a direction had to have. */
static uint64_t
expected_of_bad(const struct es_cor_direction *d)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < d->n_blocks; i++)
		n += d->blocks[i].is_bad ? d->blocks[i].expected : 0;
	return n;
}

/* The first position that sees media. */
static uint32_t
first_position(const struct es_cor_direction *d)
{
	uint32_t first = 0;

	while (first + 1 < d->n_points && d->is_without_media[first])
		first++;
	return first;
}

/* ", the first vantage point", or that of RTP streams which a relay on the way begins */
static void
add_first(const struct es_cor_direction *d, uint32_t first, struct es_evidence *e)
{
	uint32_t before = es_cor_begins_behind(d, first);

	es_cor_add_slice(e, name_at(d, first));
	es_cor_add_text(e, ", the first vantage point");
	if (first != first_position(d))
		es_cor_add_text(e, " of an RTP stream");
	if (before == ES_COR_NONE)
		return;
	es_cor_add_text(e, " that begins behind ");
	es_cor_add_slice(e, name_at(d, before));
}

/*
 * Packets of the bad blocks that no point saw, or that were late already at the first point of their RTP stream:
 * "forward: 21 packets of the bad blocks never came to gw, the first vantage point (4.1 %) from 00:01 to 00:09"
 */
static void
add_upstream(const struct es_cor_direction *d, uint32_t dir, uint32_t first, bool is_lost,
    struct es_verdict *out)
{
	es_cor_packets_of packets = is_lost ? lost_upstream : late_upstream;
	uint64_t n = sum_of(d, packets, first);
	struct es_evidence *e = n > 0 ? es_cor_evidence(out) : NULL;

	if (e == NULL)
		return;
	es_cor_add_way(e, dir);
	es_cor_add_count(e, n, "packet");
	es_cor_add_text(e, is_lost ? " of the bad blocks never came to "
				   : " of the bad blocks were already late at ");
	add_first(d, first, e);
	es_cor_add_text(e, " (");
	es_cor_add_percent(e, n, expected_of_bad(d));
	es_cor_add_text(e, ")");
	es_cor_evidence_blocks(e, d, first, packets, n);
	es_cor_evidence_add_period(e);
	es_cor_set_value(e, (int64_t)n, "packets");
}

/* All of them where they are the fault; of a span at fault, those that were lost in the relay at its end. */
static void
add_unseen(const struct es_cor_direction *d, uint32_t dir, const struct es_cor_fault *fault,
    struct es_verdict *out)
{
	bool is_lost = fault->lost >= fault->late;

	for (uint32_t first = 0; first < d->n_points && fault->lost + fault->late > 0; first++)
		if (fault->is_upstream || (first == fault->to && d->begun[first].lost > 0))
			add_upstream(d, dir, first, is_lost || !fault->is_upstream, out);
}

/* ", of which time the capture at ep has gaps": each point that was to see the unplaced packets of a position first. */
static void
add_blind(const struct es_cor_direction *d, uint32_t position, struct es_evidence *e)
{
	for (uint32_t first = 0; first < position; first++) {
		bool is_any = false, has_gaps = false;

		for (uint32_t i = 0; i < d->n_blocks; i++) {
			const struct es_cor_block *b = &d->blocks[i];
			bool is_here = b->first == first && unplaced(b, position) > 0;

			is_any |= is_here;
			has_gaps |= is_here && b->has_gaps;
		}
		if (!is_any)
			continue;
		es_cor_add_text(e, ", of which time the capture at ");
		es_cor_add_slice(e, name_at(d, first));
		es_cor_add_text(e, has_gaps ? " has gaps" : " has nothing");
	}
}

/* "forward: 83 packets of the bad blocks never came to gw from 00:14 to 00:40, of which time the capture at ep .." */
static void
add_unplaced(
    const struct es_cor_direction *d, uint32_t dir, uint32_t position, struct es_verdict *out)
{
	uint64_t n = sum_of(d, unplaced, position);
	struct es_evidence *e = n > 0 ? es_cor_evidence(out) : NULL;

	if (e == NULL)
		return;
	es_cor_add_way(e, dir);
	es_cor_add_count(e, n, "packet");
	es_cor_add_text(e, " of the bad blocks never came to ");
	es_cor_add_slice(e, name_at(d, position));
	es_cor_evidence_blocks(e, d, position, unplaced, n);
	es_cor_evidence_add_period(e);
	add_blind(d, position, e);
	es_cor_add_text(e, ": where they were lost is not known");
	es_cor_set_value(e, (int64_t)n, "packets");
}

void
es_cor_evidence_direction(const struct es_cor_verdict_input *in, uint32_t dir,
    const struct es_cor_fault *fault, struct es_verdict *out)
{
	const struct es_direction *shown = in->out[dir];

	add_blocks(in->d[dir], dir, out);
	add_unsure(in->d[dir], dir, out);
	if (fault != NULL)
		add_unseen(in->d[dir], dir, fault, out);
	for (uint32_t i = 0; i < in->d[dir]->n_points; i++)
		add_unplaced(in->d[dir], dir, i, out);
	for (uint32_t i = 0; shown != NULL && i < shown->n_segments; i++)
		add_segment(in->d[dir], i, &shown->segments[i], dir, out);
}

/* "a budget left out the media of this call at sbc: not seen, not lost" */
void
es_cor_evidence_shed(const struct es_cor_verdict_input *in, struct es_verdict *out)
{
	const struct es_cor_direction *d = in->d[0];

	for (uint32_t i = 0; i < d->n_points; i++) {
		bool is_shed = es_cor_direction_is_shed_at(d, i) ||
			       es_cor_direction_is_shed_at(in->d[1], d->n_points - 1 - i);
		struct es_evidence *e = is_shed ? es_cor_evidence(out) : NULL;

		if (e == NULL)
			continue;
		es_cor_add_text(e, "a budget left out the media of this call at ");
		es_cor_add_slice(e, name_at(d, i));
		es_cor_add_text(e, ": not seen, not lost");
		e->vantage = name_at(d, i);
	}
}

/* "no media either way at sbc from 00:12 to 00:32: lost or elsewhere, nobody knows" */
void
es_cor_evidence_absences(struct es_cor_joined_call *c, struct es_verdict *out)
{
	for (uint32_t i = 0; i < c->n_absences; i++) {
		const struct es_cor_absence *a = &c->absences[i];
		struct es_evidence *e = es_cor_evidence(out);

		es_cor_evidence_period(e, c, a->point, a->start, a->end);
		es_cor_add_text(e, "no media either way at ");
		es_cor_add_slice(e, c->points[a->point].name);
		es_cor_evidence_add_period(e);
		es_cor_add_text(e, a->is_received ? ": the receiver reports that it missed none"
						  : ": lost or elsewhere, nobody knows");
		es_cor_set_value(
		    e, (es_time_diff(a->end, a->start) / ES_NS_PER_MS + 500) / 1000, "s");
	}
}

static const char *
header_of(enum es_join_reason reason)
{
	switch (reason) {
	case ES_JOIN_SESSION_ID:
		return "Session-ID";
	case ES_JOIN_X_CALL_ID:
		return "X-Call-ID";
	case ES_JOIN_ICID:
		return "icid";
	case ES_JOIN_CONFIGURED:
		return "configured header";
	case ES_JOIN_USER_TO_USER:
		return "User-to-User";
	default:
		return "Call-ID";
	}
}

void
es_cor_evidence_common(const struct es_cor_joined_call *c, struct es_verdict *out)
{
	const struct es_cor_leg *most = NULL;
	struct es_evidence *e;

	for (uint32_t i = 0; i < c->n_points; i++) {
		const struct es_cor_leg *leg = &c->s->legs[c->points[i].leg];

		if (leg->n_common > 0 && (most == NULL || leg->n_common > most->n_common))
			most = leg;
	}
	if (most == NULL)
		return;
	e = es_cor_evidence(out);
	es_cor_add_text(e, "the ");
	es_cor_add_text(e, header_of(most->common));
	es_cor_add_text(e, " stands in ");
	es_cor_add_count(e, most->n_common, "leg");
	es_cor_add_text(e, ": what so many share joins none of them");
	es_cor_set_value(e, most->n_common, "legs");
}
