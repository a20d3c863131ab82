/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict: state, segment, ranked causes. */
#include "correlate/verdict/verdict.h"

#include "correlate/verdict/cause.h"
#include "correlate/verdict/doubt.h"
#include "correlate/verdict/evidence.h"
#include "correlate/verdict/evidence_machine.h"
#include "correlate/verdict/evidence_text.h"
#include "correlate/verdict/far_side.h"
#include "correlate/verdict/one_way.h"
#include "correlate/verdict/refusal.h"
#include "correlate/verdict/roles.h"
#include "correlate/verdict/unscored.h"

enum {
	EXPLAINED_PERCENT = 90, /* a symptom ranks below the machine that explains it */
	POLICY_PPM = 250000,    /* a changed mark is a hint, not a proof */
	CODEC_PPM = 200000,
};

static enum es_cause
symptom_of(const struct es_cor_direction *d, const struct es_cor_fault *b)
{
	if (!b->is_upstream)
		return b->lost >= b->late ? ES_CAUSE_NETWORK_LOSS : ES_CAUSE_NETWORK_JITTER;
	if (b->lost + b->late == 0)
		return ES_CAUSE_UNKNOWN;
	return b->late > b->lost && es_cor_first_is_sender(d) ? ES_CAUSE_SENDER_STARVED
							      : ES_CAUSE_FAR_SIDE;
}

/* DSCP of the RTP stream with most packets at a position; -1 where it is not known. */
static int
dscp_at(const struct es_cor_direction *d, uint32_t position)
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_leg *leg = &s->legs[d->c->points[d->order[position]].leg];
	uint64_t most = 0;
	int dscp = -1;

	for (uint32_t i = 0; i < leg->n_stream_views; i++) {
		const struct es_cor_stream_view *st = es_cor_leg_stream_view(s, leg, i);
		const struct es_stream *rec = &es_cor_stream_of(s, st)->rec;

		if (s->sources[st->source].direction != d->direction ||
		    (rec->has & ES_STREAM_HAS_IP) == 0 || rec->packets <= most)
			continue;
		most = rec->packets;
		dscp = rec->dscp;
	}
	return dscp;
}

/* DSCP that differs at the two ends of the span at fault: a policy on the way changed the priority. */
static void
add_policy(const struct es_cor_direction *d, const struct es_cor_fault *b, struct es_verdict *v)
{
	int from, to;
	struct es_evidence *e;

	if (b->is_upstream)
		return;
	from = dscp_at(d, b->from);
	to = dscp_at(d, b->to);
	if (from <= 0 || to < 0 || from == to)
		return;
	es_cor_rank(v, ES_CAUSE_POLICY, POLICY_PPM);
	e = es_cor_evidence(v);
	es_cor_add_way(e, d->direction > 0 ? ES_FORWARD : ES_REVERSE);
	es_cor_add_text(e, "DSCP ");
	es_cor_add_number(e, from);
	es_cor_add_text(e, " of ");
	es_cor_add_slice(e, d->c->points[d->order[b->from]].name);
	es_cor_add_text(e, " comes to ");
	es_cor_add_slice(e, d->c->points[d->order[b->to]].name);
	es_cor_add_text(e, " as ");
	es_cor_add_number(e, to);
	if (e != NULL)
		e->vantage = d->c->points[d->order[b->to]].name;
	es_cor_set_value(e, to, "DSCP");
}

static void
add_codec(const struct es_cor_direction *d, const struct es_cor_fault *b, struct es_verdict *v)
{
	for (uint32_t i = 0; i + 1 < d->n_points; i++) {
		struct es_evidence *e;

		if (!d->is_renumbered[i])
			continue;
		es_cor_rank(v, ES_CAUSE_CODEC, CODEC_PPM);
		e = es_cor_evidence(v);
		es_cor_add_way(e, d->direction > 0 ? ES_FORWARD : ES_REVERSE);
		es_cor_add_text(e, "packets are renumbered between ");
		es_cor_add_slice(e, d->c->points[d->order[i]].name);
		es_cor_add_text(e, " and ");
		es_cor_add_slice(e, d->c->points[d->order[i + 1]].name);
		if (b->is_upstream || d->begun[b->to].lost == 0)
			es_cor_add_text(e, ": loss there cannot be counted");
		return;
	}
}

/* What a machine explains ranks below it, in whichever direction it was found. */
static void
demote_symptoms(struct es_verdict *v, uint32_t machine_ppm)
{
	struct es_ranked_cause causes[ES_CAUSES_MAX];
	uint32_t n = v->n_causes, most = machine_ppm / 100 * EXPLAINED_PERCENT;

	memcpy(causes, v->causes, sizeof(causes));
	v->n_causes = 0;
	for (uint32_t i = 0; i < n && machine_ppm > 0; i++) {
		if (!es_cor_is_of_machine(causes[i].cause) && causes[i].confidence_ppm > most)
			causes[i].confidence_ppm = most;
		es_cor_rank_machine(
		    v, causes[i].cause, causes[i].confidence_ppm, causes[i].is_synthetic);
	}
	if (machine_ppm == 0)
		v->n_causes = n;
}

