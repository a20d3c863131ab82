/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's health for the shipper: sampled every few seconds while a call is up, else each
 * minute; or a synthetic timeline, handed on once, for demonstrations.
 */
#ifndef AGENT_SHIPPER_VITALS_H
#define AGENT_SHIPPER_VITALS_H

#include "agent/config.h"
#include "runtime/loop/loop.h"

struct es_vitals;

/* record: a host or change record, borrowed. A source that cannot be opened is logged and left out. */
int es_vitals_new(struct es_loop *loop, const struct es_agent_config *cfg,
    void (*record)(void *ctx, const struct es_record *rec), void *ctx, struct es_vitals **out);
void es_vitals_free(struct es_vitals *v); /* NULL is fine */

void es_vitals_calls(struct es_vitals *v, uint32_t n_up);

#endif
