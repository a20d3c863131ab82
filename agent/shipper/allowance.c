/* SPDX-License-Identifier: Apache-2.0 */
/* A token bucket. */
#include "agent/shipper/allowance.h"

enum { SECOND_MS = 1000 };

void
es_allowance_limit(struct es_allowance *a, uint64_t bytes_per_s, int64_t now_ms)
{
	a->bytes_per_s = bytes_per_s;
	a->left_milli = (int64_t)bytes_per_s * SECOND_MS;
	a->at_ms = now_ms;
}

/* A byte a second is a thousandth of a byte in each millisecond. */
static void
refill(struct es_allowance *a, int64_t now_ms)
{
	int64_t rate = (int64_t)a->bytes_per_s, full_milli = rate * SECOND_MS;
	int64_t ms = now_ms - a->at_ms, until_full_ms = (full_milli - a->left_milli) / rate;

	if (ms <= 0)
		return;
	a->left_milli = ms > until_full_ms ? full_milli : a->left_milli + ms * rate;
	a->at_ms = now_ms;
}

int64_t
es_allowance_from_ms(struct es_allowance *a, int64_t now_ms)
{
	if (a->bytes_per_s == 0)
		return now_ms;
	refill(a, now_ms);
	if (a->left_milli > 0)
		return now_ms;
	return now_ms - a->left_milli / (int64_t)a->bytes_per_s + 1;
}

void
es_allowance_spend(struct es_allowance *a, uint64_t n_bytes)
{
	if (a->bytes_per_s != 0)
		a->left_milli -= (int64_t)n_bytes * SECOND_MS;
}
