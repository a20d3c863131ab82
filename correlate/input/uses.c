/* SPDX-License-Identifier: Apache-2.0 */
/* Distinguishes the calls that used one Call-ID. */
#include "correlate/input/uses.h"

#include "correlate/input/fit.h"
#include "correlate/input/sort.h"

enum {
	APART_MS = 1000,    /* an INVITE is at two vantage points within this time */
	SHIFTS_MAX = 65536, /* comparisons to find out which use is which */
	LOOK_MAX = 32,      /* uses that had begun, looked at for the one of a stream */
};

/* Calls of one Call-ID, in solve.order: by vantage point and begin. */
struct group {
	struct es_cor_record_store *store;
	const uint32_t *call; /* first of n */
	uint32_t n;
	es_slice *name; /* of each use of the first vantage point that has most, then of others */
	uint32_t n_names;
	uint32_t first; /* of that vantage point in call */
	uint32_t n_uses;
};

static es_time
begun(const struct es_cor_record_store *s, uint32_t call)
{
	return es_call_begun(&s->calls[call].rec);
}

/* By Call-ID, vantage point, begin. */
static bool
use_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_call *x = &((const struct es_cor_call *)ctx)[a];
	const struct es_cor_call *y = &((const struct es_cor_call *)ctx)[b];
	int d = es_cor_names_compare(x->rec.call_id, y->rec.call_id);

	if (d != 0)
		return d < 0;
	if (x->vantage != y->vantage)
		return x->vantage < y->vantage;
	return es_call_begun(&x->rec).ns < es_call_begun(&y->rec).ns;
}

static bool
is_near(int64_t a_ns, int64_t b_ns)
{
	int64_t d = a_ns - b_ns;

	return (d < 0 ? -d : d) <= APART_MS * ES_NS_PER_MS;
}

/* Calls at one vantage point, from `at` on. */
static uint32_t
run(const struct group *g, uint32_t at)
{
	uint32_t n = 1;

	while (at + n < g->n &&
	       g->store->calls[g->call[at + n]].vantage == g->store->calls[g->call[at]].vantage)
		n++;
	return n;
}

/* Whether n uses from `at` on follow one another as those of the leading vantage point from shift on. */
static bool
fits(const struct group *g, uint32_t at, uint32_t n, uint32_t shift, uint32_t *looks)
{
	es_time x = begun(g->store, g->call[at]);
	es_time y = begun(g->store, g->call[g->first + shift]);

	for (uint32_t i = 1; i < n; i++) {
		es_time a = begun(g->store, g->call[at + i]);
		es_time b = begun(g->store, g->call[g->first + shift + i]);

		if (++*looks > SHIFTS_MAX || !is_near(es_time_diff(a, x), es_time_diff(b, y)))
			return false;
	}
	return true;
}

/*
 * The use of the leading vantage point that the one at `at` is: where the times between fit at one place
 * alone, or at the same time of day. ES_COR_NONE: it cannot be said.
 */
static uint32_t
place(const struct group *g, uint32_t at, uint32_t n)
{
	uint32_t found = ES_COR_NONE, looks = 0, n_found = 0;
	es_time x = begun(g->store, g->call[at]);

	for (uint32_t shift = 0; shift + n <= g->n_uses; shift++) {
		if (!fits(g, at, n, shift, &looks))
			continue;
		if (is_near(x.ns, begun(g->store, g->call[g->first + shift]).ns))
			return shift;
		found = shift;
		n_found++;
	}
	return n_found == 1 && looks <= SHIFTS_MAX && (n > 1 || g->n_uses == 1) ? found
										: ES_COR_NONE;
}

/* Whether uses at a vantage point began side by side: the times at which they began do not distinguish them. */
static bool
is_crowded(const struct group *g, uint32_t at, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (is_near(begun(g->store, g->call[at + i]).ns,
			begun(g->store, g->call[at + i - 1]).ns))
			return true;
	return false;
}

/* Whether two calls announced a common address. */
static bool
has_address_of(const struct es_call *a, const struct es_call *b)
{
	const struct es_addr *list[2] = { a->caller_media, a->callee_media };
	uint32_t n[2] = { a->n_caller_media, a->n_callee_media };

	for (uint32_t side = 0; side < 2; side++)
		for (uint32_t i = 0; i < n[side]; i++)
			if (es_cor_fit(b, &list[side][i], &list[side][i]) >= ES_COR_FIT_ADDRESS)
				return true;
	return false;
}

/* The one use of the leading vantage point that announced an address of this one, ES_COR_NONE. */
static uint32_t
place_by_address(const struct group *g, uint32_t at, uint32_t *looks)
{
	const struct es_call *rec = &g->store->calls[g->call[at]].rec;
	uint32_t found = ES_COR_NONE;

	for (uint32_t i = 0; i < g->n_uses; i++) {
		if (++*looks > SHIFTS_MAX)
			return ES_COR_NONE;
		if (!has_address_of(rec, &g->store->calls[g->call[g->first + i]].rec))
			continue;
		if (found != ES_COR_NONE)
			return ES_COR_NONE;
		found = i;
	}
	return found;
}

