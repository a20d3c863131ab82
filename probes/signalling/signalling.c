/* SPDX-License-Identifier: Apache-2.0 */
/* Passes SIP messages to their dialog, registration or counter; begins and ends dialogs. */
#include "probes/call/party.h"
#include "probes/media/claim.h"
#include "probes/media/halves.h"
#include "probes/signalling/announce.h"
#include "probes/signalling/call_id_uses.h"
#include "probes/signalling/call_keys.h"
#include "probes/signalling/endings.h"
#include "probes/signalling/invite.h"
#include "probes/signalling/negotiation.h"
#include "probes/signalling/session_timer.h"
#include "probes/signalling/transfer.h"

int
es_signalling_new(struct es_signalling *g, uint32_t calls, uint32_t registrations, uint32_t recent)
{
	int err = es_negotiation_new(g, calls);

	g->registrations.c = g->c;
	if (err == 0)
		err = es_sip_counts_new(&g->counts, recent);
	if (err == 0)
		err = es_registrations_new(&g->registrations, registrations);
	return err;
}

void
es_signalling_free(struct es_signalling *g)
{
	es_registrations_free(&g->registrations);
	es_sip_counts_free(&g->counts);
	es_pool_free(&g->offers);
}

/* Gives a dialog's place to another one. */
static void
drop(struct es_signalling *g, struct es_dialog *d)
{
	es_claim_call_gone(g->streams, d->index);
	es_announce_drop(g, d);
	es_negotiation_drop(g, d);
	es_dialogs_drop(g->dialogs, d->index);
}

static void
evict(struct es_signalling *g)
{
	uint32_t victim = es_dialogs_victim(g->dialogs);
	struct es_dialog *d;

	if (victim == ES_EVICTION_NONE)
		return;
	d = es_dialog_at(g->dialogs, victim);
	if (d->step != ES_DIALOG_OVER) {
		es_context_count(g->c, ES_CNT_CALLS_EVICTED);
		d->coverage.flags |= ES_COV_EVICTED;
		es_dialog_state(g->dialogs, d, ES_STATE_UNKNOWN);
		es_dialog_emit(g->dialogs, d, g->c->clock);
	}
	drop(g, d);
}

/* Caller, callee and transport, from the first INVITE. */
static void
note_invite(struct es_sip_event *ev, enum es_transport transport)
{
	const struct es_sip *m = ev->m;
	struct es_dialog *d = ev->d;

	d->is_changed = true;
	d->transport = transport;
	d->invite_src = m->is_response ? *ev->dst : *ev->src;
	d->invite_dst = m->is_response ? *ev->src : *ev->dst;
	d->from.n = es_party_text(&m->from, d->from.text, sizeof(d->from.text));
	d->to.n = es_party_text(&m->to, d->to.text, sizeof(d->to.text));
	if (m->is_response || !m->has_max_forwards)
		return;
	d->max_forwards = m->max_forwards;
	d->has |= ES_CALL_HAS_MAX_FORWARDS;
}

/* A dialog begins with an INVITE, or late, with the first that is seen of it. */
static struct es_dialog *
begin(struct es_sip_event *ev, enum es_transport transport)
{
	const struct es_sip *m = ev->m;
	struct es_signalling *g = ev->g;
	uint32_t i;

	if (g->dialogs->pool.n_used == g->dialogs->pool.cap)
		evict(g);
	i = es_dialogs_take(g->dialogs, m->call_id, m->is_response ? ev->dst : ev->src, ev->at);
	if (i == ES_POOL_NONE)
		return NULL;
	ev->d = es_dialog_at(g->dialogs, i);
	note_invite(ev, transport);
	es_invite_begins(ev);
	return ev->d;
}

static void
on_request(struct es_sip_event *ev)
{
	switch (ev->m->method) {
	case ES_SIP_INVITE:
		es_invite_request(ev);
		break;
	case ES_SIP_ACK:
		es_invite_ack(ev);
		break;
	case ES_SIP_CANCEL:
		es_ending_cancel(ev);
		break;
	case ES_SIP_BYE:
		es_ending_bye(ev);
		break;
	case ES_SIP_REFER:
		es_transfer_refer(ev);
		break;
	default:
		break;
	}
}

static void
on_response(struct es_sip_event *ev)
{
	if (ev->m->method == ES_SIP_INVITE)
		es_invite_response(ev);
	else if (ev->m->method == ES_SIP_BYE)
		es_ending_bye_response(ev);
}

/* Of one of the call's own dialogs. */
static void
on_own(struct es_sip_event *ev)
{
	/* The texts of the INVITE must be kept before its answer is read. */
	if (ev->m->method == ES_SIP_INVITE)
		es_call_keys(ev);
	if (ev->m->is_response)
		on_response(ev);
	else
		on_request(ev);
	if (ev->m->is_response)
		es_session_timer_agreed(ev);
	es_negotiation(ev);
}

