/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Candidates: sources of two vantage points that may be the same, by their SSRC. Load generators use one
 * SSRC for every call and both directions, and may replay one recording: then Call-ID, addresses, the packets
 * themselves and the common clock offset choose, so that the work grows with the calls, not their square.
 */
#include "correlate/join/match_private.h"

enum {
	PER_SOURCE = 128, /* sources of one SSRC, on average: up to so many all are candidates */
	LOOK_MAX = 128,   /* candidates of one key that are looked at */
	SAMPLES = 16,     /* sources whose packets give the clock offset, where nothing else does */
	SAMPLE_MAX = 4096,
	BY_CALL = 1, /* kinds of keys */
	BY_PATH,
	BY_BLOCK,
	BY_MOMENT,
};

static const int64_t part_ns = (int64_t)ES_COR_WINDOW_MS / 2 * ES_NS_PER_MS;

/* By SSRC; sources themselves stand by vantage point and start. */
static bool
ssrc_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct es_cor_source *x = &((const struct es_cor_source *)ctx)[a];
	const struct es_cor_source *y = &((const struct es_cor_source *)ctx)[b];

	return x->ssrc != y->ssrc ? x->ssrc < y->ssrc : a < b;
}

/* The end of the run of one SSRC, or of one vantage point in it, that begins at `from`. */
static uint32_t
run_end(
    const struct es_cor_solve *s, const struct es_cor_candidates *r, uint32_t from, bool by_vantage)
{
	const struct es_cor_source *x = &s->sources[r->by_ssrc[from]];
	uint32_t end = from + 1;

	for (; end < s->n_sources; end++) {
		const struct es_cor_source *y = &s->sources[r->by_ssrc[end]];

		if (y->ssrc != x->ssrc || (by_vantage && y->vantage != x->vantage))
			break;
	}
	return end;
}

static bool
is_many(uint64_t nx, uint64_t ny)
{
	return nx * ny > PER_SOURCE * (nx + ny);
}

static struct es_cor_key
key_of(const struct es_cor_source *src, uint32_t vantage, uint32_t kind)
{
	struct es_cor_key key;

	memset(&key, 0, sizeof(key));
	key.kind = kind;
	key.vantage = vantage;
	key.ssrc = src->ssrc;
	return key;
}

static uint64_t
call_hash(const struct es_cor_solve *s, const struct es_cor_source *src, uint32_t vantage)
{
	struct es_cor_key key = key_of(src, vantage, BY_CALL);

	key.call_id = s->legs[src->leg].call_id.p;
	return es_cor_hash(s, &key);
}

static uint64_t
path_hash(const struct es_cor_solve *s, const struct es_cor_source *src,
    const struct es_cor_stream_view *st, uint32_t vantage)
{
	const struct es_stream_key *path = &es_cor_stream_of(s, st)->key;
	struct es_cor_key key = key_of(src, vantage, BY_PATH);

	key.src = path->src;
	key.dst = path->dst;
	return es_cor_hash(s, &key);
}

/* The packets of an anchor's block; BY_MOMENT: and about when they came, by the clock of `vantage`. */
static uint64_t
block_hash(const struct es_cor_solve *s, const struct es_cor_source *src,
    const struct es_cor_stream_view *st, const struct es_cor_anchor *a, uint32_t vantage,
    uint32_t kind, int64_t part)
{
	struct es_cor_key key = key_of(src, vantage, kind);
	uint32_t in_block = (uint32_t)(a->seq % ES_BLOCK_SEQS);

	key.number = a->ts - in_block * st->step;
	key.src.port = (uint16_t)(a->seq / ES_BLOCK_SEQS & 255);
	if (kind == BY_MOMENT)
		memcpy(key.src.ip, &part, sizeof(part));
	return es_cor_hash(s, &key);
}

static const struct es_cor_stream_view *
stream_view_of(const struct es_cor_solve *s, const struct es_cor_source *src, uint32_t i)
{
	return &s->stream_views[s->source_stream_views[src->stream_views + i]];
}

