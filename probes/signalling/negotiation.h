/* SPDX-License-Identifier: Apache-2.0 */
/* Which SDP offers, which answers, and from when on it holds. */
#ifndef EARSHOT_SIGNALLING_NEGOTIATION_H
#define EARSHOT_SIGNALLING_NEGOTIATION_H

#include "probes/signalling/sip_event.h"

/* ES_ENOMEM. */
int es_negotiation_new(struct es_signalling *g, uint32_t calls);
void es_negotiation(struct es_sip_event *ev);
void es_negotiation_drop(struct es_signalling *g, struct es_dialog *d);

#endif
