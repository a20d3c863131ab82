/* SPDX-License-Identifier: Apache-2.0 */
/* SDP offer and answer (RFC 3264): which codecs, held or not, moved. Addresses are in announce.c. */
#include "probes/signalling/offer.h"

#include "probes/call/srtp_keys.h"
#include "probes/media/claim.h"
#include "probes/media/findings.h"
#include "probes/signalling/announce.h"

/* Place of an audio codec in the list of the call, from 1 on; 0: none, or no room. */
static uint8_t
note_codec(struct es_dialog *d, const struct es_payload *p)
{
	unsigned k = 0;

	if (p->kind != ES_CODEC_AUDIO || es_payload_name(p).n == 0)
		return 0;
	while (k < d->n_codecs && !es_slice_eq(es_payload_name(&d->codec[k]), es_payload_name(p)))
		k++;
	if (k == ES_CALL_CODECS_MAX)
		return 0;
	if (k == d->n_codecs) {
		d->codec[d->n_codecs++] = *p;
		d->is_changed = true;
	}
	return (uint8_t)(k + 1);
}

/* The first audio codec of an answer is the one that both will use (RFC 3264 section 6.1). */
static void
note_codecs(struct es_dialog *d, const struct es_sdp_media *m, bool is_first, bool is_later)
{
	uint8_t first = 0;

	for (uint32_t i = 0; i < m->n_types; i++) {
		struct es_payload p;
		uint8_t k;

		es_payload_of(m->types[i].pt, m->types[i].name, m->types[i].clock_rate_hz, &p);
		k = note_codec(d, &p);
		if (first == 0)
			first = k;
	}
	if (!is_first || first == 0)
		return;
	if (is_later && d->codec_now != 0 && d->codec_now != first) {
		d->codec_changes++;
		d->is_changed = true;
	}
	d->codec_now = first;
}

/*
 * Only the side that offers less than sendrecv holds (RFC 3264 section 8.4): the answer to a hold is no hold of
 * its own. But an answer that accepts less than an offer of both directions is one: so a call is held after an
 * INVITE without SDP.
 */
static void
note_hold(struct es_dialog *d, const struct es_offer *o, const struct es_sdp_media *m)
{
	struct es_dialog_side *side = &d->side[o->side];
	/* With ICE, 0.0.0.0 means that the candidates come later. */
	bool is_old_hold = m->is_hold && m->ice_ufrag.n == 0;
	bool holding =
	    is_old_hold || m->direction == ES_SDP_SENDONLY || m->direction == ES_SDP_INACTIVE;

	if (o->is_answer && !d->side[1 - o->side].can_talk)
		return;
	if (holding && !side->is_holding && d->step == ES_DIALOG_UP &&
	    (o->is_later || !o->is_answer)) {
		d->holds++;
		d->is_changed = true;
	}
	side->is_holding = holding;
}

/*
 * Whether a side wants its sound elsewhere than before. Where the capture sees several hops, each with
 * an address of its own, only one that was never named before is a move, once per negotiation.
 */
static void
note_move(struct es_dialog *d, const struct es_offer *o, const struct es_addr *addr)
{
	struct es_dialog_side *side = &d->side[o->side];
	bool is_move = side->audio.family != 0 && !es_addr_eq(&side->audio, addr);

	for (unsigned i = 0; is_move && d->legs.is_hopped && i < side->n_media; i++)
		is_move = !es_addr_eq(&side->media[i], addr);
	side->audio = *addr;
	if (!is_move || !o->is_later ||
	    (d->legs.is_hopped && es_request_eq(&side->moved_by, &o->request)))
		return;
	side->moved_by = o->request;
	d->media_moves++;
	d->is_changed = true;
}

/* What the first audio line means for the call. */
static void
on_audio(struct es_dialog *d, const struct es_offer *o, const struct es_sdp_media *m)
{
	note_hold(d, o, m);
	/* With ICE the line follows the candidates, and the media with it. */
	if (m->addr.family != 0 && !m->is_hold && m->ice_ufrag.n == 0)
		note_move(d, o, &m->addr);
}

static bool
can_talk(const struct es_sdp_media *m)
{
	return m->direction == ES_SDP_SENDRECV && m->addr.family != 0 && !m->is_hold;
}

/* The answer takes one of the offered a=crypto lines: the keys of the others are of no use. */
static void
note_choice(struct es_signalling *g, struct es_dialog *d, unsigned answerer, uint8_t line,
    const struct es_sdp_media *answer)
{
	if (answer->n_crypto == 0)
		return;
	for (uint32_t i = d->media; i != ES_POOL_NONE;
	     i = es_media_table_at(g->media, i)->call_next) {
		struct es_media *m = es_media_table_at(g->media, i);

		if (m->is_caller == (answerer != ES_CALLER))
			es_srtp_keys_chosen(g->c, m, line, answer->crypto[0].tag);
	}
}

void
es_offer_apply(struct es_signalling *g, struct es_dialog *d, const struct es_offer *o)
{
	const struct es_sdp *sdp = g->sdp;
	bool has_audio = false;
	bool both_ways = false;

	if (es_sdp_parse(o->text, g->sdp) != 0) {
		es_context_count(g->c, ES_CNT_SDP_MALFORMED);
		return;
	}
	g->c->count[ES_CNT_SDP_OVER_LIMIT] += sdp->n_over_limit;
	for (uint32_t i = 0; i < sdp->n_media; i++) {
		const struct es_sdp_media *m = &sdp->media[i];

		if (!m->is_rtp || m->is_rejected)
			continue;
		if (o->is_answer)
			note_choice(g, d, o->side, (uint8_t)i, m);
		if (m->kind != ES_SDP_AUDIO)
			continue;
		if (!has_audio) {
			on_audio(d, o, m);
			both_ways = can_talk(m);
		}
		if (o->is_answer)
			note_codecs(d, m, !has_audio, o->is_later);
		has_audio = true;
	}
	es_findings_sdp(d, o->side, both_ways, g->c->clock);
	es_announce(g, d, o);
	es_claim_call_changed(g->streams, d->index);
}
