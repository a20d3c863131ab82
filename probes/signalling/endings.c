/* SPDX-License-Identifier: Apache-2.0 */
/* How calls end: BYE, CANCEL, failure, silence. */
#include "probes/signalling/endings.h"

#include "probes/media/findings.h"
#include "probes/media/halves.h"
#include "probes/media/owners.h"
#include "probes/signalling/announce.h"
#include "probes/signalling/negotiation.h"
#include "probes/signalling/session_timer.h"

/* Moves a dialog to its last state. */
static void
over(struct es_signalling *g, struct es_dialog *d, enum es_state state, es_time at)
{
	d->step = ES_DIALOG_OVER;
	d->ended_at = at;
	es_findings_over(d, at);
	es_dialog_state(g->dialogs, d, state);
	es_eviction_rank(&g->dialogs->eviction, d->index, false);
	es_announce_expire(g, d, es_time_add(at, ES_CALL_LINGER_S * ES_NS_PER_S));
	es_negotiation_drop(g, d);
	es_halves_take(g->streams, d);
	es_owners_call_ended(g->streams, d->index, at);
}

/* Reason of the message that ends the call; a cause of Q.850 is more exact than one of SIP. */
static void
note_cause(struct es_dialog *d, const struct es_sip *m)
{
	const struct es_sip_cause *c = m->q850.has_number ? &m->q850 : &m->sip_cause;

	if (!c->has_number)
		return;
	d->cause_space = m->q850.has_number ? ES_CAUSE_Q850 : ES_CAUSE_SIP;
	d->cause = c->number;
	d->has |= ES_CALL_HAS_CAUSE;
	d->is_changed = true;
}

/* Classes of RFC 6076 sections 4.6 to 4.8; a status in none of them counts in the whole alone. */
static void
count_class(struct es_context *c, uint16_t status)
{
	switch (status) {
	case 401:
	case 402:
	case 407:
		es_context_count(c, ES_CNT_SESSIONS_CHALLENGED);
		return;
	case 408:
	case 500:
	case 503:
	case 504:
		es_context_count(c, ES_CNT_SESSIONS_INEFFECTIVE);
		return;
	case 480:
	case 486:
	case 600:
	case 603:
		es_context_count(c, ES_CNT_SESSIONS_REFUSED);
		return;
	default:
		if (status / 100 == 3)
			es_context_count(c, ES_CNT_SESSIONS_REDIRECTED);
	}
}

void
es_ending_failed(struct es_sip_event *ev, uint16_t status)
{
	struct es_dialog *d = ev->d;

	count_class(ev->g->c, status);
	d->final_status = status;
	d->has |= ES_CALL_HAS_STATUS;
	d->is_changed = true;
	if (es_is_challenge(status)) {
		d->challenges++;
		d->step = ES_DIALOG_CHALLENGED;
		return;
	}
	if (ev->m->status == status)
		note_cause(d, ev->m);
	if (status == 487) {
		d->ended_by = ES_PARTY_CALLER;
		over(ev->g, d, ES_STATE_CANCELLED, ev->at);
		return;
	}
	if (status / 100 == 3)
		d->redirects++;
	over(ev->g, d, ES_STATE_FAILED, ev->at);
}

/* Whether a BYE concerns the call as a whole. Marks the dialog it ends. */
static bool
is_last_bye(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;
	struct es_dialog_leg *leg = es_legs_find(&d->legs, ev->g->c, ev->side, ev->m);
	bool is_new;

	if (leg == NULL && !d->legs.is_full) {
		for (unsigned i = 0; i < d->legs.n_legs; i++)
			if (!d->legs.leg[i].is_other) { /* of a party that never took part */
				es_context_count(ev->g->c, ES_CNT_SIP_FOREIGN);
				return false;
			}
		leg = es_legs_note(&d->legs, ev->g->c, ev->side, ev->m, &is_new);
	}
	if (leg != NULL && leg->state == ES_LEG_OVER)
		return false;
	if (leg != NULL)
		leg->state = ES_LEG_OVER;
	return !es_legs_any(&d->legs, ES_LEG_UP) &&
	       (d->step == ES_DIALOG_UP || !es_legs_any(&d->legs, ES_LEG_EARLY));
}

