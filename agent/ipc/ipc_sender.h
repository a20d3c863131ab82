/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sensor's half of IPC (drawn in proto/ipc.h): holds records until the shipper has them in
 * its spool, and sends again what a killed shipper had not stored. Pure: datagrams go out by a
 * callback, answers come in by es_ipc_sender_input.
 *
 * Numbers have no holes: when the ring is full the new record is dropped, counted, and told of in a
 * loss record as soon as there is room.
 */
#ifndef AGENT_HOP_IPC_SENDER_H
#define AGENT_HOP_IPC_SENDER_H

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

/* ES_ENOMEM, ES_EINVALID. */
int es_ipc_sender_new(const struct es_ipc_sender_config *cfg, struct es_ipc_sender **out);

/* An encoded record; what it holds is copied. at: for the loss record if it must be dropped. */
void es_ipc_sender_record(struct es_ipc_sender *s, es_slice bytes, bool urgent, es_time at);

/* How many calls are up; sent when it changes, at once and before records. */
void es_ipc_sender_calls(struct es_ipc_sender *s, uint32_t n_up);

/* No record follows. */
void es_ipc_sender_bye(struct es_ipc_sender *s);

/* A datagram from the shipper. ES_EMALFORMED: ignored. */
int es_ipc_sender_input(struct es_ipc_sender *s, es_slice datagram);

/* Sends what can be sent. Returns ES_EAGAIN when more waits for the link, ES_EEOF, or 0. */
int es_ipc_sender_pump(struct es_ipc_sender *s);

/* A new link to the shipper: it will say HELLO; until then only new records are sent. */
void es_ipc_sender_linked(struct es_ipc_sender *s);

/* Everything is acked, the goodbye included. */
bool es_ipc_sender_is_done(const struct es_ipc_sender *s);
bool es_ipc_sender_is_half_full(const struct es_ipc_sender *s);
uint64_t es_ipc_sender_dropped(const struct es_ipc_sender *s); /* since the start */

void es_ipc_sender_free(struct es_ipc_sender *s); /* NULL is fine */

#endif
