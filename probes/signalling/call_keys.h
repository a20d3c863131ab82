/* SPDX-License-Identifier: Apache-2.0 */
/* What a message has of its sender and of the legs it belongs to. */
#ifndef EARSHOT_SIGNALLING_CALL_KEYS_H
#define EARSHOT_SIGNALLING_CALL_KEYS_H

#include "probes/signalling/sip_event.h"

void es_call_keys(struct es_sip_event *ev);

#endif
