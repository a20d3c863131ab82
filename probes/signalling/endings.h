/* SPDX-License-Identifier: Apache-2.0 */
/* How calls end: BYE, CANCEL, failure, silence. */
#ifndef EARSHOT_SIGNALLING_ENDINGS_H
#define EARSHOT_SIGNALLING_ENDINGS_H

#include "probes/signalling/sip_event.h"

void es_ending_failed(struct es_sip_event *ev, uint16_t status);
void es_ending_bye(struct es_sip_event *ev);
void es_ending_bye_response(struct es_sip_event *ev);
void es_ending_cancel(struct es_sip_event *ev);

/* Nothing came for too long. false: the dialog is to be forgotten. */
bool es_ending_due(struct es_signalling *g, struct es_dialog *d, es_time due);

#endif
