/* SPDX-License-Identifier: Apache-2.0 */
/* Which direction of a call was not heard, and since when. */
#include "correlate/verdict/one_way.h"

#include "correlate/verdict/bad_blocks.h"
#include "correlate/verdict/evidence.h"
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

static enum es_cor_one_way_kind
kind_of(const struct es_cor_verdict_input *in, uint32_t dir, int64_t *stopped_ms)
{
	const struct es_cor_direction *d = in->d[dir], *other = in->d[1 - dir];

	if (!in->has[dir])
		return has_finding(other, ES_FINDING_ONE_WAY) ? ES_COR_NEVER_SEEN
							      : ES_COR_BOTH_WAYS;
	if (d->n_judged > 0 && received(d) == 0)
		return ES_COR_NEVER_ARRIVED;
	return es_cor_has_stopped(d, other, stopped_ms) ? ES_COR_STOPPED : ES_COR_BOTH_WAYS;
}

struct es_cor_one_way
es_cor_one_way_of(const struct es_cor_verdict_input *in)
{
	struct es_cor_one_way o = { ES_COR_BOTH_WAYS, 0, 0, 0 };

	for (uint32_t dir = 0; dir < 2 && o.kind == ES_COR_BOTH_WAYS; dir++) {
		o.heard = in->has[1 - dir] ? received(in->d[1 - dir]) : 0;
		o.dir = dir;
		if (o.heard >= ONE_WAY_PACKETS_MIN)
			o.kind = kind_of(in, dir, &o.stopped_ms);
	}
	return o;
}

void
es_cor_one_way_evidence(const struct es_cor_one_way *o, struct es_verdict *out)
{
	struct es_evidence *e;

	if (o->kind != ES_COR_NEVER_SEEN && o->kind != ES_COR_STOPPED)
		return;
	e = es_cor_evidence(out);
	es_cor_add_text(e, o->dir == ES_FORWARD ? "forward: " : "reverse: ");
	if (o->kind == ES_COR_NEVER_SEEN) {
		es_cor_add_text(e, "no packet was seen anywhere, ");
		es_cor_add_count(e, o->heard, "packet");
		es_cor_add_text(e, " the other way");
		es_cor_set_value(e, 0, "packets");
		return;
	}
	es_cor_add_text(e, "no packet came after ");
	es_cor_add_number(e, (o->stopped_ms + 500) / 1000);
	es_cor_add_text(e, " s of the call, the other way went on");
	es_cor_set_value(e, (o->stopped_ms + 500) / 1000, "s");
}
