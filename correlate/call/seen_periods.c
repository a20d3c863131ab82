/* SPDX-License-Identifier: Apache-2.0 */
/* When a point saw an RTP stream: its stream views, parted where numbers are missing. */
#include "correlate/call/seen_periods.h"

#include "correlate/join/stream_view.h"
enum { HOLE_MIN_MS = 200 }; /* a shorter hole is loss, no change of path */

struct periods {
	struct es_cor_seen_period *out;
	unsigned n;
	bool is_full;
	bool is_parted; /* what comes next begins a period */
};

static void
add(struct periods *x, es_time start, es_time end)
{
	if (!x->is_parted) {
		x->out[x->n - 1].end = end;
		return;
	}
	x->is_full |= x->n == ES_COR_SEEN_PERIODS_MAX;
	if (!x->is_full)
		x->out[x->n++] = (struct es_cor_seen_period){ start, end };
	x->is_parted = x->is_full;
}

static int64_t
packets_ns(const struct es_cor_stream_view *st, int64_t n)
{
	return es_cor_packets_ns(st->step, st->clock_rate_hz, n);
}

/* The periods of a part: between its missing numbers, counted from the first one that came. */
static void
add_part(struct periods *x, const struct es_cor_record_store *store, const struct es_cor_part *p,
    const struct es_cor_stream_view *st)
{
	int64_t first = (int64_t)p->first_seq, least = HOLE_MIN_MS * ES_NS_PER_MS;
	es_time start = p->start;

	for (uint32_t i = 0; i < p->n_missing; i++) {
		const struct es_missing *gap = &store->missing[p->missing + i];
		int64_t run_ns = packets_ns(st, (int64_t)gap->run);
		es_time from;

		if ((int64_t)gap->seq == first) {
			first += (int64_t)gap->run;
			x->is_parted |= run_ns >= least;
			continue;
		}
		if (run_ns < least)
			continue;
		from = es_time_add(p->start, packets_ns(st, (int64_t)gap->seq - 1 - first));
		add(x, start, from);
		start = es_time_add(from, run_ns + packets_ns(st, 1));
		x->is_parted = true;
	}
	if (!es_time_before(p->end, start))
		add(x, start, p->end);
}

unsigned
es_cor_seen_periods(const struct es_cor_direction *d, uint32_t rtp_stream, uint32_t position,
    struct es_cor_seen_period out[ES_COR_SEEN_PERIODS_MAX])
{
	const struct es_cor_stream_view *st[ES_COR_STREAM_VIEWS_MAX];
	unsigned n = es_cor_stream_views_at(d, rtp_stream, position, st);
	const struct es_cor_solve *s = d->c->s;
	struct periods x = { .out = out };

	for (unsigned i = 0; i < n; i++) {
		const struct es_cor_part *prev = NULL;

		x.is_parted = true;
		es_cor_count(s, st[i]->n_parts);
		for (uint32_t k = 0; k < st[i]->n_parts; k++) {
			const struct es_cor_part *p =
			    &s->store->parts[s->part_order[st[i]->parts + k]];

			if (p->received == 0)
				continue;
			x.is_parted |= prev != NULL && p->first_seq != prev->last_seq + 1;
			add_part(&x, s->store, p, st[i]);
			prev = p;
		}
	}
	return x.is_full ? 0 : x.n;
}
