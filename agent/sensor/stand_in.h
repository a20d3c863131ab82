/* SPDX-License-Identifier: Apache-2.0 */
/* Speaks to the shipper while no parser runs: health records with the count of crashes. */
#ifndef AGENT_SENSOR_STAND_IN_H
#define AGENT_SENSOR_STAND_IN_H

#include "runtime/loop/loop.h"

struct es_stand_in;

/* Sends a record at once and each minute over hop, which is taken, also on failure. 0 and *out; ES_ENOMEM, ES_EIO. */
int es_stand_in_new(struct es_loop *loop, int hop, uint64_t crashes, struct es_stand_in **out);
/* NULL is fine. */
void es_stand_in_free(struct es_stand_in *s);

#endif
