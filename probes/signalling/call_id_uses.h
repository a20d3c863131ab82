/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the calls under one Call-ID a message is of. A dialog is a Call-ID and two tags (RFC 3261
 * section 12): an INVITE with another From tag is of another call, unless it comes from one that is known:
 *
 *	retry     with credentials, or at the next target, by the host that was refused
 *	far side  of a B2BUA that keeps the Call-ID: sent by who got an INVITE of the call, or to who sent
 *	          it; or, where that B2BUA has another host on each side, of the same users, with fewer
 *	          Max-Forwards, and before the call was answered
 *
 * The same hop is not the far side of itself.
 */
#ifndef EARSHOT_SIGNALLING_CALL_ID_USES_H
#define EARSHOT_SIGNALLING_CALL_ID_USES_H

#include "probes/signalling/sip_event.h"

/* Whether a message may begin a call of which nothing was seen before it. */
bool es_call_id_uses_begins(const struct es_sip *m);

/* The message takes the hop that the first INVITE of the call took. */
bool es_call_id_uses_is_hop_of(const struct es_sip_event *ev, const struct es_dialog *d);

/* Its call among the uses of its Call-ID, the newest first; NULL: it begins another one. */
struct es_dialog *es_call_id_uses_find(
    const struct es_sip_event *ev, const uint32_t *uses, unsigned n, enum es_transport transport);

#endif
