/* SPDX-License-Identifier: Apache-2.0 */
/* The score of a part that closes, by the codec it has, and the stream's that it adds to. */
#include "probes/stream/scored.h"

#include "probes/stream/side.h"

/* Delay that the ends add with the present buffer; 0: not known. */
static uint32_t
device_us(const struct es_stream_state *s, const struct es_stream_payload *p)
{
	uint32_t ptime_us = es_stream_ptime_of(s, p);

	if (p->is.codec == NULL || ptime_us == 0 || !s->receiver.dejitter.started)
		return 0;
	return ptime_us + p->is.codec->lookahead_us + es_dejitter_depth_us(&s->receiver.dejitter);
}

/* Of the block that closes, with the present buffer and network delay. */
static uint32_t
mouth_to_ear_us(struct es_stream_state *s, const struct es_stream_payload *p, uint32_t packets)
{
	uint32_t ends_us = device_us(s, p);
	uint32_t us;

	if (ends_us == 0)
		return ES_DELAY_UNKNOWN;
	es_delay_path_add_device(&s->quality.path, ends_us, packets);
	return es_delay_path_mouth_to_ear_us(&s->quality.path, (enum es_seen)s->seen, ends_us, &us)
		   ? us
		   : ES_DELAY_UNKNOWN;
}

static void
report_score(struct es_interval *i, const struct es_equipment *q, const struct es_score *sc,
    struct es_score_clean *clean)
{
	es_score_clean_keep(clean, q);
	i->has |= ES_INTERVAL_HAS_QUALITY | ES_INTERVAL_HAS_TERMS;
	i->r_milli = sc->r_milli;
	i->mos_lq_milli = sc->mos_lq_milli;
	i->ie_eff_milli = sc->ie_eff_milli;
	i->ie_discard_milli = sc->ie_discard_milli;
	i->ie_burst_milli = sc->ie_burst_milli;
	i->burst_relief_milli = sc->burst_relief_milli;
	i->band = q->band;
	i->basis = q->basis;
	i->model_version = es_score_model_version(q);
	i->clean_mos_lq_milli = clean->mos_lq_milli;
	i->has |= ES_INTERVAL_HAS_CLEAN;
	if (!sc->has_cq)
		return;
	i->has |= ES_INTERVAL_HAS_MOS_CQ | ES_INTERVAL_HAS_ID;
	i->mos_cq_milli = sc->mos_cq_milli;
	i->id_milli = sc->id_milli;
}

/* A further band wants a place. */
static void
make_room(struct es_context *c, struct es_stream_state *s, const struct es_equipment *q)
{
	if (es_opinion_wants_more(&s->quality.opinion, q))
		s->quality.opinion.more = es_places_take(&c->bands, s->id.index);
}

void
es_scored_set_codec(struct es_stream_state *s, const struct es_stream_payload *p)
{
	es_opinion_set_codec(&s->quality.opinion, p->is.codec, p->slot);
}

void
es_scored_block(struct es_context *c, struct es_stream_state *s, const struct es_stream_payload *p,
    const struct es_effective_loss *loss, struct es_interval *i)
{
	const struct es_equipment *q = es_stream_equipment(s, p);
	uint32_t delay_us;
	struct es_score sc;

	if (q == NULL || s->seen == ES_SEEN_EGRESS)
		return;
	delay_us = mouth_to_ear_us(s, p, i->expected);
	if (!es_score_of(q, loss, delay_us, &sc))
		return;
	make_room(c, s, q);
	es_opinion_block(&s->quality.opinion, q, loss, sc.r_milli, es_stream_ptime_of(s, p));
	es_opinion_worst(&s->quality.opinion, q, i->block, sc.mos_lq_milli);
	report_score(i, q, &sc, &s->quality.opinion.clean);
	if (sc.has_cq)
		es_delay_path_add(&s->quality.path, delay_us, i->expected);
}

void
es_scored_drop(struct es_context *c, struct es_stream_state *s)
{
	es_places_give(&c->bands, s->id.index);
	s->quality.opinion.more = NULL;
}
