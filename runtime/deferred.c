/* SPDX-License-Identifier: Apache-2.0 */
/* A limit whose stricter values wait. */
#include "runtime/deferred.h"

void
es_deferred_init(struct es_deferred *d, int64_t value)
{
	d->value = d->next = value;
	d->due_ms = -1;
}

void
es_deferred_take(struct es_deferred *d, int64_t value, bool removes, int64_t now_ms)
{
	if (!removes) {
		es_deferred_init(d, value);
		return;
	}
	d->next = value;
	d->due_ms = now_ms + ES_DEFERRED_MS;
}

bool
es_deferred_is_due(struct es_deferred *d, int64_t now_ms)
{
	if (d->due_ms < 0 || now_ms < d->due_ms)
		return false;
	es_deferred_init(d, d->next);
	return true;
}
