/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of TCP without an engine: segments in, the messages and the holes that they gave out. */
#ifndef TESTS_TCP_RIG_H
#define TESTS_TCP_RIG_H

#include "harness.h"
#include "probes/reassembly/tcp_private.h"

enum { RIG_KEPT_MAX = 2048, RIG_TEXT_MAX = 200 };

static struct es_context context;
static struct es_tcps tcps;

/* Messages that were handed out, in their order; of the text what fits. */
static struct {
	enum es_transport transport;
	struct es_addr src;
	int64_t at_ms;
	size_t n;
	uint32_t wire_bytes;
	char text[RIG_TEXT_MAX + 1];
} got[RIG_KEPT_MAX];
static unsigned n_got;
static unsigned n_holes; /* in media */

static const struct es_addr rig_a = { .family = 4, .port = 40000, .ip = { 10, 0, 0, 1 } };
static const struct es_addr rig_b = { .family = 4, .port = 5070, .ip = { 10, 0, 0, 2 } };

static inline es_time
rig_time(int64_t ms)
{
	return es_time_of_ns(1000 * ES_NS_PER_S + ms * ES_NS_PER_MS);
}

static inline void
rig_message(void *ctx, enum es_transport transport, const struct es_addr *src,
    const struct es_addr *dst, es_slice message, uint32_t wire_bytes, es_time at)
{
	size_t kept = message.n < RIG_TEXT_MAX ? message.n : RIG_TEXT_MAX;

	(void)ctx;
	(void)dst;
	if (n_got == RIG_KEPT_MAX) {
		test_fail(__FILE__, __LINE__, "more than %d messages", RIG_KEPT_MAX);
		return;
	}
	memset(&got[n_got], 0, sizeof(got[n_got]));
	got[n_got].transport = transport;
	got[n_got].src = *src;
	got[n_got].at_ms = es_time_diff(at, rig_time(0)) / ES_NS_PER_MS;
	got[n_got].n = message.n;
	got[n_got].wire_bytes = wire_bytes;
	memcpy(got[n_got].text, message.p, kept);
	n_got++;
}

static inline void
rig_hole(void *ctx, const struct es_addr *src, const struct es_addr *dst)
{
	(void)ctx;
	(void)src;
	(void)dst;
	n_holes++;
}

/* For so many directions of connections. */
static inline void
rig_begin(uint32_t cap)
{
	memset(&context, 0, sizeof(context));
	memset(&tcps, 0, sizeof(tcps));
	n_got = n_holes = 0;
	tcps.c = &context;
	tcps.message = rig_message;
	tcps.hole = rig_hole;
	if (es_tcps_new(&tcps, cap) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
}

static inline void
rig_end(void)
{
	es_tcps_free(&tcps);
}

/* A segment as it came into the capture: with kept < n it is cut. A packet begins with it. */
static inline void
rig_segment(int64_t ms, const struct es_addr *src, const struct es_addr *dst,
    const struct es_tcp *seg, const void *bytes, size_t kept, size_t n)
{
	struct es_tcp s = *seg;

	s.payload = test_guarded(bytes, kept);
	s.payload_wire_bytes = (uint32_t)n;
	es_tcps_go_on(&tcps, rig_time(ms));
	es_tcps_segment(&tcps, src, dst, &s, rig_time(ms));
}

static inline void
rig_send(int64_t ms, uint32_t seq, const void *bytes, size_t n)
{
	const struct es_tcp seg = { .seq = seq, .flags = ES_TCP_PSH };

	rig_segment(ms, &rig_a, &rig_b, &seg, bytes, n, n);
}

/* The capture kept only so many bytes of n. */
static inline void
rig_send_cut(int64_t ms, uint32_t seq, const void *bytes, size_t kept, size_t n)
{
	const struct es_tcp seg = { .seq = seq, .flags = ES_TCP_PSH };

	rig_segment(ms, &rig_a, &rig_b, &seg, bytes, kept, n);
}

/* A segment without bytes. */
static inline void
rig_flags(int64_t ms, uint32_t seq, uint8_t flags)
{
	const struct es_tcp seg = { .seq = seq, .flags = flags };

	rig_segment(ms, &rig_a, &rig_b, &seg, "", 0, 0);
}

/* The other end has all bytes before this one. */
static inline void
rig_ack(int64_t ms, uint32_t ack)
{
	const struct es_tcp seg = { .seq = 900, .ack = ack, .flags = ES_TCP_ACK };

	rig_segment(ms, &rig_b, &rig_a, &seg, "", 0, 0);
}

/* A message of SIP with this body; returns its bytes. */
static inline size_t
rig_sip(char *out, size_t room, const char *body)
{
	return (size_t)snprintf(
	    out, room, "OPTIONS sip:b SIP/2.0\r\nl:%zu\r\n\r\n%s", strlen(body), body);
}

static inline void
check_got(unsigned i, const char *text)
{
	if (i >= n_got)
		test_fail(__FILE__, __LINE__, "%u messages, not %u", n_got, i + 1);
	else
		CHECK_STR(got[i].text, text);
}

#endif
