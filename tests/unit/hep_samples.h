/* SPDX-License-Identifier: Apache-2.0 */
/* HEP packets, made to measure. */
#ifndef TESTS_HEP_SAMPLES_H
#define TESTS_HEP_SAMPLES_H

#include "earshot/slice.h"

#include <stdint.h>
#include <string.h>

struct hep_sample {
	uint8_t bytes[4096];
	size_t n;
};

static inline void
hep_chunk(struct hep_sample *s, uint16_t type, const void *value, size_t n)
{
	uint8_t *p = s->bytes + s->n;

	p[0] = 0;
	p[1] = 0;
	p[2] = (uint8_t)(type >> 8);
	p[3] = (uint8_t)type;
	p[4] = (uint8_t)((n + 6) >> 8);
	p[5] = (uint8_t)(n + 6);
	memcpy(p + 6, value, n);
	s->n += n + 6;
	s->bytes[4] = (uint8_t)(s->n >> 8);
	s->bytes[5] = (uint8_t)s->n;
}

static inline void
hep_number(struct hep_sample *s, uint16_t type, uint32_t value, size_t n)
{
	uint8_t be[4];

	for (size_t i = 0; i < n; i++)
		be[i] = (uint8_t)(value >> 8 * (n - 1 - i));
	hep_chunk(s, type, be, n);
}

/* From 10.0.0.SRC to 10.0.0.DST, at seconds and micros; what: 1 SIP, 4 RTP, 5 RTCP. */
static inline void
hep_begin(struct hep_sample *s, uint8_t src, uint16_t src_port, uint8_t dst, uint16_t dst_port,
    uint32_t seconds, uint32_t micros, uint8_t what)
{
	memcpy(s->bytes, "HEP3\0\6", 6);
	s->n = 6;
	hep_number(s, 1, 2, 1);
	hep_number(s, 2, 17, 1);
	hep_number(s, 3, 0x0a000000u | src, 4);
	hep_number(s, 4, 0x0a000000u | dst, 4);
	hep_number(s, 7, src_port, 2);
	hep_number(s, 8, dst_port, 2);
	hep_number(s, 9, seconds, 4);
	hep_number(s, 10, micros, 4);
	hep_number(s, 11, what, 1);
	hep_number(s, 12, 2001, 4);
}

#endif
