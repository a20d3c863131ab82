/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The datagrams between sensor and shipper (SOCK_SEQPACKET): one message each. Pure.
 *
 *     sensor                               shipper
 *       | <--- HELLO last run, number ------ |   on its start, and again when a new run shows up
 *       | ---- RECORD run, number, bytes --> |   number counts up from 1 within a run
 *       | <--- ACK run, number ------------- |   all up to number are appended to the spool
 *       | ---- CALLS run, how many up -----> |   at each change: host probes change their rate
 *       | ---- BYE run, last number -------> |   no record follows (end of a replay, SIGTERM)
 *
 * The sensor resends what is above the HELLO's number when the run is its own, and everything it still
 * holds otherwise. Both sides treat what they read as hostile.
 */
#ifndef EARSHOT_PROTO_IPC_H
#define EARSHOT_PROTO_IPC_H

#include "earshot/error.h"
#include "earshot/slice.h"

/*
 * Bit of a run: nobody measures in it. The sensor reports only that its parser crashed; what was open waits for the run
 * that follows, and its gap lasts until then.
 */
#define ES_IPC_STANDS_IN (UINT64_C(1) << 63)

enum { ES_IPC_HEADER_BYTES = 20, ES_IPC_MAX_BYTES = 64 << 10 };

enum es_ipc_type {
	ES_IPC_HELLO = 1,
	ES_IPC_ACK = 2,
	ES_IPC_RECORD = 3,
	ES_IPC_CALLS = 4,
	ES_IPC_BYE = 5,
};

struct es_ipc_message {
	enum es_ipc_type type;
	bool urgent;     /* RECORD: sync at once */
	uint64_t run;    /* random per start of the sensor, never 0; HELLO of an empty spool: 0 */
	uint64_t number; /* CALLS: how many are up */
	es_slice bytes;  /* RECORD: one encoded record; else empty */
};

/* Which message: the start of the sensor, and the number there. run 0: not from the sensor. */
struct es_ipc_pair {
	uint64_t run;
	uint64_t number;
};

/* Returns the length, or ES_EFULL, ES_EINVALID. */
int es_ipc_encode(const struct es_ipc_message *msg, uint8_t *out, size_t cap_bytes);

/* msg->bytes is borrowed from datagram. ES_EMALFORMED, ES_EUNSUPPORTED (a type of a later version). */
int es_ipc_decode(es_slice datagram, struct es_ipc_message *msg);

#endif
