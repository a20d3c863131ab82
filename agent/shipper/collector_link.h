/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the collector: dials, speaks TLS, carries the batch client's frames, connects again. */
#ifndef AGENT_SHIPPER_COLLECTOR_LINK_H
#define AGENT_SHIPPER_COLLECTOR_LINK_H

#include "agent/agent_config.h"
#include "agent/shipper/batch_client.h"
#include "agent/shipper/certificate.h"
#include "runtime/crypto/tls.h"

struct es_collector_link;

struct es_collector_link_status {
	const char *state; /* "waiting", "connecting", "greeting", "connected", "no collector" */
	int64_t retry_ms;  /* monotonic instant of the next attempt; 0: none */
	char reason[ES_TLS_REASON_MAX]; /* why the last connection ended; empty: none did */
};

/*
 * Begins to connect at once. cfg and spool are kept and must outlive the link. Without a configured collector it
 * never connects. Missing or unreadable TLS files are logged and tried again like a refused connection.
 * 0 and *out, to be freed by es_collector_link_free; ES_ENOMEM.
 */
int es_collector_link_new(struct es_loop *loop, const struct es_agent_config *cfg,
    struct es_spool *spool, struct es_collector_link **out);

/* Call when the spool has synced records: sends what the collector gave credit for. */
void es_collector_link_pump(struct es_collector_link *l);

/* Puts the uplink-budget of cfg in force, which has changed. */
void es_collector_link_limit(struct es_collector_link *l);

/* The collector of cfg has changed: ends what stands and connects to the one that is named now, if any. */
void es_collector_link_move(struct es_collector_link *l);

/* Sends Bye behind what is queued and lets the queue run empty; the link does not connect again. */
void es_collector_link_finish(struct es_collector_link *l);

/* The protocol's side of the link, borrowed: lives as long as the link. */
const struct es_batch_client *es_collector_link_client(const struct es_collector_link *l);
/* A copy; state points to a constant. */
struct es_collector_link_status es_collector_link_status(const struct es_collector_link *l);

/* Of the certificate that the link connects with. A copy. */
struct es_certificate_status es_collector_link_certificate(const struct es_collector_link *l);

void es_collector_link_free(struct es_collector_link *l); /* NULL is fine */

#endif
