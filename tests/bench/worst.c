/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the most expensive packet costs: floods, collisions, deep nesting, long texts, holes. Prints
 * for each play its packets, the mean and the dearest one; the promise is 1 ms.
 *
 *	worst [NAME]
 */
#include "tests/bench/worst.h"

enum { MAX_STREAMS = 4096, COLLIDING = 1000, COLLIDING_MASK = 1023 };

/* Every packet from another source: each is a new stream, and evicts one once the pool is full. */
static void
flood_of_sources(struct worst *w)
{
	for (uint32_t i = 0; i < 60000; i++)
		worst_rtp(w, 0x0b000000 + i * 7, (uint16_t)(1024 + i % 60000), i, 1, 0, 10);
}

/* The same, each believed before the next one comes: eviction has to say what was measured. */
static void
flood_of_proven(struct worst *w)
{
	for (uint32_t i = 0; i < 60000; i++)
		worst_rtp(w, 0x0b000000 + i / 4 * 7, (uint16_t)(1024 + i / 4 % 60000), i / 4,
		    (uint16_t)(i % 4), i % 4 * 160, 20000);
}

/* One 5-tuple, every packet another SSRC. */
static void
flood_of_ssrcs(struct worst *w)
{
	for (uint32_t i = 0; i < 30000; i++)
		worst_rtp(w, 0x0b000001, 5000, i, 1, 0, 10);
}

/* Sources whose flows meet in one place of the table, as if the key had leaked. */
static void
collisions(struct worst *w)
{
	uint32_t found = 0;

	for (uint64_t i = 0; found < COLLIDING && i < UINT64_C(60000) * 64; i++) {
		uint32_t src = 0x0b000000 + (uint32_t)(i / 60000);
		uint16_t port = (uint16_t)(1024 + i % 60000);

		if ((worst_tuple_hash(w, src, port) >> 32 & COLLIDING_MASK) != 0)
			continue;
		found++;
		worst_rtp(w, src, port, 1, 1, 0, 10);
	}
}

/* Numbers that jump by 32,000 with a timestamp that fits: blocks lost whole, again and again. */
static void
jumps(struct worst *w)
{
	uint16_t seq = 1;
	uint32_t ts = 0;

	for (uint32_t i = 0; i < 4000; i++) {
		unsigned step = i % 20 == 19 ? 32000 : 1;

		seq = (uint16_t)(seq + step);
		ts += step * 160;
		worst_rtp(w, 0x0b000001, 5000, 7, seq, ts, 20000);
	}
}

static size_t
invite(struct worst *w, uint32_t call, const char *headers, const char *body)
{
	return (size_t)snprintf(worst_text(w), 60000,
	    "INVITE sip:b@b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK%u\r\n"
	    "From: <sip:a@a>;tag=%u\r\nTo: <sip:b@b>\r\nCall-ID: %u@a\r\nCSeq: 1 INVITE\r\n"
	    "%sContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
	    call, call, call, headers, strlen(body), body);
}

/* A new call with every packet, each announcing sixteen addresses of its own. */
static void
flood_of_calls(struct worst *w)
{
	static char body[8192];

	for (uint32_t i = 0; i < 20000; i++) {
		size_t n =
		    (size_t)snprintf(body, sizeof(body), "v=0\r\no=- 1 1 IN IP4 10.1.1.1\r\n");

		for (unsigned m = 0; m < 16; m++)
			n += (size_t)snprintf(body + n, sizeof(body) - n,
			    "m=audio %u RTP/AVP 0 8 18 101\r\nc=IN IP4 10.%u.%u.%u\r\n",
			    1024 + m * 2, 1 + i % 200, i / 200 % 250, m);
		worst_udp(w, 0x0b000000 + i, 5060, 0x0a000002, 5060, invite(w, i, "", body), 100);
	}
}

