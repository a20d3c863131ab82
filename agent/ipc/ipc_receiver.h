/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipper's half of IPC (drawn in proto/ipc.h): takes each record once and in order, and sends HELLO where
 * numbers are missing. What it reads is hostile until it is decoded. Pure: datagrams go out by a callback,
 * time is an argument in milliseconds of the monotonic clock.
 */
#ifndef AGENT_IPC_IPC_RECEIVER_H
#define AGENT_IPC_IPC_RECEIVER_H

#include "proto/ipc.h"

enum { ES_IPC_HELLO_EVERY_MS = 1000, ES_IPC_GIVE_UP_HELLOS = 3 };

struct es_ipc_receiver_config {
	/*
	 * Stores one record; bytes are borrowed until it returns. Not 0: not stored and not acked, the
	 * sensor sends it again after the next HELLO.
	 */
	int (*record)(void *ctx, struct es_ipc_pair pair, es_slice bytes, bool urgent);
	void (*calls)(void *ctx,
	    uint32_t n_up); /* calls that are up now; when it changes, and on each new link */
	/* The sensor was started again: what was open under its earlier run has a gap. run is never 0. */
	void (*new_run)(void *ctx, uint64_t run);
	/* n records will never come: the sensor no longer holds them. */
	void (*missing)(void *ctx, uint64_t n);
	/* The sensor ends cleanly and has nothing more to send. */
	void (*bye)(void *ctx);
	/*
	 * Sends one datagram, borrowed until it returns. Not 0: it was not sent; a later HELLO or ACK makes up for
	 * it.
	 */
	int (*send)(void *ctx, es_slice datagram);
	void *ctx;
};

struct es_ipc_receiver {
	struct es_ipc_receiver_config cfg;
	void *send_ctx;          /* of cfg.send, where it is not cfg.ctx */
	struct es_ipc_pair last; /* stored */
	uint64_t run;            /* of the sensor that speaks; 0: none yet */
	uint64_t lowest_refused; /* since progress was made; 0: none */
	uint32_t hellos;         /* likewise */
	int64_t next_hello_ms;
	bool ack_due;
	bool stuck; /* the spool refused; a HELLO asks again */
	bool said_bye;
	uint64_t malformed; /* datagrams */
};

/*
 * Prepares a receiver in memory of the caller; nothing has to be freed. cfg is copied. last: the pair of run and
 * number that the spool stored last (es_spool_last_ipc); what comes up to there is acked and not stored twice.
 */
void es_ipc_receiver_init(
    struct es_ipc_receiver *r, const struct es_ipc_receiver_config *cfg, struct es_ipc_pair last);

/* Sends HELLO with the last pair stored. Call at the start and on every new link. */
void es_ipc_receiver_hello(struct es_ipc_receiver *r, int64_t now_ms);

/*
 * Takes one datagram of the sensor, borrowed until it returns; callbacks run within. One that cannot be read is
 * counted in malformed and changes nothing else.
 */
void es_ipc_receiver_input(struct es_ipc_receiver *r, es_slice datagram);

/* After a round of input: one ACK for all of it, and a HELLO where one is due. */
void es_ipc_receiver_settle(struct es_ipc_receiver *r, int64_t now_ms);

/*
 * True: records are missing or were refused, so es_ipc_receiver_settle must be called once a second without input.
 */
bool es_ipc_receiver_wants_time(const struct es_ipc_receiver *r);

#endif
