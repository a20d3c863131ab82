/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence in sentences with numbers: what a voice engineer reads first. */
#include "correlate/verdict/evidence_text.h"

#include "correlate/verdict/bad_blocks.h"
#include "correlate/verdict/evidence.h"
#include "probes/base/text.h"

enum { WORTH_A_SENTENCE = 200 }; /* one packet in so many; the segments carry the rest */

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

static const char *
way_of(uint32_t dir)
{
	return dir == ES_FORWARD ? "forward: " : "reverse: ";
}

/* "forward: 4 of 9 blocks are bad at gw" */
static void
add_blocks(const struct es_cor_direction *d, uint32_t dir, struct es_verdict *out)
{
	struct es_evidence *e = es_cor_evidence(out);

	es_cor_add_text(e, way_of(dir));
	es_cor_add_number(e, d->n_bad);
	es_cor_add_text(e, " of ");
	es_cor_add_count(e, d->n_judged, "block");
	es_cor_add_text(e, d->n_bad == 1 ? " is bad at " : " are bad at ");
	es_cor_add_slice(e, name_at(d, d->last_point));
	es_cor_set_value(e, d->n_bad, "blocks");
}

static void
add_unsure(const struct es_cor_direction *d, uint32_t dir, struct es_verdict *out)
{
	struct es_evidence *e = d->n_unsure > 0 ? es_cor_evidence(out) : NULL;

	es_cor_add_text(e, way_of(dir));
	es_cor_add_count(e, d->n_unsure, "block");
	es_cor_add_text(e, " could not be judged: the capture at ");
	es_cor_add_slice(e, name_at(d, d->last_point));
	es_cor_add_text(e, " has gaps there");
	es_cor_set_value(e, d->n_unsure, "blocks");
}

/* "forward: 113 of 2021 packets seen at ep never came to access (5.6 %)" */
static void
add_segment(const struct es_segment *s, uint32_t dir, struct es_verdict *out)
{
	uint64_t least = s->expected / WORTH_A_SENTENCE + 1;
	bool has_lost = (s->has & ES_SEGMENT_HAS_LOST) != 0 && s->lost >= least;
	bool has_late = (s->has & ES_SEGMENT_HAS_LATE) != 0 && s->late >= least;
	struct es_evidence *e;

	if (has_lost) {
		e = es_cor_evidence(out);
		es_cor_add_text(e, way_of(dir));
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
		es_cor_set_value(e, (int64_t)s->lost, "packets");
	}
	if (has_late) {
		e = es_cor_evidence(out);
		es_cor_add_text(e, way_of(dir));
		es_cor_add_count(e, s->late, "packet");
		es_cor_add_text(e, " became too late to play");
		add_between(e, s->from, s->to);
		es_cor_set_value(e, (int64_t)s->late, "packets");
	}
	if ((s->has & ES_SEGMENT_HAS_LOST) != 0 && s->unseen_upstream >= least) {
		e = es_cor_evidence(out);
		es_cor_add_text(e, way_of(dir));
		es_cor_add_count(e, s->unseen_upstream, "packet");
		es_cor_add_text(e, " came to ");
		es_cor_add_slice(e, s->to);
		es_cor_add_text(e, " that the capture at ");
		es_cor_add_slice(e, s->from);
		es_cor_add_text(e, " does not have");
		es_cor_set_value(e, (int64_t)s->unseen_upstream, "packets");
	}
}

/* Packets of the bad blocks that were lost, or late already, upstream of the first point. */
static void
add_upstream(const struct es_cor_direction *d, uint32_t dir, const struct es_cor_fault *fault,
    struct es_verdict *out)
{
	struct es_evidence *e;
	uint32_t first = 0;

	while (first + 1 < d->n_points && d->is_without_media[first])
		first++;
	if (fault->lost + fault->late == 0)
		return;
	e = es_cor_evidence(out);
	es_cor_add_text(e, way_of(dir));
	if (fault->lost >= fault->late) {
		es_cor_add_count(e, fault->lost, "packet");
		es_cor_add_text(e, " of the bad blocks never came to ");
	} else {
		es_cor_add_count(e, fault->late, "packet");
		es_cor_add_text(e, " of the bad blocks were already late at ");
	}
	es_cor_add_slice(e, name_at(d, first));
	es_cor_add_text(e, ", the first vantage point");
	es_cor_set_value(
	    e, (int64_t)(fault->lost >= fault->late ? fault->lost : fault->late), "packets");
}

