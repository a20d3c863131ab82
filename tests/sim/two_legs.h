/* SPDX-License-Identifier: Apache-2.0 */
/* Legs of calls through a B2BUA (host 9), and media between Alice and Bob. Static on purpose. */
#ifndef TESTS_TWO_LEGS_H
#define TESTS_TWO_LEGS_H

#include "tests/sim/parties.h"

enum { B2BUA = 9 };

/* A message on a leg between two hosts; of the caller's side or not. */
static inline void
say(double ms, const char *leg, uint8_t from, uint8_t to, bool is_callers, const char *start,
    const char *method, unsigned cseq, const char *sdp)
{
	struct world_sip m = { .start = start, .call_id = leg, .cseq = cseq, .method = method };
	bool is_response = strncmp(start, "SIP/2.0", 7) == 0;
	bool is_first = strcmp(start, "INVITE sip:x@example SIP/2.0") == 0 && cseq == 1;

	m.from_tag = is_callers != is_response ? "tc" : "te"; /* of who sent the request */
	m.to_tag = is_first ? NULL : is_callers != is_response ? "te" : "tc";
	m.sdp = sdp;
	world_send_sip(&w, ms, world_addr(from, 5060), world_addr(to, 5060), &m);
}

static inline void
invite(double ms, const char *leg, uint8_t from, uint8_t to, const char *sdp)
{
	say(ms, leg, from, to, true, "INVITE sip:x@example SIP/2.0", "INVITE", 1, sdp);
}

static inline void
answer(double ms, const char *leg, uint8_t from, uint8_t to, const char *sdp)
{
	say(ms, leg, from, to, false, "SIP/2.0 200 OK", "INVITE", 1, sdp);
}

static inline void
bye(double ms, const char *leg, uint8_t from, uint8_t to)
{
	say(ms, leg, from, to, true, "BYE sip:x@example SIP/2.0", "BYE", 9, NULL);
}

static struct world_rtp a, b;
static double now_ms;

/* The time of a packet each way, sent over a relay. */
static inline void
talk_elsewhere(void)
{
	now_ms += 20;
	a.seq++;
	b.seq++;
	a.ts += 160;
	b.ts += 160;
}

/* n packets each way. */
static inline void
talk(unsigned n)
{
	while (n-- > 0) {
		world_send_rtp(&w, now_ms, &a);
		world_send_rtp(&w, now_ms + 1, &b);
		talk_elsewhere();
	}
}

#endif
