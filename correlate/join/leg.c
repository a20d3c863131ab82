/* SPDX-License-Identifier: Apache-2.0 */
/* Legs: the sources and the dialog that belong together at one vantage point. */
#include "correlate/join/leg.h"

#include "correlate/join/relay_sides.h"
#include "correlate/join/stream_view.h"

static uint32_t
find(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i) {
		parent[i] = parent[parent[i]];
		i = parent[i];
	}
	return i;
}

/* The lower index leads. */
static void
unite(uint32_t *parent, uint32_t i, uint32_t j)
{
	uint32_t a = find(parent, i), b = find(parent, j);

	if (a < b)
		parent[b] = a;
	else
		parent[a] = b;
}

static const struct es_cor_stream_view *
stream_view_of(const struct es_cor_solve *s, const struct es_cor_source *src, uint32_t i)
{
	return &s->stream_views[s->source_stream_views[src->stream_views + i]];
}

/* What is known of a set of sources that becomes a leg, by its leader. */
struct set {
	uint32_t twins; /* ring of the members that have twins, ES_COR_NONE: there are none */
	uint32_t n_twins;
	uint32_t n;      /* members */
	uint32_t view;   /* a stream view of it, for the hosts that it is between */
	bool is_two_way; /* that stream view has an opposite one */
	uint32_t walk;   /* the last walk along a chain that met it, and the entry that stays */
	uint32_t entry;
	uint32_t seeker; /* the last source + 1 that found it, and where it stands in found[] */
	uint32_t at;
};

struct legs {
	struct es_cor_solve *s;
	struct es_cor_index index;
	uint32_t *parent;
	struct set *sets;
	uint32_t *next_twin;   /* ring of the sources with the same packets at this vantage point */
	uint32_t *next_member; /* ring of set.twins */
	uint32_t *found;       /* sources the one at hand may be joined with, one of each set */
	uint32_t n_found;
	uint32_t n_walks;
};

enum {
	BY_PATH = 1,
	BY_PATH_AND_CALL = 2,
	BY_SENDER = 3,
	LOOK_MAX =
	    64, /* streams that an address sent: with more, what belongs to it is not looked for */
};

/* Streams from src to dst at one vantage point, of one dialog or of any. */
static uint64_t
path_hash(const struct es_cor_solve *s, uint32_t vantage, const struct es_addr *src,
    const struct es_addr *dst, uint32_t kind, es_slice call_id)
{
	struct es_cor_key key;

	memset(&key, 0, sizeof(key));
	key.kind = kind;
	key.vantage = vantage;
	key.src = *src;
	key.dst = *dst;
	key.call_id = call_id.p;
	return es_cor_hash(s, &key);
}

/* Whether joining two legs would put the same packets twice on one of them. */
static bool
doubles(const struct legs *l, uint32_t a, uint32_t b)
{
	uint32_t few = l->sets[a].n_twins <= l->sets[b].n_twins ? a : b, many = few == a ? b : a;
	uint32_t i = l->sets[few].twins;

	if (i == ES_COR_NONE)
		return false;
	do {
		for (uint32_t t = l->next_twin[i]; t != i; t = l->next_twin[t])
			if (find(l->parent, t) == many)
				return true;
		i = l->next_member[i];
	} while (i != l->sets[few].twins);
	return false;
}

static void
join(struct legs *l, uint32_t a, uint32_t b)
{
	struct set *first = &l->sets[a < b ? a : b], *other = &l->sets[a < b ? b : a];
	uint32_t x = first->twins, y = other->twins;

	unite(l->parent, a, b);
	if (other->is_two_way != first->is_two_way ? other->is_two_way : other->n > first->n)
		first->view = other->view;
	first->is_two_way |= other->is_two_way;
	first->n_twins += other->n_twins;
	first->n += other->n;
	if (x == ES_COR_NONE) {
		first->twins = y;
	} else if (y != ES_COR_NONE) {
		uint32_t swapped = l->next_member[x];

		l->next_member[x] = l->next_member[y];
		l->next_member[y] = swapped;
	}
}

/*
 * Notes the earliest source of each set that has an entry with this hash. Of a set's entries one stays
 * in the chain, so that a walk costs what there are sets: few, where what is found is joined. Of sets that are
 * sides of a relay there are two.
 */
