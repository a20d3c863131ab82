/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ingest process: the only writer of call data. It has no way to read any of it back to a peer.
 *
 *     agent --mTLS--> session (Hello, Batch) -> row -> group commit -> Ack
 *     new agent --TLS--> enroll (token, request) -> certificate
 */
#ifndef COLLECTOR_INGEST_INGEST_H
#define COLLECTOR_INGEST_INGEST_H

#include "collector/authority.h"
#include "collector/ingest/group.h"
#include "collector/ingest/renew_pace.h"
#include "collector/store/pruner.h"
#include "collector/store/store.h"
#include "proto/envelope.h"
#include "runtime/crypto/tls.h"
#include "runtime/log.h"
#include "runtime/loop/waiting.h"

struct es_collector_reload;
struct es_session;
struct es_enroll_conn;

enum { ES_STALLED_MS = 5000, ES_RECORD_ARENA_BYTES = 4 << 20 };

/* Everything one ingest process holds. */
struct es_ingest {
	const struct es_collector_config *cfg;
	uid_t user; /* that cfg names; 0: none */
	struct es_loop *loop;
	struct es_store *store;
	struct es_group *group;
	struct es_pruner pruner;
	struct es_tls *data_tls;
	struct es_tls *enroll_tls;
	struct es_session *sessions; /* list */
	uint32_t n_sessions;
	struct es_waiting *data_waiting; /* connections whose handshake has not begun */
	struct es_waiting *enroll_waiting;
	struct es_enroll_conn *enrolling; /* list */
	uint32_t n_enrolling;
	struct es_alloc frame_alloc; /* one frame is decoded at a time, in one thread */
	struct es_alloc record_alloc;
	struct es_authority authority;
	struct es_renew_pace renew_pace;
	uint8_t tenant_key[ES_KEY_BYTES];
	struct es_log_limit full_limit;
	struct es_log_limit refuse_limit;
	struct es_log_limit poison_limit;
	int failed;        /* why nothing could be taken when last tried; 0: it could */
	int64_t failed_ms; /* when it was last tried in vain */
	bool stopping;
};

/* Storing records failed with err, a code of store.h: /readyz is 503 until a try succeeds. */
void es_ingest_failed(struct es_ingest *in, int err);
/*
 * Tries again ES_STALLED_MS after a failure, without waiting for an agent: a load balancer that follows /readyz would
 * send none. now_ms: monotonic clock; call every second or so.
 */
void es_ingest_retry(struct es_ingest *in, int64_t now_ms);
/* Why no records can be taken, a constant for /readyz; NULL while they can. */
const char *es_ingest_why(const struct es_ingest *in);

/*
 * Runs until SIGTERM or SIGINT; what was received and can be committed is. cfg is that of reload, which SIGHUP asks to read its file
 * again; NULL: there is no file. Returns an exit status.
 */
int es_ingest_run(const struct es_collector_config *cfg, struct es_collector_reload *reload);

#endif
