/* SPDX-License-Identifier: Apache-2.0 */
/* What UDP may carry, of each shape, for the tests of the kernel's filter. Speech is at the end of a packet. */
#ifndef TESTS_MADE_PAYLOADS_H
#define TESTS_MADE_PAYLOADS_H

#include "tests/unit/made_packet.h"

enum { VOICE_BYTES = 160, LOOK_BYTES = 20, TEXT_BYTES = 600 };

static inline void
rtp(struct made *m)
{
	made_voice(m, VOICE_BYTES);
	made_rtp_head(m, 0x80, 0);
}

static inline void
rtp_marked(struct made *m) /* payload type 111: the second byte is not one of RTCP */
{
	made_voice(m, VOICE_BYTES);
	made_rtp_head(m, 0x80, 0xef);
}

static inline void
rtp_like_rtcp(struct made
	*m) /* marker, payload type 64..95: the second byte is one of RTCP, the length is not */
{
	made_voice(m, VOICE_BYTES);
	made_rtp_head(m, 0x80, 0xc1);
}

static inline void
rtp_sources(struct made *m)
{
	made_voice(m, VOICE_BYTES);
	made_fill(m, 0x33, 4 * 15);
	made_rtp_head(m, 0x8f, 0);
}

static inline void
rtp_extension(struct made *m)
{
	made_voice(m, VOICE_BYTES);
	made_fill(m, 0x44, 12);
	made_16(m, 3);
	made_16(m, 0xbede);
	made_fill(m, 0x33, 8);
	made_rtp_head(m, 0x92, 0);
}

static inline void
rtp_empty_extension(struct made *m)
{
	made_voice(m, VOICE_BYTES);
	made_16(m, 0);
	made_16(m, 0xbede);
	made_rtp_head(m, 0x90, 0);
}

static inline void
rtp_padded(struct made *m)
{
	made_voice(m, VOICE_BYTES);
	made_rtp_head(m, 0xa0, 96);
}

static inline void
rtp_false_extension(struct made *m) /* the longest there is, and it is not there */
{
	made_voice(m, VOICE_BYTES);
	made_16(m, 0xffff);
	made_16(m, 0xbede);
	made_rtp_head(m, 0x90, 0);
}

static inline void
rtp_false_sources(struct made *m) /* fifteen in a packet that has room for two */
{
	made_voice(m, 8);
	made_rtp_head(m, 0x8f, 0);
}

static inline void
rtp_one_byte(struct made *m)
{
	made_voice(m, 1);
	made_rtp_head(m, 0x80, 0);
}

static inline void
rtcp(struct made *m) /* a sender report, whole */
{
	made_fill(m, 0x55, 24);
	made_16(m, 6);
	made_16(m, 0x80c8);
}

static inline void
srtcp(struct made *m)
{
	made_fill(m, MADE_CIPHER, 24 + 14); /* encrypted, with index and tag */
	made_16(m, 6);
	made_16(m, 0x81c9);
}

static inline void
sip(struct made *m)
{
	made_fill(m, 'x', TEXT_BYTES);
	made_text(m, "INVITE sip:bob@example.org SIP/2.0\r\nSubject: ");
}

static inline void
sip_response(struct made *m)
{
	made_fill(m, 'x', TEXT_BYTES);
	made_text(m, "SIP/2.0 486 Occup\xc3\xa9\r\nSubject: ");
}

static inline void
sip_after_breaks(struct made *m)
{
	sip(m);
	made_text(m, "\r\n\r\n");
}

static inline void
sip_of_another_method(struct made *m)
{
	made_fill(m, 'x', TEXT_BYTES);
	made_text(m, "x-ping sip:bob@example.org SIP/2.0\r\nSubject: ");
}

static inline void
keepalive(struct made *m)
{
	made_text(m, "\r\n");
}

static inline void
stun(struct made *m)
{
	made_fill(m, MADE_CIPHER, 40);
	made_fill(m, 0x66, 12);
	made_32(m, 0x2112a442);
	made_16(m, 40);
	made_16(m, 0x0001);
}

static inline void
stun_classic(struct made *m)
{
	made_fill(m, MADE_CIPHER, 16 + 8);
	made_16(m, 8);
	made_16(m, 0x0101);
}

/* A data indication of TURN with what m holds: the address of the peer, the data. */
static inline void
in_indication(struct made *m, unsigned address_bytes)
{
	size_t n = made_n(m);

	made_16(m, (unsigned)n);
	made_16(m, 0x0013);
	made_fill(m, 0x77, address_bytes);
	made_16(m, address_bytes);
	made_16(m, 0x0012);
	n = made_n(m);
	made_fill(m, 0x66, 12);
	made_32(m, 0x2112a442);
	made_16(m, (unsigned)n);
	made_16(m, 0x0017);
}

static inline void
rtp_in_indication(struct made *m)
{
	rtp(m);
	in_indication(m, 8);
}

static inline void
rtp_in_indication6(struct made *m)
{
	rtp_extension(m);
	in_indication(m, 20);
}

