/* SPDX-License-Identifier: Apache-2.0 */
/* The state machine of a call, as an observer sees it. */
#include "probes/track/signalling.h"

static uint64_t
us_between(es_time from, es_time to)
{
	int64_t ns = es_time_diff(to, from);

	return ns > 0 ? (uint64_t)(ns / ES_NS_PER_US) : 0;
}

static uint8_t
keep(char *to, size_t max, es_slice text)
{
	size_t n = text.n < max ? text.n : max;

	if (n > 0)
		memcpy(to, text.p, n);
	return (uint8_t)n;
}

static void
keep_party(struct es_text_95 *to, const struct es_sip_party *p)
{
	size_t n = keep(to->text, sizeof(to->text), p->user);

	if (n > 0 && n < sizeof(to->text) && p->host.n > 0)
		to->text[n++] = '@';
	n += keep(to->text + n, sizeof(to->text) - n, p->host);
	to->n = (uint8_t)n;
}

static void
over(struct es_signalling *g, struct es_dialog *d, enum es_state state, es_time at)
{
	d->step = ES_DIALOG_OVER;
	d->ended_at = at;
	es_dialog_state(g->dialogs, d, state);
	es_shares_rank(&g->dialogs->shares, d->index, false);
	es_offer_expire(g, d, es_time_add(at, ES_CALL_LINGER_S * ES_NS_PER_S));
	es_streams_call_ended(g->streams, d->index, at);
}

/* Gives a dialog's place to another one. */
static void
drop(struct es_signalling *g, struct es_dialog *d)
{
	es_streams_call_gone(g->streams, d->index);
	es_offer_drop(g, d);
	es_dialogs_drop(g->dialogs, d->index);
}

