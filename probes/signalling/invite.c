/* SPDX-License-Identifier: Apache-2.0 */
/* INVITE: attempts, forks, challenges, redirects, the answer. */
#include "probes/signalling/invite.h"

#include "probes/media/findings.h"
#include "probes/signalling/announce.h"
#include "probes/signalling/endings.h"
#include "probes/signalling/transfer.h"

/* A first INVITE, or a new one for the same purpose: RFC 6076 counts requests, not calls. */
static void
begin_attempt(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;

	es_context_count(ev->g->c, ES_CNT_SESSIONS);
	d->side[ES_CALLER].invite_cseq = ev->m->cseq;
	d->side[ES_CALLER].is_invite_final = false;
	es_legs_retarget(&d->legs);
	(void)es_legs_target(&d->legs, ev->g->c, ev->m, ev->src, ev->dst);
	d->side[ES_CALLER].has_late_offer = false;
}

/* With credentials, to the target of a 3xx, or to the next target: it is the same attempt. */
static void
go_on(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;

	if (d->step != ES_DIALOG_CHALLENGED &&
	    !(d->step == ES_DIALOG_OVER && d->state == ES_STATE_FAILED))
		return;
	d->step = ES_DIALOG_CALLING;
	d->final_status = 0;
	d->has &= ~(uint32_t)(ES_CALL_HAS_STATUS | ES_CALL_HAS_CAUSE);
	d->cause_space = ES_CAUSE_NONE;
	if (d->is_delay_failed)
		d->has &= ~(uint32_t)ES_CALL_HAS_REQUEST_DELAY;
	d->is_delay_failed = false;
	es_dialog_state(ev->g->dialogs, d, ES_STATE_IN_PROGRESS);
}

void
es_invite_begins(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;
	const struct es_sip *m = ev->m;
	bool is_new;

	d->legs.caller = es_hash(&ev->g->c->key, m->from.tag);
	if (!m->is_response && m->to.tag.n == 0) {
		begin_attempt(ev);
		return;
	}
	d->began_unseen = true;
	d->side[ES_CALLER].invite_cseq = m->cseq;
	if (m->is_response && m->method == ES_SIP_INVITE)
		return;
	d->step = ES_DIALOG_UP;
	d->answer_cseq = m->cseq;
	es_eviction_rank(&ev->g->dialogs->eviction, d->index, true);
	es_legs_note(&d->legs, ev->g->c, ES_CALLER, m, &is_new)->state = ES_LEG_UP;
}

void
es_invite_seen(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;

	d->start = ev->at;
	d->step = ES_DIALOG_CALLING;
	d->has = 0;
	d->began_unseen = false;
	d->is_cancelled = false;
	d->is_delay_failed = false;
	d->has_ringing = false;
	d->has_early_sdp = false;
	d->has_answer = false;
	d->has_bye = false;
	d->final_status = 0;
	d->n_statuses = 0;
	d->answer_cseq = 0;
	d->branches = 0;
	d->redirects = 0;
	d->challenges = 0;
	d->ended_by = ES_PARTY_UNKNOWN;
	d->cause_space = ES_CAUSE_NONE;
	d->session_expires_s = 0;
	d->session_refresher = ES_PARTY_UNKNOWN;
	d->is_session_expired = false;
	es_dialog_state(ev->g->dialogs, d, ES_STATE_IN_PROGRESS);
	es_eviction_rank(&ev->g->dialogs->eviction, d->index, false);
	memset(&d->legs, 0, sizeof(d->legs));
	d->legs.caller = es_hash(&ev->g->c->key, ev->m->from.tag);
	/* The session was counted; its own SDP announces again the media that HEP had announced. */
	d->side[ES_CALLER].invite_cseq = ev->m->cseq;
	(void)es_legs_target(&d->legs, ev->g->c, ev->m, ev->src, ev->dst);
}

/* a, or so little after b that the order of two packets means nothing. */
static bool
is_not_after(es_time a, es_time b)
{
	return es_time_diff(a, b) <= ES_CALL_ORDER_MS * ES_NS_PER_MS;
}

