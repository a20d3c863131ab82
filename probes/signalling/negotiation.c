/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offer and answer in the order of RFC 3264 and RFC 6337 section 2.2. The first offer of a call is
 * believed at once, since media may flow before the answer. An offer within a call that is up changes
 * nothing until it is answered (RFC 3261 section 14.1), so it is kept until then.
 */
#include "probes/signalling/negotiation.h"

#include "probes/call/buffers.h"
#include "probes/signalling/offer.h"

enum {
	OFFER_MAX_BYTES = 4096, /* longer ones are believed at once */
	OFFERS_MAX = 4,         /* of one call: one INVITE over that many hops */
};

struct held_offer {
	uint32_t next;
	struct es_request request;
	uint64_t branch; /* of the request */
	struct es_addr sender;
	struct es_addr receiver;
	enum es_receiver_by buffer_by;
	size_t n;
	uint8_t text[OFFER_MAX_BYTES];
};

int
es_negotiation_new(struct es_signalling *g, uint32_t calls)
{
	return es_pool_new(&g->offers, calls / 16 + 16, sizeof(struct held_offer));
}

static struct held_offer *
held_at(const struct es_signalling *g, uint32_t i)
{
	return es_pool_at(&g->offers, i);
}

/* Frees the place. The text may have keys: they are kept no longer than it waits. */
static void
give(struct es_signalling *g, uint32_t i)
{
	memset(held_at(g, i)->text, 0, held_at(g, i)->n);
	es_pool_give(&g->offers, i);
}

void
es_negotiation_drop(struct es_signalling *g, struct es_dialog *d)
{
	while (d->held != ES_POOL_NONE) {
		uint32_t i = d->held;

		d->held = held_at(g, i)->next;
		give(g, i);
	}
}

/* Makes an offer wait; false: no room, it must be believed now. */
static bool
hold(struct es_sip_event *ev, const struct es_offer *o)
{
	struct held_offer *h;
	uint32_t i, n = 0;

	for (i = ev->d->held; i != ES_POOL_NONE; i = held_at(ev->g, i)->next)
		n++;
	i = n < OFFERS_MAX && ev->m->sdp.n <= OFFER_MAX_BYTES ? es_pool_take(&ev->g->offers)
							      : ES_POOL_NONE;
	if (i == ES_POOL_NONE) {
		es_context_count(ev->g->c, ES_CNT_OFFERS_EVICTED);
		return false;
	}
	h = held_at(ev->g, i);
	h->request = o->request;
	h->branch = es_hash(&ev->g->c->key, ev->m->via_branch);
	h->sender = *ev->src;
	h->receiver = *ev->dst;
	h->buffer_by = o->buffer_by;
	h->n = ev->m->sdp.n;
	memcpy(h->text, ev->m->sdp.p, h->n);
	h->next = ev->d->held;
	ev->d->held = i;
	return true;
}

/* The offers that this message settles: they are applied, or were refused. */
static void
settle(struct es_sip_event *ev, const struct es_request *by, bool is_accepted)
{
	uint32_t *at = &ev->d->held;

	while (*at != ES_POOL_NONE) {
		struct held_offer *h = held_at(ev->g, *at);
		struct es_offer o = { .is_later = true };
		uint32_t i = *at;

		if (!es_request_eq(&h->request, by)) {
			at = &h->next;
			continue;
		}
		*at = h->next;
		o.text = es_slice_of(h->text, h->n);
		o.side = h->request.side;
		o.request = h->request;
		o.sender = &h->sender;
		o.receiver = &h->receiver;
		o.buffer_by = h->buffer_by;
		if (is_accepted)
			es_offer_apply(ev->g, ev->d, &o);
		give(ev->g, i);
	}
}

/*
 * An ACK whose INVITE waits for its answer still: the capture missed that. The ACK of a 2xx has a branch of
 * its own (RFC 3261 section 13.2.2.4), that of a failure the branch of its INVITE.
 */
static void
on_ack(struct es_sip_event *ev, const struct es_request *by)
{
	uint64_t branch = es_hash(&ev->g->c->key, ev->m->via_branch);
	bool is_accepted = true;

	for (uint32_t i = ev->d->held; i != ES_POOL_NONE; i = held_at(ev->g, i)->next) {
		const struct held_offer *h = held_at(ev->g, i);

		if (es_request_eq(&h->request, by) && h->branch == branch)
			is_accepted = false;
	}
	settle(ev, by, is_accepted);
}

/* The SDP of a request; that of a later INVITE or UPDATE waits for its answer. */
static void
on_request(struct es_sip_event *ev, struct es_offer *o)
{
	struct es_dialog_side *requester = &ev->d->side[ev->side];

	switch (ev->m->method) {
	case ES_SIP_ACK:
		o->is_answer = true;
		break;
	case ES_SIP_PRACK:
		o->is_answer = requester->has_late_offer;
		break;
	case ES_SIP_INVITE:
	case ES_SIP_UPDATE:
		if (o->is_later && (ev->is_resent || hold(ev, o)))
			return;
		break;
	default:
		return;
	}
	if (o->is_answer)
		requester->has_late_offer = false;
	es_offer_apply(ev->g, ev->d, o);
}

/*
 * A provisional response to a later INVITE only previews the answer, unless it is reliable (RFC 3262 section 5): the
 * 2xx repeats it (RFC 3261 section 13.2.1), and after a failure all is as it was before (section 14.1).
 */
static bool
is_preview(const struct es_sip_event *ev, const struct es_offer *o)
{
	return o->is_later && ev->m->status < 200 && !ev->m->has_rseq;
}

static void
on_response(struct es_sip_event *ev, struct es_offer *o)
{
	struct es_dialog_side *requester = &ev->d->side[ev->side];

	switch (ev->m->method) {
	case ES_SIP_INVITE:
		if (is_preview(ev, o))
			return;
		o->is_answer = requester->has_offer;
		requester->has_late_offer = !requester->has_offer;
		break;
	case ES_SIP_PRACK:
	case ES_SIP_UPDATE:
		o->is_answer = true;
		break;
	default:
		return;
	}
	es_offer_apply(ev->g, ev->d, o);
}

void
es_negotiation(struct es_sip_event *ev)
{
	const struct es_sip *m = ev->m;
	struct es_offer o = { .text = m->sdp, .request = { m->cseq, (uint8_t)ev->side } };

	o.sender = ev->src;
	o.receiver = ev->dst;

	if (m->is_response && m->status >= 200 &&
	    (m->method == ES_SIP_INVITE || m->method == ES_SIP_UPDATE))
		settle(ev, &o.request, m->status < 300);
	if (!m->is_response && m->method == ES_SIP_ACK)
		on_ack(ev, &o.request);
	if (m->sdp.n == 0 || ev->d->step == ES_DIALOG_OVER)
		return;
	o.buffer_by = es_buffer_of_product(m->user_agent);
	o.side = m->is_response ? 1 - ev->side : ev->side;
	o.is_later = ev->was_up && (ev->side != ES_CALLER || m->cseq != ev->d->answer_cseq);
	if (!m->is_response)
		on_request(ev, &o);
	else if (m->status < 300)
		on_response(ev, &o);
}
