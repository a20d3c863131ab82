/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of runtime/loop/ share. Private to this folder. */
#ifndef EARSHOT_RUNTIME_LOOP_BASE_H
#define EARSHOT_RUNTIME_LOOP_BASE_H

#include "earshot/addr.h"
#include "runtime/loop/loop.h"

#include <sys/socket.h>

struct event;
struct event_base;
struct evdns_base;

struct es_loop {
	struct event_base *base;
	struct evdns_base *dns; /* made when the first name is asked for */
	struct event *sigchld;  /* made with the first child */
	struct es_child *children;
};

void es_loop_free_dns(struct es_loop *l);

/* Conversions; the port is in host order in es_addr. ES_EUNSUPPORTED for another family. */
int es_sockaddr_read(const struct sockaddr *sa, struct es_addr *out);
socklen_t es_sockaddr_of(const struct es_addr *a, struct sockaddr_storage *out);

#endif
