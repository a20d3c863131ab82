/* SPDX-License-Identifier: Apache-2.0 */
/* The relation of two calls: two legs of a B2BUA, or two independent calls. */
#ifndef EARSHOT_CALL_RELATION_H
#define EARSHOT_CALL_RELATION_H

#include "probes/call/dialogs.h"

/* INVITEs between the same two hosts, to the same port: both were seen on one hop. */
bool es_relation_is_same_hop(const struct es_dialog *d, const struct es_dialog *e);

bool es_relation_is_over_before(const struct es_dialog *d, const struct es_dialog *e);

/* The answer was seen, or the call is known from its middle on. */
bool es_relation_is_answered(const struct es_dialog *d);

/* One was set up while the other was: a B2BUA calls on before its first leg is answered. */
bool es_relation_is_set_up_with(const struct es_dialog *d, const struct es_dialog *e);

/* One was answered within the set-up of the other: a B2BUA with a host on each side answers last. */
bool es_relation_is_answered_within(const struct es_dialog *d, const struct es_dialog *e);

/*
 * They may be two legs of one B2BUA: up at one time and set up together, on two hops, the INVITE of one
 * from where that of the other went to, or answered within it. Of calls known from their middle on: one
 * host signals in both.
 */
bool es_relation_is_onward(const struct es_dialog *d, const struct es_dialog *e);

#endif
