/* SPDX-License-Identifier: Apache-2.0 */
/* How the kernel would send to an address, by rtnetlink; nothing is sent. */
#ifndef AGENT_PATH_KERNEL_WAY_H
#define AGENT_PATH_KERNEL_WAY_H

#include "probes/path/chain.h"

/*
 * *index of the interface, 0 without a route. ES_ENOTFOUND: no route; *out then has an interface that is up, else any.
 * ES_EIO.
 */
int es_kernel_way(const struct es_addr *to, struct es_chain_route *out, unsigned *index);

/* The kernel searched for the hardware address of a neighbour, and nobody answered. */
bool es_kernel_way_is_missing(const struct es_addr *neighbour, unsigned index);

/* The path MTU that the kernel knows, 0 for none. */
uint32_t es_kernel_way_mtu(const struct es_addr *to);

#endif
