/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers: REFER (RFC 3515), and an answered INVITE that names the call it replaces (RFC 3891). */
#ifndef EARSHOT_SIGNALLING_TRANSFER_H
#define EARSHOT_SIGNALLING_TRANSFER_H

#include "probes/signalling/sip_event.h"

void es_transfer_refer(struct es_sip_event *ev);
void es_transfer_answered(struct es_sip_event *ev);

#endif
