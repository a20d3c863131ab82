/* SPDX-License-Identifier: Apache-2.0 */
/* Media that go to the receiver of a leg without being on it. */
#include "correlate/call/bypass.h"

#include "correlate/input/fit.h"

/* Whether a stream goes to the receiver on a leg: to its address, or from host to host of the leg. */
static bool
goes_to_receiver(const struct es_call *leg, int direction, const struct es_stream_key *key)
{
	const struct es_addr *from = direction > 0 ? leg->caller_media : leg->callee_media;
	const struct es_addr *to = direction > 0 ? leg->callee_media : leg->caller_media;
	uint32_t n_from = direction > 0 ? leg->n_caller_media : leg->n_callee_media;
	uint32_t n_to = direction > 0 ? leg->n_callee_media : leg->n_caller_media;
	int fit = es_cor_fit_among(&key->dst, to, n_to);

	return fit == ES_COR_FIT_ADDRESS || (fit > 0 && !es_addr_same_ip(&key->src, &key->dst) &&
						es_cor_fit_among(&key->src, from, n_from) > 0);
}

/* Whether all that a point saw of an RTP stream went to the receiver on a leg. */
static bool
bypasses(const struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t point,
    const struct es_call *leg)
{
	const struct es_cor_solve *s = c->s;
	const struct es_cor_view *v = &m->views[point];

	for (uint32_t i = 0; i < v->n_sources; i++) {
		const struct es_cor_source *src = &s->sources[v->sources[i]];

		for (uint32_t j = 0; j < src->n_stream_views; j++) {
			const struct es_cor_stream_view *st =
			    &s->stream_views[s->source_stream_views[src->stream_views + j]];

			if (!goes_to_receiver(leg, m->direction, &es_cor_stream_of(s, st)->key))
				return false;
		}
	}
	return true;
}

/*
 * Gives a point the packets that one before it in the direction saw. One call of both legs has the addresses of both:
 * it does not say which of them is the last stretch.
 */
static void
share(struct es_cor_joined_call *c, struct es_cor_rtp_stream *m, uint32_t point)
{
	const struct es_cor_leg *leg = &c->s->legs[c->points[point].leg];

	if (leg->call == ES_COR_NONE || m->direction == 0)
		return;
	for (uint32_t p = 0; p < c->n_points; p++) {
		const struct es_cor_leg *other = &c->s->legs[c->points[p].leg];
		bool is_upstream = m->direction > 0 ? p < point : p > point;

		if (!is_upstream || other->vantage != leg->vantage || other->call == leg->call ||
		    !m->views[p].is_there || !bypasses(c, m, p, &c->s->store->calls[leg->call].rec))
			continue;
		m->views[point] = m->views[p];
		return;
	}
}

void
es_cor_bypass(struct es_cor_joined_call *c)
{
	for (uint32_t i = 0; i < c->n_rtp_streams; i++)
		for (uint32_t p = 0; p < c->n_points; p++)
			if (!c->rtp_streams[i].views[p].is_there)
				share(c, &c->rtp_streams[i], p);
}
