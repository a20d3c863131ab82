/* SPDX-License-Identifier: Apache-2.0 */
/* Which lost packets were given back. */
#include "probes/media/repair.h"

#include "probes/base/seq.h"
#include "probes/media/flows.h"
#include "probes/stream/side.h"
#include "probes/wire/rtp/rtp_repair.h"

enum {
	DISTANCE_MAX = 8,         /* packets between one and its redundant copy */
	OTHER_WINDOW_US = 250000, /* for what is not audio: the longest of the audio buffer */
};

void
es_repair_drop(struct es_context *c, struct es_stream_state *s)
{
	es_places_give(&c->repairs, s->id.index);
	s->side.recovered_at = NULL;
}

/* The stream has a repair scheme from now on: its record has the number of recovered packets, even if 0. */
static void
keep(struct es_context *c, struct es_stream_state *s)
{
	if (s->side.recovered_at == NULL)
		s->side.recovered_at = es_places_take(&c->repairs, s->id.index);
}

/* Whether a number is missing and can still be given back. */
static bool
is_open(const struct es_stream_state *s, uint64_t number)
{
	return number > s->judged && number >= s->lowest && number <= s->highest &&
	       number / ES_BLOCK_SEQS >= s->oldest;
}

static bool
is_missing(const struct es_stream_state *s, uint64_t number)
{
	return !es_window_has(s->window.got, number) &&
	       !es_window_has(s->side.recovered_at, number);
}

/* Whether the packet of that number would be played yet at `at`. */
static bool
is_in_time(const struct es_stream_state *s, uint64_t number, es_time at)
{
	int64_t us = es_time_diff(at, s->highest_at) / ES_NS_PER_US;
	uint32_t ptime_us = es_stream_ptime_us(s);

	if (ptime_us == 0)
		return us <= OTHER_WINDOW_US;
	return us + (int64_t)(s->highest - number) * ptime_us <=
	       (int64_t)es_dejitter_depth_us(&s->receiver.dejitter);
}

static void
give_back(struct es_stream_state *s, uint64_t number, es_time at)
{
	if (is_open(s, number) && is_missing(s, number) && is_in_time(s, number, at))
		es_window_set(s->side.recovered_at, number);
}

static void
on_parity(struct es_streams *t, struct es_stream_state *s, const struct es_parity *p, es_time at)
{
	uint64_t base = es_stream_number(s, p->base);
	uint64_t missing = 0;
	unsigned n = 0;

	keep(t->c, s);
	for (unsigned i = 0; i < ES_PARITY_MASK_MAX; i++) {
		if ((p->mask[i / 64] >> i % 64 & 1) == 0)
			continue;
		/* A packet that has not arrived yet, or is not known any more, cannot be used. */
		if (base + i > s->highest || !is_open(s, base + i))
			return;
		if (is_missing(s, base + i)) {
			missing = base + i;
			n++;
		}
	}
	if (n == 1)
		give_back(s, missing, at);
}

/* How many packets back a redundant block is from: by its time, else by its place. */
static unsigned
distance(const struct es_stream_state *s, const struct es_red *red, unsigned block)
{
	uint32_t step = s->changes.step != 0 ? s->changes.step : es_steps_median(&s->coding.steps);
	uint32_t offset = red->block[block].ts_offset;

	if (step != 0 && offset != 0 && offset % step == 0 && offset / step <= DISTANCE_MAX)
		return offset / step;
	return red->n - block;
}

static void
on_red(struct es_streams *t, struct es_stream_state *s, const struct es_rtp *rtp, es_time at)
{
	uint64_t number = es_stream_number(s, rtp->seq);
	struct es_payload primary;
	struct es_parity parity;
	struct es_red red;

	if (es_red_parse(rtp->payload, rtp->payload_bytes, &red) != 0)
		return;
	keep(t->c, s);
	for (unsigned i = 0; i < red.n; i++)
		if (red.block[i].n_bytes > 0)
			give_back(s, number - distance(s, &red, i), at);
	/* Parity goes inside RED, and among the numbers of what it protects. */
	if (red.n == 0 && s->owner.media != ES_POOL_NONE &&
	    es_terms_type(
		es_media_table_at(t->media, s->owner.media)->terms, red.primary_pt, &primary) &&
	    primary.kind == ES_CODEC_FEC && es_ulpfec_parse(red.primary, &parity) == 0)
		on_parity(t, s, &parity, at);
}

