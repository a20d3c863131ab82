/* SPDX-License-Identifier: Apache-2.0 */
/* Instants. Durations are plain integers whose name ends in their unit. */
#ifndef EARSHOT_TIME_H
#define EARSHOT_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds since 1970-01-01T00:00:00Z. A struct, so that no instant mixes with a duration. */
typedef struct {
	int64_t ns;
} es_time;

#define ES_NS_PER_US INT64_C(1000)
#define ES_NS_PER_MS INT64_C(1000000)
#define ES_NS_PER_S INT64_C(1000000000)

/* The instant ns nanoseconds after 1970-01-01T00:00:00Z. */
static inline es_time
es_time_of_ns(int64_t ns)
{
	es_time t;

	t.ns = ns;
	return t;
}

/* t + d_ns, saturating: hostile timestamps must not overflow. */
static inline es_time
es_time_add(es_time t, int64_t d_ns)
{
	if (d_ns > 0 && t.ns > INT64_MAX - d_ns)
		return es_time_of_ns(INT64_MAX);
	if (d_ns < 0 && t.ns < INT64_MIN - d_ns)
		return es_time_of_ns(INT64_MIN);
	return es_time_of_ns(t.ns + d_ns);
}

/* a - b in nanoseconds, saturating. */
static inline int64_t
es_time_diff(es_time a, es_time b)
{
	int64_t d_ns;

	if (__builtin_sub_overflow(a.ns, b.ns, &d_ns))
		return b.ns < 0 ? INT64_MAX : INT64_MIN;
	return d_ns;
}

/* Whether a is earlier than b. */
static inline bool
es_time_before(es_time a, es_time b)
{
	return a.ns < b.ns;
}

/* The later of both. */
static inline es_time
es_time_max(es_time a, es_time b)
{
	return a.ns > b.ns ? a : b;
}

#endif