static void
note_source(struct es_cor_solve *s, struct es_cor_candidates *r, uint32_t y)
{
	const struct es_cor_source *src = &s->sources[y];

	if (s->legs[src->leg].call_id.n > 0)
		es_cor_index_add(&r->index, call_hash(s, src, src->vantage), y);
	for (uint32_t i = 0; i < src->n_stream_views; i++) {
		const struct es_cor_stream_view *st = stream_view_of(s, src, i);

		es_cor_index_add(&r->index, path_hash(s, src, st, src->vantage), y);
		for (uint32_t j = 0; j < st->n_anchors; j++) {
			const struct es_cor_anchor *a = &s->anchors[st->anchors + j];

			es_cor_index_add(
			    &r->index, block_hash(s, src, st, a, src->vantage, BY_BLOCK, 0), y);
			es_cor_index_add(&r->index,
			    block_hash(s, src, st, a, src->vantage, BY_MOMENT, a->at.ns / part_ns),
			    y);
		}
	}
}

int
es_cor_candidates_new(struct es_cor_solve *s, struct es_cor_candidates *r)
{
	uint32_t n = 0;

	r->by_ssrc = es_arena_take(s->mem, s->n_sources, sizeof(*r->by_ssrc));
	r->seen = es_arena_take(s->mem, s->n_sources, sizeof(*r->seen));
	if (s->mem->n_refused > 0)
		return ES_EFULL;
	for (uint32_t i = 0; i < s->n_sources; i++)
		r->by_ssrc[i] = i;
	es_cor_sort(r->by_ssrc, s->n_sources, ssrc_before, s->sources);
	for (uint32_t pass = 0; pass < 2; pass++) {
		for (uint32_t from = 0, end; from < s->n_sources; from = end) {
			end = run_end(s, r, from, false);
			for (uint32_t i = from; end - from > PER_SOURCE && i < end; i++) {
				const struct es_cor_source *src = &s->sources[r->by_ssrc[i]];

				if (pass == 1)
					note_source(s, r, r->by_ssrc[i]);
				for (uint32_t j = 0; j < src->n_stream_views && pass == 0; j++)
					n += 2 + 2 * stream_view_of(s, src, j)->n_anchors;
			}
		}
		if (pass == 0 && es_cor_index_new(&r->index, s->mem, n) != 0)
			return ES_EFULL;
	}
	return 0;
}

/* Considers the sources of one chain for x, each once: at most `most` of them. */
static void
consider_chain(
    struct es_cor_solve *s, struct es_cor_candidates *r, uint32_t x, uint64_t hash, uint32_t most)
{
	uint32_t e = es_cor_index_first(&r->index, hash);

	for (uint32_t n = 0; e != ES_COR_INDEX_END && n < most; n++) {
		uint32_t y = r->index.entries[e].item;

		es_cor_count(s, 1);
		e = r->index.entries[e].next;
		if (r->seen[y] == r->n_seen)
			continue;
		r->seen[y] = r->n_seen;
		es_cor_consider(s, r, x, y);
	}
}

/* What signalling or equal addresses join with x at w. */
static void
consider_sure(struct es_cor_solve *s, struct es_cor_candidates *r, uint32_t x, uint32_t w)
{
	const struct es_cor_source *src = &s->sources[x];

	r->n_seen++;
	if (s->legs[src->leg].call_id.n > 0)
		consider_chain(s, r, x, call_hash(s, src, w), LOOK_MAX);
	for (uint32_t i = 0; i < src->n_stream_views; i++)
		consider_chain(s, r, x, path_hash(s, src, stream_view_of(s, src, i), w), LOOK_MAX);
}

/* What shows the same packets as x at w: with a clock offset only what came at the same time. */
static void
consider_packets(struct es_cor_solve *s, struct es_cor_candidates *r, uint32_t x, uint32_t w,
    bool has_center, uint32_t most)
{
	const struct es_cor_source *src = &s->sources[x];

	for (uint32_t i = 0; i < src->n_stream_views; i++) {
		const struct es_cor_stream_view *st = stream_view_of(s, src, i);

		for (uint32_t j = 0; j < st->n_anchors; j++) {
			const struct es_cor_anchor *a = &s->anchors[st->anchors + j];
			int64_t part = (a->at.ns + r->center_ns) / part_ns;

			if (!has_center) {
				consider_chain(
				    s, r, x, block_hash(s, src, st, a, w, BY_BLOCK, 0), most);
				continue;
			}
			for (int64_t k = part - 1; k <= part + 1; k++)
				consider_chain(
				    s, r, x, block_hash(s, src, st, a, w, BY_MOMENT, k), most);
		}
	}
}

