/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipper's half of IPC (drawn in proto/ipc.h): takes each record once and in order, says
 * HELLO where numbers are missing. What it reads is hostile until decoded. Pure.
 */
#ifndef AGENT_HOP_IPC_RECEIVER_H
#define AGENT_HOP_IPC_RECEIVER_H

#include "agent/spool/spool_format.h"

enum { ES_IPC_HELLO_EVERY_MS = 1000, ES_IPC_GIVE_UP_HELLOS = 3 };

struct es_ipc_receiver_config {
	/*
	 * Stores one record. Not 0: not stored, and not acked: it comes again after the next HELLO.
	 */
	int (*record)(void *ctx, struct es_ipc_pair pair, es_slice bytes, bool urgent);
	void (*calls)(void *ctx, uint32_t n_up);
	/* Another start of the sensor speaks than before: what was open under the old one has a gap. */
	void (*new_run)(void *ctx, uint64_t run);
	/* n records will never come: the sensor no longer holds them. */
	void (*missing)(void *ctx, uint64_t n);
	void (*bye)(void *ctx);
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

/* last: the pair of the spool. */
void es_ipc_receiver_init(
    struct es_ipc_receiver *r, const struct es_ipc_receiver_config *cfg, struct es_ipc_pair last);

/* On start, on every new link. */
void es_ipc_receiver_hello(struct es_ipc_receiver *r, int64_t now_ms);

void es_ipc_receiver_input(struct es_ipc_receiver *r, es_slice datagram);

/* After a round of input: one ACK for all of it, and a HELLO where one is due. */
void es_ipc_receiver_settle(struct es_ipc_receiver *r, int64_t now_ms);

/* Something is to be asked again: es_ipc_receiver_settle is due once a second. */
bool es_ipc_receiver_wants_time(const struct es_ipc_receiver *r);

#endif
