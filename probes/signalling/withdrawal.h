/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses that a later description of their owner withdraws: it names another one, or wants no packets. */
#ifndef EARSHOT_SIGNALLING_WITHDRAWAL_H
#define EARSHOT_SIGNALLING_WITHDRAWAL_H

#include "probes/signalling/offer.h"

/* Notes what a description, just announced, withdraws of a side's addresses, and what it names again. */
void es_withdrawal_note(struct es_signalling *g, struct es_dialog *d, const struct es_offer *o);

#endif
