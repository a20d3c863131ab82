/* SPDX-License-Identifier: Apache-2.0 */
/* The public face: records in, explained calls out. */
#include "earshot/correlate.h"
#include "correlate/call/absence.h"
#include "correlate/call/delay.h"
#include "correlate/call/media_directions.h"
#include "correlate/call/point_order.h"
#include "correlate/call/reports.h"
#include "correlate/call/rtp_streams.h"
#include "correlate/call/segment.h"
#include "correlate/verdict/bad_blocks.h"
#include "correlate/verdict/direction_mos.h"
#include "correlate/verdict/machine_signals.h"

#include "correlate/call/bypass.h"
#include "correlate/input/uses.h"
#include "correlate/join/edge.h"
#include "correlate/join/join.h"
#include "correlate/join/leg.h"
#include "correlate/join/line.h"
#include "correlate/join/match.h"
#include "correlate/join/source.h"
#include "correlate/join/stream_view.h"
#include "correlate/join/succession.h"
#include "correlate/join/twin.h"
#include "correlate/verdict/verdict.h"

#include <stdlib.h>

struct es_correlate {
	struct es_cor_record_store store;
	struct es_arena scratch;
	uint64_t steps; /* of the last solve */
	es_slice missing[ES_CORRELATE_VANTAGES_MAX];
	uint32_t n_missing;
};

/* Memory for one call while it is explained. */
struct work {
	struct es_cor_joined_call c;
	struct es_cor_direction directions[2];
	struct es_explained out;
};

/*
 * Room for one solve: a few copies of every run and block, and the tables of sources and legs. Few
 * sources may be one call with all its media, each a candidate for each; many are many calls.
 */
static size_t
scratch_bytes(const struct es_correlate_config *cfg)
{
	size_t few = cfg->max_sources < 16384 ? cfg->max_sources : 16384;

	return (size_t)192 * cfg->max_blocks + (size_t)192 * cfg->max_missing +
	       (size_t)32768 * few + (size_t)16384 * cfg->max_sources +
	       (size_t)1024 * cfg->max_calls + (size_t)192 * cfg->max_host + sizeof(struct work) +
	       (4u << 20);
}

