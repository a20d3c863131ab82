/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the collector: dials, speaks TLS, carries the batch client's frames, comes back. */
#ifndef AGENT_SHIPPER_LINE_H
#define AGENT_SHIPPER_LINE_H

#include "agent/config.h"
#include "agent/shipper/batch_client.h"
#include "runtime/crypto/tls.h"

struct es_line;

struct es_line_status {
	const char *state; /* "waiting", "connecting", "greeting", "connected", "no collector" */
	int64_t retry_ms;  /* monotonic instant of the next attempt; 0: none */
	char reason[ES_TLS_REASON_MAX]; /* why the last connection ended; empty: none did */
};

/*
 * Begins to connect at once. cfg and spool are kept. Where no collector is configured it does nothing,
 * for ever. Missing or unreadable TLS files are logged and tried again like a refused connection.
 */
int es_line_new(struct es_loop *loop, const struct es_agent_config *cfg, struct es_spool *spool,
    struct es_line **out);

/* There may be more to send. */
void es_line_pump(struct es_line *l);

/* Says goodbye; what is queued still goes out. */
void es_line_finish(struct es_line *l);

const struct es_batch_client *es_line_uplink(const struct es_line *l);
struct es_line_status es_line_status(const struct es_line *l);

void es_line_free(struct es_line *l); /* NULL is fine */

#endif
