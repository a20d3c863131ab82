/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of netlink and their attributes, linux/netlink.h, read through the cursor. */
#ifndef EARSHOT_HOST_NETLINK_ATTRIBUTE_H
#define EARSHOT_HOST_NETLINK_ATTRIBUTE_H

#include "probes/base/cursor.h"

/* Netlink speaks the byte order of its machine. */
uint16_t es_host_u16(struct es_cur *c);
uint32_t es_host_u32(struct es_cur *c);
uint64_t es_host_u64(struct es_cur *c);

struct es_host_message {
	uint16_t type;
	struct es_cur body; /* behind the header of netlink */
};

/* The next message that is no error, end or no-op; false at the end, and then c is bad if it was cut. */
bool es_host_message_next(struct es_cur *c, struct es_host_message *out);

struct es_host_attribute {
	uint16_t type; /* without its flags */
	es_slice value;
};

/* False at the end, and then c is bad if it was cut. */
bool es_host_attribute_next(struct es_cur *c, struct es_host_attribute *out);

#endif
