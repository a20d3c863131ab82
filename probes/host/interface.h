/* SPDX-License-Identifier: Apache-2.0 */
/* The network interfaces that are there, whether they are up, and which of them are tunnels. */
#ifndef EARSHOT_HOST_INTERFACE_H
#define EARSHOT_HOST_INTERFACE_H

#include "probes/host/reading.h"

enum { ES_HOST_INTERFACES_MAX = 32, ES_HOST_STATE_MAX = 16 };

struct es_host_interface {
	char name[ES_HOST_NAME_MAX];
	char state[ES_HOST_STATE_MAX]; /* RFC 2863: "up", "down"...; "present": not reported */
	bool is_vpn; /* a tunnel: by its name, or a link without hardware address */
};

/* In order of name. Those beyond the cap are left out. */
struct es_host_interfaces {
	unsigned n;
	struct es_host_interface at[ES_HOST_INTERFACES_MAX];
};

/*
 * From /proc/net/dev and /sys/class/net/NAME/{operstate,type}. before: the list of the sample
 * before, which knows what its interfaces are. Loopback and the ends of containers and bridges
 * (veth, docker, br-, virbr, vnet, ifb) are left out: they come and go with what people run.
 */
void es_host_interfaces_read(struct es_host_files *files, const struct es_host_interfaces *before,
    struct es_host_interfaces *out);

#endif
