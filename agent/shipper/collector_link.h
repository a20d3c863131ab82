/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the collector: dials, speaks TLS, carries the batch client's frames, comes back. */
#ifndef AGENT_SHIPPER_COLLECTOR_LINK_H
#define AGENT_SHIPPER_COLLECTOR_LINK_H

#include "agent/config.h"
#include "agent/shipper/batch_client.h"
#include "runtime/crypto/tls.h"

struct es_collector_link;

struct es_collector_link_status {
	const char *state; /* "waiting", "connecting", "greeting", "connected", "no collector" */
	int64_t retry_ms;  /* monotonic instant of the next attempt; 0: none */
	char reason[ES_TLS_REASON_MAX]; /* why the last connection ended; empty: none did */
};

/*
 * Begins to connect at once. cfg and spool are kept. Where no collector is configured it does nothing,
 * for ever. Missing or unreadable TLS files are logged and tried again like a refused connection.
 */
int es_collector_link_new(struct es_loop *loop, const struct es_agent_config *cfg,
    struct es_spool *spool, struct es_collector_link **out);

/* There may be more to send. */
void es_collector_link_pump(struct es_collector_link *l);

/* Says goodbye; what is queued still goes out. */
void es_collector_link_finish(struct es_collector_link *l);

const struct es_batch_client *es_collector_link_client(const struct es_collector_link *l);
struct es_collector_link_status es_collector_link_status(const struct es_collector_link *l);

void es_collector_link_free(struct es_collector_link *l); /* NULL is fine */

#endif