static uint32_t
confidence(uint32_t ppm, bool is_doubtful)
{
	return is_doubtful && ppm > ES_COR_HINT_PPM_MAX ? ES_COR_HINT_PPM_MAX : ppm;
}

/* All causes of one degraded direction, and its sentences; *machine_ppm: the surest machine's. */
static void
explain(const struct es_cor_verdict_input *in, uint32_t dir, const struct es_cor_fault *fault,
    bool is_one_way, uint32_t *machine_ppm, struct es_verdict *v)
{
	struct es_cor_machine_cause found[ES_COR_MACHINE_CAUSES_MAX];
	uint32_t n = es_cor_machine_causes(in->d[dir], fault, found);
	bool is_doubtful = es_cor_doubts_fault(in->d[dir], fault);
	uint32_t symptom =
	    confidence(es_cor_share_ppm(fault->share_ppm, fault->lost + fault->late), is_doubtful);

	if (is_doubtful)
		es_cor_doubt_evidence(in->d[dir], v);
	for (uint32_t i = 0; i < n; i++) {
		found[i].confidence_ppm = confidence(found[i].confidence_ppm, is_doubtful);
		es_cor_rank_machine(
		    v, found[i].cause, found[i].confidence_ppm, found[i].is_synthetic);
		es_cor_evidence_machine(in, dir, fault, &found[i], v);
	}
	if (n > 0 && found[0].confidence_ppm >= ES_COR_ACCUSES_PPM &&
	    found[0].confidence_ppm > *machine_ppm)
		*machine_ppm = found[0].confidence_ppm;
	if (is_one_way) {
		es_cor_rank(v, ES_CAUSE_ONE_WAY, symptom);
		symptom = symptom / 100 * EXPLAINED_PERCENT;
	}
	if (symptom_of(in->d[dir], fault) == ES_CAUSE_FAR_SIDE)
		symptom = es_cor_far_side_ppm(in, dir, symptom);
	es_cor_rank(v, symptom_of(in->d[dir], fault), symptom);
	add_policy(in->d[dir], fault, v);
	add_codec(in->d[dir], fault, v);
	es_cor_add_far_side(in->d[dir], fault, symptom, v);
}

/* Writes the span at fault as the segment, in the forward sense where it is both directions'. */
static void
name_segment(const struct es_cor_direction *d, const struct es_cor_fault *b,
    enum es_direction_name name, struct es_verdict *v)
{
	bool is_mirrored = name == ES_BOTH && d->direction < 0;

	v->segment_direction = name;
	if (b->is_upstream)
		return;
	v->has_segment = true;
	if (b->to == b->from + 1) {
		uint32_t from = is_mirrored ? b->to : b->from, to = is_mirrored ? b->from : b->to;

		v->segment_from = d->c->points[d->order[from]].name;
		v->segment_to = d->c->points[d->order[to]].name;
		return;
	}
	for (uint32_t i = b->from; i < b->to; i++) {
		v->one_of[v->n_one_of].from = d->c->points[d->order[is_mirrored ? i + 1 : i]].name;
		v->one_of[v->n_one_of].to = d->c->points[d->order[is_mirrored ? i : i + 1]].name;
		v->n_one_of++;
	}
}

/* Two directions are at fault between the same neighbours: one cable or radio for both. */
static bool
same_place(const struct es_cor_direction *f, const struct es_cor_fault *a,
    const struct es_cor_direction *r, const struct es_cor_fault *b)
{
	return !a->is_upstream && !b->is_upstream && f->order[a->from] == r->order[b->to] &&
	       f->order[a->to] == r->order[b->from];
}

static void
add_why_unknown(const struct es_cor_verdict_input *in, struct es_verdict *v)
{
	struct es_evidence *e;
	es_slice name;

	if (!in->has[0] && !in->has[1] && es_cor_refusal(in->c, v))
		return;
	if (!in->has[0] && !in->has[1]) {
		es_cor_add_text(es_cor_evidence(v), "no media were seen");
		return;
	}
	for (uint32_t dir = 0; dir < 2; dir++) {
		if (!in->has[dir])
			continue;
		e = es_cor_evidence(v);
		es_cor_add_way(e, dir);
		name = in->c->points[in->d[dir]->order[in->d[dir]->last_point]].name;
		if (in->d[dir]->n_unsure > 0) {
			es_cor_add_text(e, "the capture at ");
			es_cor_add_slice(e, name);
			es_cor_add_text(e, ", the last vantage point, has gaps");
		} else {
			es_cor_add_text(e, "no block could be judged at ");
			es_cor_add_slice(e, name);
		}
		if (e != NULL)
			e->vantage = name;
	}
}

