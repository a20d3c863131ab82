/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's own health. Reads /proc, /sys and netlink below a root, so that a fixture can stand
 * in for a machine. Does I/O (libearshot-host.a); the caller gives the time.
 */
#ifndef EARSHOT_HOST_H
#define EARSHOT_HOST_H

#include "earshot/addr.h"
#include "earshot/error.h"
#include "earshot/record.h"

#ifdef __cplusplus
extern "C" {
#endif

struct es_host_config {
	const char *root;      /* NULL or "/": this machine, with netlink; else a fixture tree */
	const char *interface; /* NULL: the one of the default route */
	/* Time since the machine started in ns, without and with its sleep; NULL: sleep is not reported. */
	int64_t (*awake_ns)(void);
	int64_t (*boot_ns)(void);
	/* Whether something keeps the wall clock right; NULL: that is not reported. */
	bool (*is_synchronised)(void);
};

struct es_host_sampler;

/* Receives host and change records, borrowed for the call. */
struct es_host_sink {
	void (*record)(void *ctx, const struct es_record *rec);
	void *ctx;
};

/*
 * Makes a sampler, which es_host_free frees; cfg and sink are copied. A source that is missing on this machine
 * is left out, never an error. Returns 0, ES_ENOMEM, ES_EINVALID (no sink, too long an interface name) or
 * ES_EIO (root).
 */
int es_host_new(const struct es_host_config *cfg, const struct es_host_sink *sink,
    struct es_host_sampler **out);

/*
 * Takes one sample. The first primes the counters: it emits no rates, only gauges and, as changes
 * from nothing, the present default route and access point. full: list everything known.
 */
void es_host_sample(struct es_host_sampler *s, es_time now, bool full);

/*
 * The UDP port at which a process of this machine sends and receives media, 0: no call is up. From the next sample on
 * the process that owns it is measured: softphone_ signals, and a change that says which build it is.
 */
void es_host_media_port(struct es_host_sampler *s, uint16_t port);

/*
 * The two ends of a media stream, of which one may be this machine: then its port is the media port, unless a process
 * is known already. Of many streams at a time only the first few are tried, until es_host_media_port says 0.
 */
void es_host_media(struct es_host_sampler *s, const struct es_addr *src, const struct es_addr *dst);

/*
 * Sends an echo request to the gateway and a query to each name server that owes no answer, of the routes and servers of
 * the last sample, and waits for nothing: the next sample has what came. At most once a second. Nothing is sent from a root.
 */
void es_host_probe(struct es_host_sampler *s, es_time now);

/*
 * How late a timer of the caller fired. A sample reports the 99th percentile, which of up to 100 timers is the latest
 * (nearest rank), in whole milliseconds.
 */
void es_host_timer_late(struct es_host_sampler *s, int64_t late_us);

/* NULL is fine. */
void es_host_free(struct es_host_sampler *s);

#ifdef __cplusplus
}
#endif

#endif
