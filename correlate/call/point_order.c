/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of the points of a call, from the caller to the callee.
 *
 * Points that share a media address and port share a place and stand side by side. Places are
 * ordered by Max-Forwards, which falls along the path; within a place the role decides, then TTL,
 * then which packets only one of two points saw, then the round trip, then Max-Forwards, then the order of
 * arguments.
 */
#include "correlate/call/point_order.h"

#include "correlate/call/orientation.h"
#include "correlate/call/point_places.h"
#include "correlate/call/rtp_streams.h"

enum { RANK_BEFORE = -4, RANK_BEHIND = 4 }; /* all of these, in either sense */

static const struct es_cor_leg *
leg_of(const struct es_cor_joined_call *c, uint32_t point)
{
	return &c->s->legs[c->points[point].leg];
}

/* Highest Max-Forwards seen at a place, -1 where no INVITE was. */
static int64_t
forwards_at(const struct es_cor_joined_call *c, uint32_t place)
{
	int64_t best = -1;

	for (uint32_t i = 0; i < c->n_points; i++) {
		const struct es_cor_point *p = &c->points[i];

		if (p->place == place && p->has_forwards && p->max_forwards > best)
			best = p->max_forwards;
	}
	return best;
}

/* The lowest rank at a place, in the sense of the call. */
static int
rank_at(const struct es_cor_joined_call *c, uint32_t place, int sense)
{
	int best = 0;
	bool is_first = true;

	for (uint32_t i = 0; i < c->n_points; i++) {
		int r = es_cor_rank_of(c->points[i].role) * sense;

		if (c->points[i].place == place && (is_first || r < best)) {
			best = r;
			is_first = false;
		}
	}
	return best;
}

static uint32_t
first_argument_at(const struct es_cor_joined_call *c, uint32_t place)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < c->n_points; i++) {
		if (c->points[i].place == place && leg_of(c, i)->vantage < best)
			best = leg_of(c, i)->vantage;
	}
	return best;
}

static bool
place_before(const struct es_cor_joined_call *c, uint32_t a, uint32_t b, int sense)
{
	int64_t x = forwards_at(c, a), y = forwards_at(c, b);
	int p = rank_at(c, a, sense), q = rank_at(c, b, sense);

	if (x >= 0 && y >= 0 && x != y)
		return x > y;
	if (p != q)
		return p < q;
	return first_argument_at(c, a) < first_argument_at(c, b);
}

/*
 * Rank within a place. At the first of several places the terminals stand outside and the SBC faces
 * the rest; at the last one it is the other way round. One place alone follows the orientation.
 */
static int
rank_in_place(const struct es_cor_joined_call *c, const struct es_cor_point *p, uint32_t nth,
    uint32_t n_places, int sense)
{
	bool has_endpoint = false, has_gateway = false;
	int r = es_cor_rank_of(p->role);

	if (p->end != 0)
		return p->end < 0 ? RANK_BEFORE : RANK_BEHIND;
	for (uint32_t i = 0; i < c->n_points; i++) {
		has_endpoint |=
		    c->points[i].place == p->place && c->points[i].role == ES_ROLE_ENDPOINT;
		has_gateway |=
		    c->points[i].place == p->place && c->points[i].role == ES_ROLE_GATEWAY;
	}
	if (n_places == 1 || (has_endpoint && has_gateway))
		return r * sense;
	r = r == ES_COR_RANK_GATEWAY ? ES_COR_RANK_ENDPOINT : r;
	if (nth == 0)
		return r;
	return nth == n_places - 1 ? -r : 0;
}

/* What the media of one direction show of the clocks' difference: the first figure, and the first other one. */
struct offsets {
	int64_t ns[2];
	unsigned n;
};

static void
find_offsets(
    struct es_cor_joined_call *c, uint32_t a, uint32_t b, int direction, struct offsets *out)
{
	out->n = 0;
	for (uint32_t i = 0; i < c->n_rtp_streams && out->n < 2; i++) {
		const struct es_cor_rtp_stream *m = &c->rtp_streams[i];

		es_cor_count(c->s, 1);
		if (m->direction == direction && es_cor_offset(c, m, a, b, &out->ns[out->n]) &&
		    (out->n == 0 || out->ns[0] != out->ns[1]))
			out->n++;
	}
}

/* The clocks' difference as seen by media of both directions: what one shows more is the round trip. */
static int
by_round_trip(struct es_cor_joined_call *c, uint32_t a, uint32_t b)
{
	struct offsets x, y;

	find_offsets(c, a, b, 1, &x);
	if (x.n > 0)
		find_offsets(c, a, b, -1, &y);
	for (unsigned i = 0; i < x.n; i++)
		for (unsigned j = 0; j < y.n; j++)
			if (x.ns[i] != y.ns[j])
				return x.ns[i] > y.ns[j] ? 1 : -1;
	return 0;
}

/* Max-Forwards falls from leg to leg, also where direct media put both legs of an SBC into one place. */
static int
by_forwards(const struct es_cor_point *a, const struct es_cor_point *b)
{
	if (!a->has_forwards || !b->has_forwards || a->max_forwards == b->max_forwards)
		return 0;
	return a->max_forwards > b->max_forwards ? 1 : -1;
}