/*
 * A From tag that is not of the call: another caller under the same Call-ID (the far side of a B2BUA), whose
 * media is the call's; the caller itself, which came back with credentials and a new tag; or a stranger that
 * only knows the Call-ID, and must not change the call.
 */
static void
on_strange(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;
	bool is_first =
	    ev->m->method == ES_SIP_INVITE && !ev->m->is_response && ev->m->to.tag.n == 0;
	bool is_waiting = d->step == ES_DIALOG_CHALLENGED ||
			  (d->step == ES_DIALOG_OVER && d->state == ES_STATE_FAILED);

	if (is_first && is_waiting && es_addr_same_ip(ev->src, &d->invite_src) &&
	    ev->m->cseq > d->side[ES_CALLER].invite_cseq) {
		d->legs.caller = es_hash(&ev->g->c->key, ev->m->from.tag);
		ev->side = ES_CALLER;
		on_own(ev);
		return;
	}
	if (is_first)
		es_legs_add_other(&d->legs, ev->g->c, ev->m, ev->src, ev->dst);
	if (es_legs_is_other(&d->legs, ev->g->c, ev->m, &ev->side))
		es_negotiation(ev);
	else
		es_context_count(ev->g->c, ES_CNT_SIP_FOREIGN);
}

bool
es_signalling_is_of_a_call(const struct es_sip *m)
{
	switch (m->method) {
	case ES_SIP_INVITE:
	case ES_SIP_ACK:
	case ES_SIP_BYE:
	case ES_SIP_CANCEL:
	case ES_SIP_PRACK:
	case ES_SIP_UPDATE:
	case ES_SIP_REFER:
		return true;
	default:
		return false;
	}
}

/* The last word of a dialog that is over, and its place back. */
static void
retire(struct es_signalling *g, struct es_dialog *d, es_time at)
{
	if (d->step != ES_DIALOG_OVER) /* its end was not seen */
		es_dialog_state(g->dialogs, d, ES_STATE_UNKNOWN);
	if (d->is_changed || d->resent != d->resent_reported)
		es_dialog_emit(g->dialogs, d, at);
	drop(g, d);
}

/* The place of one more use of a Call-ID: the oldest that is over is replaced, else the oldest. */
static void
make_room(struct es_sip_event *ev, const uint32_t *uses, unsigned n)
{
	struct es_dialog *d = es_dialog_at(ev->g->dialogs, uses[n - 1]);

	for (unsigned i = n; i-- > 0 && d->step != ES_DIALOG_OVER;)
		if (es_dialog_at(ev->g->dialogs, uses[i])->step == ES_DIALOG_OVER)
			d = es_dialog_at(ev->g->dialogs, uses[i]);
	if (d->step != ES_DIALOG_OVER && !es_call_id_uses_is_hop_of(ev, d)) {
		es_context_count(ev->g->c, ES_CNT_CALLS_EVICTED);
		d->coverage.flags |= ES_COV_EVICTED;
		d->is_changed = true;
	}
	retire(ev->g, d, ev->at);
}

/* The call of a message, begun if it can be; NULL if it belongs to no call. */
static struct es_dialog *
call_of(struct es_sip_event *ev, enum es_transport transport)
{
	uint32_t uses[ES_CALL_USES_MAX];
	struct es_dialog *d;
	unsigned n;

	if (ev->m->call_id.n > ES_CALL_ID_MAX_BYTES) {
		es_context_count(ev->g->c, ES_CNT_SIP_OVER_LIMIT);
		return NULL;
	}
	n = es_dialogs_uses(ev->g->dialogs, ev->m->call_id, uses);
	if (n == 0)
		return es_call_id_uses_begins(ev->m) ? begin(ev, transport) : NULL;
	d = es_call_id_uses_find(ev, uses, n, transport);
	if (d != NULL)
		return d;
	if (n == ES_CALL_USES_MAX)
		make_room(ev, uses, n);
	return begin(ev, transport);
}

/*
 * What is seen here replaces what another agent forwarded, and never the reverse: a copy would be a second
 * message, by another clock. False: such a copy.
 */
static bool
is_firsthand(struct es_sip_event *ev, enum es_transport transport)
{
	bool is_from_hep = ev->d->transport == ES_TRANSPORT_HEP;

	if (transport == ES_TRANSPORT_HEP)
		return is_from_hep;
	if (is_from_hep && ev->m->method == ES_SIP_INVITE && !ev->m->is_response &&
	    ev->m->to.tag.n == 0) {
		es_invite_seen(ev);
		note_invite(ev, transport);
	}
	return true;
}

