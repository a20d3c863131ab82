/* SPDX-License-Identifier: Apache-2.0 */
/* Announced addresses: made, filled, given up. */
#include "probes/signalling/announce.h"

#include "probes/call/buffers.h"
#include "probes/call/hosts.h"
#include "probes/call/srtp_keys.h"
#include "probes/media/claim.h"
#include "probes/signalling/offer.h"
#include "probes/signalling/withdrawal.h"

enum {
	PORT_DISCARD = 9, /* of ICE: the address comes later, RFC 8839 section 4.1.4 */
	CANDIDATES_MAX = ES_CALL_ADDRESSES_MAX, /* of one description: looked at */
};

static void
unlink_media(struct es_signalling *g, uint32_t media)
{
	struct es_media *m = es_media_table_at(g->media, media);
	uint32_t *at;

	if (m->call == ES_POOL_NONE)
		return;
	es_claim_media_gone(g->streams, media);
	es_srtp_keys_forget(g->c, m);
	at = &es_dialog_at(g->dialogs, m->call)->media;
	while (*at != media)
		at = &es_media_table_at(g->media, *at)->call_next;
	*at = m->call_next;
	es_dialog_at(g->dialogs, m->call)->n_media--;
	m->call = ES_POOL_NONE;
}

static void
evict(struct es_signalling *g)
{
	uint32_t victim = es_media_table_victim(g->media);

	if (victim == ES_EVICTION_NONE)
		return;
	if (!es_time_before(es_media_table_at(g->media, victim)->expires, g->c->clock))
		es_context_count(g->c, ES_CNT_EXPECTED_EVICTED);
	unlink_media(g, victim);
	es_media_table_drop(g->c, g->media, victim);
}

/*
 * Of a call that announces without end: its oldest candidate, else its oldest address. For a candidate only
 * those of an earlier description are replaced.
 */
static void
drop_oldest(struct es_signalling *g, struct es_dialog *d, bool candidates_only)
{
	uint32_t oldest = ES_POOL_NONE;
	uint32_t candidate = ES_POOL_NONE;

	for (uint32_t i = d->media; i != ES_POOL_NONE;
	     i = es_media_table_at(g->media, i)->call_next) {
		const struct es_media *m = es_media_table_at(g->media, i);

		oldest = i;
		if (m->rank == ES_MEDIA_CANDIDATE &&
		    (!candidates_only || m->generation != g->c->media_generation))
			candidate = i;
	}
	if (candidate != ES_POOL_NONE)
		oldest = candidate;
	else if (candidates_only)
		return;
	es_context_count(g->c, ES_CNT_EXPECTED_EVICTED);
	unlink_media(g, oldest);
	es_media_table_drop(g->c, g->media, oldest);
}

/* What weighs for keeping an entry of an address that too many calls announced. */
static unsigned
weight(const struct es_signalling *g, const struct es_media *m)
{
	bool is_live = !es_time_before(m->expires, g->c->clock) &&
		       es_dialog_at(g->dialogs, m->call)->step != ES_DIALOG_OVER;

	return (is_live ? 2u : 0u) + (m->rank == ES_MEDIA_SAID ? 1u : 0u);
}

/*
 * Room for one more call among those that announced an address: of a call that is over, else of a candidate,
 * else of the oldest. A candidate only replaces a call that is over.
 */
static bool
make_room(struct es_signalling *g, const uint32_t *holder, unsigned n, enum es_media_rank rank)
{
	uint32_t victim = holder[0];

	if (n < ES_MEDIA_HOLDERS_MAX)
		return true;
	for (unsigned i = 1; i < n; i++) {
		const struct es_media *m = es_media_table_at(g->media, holder[i]);
		const struct es_media *v = es_media_table_at(g->media, victim);

		if (weight(g, m) < weight(g, v) ||
		    (weight(g, m) == weight(g, v) && m->generation < v->generation))
			victim = holder[i];
	}
	if (rank == ES_MEDIA_CANDIDATE && weight(g, es_media_table_at(g->media, victim)) >= 2)
		return false;
	unlink_media(g, victim);
	es_media_table_drop(g->c, g->media, victim);
	return true;
}