/* Sixty kilobytes of header fields, of one header field, of an attribute. */
static void
long_texts(struct worst *w)
{
	static char text[60000];
	size_t n;

	for (unsigned i = 0; i < 30; i++) {
		memset(text, 0, sizeof(text));
		for (n = 0; n + 8 < 55000; n += 6)
			memcpy(text + n, "a: b\r\n", 6);
		worst_udp(w, 1, 5060, 2, 5060, invite(w, i, text, ""), 1000);
		memset(text, 0, sizeof(text));
		memcpy(text, "Via: ", 5);
		memset(text + 5, ',', 55000);
		memcpy(text + 55005, "\r\n", 2);
		worst_udp(w, 1, 5060, 2, 5060, invite(w, i, text, ""), 1000);
		memset(text, 0, sizeof(text));
		memcpy(text, "v=0\r\nm=audio 4000 RTP/AVP 0\r\n", 30);
		for (n = 30; n + 20 < 55000; n += 15)
			memcpy(text + n, "a=rtpmap:0 a/8\n", 15);
		worst_udp(w, 1, 5060, 2, 5060, invite(w, 100 + i, "", text), 1000);
	}
}

/* A datagram in eight thousand parts, and thousands of datagrams that never end. */
static void
fragments(struct worst *w)
{
	for (unsigned i = 0; i < 8000; i++) {
		worst_ip(w, 17, 1, 2, 8);
		worst_put(w->frame + 4, 2, 7);
		worst_put(w->frame + 6, 2, 0x2000 | (7999 - i));
		worst_send(w, ES_LINK_RAW, 28, 10);
	}
	for (unsigned i = 0; i < 20000; i++) {
		worst_ip(w, 17, i, 2, 8);
		worst_put(w->frame + 4, 2, i);
		worst_put(w->frame + 6, 2, 0x2000 | (i % 8000));
		worst_send(w, ES_LINK_RAW, 28, 10);
	}
}

static void
segment(struct worst *w, uint16_t port, uint32_t seq, size_t n)
{
	worst_ip(w, 6, 1, 2, 20 + n);
	memset(w->frame + 20, 0, 20);
	worst_put(w->frame + 20, 2, port);
	worst_put(w->frame + 22, 2, 5060);
	worst_put(w->frame + 24, 4, seq);
	w->frame[32] = 0x50;
	w->frame[33] = 0x10;
	worst_send(w, ES_LINK_RAW, 40 + n, 10);
}

/* A SIP message of thirty kilobytes, one byte a segment; then holes everywhere. */
static void
tiny_segments(struct worst *w)
{
	static char text[32000];
	size_t n = (size_t)snprintf(text, sizeof(text),
	    "INVITE sip:b@b SIP/2.0\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\nFrom: <sip:a@a>;tag=1\r\n"
	    "To: <sip:b@b>\r\nContent-Length: 31000\r\n\r\n");

	memset(text + n, 'x', sizeof(text) - n);
	for (uint32_t i = 0; i < 31000; i++) {
		w->frame[40] = (uint8_t)text[i];
		segment(w, 4000, 1000 + i, 1);
	}
	for (uint32_t i = 0; i < 30000; i++) {
		w->frame[40] = 'x';
		segment(w, 4001, 1000 + (i * 2) % 32000, 1);
	}
	for (uint32_t i = 0; i < 31000; i++) { /* a header that never ends */
		w->frame[40] = i < 60 ? (uint8_t)text[i] : (uint8_t)(i % 6 == 0 ? '\n' : ':');
		segment(w, 4002, 1000 + i, 1);
	}
}

/* Sixteen media lines of sixty-four types and sixteen candidates each, all different. */
static void
many_candidates(struct worst *w)
{
	static char body[60000];

	for (uint32_t i = 0; i < 100; i++) {
		size_t n = (size_t)snprintf(
		    body, sizeof(body), "v=0\r\no=- 1 1 IN IP4 10.1.1.1\r\nc=IN IP4 10.9.9.9\r\n");

		for (unsigned m = 0; m < 16; m++) {
			n += (size_t)snprintf(
			    body + n, sizeof(body) - n, "m=audio %u RTP/AVP", 1024 + m * 2);
			for (unsigned t = 0; t < 64; t++)
				n += (size_t)snprintf(body + n, sizeof(body) - n, " %u", 64 + t);
			for (unsigned t = 0; t < 64; t++)
				n += (size_t)snprintf(
				    body + n, sizeof(body) - n, "\na=rtpmap:%u opux/8000", 64 + t);
			for (unsigned c = 0; c < 16; c++)
				n += (size_t)snprintf(body + n, sizeof(body) - n,
				    "\na=candidate:1 1 udp 1 10.%u.%u.%u 9000 typ host", i, m, c);
			n += (size_t)snprintf(body + n, sizeof(body) - n, "\n");
		}
		worst_udp(w, 0x0b000000 + i, 5060, 0x0a000002, 5060, invite(w, i, "", body), 100);
	}
}