static void
on_call(struct es_sip_event *ev, enum es_transport transport)
{
	struct es_dialog *d = call_of(ev, transport);

	if (d == NULL)
		return;
	ev->d = d;
	if (!is_firsthand(ev, transport))
		return;
	ev->was_up = d->step == ES_DIALOG_UP;
	ev->side = es_legs_requester(&d->legs, ev->g->c, ev->m);
	if (ev->side == ES_STRANGER) {
		on_strange(ev);
	} else {
		d->seen_at = es_time_max(d->seen_at, ev->at);
		d->resent += ev->is_resent;
		on_own(ev);
	}
	es_dialog_rearm(ev->g->dialogs, d);
	if (d->is_changed)
		es_dialog_emit(ev->g->dialogs, d, ev->at);
}

static void
show(const struct es_sip_event *ev)
{
	const struct es_sip *m = ev->m;
	struct es_sip_message seen = {
		.at = ev->at,
		.src = *ev->src,
		.dst = *ev->dst,
		.call_id = m->call_id,
		.method = m->method_text,
		.cseq = m->cseq,
		.status = m->is_response ? m->status : 0,
		.has_sdp = m->sdp.n > 0,
		.is_resent = ev->is_resent,
	};

	ev->g->sip.message(ev->g->sip.ctx, &seen);
}

void
es_signalling_message(struct es_signalling *g, const struct es_sip *m, const struct es_addr *src,
    const struct es_addr *dst, enum es_transport transport, es_time at)
{
	struct es_sip_event ev = { .g = g, .m = m, .src = src, .dst = dst, .at = at };
	enum es_sip_news news = ES_SIP_NEW;

	if (transport == ES_TRANSPORT_HEP) {
		es_context_count(g->c, ES_CNT_HEP_MESSAGES);
	} else {
		news = es_sip_counts_add(&g->counts, g->c, m, src, dst, at);
		es_context_count(g->c, ES_CNT_SIP_MESSAGES);
	}
	ev.is_resent = news == ES_SIP_RESENT;
	if (es_signalling_is_of_a_call(m)) {
		if (g->sip.message != NULL)
			show(&ev);
		on_call(&ev, transport);
		return;
	}
	es_context_count(g->c, ES_CNT_SIP_OTHER_METHODS);
	if (m->method == ES_SIP_REGISTER)
		es_registrations_message(
		    &g->registrations, &(struct es_register){ m, src, dst, transport, news, at });
}

void
es_signalling_due(struct es_signalling *g, uint32_t index, es_time due)
{
	struct es_dialog *d = es_dialog_at(g->dialogs, index);

	d->deadline = ES_HEAP_NONE; /* it was popped */
	if (es_time_before(due, es_dialog_due(d))) {
		es_dialog_rearm(g->dialogs, d);
		return;
	}
	d->seen_at = due;
	if (!es_ending_due(g, d, due)) {
		retire(g, d, due);
		return;
	}
	es_dialog_rearm(g->dialogs, d);
	if (d->is_changed)
		es_dialog_emit(g->dialogs, d, due);
}

void
es_signalling_flush(struct es_signalling *g, uint32_t index, es_time at)
{
	struct es_dialog *d = es_dialog_at(g->dialogs, index);

	d->deadline = ES_HEAP_NONE; /* it was popped */
	if (d->step == ES_DIALOG_CHALLENGED)
		es_dialog_state(g->dialogs, d, ES_STATE_FAILED);
	es_halves_take(g->streams, d);
	if (d->step != ES_DIALOG_OVER || d->is_changed || d->resent != d->resent_reported)
		es_dialog_emit(g->dialogs, d, at);
}

void
es_signalling_forget(struct es_signalling *g, uint32_t index)
{
	drop(g, es_dialog_at(g->dialogs, index));
}

void
es_signalling_cut(struct es_signalling *g, es_slice call_id)
{
	uint32_t uses[ES_CALL_USES_MAX];
	unsigned n = es_dialogs_uses(g->dialogs, call_id, uses);

	/* Its tags were cut away: any use that is not over, and the newest, may have missed it. */
	for (unsigned i = 0; i < n; i++) {
		struct es_dialog *d = es_dialog_at(g->dialogs, uses[i]);

		if (i > 0 && d->step == ES_DIALOG_OVER)
			continue;
		d->is_changed = d->is_changed || (d->coverage.flags & ES_COV_CUT) == 0;
		d->coverage.flags |= ES_COV_CUT;
	}
}

void
es_signalling_dropped(
    struct es_signalling *g, es_time from, es_time to, const struct es_coverage *coverage)
{
	const struct es_pool *p = &g->dialogs->pool;

	for (uint32_t i = es_pool_next(p, 0); i != ES_POOL_NONE; i = es_pool_next(p, i + 1)) {
		struct es_dialog *d = es_dialog_at(g->dialogs, i);

		if (es_time_before(to, d->start) ||
		    (d->step == ES_DIALOG_OVER && es_time_before(d->ended_at, from)))
			continue;
		es_coverage_merge(&d->coverage, coverage);
		d->is_changed = true;
	}
	es_registrations_dropped(&g->registrations, coverage);
}