int
es_correlate_new(const struct es_correlate_config *cfg, struct es_correlate **out)
{
	struct es_correlate *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL)
		return ES_ENOMEM;
	err = es_cor_record_store_new(&c->store, cfg);
	if (err == 0)
		err = es_arena_new(&c->scratch, scratch_bytes(&c->store.cfg));
	if (err != 0) {
		es_correlate_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void
es_correlate_free(struct es_correlate *c)
{
	if (c == NULL)
		return;
	es_cor_record_store_free(&c->store);
	es_arena_free(&c->scratch);
	free(c);
}

int
es_correlate_vantage(struct es_correlate *c, es_slice name, enum es_role role)
{
	return es_cor_record_store_vantage(&c->store, name, role);
}

int
es_correlate_missing(struct es_correlate *c, es_slice name)
{
	for (uint32_t i = 0; i < c->n_missing; i++) {
		if (es_slice_eq(c->missing[i], name))
			return 0;
	}
	if (c->n_missing == ES_CORRELATE_VANTAGES_MAX ||
	    es_cor_names_keep(&c->store.names, name, &c->missing[c->n_missing]) != 0)
		return ES_EFULL;
	c->n_missing++;
	return 0;
}

int
es_correlate_add(struct es_correlate *c, int vantage, const struct es_record *rec)
{
	if (vantage < 0 || (uint32_t)vantage >= c->store.n_vantages)
		return ES_EINVALID;
	return es_cor_record_store_add(&c->store, (uint32_t)vantage, rec);
}

int
es_correlate_add_host(struct es_correlate *c, es_slice host, const struct es_record *rec)
{
	for (uint32_t i = 0; i < c->store.n_machines; i++) {
		if (es_slice_eq(c->store.machines[i], host))
			return es_cor_record_store_add_host(&c->store, i, rec);
	}
	return ES_EINVALID;
}

uint64_t
es_correlate_refused(const struct es_correlate *c)
{
	return c->store.refused;
}

uint64_t
es_correlate_steps(const struct es_correlate *c)
{
	return c->steps;
}

const char *
es_cause_name(enum es_cause cause)
{
	static const char *const names[] = {
#define X(name, json) json,
		ES_CAUSES(X)
#undef X
	};

	return (size_t)cause < sizeof(names) / sizeof(names[0]) ? names[cause] : "unknown";
}

const char *
es_join_name(enum es_join_reason reason)
{
	static const char *const names[] = {
#define X(name, json) json,
		ES_JOINS(X)
#undef X
	};

	return (size_t)reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "unknown";
}

/* The legs of one call become its points; what is beyond the cap is left out and counted. */
static void
gather_points(struct work *w, struct es_cor_solve *s, uint32_t joined, uint64_t *refused)
{
	const struct es_cor_leg *first = &s->legs[joined];

	for (uint32_t i = 0; i < first->n_joined; i++) {
		struct es_cor_point *p = &w->c.points[w->c.n_points];
		uint32_t leg = s->call_legs[first->legs + i];
		const struct es_call *call;

		if (w->c.n_points == ES_PATH_MAX) {
			*refused += first->n_joined - i;
			return;
		}
		p->leg = leg;
		call = es_cor_point_call(&w->c, w->c.n_points);
		p->role = s->store->vantages[s->legs[leg].vantage].role;
		p->has_forwards = call != NULL && (call->has & ES_CALL_HAS_MAX_FORWARDS) != 0;
		p->max_forwards = p->has_forwards ? call->max_forwards : 0;
		w->c.has_signalling |= call != NULL;
		w->c.n_points++;
	}
}

/* Gives every source the direction of its RTP stream. */
static void
set_directions(struct es_cor_joined_call *c)
{
	for (uint32_t m = 0; m < c->n_rtp_streams; m++) {
		for (uint32_t p = 0; p < c->n_points; p++) {
			const struct es_cor_view *v = &c->rtp_streams[m].views[p];

			for (uint32_t i = 0; i < v->n_sources; i++)
				c->s->sources[v->sources[i]].direction =
				    (int8_t)c->rtp_streams[m].direction;
		}
	}
}

/* A stream that began again is named once: those of one SSRC stand together. */
static bool
is_named(const struct es_call_stream *streams, uint32_t n, const struct es_stream_key *key)
{
	for (uint32_t i = n; i-- > 0 && streams[i].ssrc == key->ssrc;) {
		if (es_addr_eq(&streams[i].src, &key->src) &&
		    es_addr_eq(&streams[i].dst, &key->dst))
			return true;
	}
	return false;
}

static enum es_direction_name
direction_of(const struct es_cor_source *src)
{
	return src->direction > 0 ? ES_FORWARD : src->direction < 0 ? ES_REVERSE : ES_BOTH;
}

/* From leg to leg along the path, because the first one may share no packets with the last. */
static void
fill_clock_offset(struct work *w, uint32_t i)
{
	const struct es_cor_leg *legs = w->c.s->legs;
	struct es_leg *out = &w->out.legs[i];
	int64_t us = 0;

	out->has_clock_offset = i == 0;
	for (uint32_t j = i; j-- > 0 && !out->has_clock_offset;) {
		const struct es_leg *before = &w->out.legs[j];

		if (!before->has_clock_offset ||
		    (legs[w->c.points[i].leg].vantage != legs[w->c.points[j].leg].vantage &&
			!es_cor_clock_difference_us(&w->c, j, i, &us)))
			continue;
		out->has_clock_offset = true;
		out->clock_offset_us = before->clock_offset_us + us;
	}
}

static int
fill_leg(struct work *w, uint32_t i, struct es_leg *out)
{
	struct es_cor_solve *s = w->c.s;
	const struct es_cor_leg *leg = &s->legs[w->c.points[i].leg];
	struct es_call_stream *streams;
	enum es_direction_name *directions;
	uint32_t n = 0;

	for (uint32_t j = 0; j < leg->n_sources; j++)
		n += s->sources[s->leg_sources[leg->sources + j]].n_stream_views;
	streams = es_arena_take(s->mem, n, sizeof(*streams));
	directions = es_arena_take(s->mem, n, sizeof(*directions));
	if (streams == NULL || directions == NULL)
		return ES_EFULL;
	out->vantage = w->c.points[i].name;
	out->role = w->c.points[i].role;
	out->call_id = leg->call_id;
	out->from = leg->start;
	out->to = leg->end;
	if (es_cor_point_call(&w->c, i) != NULL)
		out->start = es_cor_point_call(&w->c, i)->start;
	out->streams = streams;
	out->directions = directions;
	for (uint32_t j = 0; j < leg->n_sources; j++) {
		const struct es_cor_source *src = &s->sources[s->leg_sources[leg->sources + j]];

		for (uint32_t k = 0; k < src->n_stream_views; k++) {
			const struct es_stream_key *key = &es_cor_stream_of(
			    s, &s->stream_views[s->source_stream_views[src->stream_views + k]])
							       ->key;
			struct es_call_stream *st = &streams[out->n_streams];

			if (is_named(streams, out->n_streams, key))
				continue;
			st->ssrc = key->ssrc;
			st->src = key->src;
			st->dst = key->dst;
			directions[out->n_streams] = direction_of(src);
			out->n_streams++;
		}
	}
	return 0;
}

static void
fill_times(struct work *w)
{
	const struct es_cor_solve *s = w->c.s;
	const struct es_cor_leg *first = &s->legs[w->c.points[0].leg];
	es_time end = first->start;

	w->out.start = first->start;
	for (uint32_t i = 0; i < w->c.n_points && !w->out.has_duration; i++) {
		const struct es_call *call = es_cor_point_call(&w->c, i);

		if (call == NULL || (call->has & ES_CALL_HAS_DURATION) == 0)
			continue;
		w->out.has_duration = true;
		w->out.duration_us = call->duration_us;
	}
	if (w->out.has_duration || w->c.has_signalling)
		return;
	for (uint32_t i = 0; i < first->n_sources; i++) {
		const struct es_cor_source *src = &s->sources[s->leg_sources[first->sources + i]];

		for (uint32_t k = 0; k < src->n_stream_views; k++)
			end = es_time_max(end,
			    s->stream_views[s->source_stream_views[src->stream_views + k]].end);
	}
	w->out.has_duration = true;
	w->out.duration_us = (uint64_t)es_time_diff(end, first->start) / 1000;
}

/* The Call-ID of the leg nearest the caller, else "rtp:" and the SSRC that began first. */
static int
fill_name(struct work *w)
{
	static const char hex[] = "0123456789abcdef";
	struct es_cor_solve *s = w->c.s;
	const struct es_cor_leg *first = &s->legs[w->c.points[0].leg];
	const struct es_cor_source *src = NULL;
	uint8_t *text;
	uint32_t ssrc;

	for (uint32_t i = 0; i < w->c.n_points; i++) {
		w->out.call = s->legs[w->c.points[i].leg].call_id;
		if (w->out.call.n > 0)
			return 0;
	}
	for (uint32_t i = 0; i < w->c.n_points && first->n_sources == 0; i++)
		first = &s->legs[w->c.points[i].leg];
	if (first->n_sources > 0)
		src = &s->sources[s->leg_sources[first->sources]];
	for (uint32_t i = 1; i < first->n_sources; i++) {
		const struct es_cor_source *other = &s->sources[s->leg_sources[first->sources + i]];

		if (es_time_before(other->start, src->start))
			src = other;
	}
	ssrc = src == NULL ? 0 : src->ssrc;
	text = es_arena_take(s->mem, 14, 1);
	if (text == NULL)
		return ES_EFULL;
	memcpy(text, "rtp:0x", 6);
	for (int i = 0; i < 8; i++)
		text[6 + i] = (uint8_t)hex[ssrc >> (28 - 4 * i) & 15];
	w->out.call = es_slice_of(text, 14);
	return 0;
}

/* From, To and final status of the leg nearest the caller that has them; the points are in order. */
static void
fill_parties(struct work *w)
{
	struct es_explained *out = &w->out;

	for (uint32_t i = 0; i < w->c.n_points; i++) {
		const struct es_call *call = es_cor_point_call(&w->c, i);

		if (call == NULL)
			continue;
		if (out->from.n == 0)
			out->from = call->from;
		if (out->to.n == 0)
			out->to = call->to;
		if (out->final_status == 0 && (call->has & ES_CALL_HAS_STATUS) != 0)
			out->final_status = call->final_status;
	}
}

/* The reasons that hold the call together: taking one away would part it. */
static void
fill_joins(struct work *w)
{
	struct es_cor_solve *s = w->c.s;
	const struct es_cor_leg *first = &s->legs[es_cor_edge_root(s, w->c.points[0].leg)];

	for (uint32_t i = 0; i < first->n_edges && w->out.n_joins < ES_JOINS_MAX; i++) {
		const struct es_cor_edge *e = &s->edges[s->call_edges[first->edges + i]];
		struct es_join *j = &w->out.joins[w->out.n_joins];
		uint32_t found = 0;

		for (uint32_t p = 0; p < w->c.n_points; p++) {
			if (w->c.points[p].leg == e->a) {
				j->a = p;
				found |= 1;
			}
			if (w->c.points[p].leg == e->b) {
				j->b = p;
				found |= 2;
			}
		}
		j->reason = e->reason;
		j->weight_ppm = e->weight_ppm;
		j->pairs = e->pairs;
		w->out.n_joins += found == 3 && e->is_bridge;
	}
}

static int
fill_verdict(struct work *w)
{
	struct es_cor_verdict_input in = { 0 };

	in.c = &w->c;
	for (uint32_t i = 0; i < 2; i++) {
		in.d[i] = &w->directions[i];
		in.has[i] = es_cor_direction_begin(in.d[i], &w->c, i == 0 ? 1 : -1);
	}
	es_cor_absences(&w->c);
	for (uint32_t i = 0; i < 2; i++) {
		struct es_cor_direction *d = in.d[i];
		struct es_direction *out = &w->out.directions[w->out.n_directions];

		if (!in.has[i])
			continue;
		if (es_cor_segments(d, out) != 0 || es_cor_bad_blocks(d) != 0)
			return ES_EFULL;
		es_cor_direction_mos(d, out);
		es_cor_direction_mos_cq(d, out);
		out->blocks = d->n_judged;
		out->bad_blocks = d->n_bad;
		in.out[i] = out;
		w->out.n_directions++;
	}
	es_cor_verdict(&in, &w->out.verdict);
	return w->c.s->mem->n_refused > 0 ? ES_EFULL : 0;
}

/* Explains the call whose first leg is `joined`. */
static int
explain_call(struct work *w, struct es_cor_solve *s, uint32_t joined, uint64_t *refused)
{
	memset(w, 0, sizeof(*w));
	w->c.s = s;
	gather_points(w, s, joined, refused);
	if (es_cor_rtp_streams(&w->c) != 0)
		return ES_EFULL;
	if (es_cor_media_directions(&w->c) != 0 || es_cor_point_order(&w->c) != 0 ||
	    es_cor_media_directions_without_signalling(&w->c) != 0)
		return ES_EFULL;
	set_directions(&w->c);
	es_cor_bypass(&w->c);
	for (uint32_t i = 0; i < w->c.n_points; i++) {
		if (fill_leg(w, i, &w->out.legs[w->out.n_legs++]) != 0)
			return ES_EFULL;
		fill_clock_offset(w, i);
	}
	fill_times(w);
	fill_parties(w);
	fill_joins(w);
	return fill_name(w) != 0 || fill_verdict(w) != 0 ? ES_EFULL : 0;
}

struct call_order {
	uint32_t leg;
	es_time start;
	es_slice call;
};

static bool
call_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct call_order *x = &((const struct call_order *)ctx)[a];
	const struct call_order *y = &((const struct call_order *)ctx)[b];
	int d = es_cor_names_compare(x->call, y->call);

	if (x->start.ns != y->start.ns)
		return x->start.ns < y->start.ns;
	return d != 0 ? d < 0 : x->leg < y->leg;
}

