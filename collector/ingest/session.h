/* SPDX-License-Identifier: Apache-2.0 */
/* The data connections of agents: certificate, Hello, batches, acknowledgements. */
#ifndef COLLECTOR_INGEST_SESSION_H
#define COLLECTOR_INGEST_SESSION_H

#include "collector/ingest/ingest.h"

/*
 * Serves one agent, handshake included; owns fd and closes it, also on failure. Its agent is known by the key of its
 * certificate (es_store_agent_by_spki). peer: copied, for the log.
 */
void es_session_start(struct es_ingest *in, int fd, const struct es_addr *peer);
/*
 * Answers every session that has records in the group: err 0 after the commit, with an Ack; else after the roll-back,
 * with a Nack, and the agents send the records again.
 */
void es_sessions_committed(struct es_ingest *in, int err);
/*
 * Closes sessions whose deadline is over, that are idle, or whose agent was disabled meanwhile. now_ms: monotonic
 * clock; call every second or so.
 */
void es_sessions_sweep(struct es_ingest *in, int64_t now_ms);
/* Closes all sessions; what is in the open group is not acknowledged. */
void es_sessions_free(struct es_ingest *in);

#endif
