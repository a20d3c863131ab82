/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several calls under one Call-ID, one after the other: a device that takes the same one again. What
 * joins by Call-ID compares names kept once each, so each use gets a name of its own, with the same
 * text. The order of the uses and the times between them show which use at one vantage point is which at another.
 */
#ifndef CORRELATE_INPUT_USES_H
#define CORRELATE_INPUT_USES_H

#include "correlate/input/record_store.h"
#include "probes/base/arena.h"

/*
 * Before the first step of a solve. Where the store has no room for more names, the uses of a Call-ID stay
 * one call and are counted as refused. ES_EFULL: the scratch memory is full.
 */
int es_cor_uses(struct es_cor_record_store *store, struct es_arena *mem);

#endif