static void
find_earliest(struct legs *l, uint64_t hash, uint32_t seeker)
{
	struct es_cor_index_entry *entries = l->index.entries, *kept = NULL;

	l->n_walks++;
	for (uint32_t e = es_cor_index_first(&l->index, hash); e != ES_COR_INDEX_END;
	     e = entries[e].next) {
		struct set *set = &l->sets[find(l->parent, entries[e].item)];

		es_cor_count(l->s, 1);
		if (set->walk == l->n_walks) { /* later entries are of earlier sources */
			entries[set->entry].item = entries[e].item;
			kept->next = entries[e].next;
		} else {
			set->walk = l->n_walks;
			set->entry = e;
			kept = &entries[e];
		}
		if (set->seeker != seeker + 1) {
			set->seeker = seeker + 1;
			set->at = l->n_found;
			l->found[l->n_found++] = entries[e].item;
		} else if (entries[e].item < l->found[set->at]) {
			l->found[set->at] = entries[e].item;
		}
	}
}

static bool
is_earlier(const void *ctx, uint32_t a, uint32_t b)
{
	(void)ctx;
	return a < b;
}

/* Joins a source with the opposite ones that were found, the earliest first, unless packets would stand twice. */
static void
join_found(struct legs *l, uint32_t i)
{
	es_cor_sort(l->found, l->n_found, is_earlier, NULL);
	for (uint32_t k = 0; k < l->n_found; k++) {
		uint32_t a = find(l->parent, i), b = find(l->parent, l->found[k]);

		if (a == b || doubles(l, a, b))
			continue;
		join(l, a, b);
		l->sets[find(l->parent, a)].is_two_way = true;
	}
	l->n_found = 0;
}

/* A stream from A to B goes with one from B to A, unless two dialogs claim them. */
static void
join_answers(struct legs *l, uint32_t i)
{
	struct es_cor_solve *s = l->s;
	const struct es_cor_source *src = &s->sources[i];
	const es_slice none = es_slice_of(NULL, 0);

	for (uint32_t k = 0; k < src->n_stream_views; k++) {
		const struct es_cor_stream_view *st = stream_view_of(s, src, k);
		const struct es_stream_key *key = &es_cor_stream_of(s, st)->key;
		const struct es_addr *from = &key->dst, *to = &key->src;

		if (st->call_id.n == 0) {
			find_earliest(l, path_hash(s, src->vantage, from, to, BY_PATH, none), i);
			continue;
		}
		find_earliest(
		    l, path_hash(s, src->vantage, from, to, BY_PATH_AND_CALL, st->call_id), i);
		find_earliest(l, path_hash(s, src->vantage, from, to, BY_PATH_AND_CALL, none), i);
	}
	join_found(l, i);
	for (uint32_t k = 0; k < src->n_stream_views; k++) {
		const struct es_cor_stream_view *st = stream_view_of(s, src, k);
		const struct es_stream_key *key = &es_cor_stream_of(s, st)->key;
		const struct es_addr *from = &key->src, *to = &key->dst;

		es_cor_index_add(&l->index, path_hash(s, src->vantage, from, to, BY_PATH, none), i);
		es_cor_index_add(&l->index,
		    path_hash(s, src->vantage, from, to, BY_PATH_AND_CALL, st->call_id), i);
	}
}

/* Whether two stream views are between the same two hosts. */
static bool
shares_hosts(const struct es_stream_key *x, const struct es_stream_key *y)
{
	return (es_addr_same_ip(&x->src, &y->src) && es_addr_same_ip(&x->dst, &y->dst)) ||
	       (es_addr_same_ip(&x->src, &y->dst) && es_addr_same_ip(&x->dst, &y->src));
}

/* Whether two sets are the two sides of a relay, as far as each has both directions to show it. */
static bool
are_sides(const struct legs *l, uint32_t a, uint32_t b)
{
	const struct es_cor_stream_view *views = l->s->stream_views;

	return l->sets[a].is_two_way && l->sets[b].is_two_way &&
	       es_cor_are_relay_sides(l->s, &views[l->sets[a].view], &views[l->sets[b].view]);
}

