/* SPDX-License-Identifier: Apache-2.0 */
/* The loop as the files of runtime/loop/ see it. Private to this folder. */
#ifndef EARSHOT_RUNTIME_LOOP_LOOP_PRIVATE_H
#define EARSHOT_RUNTIME_LOOP_LOOP_PRIVATE_H

#include "runtime/loop/loop.h"

struct event;
struct event_base;
struct evdns_base;

struct es_loop {
	struct event_base *base;
	struct evdns_base *dns; /* made by the first es_loop_dns */
	bool has_nameservers;   /* dns, from /etc/resolv.conf */
	struct event *sigchld;  /* made with the first child */
	struct es_child *children;
};

/* The resolver of the loop (evdns), freed with it. NULL: no memory. */
struct evdns_base *es_loop_dns(struct es_loop *l);

#endif
