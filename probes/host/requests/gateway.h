/* SPDX-License-Identifier: Apache-2.0 */
/* Echo requests to the default gateway (RFC 792): which were answered, and how soon. Does no I/O. */
#ifndef EARSHOT_HOST_REQUESTS_GATEWAY_H
#define EARSHOT_HOST_REQUESTS_GATEWAY_H

#include "probes/host/reading.h"

enum {
	ES_HOST_ECHO_BYTES = 16,
	ES_HOST_ECHO_STEP_US = 100, /* the resolution of the round trip: less costs bytes */
	ES_HOST_ECHOES_MAX = 16, /* requests that are remembered: more are not sent in a sample */
	ES_HOST_ECHO_LOST_MS = 1000, /* without a reply for so long a request counts as lost */
	ES_HOST_ECHOES_FOR_LOSS = 4, /* fewer requests in a sample show no share */
};

struct es_host_echo {
	bool is_open; /* neither judged nor free */
	bool is_answered;
	uint16_t sequence;
	es_time sent;
	int64_t rtt_us;
};

struct es_host_gateway {
	bool answers; /* it has answered once: others forward and say nothing, which is no loss */
	uint16_t sequence;
	struct es_host_echo echo[ES_HOST_ECHOES_MAX];
};

/* Writes the next request, which is sent at now. The kernel puts identifier and checksum in. */
void
es_host_gateway_request(struct es_host_gateway *g, es_time now, uint8_t out[ES_HOST_ECHO_BYTES]);

/* Takes an ICMP message that arrived at a time; what is no reply to an open request changes nothing. */
void es_host_gateway_reply(struct es_host_gateway *g, es_slice icmp, es_time at);

/*
 * Judges requests that were answered, or are lost by now. The round trip is the median of those answered. The loss is
 * absent where the gateway has never answered or too few requests were judged.
 */
void es_host_gateway_judge(struct es_host_gateway *g, es_time now, struct es_host_reading *r);

#endif
