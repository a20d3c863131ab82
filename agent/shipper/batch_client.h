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
	void (*clocks)(void *ctx, struct es_clocks *out);
	int (*send)(void *ctx,
	    es_slice frame); /* 0, or ES_EFULL: es_batch_client_pump when there is room */
	/* The connection must end; es_batch_client_down follows. why: one line, a constant or borrowed. */
	void (*close)(void *ctx, const char *why);
	/* A record that the collector cannot take was passed over. */
	void (*refused)(void *ctx, uint64_t seq);
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
	int64_t last_ack_ms; /* monotonic; 0: none yet */
	uint64_t refused;    /* as the collector counts since its Welcome */
	char last_nack[ES_REASON_MAX];
};

struct es_batch_client;

int es_batch_client_new(
    const struct es_batch_client_config *cfg, struct es_batch_client **out); /* ES_ENOMEM */
void es_batch_client_free(struct es_batch_client *u);                        /* NULL is fine */

/* A connection stands: says Hello. */
void es_batch_client_up(struct es_batch_client *u, int64_t now_ms);
void es_batch_client_input(struct es_batch_client *u, es_slice bytes, int64_t now_ms);
/* The connection is gone, or could not be made. Returns the instant of the next attempt. */
int64_t es_batch_client_down(struct es_batch_client *u, int64_t now_ms, uint64_t random);

/* There may be more to send. */
void es_batch_client_pump(struct es_batch_client *u, int64_t now_ms);

/* Deadlines: call at es_batch_client_next_ms (INT64_MAX: none). */
void es_batch_client_tick(struct es_batch_client *u, int64_t now_ms);
int64_t es_batch_client_next_ms(const struct es_batch_client *u);

/* A clean stop: says Bye. */
void es_batch_client_bye(struct es_batch_client *u);

/* Nothing synced is left to be acknowledged. */
bool es_batch_client_is_drained(const struct es_batch_client *u);

struct es_batch_client_stats es_batch_client_stats(const struct es_batch_client *u);

#endif
