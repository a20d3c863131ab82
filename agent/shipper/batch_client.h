/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's side of the batch protocol (drawn in proto/earshot.proto), without the connection itself:
 * bytes come in by es_batch_client_input, frames go out by a callback, time is an argument.
 *
 *     DOWN --up--> GREETING --Welcome--> READY: batches within credit, Acks move the spool's cursor
 *       ^             |                    |
 *       +-------------+------- down -------+     back-off with full jitter, reset by an Ack only
 */
#ifndef AGENT_SHIPPER_BATCH_CLIENT_H
#define AGENT_SHIPPER_BATCH_CLIENT_H

#include "agent/shipper/allowance.h"
#include "agent/spool/spool.h"
#include "proto/batch.h"
#include "runtime/backoff.h"

enum {
	ES_BATCH_CLIENT_WELCOME_MS = 10000,
	ES_BATCH_CLIENT_ACK_MS = 30000,
	ES_BATCH_CLIENT_CREDIT_MAX = 64,
};

struct es_batch_client_config {
	struct es_spool *spool; /* kept */
	enum es_role role;
	/* Reads the clocks that go into Hello. */
	void (*clocks)(void *ctx, struct es_clocks *out);
	/* Queues one frame, copied. 0; ES_EFULL: not taken, call es_batch_client_pump when there is room. */
	int (*send)(void *ctx, es_slice frame);
	/* The connection must end; es_batch_client_down follows. why: one line, borrowed until it returns. */
	void (*close)(void *ctx, const char *why);
	/* A record that the collector cannot take was passed over. */
	void (*refused)(void *ctx, uint64_t seq);
	/* The collector has welcomed us; what it answered to es_batch_client_renew, borrowed. Both may be NULL. */
	void (*welcomed)(void *ctx);
	void (*renewed)(void *ctx, const struct es_renew_reply *reply);
	void *ctx;
};

enum es_batch_client_state {
	ES_BATCH_CLIENT_DOWN = 0,
	ES_BATCH_CLIENT_GREETING = 1,
	ES_BATCH_CLIENT_READY = 2
};

struct es_batch_client_stats {
	enum es_batch_client_state state;
	uint64_t batches; /* sent since the start */
	uint32_t in_flight;
	bool is_held;        /* more may be sent, and the limit lets nothing begin now */
	int64_t last_ack_ms; /* monotonic; 0: none yet */
	uint64_t refused;    /* as the collector counts since its Welcome */
	char last_nack[ES_REASON_MAX];
	enum es_nack_code nack; /* of this connection, or of the last; 0: none */
};

struct es_batch_client;

/*
 * cfg is copied; its spool must outlive the client. 0 and *out, to be freed by es_batch_client_free; ES_ENOMEM.
 */
int es_batch_client_new(const struct es_batch_client_config *cfg, struct es_batch_client **out);
/* What was sent and not acknowledged stays in the spool. NULL is fine. */
void es_batch_client_free(struct es_batch_client *u);

/* A connection with TLS is open: sends Hello. now_ms here and below: monotonic clock. */
void es_batch_client_up(struct es_batch_client *u, int64_t now_ms);
/*
 * Takes bytes of the collector as they arrive, borrowed until it returns; a frame may be cut anywhere. Acks move the
 * spool's cursor. A frame that breaks the protocol ends the connection by cfg.close.
 */
void es_batch_client_input(struct es_batch_client *u, es_slice bytes, int64_t now_ms);
/*
 * The connection is gone, or could not be made. Returns the instant of the next attempt in ms of now_ms's clock:
 * exponential back-off, spread by random over its whole range.
 */
int64_t es_batch_client_down(struct es_batch_client *u, int64_t now_ms, uint64_t random);

/* Bytes of frames a second; 0: no limit, as at the start. What is over it waits in the spool. */
void es_batch_client_limit(struct es_batch_client *u, uint64_t bytes_per_s, int64_t now_ms);

/* Sends batches while the spool has synced records, credit and its limit are left and cfg.send takes them. */
void es_batch_client_pump(struct es_batch_client *u, int64_t now_ms);

/*
 * Ends a connection on which Welcome (10 s) or an Ack (30 s) is overdue. Call it at es_batch_client_next_ms;
 * INT64_MAX there: nothing is due.
 */
void es_batch_client_tick(struct es_batch_client *u, int64_t now_ms);
int64_t es_batch_client_next_ms(const struct es_batch_client *u);

/* Asks for a certificate of the key of a request. ES_EAGAIN: there is no Welcome yet; ES_EFULL. */
int es_batch_client_renew(struct es_batch_client *u, es_slice csr_der);

/* A clean stop: sends Bye if a connection is open. The caller closes the connection. */
void es_batch_client_bye(struct es_batch_client *u);

/* True: the collector has acknowledged every synced record. */
bool es_batch_client_is_drained(const struct es_batch_client *u);

/* A copy of the figures that `earshot status` and health records show. */
struct es_batch_client_stats es_batch_client_stats(const struct es_batch_client *u);

#endif
