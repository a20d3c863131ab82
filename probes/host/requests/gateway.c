/* SPDX-License-Identifier: Apache-2.0 */
/* Echo and echo reply of ICMP. */
#include "probes/host/requests/gateway.h"

#include "probes/base/cursor.h"

#include <stdlib.h>

enum { ECHO_REPLY = 0, ECHO = 8 }; /* types of RFC 792 */

void
es_host_gateway_request(struct es_host_gateway *g, es_time now, uint8_t out[ES_HOST_ECHO_BYTES])
{
	struct es_host_echo *e = &g->echo[++g->sequence % ES_HOST_ECHOES_MAX];

	memset(out, 0, ES_HOST_ECHO_BYTES);
	out[0] = ECHO;
	out[6] = (uint8_t)(g->sequence >> 8);
	out[7] = (uint8_t)g->sequence;
	*e = (struct es_host_echo){ .is_open = true, .sequence = g->sequence, .sent = now };
}

void
es_host_gateway_reply(struct es_host_gateway *g, es_slice icmp, es_time at)
{
	struct es_cur c = es_cur_of(icmp);
	uint8_t type = es_cur_u8(&c);
	uint8_t code = es_cur_u8(&c);
	uint16_t sequence;
	struct es_host_echo *e;

	es_cur_skip(&c, 4); /* checksum and identifier: the kernel checked both */
	sequence = es_cur_be16(&c);
	e = &g->echo[sequence % ES_HOST_ECHOES_MAX];
	if (c.bad || type != ECHO_REPLY || code != 0 || !e->is_open || e->is_answered ||
	    e->sequence != sequence || es_time_before(at, e->sent))
		return; /* before: the clock was set back meanwhile */
	e->rtt_us = es_time_diff(at, e->sent) / ES_NS_PER_US;
	e->is_answered = e->rtt_us < ES_HOST_ECHO_LOST_MS * 1000;
	g->answers |= e->is_answered;
}

static int
by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void
es_host_gateway_judge(struct es_host_gateway *g, es_time now, struct es_host_reading *r)
{
	int64_t rtt_us[ES_HOST_ECHOES_MAX];
	unsigned answered = 0, lost = 0;

	for (unsigned i = 0; i < ES_HOST_ECHOES_MAX; i++) {
		struct es_host_echo *e = &g->echo[i];

		if (!e->is_open)
			continue;
		if (e->is_answered)
			rtt_us[answered++] = e->rtt_us;
		else if (es_time_diff(now, e->sent) >= ES_HOST_ECHO_LOST_MS * ES_NS_PER_MS)
			lost++;
		else if (!es_time_before(now, e->sent))
			continue; /* its reply may still come */
		e->is_open = false;
	}
	qsort(rtt_us, answered, sizeof(rtt_us[0]), by_value);
	if (answered > 0)
		es_host_set(r, ES_SIG_GATEWAY_RTT,
		    rtt_us[answered / 2] / ES_HOST_ECHO_STEP_US * ES_HOST_ECHO_STEP_US);
	if (g->answers && answered + lost >= ES_HOST_ECHOES_FOR_LOSS)
		es_host_set(r, ES_SIG_GATEWAY_LOSS, es_host_ppm(lost, answered + lost));
}
