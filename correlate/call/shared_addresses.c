/* SPDX-License-Identifier: Apache-2.0 */
/* Indexes of addresses by point, and of their uses by RTP stream. */
#include "correlate/call/shared_addresses.h"

int
es_cor_shared_addresses_new(struct es_cor_shared_addresses *a, const struct es_cor_solve *s,
    uint32_t n_rtp_streams, uint32_t n_stream_views)
{
	uint32_t cap = 2 * n_stream_views;

	memset(a, 0, sizeof(*a));
	a->s = s;
	a->n_rtp_streams = n_rtp_streams;
	a->addresses = es_arena_reserve(s->mem, cap, sizeof(*a->addresses));
	a->uses = es_arena_reserve(s->mem, cap, sizeof(*a->uses));
	a->ends = es_arena_take(s->mem, n_rtp_streams, sizeof(*a->ends));
	(void)es_cor_index_new(&a->addresses_by_key, s->mem, cap);
	(void)es_cor_index_new(&a->uses_by_key, s->mem, cap);
	return s->mem->n_refused > 0 ? ES_EFULL : 0;
}

static uint64_t
address_hash(const struct es_cor_shared_addresses *a, uint32_t point, const struct es_addr *addr)
{
	struct es_cor_key key;

	memset(&key, 0, sizeof(key));
	key.src = *addr;
	key.number = point;
	return es_cor_hash(a->s, &key);
}

static uint64_t
use_hash(
    const struct es_cor_shared_addresses *a, uint32_t address, uint32_t rtp_stream, bool is_dst)
{
	struct es_cor_key key;

	memset(&key, 0, sizeof(key));
	key.number = address;
	key.ssrc = rtp_stream;
	key.kind = is_dst;
	return es_cor_hash(a->s, &key);
}

/* The address at a point, made when it is new. */
static uint32_t
address_of(struct es_cor_shared_addresses *a, uint32_t point, const struct es_addr *addr)
{
	const struct es_cor_index *ix = &a->addresses_by_key;
	uint64_t hash = address_hash(a, point, addr);
	struct es_cor_address *made;

	for (uint32_t e = es_cor_index_first(ix, hash); e != ES_COR_INDEX_END;
	     e = ix->entries[e].next) {
		const struct es_cor_address *known = &a->addresses[ix->entries[e].item];

		if (known->point == point && es_addr_eq(&known->addr, addr))
			return ix->entries[e].item;
	}
	made = &a->addresses[a->n_addresses];
	made->addr = *addr;
	made->point = point;
	made->uses = ES_COR_NONE;
	made->lowest = ES_COR_NONE;
	es_cor_index_add(&a->addresses_by_key, hash, a->n_addresses);
	return a->n_addresses++;
}

/* The use of an address by an RTP stream in one of the two places, or NULL. */
static const struct es_cor_address_use *
find_use(
    const struct es_cor_shared_addresses *a, uint32_t address, uint32_t rtp_stream, bool is_dst)
{
	const struct es_cor_index *ix = &a->uses_by_key;
	uint64_t hash = use_hash(a, address, rtp_stream, is_dst);

	es_cor_count(a->s, 1);
	for (uint32_t e = es_cor_index_first(ix, hash); e != ES_COR_INDEX_END;
	     e = ix->entries[e].next) {
		const struct es_cor_address_use *use = &a->uses[ix->entries[e].item];

		if (use->address == address && use->rtp_stream == rtp_stream &&
		    use->is_dst == is_dst)
			return use;
	}
	return NULL;
}

static void
add_use(struct es_cor_shared_addresses *a, uint32_t rtp_stream, uint32_t address, bool is_dst)
{
	struct es_cor_address_use *use = &a->uses[a->n_uses];

	if (find_use(a, address, rtp_stream, is_dst) != NULL)
		return;
	use->address = address;
	use->rtp_stream = rtp_stream;
	use->view = a->n_views;
	use->is_dst = is_dst;
	use->next = a->addresses[address].uses;
	a->addresses[address].uses = a->n_uses;
	es_cor_index_add(&a->uses_by_key, use_hash(a, address, rtp_stream, is_dst), a->n_uses);
	a->n_uses++;
}

void
es_cor_shared_addresses_add(struct es_cor_shared_addresses *a, uint32_t rtp_stream, uint32_t point,
    const struct es_stream_key *key)
{
	add_use(a, rtp_stream, address_of(a, point, &key->src), false);
	add_use(a, rtp_stream, address_of(a, point, &key->dst), true);
	a->n_views++;
	a->ends[rtp_stream] = a->n_uses;
}

/* What two RTP streams, i and j, do with one address. */
struct pair {
	const struct es_cor_address_use *i;
	const struct es_cor_address_use *j;
};

/* Whether a pair decides rather than the best so far: that of the first stream views, and of those a reversed one. */
static bool
pair_before(const struct pair *a, const struct pair *best)
{
	if (best->i == NULL)
		return true;
	if (a->i->view != best->i->view)
		return a->i->view < best->i->view;
	if (a->j->view != best->j->view)
		return a->j->view < best->j->view;
	return a->i->is_dst != a->j->is_dst;
}

int
es_cor_relation(const struct es_cor_shared_addresses *a, uint32_t i, uint32_t j)
{
	struct pair best = { NULL, NULL };
	uint32_t from, to, from_j, to_j;
	bool is_by_j;

	es_cor_address_uses(a, i, &from, &to);
	es_cor_address_uses(a, j, &from_j, &to_j);
	is_by_j = to_j - from_j < to - from;
	if (is_by_j) {
		from = from_j;
		to = to_j;
	}
	for (uint32_t k = from; k < to; k++) {
		for (int is_dst = 0; is_dst < 2; is_dst++) {
			const struct es_cor_address_use *use = &a->uses[k], *other;
			struct pair pair;

			other = find_use(a, use->address, is_by_j ? i : j, is_dst != 0);
			pair.i = is_by_j ? other : use;
			pair.j = is_by_j ? use : other;
			if (other != NULL && pair_before(&pair, &best))
				best = pair;
		}
	}
	if (best.i == NULL)
		return 0;
	return best.i->is_dst == best.j->is_dst ? 1 : -1;
}
