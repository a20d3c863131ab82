/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses an offer or answer, parsed in g->sdp, lets expect media at, and in which types. */
#ifndef EARSHOT_SIGNALLING_ANNOUNCE_H
#define EARSHOT_SIGNALLING_ANNOUNCE_H

#include "probes/signalling/call.h"
#include "probes/wire/sip/sdp_fmtp.h"

void es_announce(struct es_signalling *g, struct es_dialog *d, const struct es_offer *o);

#endif
