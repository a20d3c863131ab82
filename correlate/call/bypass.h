/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that bypass a leg. Where one vantage point sees several legs of a call, packets may go from phone
 * to phone on one of them and over a relay on the other. What goes to the receiver that a leg further on
 * announced is on its last stretch: that it does not show up on that leg, too, is no loss.
 */
#ifndef CORRELATE_CALL_BYPASS_H
#define CORRELATE_CALL_BYPASS_H

#include "correlate/call/call.h"

/* Once directions and order are known: such a leg has of an RTP stream what the leg before it saw. */
void es_cor_bypass(struct es_cor_joined_call *c);

#endif
