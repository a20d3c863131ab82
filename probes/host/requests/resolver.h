/* SPDX-License-Identifier: Apache-2.0 */
/* Queries to a name server (RFC 1035): whether it answers, and how soon. Does no I/O. */
#ifndef EARSHOT_HOST_REQUESTS_RESOLVER_H
#define EARSHOT_HOST_REQUESTS_RESOLVER_H

#include "earshot/error.h"
#include "earshot/slice.h"
#include "earshot/time.h"

enum {
	ES_HOST_QUERY_BYTES = 17,
	ES_HOST_QUERY_LOST_MS = 2000, /* without an answer for so long a query has failed */
};

/* One query at a time. */
struct es_host_resolver {
	bool is_open; /* a query was sent and is not judged yet */
	bool is_answered, has_failed;
	uint16_t id;
	es_time sent;
	int64_t latency_us; /* of the answer */
};

/*
 * Writes the query that is sent at now: the name servers of the root, which each resolver has in its cache and which
 * names nothing that anyone here asks for. id: not to be guessed.
 */
void es_host_resolver_query(
    struct es_host_resolver *d, es_time now, uint16_t id, uint8_t out[ES_HOST_QUERY_BYTES]);

/* Takes a datagram of the server that arrived at a time; what does not answer the query changes nothing. */
void es_host_resolver_answer(struct es_host_resolver *d, es_slice dns, es_time at);

/*
 * Whether the query is over: *failed without an answer, or with SERVFAIL; else latency_us says how long it took. Any other
 * answer, a refusal too, is one. Each query is judged once.
 */
bool es_host_resolver_judge(struct es_host_resolver *d, es_time now, bool *failed);

#endif