void
es_cor_evidence_direction(const struct es_cor_verdict_input *in, uint32_t dir,
    const struct es_cor_fault *fault, struct es_verdict *out)
{
	const struct es_direction *shown = in->out[dir];

	add_blocks(in->d[dir], dir, out);
	add_unsure(in->d[dir], dir, out);
	if (fault != NULL && fault->is_upstream)
		add_upstream(in->d[dir], dir, fault, out);
	for (uint32_t i = 0; shown != NULL && i < shown->n_segments; i++)
		add_segment(&shown->segments[i], dir, out);
}

/* "no media either way at sbc from 12 s to 32 s of the call: nobody knows whether they were lost" */
void
es_cor_evidence_absences(const struct es_cor_joined_call *c, struct es_verdict *out)
{
	for (uint32_t i = 0; i < c->n_absences; i++) {
		const struct es_cor_absence *a = &c->absences[i];
		es_time begun = c->s->legs[c->points[a->point].leg].start;
		int64_t from_ms = es_time_diff(a->start, begun) / ES_NS_PER_MS;
		int64_t to_ms = es_time_diff(a->end, begun) / ES_NS_PER_MS;
		struct es_evidence *e = es_cor_evidence(out);

		es_cor_add_text(e, "no media either way at ");
		es_cor_add_slice(e, c->points[a->point].name);
		es_cor_add_text(e, " from ");
		es_cor_add_number(e, (from_ms + 500) / 1000);
		es_cor_add_text(e, " s to ");
		es_cor_add_number(e, (to_ms + 500) / 1000);
		es_cor_add_text(e, " s of the call: ");
		es_cor_add_text(e, a->is_received ? "the receiver reports that it missed none"
						  : "lost or elsewhere, nobody knows");
		es_cor_set_value(e, (to_ms - from_ms + 500) / 1000, "s");
	}
}

/* "a change of wifi_bssid (wlan0) on ep" */
static void
add_change(struct es_evidence *e, const struct es_change *change, es_slice machine)
{
	es_cor_add_text(e, "a change of ");
	es_cor_add_text(e, es_cor_change_name(change->kind));
	if (change->subject.n > 0) {
		es_cor_add_text(e, " (");
		es_cor_add_slice(e, es_text_first(change->subject, 32));
		es_cor_add_text(e, ")");
	}
	es_cor_add_text(e, " on ");
	es_cor_add_slice(e, machine);
}

/* "97 of 113 packets lost between ep and access fall in the 4 blocks in which ... was above 200" */
void
es_cor_evidence_machine(const struct es_cor_verdict_input *in, uint32_t dir,
    const struct es_cor_fault *fault, const struct es_cor_machine_cause *f, struct es_verdict *out)
{
	const struct es_cor_direction *d = in->d[dir];
	const struct es_cor_record_store *store = d->c->s->store;
	struct es_evidence *e = es_cor_evidence(out);
	uint32_t hit = f->bad_hit + f->good_hit;

	es_cor_add_number(e, (int64_t)f->hit_packets);
	es_cor_add_text(e, " of ");
	es_cor_add_count(e, f->all_packets, "packet");
	es_cor_add_text(e, fault->lost >= fault->late ? " lost" : " late");
	if (fault->is_upstream) {
		es_cor_add_text(e, " before ");
		es_cor_add_slice(e, name_at(d, 0));
	} else {
		add_between(e, name_at(d, fault->from), name_at(d, fault->to));
	}
	es_cor_add_text(e, f->hit_packets == 1 ? " falls in the " : " fall in the ");
	if (f->is_change) {
		es_cor_add_count(e, hit, "block");
		es_cor_add_text(e, " around ");
		add_change(e, &store->changes[f->change].rec, store->machines[f->machine]);
	} else {
		es_cor_add_count(e, hit, "block");
		es_cor_add_text(e, " in which ");
		es_cor_add_text(e, es_cor_signal_name(f->signal));
		es_cor_add_text(e, " of ");
		es_cor_add_slice(e, store->machines[f->machine]);
		es_cor_add_text(e, f->is_above ? " was above " : " was below ");
		es_cor_add_number(e, f->threshold);
	}
	es_cor_set_value(e, (int64_t)f->hit_packets, "packets");
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
