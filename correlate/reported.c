/* SPDX-License-Identifier: Apache-2.0 */
/* What the receiver beyond the last vantage point reported of the streams that passed it. */
#include "correlate/judge.h"

enum {
	EARLY_S =
	    10,      /* a report of a stream may come so long before its first packet that we saw */
	LATE_S = 60, /* and so long after its last: a PUBLISH or a BYE's header sums up the call */
};

/* ctx: the reports of the store. By vantage point, SSRC, host of the reporter, time. */
static bool
report_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_reported *x = &((const struct es_cor_reported *)ctx)[a];
	const struct es_cor_reported *y = &((const struct es_cor_reported *)ctx)[b];
	int ip = memcmp(x->rec.src.ip, y->rec.src.ip, sizeof(x->rec.src.ip));

	if (x->vantage != y->vantage)
		return x->vantage < y->vantage;
	if (x->rec.subject_ssrc != y->rec.subject_ssrc)
		return x->rec.subject_ssrc < y->rec.subject_ssrc;
	if (ip != 0)
		return ip < 0;
	return x->rec.time.ns != y->rec.time.ns ? x->rec.time.ns < y->rec.time.ns : a < b;
}

int
es_cor_reports_sort(struct es_cor_solve *s)
{
	uint32_t n = s->store->n_reported;

	s->reported = es_cor_take(s->mem, n, sizeof(*s->reported));
	if (s->reported == NULL)
		return ES_EFULL;
	for (uint32_t i = 0; i < n; i++)
		s->reported[i] = i;
	es_cor_sort(s->reported, n, report_before, s->store->reported);
	return 0;
}

/* Whether report i of the sorted ones stands before this vantage point, SSRC, host and time. */
static bool
is_below(const struct es_cor_solve *s, uint32_t i, uint32_t vantage,
    const struct es_stream_key *key, es_time from)
{
	const struct es_cor_reported *r = &s->store->reported[s->reported[i]];
	int ip = memcmp(r->rec.src.ip, key->dst.ip, sizeof(key->dst.ip));

	if (r->vantage != vantage)
		return r->vantage < vantage;
	if (r->rec.subject_ssrc != key->ssrc)
		return r->rec.subject_ssrc < key->ssrc;
	return ip != 0 ? ip < 0 : es_time_before(r->rec.time, from);
}

/* The most packets that the receiver of a stream, by its host, said to have lost. */
static int64_t
most_lost(const struct es_cor_solve *s, const struct es_cor_strand *st)
{
	const struct es_cor_stream *stream = es_cor_stream_of(s, st);
	es_time from = es_time_add(st->start, -(int64_t)EARLY_S * ES_NS_PER_S);
	es_time to = es_time_add(st->end, (int64_t)LATE_S * ES_NS_PER_S);
	uint32_t low = 0, high = s->store->n_reported;
	int64_t most = 0;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (is_below(s, mid, stream->vantage, &stream->key, from))
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < s->store->n_reported; low++) {
		const struct es_cor_reported *r = &s->store->reported[s->reported[low]];
		bool is_other = r->rec.call_id.n > 0 && st->call_id.n > 0 &&
				stream->rec.n_other_call_ids == 0 &&
				r->rec.call_id.p != st->call_id.p;

		s->mem->steps++;
		if (r->vantage != stream->vantage || r->rec.subject_ssrc != stream->key.ssrc ||
		    !es_addr_same_ip(&r->rec.src, &stream->key.dst) ||
		    es_time_before(to, r->rec.time))
			break;
		if ((r->rec.has & ES_REPORTED_HAS_LOSS) != 0 && !is_other &&
		    r->rec.cumulative_lost > most)
			most = r->rec.cumulative_lost;
	}
	return most;
}

uint64_t
es_cor_reported_lost(const struct es_cor_direction *d)
{
	const struct es_cor_solve *s = d->c->s;
	const struct es_cor_leg *leg;
	int64_t most = 0;

	if (d->judge >= d->n_points)
		return 0;
	leg = &s->legs[d->c->points[d->order[d->judge]].leg];
	for (uint32_t i = 0; i < leg->n_strands; i++) {
		const struct es_cor_strand *st = es_cor_leg_strand(s, leg, i);
		int64_t lost;

		if (s->sources[st->source].side != d->side)
			continue;
		lost = most_lost(s, st);
		most = lost > most ? lost : most;
	}
	return (uint64_t)most;
}
