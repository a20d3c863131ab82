/* SPDX-License-Identifier: Apache-2.0 */
/* The INVITE that opens a dialog, or a later one; its responses; the ACK. */
#ifndef EARSHOT_SIGNALLING_INVITE_H
#define EARSHOT_SIGNALLING_INVITE_H

#include "probes/signalling/sip_event.h"

void es_invite_begins(struct es_sip_event *ev);

/* The first INVITE itself, of a call that only HEP reported so far: its course begins again. */
void es_invite_seen(struct es_sip_event *ev);

void es_invite_request(struct es_sip_event *ev);
void es_invite_response(struct es_sip_event *ev);
void es_invite_ack(struct es_sip_event *ev);

#endif