/* Positive: a stands before b among points of one place and one rank. */
static int
compare_points(struct es_cor_joined_call *c, uint32_t a, uint32_t b)
{
	int sign = 0;

	for (uint32_t i = 0; i < c->n_rtp_streams; i++)
		sign += c->rtp_streams[i].direction * es_cor_by_ttl(c, &c->rtp_streams[i], a, b);
	for (uint32_t i = 0; i < c->n_rtp_streams && sign == 0; i++)
		sign =
		    c->rtp_streams[i].direction * es_cor_by_one_clock(c, &c->rtp_streams[i], a, b);
	for (uint32_t i = 0; i < c->n_rtp_streams && sign == 0; i++)
		sign =
		    c->rtp_streams[i].direction * es_cor_by_inclusion(c, &c->rtp_streams[i], a, b);
	if (sign == 0)
		sign = by_round_trip(c, a, b);
	if (sign == 0)
		sign = by_forwards(&c->points[a], &c->points[b]);
	if (sign == 0)
		sign = leg_of(c, a)->vantage <= leg_of(c, b)->vantage ? 1 : -1;
	return sign;
}

/*
 * Two phones that send to each other directly, and what else there is, share one place. Roles cannot
 * say which phone is the caller's; what orders points of one rank does, and the rest is between them.
 */
static void
find_ends(struct es_cor_joined_call *c)
{
	uint32_t end[2], n = 0;

	for (uint32_t i = 0; i < c->n_points; i++) {
		int r = es_cor_rank_of(c->points[i].role);

		c->points[i].end = 0;
		if (c->points[i].place != c->points[0].place)
			return;
		if (r != ES_COR_RANK_ENDPOINT && r != ES_COR_RANK_GATEWAY)
			continue;
		if (n == 2)
			return;
		end[n++] = i;
	}
	if (n != 2 || c->points[end[0]].role != c->points[end[1]].role ||
	    leg_of(c, end[0])->vantage == leg_of(c, end[1])->vantage)
		return;
	n = compare_points(c, end[0], end[1]) > 0;
	c->points[end[1 - n]].end = -1;
	c->points[end[n]].end = 1;
}

/* Puts the points, and with them the views of all RTP streams, into this order. */
static void
rearrange(struct es_cor_joined_call *c, const uint32_t *order)
{
	struct es_cor_point points[ES_PATH_MAX];
	struct es_cor_view views[ES_PATH_MAX];

	memcpy(points, c->points, sizeof(points));
	for (uint32_t i = 0; i < c->n_points; i++)
		c->points[i] = points[order[i]];
	for (uint32_t m = 0; m < c->n_rtp_streams; m++) {
		memcpy(views, c->rtp_streams[m].views, sizeof(views));
		for (uint32_t i = 0; i < c->n_points; i++)
			c->rtp_streams[m].views[i] = views[order[i]];
	}
}

/* A vantage point that sees several legs of the call gets them numbered along the path. */
static int
name_points(struct es_cor_joined_call *c)
{
	for (uint32_t i = 0; i < c->n_points; i++) {
		uint32_t vantage = leg_of(c, i)->vantage, nth = 1, n = 0;
		es_slice name = c->s->store->vantages[vantage].name;
		uint8_t *text;

		for (uint32_t j = 0; j < c->n_points; j++) {
			n += leg_of(c, j)->vantage == vantage;
			nth += j < i && leg_of(c, j)->vantage == vantage;
		}
		c->points[i].name = name;
		if (n < 2)
			continue;
		text = es_arena_take(c->s->mem, name.n + 3, 1);
		if (text == NULL)
			return ES_EFULL;
		memcpy(text, name.p, name.n);
		text[name.n] = '/';
		if (nth >= 10)
			text[name.n + 1] = (uint8_t)('0' + nth / 10);
		text[name.n + 1 + (nth >= 10)] = (uint8_t)('0' + nth % 10);
		c->points[i].name = es_slice_of(text, name.n + 2 + (nth >= 10));
	}
	return 0;
}

int
es_cor_point_order(struct es_cor_joined_call *c)
{
	uint32_t places[ES_PATH_MAX], order[ES_PATH_MAX], n_places = 0, n = 0;
	int sense;

	if (es_cor_point_places(c) != 0)
		return ES_EFULL;
	find_ends(c);
	sense = es_cor_orientation(c);
	for (uint32_t i = 0; i < c->n_points; i++) {
		uint32_t at = n_places;

		if (c->points[i].place != i)
			continue;
		for (; at > 0 && place_before(c, i, places[at - 1], sense); at--)
			places[at] = places[at - 1];
		places[at] = i;
		n_places++;
	}
	for (uint32_t k = 0; k < n_places; k++) {
		uint32_t first = n;

		for (uint32_t i = 0; i < c->n_points; i++) {
			int r = rank_in_place(c, &c->points[i], k, n_places, sense);
			uint32_t at = n;

			if (c->points[i].place != places[k])
				continue;
			for (; at > first; at--) {
				const struct es_cor_point *o = &c->points[order[at - 1]];
				int q = rank_in_place(c, o, k, n_places, sense);

				if (q < r || (q == r && compare_points(c, order[at - 1], i) >= 0))
					break;
				order[at] = order[at - 1];
			}
			order[at] = i;
			n++;
		}
	}
	rearrange(c, order);
	return name_points(c);
}