/* Uses side by side: each is the one whose media it announced; two of one point are never the same. */
static int
name_crowd(struct group *g, uint32_t at, uint32_t n)
{
	uint32_t looks = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct es_call *rec = &g->store->calls[g->call[at + i]].rec;
		uint32_t use = place_by_address(g, at + i, &looks);

		for (uint32_t j = 0; j < i && use != ES_COR_NONE; j++)
			if (++looks > SHIFTS_MAX ||
			    g->store->calls[g->call[at + j]].rec.call_id.p == g->name[use].p)
				use = ES_COR_NONE;
		if (use == ES_COR_NONE) {
			use = g->n_names++;
			if (es_cor_names_again(&g->store->names, rec->call_id, &g->name[use]) != 0)
				return ES_EFULL;
		}
		rec->call_id = g->name[use];
	}
	return 0;
}

static int
name_run(struct group *g, uint32_t at, uint32_t n)
{
	uint32_t shift = at == g->first ? 0 : place(g, at, n);

	for (uint32_t i = 0; i < n; i++) {
		struct es_call *rec = &g->store->calls[g->call[at + i]].rec;
		es_slice *name = &g->name[shift == ES_COR_NONE ? g->n_names++ : shift + i];

		if (name->n == 0 && es_cor_names_again(&g->store->names, rec->call_id, name) != 0)
			return ES_EFULL;
	}
	for (uint32_t i = 0; i < n; i++)
		g->store->calls[g->call[at + i]].rec.call_id =
		    g->name[shift == ES_COR_NONE ? g->n_names - n + i : shift + i];
	return 0;
}

/*
 * No room for the names of all uses: all keep the one they share and are reported as one call, at each vantage
 * point alike, and the rest of the calls is solved.
 */
static void
give_up(struct group *g, es_slice shared)
{
	for (uint32_t i = 0; i < g->n; i++)
		g->store->calls[g->call[i]].rec.call_id = shared;
	g->store->refused += g->n;
}

/* Names each use; a Call-ID that no vantage point saw twice keeps its one name. */
static int
name_group(struct group *g, struct es_arena *mem)
{
	es_slice shared = g->store->calls[g->call[0]].rec.call_id;
	size_t before = es_arena_mark(&g->store->names.bytes);
	size_t mark = es_arena_mark(mem);
	uint32_t at, n;
	int err = 0;

	for (at = 0; at < g->n; at += n) {
		n = run(g, at);
		if (n > g->n_uses) {
			g->n_uses = n;
			g->first = at;
		}
	}
	if (g->n_uses < 2)
		return 0;
	g->name = es_arena_take(mem, (size_t)g->n_uses + g->n, sizeof(*g->name));
	if (g->name == NULL)
		return ES_EFULL;
	g->n_names = g->n_uses;
	err = name_run(g, g->first, g->n_uses);
	for (at = 0; at < g->n && err == 0; at += n) {
		n = run(g, at);
		if (at != g->first)
			err = is_crowded(g, g->first, g->n_uses) || is_crowded(g, at, n)
				  ? name_crowd(g, at, n)
				  : name_run(g, at, n);
	}
	es_arena_reset(mem, mark);
	if (err != 0) {
		es_arena_reset(&g->store->names.bytes, before);
		give_up(g, shared);
	}
	return 0;
}

