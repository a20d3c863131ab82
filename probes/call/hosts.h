/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Announced ports by the hosts that signalled. Behind a NAT, or where SDP has a name, the address in SDP is not
 * that of the packets, but the host that sent the SDP and the port often are.
 */
#ifndef EARSHOT_CALL_HOSTS_H
#define EARSHOT_CALL_HOSTS_H

#include "probes/call/media_table.h"

enum { ES_HOSTS_PORTS_MAX = 8 }; /* entries of one port between two hosts */

/*
 * An entry was announced by SDP from one host to another. In *others, entries of the same port and hosts
 * so far; returns how many. The first hop that an announcement was seen on counts.
 */
unsigned es_hosts_set(const struct es_context *c, struct es_media_table *m, uint32_t index,
    const struct es_addr *from, const struct es_addr *to, uint32_t others[ES_HOSTS_PORTS_MAX]);

/* It is going. */
void es_hosts_drop(const struct es_context *c, struct es_media_table *m, uint32_t index);

/* Entries of a port that its host announced to that of peer, in no order. */
unsigned es_hosts_find(const struct es_context *c, const struct es_media_table *m,
    const struct es_addr *port, const struct es_addr *peer, uint32_t out[ES_HOSTS_PORTS_MAX]);

#endif
