/* SPDX-License-Identifier: Apache-2.0 */
/* Full-jitter back-off. */
#include "runtime/backoff.h"

#include <string.h>

enum { TRIES_MAX = 30, RETRY_AFTER_MAX_MS = 3600000 };

void
es_backoff_init(struct es_backoff *b, uint32_t base_ms, uint32_t cap_ms)
{
	memset(b, 0, sizeof(*b));
	b->base_ms = base_ms == 0 ? ES_BACKOFF_BASE_MS : base_ms;
	b->cap_ms = cap_ms == 0 ? ES_BACKOFF_CAP_MS : cap_ms;
}

int64_t
es_backoff_next_ms(struct es_backoff *b, int64_t now_ms, uint64_t random)
{
	uint64_t top = (uint64_t)b->base_ms << b->tries;
	int64_t at;

	if (top > b->cap_ms)
		top = b->cap_ms;
	if (top < b->window_ms)
		top = b->window_ms;
	if (b->tries < TRIES_MAX)
		b->tries++;
	/* 64 random bits against a few minutes of milliseconds: the bias is below 1e-13 */
	at = now_ms + (int64_t)(random % (top + 1));
	return at < b->not_before_ms ? b->not_before_ms : at;
}

void
es_backoff_retry_after(struct es_backoff *b, int64_t now_ms, uint32_t retry_after_ms)
{
	int64_t at = now_ms + (retry_after_ms > RETRY_AFTER_MAX_MS ? RETRY_AFTER_MAX_MS
								   : (int64_t)retry_after_ms);

	if (retry_after_ms > 0 && at > b->not_before_ms)
		b->not_before_ms = at;
}

void
es_backoff_reset(struct es_backoff *b)
{
	b->tries = 0;
	b->not_before_ms = 0;
}