void
es_ending_bye(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;
	bool was_up = d->step == ES_DIALOG_UP;

	if (ev->is_resent && d->has_bye && ev->m->cseq == d->bye_cseq && ev->side == d->bye_side)
		d->is_bye_resent = true;
	if (d->is_bye_challenged && ev->side == d->bye_side && ev->m->cseq > d->bye_cseq) {
		d->bye_cseq = ev->m->cseq;
		d->is_bye_challenged = false;
	}
	if (d->step == ES_DIALOG_OVER || !is_last_bye(ev))
		return;
	d->ended_by = ev->side == ES_CALLER ? ES_PARTY_CALLER : ES_PARTY_CALLEE;
	d->has_bye = true;
	d->is_session_expired = was_up && es_session_timer_is_given_up(d, d->ended_by, ev->at);
	d->bye_side = (uint8_t)ev->side;
	d->bye_cseq = ev->m->cseq;
	note_cause(d, ev->m);
	if (was_up && d->has_answer) {
		if (!d->began_unseen) {
			d->duration_us = es_us_between(d->answered_at, ev->at);
			d->has |= ES_CALL_HAS_DURATION;
		}
		es_context_count(ev->g->c, ES_CNT_SESSIONS_COMPLETED);
	}
	over(ev->g, d, was_up ? ES_STATE_COMPLETED : ES_STATE_CANCELLED, ev->at);
}

void
es_ending_bye_response(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;

	if (!d->has_bye || ev->side != d->bye_side || ev->m->cseq != d->bye_cseq ||
	    ev->m->status < 200 || (d->has & ES_CALL_HAS_DISCONNECT_DELAY) != 0)
		return;
	if (es_is_challenge(ev->m->status)) {
		d->is_bye_challenged = true;
		return;
	}
	d->disconnect_delay_us = es_us_between(d->ended_at, ev->at);
	d->has |= ES_CALL_HAS_DISCONNECT_DELAY;
	d->is_changed = true;
}

void
es_ending_cancel(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;
	const struct es_target *target = es_legs_target_of(&d->legs, ev->g->c, ev->m);

	if (ev->side != ES_CALLER || ev->m->cseq != d->side[ES_CALLER].invite_cseq ||
	    d->step != ES_DIALOG_CALLING)
		return;
	if (target == NULL && d->legs.n_targets > 0 && !d->legs.is_full) {
		es_context_count(ev->g->c, ES_CNT_SIP_FOREIGN);
		return;
	}
	if (target != NULL && target->is_downstream)
		return; /* a proxy gives up the other targets of its fork */
	d->is_cancelled = true;
	note_cause(d, ev->m);
}

/* The linger of a call is over: a BYE sent again and never answered has run into timer F. */
static bool
end_linger(struct es_dialog *d)
{
	if (d->streams != ES_POOL_NONE)
		return true;
	if (d->is_bye_resent && (d->has & ES_CALL_HAS_DISCONNECT_DELAY) == 0) {
		d->disconnect_delay_us = ES_CALL_LINGER_S * UINT64_C(1000000);
		d->has |= ES_CALL_HAS_DISCONNECT_DELAY;
		d->is_changed = true;
	}
	return false;
}

bool
es_ending_due(struct es_signalling *g, struct es_dialog *d, es_time due)
{
	switch (d->step) {
	case ES_DIALOG_CALLING:
		if (d->is_cancelled)
			d->ended_by = ES_PARTY_CALLER;
		over(g, d, d->is_cancelled ? ES_STATE_CANCELLED : ES_STATE_UNKNOWN, due);
		break;
	case ES_DIALOG_CHALLENGED:
		over(g, d, ES_STATE_FAILED, due);
		break;
	case ES_DIALOG_UP:
		if (d->streams != ES_POOL_NONE)
			break;
		d->is_session_expired = !d->is_replaced && es_session_timer_ran_out(d, due);
		over(g, d, d->is_replaced ? ES_STATE_COMPLETED : ES_STATE_UNKNOWN, due);
		break;
	case ES_DIALOG_OVER:
		return end_linger(d);
	}
	return true;
}
