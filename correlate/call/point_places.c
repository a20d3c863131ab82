/* SPDX-License-Identifier: Apache-2.0 */
/* Places of points: by an index of all addresses, so that streams are not compared with each other. */
#include "correlate/call/point_places.h"

#include "earshot/error.h"

/* An address and port, and the points that see media from it or to it. */
struct address {
	const struct es_addr *addr;
	uint32_t points; /* bit i: point i */
};

_Static_assert(ES_PATH_MAX <= 32, "a set of points is 32 bits");

struct addresses {
	const struct es_cor_solve *s;
	struct address *at;
	uint32_t n;
	struct es_cor_index by_key;
};

static const struct es_cor_leg *
leg_of(const struct es_cor_joined_call *c, uint32_t point)
{
	return &c->s->legs[c->points[point].leg];
}

static void
add_address(struct addresses *a, const struct es_addr *addr, uint32_t point)
{
	struct es_cor_key key;
	uint64_t hash;

	memset(&key, 0, sizeof(key));
	key.src = *addr;
	hash = es_cor_hash(a->s, &key);
	for (uint32_t e = es_cor_index_first(&a->by_key, hash); e != ES_COR_INDEX_END;
	     e = a->by_key.entries[e].next) {
		struct address *known = &a->at[a->by_key.entries[e].item];

		if (es_addr_eq(known->addr, addr)) {
			known->points |= 1u << point;
			return;
		}
	}
	a->at[a->n] = (struct address){ addr, 1u << point };
	es_cor_index_add(&a->by_key, hash, a->n++);
}

static int
gather(const struct es_cor_joined_call *c, struct addresses *a)
{
	uint32_t cap = 0;

	for (uint32_t p = 0; p < c->n_points; p++)
		cap += 2 * leg_of(c, p)->n_stream_views;
	a->s = c->s;
	a->n = 0;
	a->at = es_arena_reserve(c->s->mem, cap, sizeof(*a->at));
	if (es_cor_index_new(&a->by_key, c->s->mem, cap) != 0)
		return ES_EFULL;
	for (uint32_t p = 0; p < c->n_points; p++) {
		for (uint32_t i = 0; i < leg_of(c, p)->n_stream_views; i++) {
			const struct es_stream_key *key =
			    &es_cor_stream_of(c->s, es_cor_leg_stream_view(c->s, leg_of(c, p), i))
				 ->key;

			es_cor_count(c->s, 1);
			add_address(a, &key->src, p);
			add_address(a, &key->dst, p);
		}
	}
	return 0;
}

/* The points that share an address and port with each point. */
static int
sharing(const struct es_cor_joined_call *c, uint32_t out[ES_PATH_MAX])
{
	size_t mark = es_arena_mark(c->s->mem);
	struct addresses a;

	memset(out, 0, ES_PATH_MAX * sizeof(*out));
	if (gather(c, &a) != 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < a.n; i++)
		for (uint32_t p = 0; p < c->n_points; p++)
			out[p] |= (a.at[i].points >> p & 1) != 0 ? a.at[i].points : 0;
	es_arena_reset(c->s->mem, mark);
	return 0;
}

/* Points without media stand with those of their dialog that the INVITE reached by as many hops. */
static bool
shares_dialog(const struct es_cor_joined_call *c, uint32_t a, uint32_t b)
{
	const struct es_cor_point *x = &c->points[a], *y = &c->points[b];
	bool silent = leg_of(c, a)->n_sources == 0 || leg_of(c, b)->n_sources == 0;

	return silent && leg_of(c, a)->call_id.n > 0 &&
	       leg_of(c, a)->call_id.p == leg_of(c, b)->call_id.p &&
	       x->has_forwards == y->has_forwards && x->max_forwards == y->max_forwards;
}

int
es_cor_point_places(struct es_cor_joined_call *c)
{
	uint32_t shared[ES_PATH_MAX];

	if (sharing(c, shared) != 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < c->n_points; i++)
		c->points[i].place = i;
	for (uint32_t i = 0; i < c->n_points; i++) {
		for (uint32_t j = 0; j < i; j++) {
			uint32_t from = c->points[i].place, to = c->points[j].place;

			if (from == to || !((shared[i] >> j & 1) != 0 || shares_dialog(c, i, j)))
				continue;
			for (uint32_t k = 0; k < c->n_points; k++) {
				if (c->points[k].place == from)
					c->points[k].place = to;
			}
		}
	}
	return 0;
}