/* The INVITE of a call whose response was handed over before it: the call has its times after all. */
static void
on_overtaken(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;
	es_time first_response = d->start;

	d->began_unseen = false;
	d->is_changed = true;
	if (es_time_before(ev->at, d->start))
		d->start = ev->at;
	begin_attempt(ev);
	if (ev->m->has_max_forwards) {
		d->max_forwards = ev->m->max_forwards;
		d->has |= ES_CALL_HAS_MAX_FORWARDS;
	}
	d->request_delay_us = es_us_between(d->start, first_response);
	d->has |= ES_CALL_HAS_REQUEST_DELAY;
	if (d->has_ringing || d->has_answer) {
		d->post_dial_delay_us =
		    es_us_between(d->start, d->has_ringing ? d->ringing_at : d->answered_at);
		d->has |= ES_CALL_HAS_POST_DIAL_DELAY;
	}
	if (!d->has_answer)
		return;
	d->setup_us = es_us_between(d->start, d->answered_at);
	d->has |= ES_CALL_HAS_SETUP;
	if (!d->has_ringing)
		return;
	d->ring_us = es_us_between(d->ringing_at, d->answered_at);
	d->has |= ES_CALL_HAS_RING;
}

static void
on_attempt(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;

	if (d->began_unseen && ev->m->cseq == d->side[ES_CALLER].invite_cseq &&
	    is_not_after(ev->at, d->start)) {
		on_overtaken(ev);
		return;
	}
	if (ev->m->cseq < d->side[ES_CALLER].invite_cseq)
		return;
	if (ev->m->cseq > d->side[ES_CALLER].invite_cseq) {
		go_on(ev);
		begin_attempt(ev);
	} else if (es_legs_target(&d->legs, ev->g->c, ev->m, ev->src, ev->dst) &&
		   d->step == ES_DIALOG_OVER && d->state == ES_STATE_FAILED) {
		es_context_count(ev->g->c, ES_CNT_SESSIONS); /* one target after the other */
		go_on(ev);
	}
}

void
es_invite_request(struct es_sip_event *ev)
{
	struct es_dialog_side *s = &ev->d->side[ev->side];

	if (ev->side == ES_CALLER && ev->m->to.tag.n == 0) {
		on_attempt(ev);
	} else if (ev->m->cseq > s->invite_cseq) {
		s->invite_cseq = ev->m->cseq;
		s->is_invite_final = false;
		s->has_late_offer = false;
	}
	s->has_offer = ev->m->sdp.n > 0;
}

static void
note_status(struct es_dialog *d, uint16_t status)
{
	for (unsigned i = 0; i < d->n_statuses; i++)
		if (d->status[i] == status)
			return;
	if (d->n_statuses < ES_CALL_STATUSES_MAX)
		d->status[d->n_statuses++] = status;
}

/* Effect of a 2xx on the call, whether it came in time or after what it allowed. */
static void
note_answer(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;

	es_context_count(ev->g->c, ES_CNT_SESSIONS_ANSWERED);
	d->answered_at = ev->at;
	d->has_answer = true;
	d->answer_cseq = ev->m->cseq;
	d->final_status = ev->m->status;
	d->has |= ES_CALL_HAS_STATUS;
	d->is_changed = true;
	if (d->began_unseen)
		return;
	d->setup_us = es_us_between(d->start, ev->at);
	d->has |= ES_CALL_HAS_SETUP;
	es_dialog_judge_early_media(d, ev->at);
	if (!d->has_ringing)
		return;
	d->ring_us = es_us_between(d->ringing_at, ev->at);
	d->has |= ES_CALL_HAS_RING;
}

static void
on_answered(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;

	d->step = ES_DIALOG_UP;
	d->ended_by = ES_PARTY_UNKNOWN;
	d->cause_space = ES_CAUSE_NONE;
	d->has &= ~(uint32_t)ES_CALL_HAS_CAUSE;
	note_answer(ev);
	es_findings_answered(d, ev->at);
	es_dialog_state(ev->g->dialogs, d, ES_STATE_IN_PROGRESS);
	es_eviction_rank(&ev->g->dialogs->eviction, d->index, true);
	es_announce_answered(ev->g, d);
	es_transfer_answered(ev);
}

