/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One datagram of SIP, RTCP, STUN or HEP captured more than once: by a mirror, on several interfaces, in a
 * tunnel and outside of it. Its copies have the addresses, the bytes and the IP identification of the first,
 * which no sender uses again for a new datagram. Without an identification (IPv6, or 0 as Linux has it with DF)
 * the time decides: nothing is sent again within half of T1 (RFC 3261 17.1.1.2, RFC 8489 6.2.1). The last few
 * thousand datagrams are remembered, oldest out first.
 */
#ifndef EARSHOT_REASSEMBLY_REPEATS_H
#define EARSHOT_REASSEMBLY_REPEATS_H

#include "probes/base/context.h"
#include "probes/base/table.h"

enum {
	ES_REPEAT_MS = 250,            /* half of T1 */
	ES_REPEAT_ELSEWHERE_MS = 2000, /* with an IP ID, by another interface, VLAN or tunnel */
};

struct es_repeat {
	uint64_t hash;
	es_time at;
	uint8_t capture_point;
};

struct es_repeats {
	struct es_repeat *last; /* a ring */
	struct es_table table;  /* of places in it */
	uint32_t cap;
	uint32_t n;
	uint32_t next;
};

/* The values by which datagrams are distinguished. */
struct es_repeat_of {
	const struct es_addr *src; /* with ports */
	const struct es_addr *dst;
	es_slice payload;
	uint32_t payload_wire_bytes;
	uint32_t ip_id; /* 0: none */
	uint16_t udp_checksum;
	uint8_t capture_point; /* interface, direction, tags and tunnels around it */
	es_time at;
};

/* cap: datagrams remembered. ES_ENOMEM, ES_EINVALID. */
int es_repeats_new(struct es_repeats *t, uint32_t cap);

/* A zeroed one is fine. */
void es_repeats_free(struct es_repeats *t);

/* Whether the datagram is a copy of one that came before; else it is remembered. */
bool es_repeats_is_copy(struct es_repeats *t, struct es_context *c, const struct es_repeat_of *d);

#endif
