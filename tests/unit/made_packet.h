/* SPDX-License-Identifier: Apache-2.0 */
/* Packets made from the inside out: first what is carried, then header after header in front of it. */
#ifndef TESTS_MADE_PACKET_H
#define TESTS_MADE_PACKET_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MADE_BYTES = 8192, MADE_VOICE = 0xe7, MADE_CIPHER = 0x9d };

struct made {
	size_t at;     /* where it begins in bytes */
	size_t behind; /* the first byte that is not part of it */
	uint8_t bytes[MADE_BYTES];
};

static inline struct made
made_packet(void)
{
	struct made m = { .at = MADE_BYTES - 64, .behind = MADE_BYTES - 64 };

	return m;
}

static inline size_t
made_n(const struct made *m)
{
	return m->behind - m->at;
}

static inline const uint8_t *
made_p(const struct made *m)
{
	return m->bytes + m->at;
}

static inline void
made_put(struct made *m, const void *bytes, size_t n)
{
	m->at -= n;
	memcpy(m->bytes + m->at, bytes, n);
}

static inline void
made_text(struct made *m, const char *text)
{
	made_put(m, text, strlen(text));
}

static inline void
made_8(struct made *m, unsigned v)
{
	m->bytes[--m->at] = (uint8_t)v;
}

static inline void
made_16(struct made *m, unsigned v)
{
	made_8(m, v & 0xff);
	made_8(m, v >> 8 & 0xff);
}

static inline void
made_32(struct made *m, uint32_t v)
{
	made_16(m, v & 0xffff);
	made_16(m, v >> 16);
}

static inline void
made_fill(struct made *m, unsigned byte, size_t n)
{
	m->at -= n;
	memset(m->bytes + m->at, (int)byte, n);
}

/* Speech: bytes that are nowhere else. */
static inline void
made_voice(struct made *m, size_t n)
{
	made_fill(m, MADE_VOICE, n);
}

/* The 12 bytes of RFC 3550 section 5.1; first and type: the first two bytes. */
static inline void
made_rtp_head(struct made *m, unsigned first, unsigned type)
{
	made_32(m, 0x11223344); /* SSRC */
	made_32(m, 160);
	made_16(m, 0x4001); /* as a length of RTCP it does not fit */
	made_8(m, type);
	made_8(m, first);
}

static inline void
made_udp(struct made *m, unsigned src, unsigned dst)
{
	size_t n = made_n(m) + 8;

	made_16(m, 0);
	made_16(m, (unsigned)n);
	made_16(m, dst);
	made_16(m, src);
}

static inline void
made_tcp(struct made *m, unsigned option_words)
{
	made_fill(m, 1, 4u * option_words);
	made_32(m, 0); /* checksum, urgent pointer */
	made_16(m, 1000);
	made_16(m, (5 + option_words) << 12 | 0x18);
	made_32(m, 2);
	made_32(m, 1);
	made_16(m, 5060);
	made_16(m, 40000);
}

/* fragment: the flags and the offset, in units of 8 bytes. */
static inline void
made_ipv4_part(struct made *m, unsigned proto, unsigned fragment, unsigned option_words)
{
	size_t n = made_n(m) + 20 + 4u * option_words;

	made_fill(m, 1, 4u * option_words);
	made_32(m, 0x0a000002);
	made_32(m, 0x0a000001);
	made_16(m, 0);
	made_8(m, proto);
	made_8(m, 64);
	made_16(m, fragment);
	made_16(m, 7);
	made_16(m, (unsigned)n);
	made_8(m, 0);
	made_8(m, 0x45 + option_words);
}

static inline void
made_ipv4(struct made *m, unsigned proto)
{
	made_ipv4_part(m, proto, 0x4000, 0);
}

static inline void
made_ipv6(struct made *m, unsigned next)
{
	size_t n = made_n(m);

	made_fill(m, 0x20, 32);
	made_8(m, 64);
	made_8(m, next);
	made_16(m, (unsigned)n);
	made_32(m, 0x60000000);
}

static inline void
made_ether(struct made *m, unsigned type)
{
	made_16(m, type);
	made_fill(m, 2, 12);
}

static inline void
made_vlan(struct made *m, unsigned type)
{
	made_16(m, type);
	made_16(m, 100);
}

#endif
