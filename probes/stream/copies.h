/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last 16 packets of a stream, to distinguish a copy that the network made from one that the capture made
 * (a mirror port, a bond, one packet seen inbound and outbound). A copy by the capture has IP ID and UDP
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
	ES_COPY_PLAIN = 0,   /* made by the network or the sender */
	ES_COPY_OTHER_POINT, /* made by the capture: the same packet at another capture point */
	ES_COPY_IDENTICAL, /* at the same capture point: their share of the block decides who made them */
	ES_COPY_IDENTICAL_AGAIN, /* the same, of an original that had one before */
	ES_COPY_OTHER_CONTENT,   /* the same number with another timestamp is no copy */
};

/* Remembers a packet that is no copy. */
void es_copies_add(struct es_copies *c, const struct es_copy_of *packet);

/* Whether a number and the low bits of its timestamp are among the last 16. */
bool es_copies_has(const struct es_copies *c, uint16_t seq, uint32_t ts);

/* packet: one whose number was accepted before. */
enum es_copy es_copies_judge(struct es_copies *c, const struct es_copy_of *packet);

#endif
