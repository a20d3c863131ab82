/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the most expensive packet costs where the keys of a call were seen: every packet is shown to as
 * many keys and rollover counters as there may be, and fits none. Real keys, real libsrtp.
 *
 *	worst_srtp [SUITE]
 */
#include "agent/srtp.h"
#include "tests/bench/worst.h"
#include "tests/unit/secure.h"

enum {
	CALLER = 0x0a000001,
	CALLEE = 0x0a000002,
	KEYS = 4, /* an offer names, and an answer too */
	PACKET_BYTES = 2048,
	SSRCS = 200,
	PACKETS_EACH = 8,
};

static const struct suite *suite;
static unsigned mki_bytes;

/* An SDP body of KEYS keys made from seed. */
static void
sdp(char *out, size_t room, unsigned seed)
{
	size_t n = (size_t)snprintf(out, room,
	    "v=0\r\no=- 1 1 IN IP4 10.0.0.%u\r\ns=-\r\nc=IN IP4 10.0.0.%u\r\nt=0 0\r\n"
	    "m=audio 4000 RTP/SAVP 0\r\n",
	    seed, seed);

	for (unsigned i = 0; i < KEYS; i++) {
		struct end e;
		char text[256], more[32] = "";

		if (mki_bytes > 0)
			(void)snprintf(more, sizeof(more), "|%u:%u", i + 1, mki_bytes);
		make_end(&e, suite, seed * KEYS + i, mki_bytes);
		n += (size_t)snprintf(out + n, room - n, "%s", line(&e, suite, i + 1, more, text));
		(void)srtp_dealloc(e.session);
	}
}

static void
message(struct worst *w, const char *start, uint32_t src, uint32_t dst, unsigned seed)
{
	char body[4096];
	int n;

	sdp(body, sizeof(body), seed);
	n = snprintf(worst_text(w), 8000,
	    "%s\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\n"
	    "To: <sip:b@b>;tag=2\r\nCall-ID: 1@a\r\nCSeq: 1 INVITE\r\n"
	    "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
	    start, strlen(body), body);
	worst_udp(w, src, 5060, dst, 5060, (size_t)n, 1000);
}

static void
packet(struct worst *w, uint32_t ssrc, uint16_t seq)
{
	uint8_t *p = w->frame + 28;

	memset(p, 0x5a, PACKET_BYTES);
	p[0] = 0x80;
	p[1] = 0;
	worst_put(p + 2, 2, seq);
	worst_put(p + 4, 4, seq * UINT32_C(160));
	worst_put(p + 8, 4, ssrc);
	worst_udp(w, CALLEE, 4000, CALLER, 4000, PACKET_BYTES, 100);
}

/* Sources in turn, so that no session that was made for one serves the next. */
static void
forged(struct worst *w)
{
	message(w, "INVITE sip:b@b SIP/2.0", CALLER, CALLEE, 1);
	message(w, "SIP/2.0 200 OK", CALLEE, CALLER, 2);
	for (uint16_t i = 0; i < PACKETS_EACH; i++)
		for (uint32_t ssrc = 1; ssrc <= SSRCS; ssrc++)
			packet(w, ssrc, i);
}

int
main(int argc, char **argv)
{
	struct es_config cfg = { .max_streams = 1024 };
	struct es_srtp *srtp;
	int err = 0;

	if (es_srtp_new(&srtp) != 0)
		return 1;
	cfg.keys = es_srtp_callbacks(srtp);
	for (size_t i = 0; i < N_SUITES && err == 0; i++)
		for (mki_bytes = 0; mki_bytes <= 4 && err == 0; mki_bytes += 4) {
			const struct worst_play play = { suites[i].name, forged };

			suite = &suites[i];
			err = worst_main(argc < 2 ? NULL : argv[1], &play, 1, &cfg);
		}
	es_srtp_free(srtp);
	return err;
}