static struct es_stream_state *
repaired_by(struct es_streams *t, const struct es_stream_state *s, uint32_t ssrc)
{
	struct es_stream_state *o = es_flow_find_open(t, &s->id.key.src, &s->id.key.dst, ssrc);

	return o != NULL && o != s && !o->is_secure ? o : NULL;
}

static void
on_rtx(struct es_streams *t, const struct es_stream_state *s, const struct es_rtp *rtp, es_time at)
{
	struct es_stream_state *o = repaired_by(t, s, s->owner.repairs_ssrc);
	uint16_t original;

	if (o == NULL || es_rtx_original(rtp->payload, &original) != 0)
		return;
	keep(t->c, o);
	give_back(o, es_stream_number(o, original), at);
}

static void
on_fec(struct es_streams *t, struct es_stream_state *s, const struct es_payload *p,
    const struct es_rtp *rtp, es_time at)
{
	es_slice name = es_payload_name(p);
	bool is_draft = es_slice_eq(name, es_slice_str("flexfec-03"));
	bool is_flexible = is_draft || es_slice_eq(name, es_slice_str("flexfec"));
	uint32_t ssrc = s->owner.repairs_ssrc;
	struct es_stream_state *o;
	struct es_parity parity;
	struct es_cur csrc = es_cur_of(rtp->csrc);

	if (is_flexible ? es_flexfec_parse(rtp->payload, is_draft, &parity) != 0
			: es_ulpfec_parse(rtp->payload, &parity) != 0)
		return;
	if (parity.has_ssrc)
		ssrc = parity.ssrc;
	else if (is_flexible && rtp->n_csrc == 1)
		ssrc = es_cur_be32(&csrc); /* RFC 8627 section 4.2.1 */
	o = repaired_by(t, s, ssrc);
	if (o != NULL)
		on_parity(t, o, &parity, at);
}

void
es_repair_find_subject(const struct es_streams *t, struct es_stream_state *s)
{
	const struct es_flow *f = es_pool_at(&t->flows, s->id.flow);
	enum es_stream_kind kind = es_stream_kind(s);
	const struct es_stream_state *found = NULL;

	if (s->owner.has_repairs || (kind != ES_KIND_RTX && kind != ES_KIND_FEC))
		return;
	for (uint32_t i = f->streams; i != ES_POOL_NONE; i = es_stream_at(t, i)->id.flow_next) {
		const struct es_stream_state *o = es_stream_at(t, i);

		kind = es_stream_kind(o);
		if (o->life == ES_STREAM_UNPROVEN || kind == ES_KIND_RTX || kind == ES_KIND_FEC ||
		    o == s)
			continue;
		if (found != NULL)
			return;
		found = o;
	}
	if (found == NULL)
		return;
	s->owner.repairs_ssrc = found->id.key.ssrc;
	s->owner.has_repairs = true;
}

void
es_repair_packet(struct es_streams *t, struct es_stream_state *s, const struct es_rtp *rtp)
{
	const struct es_payload *p = &s->coding.now->is;

	if (s->is_secure || p->pt != rtp->pt)
		return;
	if (p->is_red || p->kind == ES_CODEC_RED) {
		on_red(t, s, rtp, s->last_at);
		return;
	}
	if (p->kind != ES_CODEC_RTX && p->kind != ES_CODEC_FEC)
		return;
	es_repair_find_subject(t, s);
	if (p->kind == ES_CODEC_RTX)
		on_rtx(t, s, rtp, s->last_at);
	else
		on_fec(t, s, p, rtp, s->last_at);
}
