/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine knows of names without asking: resolv.conf(5), hosts(5). */
#ifndef EARSHOT_PATH_RESOLV_H
#define EARSHOT_PATH_RESOLV_H

#include "earshot/addr.h"
#include "earshot/slice.h"

/* The first name servers of resolv.conf, port 53; without any the one that the C library asks: 127.0.0.1. */
unsigned es_resolv_servers(es_slice text, struct es_addr *out, unsigned max);

/* The first address of a host in /etc/hosts, port 0. False: it is not listed. */
bool es_resolv_listed(es_slice text, const char *host, struct es_addr *out);

#endif