/* The answer of a call whose BYE was handed over before it. */
static void
on_answered_before_end(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;

	note_answer(ev);
	d->duration_us = es_us_between(d->answered_at, d->ended_at);
	d->has |= ES_CALL_HAS_DURATION;
	es_context_count(ev->g->c, ES_CNT_SESSIONS_COMPLETED);
}

/* Times that end with a first response: SRD of RFC 6076 and the post-dial delay of E.721. */
static void
note_delays(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;
	uint16_t status = ev->m->status;
	bool is_heard = status == 180 || (status == 183 && ev->m->sdp.n > 0) || status / 100 == 2;

	if (status == 180 && !d->has_ringing) {
		d->has_ringing = true;
		d->ringing_at = ev->at;
	}
	if (d->began_unseen || es_is_challenge(status))
		return;
	if ((d->has & ES_CALL_HAS_REQUEST_DELAY) == 0) {
		d->request_delay_us = es_us_between(d->start, ev->at);
		d->has |= ES_CALL_HAS_REQUEST_DELAY;
		d->is_delay_failed = status >= 300;
		d->is_changed = true;
	}
	if (is_heard && (d->has & ES_CALL_HAS_POST_DIAL_DELAY) == 0) {
		d->post_dial_delay_us = es_us_between(d->start, ev->at);
		d->has |= ES_CALL_HAS_POST_DIAL_DELAY;
		d->is_changed = true;
	}
}

/* A fork has as many branches as targets that answered: not who challenges or redirects, nor a proxy's 408 and 487. */
static bool
is_of_a_target(uint16_t status)
{
	return status > 100 && !es_is_challenge(status) && status != 408 && status != 487 &&
	       status / 100 != 3;
}

static bool
is_over_by_bye(const struct es_dialog *d)
{
	return d->step == ES_DIALOG_OVER && d->has_bye && d->state == ES_STATE_COMPLETED;
}

/*
 * The ACK of this answer was handed over before it, and the BYE perhaps, too; later ones are the answer
 * sent again.
 */
static bool
is_overtaken(const struct es_sip_event *ev)
{
	const struct es_dialog *d = ev->d;

	return (d->step == ES_DIALOG_UP || is_over_by_bye(d)) && !d->has_answer &&
	       !d->began_unseen && is_not_after(ev->at, d->acked_at);
}

/* An answer after its ACK, sent again or stamped by another clock: when it came first is unknown. */
static void
note_late_status(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;

	if (d->has_answer || (d->step != ES_DIALOG_UP && !is_over_by_bye(d)))
		return;
	d->final_status = ev->m->status;
	d->has |= ES_CALL_HAS_STATUS;
	d->is_changed = true;
}

static void
on_final(struct es_sip_event *ev, struct es_target *target, struct es_dialog_leg *leg)
{
	struct es_dialog *d = ev->d;
	/* Cancelled too late, or given up too early. */
	bool was_left = d->step == ES_DIALOG_OVER &&
			(d->state == ES_STATE_CANCELLED || d->state == ES_STATE_UNKNOWN);

	if (ev->m->status < 300) {
		if (leg != NULL && leg->state == ES_LEG_EARLY)
			leg->state = ES_LEG_UP;
		if (is_overtaken(ev) && d->step == ES_DIALOG_OVER)
			on_answered_before_end(ev);
		else if (d->step == ES_DIALOG_CALLING || was_left || is_overtaken(ev))
			on_answered(ev);
		else
			note_late_status(ev);
		return;
	}
	if (target != NULL && target->status == 0)
		target->status = ev->m->status;
	if (d->step != ES_DIALOG_CALLING || es_legs_is_waiting(&d->legs))
		return;
	if (target != NULL && target->is_downstream)
		return;
	es_ending_failed(ev, target != NULL ? es_legs_best(&d->legs) : ev->m->status);
}

