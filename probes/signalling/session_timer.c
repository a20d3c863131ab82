/* SPDX-License-Identifier: Apache-2.0 */
#include "probes/signalling/session_timer.h"
/* Session timers, RFC 4028: how long a call lives without a refresh, and whether one was missing. */

/* The side that waits gives up so long before the end, at most a third of it: section 10. */
enum { GRACE_S = 32, GRACE_SHARE = 3 };

static es_time
end_of(const struct es_dialog *d)
{
	return es_time_add(d->session_at, d->session_expires_s * ES_NS_PER_S);
}

void
es_session_timer_agreed(struct es_sip_event *ev)
{
	const struct es_sip *m = ev->m;
	struct es_dialog *d = ev->d;
	unsigned answerer = 1 - ev->side;

	if (ev->is_resent || d->step != ES_DIALOG_UP || m->status / 100 != 2 ||
	    (m->method != ES_SIP_INVITE && m->method != ES_SIP_UPDATE))
		return;
	d->session_expires_s = m->session_expires_s;
	d->session_refresher = ES_PARTY_UNKNOWN;
	if (m->refresher != ES_REFRESHER_UNKNOWN)
		d->session_refresher =
		    (m->refresher == ES_REFRESHER_UAC ? ev->side : answerer) == ES_CALLER
			? ES_PARTY_CALLER
			: ES_PARTY_CALLEE;
	d->session_at = ev->at;
	d->is_changed = true;
}

bool
es_session_timer_is_given_up(const struct es_dialog *d, enum es_party by, es_time at)
{
	int64_t grace_s = d->session_expires_s / GRACE_SHARE;

	if (d->session_expires_s == 0 || d->session_refresher == ES_PARTY_UNKNOWN ||
	    d->session_refresher == by)
		return false;
	grace_s = grace_s < GRACE_S ? grace_s : GRACE_S;
	return es_time_diff(at, end_of(d)) >= -grace_s * ES_NS_PER_S;
}

bool
es_session_timer_ran_out(const struct es_dialog *d, es_time at)
{
	return d->session_expires_s > 0 && !es_time_before(at, end_of(d)) &&
	       es_time_diff(d->media_at, end_of(d)) <= GRACE_S * ES_NS_PER_S;
}
