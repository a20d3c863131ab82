/* SPDX-License-Identifier: Apache-2.0 */
/* What messages have of a call's legs and parties, besides the call itself. */
#include "probes/signalling/call_keys.h"

#include "probes/base/text.h"
#include "probes/call/party.h"
#include "probes/wire/sip/sip_uri.h"

enum { PARTY_MAX_BYTES = 191, SHOWN_MAX_BYTES = 64 }; /* the second: texts for people */

static void
keep(struct es_sip_event *ev, enum es_calltext_key key, es_slice text)
{
	es_dialog_text(ev->g->dialogs, ev->d, key, text);
}

/* Whole or not at all. */
static void
keep_party(struct es_sip_event *ev, enum es_calltext_key key, const struct es_sip_party *p)
{
	char text[PARTY_MAX_BYTES];

	if (p->user.n + 1 + p->host.n <= sizeof(text))
		keep(ev, key, es_slice_of(text, es_party_text(p, text, sizeof(text))));
}

/*
 * The user that the INVITE asks for, where a proxy or an SBC has put another one in the place of the one that To names,
 * RFC 3261 section 8.1.1.1.
 */
static void
keep_dialled(struct es_sip_event *ev)
{
	struct es_sip_uri uri = es_sip_uri_split(ev->m->request_uri);
	struct es_sip_party p = { .user = uri.user, .host = uri.host };

	if (uri.user.n > 0 && !es_text_same(uri.user, ev->m->to.user))
		keep_party(ev, ES_KEY_DIALLED, &p);
}

/* Of the caller's INVITE; of a later message where the capture began in the call. */
static void
keep_leg_keys(struct es_sip_event *ev)
{
	const struct es_sip *m = ev->m;

	keep(ev, ES_KEY_SESSION, m->session_id);
	keep(ev, ES_KEY_X_CALL, m->x_call_id);
	keep(ev, ES_KEY_ICID, m->icid);
	keep(ev, ES_KEY_CUSTOM, ev->g->custom_key);
	keep(ev, ES_KEY_USER_TO_USER, m->user_to_user);
}

static void
keep_request(struct es_sip_event *ev)
{
	const struct es_sip *m = ev->m;
	struct es_dialog *d = ev->d;

	keep(ev, ES_KEY_REPLACES, m->replaces);
	keep_party(ev, ES_KEY_ASSERTED, &m->asserted);
	if (m->n_diversions > 0) {
		d->diversions = m->n_diversions;
		keep_party(ev, ES_KEY_DIVERTED, &m->diversion);
	} else if (m->n_history > 1) {
		d->diversions = m->n_history - 1;
		keep_party(ev, ES_KEY_DIVERTED, &m->history);
	}
}

void
es_call_keys(struct es_sip_event *ev)
{
	const struct es_sip *m = ev->m;
	unsigned sender = m->is_response ? 1 - ev->side : ev->side;
	bool is_caller = sender == ES_CALLER;
	es_slice peer = is_caller ? m->session_uuid_peer : m->session_uuid;

	if (m->is_response && (m->status <= 100 || m->status >= 300))
		return;
	if (is_caller || ev->d->began_unseen)
		keep_leg_keys(ev);
	if (is_caller && !m->is_response && m->to.tag.n == 0)
		keep_request(ev);
	keep(ev, ES_KEY_SESSION_PEER, peer);
	keep(ev, is_caller ? ES_KEY_CALLER_CONTACT : ES_KEY_CALLEE_CONTACT, m->contact[0].host);
	keep(ev, is_caller ? ES_KEY_CALLER_AGENT : ES_KEY_CALLEE_AGENT,
	    es_text_first(m->user_agent, SHOWN_MAX_BYTES));
	if (is_caller && m->method == ES_SIP_INVITE && !m->is_response && m->to.tag.n == 0)
		keep_dialled(ev); /* last: it joins nothing */
}
