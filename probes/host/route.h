/* SPDX-License-Identifier: Apache-2.0 */
/* The default routes. */
#ifndef EARSHOT_HOST_ROUTE_H
#define EARSHOT_HOST_ROUTE_H

#include "earshot/addr.h"
#include "probes/host/reading.h"

struct es_host_route {
	struct es_addr gateway;           /* family 0: none */
	char interface[ES_HOST_NAME_MAX]; /* "": there is no default route */
	char text[ES_HOST_TEXT_MAX]; /* "via 10.0.0.1 dev wlan0"; "dev ppp0" without a gateway */
};

/* The one of lowest metric from /proc/net/route. */
void es_host_route4_read(struct es_host_files *files, struct es_host_route *out);

/* The same from /proc/net/ipv6_route. */
void es_host_route6_read(struct es_host_files *files, struct es_host_route *out);

#endif