/* How many of the sorted calls are not behind a Call-ID, vantage point and instant. */
static uint32_t
upper(const struct es_cor_record_store *s, const uint32_t *order, es_slice call_id,
    uint32_t vantage, es_time at)
{
	uint32_t low = 0, high = s->n_calls;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct es_cor_call *c = &s->calls[order[mid]];
		int d = es_cor_names_compare(c->rec.call_id, call_id);

		if (d < 0 || (d == 0 && c->vantage < vantage) ||
		    (d == 0 && c->vantage == vantage &&
			!es_time_before(at, es_call_begun(&c->rec))))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
is_of(const struct es_cor_record_store *s, uint32_t call, es_slice call_id, uint32_t vantage)
{
	return s->calls[call].vantage == vantage &&
	       es_slice_eq(s->calls[call].rec.call_id, call_id);
}

/* The last use at a vantage point that had begun at `at`, else its first; ES_COR_NONE: none there. */
static uint32_t
use_at(const struct es_cor_record_store *s, const uint32_t *order, es_slice call_id,
    uint32_t vantage, es_time at)
{
	uint32_t i = upper(s, order, call_id, vantage, at);

	if (i > 0 && is_of(s, order[i - 1], call_id, vantage))
		return order[i - 1];
	return i < s->n_calls && is_of(s, order[i], call_id, vantage) ? order[i] : ES_COR_NONE;
}

/* Whether a call had ended well before an instant, as far as its record says. */
static bool
is_over_by(const struct es_call *c, es_time at)
{
	uint64_t us = (c->has & ES_CALL_HAS_SETUP) != 0 ? c->setup_us : 0;

	if ((c->has & ES_CALL_HAS_DURATION) == 0 || c->duration_us > INT64_MAX / 2000 ||
	    us > INT64_MAX / 2000)
		return false;
	us += c->duration_us;
	return es_time_diff(at, es_time_add(c->start, (int64_t)us * ES_NS_PER_US)) >
	       APART_MS * ES_NS_PER_MS;
}

/*
 * The use of a stream: of those that had begun, or began within a moment, the one whose announced addresses
 * fit best, the latest of several alike.
 */
static uint32_t
use_of(const struct es_cor_record_store *s, const uint32_t *order, es_slice call_id,
    uint32_t vantage, es_time at, const struct es_addr *src, const struct es_addr *dst)
{
	uint32_t best = use_at(s, order, call_id, vantage, at);
	uint32_t i = upper(s, order, call_id, vantage, es_time_add(at, APART_MS * ES_NS_PER_MS));
	int fit = best == ES_COR_NONE ? 0 : es_cor_fit(&s->calls[best].rec, src, dst);

	for (uint32_t looks = 0; i-- > 0 && looks < LOOK_MAX; looks++) {
		int f;

		if (!is_of(s, order[i], call_id, vantage))
			break;
		f = es_cor_fit(&s->calls[order[i]].rec, src, dst);
		if (f <= fit || is_over_by(&s->calls[order[i]].rec, at))
			continue;
		fit = f;
		best = order[i];
	}
	return best;
}

static void
name_stream(const struct es_cor_record_store *s, const uint32_t *order, struct es_cor_stream *st)
{
	const struct es_stream_key *key = &st->key;
	uint32_t use =
	    use_of(s, order, st->call_id, st->vantage, st->rec.start, &key->src, &key->dst);

	if (use != ES_COR_NONE)
		st->call_id = st->rec.call_id = s->calls[use].rec.call_id;
	for (uint32_t i = 0; i < st->rec.n_other_call_ids; i++) {
		use = use_of(s, order, st->rec.other_call_ids[i], st->vantage, st->rec.start,
		    &key->src, &key->dst);
		if (use != ES_COR_NONE)
			st->rec.other_call_ids[i] = s->calls[use].rec.call_id;
	}
}

/* The use that another call's header names: the last one before it, at its vantage point or at any. */
static void
name_header(const struct es_cor_record_store *s, const uint32_t *order, struct es_cor_call *c)
{
	es_time at = es_time_add(es_call_begun(&c->rec), APART_MS * ES_NS_PER_MS);
	uint32_t use = use_at(s, order, c->rec.x_call_id, c->vantage, at);

	for (uint32_t v = 0; v < s->n_vantages && use == ES_COR_NONE; v++)
		use = use_at(s, order, c->rec.x_call_id, v, at);
	if (use != ES_COR_NONE)
		c->rec.x_call_id = s->calls[use].rec.call_id;
}

static void
name_report(const struct es_cor_record_store *s, const uint32_t *order, struct es_cor_reported *r)
{
	uint32_t use =
	    use_of(s, order, r->rec.call_id, r->vantage, r->rec.time, &r->rec.src, &r->rec.dst);

	if (use != ES_COR_NONE)
		r->rec.call_id = s->calls[use].rec.call_id;
}

static void
name_others(struct es_cor_record_store *s, const uint32_t *order)
{
	for (uint32_t i = 0; i < s->n_streams; i++)
		if (s->streams[i].call_id.n > 0)
			name_stream(s, order, &s->streams[i]);
	for (uint32_t i = 0; i < s->n_calls; i++)
		if (s->calls[i].rec.x_call_id.n > 0)
			name_header(s, order, &s->calls[i]);
	for (uint32_t i = 0; i < s->n_reported; i++)
		if (s->reported[i].rec.call_id.n > 0)
			name_report(s, order, &s->reported[i]);
}

int
es_cor_uses(struct es_cor_record_store *s, struct es_arena *mem)
{
	size_t mark = es_arena_mark(mem);
	uint32_t *order = es_arena_take(mem, s->n_calls, sizeof(*order));
	uint32_t n_names = s->names.n_again;
	int err = 0;

	if (s->n_calls == s->n_named)
		return 0;
	if (order == NULL)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_calls; i++)
		order[i] = i;
	es_cor_sort(order, s->n_calls, use_before, s->calls);
	for (uint32_t i = 0, n; i < s->n_calls && err == 0; i += n) {
		struct group g = { .store = s, .call = order + i };

		for (n = 1; i + n < s->n_calls && es_slice_eq(s->calls[order[i + n]].rec.call_id,
						      s->calls[order[i]].rec.call_id);
		     n++)
			;
		g.n = n;
		/* Calls without a Call-ID have none in common. */
		if (n > 1 && s->calls[order[i]].rec.call_id.n > 0)
			err = name_group(&g, mem);
	}
	if (err == 0 && s->names.n_again != n_names)
		name_others(s, order);
	s->n_named = s->n_calls;
	es_arena_reset(mem, mark);
	return err;
}