/* Explains every call, once to find its place in the order and once to report it. */
static int
explain_all(struct es_correlate *c, struct es_cor_solve *s,
    void (*call)(void *ctx, const struct es_explained *call), void *ctx)
{
	struct work *w = es_arena_take(s->mem, 1, sizeof(*w));
	struct call_order *found = es_arena_take(s->mem, s->n_legs, sizeof(*found));
	uint32_t *order = es_arena_take(s->mem, s->n_legs, sizeof(*order));
	uint8_t *names = es_arena_take(s->mem, s->n_legs, 16);
	uint32_t n = 0;
	uint64_t ignored = 0;
	size_t mark = es_arena_mark(s->mem);
	int err = 0;

	if (s->mem->n_refused > 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_legs; i++) {
		if (es_cor_edge_root(s, i) != i)
			continue;
		es_arena_reset(s->mem, mark);
		memset(w, 0, sizeof(*w));
		w->c.s = s;
		gather_points(w, s, i, &ignored);
		if (es_cor_rtp_streams(&w->c) == 0) {
			(void)es_cor_media_directions(
			    &w->c); /* full: noticed in the second round */
			(void)es_cor_point_order(&w->c);
			fill_times(w);
			(void)fill_name(w);
		}
		s->mem->n_refused = 0;
		found[n].leg = i;
		found[n].start = w->out.start;
		found[n].call = w->out.call;
		if (w->out.call.n == 14) { /* may stand in memory that is given back */
			memcpy(names + (size_t)16 * n, w->out.call.p, 14);
			found[n].call.p = names + (size_t)16 * n;
		}
		order[n] = n;
		n++;
	}
	es_cor_sort(order, n, call_before, found);
	for (uint32_t i = 0; i < n; i++) {
		es_arena_reset(s->mem, mark);
		s->mem->n_refused = 0;
		if (explain_call(w, s, found[order[i]].leg, &c->store.refused) != 0) {
			c->store.refused++;
			err = ES_EFULL;
			continue;
		}
		w->out.missing = c->missing;
		w->out.n_missing = c->n_missing;
		call(ctx, &w->out);
	}
	return err;
}

int
es_correlate_solve(
    struct es_correlate *c, void (*call)(void *ctx, const struct es_explained *call), void *ctx)
{
	struct es_cor_solve s = { 0 };

	es_arena_reset(&c->scratch, 0);
	c->scratch.n_refused = 0;
	c->steps = 0;
	s.store = &c->store;
	s.mem = &c->scratch;
	s.steps = &c->steps;
	if (es_cor_uses(&c->store, s.mem) != 0 || es_cor_calls_index(&s) != 0 ||
	    es_cor_reports_sort(&s) != 0 || es_cor_machines(&s) != 0 ||
	    es_cor_stream_views(&s) != 0 || es_cor_succession(&s) != 0 || es_cor_sources(&s) != 0 ||
	    es_cor_twins(&s) != 0 || es_cor_legs(&s) != 0 || es_cor_matches(&s) != 0 ||
	    es_cor_join(&s) != 0 || es_cor_lines(&s) != 0) {
		c->store.refused++;
		return ES_EFULL;
	}
	return explain_all(c, &s, call, ctx);
}
