/* SPDX-License-Identifier: Apache-2.0 */
/* Max-Forwards fall from the caller to the callee. Where they do not differ, media show who calls. */
#include "correlate/call/orientation.h"

#include "correlate/call/rtp_streams.h"

enum { RTP_STREAMS_MAX = 64 }; /* of a call whose paths are compared */

int
es_cor_rank_of(enum es_role role)
{
	switch (role) {
	case ES_ROLE_ENDPOINT:
		return ES_COR_RANK_ENDPOINT;
	case ES_ROLE_SBC:
		return ES_COR_RANK_SBC;
	case ES_ROLE_GATEWAY:
		return ES_COR_RANK_GATEWAY;
	default:
		return ES_COR_RANK_TAP;
	}
}

static const struct es_cor_leg *
leg_of(const struct es_cor_joined_call *c, uint32_t point)
{
	return &c->s->legs[c->points[point].leg];
}

/* The host that sends or gets all media that a capture saw; NULL: two hosts do, or none. */
static const struct es_addr *
own_host(const struct es_cor_joined_call *c, uint32_t point)
{
	const struct es_cor_solve *s = c->s;
	const struct es_cor_leg *leg = leg_of(c, point);
	const struct es_addr *host[2] = { NULL, NULL };

	for (uint32_t i = 0; i < leg->n_stream_views; i++) {
		const struct es_stream_key *key =
		    &es_cor_stream_of(s, es_cor_leg_stream_view(s, leg, i))->key;

		es_cor_count(s, 1);
		if (i == 0) {
			host[0] = &key->src;
			host[1] = &key->dst;
		}
		for (int k = 0; k < 2; k++)
			if (host[k] != NULL && !es_addr_same_ip(host[k], &key->src) &&
			    !es_addr_same_ip(host[k], &key->dst))
				host[k] = NULL;
	}
	return host[0] == NULL ? host[1] : host[1] == NULL ? host[0] : NULL;
}

/* What a stream at a terminal shows of it: the terminal sends it (1) or gets it (-1); 0: not known. */
static int
sent_or_got(const struct es_cor_stream *stream, const struct es_addr *own)
{
	if (stream->has_rec && stream->rec.seen != ES_SEEN_TRANSIT)
		return stream->rec.seen == ES_SEEN_EGRESS ? 1 : -1;
	return own == NULL ? 0 : es_addr_same_ip(own, &stream->key.src) ? 1 : -1;
}

/* Whether a terminal calls (positive) or is called, by what its own host sends and gets; 0: not known. */
static int
side_by_host(const struct es_cor_joined_call *c, uint32_t point)
{
	const struct es_cor_solve *s = c->s;
	const struct es_addr *own = own_host(c, point);
	int votes = 0;

	for (uint32_t m = 0; m < c->n_rtp_streams; m++) {
		const struct es_cor_view *v = &c->rtp_streams[m].views[point];

		for (uint32_t i = 0; i < v->n_sources; i++) {
			const struct es_cor_source *src = &s->sources[v->sources[i]];

			for (uint32_t k = 0; k < src->n_stream_views; k++)
				votes +=
				    c->rtp_streams[m].direction *
				    sent_or_got(
					es_cor_stream_of(s,
					    &s->stream_views
						 [s->source_stream_views[src->stream_views + k]]),
					own);
		}
	}
	return votes > 0 ? 1 : votes < 0 ? -1 : 0;
}

/* Whether a point saw packets between two hosts, in either direction. */
static bool
sees_path(const struct es_cor_joined_call *c, uint32_t point, const struct es_stream_key *key)
{
	const struct es_cor_leg *leg = leg_of(c, point);

	for (uint32_t i = 0; i < leg->n_stream_views; i++) {
		const struct es_stream_key *own =
		    &es_cor_stream_of(c->s, es_cor_leg_stream_view(c->s, leg, i))->key;

		es_cor_count(c->s, 1);
		if ((es_addr_same_ip(&own->src, &key->src) &&
			es_addr_same_ip(&own->dst, &key->dst)) ||
		    (es_addr_same_ip(&own->src, &key->dst) &&
			es_addr_same_ip(&own->dst, &key->src)))
			return true;
	}
	return false;
}

/*
 * Whether a terminal's capture has nothing of an RTP stream that another point saw between two hosts whose packets the
 * terminal has: it would see what it sends, so it is to get that.
 */
static bool
is_to_get(const struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t terminal,
    uint32_t other)
{
	const struct es_cor_view *v = &m->views[other];
	const struct es_cor_solve *s = c->s;

	if (c->n_rtp_streams > RTP_STREAMS_MAX || m->views[terminal].n_sources > 0 ||
	    v->n_sources == 0)
		return false;
	return sees_path(c, terminal,
	    &es_cor_stream_of(
		s, &s->stream_views[s->source_stream_views[s->sources[v->sources[0]].stream_views]])
		 ->key);
}

/* What an RTP stream lost between two points, of which the second one has the higher rank. Positive: the first sends. */
static int
by_loss_of(struct es_cor_joined_call *c, const struct es_cor_rtp_stream *m, uint32_t a, uint32_t b)
{
	if (es_cor_rank_of(c->points[a].role) == ES_COR_RANK_ENDPOINT && is_to_get(c, m, a, b))
		return -1;
	if (es_cor_rank_of(c->points[b].role) == ES_COR_RANK_GATEWAY && is_to_get(c, m, b, a))
		return 1;
	return es_cor_by_inclusion(c, m, a, b);
}

/*
 * What media show where Max-Forwards do not: the host of a terminal, else TTL, else what was lost between two points.
 * Captures that began or ended at different times are no sign, since they miss as much of either direction.
 * Positive: the endpoint's side calls.
 */
static int
orientation_by_media(struct es_cor_joined_call *c)
{
	int by_host = 0, by_hops = 0, by_loss = 0;

	for (uint32_t i = 0; i < c->n_points; i++) {
		int rank = es_cor_rank_of(c->points[i].role);

		if (rank == ES_COR_RANK_ENDPOINT || rank == ES_COR_RANK_GATEWAY)
			by_host += (rank == ES_COR_RANK_ENDPOINT ? 1 : -1) * side_by_host(c, i);
		for (uint32_t j = 0; j < c->n_points; j++) {
			if (rank >= es_cor_rank_of(c->points[j].role))
				continue;
			for (uint32_t k = 0; k < c->n_rtp_streams; k++) {
				const struct es_cor_rtp_stream *m = &c->rtp_streams[k];

				es_cor_count(c->s, 1);
				by_hops += m->direction * es_cor_by_ttl(c, m, i, j);
				by_loss += m->direction * by_loss_of(c, m, i, j);
			}
		}
	}
	return by_host != 0 ? by_host : by_hops != 0 ? by_hops : by_loss;
}

int
es_cor_orientation(struct es_cor_joined_call *c)
{
	int votes = 0;

	for (uint32_t i = 0; i < c->n_points; i++) {
		for (uint32_t j = 0; j < c->n_points; j++) {
			const struct es_cor_point *a = &c->points[i], *b = &c->points[j];

			if (es_cor_rank_of(a->role) >= es_cor_rank_of(b->role) ||
			    !a->has_forwards || !b->has_forwards)
				continue;
			votes += a->max_forwards > b->max_forwards   ? 1
				 : a->max_forwards < b->max_forwards ? -1
								     : 0;
		}
	}
	if (votes == 0)
		votes = orientation_by_media(c);
	return votes < 0 ? -1 : 1;
}