/* Joins a source with those of its dialog that were found, on the same hosts or on others. */
static void
join_found_of_dialog(struct legs *l, uint32_t i, bool is_of_hosts)
{
	const struct es_cor_solve *s = l->s;
	const struct es_stream_key *key =
	    &es_cor_stream_of(s, stream_view_of(s, &s->sources[i], 0))->key;

	for (uint32_t k = 0; k < l->n_found; k++) {
		uint32_t a = find(l->parent, i), b = find(l->parent, l->found[k]);
		const struct es_stream_key *of_set =
		    &es_cor_stream_of(s, &s->stream_views[l->sets[b].view])->key;

		if (a != b && shares_hosts(key, of_set) == is_of_hosts && !doubles(l, a, b) &&
		    !are_sides(l, a, b))
			join(l, a, b);
	}
}

static void
join_dialog(struct legs *l, uint32_t i)
{
	const struct es_cor_source *src = &l->s->sources[i];

	for (uint32_t k = 0; k < src->n_stream_views; k++) {
		es_slice id = stream_view_of(l->s, src, k)->call_id;

		if (id.n > 0)
			find_earliest(l, es_cor_call_hash(l->s, src->vantage, id), i);
	}
	es_cor_sort(l->found, l->n_found, is_earlier, NULL);
	join_found_of_dialog(l, i, true);
	join_found_of_dialog(l, i, false);
	l->n_found = 0;
	for (uint32_t k = 0; k < src->n_stream_views; k++) {
		es_slice id = stream_view_of(l->s, src, k)->call_id;

		if (id.n > 0)
			es_cor_index_add(&l->index, es_cor_call_hash(l->s, src->vantage, id), i);
	}
}

/* Streams that an address sends, at one vantage point. */
static uint64_t
sender_hash(const struct es_cor_solve *s, uint32_t vantage, const struct es_addr *src)
{
	struct es_cor_key key;

	memset(&key, 0, sizeof(key));
	key.kind = BY_SENDER;
	key.vantage = vantage;
	key.src = *src;
	return es_cor_hash(s, &key);
}

/*
 * The one leg whose port a stream view comes to: the port sends something else meanwhile. ES_COR_NONE: none,
 * or more than one, as at a server.
 */
static uint32_t
leg_of_port(struct legs *l, uint32_t vantage, const struct es_cor_stream_view *st)
{
	struct es_cor_solve *s = l->s;
	const struct es_addr *port = &es_cor_stream_of(s, st)->key.dst;
	uint32_t e = es_cor_index_first(&l->index, sender_hash(s, vantage, port));
	uint32_t found = ES_COR_NONE;

	for (uint32_t n = 0; e != ES_COR_INDEX_END; n++, e = l->index.entries[e].next) {
		const struct es_cor_stream_view *x = &s->stream_views[l->index.entries[e].item];
		uint32_t leg;

		es_cor_count(s, 1);
		if (n == LOOK_MAX)
			return ES_COR_NONE;
		if (!es_cor_stream_view_runs_with(x, st))
			continue;
		leg = find(l->parent, x->source);
		if (found != ES_COR_NONE && found != leg)
			return ES_COR_NONE;
		found = leg;
	}
	return found;
}

/*
 * A stream without an opposite one, to a port that sends elsewhere meanwhile: one direction alone goes past a
 * relay. A port is of one call at a time.
 */
static void
join_by_port(struct legs *l, uint32_t i)
{
	const struct es_cor_source *src = &l->s->sources[i];
	uint32_t found = ES_COR_NONE, leg;

	for (uint32_t k = 0; k < src->n_stream_views; k++) {
		const struct es_cor_stream_view *st = stream_view_of(l->s, src, k);

		if (st->call_id.n > 0)
			return; /* signalling says whose it is */
		leg = leg_of_port(l, src->vantage, st);
		if (leg == ES_COR_NONE || (found != ES_COR_NONE && found != leg))
			return;
		found = leg;
	}
	leg = find(l->parent, i);
	if (found != leg && l->sets[leg].n == 1 && !doubles(l, leg, found))
		join(l, leg, found);
}

static void
note_senders(struct legs *l)
{
	struct es_cor_solve *s = l->s;

	for (uint32_t i = 0; i < s->n_stream_views; i++) {
		const struct es_cor_stream *st = es_cor_stream_of(s, &s->stream_views[i]);

		es_cor_index_add(&l->index, sender_hash(s, st->vantage, &st->key.src), i);
	}
}