static void
explain_degraded(const struct es_cor_verdict_input *in, const struct es_cor_one_way *one_way,
    struct es_verdict *v)
{
	struct es_cor_fault fault[2];
	bool bad[2];
	uint32_t main_dir, machine_ppm = 0;
	bool is_one_way = one_way->kind != ES_COR_BOTH_WAYS;
	bool has_fault; /* where its packets went: one that was never sent went nowhere */

	for (uint32_t dir = 0; dir < 2; dir++) {
		bad[dir] = in->d[dir]->is_degraded || (is_one_way && one_way->dir == dir);
		es_cor_fault(in->d[dir], &fault[dir]);
	}
	main_dir = !bad[0] || (bad[1] && es_cor_weight(in->d[1], &fault[1]) >
					     es_cor_weight(in->d[0], &fault[0]));
	if (is_one_way)
		main_dir = one_way->dir;
	has_fault = in->has[main_dir] &&
		    (in->d[main_dir]->is_degraded || one_way->kind == ES_COR_NEVER_ARRIVED);
	if (one_way->kind == ES_COR_NEVER_SEEN || one_way->kind == ES_COR_STOPPED) {
		bool is_doubtful =
		    one_way->kind == ES_COR_STOPPED && es_cor_doubts_stop(in->d[one_way->dir]);

		es_cor_rank(v, ES_CAUSE_ONE_WAY,
		    confidence(es_cor_share_ppm(1000000, one_way->heard), is_doubtful));
		if (is_doubtful)
			es_cor_doubt_evidence(in->d[one_way->dir], v);
		es_cor_one_way_evidence(in, one_way, v);
	}
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t dir = i == 0 ? main_dir : 1 - main_dir;

		if (in->has[dir] && bad[dir])
			es_cor_evidence_direction(in, dir, &fault[dir], v);
	}
	if (has_fault)
		explain(in, main_dir, &fault[main_dir], is_one_way, &machine_ppm, v);
	if (bad[0] && bad[1] && same_place(in->d[0], &fault[0], in->d[1], &fault[1])) {
		explain(in, 1 - main_dir, &fault[1 - main_dir], false, &machine_ppm, v);
		name_segment(in->d[main_dir], &fault[main_dir], ES_BOTH, v);
	} else if (has_fault) {
		name_segment(
		    in->d[main_dir], &fault[main_dir], main_dir == 0 ? ES_FORWARD : ES_REVERSE, v);
	}
	demote_symptoms(v, machine_ppm);
	es_cor_drop_hints(v);
	if (v->n_causes == 0)
		es_cor_rank(v, ES_CAUSE_UNKNOWN, 0);
}

/* Whether the call has an absence of which it is unknown whether packets were lost. */
static bool
has_unknown_absence(const struct es_cor_joined_call *c)
{
	for (uint32_t i = 0; i < c->n_absences; i++)
		if (!c->absences[i].is_received)
			return true;
	return false;
}

/* Whether a budget left out what came to the end of a direction: clean up to there is not clean. */
static bool
is_end_shed(const struct es_cor_direction *d)
{
	for (uint32_t i = d->last_point < d->n_points ? d->last_point + 1 : 0; i < d->n_points; i++)
		if (es_cor_direction_is_shed_at(d, i))
			return true;
	return false;
}

void
es_cor_verdict(const struct es_cor_verdict_input *in, struct es_verdict *out)
{
	struct es_cor_one_way one_way = es_cor_one_way_of(in);

	memset(out, 0, sizeof(*out));
	if (in->d[0]->is_degraded || in->d[1]->is_degraded || one_way.kind != ES_COR_BOTH_WAYS) {
		out->state = ES_VERDICT_DEGRADED;
		explain_degraded(in, &one_way, out);
	} else if (in->d[0]->n_judged + in->d[1]->n_judged == 0) {
		out->state = ES_VERDICT_UNKNOWN;
		add_why_unknown(in, out);
	} else {
		bool is_unknown =
		    has_unknown_absence(in->c) || is_end_shed(in->d[0]) || is_end_shed(in->d[1]);

		out->state = is_unknown ? ES_VERDICT_UNKNOWN : ES_VERDICT_CLEAN;
		for (uint32_t dir = 0; dir < 2; dir++) {
			if (in->has[dir])
				es_cor_evidence_direction(in, dir, NULL, out);
		}
	}
	es_cor_evidence_absences(in->c, out);
	es_cor_evidence_shed(in, out);
	for (uint32_t dir = 0; dir < 2; dir++)
		es_cor_unscored_evidence(in, dir, out);
	es_cor_evidence_common(in->c, out);
	es_cor_roles_evidence(in->c, out);
}
