/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies of packets that wait, in a ring of bounded memory. They are put in one order and taken out in
 * any; the place of one is free again when those put before it are out too.
 */
#ifndef AGENT_CAPTURE_PACKET_STORE_H
#define AGENT_CAPTURE_PACKET_STORE_H

#include "agent/capture/capture.h"

/* A packet that waits, its bytes right behind it. */
struct es_stored_packet {
	uint32_t n_bytes; /* of the ring that it takes, this head included */
	bool is_out;
	bool has_drops; /* the capture reported them with this packet */
	/* For capture_order.c: the time it is sorted by, its number, the one to come behind it. */
	es_time sort;
	uint64_t number;
	uint32_t behind;
	struct es_packet packet;
	struct es_capture_drops drops;
};

struct es_packet_store {
	uint8_t *bytes;
	uint32_t cap;
	uint32_t begin;  /* the oldest */
	uint32_t end;    /* behind the newest */
	uint32_t turned; /* end of the bytes behind `end`; 0: there are none */
};

/* cap: bytes of memory, touched as they are used. ES_ENOMEM. */
int es_packet_store_new(struct es_packet_store *s, uint32_t cap);
void es_packet_store_free(struct es_packet_store *s);

/* Copies a packet. *at names it until es_packet_store_out. False: no room now. */
bool es_packet_store_put(struct es_packet_store *s, const struct es_packet *packet, uint32_t *at);

/* The packet that `at` names, borrowed until it is out. */
static inline struct es_stored_packet *
es_packet_store_at(const struct es_packet_store *s, uint32_t at)
{
	return (struct es_stored_packet *)(void *)(s->bytes + at);
}

/* Gives the packet's place back; the order of these calls is free. */
void es_packet_store_out(struct es_packet_store *s, uint32_t at);

#endif