/* Sixty-four sources on each of four flows; a search that fails looks at all of them. */
static void
many_sources(struct worst *w)
{
	for (uint32_t i = 0; i < 256; i++)
		for (uint16_t n = 0; n < 3; n++)
			worst_rtp(
			    w, 0x0b000001, (uint16_t)(5000 + i / 64 * 2), i, n, n * 160u, 100);
}

/* RTCP of sixty kilobytes in packets of `words` words with `count` and `type`, about SSRC 1 again and again. */
static void
long_compound(struct worst *w, uint8_t count, uint8_t type, unsigned words)
{
	uint8_t *p = w->frame + 28;
	size_t n = 0;

	memset(p, 0, 60000);
	for (; n + 4 * (words + 1) <= 60000; n += 4 * (words + 1)) {
		p[n] = (uint8_t)(0x80 | count);
		p[n + 1] = type;
		worst_put(p + n + 2, 2, words);
		for (unsigned i = 1; i <= words; i++)
			worst_put(p + n + 4 * i, 4, 0x00010000 + i);
	}
	worst_udp(w, 0x0b000001, 5001, 0x0a000001, 4001, n, 1000);
}

/* Thousands of packets in one compound, of report blocks, of sources that say BYE, of blocks of an XR. */
static void
long_compounds(struct worst *w)
{
	many_sources(w);
	for (unsigned i = 0; i < 20; i++) {
		long_compound(w, 0, 201, 0);
		long_compound(w, 31, 201, 1 + 31 * 6);
		long_compound(w, 31, 203, 31);
		long_compound(w, 0, 207, 14999);
		long_compound(w, 1, 202, 3);
	}
}

/* A connection of HEP, and then sixty kilobytes of what may be the beginning of the next packet. */
static void
hep_beginnings(struct worst *w)
{
	static const uint8_t hep[6] = { 'H', 'E', 'P', '3', 0, 6 };

	memcpy(w->frame + 40, hep, sizeof(hep));
	segment(w, 4003, 1000, sizeof(hep));
	memset(w->frame + 40, 'H', 60000);
	for (uint32_t i = 0; i < 20; i++)
		segment(w, 4003, 1006 + i * 60000, 60000);
}

/* IP in IP, one layer more each time, until there are too many; labels without end; long chains. */
static void
envelopes(struct worst *w)
{
	for (unsigned i = 0; i < 20000; i++) {
		unsigned layers = 1 + i % 12;
		size_t n = 20 * layers;

		for (unsigned k = layers; k-- > 0;) {
			uint8_t head[20];

			worst_ip(w, k + 1 < layers ? 4 : 17, i, k, 20 * (layers - k - 1) + 8);
			memcpy(head, w->frame, 20);
			memcpy(w->frame + 20 * k, head, 20);
		}
		memset(w->frame + n, 0, 8);
		worst_put(w->frame + n + 4, 2, 8);
		worst_send(w, ES_LINK_RAW, n + 8, 10);
	}
	for (unsigned i = 0; i < 2000; i++) { /* Ethernet, MPLS whose stack has no bottom */
		memset(w->frame, 0, 1500);
		worst_put(w->frame + 12, 2, 0x8847);
		worst_send(w, ES_LINK_ETHERNET, 1500, 10);
	}
	for (unsigned i = 0; i < 2000; i++) { /* IPv6 whose options go on and on */
		memset(w->frame, 0, 1500);
		w->frame[0] = 0x60;
		worst_put(w->frame + 4, 2, 1460);
		worst_send(w, ES_LINK_RAW, 1500, 10);
	}
}

