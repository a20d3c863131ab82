/* SPDX-License-Identifier: Apache-2.0 */
/* The process that sends and receives the media on this machine: how much it runs, and how long it waits to run. */
#ifndef EARSHOT_HOST_SOFTPHONE_H
#define EARSHOT_HOST_SOFTPHONE_H

#include "probes/host/reading.h"

enum {
	ES_HOST_THREADS_MAX =
	    8, /* of which waiting and switches are read: each costs 10 us a sample */
	ES_HOST_SEARCHES_MAX = 3 /* samples in which the owner of a port is looked for */
};

struct es_host_thread {
	uint32_t tid;
	uint64_t waited_ns, switches;
	bool has_waited, has_switches;
};

struct es_host_softphone {
	uint16_t port; /* local, of the media; 0: no call, or not known */
	unsigned searches;
	uint32_t pid; /* 0: not found */
	uint64_t
	    started; /* in ticks since the machine's start: another process may get the same pid */
	char name
	    [ES_HOST_NAME_MAX]; /* of the last one found, as the kernel shows it; "": none yet */
	bool is_new;            /* found by the last sample */
	struct es_host_counter cpu_ticks;
	unsigned n_threads;
	struct es_host_thread thread[ES_HOST_THREADS_MAX]; /* in ascending order of tid */
};

/* The media's local port from now on; 0: no call is up. */
void es_host_softphone_port(struct es_host_softphone *p, uint16_t port);

/* Whether the process at the port is known, or the next sample looks for it. */
bool es_host_softphone_is_sought(const struct es_host_softphone *p);

/*
 * CPU time of the process from /proc/PID/stat. Waiting is the longest of its threads, from schedstat; involuntary switches
 * are the sum of its threads, from status. Threads are the first one and those that began last: a softphone makes
 * those of the media when a call begins.
 */
void es_host_softphone_read(
    struct es_host_softphone *p, struct es_host_files *files, struct es_host_reading *r);

#endif
