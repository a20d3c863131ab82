/* SPDX-License-Identifier: Apache-2.0 */
/* Distinguishes the uses of a Call-ID. */
#include "probes/signalling/call_id_uses.h"

#include "probes/base/text.h"

static bool
is_first_invite(const struct es_sip *m)
{
	return m->method == ES_SIP_INVITE && !m->is_response && m->to.tag.n == 0;
}

/* An INVITE; of a call whose INVITEs were missed, a message with SDP and the tags of both sides. */
bool
es_call_id_uses_begins(const struct es_sip *m)
{
	if (m->method == ES_SIP_INVITE)
		return !m->is_response || (m->status > 100 && m->status < 300);
	return (m->method == ES_SIP_UPDATE || m->method == ES_SIP_ACK) && m->sdp.n > 0 &&
	       m->from.tag.n > 0 && m->to.tag.n > 0 && (!m->is_response || m->status / 100 == 2);
}

bool
es_call_id_uses_is_hop_of(const struct es_sip_event *ev, const struct es_dialog *d)
{
	return es_addr_same_ip(ev->src, &d->invite_src) && es_addr_eq(ev->dst, &d->invite_dst);
}

/* The user part of a party as it is kept, USER@HOST. */
static bool
is_user(const struct es_text_95 *kept, es_slice user)
{
	es_slice text = es_slice_of(kept->text, kept->n);

	text.n = es_text_find(text, '@');
	return user.n > 0 && es_slice_eq(text, user);
}

/* By a B2BUA with another host on each side. */
static bool
is_passed_on(const struct es_sip_event *ev, const struct es_dialog *d)
{
	const struct es_sip *m = ev->m;

	return d->step == ES_DIALOG_CALLING && m->has_max_forwards &&
	       (d->has & ES_CALL_HAS_MAX_FORWARDS) != 0 && m->max_forwards < d->max_forwards &&
	       is_user(&d->from, m->from.user) && is_user(&d->to, m->to.user);
}

/* The caller comes back with credentials, or tries the next target. */
static bool
is_retry(const struct es_sip_event *ev, const struct es_dialog *d)
{
	bool is_waiting = d->step == ES_DIALOG_CHALLENGED ||
			  (d->step == ES_DIALOG_OVER && d->state == ES_STATE_FAILED);

	return is_waiting && es_addr_same_ip(ev->src, &d->invite_src) &&
	       ev->m->cseq > d->side[ES_CALLER].invite_cseq;
}

/* Whether a first INVITE with an unknown tag is of a call all the same. */
static bool
belongs(const struct es_sip_event *ev, const struct es_dialog *d)
{
	if (is_retry(ev, d))
		return true;
	if (d->step == ES_DIALOG_OVER)
		return false;
	return es_legs_adjoins(
		   &d->legs, ev->g->c, &d->invite_src, &d->invite_dst, ev->src, ev->dst) ||
	       (is_passed_on(ev, d) && !es_call_id_uses_is_hop_of(ev, d));
}

static bool
is_late(const struct es_sip_event *ev, const struct es_dialog *d)
{
	return es_time_diff(ev->at, d->ended_at) < ES_CALL_AGAIN_MS * ES_NS_PER_MS;
}

/*
 * Whether a first INVITE begins another call although no other one is up: after an answered call it does, but
 * for a late repetition; after a failed one the caller may try the next target within the same call.
 */
static bool
begins_after(const struct es_sip_event *ev, const struct es_dialog *d)
{
	const struct es_sip *m = ev->m;
	bool is_same = es_hash(&ev->g->c->key, m->from.tag) == d->legs.caller;

	if (d->state == ES_STATE_FAILED)
		return !is_same && m->cseq <= d->side[ES_CALLER].invite_cseq && !is_late(ev, d);
	if (is_same)
		return m->cseq > d->side[ES_CALLER].invite_cseq || !is_late(ev, d);
	return d->state != ES_STATE_CANCELLED || !is_late(ev, d);
}

/* The newest use that knows a tag of the message, NULL. */
static struct es_dialog *
known_by(const struct es_sip_event *ev, const uint32_t *uses, unsigned n)
{
	unsigned side;

	for (unsigned i = 0; i < n; i++) {
		struct es_dialog *d = es_dialog_at(ev->g->dialogs, uses[i]);

		if (es_legs_requester(&d->legs, ev->g->c, ev->m) != ES_STRANGER ||
		    es_legs_is_other(&d->legs, ev->g->c, ev->m, &side))
			return d;
	}
	return NULL;
}

/* Whether none of the hosts of a message signalled in a call. */
static bool
is_elsewhere(const struct es_sip_event *ev, const struct es_dialog *d)
{
	const struct es_addr *end[2] = { ev->src, ev->dst };

	for (unsigned i = 0; i < 2; i++)
		if (es_addr_same_ip(end[i], &d->invite_src) ||
		    es_addr_same_ip(end[i], &d->invite_dst))
			return false;
	return !es_legs_adjoins(
		   &d->legs, ev->g->c, &d->invite_src, &d->invite_dst, ev->src, ev->dst) &&
	       !es_legs_adjoins(
		   &d->legs, ev->g->c, &d->invite_src, &d->invite_dst, ev->dst, ev->src);
}

/* The call that a first INVITE with an unknown tag is of; NULL: it begins one. */
static struct es_dialog *
first_of(const struct es_sip_event *ev, const uint32_t *uses, unsigned n)
{
	struct es_dialog *newest = es_dialog_at(ev->g->dialogs, uses[0]);

	for (unsigned i = 0; i < n; i++) {
		struct es_dialog *d = es_dialog_at(ev->g->dialogs, uses[i]);

		if (belongs(ev, d))
			return d;
	}
	return newest->step == ES_DIALOG_OVER && !begins_after(ev, newest) &&
		       !is_elsewhere(ev, newest)
		   ? newest
		   : NULL;
}

/* From the middle of a call whose INVITE was not seen, between other hosts than all that are known. */
static bool
begins_late(const struct es_sip_event *ev, const uint32_t *uses, unsigned n)
{
	if (!es_call_id_uses_begins(ev->m) || ev->m->from.tag.n == 0 || ev->m->to.tag.n == 0)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!is_elsewhere(ev, es_dialog_at(ev->g->dialogs, uses[i])))
			return false;
	return true;
}

struct es_dialog *
es_call_id_uses_find(
    const struct es_sip_event *ev, const uint32_t *uses, unsigned n, enum es_transport transport)
{
	struct es_dialog *newest = es_dialog_at(ev->g->dialogs, uses[0]);
	struct es_dialog *d = known_by(ev, uses, n);

	/* A call that HEP reported and one that is seen are the same. */
	if ((transport == ES_TRANSPORT_HEP) != (newest->transport == ES_TRANSPORT_HEP))
		return d != NULL ? d : newest;
	if (d != NULL) {
		bool is_again = is_first_invite(ev->m) && d->step == ES_DIALOG_OVER;

		return is_again && d == newest && begins_after(ev, d) ? NULL : d;
	}
	if (is_first_invite(ev->m))
		return first_of(ev, uses, n);
	return begins_late(ev, uses, n) ? NULL : newest;
}
