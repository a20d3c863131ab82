/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sensor's half of IPC (drawn in proto/ipc.h): holds records until the shipper has them in
 * its spool, and sends again what a killed shipper had not stored. Pure: datagrams go out by a
 * callback, answers come in by es_ipc_sender_input.
 *
 * Numbers have no holes: when the ring is full the new record is dropped and counted, and a loss record reports it
 * as soon as there is room.
 */
#ifndef AGENT_IPC_IPC_SENDER_H
#define AGENT_IPC_IPC_SENDER_H

#include "earshot/record.h"

#include <stddef.h>

enum { ES_IPC_RECORDS_MAX = 65536 }; /* held at a time */

struct es_ipc_sender;

struct es_ipc_sender_config {
	uint64_t run;      /* random, never 0 */
	size_t ring_bytes; /* of records not yet acked */
	/* One datagram. 0; ES_EAGAIN: not now, es_ipc_sender_pump later; ES_EEOF: the link is gone. */
	int (*send)(void *ctx, es_slice datagram);
	void *ctx;
};

/*
 * Allocates the ring; cfg is copied. 0 and *out, to be freed by es_ipc_sender_free; ES_ENOMEM; ES_EINVALID: run is 0,
 * or ring_bytes is 0 or above 4 GiB.
 */
int es_ipc_sender_new(const struct es_ipc_sender_config *cfg, struct es_ipc_sender **out);

/*
 * Sends an encoded record and holds a copy until the shipper acks it. urgent: the shipper syncs it to disk at once.
 * at: wall clock, for the loss record if the ring is full and it must be dropped.
 */
void es_ipc_sender_record(struct es_ipc_sender *s, es_slice bytes, bool urgent, es_time at);

/* How many calls are up; sent when it changes, at once and before records. */
void es_ipc_sender_calls(struct es_ipc_sender *s, uint32_t n_up);

/*
 * No record follows: the goodbye is sent behind what is held. es_ipc_sender_is_done returns true once the shipper has it.
 */
void es_ipc_sender_bye(struct es_ipc_sender *s);

/*
 * Takes a datagram of the shipper: an ACK frees records, a HELLO sends again. 0, or ES_EMALFORMED: it was ignored.
 */
int es_ipc_sender_input(struct es_ipc_sender *s, es_slice datagram);

/* Sends what can be sent. Returns ES_EAGAIN when more waits for the link, ES_EEOF, or 0. */
int es_ipc_sender_pump(struct es_ipc_sender *s);

/* A new link to the shipper: it will send HELLO; until then only new records are sent. */
void es_ipc_sender_linked(struct es_ipc_sender *s);

/* Everything is acked, the goodbye included. */
bool es_ipc_sender_is_done(const struct es_ipc_sender *s);
/* True: more than half of the ring, or of ES_IPC_RECORDS_MAX, waits for an ACK. */
bool es_ipc_sender_is_half_full(const struct es_ipc_sender *s);
/* Records dropped since the start: no room, or empty, or longer than a datagram. */
uint64_t es_ipc_sender_dropped(const struct es_ipc_sender *s);

void es_ipc_sender_free(struct es_ipc_sender *s); /* NULL is fine */

#endif