static inline void
sip_in_indication(struct made *m)
{
	made_text(m, " "); /* a whole number of words */
	sip(m);
	while (made_n(m) % 4 != 0)
		made_text(m, "I");
	in_indication(m, 8);
}

static inline void
in_channel(struct made *m)
{
	size_t n = made_n(m);

	made_16(m, (unsigned)n);
	made_16(m, 0x4001);
}

static inline void
rtp_in_channel(struct made *m)
{
	rtp_extension(m);
	in_channel(m);
}

static inline void
rtcp_in_channel(struct made *m)
{
	rtcp(m);
	in_channel(m);
}

static inline void
sip_in_channel(struct made *m)
{
	sip(m);
	in_channel(m);
}

static inline void
in_hep(struct made *m, unsigned type)
{
	size_t n = made_n(m);

	made_16(m, (unsigned)n + 6);
	made_32(m, 15);
	made_8(m, type);
	made_16(m, 7);
	made_32(m, 11);
	for (unsigned i = 10; i > 2; i--) {
		made_32(m, 0x0a0b0c0d);
		made_16(m, 10);
		made_32(m, i);
	}
	n = made_n(m);
	made_16(m, (unsigned)n + 6);
	made_text(m, "HEP3");
}

static inline void
rtp_in_hep(struct made *m)
{
	rtp(m);
	in_hep(m, 4);
}

static inline void
rtcp_in_hep(struct made *m)
{
	rtcp(m);
	in_hep(m, 5);
}

static inline void
sip_in_hep(struct made *m)
{
	sip(m);
	in_hep(m, 1);
}

static inline void
dtls_handshake(struct made *m)
{
	made_fill(m, MADE_CIPHER, 300);
	made_16(m, 300);
	made_fill(m, 0, 8);
	made_16(m, 0xfefd);
	made_8(m, 22);
}

static inline void
dtls_data(struct made *m) /* 20 bytes pass of what has no shape that is needed */
{
	made_voice(m, VOICE_BYTES);
	made_fill(m, 1, 7);
	made_16(m, VOICE_BYTES);
	made_fill(m, 0, 8);
	made_16(m, 0xfefd);
	made_8(m, 23);
}

static inline void
dns(struct made *m)
{
	made_voice(m, VOICE_BYTES);
	made_fill(m, 5, LOOK_BYTES - 2);
	made_16(m, 0x1234);
}

static inline void
quic(struct made *m)
{
	made_voice(m, VOICE_BYTES);
	made_fill(m, 5, LOOK_BYTES - 5);
	made_32(m, 1);
	made_8(m, 0xc3);
}

enum outcome { NO_VOICE, ALL };

struct row {
	const char *name;
	void (*carried)(struct made *m);
	enum outcome outcome;
};

static const struct row payloads[] = {
	{ "rtp", rtp, NO_VOICE },
	{ "rtp with marker", rtp_marked, NO_VOICE },
	{ "rtp like rtcp", rtp_like_rtcp, NO_VOICE },
	{ "rtp with 15 sources", rtp_sources, NO_VOICE },
	{ "rtp with sources and extension", rtp_extension, NO_VOICE },
	{ "rtp with an empty extension", rtp_empty_extension, NO_VOICE },
	{ "rtp with padding", rtp_padded, NO_VOICE },
	{ "rtp with an extension that is not there", rtp_false_extension, NO_VOICE },
	{ "rtp with sources that are not there", rtp_false_sources, NO_VOICE },
	{ "rtp with one byte", rtp_one_byte, NO_VOICE },
	{ "rtcp", rtcp, ALL },
	{ "srtcp", srtcp, ALL },
	{ "sip", sip, ALL },
	{ "sip response", sip_response, ALL },
	{ "sip after breaks", sip_after_breaks, ALL },
	{ "sip of another method", sip_of_another_method, ALL },
	{ "keepalive", keepalive, ALL },
	{ "stun", stun, ALL },
	{ "stun of RFC 3489", stun_classic, ALL },
	{ "rtp in an indication", rtp_in_indication, NO_VOICE },
	{ "rtp in an indication of IPv6", rtp_in_indication6, NO_VOICE },
	{ "sip in an indication", sip_in_indication, ALL },
	{ "rtp in a channel", rtp_in_channel, NO_VOICE },
	{ "rtcp in a channel", rtcp_in_channel, ALL },
	{ "sip in a channel", sip_in_channel, ALL },
	{ "rtp in HEP", rtp_in_hep, NO_VOICE },
	{ "rtcp in HEP", rtcp_in_hep, ALL },
	{ "sip in HEP", sip_in_hep, ALL },
	{ "dtls handshake", dtls_handshake, ALL },
	{ "dtls data", dtls_data, NO_VOICE },
	{ "dns", dns, NO_VOICE },
	{ "quic", quic, NO_VOICE },
};

/* The bytes of speech at the end of a packet. */
static inline size_t
voice_of(const struct made *m)
{
	size_t n = 0;

	while (n < made_n(m) && m->bytes[m->behind - 1 - n] == MADE_VOICE)
		n++;
	return n;
}

enum { N_PAYLOADS = sizeof(payloads) / sizeof(payloads[0]) };

#endif
