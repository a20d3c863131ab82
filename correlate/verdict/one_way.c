/* SPDX-License-Identifier: Apache-2.0 */
/* Which direction of a call was not heard, and since when. */
#include "correlate/verdict/one_way.h"

#include "correlate/call/call.h"
#include "correlate/input/fit.h"
#include "correlate/verdict/bad_blocks.h"
#include "correlate/verdict/evidence.h"
#include "correlate/verdict/evidence_time.h"
#include "correlate/verdict/stopped.h"

enum {
	ONE_WAY_PACKETS_MIN =
	    64, /* received in one direction before silence in the other is a fault */
};

static uint64_t
received(const struct es_cor_direction *d)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < d->n_blocks; i++)
		n += d->blocks[i].is_merged ? 0 : d->blocks[i].received;
	return n;
}

/* Whether the last audio of a direction has a finding at some point. */
static bool
has_finding(const struct es_cor_direction *d, uint32_t finding)
{
	for (uint32_t p = 0; p < d->n_points; p++) {
		const struct es_cor_stream_view *st = es_cor_last_audio(d, p);

		if (st != NULL && (es_cor_stream_of(d->c->s, st)->rec.findings & finding) != 0)
			return true;
	}
	return false;
}

static bool
is_terminal_captured(const struct es_cor_direction *d)
{
	for (uint32_t p = 0; p < d->n_points; p++)
		if (!es_cor_may_be_passed(d, p))
			return true;
	return false;
}

/* Whether SDP at a position named a host as one that receives the direction. */
static bool
is_named(const struct es_cor_direction *d, uint32_t position, const struct es_addr *host)
{
	const struct es_call *call = es_cor_point_call(d->c, d->order[position]);

	if (call == NULL)
		return false;
	return es_cor_fit_among(host, d->direction > 0 ? call->callee_media : call->caller_media,
		   d->direction > 0 ? call->n_callee_media : call->n_caller_media) > 0;
}

/* The hosts of the opposite direction's i-th stream view at a position; NULL: it is of another direction. */
static const struct es_stream_key *
opposite_at(const struct es_cor_direction *d, uint32_t position, uint32_t i)
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_leg *leg = &s->legs[d->c->points[d->order[position]].leg];
	const struct es_cor_stream_view *st = es_cor_leg_stream_view(s, leg, i);

	es_cor_count(s, 1);
	return s->sources[st->source].direction == -d->direction ? &es_cor_stream_of(s, st)->key
								 : NULL;
}

static uint32_t
stream_views_at(const struct es_cor_direction *d, uint32_t position)
{
	return d->c->s->legs[d->c->points[d->order[position]].leg].n_stream_views;
}

/* Whether the sender has the opposite direction at a position from hosts that SDP never named to it. */
static bool
has_unnamed_relay(const struct es_cor_direction *d, uint32_t position)
{
	bool has_relay = false;

	for (uint32_t i = 0; i < stream_views_at(d, position); i++) {
		const struct es_stream_key *key = opposite_at(d, position, i);

		if (key == NULL)
			continue;
		if (is_named(d, position, &key->src))
			return false;
		has_relay = true;
	}
	return has_relay;
}

/* Whether a host that sends the opposite direction at a position is named as the receiver there, and to the sender. */
static bool
has_named_receiver(const struct es_cor_direction *d, uint32_t sender_side, uint32_t position)
{
	for (uint32_t i = 0; i < stream_views_at(d, position); i++) {
		const struct es_stream_key *key = opposite_at(d, position, i);

		if (key != NULL && is_named(d, position, &key->src) &&
		    is_named(d, sender_side, &key->src))
			return true;
	}
	return false;
}

/*
 * Whether a direction of which no point saw a packet went past all of them, as SDP says: a relay carries the opposite
 * direction, and to this one's sender it named the receiver's own address, and never one of its own. One capture has
 * the SDP that the sender got, another one the receiver that it names. A capture at a terminal sees what that sends
 * and gets wherever it goes, so there nothing went past.
 */
static bool
is_sent_past(const struct es_cor_direction *d)
{
	if (is_terminal_captured(d))
		return false;
	for (uint32_t i = 0; i < d->n_points; i++) {
		if (!has_unnamed_relay(d, i))
			continue;
		for (uint32_t j = i + 1; j < d->n_points; j++)
			if (has_named_receiver(d, i, j))
				return true;
	}
	return false;
}

static enum es_cor_one_way_kind
kind_of(const struct es_cor_verdict_input *in, uint32_t dir, es_time *stopped)
{
	const struct es_cor_direction *d = in->d[dir], *other = in->d[1 - dir];

	if (!in->has[dir])
		return has_finding(other, ES_FINDING_ONE_WAY) && !is_sent_past(d)
			   ? ES_COR_NEVER_SEEN
			   : ES_COR_BOTH_WAYS;
	if (d->n_judged > 0 && received(d) == 0)
		return ES_COR_NEVER_ARRIVED;
	return es_cor_has_stopped(d, other, stopped) ? ES_COR_STOPPED : ES_COR_BOTH_WAYS;
}

struct es_cor_one_way
es_cor_one_way_of(const struct es_cor_verdict_input *in)
{
	struct es_cor_one_way o = { .kind = ES_COR_BOTH_WAYS };

	for (uint32_t dir = 0; dir < 2 && o.kind == ES_COR_BOTH_WAYS; dir++) {
		o.heard = in->has[1 - dir] ? received(in->d[1 - dir]) : 0;
		o.dir = dir;
		if (o.heard >= ONE_WAY_PACKETS_MIN)
			o.kind = kind_of(in, dir, &o.stopped);
	}
	return o;
}

/* The vantage point at which a direction is judged. */
static uint32_t
last_point(const struct es_cor_direction *d)
{
	return d->order[d->last_point];
}

/* "reverse: no packet was seen anywhere; the other way 900 packets came to gw" */
static void
add_never_seen(const struct es_cor_direction *other, uint64_t heard, struct es_evidence *e)
{
	es_slice name = other->c->points[last_point(other)].name;

	es_cor_add_text(e, "no packet was seen anywhere; the other way ");
	es_cor_add_count(e, heard, "packet");
	es_cor_add_text(e, " came to ");
	es_cor_add_slice(e, name);
	if (e != NULL)
		e->vantage = name;
	es_cor_set_value(e, 0, "packets");
}

/* "reverse: the last packet came to ep at 00:06; the other way continued" */
static void
add_stopped(const struct es_cor_direction *d, es_time stopped, struct es_evidence *e)
{
	uint32_t point = last_point(d);

	es_cor_add_text(e, "the last packet came to ");
	es_cor_add_slice(e, d->c->points[point].name);
	es_cor_evidence_period(e, d->c, point, stopped, stopped);
	es_cor_evidence_add_period(e);
	es_cor_add_text(e, "; the other way continued");
	if (e != NULL && e->has_period)
		es_cor_set_value(e, (e->from_ms + 500) / 1000, "s");
}

void
es_cor_one_way_evidence(
    const struct es_cor_verdict_input *in, const struct es_cor_one_way *o, struct es_verdict *out)
{
	struct es_evidence *e;

	if (o->kind != ES_COR_NEVER_SEEN && o->kind != ES_COR_STOPPED)
		return;
	e = es_cor_evidence(out);
	es_cor_add_way(e, o->dir);
	if (o->kind == ES_COR_NEVER_SEEN)
		add_never_seen(in->d[1 - o->dir], o->heard, e);
	else
		add_stopped(in->d[o->dir], o->stopped, e);
}
