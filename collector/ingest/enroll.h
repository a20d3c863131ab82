/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment: a one-time token and a certificate request in, a certificate out. */
#ifndef COLLECTOR_INGEST_ENROLL_H
#define COLLECTOR_INGEST_ENROLL_H

#include "collector/ingest/issue.h"
#include "proto/envelope.h"

enum { ES_ENROLL_CONNS_MAX = 64 };

/*
 * Serves one connection, handshake included; owns fd and closes it, also on failure. peer: copied, for the log.
 */
void es_enroll_start(struct es_ingest *in, int fd, const struct es_addr *peer);
/* Closes connections whose time is over. now_ms: monotonic clock; call every second or so. */
void es_enroll_sweep(struct es_ingest *in, int64_t now_ms);
/* Closes all enrolment connections. */
void es_enroll_free(struct es_ingest *in);

/*
 * The decision itself, without a connection: burns the token and binds the agent in one transaction. req is borrowed,
 * now is the wall clock; reply's slices point into *work and live as long as it. 0; ES_EDENIED or a code of store.h:
 * work->reason has a line for the peer, and neither token nor agent changed.
 */
struct es_enroll_work {
	struct es_issued issued;
	struct es_agent agent;
	char reason[ES_REASON_MAX];
};
int es_enroll_decide(struct es_ingest *in, const struct es_enroll_request *req, es_time now,
    struct es_enroll_work *work, struct es_enroll_reply *reply);

#endif
