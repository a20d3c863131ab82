/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation with the collector (drawn in proto/earshot.proto), without the connection itself:
 * bytes come in by es_uplink_input, frames go out by a callback, time is an argument.
 *
 *     DOWN --up--> GREETING --Welcome--> READY: batches within credit, Acks move the spool's cursor
 *       ^             |                    |
 *       +-------------+------- down -------+     back-off with full jitter, reset by an Ack only
 */
#ifndef AGENT_SHIPPER_UPLINK_H
#define AGENT_SHIPPER_UPLINK_H

#include "agent/spool/spool.h"
#include "proto/batch.h"
#include "runtime/backoff.h"

enum {
	ES_UPLINK_WELCOME_MS = 10000,
	ES_UPLINK_ACK_MS = 30000,
	ES_UPLINK_CREDIT_MAX = 64,
};

struct es_uplink_config {
	struct es_spool *spool; /* kept */
	enum es_role role;
	void (*clocks)(void *ctx, struct es_clocks *out);
	int (*send)(
	    void *ctx, es_slice frame); /* 0, or ES_EFULL: es_uplink_pump when there is room */
	/* The connection must end; es_uplink_down follows. why: one line, a constant or borrowed. */
	void (*close)(void *ctx, const char *why);
	/* A record that the collector cannot take was passed over. */
	void (*refused)(void *ctx, uint64_t seq);
	void *ctx;
};

enum es_uplink_state { ES_UPLINK_DOWN = 0, ES_UPLINK_GREETING = 1, ES_UPLINK_READY = 2 };

struct es_uplink_stats {
	enum es_uplink_state state;
	uint64_t batches; /* sent since the start */
	uint32_t in_flight;
	int64_t last_ack_ms; /* monotonic; 0: none yet */
	uint64_t refused;    /* as the collector counts since its Welcome */
	char last_nack[ES_REASON_MAX];
};

struct es_uplink;

int es_uplink_new(const struct es_uplink_config *cfg, struct es_uplink **out); /* ES_ENOMEM */
void es_uplink_free(struct es_uplink *u);                                      /* NULL is fine */

/* A connection stands: says Hello. */
void es_uplink_up(struct es_uplink *u, int64_t now_ms);
void es_uplink_input(struct es_uplink *u, es_slice bytes, int64_t now_ms);
/* The connection is gone, or could not be made. Returns the instant of the next attempt. */
int64_t es_uplink_down(struct es_uplink *u, int64_t now_ms, uint64_t random);

/* There may be more to send. */
void es_uplink_pump(struct es_uplink *u, int64_t now_ms);

/* Deadlines: call at es_uplink_next_ms (INT64_MAX: none). */
void es_uplink_tick(struct es_uplink *u, int64_t now_ms);
int64_t es_uplink_next_ms(const struct es_uplink *u);

/* A clean stop: says Bye. */
void es_uplink_bye(struct es_uplink *u);

/* Nothing synced is left to be acknowledged. */
bool es_uplink_is_drained(const struct es_uplink *u);

struct es_uplink_stats es_uplink_stats(const struct es_uplink *u);

#endif
