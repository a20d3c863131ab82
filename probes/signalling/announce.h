/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses an offer or answer, parsed in g->sdp, lets expect media at, and in which types. */
#ifndef EARSHOT_SIGNALLING_ANNOUNCE_H
#define EARSHOT_SIGNALLING_ANNOUNCE_H

#include "probes/signalling/offer.h"
#include "probes/wire/sip/sdp_fmtp.h"

void es_announce(struct es_signalling *g, struct es_dialog *d, const struct es_offer *o);

/* Until when the addresses of a call are believed. */
void es_announce_expire(struct es_signalling *g, struct es_dialog *d, es_time when);

/* A call was answered: its addresses stay, and streams that go there look again. */
void es_announce_answered(struct es_signalling *g, struct es_dialog *d);

/* Gives up all addresses of a call. */
void es_announce_drop(struct es_signalling *g, struct es_dialog *d);

#endif
