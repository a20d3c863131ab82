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
#ifndef EARSHOT_PROTO_HOP_H
#define EARSHOT_PROTO_HOP_H

#include "earshot/error.h"
#include "earshot/slice.h"

enum { ES_HOP_HEADER_BYTES = 20, ES_HOP_MAX_BYTES = 64 << 10 };

enum es_hop_type {
	ES_HOP_HELLO = 1,
	ES_HOP_ACK = 2,
	ES_HOP_RECORD = 3,
	ES_HOP_CALLS = 4,
	ES_HOP_BYE = 5,
};

struct es_hop {
	enum es_hop_type type;
	bool urgent;     /* RECORD: sync at once */
	uint64_t run;    /* random per start of the sensor, never 0; HELLO of an empty spool: 0 */
	uint64_t number; /* CALLS: how many are up */
	es_slice bytes;  /* RECORD: one encoded record; else empty */
};

/* Returns the length, or ES_EFULL, ES_EINVALID. */
int es_hop_encode(const struct es_hop *msg, uint8_t *out, size_t cap_bytes);

/* msg->bytes is borrowed from datagram. ES_EMALFORMED, ES_EUNSUPPORTED (a type of a later version). */
int es_hop_decode(es_slice datagram, struct es_hop *msg);

#endif
