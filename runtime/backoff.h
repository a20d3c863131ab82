/* SPDX-License-Identifier: Apache-2.0 */
/* Full-jitter back-off between attempts to reconnect; pure: time and randomness are passed in. */
#ifndef EARSHOT_RUNTIME_BACKOFF_H
#define EARSHOT_RUNTIME_BACKOFF_H

#include <stdint.h>

enum { ES_BACKOFF_BASE_MS = 1000, ES_BACKOFF_CAP_MS = 300000 };

struct es_backoff {
	uint32_t base_ms;
	uint32_t cap_ms;
	uint32_t tries;        /* failures since the last reset */
	uint32_t window_ms;    /* spread the collector asked for (Welcome), 0 = none */
	int64_t not_before_ms; /* what a Nack asked for, monotonic */
};

/* base_ms and cap_ms 0 = the defaults above. */
void es_backoff_init(struct es_backoff *b, uint32_t base_ms, uint32_t cap_ms);

/*
 * Monotonic instant of the next attempt: now + uniform in [0, min(cap, base * 2^tries)], never before
 * not_before_ms; where the collector set a window the upper end is at least that window.
 * random = 64 random bits. Counts one more failure.
 */
int64_t es_backoff_next_ms(struct es_backoff *b, int64_t now_ms, uint64_t random);

/* Nothing before now + retry_after_ms (capped at an hour); 0 changes nothing. */
void es_backoff_retry_after(struct es_backoff *b, int64_t now_ms, uint32_t retry_after_ms);

/* Call after an Ack, not after a mere connect. */
void es_backoff_reset(struct es_backoff *b);

#endif
