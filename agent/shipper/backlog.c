/* SPDX-License-Identifier: Apache-2.0 */
/* How long records have waited. */
#include "agent/shipper/backlog.h"

void
es_backlog_minute(struct es_backlog *b, uint64_t next_seq)
{
	b->next_seq[b->n_minutes++ % ES_BACKLOG_MINUTES_MAX] = next_seq;
}

/* A record was there at a minute when the spool ended behind it. */
uint32_t
es_backlog_minutes(const struct es_backlog *b, uint64_t acked_seq)
{
	uint32_t n = b->n_minutes < ES_BACKLOG_MINUTES_MAX ? b->n_minutes : ES_BACKLOG_MINUTES_MAX;

	for (uint32_t ago = n; ago-- > 0;) {
		if (b->next_seq[(b->n_minutes - 1 - ago) % ES_BACKLOG_MINUTES_MAX] > acked_seq + 1)
			return ago;
	}
	return 0;
}
