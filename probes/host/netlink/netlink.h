/* SPDX-License-Identifier: Apache-2.0 */
/* A request to a family of generic netlink: its headers and one attribute. */
#ifndef EARSHOT_HOST_NETLINK_NETLINK_H
#define EARSHOT_HOST_NETLINK_NETLINK_H

#include "earshot/error.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

enum { ES_HOST_VALUE_MAX = GENL_NAMSIZ };

/* As it is sent: header.nlmsg_len bytes of it. */
struct es_host_request {
	struct nlmsghdr header;
	struct genlmsghdr command;
	struct nlattr attribute;
	unsigned char value[ES_HOST_VALUE_MAX];
};

/* What is requested of whom. */
struct es_host_question {
	uint16_t family; /* its number */
	uint16_t flags;  /* on top of NLM_F_REQUEST */
	uint8_t command;
	uint16_t attribute; /* type */
	size_t n;           /* bytes of the value */
	const void *value;
};

/* ES_EFULL: the value is longer than ES_HOST_VALUE_MAX. */
int es_host_request_init(struct es_host_request *request, const struct es_host_question *question);

#endif