/* One more call announced the address: the streams of the others may be its, too. */
static void
notify_holders(struct es_signalling *g, const uint32_t *holder, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct es_dialog *d =
		    es_dialog_at(g->dialogs, es_media_table_at(g->media, holder[i])->call);

		if (d->shared_generation == g->c->media_generation)
			continue;
		d->shared_generation = g->c->media_generation;
		es_claim_call_changed(g->streams, d->index);
	}
}

/* The entry for an address, linked to the call. */
static struct es_media *
take(struct es_signalling *g, struct es_dialog *d, const struct es_addr *addr,
    const struct es_addr *sender, enum es_media_rank rank)
{
	uint32_t holder[ES_MEDIA_HOLDERS_MAX];
	uint32_t i = es_media_table_of_call(g->c, g->media, addr, d->index);
	struct es_media *m;

	if (i != ES_POOL_NONE) {
		m = es_media_table_at(g->media, i);
		m->rank = m->rank < rank ? m->rank : (uint8_t)rank;
		return m;
	}
	if (d->n_media >= ES_CALL_ADDRESSES_MAX)
		drop_oldest(g, d, rank == ES_MEDIA_CANDIDATE);
	if (d->n_media >= ES_CALL_ADDRESSES_MAX) {
		es_context_count(g->c, ES_CNT_EXPECTED_EVICTED);
		return NULL;
	}
	if (g->media->pool.n_used == g->media->pool.cap)
		evict(g);
	if (!make_room(g, holder, es_media_table_holders(g->c, g->media, addr, holder), rank))
		return NULL;
	notify_holders(g, holder, es_media_table_holders(g->c, g->media, addr, holder));
	i = es_media_table_take(g->c, g->media, addr, sender);
	if (i == ES_POOL_NONE)
		return NULL;
	m = es_media_table_at(g->media, i);
	m->call = d->index;
	m->rank = (uint8_t)rank;
	m->call_next = d->media;
	d->media = i;
	d->n_media++;
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

/* The codec of what RED packs, where its parameters name one of the same media line. */
static void
unpack_red(const struct es_sdp_media *from, const struct es_sdp_type *red, struct es_payload *p)
{
	struct es_sdp_fmtp fmtp;
	struct es_payload primary;

	es_sdp_fmtp_read(red, &fmtp);
	if (!fmtp.has_red)
		return;
	for (uint32_t i = 0; i < from->n_types; i++) {
		if (from->types[i].pt != fmtp.red_primary)
			continue;
		es_payload_of(
		    from->types[i].pt, from->types[i].name, from->types[i].clock_rate_hz, &primary);
		if (primary.codec == NULL || primary.kind != ES_CODEC_AUDIO)
			return;
		p->codec = primary.codec;
		p->kind = primary.kind;
		p->is_red = true;
		return;
	}
}

/* What the receiver lets the codec do: band and in-band FEC (RFC 7587 section 6.1), packing of AMR. */
static void
read_use(const struct es_sdp_type *type, struct es_payload *p)
{
	struct es_sdp_fmtp fmtp;

	if (p->codec == NULL || (p->codec->rated != ES_RATED_OPUS && !es_codec_is_amr(p->codec)))
		return;
	es_sdp_fmtp_read(type, &fmtp);
	p->channels = type->channels;
	p->is_octet_aligned = fmtp.octet_align;
	p->is_interleaved = fmtp.is_interleaved;
	p->has_checksums = fmtp.has_checksums;
	p->has_fec = fmtp.inband_fec;
	if (fmtp.max_playback_rate_hz == 0)
		return;
	p->band = fmtp.max_playback_rate_hz <= 8000    ? ES_BAND_NB
		  : fmtp.max_playback_rate_hz <= 16000 ? ES_BAND_WB
		  : fmtp.max_playback_rate_hz <= 24000 ? ES_BAND_SWB
						       : ES_BAND_FB;
}

/* A media line of the description, and what its payload types are: looked up once for all addresses. */
struct line {
	const struct es_sdp_media *own;
	const struct es_offer *offer;
	unsigned index;
	unsigned room; /* for candidates, of the whole description */
	/* The terms of the candidates of each line, while the description is read. */
	struct es_terms *shared[ES_MEDIA_LINES_MAX];
	struct es_payload type[ES_SDP_TYPES_MAX];
};

static void
read_line(const struct es_signalling *g, unsigned index, struct line *l)
{
	const struct es_sdp_media *from = &g->sdp->media[index];

	l->own = from;
	l->index = index;
	for (uint32_t i = 0; i < from->n_types; i++) {
		const struct es_sdp_type *type = &from->types[i];
		struct es_payload *p = &l->type[i];

		es_payload_of(type->pt, type->name, type->clock_rate_hz, p);
		p->line = (uint8_t)index;
		read_use(type, p);
		if (p->kind == ES_CODEC_RED)
			unpack_red(from, type, p);
		else if (p->codec == NULL && from->kind == ES_SDP_VIDEO)
			p->kind = ES_CODEC_VIDEO;
	}
}

/* RFC 8843 section 9.1: the same type on two bundled lines means the same codec. */
static void
add_types(struct es_terms *t, const struct line *l)
{
	uint8_t at[128]; /* of each type in t */

	memset(at, ES_MEDIA_TYPES_MAX, sizeof(at));
	for (unsigned i = 0; i < t->n_types; i++)
		at[t->type[i].pt] = (uint8_t)i;
	for (uint32_t i = 0; i < l->own->n_types; i++) {
		const struct es_payload *p = &l->type[i];
		uint8_t k = at[p->pt];

		if (k < ES_MEDIA_TYPES_MAX) {
			if (t->type[k].line != p->line)
				t->type[k].line = ES_LINE_SHARED;
		} else if (t->n_types < ES_MEDIA_TYPES_MAX) {
			at[p->pt] = t->n_types;
			t->type[t->n_types++] = *p;
		}
	}
}

/* Adds a media line to the terms of the addresses that its packets come to. */
static void
add_line(struct es_terms *t, const struct line *line)
{
	const struct es_sdp_media *from = line->own;
	struct es_media_line *l = &t->line[line->index];

	t->is_secure = from->is_secure || from->has_crypto || from->has_fingerprint;
	memset(l, 0, sizeof(*l));
	l->kind = kind_of(from->kind);
	if (from->bundle != 0 && from->mid.n <= ES_MID_MAX_BYTES && from->mid.n > 0) {
		l->mid_bytes = (uint8_t)from->mid.n;
		memcpy(l->mid, from->mid.p, from->mid.n);
	}
	t->lines |= (uint16_t)(1u << line->index);
	add_types(t, line);
	for (uint32_t i = 0; i < from->n_extensions; i++) {
		const struct es_sdp_extension *x = &from->extensions[i];

		if (x->id > UINT8_MAX)
			continue;
		if (x->kind == ES_SDP_EXT_LEVEL)
			t->level_id = (uint8_t)x->id;
		else if (x->kind == ES_SDP_EXT_MID)
			t->mid_id = (uint8_t)x->id;
	}
}

/*
 * Adds a media line to the terms of an address. shared: terms that have the line already, for an address this
 * description did not name before.
 */
static void
agree(struct es_signalling *g, struct es_media *m, const struct line *l, struct es_terms *shared)
{
	struct es_pool *pool = &g->media->terms;

	if (m->generation != g->c->media_generation) {
		es_terms_release(pool, m->terms);
		m->generation = g->c->media_generation;
		m->terms = shared;
		if (shared != NULL) {
			shared->holders++;
			return;
		}
		m->terms = es_terms_new(pool);
	} else if (m->terms == shared) {
		return;
	}
	m->terms = es_terms_own(pool, m->terms);
	add_line(m->terms, l);
}

/* A product has precedence over the class; a message with neither changes nothing. */
static void
note_buffer(struct es_media *m, const struct line *l)
{
	enum es_receiver_by by = l->offer->buffer_by;

	if (by == ES_RECEIVER_BY_NOBODY)
		by = es_buffer_of_class(l->own->has_fingerprint, l->own->ice_ufrag.n > 0);
	if (by == ES_RECEIVER_BY_AGENT || m->buffer_by == ES_RECEIVER_BY_NOBODY)
		m->buffer_by = (uint8_t)by;
}

static struct es_media *
expect(struct es_signalling *g, struct es_dialog *d, const struct line *l,
    const struct es_addr *addr, enum es_media_rank rank)
{
	struct es_media *m = take(g, d, addr, l->offer->sender, rank);

	if (m == NULL)
		return NULL;
	m->is_caller = l->offer->side == ES_CALLER;
	m->wants_none =
	    (l->own->direction == ES_SDP_SENDONLY || l->own->direction == ES_SDP_INACTIVE) &&
	    (m->generation != g->c->media_generation || m->wants_none);
	note_buffer(m, l);
	m->expires = d->step == ES_DIALOG_UP
			 ? es_time_of_ns(INT64_MAX)
			 : es_time_add(g->c->clock, ES_MEDIA_LIFE_S * ES_NS_PER_S);
	return m;
}

/* An address of no host (family 0): it keeps the username fragment and the types of a line whose candidates come later. */
static struct es_addr
nowhere(const struct es_dialog *d, unsigned side)
{
	struct es_addr a;

	memset(&a, 0, sizeof(a));
	memcpy(a.ip, &d->serial, sizeof(d->serial));
	a.port = (uint16_t)(side + 1);
	return a;
}

/* Likewise of a line with a port at a name, or at no address: its hosts and port are known. */
static struct es_addr
unnamed(const struct es_dialog *d, const struct line *l)
{
	struct es_addr a = nowhere(d, l->offer->side);

	a.ip[sizeof(d->serial)] = (uint8_t)(1 + l->offer->side);
	a.ip[sizeof(d->serial) + 1] = (uint8_t)(1 + l->index);
	a.port = l->own->addr.port;
	return a;
}

/* Notes who sent the address to whom. With ICE the connectivity checks show where media flow. */
static void
note_hosts(struct es_signalling *g, const struct line *l, uint32_t media)
{
	uint32_t others[ES_HOSTS_PORTS_MAX];
	unsigned n;

	if (l->own->ice_ufrag.n > 0)
		return;
	n = es_hosts_set(g->c, g->media, media, l->offer->sender, l->offer->receiver, others);
	notify_holders(g, others, n);
}

/* Lets packets of a line be expected at an address; false when that had to be left. */
static bool
announce_at(struct es_signalling *g, struct es_dialog *d, const struct line *l,
    const struct es_addr *addr, struct es_terms *shared)
{
	enum es_media_rank rank = shared != NULL ? ES_MEDIA_CANDIDATE : ES_MEDIA_SAID;
	const struct es_sdp_media *own = l->own;
	struct es_media *m = expect(g, d, l, addr, rank);
	uint32_t i = es_media_table_of_call(g->c, g->media, addr, d->index);

	if (m == NULL)
		return false;
	agree(g, m, l, shared);
	if (rank == ES_MEDIA_SAID) {
		es_srtp_keys_learn(g->c, m, (uint8_t)l->index, own);
		note_hosts(g, l, i);
	}
	m->rtcp = es_addr_eq(addr, &own->addr) ? own->rtcp : es_sdp_carrier(g->sdp, own)->rtcp;
	es_media_table_set_ufrag(
	    g->media, i, own->ice_ufrag.n > 0 ? es_media_table_ufrag_of(g->c, own->ice_ufrag) : 0);
	return true;
}

/* The candidates of a line, or of the one that carries it: looked at once, whatever they carry. */
static void
announce_candidates(struct es_signalling *g, struct es_dialog *d, struct line *l,
    const struct es_sdp_media *carrier)
{
	struct es_terms **shared = &l->shared[carrier - g->sdp->media];

	if (*shared != NULL) {
		add_line(*shared, l);
		return;
	}
	if (carrier->n_candidates == 0)
		return;
	*shared = es_terms_new(&g->media->terms);
	add_line(*shared, l);
	for (uint32_t i = 0; i < carrier->n_candidates; i++) {
		const struct es_sdp_candidate *c = &carrier->candidates[i];

		if (c->is_tcp || c->component != 1 || c->addr.family == 0 ||
		    c->addr.port == PORT_DISCARD)
			continue;
		if (l->room == 0) {
			es_context_count(g->c, ES_CNT_EXPECTED_EVICTED);
			continue;
		}
		l->room--;
		(void)announce_at(g, d, l, &c->addr, *shared);
	}
}

/* Where the packets of a media line may come to: its own address, its bundle's, candidates. */
static void
announce_line(struct es_signalling *g, struct es_dialog *d, struct line *l)
{
	const struct es_sdp_media *own = l->own;
	const struct es_sdp_media *carrier = es_sdp_carrier(g->sdp, own);
	const struct es_sdp_media *at[2] = { carrier, own };
	struct es_addr none = own->ice_ufrag.n > 0 ? nowhere(d, l->offer->side) : unnamed(d, l);
	bool is_placed = false;

	for (unsigned i = 0; i < (carrier == own ? 1u : 2u); i++) {
		const struct es_addr *addr = &at[i]->addr;

		if (addr->family == 0 || addr->port == 0 || at[i]->is_hold ||
		    (addr->port == PORT_DISCARD && own->ice_ufrag.n > 0) ||
		    !announce_at(g, d, l, addr, NULL))
			continue;
		note_address(d, l->offer->side, addr);
		is_placed = true;
	}
	announce_candidates(g, d, l, carrier);
	if (!is_placed && (own->ice_ufrag.n > 0 || own->addr.port != 0))
		(void)announce_at(g, d, l, &none, NULL);
}

/* RFC 5576: which SSRCs a side will send, on which line, and what they repair. */
static void
note_sources(struct es_dialog_side *side, unsigned index, const struct es_sdp_media *from)
{
	for (uint32_t i = 0; i < from->n_ssrcs && side->n_sources < ES_CALL_SOURCES_MAX; i++) {
		struct es_source *s = &side->source[side->n_sources++];

		s->ssrc = from->ssrcs[i];
		s->line = (uint8_t)index;
		s->has_repairs = false;
		for (uint32_t k = 0; k < from->n_ssrc_groups && !s->has_repairs; k++)
			if (from->ssrc_groups[k].repair == s->ssrc) {
				s->repairs = from->ssrc_groups[k].ssrc;
				s->has_repairs = true;
			}
	}
}

void
es_announce(struct es_signalling *g, struct es_dialog *d, const struct es_offer *o)
{
	const struct es_sdp *sdp = g->sdp;
	struct line l = { .offer = o, .room = CANDIDATES_MAX };

	g->c->media_generation++;
	d->side[o->side].n_sources = 0;
	for (uint32_t i = 0; i < sdp->n_media && i < ES_MEDIA_LINES_MAX; i++) {
		const struct es_sdp_media *m = &sdp->media[i];

		if (!m->is_rtp || m->is_rejected)
			continue;
		read_line(g, i, &l);
		announce_line(g, d, &l);
		note_sources(&d->side[o->side], i, m);
	}
	es_withdrawal_note(g, d, o);
	for (unsigned i = 0; i < ES_MEDIA_LINES_MAX; i++)
		es_terms_release(&g->media->terms, l.shared[i]);
}

void
es_announce_expire(struct es_signalling *g, struct es_dialog *d, es_time when)
{
	for (uint32_t i = d->media; i != ES_POOL_NONE;
	     i = es_media_table_at(g->media, i)->call_next)
		es_media_table_at(g->media, i)->expires = when;
}

void
es_announce_answered(struct es_signalling *g, struct es_dialog *d)
{
	es_announce_expire(g, d, es_time_of_ns(INT64_MAX));
	for (uint32_t i = d->media; i != ES_POOL_NONE;
	     i = es_media_table_at(g->media, i)->call_next) {
		uint32_t holder[ES_MEDIA_HOLDERS_MAX];
		unsigned n = es_media_table_holders(
		    g->c, g->media, &es_media_table_at(g->media, i)->addr, holder);

		for (unsigned k = 0; k < n; k++)
			es_claim_call_changed(
			    g->streams, es_media_table_at(g->media, holder[k])->call);
	}
}

void
es_announce_drop(struct es_signalling *g, struct es_dialog *d)
{
	while (d->media != ES_POOL_NONE) {
		uint32_t i = d->media;

		unlink_media(g, i);
		es_media_table_drop(g->c, g->media, i);
	}
	es_ices_drop(g->ice, d);
}
