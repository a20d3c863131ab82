/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches the health of the machine for the shipper: sampled every few seconds while a call is up, else each
 * minute, with requests to gateway and name servers each second of a call; or a synthetic timeline, handed on once, for demonstrations.
 */
#ifndef AGENT_SHIPPER_HOST_MONITOR_H
#define AGENT_SHIPPER_HOST_MONITOR_H

#include "agent/agent_config.h"
#include "runtime/loop/loop.h"

struct es_host_monitor;

/*
 * Samples from the loop and hands each host or change record to record, borrowed until it returns. cfg is kept. A
 * source that cannot be opened is logged and left out. 0 and *out, to be freed by es_host_monitor_free; ES_ENOMEM.
 */
int es_host_monitor_new(struct es_loop *loop, const struct es_agent_config *cfg,
    void (*record)(void *ctx, const struct es_record *rec), void *ctx,
    struct es_host_monitor **out);
void es_host_monitor_free(struct es_host_monitor *v); /* NULL is fine */

/* The periods of cfg have changed. */
void es_host_monitor_periods(struct es_host_monitor *v);

/* How many calls are up: above 0 the machine is sampled every few seconds, from now on. */
void es_host_monitor_calls(struct es_host_monitor *v, uint32_t n_up);

/* The last stream that was in progress: while a call is up, the process at its end on this machine is measured. */
void es_host_monitor_stream(struct es_host_monitor *v, const struct es_stream_key *stream);

#endif
