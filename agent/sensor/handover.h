/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The datagrams between opener and parser (SOCK_SEQPACKET), one message each; descriptors travel with them (SCM_RIGHTS).
 *
 *     opener                                parser
 *       | ---- CONFIG n, descriptor -------> |   first of all: what was configured (handed_config.h)
 *       | <--- READY ----------------------- |   its rights are gone, its loop runs
 *       | ---- HOP, descriptor ------------> |   the connection to the shipper
 *       | <--- HOP_LOST -------------------- |   it broke: another one is wanted
 *       | ---- CAPTURE n, layout, ring ----> |   the ring of configured capture n, the first or a new one
 *       | ---- AWAY n ---------------------> |   its interface is away: nothing is seen until the next CAPTURE n
 *       | <--- CAPTURE_LOST n -------------- |   the ring broke: a new one is wanted
 *       | ---- LOG_LEVEL n ----------------> |
 *       | ---- STOP -----------------------> |   ends once the shipper has what is open
 *
 * The parser reads what strangers sent, so the opener takes what it says for hostile, and never a descriptor.
 */
#ifndef AGENT_SENSOR_HANDOVER_H
#define AGENT_SENSOR_HANDOVER_H

#include "agent/capture/ring.h"

enum es_handover_type {
	ES_HANDOVER_READY = 1,
	ES_HANDOVER_HOP,
	ES_HANDOVER_HOP_LOST,
	ES_HANDOVER_CAPTURE,
	ES_HANDOVER_AWAY,
	ES_HANDOVER_CAPTURE_LOST,
	ES_HANDOVER_LOG_LEVEL,
	ES_HANDOVER_STOP,
	ES_HANDOVER_CONFIG,
};

struct es_handover {
	uint32_t type; /* enum es_handover_type */
	uint32_t
	    n; /* which capture, in the order of the configuration; a level; of HOP: 1 where the shipper says HELLO;
	       of CONFIG: crashes of the parsers before */
	struct es_ring_layout layout; /* CAPTURE */
};

/* A pair, non-blocking and close-on-exec. ES_EIO. */
int es_handover_pair(int fds[2]);

/* fd: goes with it and stays the caller's; -1: none. 0; ES_EAGAIN: no room; ES_EEOF: the other is gone; ES_EIO. */
int es_handover_send(int pair, const struct es_handover *m, int fd);

/*
 * 0 and *m; ES_EAGAIN: none there; ES_EEOF: the other is gone; ES_EMALFORMED: it was no such message and is thrown away.
 * fd: where the descriptor of the message goes, -1 where it has none; NULL: one that comes is refused.
 */
int es_handover_receive(int pair, struct es_handover *m, int *fd);

#endif
