/* SPDX-License-Identifier: Apache-2.0 */
/* How often agents may ask for a certificate: each request costs a signature and a commit. */
#ifndef COLLECTOR_INGEST_RENEW_PACE_H
#define COLLECTOR_INGEST_RENEW_PACE_H

#include <stddef.h>
#include <stdint.h>

enum {
	ES_RENEW_PAUSE_MS =
	    10000, /* of one agent, over all its connections; at most a tenth of a life */
	ES_RENEW_RECENT = 256, /* requests of all agents within the pause; more have to wait */
};

/* Who asked last. All zero: nobody yet. */
struct es_renew_pace {
	struct {
		int64_t agent;
		int64_t until_ms; /* monotonic */
	} recent[ES_RENEW_RECENT];
	size_t next; /* the oldest of them */
};

/*
 * NULL: it may ask now, and that it did is noted; else what it is answered, a constant. life_ms: of the certificates that
 * are issued, which renew themselves at half of it; now_ms: monotonic.
 */
const char *
es_renew_wait(struct es_renew_pace *pace, int64_t agent, int64_t life_ms, int64_t now_ms);

#endif