/* The runs of one SSRC at v and at w: [from[0], end[0]) and [from[1], end[1]). */
struct runs {
	uint32_t from[2];
	uint32_t end[2];
};

/* Finds the next SSRC from *at on that both vantage points have. */
static bool
next_runs(const struct es_cor_solve *s, const struct es_cor_candidates *r, uint32_t v, uint32_t w,
    uint32_t *at, struct runs *out)
{
	while (*at < s->n_sources) {
		uint32_t ssrc = s->sources[r->by_ssrc[*at]].ssrc;

		memset(out, 0, sizeof(*out));
		while (*at < s->n_sources && s->sources[r->by_ssrc[*at]].ssrc == ssrc) {
			uint32_t vantage = s->sources[r->by_ssrc[*at]].vantage;
			uint32_t end = run_end(s, r, *at, true);

			if (vantage == v || vantage == w) {
				out->from[vantage == w] = *at;
				out->end[vantage == w] = end;
			}
			*at = end;
		}
		if (out->end[0] > 0 && out->end[1] > 0)
			return true;
	}
	return false;
}

static bool
are_many(const struct runs *n)
{
	return is_many(n->end[0] - n->from[0], n->end[1] - n->from[1]);
}

/* What is known of the clocks of a crowd before its packets are looked at. */
enum packets { WITHOUT_PACKETS, PACKETS_ANY_TIME, PACKETS_IN_TIME };

/*
 * All pairs where they are few; where they are many, what is sure and what shows the same packets.
 * True: somewhere they are many.
 */
static bool
consider_runs(struct es_cor_solve *s, struct es_cor_candidates *r, uint32_t v, uint32_t w,
    enum packets packets)
{
	bool has_many = false;
	struct runs n;

	r->n = 0;
	for (uint32_t at = 0; next_runs(s, r, v, w, &at, &n);) {
		bool is_crowd = are_many(&n);

		has_many |= is_crowd;
		for (uint32_t i = n.from[0]; i < n.end[0]; i++) {
			uint32_t x = r->by_ssrc[i];

			if (is_crowd) {
				consider_sure(s, r, x, w);
				if (packets != WITHOUT_PACKETS)
					consider_packets(
					    s, r, x, w, packets == PACKETS_IN_TIME, LOOK_MAX);
				continue;
			}
			for (uint32_t j = n.from[1]; j < n.end[1]; j++)
				es_cor_consider(s, r, x, r->by_ssrc[j]);
		}
	}
	return has_many;
}

/* Some sources of each crowd, compared with all that show their packets: that gives the offset. */
static bool
sample(struct es_cor_solve *s, struct es_cor_candidates *r, uint32_t v, uint32_t w)
{
	struct runs n;

	for (uint32_t at = 0; next_runs(s, r, v, w, &at, &n);) {
		uint32_t step = (n.end[0] - n.from[0] + SAMPLES - 1) / SAMPLES;

		for (uint32_t i = n.from[0]; are_many(&n) && i < n.end[0]; i += step) {
			r->n_seen++;
			consider_packets(s, r, r->by_ssrc[i], w, false, SAMPLE_MAX);
		}
	}
	return es_cor_find_center(r);
}

void
es_cor_candidates(
    struct es_cor_solve *s, struct es_cor_candidates *r, uint32_t v, uint32_t w, bool is_sure)
{
	bool has_center;

	if (!consider_runs(s, r, v, w, WITHOUT_PACKETS) || is_sure)
		return;
	has_center = es_cor_find_center(r) || sample(s, r, v, w);
	(void)consider_runs(s, r, v, w, has_center ? PACKETS_IN_TIME : PACKETS_ANY_TIME);
}
