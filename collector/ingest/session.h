/* SPDX-License-Identifier: Apache-2.0 */
/* The data connections of agents: certificate, Hello, batches, acknowledgements. */
#ifndef COLLECTOR_INGEST_SESSION_H
#define COLLECTOR_INGEST_SESSION_H

#include "collector/ingest/ingest.h"

/* Takes fd. */
void es_session_start(struct es_ingest *in, int fd, const struct es_addr *peer);
/* After a commit, or after the group was rolled back. */
void es_sessions_committed(struct es_ingest *in, int err);
/* Deadlines, idle agents, agents that were disabled meanwhile. Call every second or so. */
void es_sessions_sweep(struct es_ingest *in, int64_t now_ms);
void es_sessions_free(struct es_ingest *in);

#endif
