/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of RTCP as bytes, for the tests of what ends say. Static on purpose, like parties.h. */
#ifndef TESTS_RTCP_H
#define TESTS_RTCP_H

#include "tests/sim/world.h"
#include "tests/unit/harness.h"

static inline void
put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* A report block about subject: 12 lost in all, a quarter of late, jitter 160 ticks. */
static inline void
block(uint8_t *p, uint32_t subject, uint32_t lsr, uint32_t dlsr)
{
	put32(p, subject);
	put32(p + 4, 0x40000000u | 12);
	put32(p + 8, 0x00010064);
	put32(p + 12, 160);
	put32(p + 16, lsr);
	put32(p + 20, dlsr);
}

static inline size_t
sender_report(uint8_t *p, uint32_t ssrc, uint32_t ntp_middle, uint32_t subject)
{
	memset(p, 0, 52);
	p[0] = 0x81;
	p[1] = 200;
	p[3] = 12;
	put32(p + 4, ssrc);
	put32(p + 8, 0xe0000000u | ntp_middle >> 16);
	put32(p + 12, ntp_middle << 16);
	block(p + 28, subject, 0, 0);
	return 52;
}

static inline size_t
receiver_report(uint8_t *p, uint32_t ssrc, uint32_t subject, uint32_t lsr, uint32_t dlsr)
{
	memset(p, 0, 32);
	p[0] = 0x81;
	p[1] = 201;
	p[3] = 7;
	put32(p + 4, ssrc);
	block(p + 8, subject, lsr, dlsr);
	return 32;
}

/* XR of ssrc with one block: type, second byte, then n bytes. */
static inline size_t
extended_report(
    uint8_t *p, uint32_t ssrc, uint8_t type, uint8_t specific, const void *block, size_t n)
{
	memset(p, 0, 12);
	p[0] = 0x80;
	p[1] = 207;
	p[3] = (uint8_t)(2 + n / 4);
	put32(p + 4, ssrc);
	p[8] = type;
	p[9] = specific;
	p[11] = (uint8_t)(n / 4);
	memcpy(p + 12, block, n);
	return 12 + n;
}

/* VoIP metrics (RFC 3611 section 4.7): all unknown but these. config: PLC and kind of buffer. */
static inline size_t
voip_metrics(uint8_t p[44], uint32_t ssrc, uint32_t subject, uint8_t round_trip_ms, uint8_t config,
    uint8_t nominal_ms)
{
	memset(p, 0, 44);
	p[0] = 0x80;
	p[1] = 207;
	p[3] = 10;
	put32(p + 4, ssrc);
	p[8] = 7;
	p[11] = 8;
	put32(p + 12, subject);
	p[25] = round_trip_ms;
	memset(p + 28, 127, 8);
	p[31] = 16;
	p[36] = config;
	p[39] = nominal_ms;
	return 44;
}

/* What buffer was modelled for a stream, and from whom it is known. */
static inline void
check_receiver(const struct world *in, uint32_t ssrc, enum es_receiver_by by, uint32_t ms)
{
	const struct es_stream *s = world_stream(in, ssrc, 0);

	CHECK(s->has & ES_STREAM_HAS_CONCEALMENT);
	CHECK_EQ(s->receiver_by, by);
	CHECK_EQ(s->receiver_ms, ms);
}

#endif
