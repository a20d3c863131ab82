/* SPDX-License-Identifier: Apache-2.0 */
/* SDP offer and answer (RFC 3264): which media to expect where, in which types, held or not. */
#include "probes/track/signalling.h"

static void
unlink_media(struct es_signalling *g, uint32_t media)
{
	struct es_media *m = es_media_at(g->media, media);
	uint32_t *at;

	if (m->call == ES_POOL_NONE)
		return;
	es_streams_media_gone(g->streams, media);
	at = &es_dialog_at(g->dialogs, m->call)->media;
	while (*at != media)
		at = &es_media_at(g->media, *at)->call_next;
	*at = m->call_next;
	es_dialog_at(g->dialogs, m->call)->n_media--;
	m->call = ES_POOL_NONE;
}

static void
evict(struct es_signalling *g)
{
	uint32_t victim = es_medias_victim(g->media);

	if (victim == ES_SHARES_NONE)
		return;
	if (!es_time_before(es_media_at(g->media, victim)->expires, g->c->clock))
		es_context_count(g->c, ES_CNT_EXPECTED_EVICTED);
	unlink_media(g, victim);
	es_medias_drop(g->c, g->media, victim);
}

/* Of a call that announces without end. */
static void
drop_oldest(struct es_signalling *g, struct es_dialog *d)
{
	uint32_t i = d->media;

	while (es_media_at(g->media, i)->call_next != ES_POOL_NONE)
		i = es_media_at(g->media, i)->call_next;
	es_context_count(g->c, ES_CNT_EXPECTED_EVICTED);
	unlink_media(g, i);
	es_medias_drop(g->c, g->media, i);
}

/* The entry for an address, linked to the call. */
static struct es_media *
take(struct es_signalling *g, struct es_dialog *d, const struct es_addr *addr,
    const struct es_addr *sender)
{
	uint32_t i = es_medias_find_any(g->c, g->media, addr);
	struct es_media *m;

	if (i == ES_POOL_NONE) {
		if (g->media->pool.n_used == g->media->pool.cap)
			evict(g);
		i = es_medias_take(g->c, g->media, addr, sender);
	}
	if (i == ES_POOL_NONE)
		return NULL;
	m = es_media_at(g->media, i);
	if (m->call == d->index)
		return m;
	unlink_media(g, i);
	m->call = d->index;
	m->call_next = d->media;
	d->media = i;
	if (++d->n_media > ES_CALL_ADDRESSES_MAX)
		drop_oldest(g, d);
	return m;
}

static void
note_address(struct es_dialog *d, unsigned of, const struct es_addr *addr)
{
	struct es_dialog_side *side = &d->side[of];

	for (unsigned i = 0; i < side->n_media; i++)
		if (es_addr_eq(&side->media[i], addr))
			return;
	if (side->n_media == ES_CALL_MEDIA_MAX)
		return;
	side->media[side->n_media++] = *addr;
	d->is_changed = true;
}

static uint8_t
kind_of(enum es_sdp_kind kind)
{
	switch (kind) {
	case ES_SDP_AUDIO:
		return ES_KIND_AUDIO;
	case ES_SDP_VIDEO:
		return ES_KIND_VIDEO;
	case ES_SDP_TEXT:
		return ES_KIND_TEXT;
	case ES_SDP_IMAGE:
	case ES_SDP_OTHER:
		break;
	}
	return ES_KIND_OTHER;
}

static void
announce(struct es_signalling *g, struct es_dialog *d, unsigned side,
    const struct es_sdp_media *from, const struct es_addr *sender)
{
	struct es_media *m = take(g, d, &from->addr, sender);

	if (m == NULL)
		return;
	m->rtcp = from->rtcp;
	m->is_caller = side == ES_CALLER;
	m->kind = kind_of(from->kind);
	m->is_secure = from->is_secure || from->has_crypto || from->has_fingerprint;
	m->n_types = 0;
	for (uint32_t i = 0; i < from->n_types && m->n_types < ES_MEDIA_TYPES_MAX; i++)
		es_payload_of(from->types[i].pt, from->types[i].name, from->types[i].clock_rate_hz,
		    &m->type[m->n_types++]);
	m->expires = d->step == ES_DIALOG_UP
			 ? es_time_of_ns(INT64_MAX)
			 : es_time_add(g->c->clock, ES_MEDIA_LIFE_S * ES_NS_PER_S);
	note_address(d, side, &from->addr);
	g->c->media_generation++;
}

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
	bool holding = m->is_hold || m->way == ES_SDP_SENDONLY || m->way == ES_SDP_INACTIVE;

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
		if (m->addr.family != 0 && !m->is_hold)
			announce(g, d, side, m, sender);
		if (m->kind != ES_SDP_AUDIO)
			continue;
		if (is_answer)
			note_codecs(d, m);
		else if (!has_audio)
			note_hold(d, side, m);
		has_audio = true;
	}
	es_streams_call_changed(g->streams, d->index);
}

void
es_offer_expire(struct es_signalling *g, struct es_dialog *d, es_time when)
{
	for (uint32_t i = d->media; i != ES_POOL_NONE; i = es_media_at(g->media, i)->call_next)
		es_media_at(g->media, i)->expires = when;
}

void
es_offer_drop(struct es_signalling *g, struct es_dialog *d)
{
	while (d->media != ES_POOL_NONE) {
		uint32_t i = d->media;

		unlink_media(g, i);
		es_medias_drop(g->c, g->media, i);
	}
}