/*
 * Joins what a reversed 5-tuple joins, then what a dialog joins: a proxy keeps one Call-ID on both
 * of its legs, and a capture on both sees every packet twice. Then what a port joins that sends elsewhere.
 */
static int
join_sources(struct legs *l)
{
	struct es_cor_solve *s = l->s;
	uint32_t n = s->n_sources;

	l->parent = es_arena_take(s->mem, n, sizeof(*l->parent));
	l->sets = es_arena_take(s->mem, n, sizeof(*l->sets));
	l->next_twin = es_arena_take(s->mem, n, sizeof(*l->next_twin));
	l->next_member = es_arena_take(s->mem, n, sizeof(*l->next_member));
	l->found = es_arena_take(s->mem, n, sizeof(*l->found));
	if (es_cor_index_new(&l->index, s->mem, 4 * s->n_stream_views) != 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t twin = s->sources[i].twin; /* itself, or an earlier one */

		l->parent[i] = l->next_twin[i] = l->next_member[i] = i;
		l->sets[i].twins = ES_COR_NONE;
		l->sets[i].n = 1;
		l->sets[i].view = s->source_stream_views[s->sources[i].stream_views];
		if (twin == i)
			continue;
		l->next_twin[i] = l->next_twin[twin];
		l->next_twin[twin] = i;
		l->sets[i].twins = i;
		l->sets[twin].twins = twin;
		l->sets[i].n_twins = l->sets[twin].n_twins = 1;
	}
	for (uint32_t i = 0; i < n; i++)
		join_answers(l, i);
	for (uint32_t i = 0; i < n; i++)
		join_dialog(l, i);
	note_senders(l);
	for (uint32_t i = 0; i < n; i++)
		join_by_port(l, i);
	return 0;
}

/* ctx: the calls of the store. By vantage point, start, Call-ID. */
static bool
call_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_call *x = &((const struct es_cor_call *)ctx)[a];
	const struct es_cor_call *y = &((const struct es_cor_call *)ctx)[b];

	if (x->vantage != y->vantage)
		return x->vantage < y->vantage;
	if (x->rec.start.ns != y->rec.start.ns)
		return x->rec.start.ns < y->rec.start.ns;
	return es_cor_names_compare(x->rec.call_id, y->rec.call_id) < 0;
}

/* The earliest dialog at this vantage point among those with this Call-ID and the one known. */
static uint32_t
better_call(const struct es_cor_solve *s, uint32_t vantage, es_slice call_id, uint32_t known)
{
	const struct es_cor_call *calls = s->store->calls;
	uint32_t e = ES_COR_INDEX_END;

	if (call_id.n > 0)
		e = es_cor_index_first(&s->calls, es_cor_call_hash(s, vantage, call_id));
	for (; e != ES_COR_INDEX_END; e = s->calls.entries[e].next) {
		uint32_t i = s->calls.entries[e].item;

		if (calls[i].vantage == vantage && calls[i].rec.call_id.p == call_id.p &&
		    (known == ES_COR_NONE || call_before(calls, i, known)))
			known = i;
	}
	return known;
}

/* Fills in what the sources of a leg show of it. */
static void
fill_leg(struct es_cor_solve *s, struct es_cor_leg *leg)
{
	const struct es_cor_source *first = &s->sources[s->leg_sources[leg->sources]];

	leg->vantage = first->vantage;
	leg->call = ES_COR_NONE;
	leg->start = leg->end = first->start;
	for (uint32_t i = 0; i < leg->n_sources; i++) {
		const struct es_cor_source *src = &s->sources[s->leg_sources[leg->sources + i]];

		if (es_time_before(src->start, leg->start))
			leg->start = src->start;
		for (uint32_t j = 0; j < src->n_stream_views; j++) {
			es_slice id = stream_view_of(s, src, j)->call_id;

			leg->end = es_time_max(leg->end,
			    s->stream_views[s->source_stream_views[src->stream_views + j]].end);
			leg->call = better_call(s, leg->vantage, id, leg->call);
			if (leg->call_id.n == 0)
				leg->call_id = id;
		}
	}
	if (leg->call == ES_COR_NONE)
		return;
	leg->call_id = s->store->calls[leg->call].rec.call_id;
	if (es_time_before(s->store->calls[leg->call].rec.start, leg->start))
		leg->start = s->store->calls[leg->call].rec.start;
}

