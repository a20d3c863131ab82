/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the store takes what agents bring: what failed last, and whether it works again. */
#include "collector/ingest/ingest.h"
#include "runtime/clock.h"

enum { RETRY_MS = 5000 }; /* polls of /readyz every few seconds shall see the reason */

void
es_ingest_failed(struct es_ingest *in, int err)
{
	in->failed = err;
	in->failed_ms = es_clock_monotonic_ms();
	if (err == ES_EFULL)
		es_pruner_want_room(&in->pruner);
}

void
es_ingest_retry(struct es_ingest *in, int64_t now_ms)
{
	int err;

	if (in->failed == 0 || now_ms - in->failed_ms < RETRY_MS)
		return;
	err = es_group_flush(in->group); /* one transaction at a time */
	if (err == 0)
		err = es_store_trial(in->store);
	in->failed = err;
	in->failed_ms = now_ms;
}

const char *
es_ingest_why(const struct es_ingest *in)
{
	switch (in->failed) {
	case 0:
		return NULL;
	case ES_EFULL:
		return "the disk or the database is full";
	case ES_EAGAIN:
		return "another program holds the database";
	default:
		return "the store cannot be read or written";
	}
}
