/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live interface as a packet source without libpcap: the ring that the kernel fills (packet(7), TPACKET_V3). The
 * process that has the right opens it and gives its descriptor away; the one that reads it needs no right at all.
 */
#ifndef AGENT_CAPTURE_RING_H
#define AGENT_CAPTURE_RING_H

#include "agent/capture/capture.h"

enum { ES_RING_NAME_MAX = 16 }; /* IFNAMSIZ */

/* 0 means the default. */
struct es_ring_config {
	const char *iface;     /* "any" sees all of them */
	uint32_t buffer_bytes; /* default 8 MiB */
	uint32_t timeout_ms;   /* the kernel may hold packets so long; default 200 */
	bool promiscuous;
	bool
	    wants_payload; /* else the kernel cuts what looks like RTP behind its header (kernel_filter.h) */
};

/* What the reader of a ring has to know of it. */
struct es_ring_layout {
	uint32_t block_bytes;
	uint32_t n_blocks;
	uint32_t index;    /* of the interface; 0: all of them */
	uint32_t loopback; /* index of the loopback interface, which sends each packet to itself */
	uint32_t tunnels;  /* that the filter looks into, one inside the other */
	uint16_t link;     /* ES_LINK_SLL2: each packet gets such a header */
	char name[ES_RING_NAME_MAX];
};

/*
 * Opens the interface and starts to capture. Needs CAP_NET_RAW. What the filter cuts or refuses is never queued, and
 * the filter cannot be taken away again. 0, *fd (close-on-exec, non-blocking) and *layout; ES_EDENIED; ES_ENOTFOUND: there
 * is no such interface, or it is not up; ES_EIO. error has the reason.
 */
int es_ring_open(const struct es_ring_config *cfg, int *fd, struct es_ring_layout *layout,
    char error[ES_CAPTURE_ERROR_MAX]);

/*
 * The source behind such a descriptor, which is taken on success. es_capture_next returns ES_EIO where the interface went
 * down or away; what had come before can still be read. ES_EINVALID (layout), ES_ENOMEM, ES_EIO with the reason in error.
 */
int es_capture_ring_new(int fd, const struct es_ring_layout *layout, struct es_capture **out,
    char error[ES_CAPTURE_ERROR_MAX]);

#endif