/* Numbers the legs by their earliest sources, and lists the sources and stream views of each. */
static void
number_legs(struct es_cor_solve *s, uint32_t *parent)
{
	uint32_t sources = 0, stream_views = 0;

	for (uint32_t i = 0; i < s->n_sources; i++) {
		uint32_t leader = find(parent, i);

		if (leader == i)
			s->sources[i].leg = s->n_legs++;
		s->sources[i].leg = s->sources[leader].leg;
		s->legs[s->sources[i].leg].n_sources++;
		s->legs[s->sources[i].leg].n_stream_views += s->sources[i].n_stream_views;
	}
	for (uint32_t i = 0; i < s->n_legs; i++) {
		struct es_cor_leg *leg = &s->legs[i];

		leg->joined = leg->next_of_call = i;
		leg->sources = sources;
		leg->stream_views = stream_views;
		sources += leg->n_sources;
		stream_views += leg->n_stream_views;
		leg->n_sources = leg->n_stream_views = 0;
	}
	for (uint32_t i = 0; i < s->n_sources; i++) {
		struct es_cor_leg *leg = &s->legs[s->sources[i].leg];

		s->leg_sources[leg->sources + leg->n_sources++] = i;
	}
	for (uint32_t i = 0; i < s->n_stream_views; i++) {
		struct es_cor_leg *leg = &s->legs[s->sources[s->stream_views[i].source].leg];

		s->leg_stream_views[leg->stream_views + leg->n_stream_views++] = i;
	}
}

static bool
has_stream_view(const struct es_cor_solve *s, const struct es_cor_call *c)
{
	uint64_t hash = es_cor_call_hash(s, c->vantage, c->rec.call_id);
	uint32_t e = es_cor_index_first(&s->stream_views_of_call, hash);

	for (; e != ES_COR_INDEX_END; e = s->stream_views_of_call.entries[e].next) {
		const struct es_cor_stream_view *st =
		    &s->stream_views[s->stream_views_of_call.entries[e].item];

		if (es_cor_stream_of(s, st)->vantage == c->vantage &&
		    st->call_id.p == c->rec.call_id.p)
			return true;
	}
	return false;
}

/* Dialogs without media are legs too. */
static void
add_silent_calls(struct es_cor_solve *s, const uint32_t *order)
{
	for (uint32_t i = 0; i < s->store->n_calls; i++) {
		const struct es_cor_call *c = &s->store->calls[order[i]];
		struct es_cor_leg *leg = &s->legs[s->n_legs];

		if (c->rec.call_id.n == 0 || has_stream_view(s, c))
			continue;
		leg->vantage = c->vantage;
		leg->call = order[i];
		leg->call_id = c->rec.call_id;
		leg->start = c->rec.start;
		leg->end = c->rec.start;
		leg->next_of_call = s->n_legs;
		leg->joined = s->n_legs++;
	}
}

int
es_cor_legs(struct es_cor_solve *s)
{
	uint32_t *order = es_arena_take(s->mem, s->store->n_calls, sizeof(*order));
	struct legs l = { .s = s };

	s->legs = es_arena_take(s->mem, (size_t)s->n_sources + s->store->n_calls, sizeof(*s->legs));
	s->leg_sources = es_arena_take(s->mem, s->n_sources, sizeof(*s->leg_sources));
	s->leg_stream_views =
	    es_arena_take(s->mem, s->n_stream_views, sizeof(*s->leg_stream_views));
	if (es_cor_index_new(&s->stream_views_of_call, s->mem, s->n_stream_views) != 0 ||
	    join_sources(&l) != 0)
		return ES_EFULL;
	number_legs(s, l.parent);
	for (uint32_t i = 0; i < s->n_legs; i++)
		fill_leg(s, &s->legs[i]);
	for (uint32_t i = 0; i < s->n_stream_views; i++) {
		const struct es_cor_stream_view *st = &s->stream_views[i];
		uint32_t vantage = es_cor_stream_of(s, st)->vantage;

		if (st->call_id.n > 0)
			es_cor_index_add(
			    &s->stream_views_of_call, es_cor_call_hash(s, vantage, st->call_id), i);
	}
	for (uint32_t i = 0; i < s->store->n_calls; i++)
		order[i] = i;
	es_cor_sort(order, s->store->n_calls, call_before, s->store->calls);
	add_silent_calls(s, order);
	return 0;
}