/* The upgrade to a WebSocket, then one-byte frames by the hundred in each segment. */
static void
tiny_frames(struct worst *w)
{
	static const char hello[] =
	    "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Protocol: sip\r\n\r\n";
	uint32_t seq = 1000;

	memcpy(w->frame + 40, hello, sizeof(hello) - 1);
	segment(w, 4100, seq, sizeof(hello) - 1);
	seq += sizeof(hello) - 1;
	for (unsigned i = 0; i < 3000; i++) {
		for (unsigned k = 0; k < 200; k++) {
			uint8_t *at = w->frame + 40 + 7 * k;

			at[0] = k % 3 == 0 ? 0x81 : 0x89;
			at[1] = 0x81;
			worst_put(at + 2, 4, k);
			at[6] = 'x';
		}
		segment(w, 4100, seq, 1400);
		seq += 1400;
	}
}

/* Complete requests of the fewest bytes, each of a new call or registration, as many as fit. */
static size_t
tiny_requests(char *out, size_t room, const char *method, uint32_t *serial)
{
	size_t n = 0;

	for (;;) {
		char one[256];
		int len = snprintf(one, sizeof(one),
		    "%s sip:b SIP/2.0\nv:SIP/2.0/TCP "
		    "a;branch=z9hG4bK%x\nf:<sip:a>;tag=%x\nt:sip:b\ni:%x\n"
		    "CSeq:1 %s\nm:<sip:%x@c>\nl:0\n\n",
		    method, *serial, *serial, *serial, method, *serial);

		if (n + (size_t)len > room)
			return n;
		memcpy(out + n, one, (size_t)len);
		n += (size_t)len;
		(*serial)++;
	}
}

/* Sixty kilobytes of them in each segment. */
static void
tiny_messages(struct worst *w)
{
	static const char *const methods[] = { "INVITE", "REGISTER", "OPTIONS" };
	uint32_t serial = 1;

	for (uint16_t i = 0; i < 3; i++) {
		uint32_t seq = 1000;

		for (unsigned k = 0; k < 30; k++) {
			size_t n = tiny_requests((char *)w->frame + 40, 60000, methods[i], &serial);

			segment(w, (uint16_t)(4200 + i), seq, n);
			seq += (uint32_t)n;
		}
	}
}

/* HEP packets of one connection, each with such a request. */
static void
tiny_hep(struct worst *w)
{
	static const uint8_t head[] = { 'H', 'E', 'P', '3', 0, 0, 0, 0, 0, 1, 0, 7, 2, 0, 0, 0, 2,
		0, 7, 17, 0, 0, 0, 3, 0, 10, 10, 0, 0, 1, 0, 0, 0, 4, 0, 10, 10, 0, 0, 2, 0, 0, 0,
		11, 0, 7, 1, 0, 0, 0, 15, 0, 0 };
	uint32_t seq = 1000;
	uint32_t serial = 1;

	for (unsigned i = 0; i < 30; i++) {
		size_t n = 0;

		while (n + 400 < 60000) {
			uint8_t *at = w->frame + 40 + n;
			size_t text =
			    tiny_requests((char *)at + sizeof(head), 150, "INVITE", &serial);

			memcpy(at, head, sizeof(head));
			worst_put(at + 4, 2, sizeof(head) + text);
			worst_put(at + sizeof(head) - 2, 2, 6 + text);
			n += sizeof(head) + text;
		}
		segment(w, 4300, seq, n);
		seq += (uint32_t)n;
	}
}

/* Sixty kilobytes of speech in a packet, of each codec whose payload shows how loud it is. */
static void
long_payloads(struct worst *w)
{
	static const uint8_t types[] = { 0, 8, 9, 18, 3 };
	uint8_t *p = w->frame + 28;

	worst_udp(w, 0x0a000001, 5060, 0x0a000002, 5060,
	    invite(w, 1, "",
		"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\nc=IN IP4 10.0.0.1\r\n"
		"m=audio 4000 RTP/AVP 0 8 9 18 3\r\n"),
	    100);
	for (uint16_t i = 0; i < 100; i++) {
		memset(p, 0xd5, 60000);
		p[0] = 0x80;
		p[1] = types[i / 20];
		worst_put(p + 2, 2, i);
		worst_put(p + 4, 4, i * UINT32_C(160));
		worst_put(p + 8, 4, 1);
		worst_udp(w, 0x0b000001, 5000, 0x0a000001, 4000, 60000, 20000);
	}
}

