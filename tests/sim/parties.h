/* SPDX-License-Identifier: Apache-2.0 */
/* Alice calls Bob: SIP messages and media of one call, for the tests of calls. Static on purpose. */
#ifndef TESTS_PARTIES_H
#define TESTS_PARTIES_H

#include "tests/sim/world.h"
#include "tests/unit/harness.h"

enum { ALICE = 1, BOB = 2, A_PORT = 4000, B_PORT = 5000 };

static struct world w;
static char sdp_a[1024];
static char sdp_b[1024];

static inline void
begin(void)
{
	world_init(&w);
	world_start(&w);
	world_sdp(sdp_a, ALICE, A_PORT, "0 8 101", "a=rtpmap:101 telephone-event/8000\r\n");
	world_sdp(sdp_b, BOB, B_PORT, "0 101", "a=rtpmap:101 telephone-event/8000\r\n");
}

static inline void
request(double ms, bool from_alice, const char *method, unsigned cseq, const char *to_tag,
    const char *sdp)
{
	char start[64];
	struct world_sip m = { .start = start, .call_id = "c1", .cseq = cseq, .method = method };

	snprintf(start, sizeof(start), "%s sip:x@example SIP/2.0", method);
	m.from_tag = from_alice ? "ta" : "tb";
	m.to_tag = to_tag;
	m.sdp = sdp;
	world_send_sip(&w, ms, world_addr(from_alice ? ALICE : BOB, 5060),
	    world_addr(from_alice ? BOB : ALICE, 5060), &m);
}

/* The answer to a request that Alice (or Bob) sent. */
static inline void
response(double ms, bool to_alice, const char *status, const char *method, unsigned cseq,
    const char *sdp)
{
	char start[64];
	struct world_sip m = { .start = start, .call_id = "c1", .cseq = cseq, .method = method };

	snprintf(start, sizeof(start), "SIP/2.0 %s", status);
	m.from_tag = to_alice ? "ta" : "tb";
	m.to_tag = to_alice ? "tb" : "ta";
	m.sdp = sdp;
	world_send_sip(&w, ms, world_addr(to_alice ? BOB : ALICE, 5060),
	    world_addr(to_alice ? ALICE : BOB, 5060), &m);
}

/* INVITE at 0, 180 at 100, 200 at 1000, ACK at 1010. */
static inline void
set_up(void)
{
	begin();
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(10, true, "100 Trying", "INVITE", 1, NULL);
	response(100, true, "180 Ringing", "INVITE", 1, NULL);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	request(1010, true, "ACK", 1, "tb", NULL);
}

/* Any message between two hosts; call_id NULL: "c1", start NULL: a request of this method. */
static inline void
send_sip(double ms, uint8_t from, uint8_t to, struct world_sip m)
{
	char start[80];

	if (m.call_id == NULL)
		m.call_id = "c1";
	if (m.start == NULL) {
		snprintf(start, sizeof(start), "%s sip:x@example SIP/2.0", m.method);
		m.start = start;
	}
	world_send_sip(&w, ms, world_addr(from, 5060), world_addr(to, 5060), &m);
}

static inline struct world_rtp
to_bob(void)
{
	return (struct world_rtp){ .from = ALICE,
		.to = BOB,
		.from_port = A_PORT,
		.to_port = B_PORT,
		.ssrc = 0xa,
		.seq = 100,
		.ts = 1000 };
}

static inline struct world_rtp
to_alice(void)
{
	return (struct world_rtp){ .from = BOB,
		.to = ALICE,
		.from_port = B_PORT,
		.to_port = A_PORT,
		.ssrc = 0xb,
		.seq = 200,
		.ts = 2000 };
}

#endif
