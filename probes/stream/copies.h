/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last 16 packets of a stream, to tell a copy that the network made from one that the capture
 * made (a mirror port, a bond, one packet seen on its way in and out): the latter has IP ID and UDP
 * checksum of its original.
 */
#ifndef EARSHOT_STREAM_COPIES_H
#define EARSHOT_STREAM_COPIES_H

#include <stdbool.h>
#include <stdint.h>

enum { ES_COPIES_LAST = 16 };

/* Eight bytes, since a stream keeps sixteen of them. */
struct es_copy_of {
	uint16_t seq;
	uint16_t ip_id;
	uint16_t udp_checksum;
	uint8_t capture_point; /* interface, direction and tunnel */
	uint8_t ts_low : 7;
	uint8_t is_doubled : 1;
};

struct es_copies {
	struct es_copy_of last[ES_COPIES_LAST];
	uint8_t next;
	uint8_t n;
};

enum es_copy {
	ES_COPY_PLAIN = 0,     /* made by the network or the sender */
	ES_COPY_OTHER_POINT,   /* the capture's: same packet by another way */
	ES_COPY_TWIN,          /* same packet by the same way: the block's share of such decides */
	ES_COPY_TWIN_AGAIN,    /* and its original had one before */
	ES_COPY_OTHER_CONTENT, /* same number, other timestamp: no copy at all */
};

/* Remembers a packet that is no copy. */
void es_copies_add(struct es_copies *c, const struct es_copy_of *packet);

/* Whether a number and the low bits of its timestamp are among the last 16. */
bool es_copies_has(const struct es_copies *c, uint16_t seq, uint32_t ts);

/* packet: one whose number was accepted before. */
enum es_copy es_copies_judge(struct es_copies *c, const struct es_copy_of *packet);

#endif
