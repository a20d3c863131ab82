/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls whose media flow between the same two hosts: legs of a B2BUA that renumbers the ports of both phones
 * have no address in common. Calls of one pair of hosts are in the order in which their media began, so the legs
 * of one call are near each other.
 */
#ifndef EARSHOT_CALL_PARTNERS_H
#define EARSHOT_CALL_PARTNERS_H

#include "probes/call/dialogs.h"

enum {
	ES_PARTNERS_MAX = 8,
	ES_PARTNERS_LOOK_MAX = 32, /* calls looked at before and behind one */
};

/* A stream of the call's own flows between two hosts. */
void es_partners_update(struct es_dialogs *t, struct es_dialog *d, const struct es_addr *src,
    const struct es_addr *dst);

/* The call is going. */
void es_partners_drop(struct es_dialogs *t, struct es_dialog *d);

/* Calls that may be other legs of this one (es_relation_is_onward), in no order; returns how many. */
unsigned es_partners_find(
    const struct es_dialogs *t, const struct es_dialog *d, uint32_t out[ES_PARTNERS_MAX]);

#endif