/* Packets of media of the fewest bytes behind a length each, and where a new sender begins. */
struct framing {
	uint16_t port;
	size_t head_bytes; /* of channel data, else of a length */
	size_t packet_bytes;
	bool is_each_new; /* another SSRC in each packet; else numbers that jump */
	uint8_t type;     /* second byte: payload type, or that of RTCP */
};

static size_t
framed_media(uint8_t *out, size_t room, const struct framing *f, uint32_t *serial)
{
	size_t n = 0;

	while (n + f->head_bytes + f->packet_bytes <= room) {
		uint8_t *p = out + n + f->head_bytes;

		memset(out + n, 0, f->head_bytes + f->packet_bytes);
		if (f->head_bytes == 4)
			worst_put(out + n, 2, 0x4001);
		worst_put(out + n + f->head_bytes - 2, 2, f->packet_bytes);
		p[0] = 0x80;
		p[1] = f->type;
		worst_put(p + 2, 2, f->is_each_new ? 1 : *serial * 700);
		worst_put(p + 4, 4, f->is_each_new ? 0 : *serial * 112000);
		worst_put(p + 8, 4, f->is_each_new ? *serial : 1);
		if (f->type >= 200) { /* an SR and the rest of it nothing but heads of BYE */
			worst_put(p + 2, 2, 6);
			worst_put(p + 4, 4, *serial);
			for (size_t at = 28; at + 4 <= f->packet_bytes; at += 4)
				worst_put(p + at, 4, 0x80cb0000);
		}
		n += f->head_bytes + f->packet_bytes;
		(*serial)++;
	}
	return n;
}

/* Sixty kilobytes of them in each segment, behind lengths and as channel data of TURN. */
static void
media_in_tcp(struct worst *w)
{
	static const struct framing framings[] = {
		{ 4400, 2, 12, true, 0 },
		{ 4401, 2, 12, false, 0 },
		{ 4402, 4, 12, true, 0 },
		{ 4403, 4, 12, false, 0 },
		{ 4404, 2, 28, true, 200 },
		{ 4405, 2, 1400, true, 200 },
		{ 4406, 4, 1400, true, 200 },
	};

	for (size_t k = 0; k < sizeof(framings) / sizeof(framings[0]); k++) {
		uint32_t serial = 1;
		uint32_t seq = 1000;

		for (unsigned i = 0; i < 30; i++) {
			size_t n = framed_media(w->frame + 40, 60000, &framings[k], &serial);

			segment(w, framings[k].port, seq, n);
			seq += (uint32_t)n;
		}
	}
}

static const struct worst_play plays[] = {
	{ "flood_of_sources", flood_of_sources },
	{ "flood_of_proven", flood_of_proven },
	{ "flood_of_ssrcs", flood_of_ssrcs },
	{ "collisions", collisions },
	{ "jumps", jumps },
	{ "flood_of_calls", flood_of_calls },
	{ "long_texts", long_texts },
	{ "fragments", fragments },
	{ "tiny_segments", tiny_segments },
	{ "tiny_frames", tiny_frames },
	{ "tiny_messages", tiny_messages },
	{ "tiny_hep", tiny_hep },
	{ "media_in_tcp", media_in_tcp },
	{ "envelopes", envelopes },
	{ "many_candidates", many_candidates },
	{ "long_compounds", long_compounds },
	{ "hep_beginnings", hep_beginnings },
	{ "long_payloads", long_payloads },
};

int
main(int argc, char **argv)
{
	struct es_config cfg = { .max_streams = MAX_STREAMS, .use_payload = true };

	return worst_main(argc < 2 ? NULL : argv[1], plays, sizeof(plays) / sizeof(plays[0]), &cfg);
}
