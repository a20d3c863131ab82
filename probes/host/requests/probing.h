/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the gateway and to the name servers in use, whose answers are collected by the next sample. */
#ifndef EARSHOT_HOST_REQUESTS_PROBING_H
#define EARSHOT_HOST_REQUESTS_PROBING_H

#include "probes/host/requests/gateway.h"
#include "probes/host/requests/resolver.h"

enum { ES_HOST_SERVERS_MAX = 3 }; /* MAXNS of resolv.h: no program asks more */

struct es_host_probing {
	struct es_addr gateway_ip; /* family 0: none */
	int gateway_fd;            /* -1: none, or not allowed */
	struct es_host_gateway gateway;
	char servers[ES_HOST_TEXT_MAX]; /* as es_host_dns_read writes them */
	struct {
		int fd; /* -1: none, or no route */
		struct es_host_resolver resolver;
	} server[ES_HOST_SERVERS_MAX];
};

void es_host_probing_init(struct es_host_probing *p);
void es_host_probing_done(struct es_host_probing *p);

/* Whom to ask from now on; nothing happens where both are as before. */
void
es_host_probing_aim(struct es_host_probing *p, const struct es_addr *gateway, const char *servers);

/* Sends an echo request, and a query to each server that owes no answer. Waits for nothing. */
void es_host_probing_send(struct es_host_probing *p, es_time now);

/* Collects what arrived and judges it. */
void es_host_probing_read(struct es_host_probing *p, es_time now, struct es_host_reading *r);

#endif
