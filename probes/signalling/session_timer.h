/* SPDX-License-Identifier: Apache-2.0 */
/* Session timers, RFC 4028: how long a call lives without a refresh. */
#ifndef EARSHOT_SIGNALLING_SESSION_TIMER_H
#define EARSHOT_SIGNALLING_SESSION_TIMER_H

#include "probes/signalling/sip_event.h"

/* A 2xx that begins the session timer, or refreshes it. */
void es_session_timer_agreed(struct es_sip_event *ev);

/* A BYE of the side that waited for the other's refresh, as late as RFC 4028 section 10 has it. */
bool es_session_timer_is_given_up(const struct es_dialog *d, enum es_party by, es_time at);

/* No refresh came up to `at`, and media went on no longer than the session. */
bool es_session_timer_ran_out(const struct es_dialog *d, es_time at);

#endif
