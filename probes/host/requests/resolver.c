/* SPDX-License-Identifier: Apache-2.0 */
/* A DNS message of one question, and the head of its answer; RFC 1035 section 4.1. */
#include "probes/host/requests/resolver.h"

#include "probes/base/cursor.h"

#include <string.h>

enum { SERVFAIL = 2, IS_RESPONSE = 0x8000, RECURSION_DESIRED = 0x0100, TYPE_NS = 2, CLASS_IN = 1 };

void
es_host_resolver_query(
    struct es_host_resolver *d, es_time now, uint16_t id, uint8_t out[ES_HOST_QUERY_BYTES])
{
	static const uint8_t question[] = { 0 /* the root */, 0, TYPE_NS, 0, CLASS_IN };

	memset(out, 0, ES_HOST_QUERY_BYTES);
	out[0] = (uint8_t)(id >> 8);
	out[1] = (uint8_t)id;
	out[2] = RECURSION_DESIRED >> 8;
	out[5] = 1; /* questions */
	memcpy(out + 12, question, sizeof(question));
	*d = (struct es_host_resolver){ .is_open = true, .id = id, .sent = now };
}

void
es_host_resolver_answer(struct es_host_resolver *d, es_slice dns, es_time at)
{
	struct es_cur c = es_cur_of(dns);
	uint16_t id = es_cur_be16(&c);
	uint16_t flags = es_cur_be16(&c);

	es_cur_skip(&c, 8); /* counts: a server that fails may leave the question out */
	if (c.bad || !d->is_open || d->is_answered || id != d->id || !(flags & IS_RESPONSE) ||
	    es_time_before(at, d->sent))
		return;
	d->is_answered = true;
	d->latency_us = es_time_diff(at, d->sent) / ES_NS_PER_US;
	d->has_failed = (flags & 0x0f) == SERVFAIL || d->latency_us >= ES_HOST_QUERY_LOST_MS * 1000;
}

bool
es_host_resolver_judge(struct es_host_resolver *d, es_time now, bool *failed)
{
	if (!d->is_open)
		return false;
	if (!d->is_answered && es_time_before(now, d->sent)) {
		d->is_open = false; /* the clock was set back: how long it took is not known */
		return false;
	}
	if (!d->is_answered && es_time_diff(now, d->sent) < ES_HOST_QUERY_LOST_MS * ES_NS_PER_MS)
		return false;
	d->is_open = false;
	*failed = !d->is_answered || d->has_failed;
	return true;
}
