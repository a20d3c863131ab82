/* SPDX-License-Identifier: Apache-2.0 */
/* One SIP message at one dialog: who sent it, when, and whether it is a repetition. */
#ifndef EARSHOT_SIGNALLING_SIP_EVENT_H
#define EARSHOT_SIGNALLING_SIP_EVENT_H

#include "probes/signalling/signalling.h"

struct es_sip_event {
	struct es_signalling *g;
	struct es_dialog *d;
	const struct es_sip *m;
	const struct es_addr *src;
	const struct es_addr *dst;
	es_time at;
	unsigned side;  /* who sent the request that it is, or answers */
	bool was_up;    /* before the message */
	bool is_resent; /* the same message came before */
};

static inline bool
es_is_challenge(uint16_t status)
{
	return status == 401 || status == 407;
}

#endif