static void
evict(struct es_signalling *g)
{
	uint32_t victim = es_dialogs_victim(g->dialogs);
	struct es_dialog *d;

	if (victim == ES_SHARES_NONE)
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

/* A dialog begins with an INVITE, or late, with the first that is seen of it. */
static struct es_dialog *
begin(struct es_signalling *g, const struct es_sip *m, const struct es_addr *src,
    const struct es_addr *dst, es_time at)
{
	struct es_dialog *d;
	uint32_t i;

	if (g->dialogs->pool.n_used == g->dialogs->pool.cap)
		evict(g);
	i = es_dialogs_take(g->dialogs, m->call_id, m->is_response ? dst : src, at);
	if (i == ES_POOL_NONE)
		return NULL;
	d = es_dialog_at(g->dialogs, i);
	d->is_begun_late = m->is_response || m->to.tag.n > 0;
	d->is_changed = true;
	d->invite_src = m->is_response ? *dst : *src;
	d->invite_dst = m->is_response ? *src : *dst;
	d->side[ES_CALLER].invite_cseq = m->cseq;
	d->tag_bytes = keep(d->tag, sizeof(d->tag), m->from.tag);
	keep_party(&d->from, &m->from);
	keep_party(&d->to, &m->to);
	d->session_bytes = keep(d->session, sizeof(d->session), m->session_id);
	d->x_call_bytes = keep(d->x_call, sizeof(d->x_call), m->x_call_id);
	if (!m->is_response && m->has_max_forwards) {
		d->max_forwards = m->max_forwards;
		d->has |= ES_CALL_HAS_MAX_FORWARDS;
	}
	if (!m->is_response && m->to.tag.n > 0) {
		d->step = ES_DIALOG_UP;
		es_shares_rank(&g->dialogs->shares, i, true);
	}
	return d;
}

/* Who sent the request that this message is, or answers. */
static unsigned
requester(const struct es_dialog *d, const struct es_sip *m)
{
	es_slice tag = m->from.tag;

	if (tag.n > sizeof(d->tag))
		tag.n = sizeof(d->tag);
	return es_slice_eq(tag, es_slice_of(d->tag, d->tag_bytes)) ? ES_CALLER : ES_CALLEE;
}

static void
on_invite(struct es_signalling *g, struct es_dialog *d, unsigned side, const struct es_sip *m)
{
	bool is_new = m->cseq > d->side[side].invite_cseq;

	if (is_new) {
		d->side[side].invite_cseq = m->cseq;
		/* With credentials, or to the next target: the same attempt goes on. */
		if (d->step == ES_DIALOG_CHALLENGED ||
		    (d->step == ES_DIALOG_OVER && d->state == ES_STATE_FAILED)) {
			d->step = ES_DIALOG_CALLING;
			d->final_status = 0;
			d->has &= ~(uint32_t)ES_CALL_HAS_STATUS;
			es_dialog_state(g->dialogs, d, ES_STATE_IN_PROGRESS);
		}
	}
	d->has_offer = m->sdp.n > 0;
}

static void
on_answered(struct es_signalling *g, struct es_dialog *d, const struct es_sip *m, es_time at)
{
	d->step = ES_DIALOG_UP;
	d->answered_at = at;
	d->ended_by = ES_PARTY_UNKNOWN;
	es_dialog_state(g->dialogs, d, ES_STATE_IN_PROGRESS);
	es_shares_rank(&g->dialogs->shares, d->index, true);
	es_offer_expire(g, d, es_time_of_ns(INT64_MAX));
	d->final_status = m->status;
	d->has |= ES_CALL_HAS_STATUS;
	d->is_changed = true;
	if (d->is_begun_late)
		return;
	d->setup_us = us_between(d->start, at);
	d->has |= ES_CALL_HAS_SETUP;
	if (!d->has_ringing)
		return;
	d->ring_us = us_between(d->ringing_at, at);
	d->has |= ES_CALL_HAS_RING;
}

static void
on_failed(struct es_signalling *g, struct es_dialog *d, const struct es_sip *m, es_time at)
{
	d->final_status = m->status;
	d->has |= ES_CALL_HAS_STATUS;
	d->is_changed = true;
	if (m->status == 401 || m->status == 407) {
		d->step = ES_DIALOG_CHALLENGED;
		return;
	}
	if (m->status == 487) {
		d->ended_by = ES_PARTY_CALLER;
		over(g, d, ES_STATE_CANCELLED, at);
		return;
	}
	over(g, d, ES_STATE_FAILED, at);
}

/* A response to the INVITE that opens the dialog. */
static void
on_first_response(struct es_signalling *g, struct es_dialog *d, const struct es_sip *m, es_time at)
{
	bool is_challenge = m->status == 401 || m->status == 407;

	if (m->status == 100)
		return;
	if (!is_challenge && !d->is_begun_late && (d->has & ES_CALL_HAS_REQUEST_DELAY) == 0) {
		d->request_delay_us = us_between(d->start, at);
		d->has |= ES_CALL_HAS_REQUEST_DELAY;
		d->is_changed = true;
	}
	if (m->status == 180 && !d->has_ringing) {
		d->has_ringing = true;
		d->ringing_at = at;
	}
	if (m->status >= 300)
		on_failed(g, d, m, at);
	else if (m->status >= 200)
		on_answered(g, d, m, at);
}

static void
on_bye(struct es_signalling *g, struct es_dialog *d, unsigned side, es_time at)
{
	bool was_up = d->step == ES_DIALOG_UP;

	if (d->step == ES_DIALOG_OVER)
		return;
	d->ended_by = side == ES_CALLER ? ES_PARTY_CALLER : ES_PARTY_CALLEE;
	if (was_up && !d->is_begun_late) {
		d->duration_us = us_between(d->answered_at, at);
		d->has |= ES_CALL_HAS_DURATION;
	}
	over(g, d, was_up ? ES_STATE_COMPLETED : ES_STATE_CANCELLED, at);
}

static void
on_refer(struct es_dialog *d, unsigned side, const struct es_sip *m)
{
	struct es_dialog_side *s = &d->side[side];

	if (s->has_refer && m->cseq <= s->refer_cseq)
		return;
	s->has_refer = true;
	s->refer_cseq = m->cseq;
	d->transfers++;
	d->is_changed = true;
}

static void
on_request(
    struct es_signalling *g, struct es_dialog *d, unsigned side, const struct es_sip *m, es_time at)
{
	switch (m->method) {
	case ES_SIP_INVITE:
		on_invite(g, d, side, m);
		break;
	case ES_SIP_CANCEL:
		d->is_cancelled = true;
		break;
	case ES_SIP_BYE:
		on_bye(g, d, side, at);
		break;
	case ES_SIP_REFER:
		on_refer(d, side, m);
		break;
	default:
		break;
	}
}

static void
on_response(
    struct es_signalling *g, struct es_dialog *d, unsigned side, const struct es_sip *m, es_time at)
{
	bool is_waiting = d->step == ES_DIALOG_CALLING ||
			  (d->step == ES_DIALOG_OVER && d->state == ES_STATE_CANCELLED &&
			      m->status < 300 && m->status >= 200);

	if (m->method == ES_SIP_INVITE && is_waiting && side == ES_CALLER &&
	    m->cseq == d->side[ES_CALLER].invite_cseq)
		on_first_response(g, d, m, at);
}

/* SDP of a message that can carry an offer or an answer (RFC 6337 section 2.2). */
static void
on_sdp(struct es_signalling *g, struct es_dialog *d, unsigned side, const struct es_sip *m,
    const struct es_addr *src)
{
	unsigned sender = m->is_response ? 1 - side : side;
	bool is_answer;

	switch (m->method) {
	case ES_SIP_INVITE:
		is_answer = m->is_response && d->has_offer;
		break;
	case ES_SIP_ACK:
		is_answer = true;
		break;
	case ES_SIP_PRACK:
	case ES_SIP_UPDATE:
		is_answer = m->is_response;
		break;
	default:
		return;
	}
	es_offer_apply(g, d, sender, m->sdp, is_answer, src);
}

static bool
is_of_a_call(const struct es_sip *m)
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

static bool
begins_a_call(const struct es_sip *m)
{
	return m->method == ES_SIP_INVITE &&
	       (!m->is_response || (m->status > 100 && m->status < 300));
}

void
es_signalling_message(struct es_signalling *g, const struct es_sip *m, const struct es_addr *src,
    const struct es_addr *dst, enum es_transport transport, es_time at)
{
	struct es_dialog *d = NULL;
	uint32_t i;
	unsigned side;

	es_context_count(
	    g->c, transport == ES_TRANSPORT_HEP ? ES_CNT_HEP_MESSAGES : ES_CNT_SIP_MESSAGES);
	if (!is_of_a_call(m)) {
		es_context_count(g->c, ES_CNT_SIP_OTHER_METHODS);
		return;
	}
	if (m->call_id.n > ES_CALL_ID_MAX_BYTES) {
		es_context_count(g->c, ES_CNT_SIP_OVER_LIMIT);
		return;
	}
	i = es_dialogs_find(g->dialogs, m->call_id);
	if (i != ES_POOL_NONE)
		d = es_dialog_at(g->dialogs, i);
	else if (begins_a_call(m))
		d = begin(g, m, src, dst, at);
	if (d == NULL)
		return;
	d->seen_at = es_time_max(d->seen_at, at);
	side = requester(d, m);
	if (m->is_response)
		on_response(g, d, side, m, at);
	else
		on_request(g, d, side, m, at);
	if (m->sdp.n > 0)
		on_sdp(g, d, side, m, src);
	es_dialog_rearm(g->dialogs, d);
	if (d->is_changed)
		es_dialog_emit(g->dialogs, d, at);
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
	switch (d->step) {
	case ES_DIALOG_CALLING:
		over(g, d, d->is_cancelled ? ES_STATE_CANCELLED : ES_STATE_UNKNOWN, due);
		break;
	case ES_DIALOG_CHALLENGED:
		over(g, d, ES_STATE_FAILED, due);
		break;
	case ES_DIALOG_UP:
		if (d->streams == ES_POOL_NONE)
			over(g, d, ES_STATE_UNKNOWN, due);
		break;
	case ES_DIALOG_OVER:
		if (d->streams == ES_POOL_NONE) {
			drop(g, d);
			return;
		}
		break;
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
	if (d->step != ES_DIALOG_OVER || d->is_changed)
		es_dialog_emit(g->dialogs, d, at);
}

void
es_signalling_forget(struct es_signalling *g, uint32_t index)
{
	drop(g, es_dialog_at(g->dialogs, index));
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
}