/* A 180 that its 200 overtook by a little. */
static void
note_overtaken_ringing(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;

	if (d->has_ringing || !d->has_answer || d->began_unseen || d->step != ES_DIALOG_UP ||
	    !is_not_after(ev->at, d->answered_at))
		return;
	d->has_ringing = true;
	d->ringing_at = ev->at;
	d->ring_us = es_us_between(ev->at, d->answered_at);
	d->has |= ES_CALL_HAS_RING;
	d->post_dial_delay_us = es_us_between(d->start, ev->at);
	if (d->request_delay_us > d->post_dial_delay_us)
		d->request_delay_us = d->post_dial_delay_us;
	d->is_changed = true;
}

/* A response to the INVITE that opens the dialog. */
static void
on_first_response(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;
	struct es_target *target = es_legs_target_of(&d->legs, ev->g->c, ev->m);
	struct es_dialog_leg *leg = NULL;
	bool is_new = false;

	if (target == NULL && d->legs.n_targets > 0 && !d->legs.is_full) {
		es_context_count(ev->g->c, ES_CNT_SIP_FOREIGN);
		return;
	}
	note_status(d, ev->m->status);
	if (ev->m->status == 100)
		return;
	if (ev->m->status < 200 && ev->m->sdp.n > 0)
		d->has_early_sdp = true;
	if (ev->m->status < 300 || is_of_a_target(ev->m->status))
		leg = es_legs_note(&d->legs, ev->g->c, ES_CALLER, ev->m, &is_new);
	if (leg != NULL && is_new) {
		d->branches++;
		d->is_changed = d->is_changed || ev->was_up;
	}
	if (d->step == ES_DIALOG_CALLING || is_overtaken(ev))
		note_delays(ev);
	else if (ev->m->status == 180)
		note_overtaken_ringing(ev);
	if (ev->m->status >= 200)
		on_final(ev, target, leg);
}

/* A response to an INVITE of a call that is up. */
static void
on_later_response(struct es_sip_event *ev)
{
	struct es_dialog_side *s = &ev->d->side[ev->side];

	if (ev->m->cseq != s->invite_cseq)
		return;
	note_status(ev->d, ev->m->status);
	if (ev->m->status < 200 || s->is_invite_final)
		return;
	s->is_invite_final = true;
	if (es_is_challenge(ev->m->status))
		ev->d->challenges++;
}

void
es_invite_response(struct es_sip_event *ev)
{
	const struct es_dialog *d = ev->d;
	bool is_first = ev->side == ES_CALLER && ev->m->cseq == d->side[ES_CALLER].invite_cseq &&
			(d->answer_cseq == 0 || d->answer_cseq == ev->m->cseq);

	if (is_first)
		on_first_response(ev);
	else
		on_later_response(ev);
}

/*
 * The ACK of a 2xx opens a transaction of its own (RFC 3261 section 13.2.2.4), that of a failure belongs to the
 * transaction of its INVITE. So an ACK with a new branch shows an answer that the capture did not see.
 */
void
es_invite_ack(struct es_sip_event *ev)
{
	struct es_dialog *d = ev->d;
	struct es_dialog_leg *leg;
	bool is_new;

	if (ev->side != ES_CALLER || d->step != ES_DIALOG_CALLING || ev->m->to.tag.n == 0 ||
	    ev->m->cseq != d->side[ES_CALLER].invite_cseq ||
	    es_legs_target_of(&d->legs, ev->g->c, ev->m) != NULL)
		return;
	leg = es_legs_note(&d->legs, ev->g->c, ES_CALLER, ev->m, &is_new);
	if (leg == NULL)
		return;
	leg->state = ES_LEG_UP;
	d->step = ES_DIALOG_UP;
	d->acked_at = ev->at;
	d->answer_cseq = ev->m->cseq;
	es_dialog_judge_early_media(d, ev->at);
	es_eviction_rank(&ev->g->dialogs->eviction, d->index, true);
	es_announce_expire(ev->g, d, es_time_of_ns(INT64_MAX));
	d->is_changed = true;
}
