/* SPDX-License-Identifier: Apache-2.0 */
/* SDP offer and answer (RFC 3264): which codecs, held or not. Addresses are in announce.c. */
#include "probes/track/announce.h"

static void
note_codecs(struct es_dialog *d, const struct es_sdp_media *m)
{
	for (uint32_t i = 0; i < m->n_types; i++) {
		struct es_payload p;
		unsigned k = 0;

		es_payload_of(m->types[i].pt, m->types[i].name, m->types[i].clock_rate_hz, &p);
		if (p.kind != ES_CODEC_AUDIO || es_payload_name(&p).n == 0)
			continue;
		while (k < d->n_codecs &&
		       !es_slice_eq(es_payload_name(&d->codec[k]), es_payload_name(&p)))
			k++;
		if (k < d->n_codecs || k == ES_CALL_CODECS_MAX)
			continue;
		d->codec[d->n_codecs++] = p;
		d->is_changed = true;
	}
}

/* Only who asks for silence holds: the answer to a hold is no hold of its own. */
static void
note_hold(struct es_dialog *d, unsigned side, const struct es_sdp_media *m)
{
	/* With ICE, 0.0.0.0 says that the candidates come later. */
	bool is_old_hold = m->is_hold && m->ice_ufrag.n == 0;
	bool holding = is_old_hold || m->way == ES_SDP_SENDONLY || m->way == ES_SDP_INACTIVE;

	if (holding && !d->side[side].is_holding && d->step == ES_DIALOG_UP) {
		d->holds++;
		d->is_changed = true;
	}
	d->side[side].is_holding = holding;
}

void
es_offer_apply(struct es_signalling *g, struct es_dialog *d, unsigned side, es_slice text,
    bool is_answer, const struct es_addr *sender)
{
	const struct es_sdp *sdp = g->sdp;
	bool has_audio = false;

	if (es_sdp_parse(text, g->sdp) != 0) {
		es_context_count(g->c, ES_CNT_SDP_MALFORMED);
		return;
	}
	for (uint32_t i = 0; i < sdp->n_media; i++) {
		const struct es_sdp_media *m = &sdp->media[i];

		if (!m->is_rtp || m->is_rejected)
			continue;
		if (m->kind != ES_SDP_AUDIO)
			continue;
		if (is_answer)
			note_codecs(d, m);
		else if (!has_audio)
			note_hold(d, side, m);
		has_audio = true;
	}
	es_announce(g, d, side, sender);
	es_streams_call_changed(g->streams, d->index);
}
