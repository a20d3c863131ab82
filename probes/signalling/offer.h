/* SPDX-License-Identifier: Apache-2.0 */
/* SDP that one side sent, and what it agrees: codecs, hold, which address. */
#ifndef EARSHOT_SIGNALLING_OFFER_H
#define EARSHOT_SIGNALLING_OFFER_H

#include "probes/signalling/signalling.h"

struct es_offer {
	es_slice text;
	unsigned side;
	struct es_request request; /* that it came with, or that this answers */
	bool is_answer;            /* it settles an offer */
	bool is_later;             /* the call was up before: it changes what was agreed */
	const struct es_addr *sender;
	const struct es_addr *receiver; /* host that the message went to */
	enum es_receiver_by buffer_by;  /* of the product that the message names */
};

void es_offer_apply(struct es_signalling *g, struct es_dialog *d, const struct es_offer *o);

#endif
