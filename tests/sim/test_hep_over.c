/* SPDX-License-Identifier: Apache-2.0 */
/* A call that HEP reported, then seen from its INVITE on: its record is that of what was seen. */
#include "proto/encode.h"
#include "tests/sim/parties.h"
#include "tests/unit/hep_samples.h"

enum { HEP_PORT = 9060 };

/* Over HEP, by a clock like ours. */
static void
hear(double ms, bool from_alice, struct world_sip m)
{
	uint32_t micros = (uint32_t)(ms * 1000);
	struct hep_sample s;
	char text[2048];

	m.call_id = "c1";
	m.from_tag = "ta";
	hep_begin(&s, from_alice ? ALICE : BOB, 5060, from_alice ? BOB : ALICE, 5060, WORLD_T0_S,
	    micros, 1);
	hep_chunk(&s, 15, text, world_sip_text(&m, text, sizeof(text)));
	world_send_udp(&w, ms, world_addr(8, 5000), world_addr(9, HEP_PORT), s.bytes, s.n);
}

static void
hear_invite(double ms, unsigned cseq)
{
	hear(ms, true,
	    (struct world_sip){ .start = "INVITE sip:x@example SIP/2.0",
		.cseq = cseq,
		.method = "INVITE",
		.sdp = sdp_a });
}

static void
hear_status(double ms, const char *start, unsigned cseq, const char *extra, const char *sdp)
{
	hear(ms, false,
	    (struct world_sip){ .start = start,
		.cseq = cseq,
		.method = "INVITE",
		.to_tag = "tb",
		.extra = extra,
		.sdp = sdp });
}

static void
report_nothing(void)
{
}

static void
report_an_answered_call(void)
{
	hear_invite(0, 1);
	hear_status(1, "SIP/2.0 100 Trying", 1, NULL, NULL);
	hear_status(2, "SIP/2.0 180 Ringing", 1, NULL, NULL);
	hear_status(3, "SIP/2.0 183 Session Progress", 1, NULL, sdp_b);
	hear_status(4, "SIP/2.0 200 OK", 1, "Session-Expires: 120;refresher=uas\r\n", sdp_b);
}

static void
report_a_call_that_ended(void)
{
	report_an_answered_call();
	hear(6, true,
	    (struct world_sip){ .start = "BYE sip:x@example SIP/2.0",
		.cseq = 2,
		.method = "BYE",
		.to_tag = "tb",
		.extra = "Reason: Q.850;cause=31\r\n" });
	hear(7, false,
	    (struct world_sip){
		.start = "SIP/2.0 200 OK", .cseq = 2, .method = "BYE", .to_tag = "tb" });
}

/* Nobody refreshed it, and the callee hung up for that. */
static void
report_a_call_that_expired(void)
{
	report_an_answered_call();
	hear(119000, false,
	    (struct world_sip){
		.start = "BYE sip:x@example SIP/2.0", .cseq = 2, .method = "BYE", .to_tag = "tb" });
}

static void
report_a_challenge(void)
{
	hear_invite(0, 1);
	hear_status(1, "SIP/2.0 401 Unauthorized", 1, NULL, NULL);
	hear_invite(3, 2);
	hear_status(4, "SIP/2.0 407 Proxy Authentication Required", 2, NULL, NULL);
}

static void
report_a_refusal(void)
{
	hear_invite(0, 1);
	hear_status(2, "SIP/2.0 302 Moved Temporarily", 1, NULL, NULL);
	hear_invite(4, 2);
	hear_status(6, "SIP/2.0 486 Busy Here", 2, "Reason: SIP;cause=486;text=\"busy\"\r\n", NULL);
}

static void
report_a_cancelled_call(void)
{
	hear_invite(0, 1);
	hear_status(2, "SIP/2.0 180 Ringing", 1, NULL, NULL);
	hear(4, true,
	    (struct world_sip){
		.start = "CANCEL sip:x@example SIP/2.0", .cseq = 1, .method = "CANCEL" });
	hear_status(6, "SIP/2.0 487 Request Terminated", 1, NULL, NULL);
}

/* How the call that is seen continues. */
enum seen { ANSWERED, FAILED, ANSWERED_AT_ONCE, REFUSED_AT_ONCE, CANCELLED, ALONE, SEEN_END };

static void
end_by_bye(double base)
{
	response(base + 900, true, "200 OK", "INVITE", 3, sdp_b);
	request(base + 910, true, "ACK", 3, "tb", NULL);
	request(base + 60000, false, "BYE", 1, "ta", NULL);
	response(base + 60010, false, "200 OK", "BYE", 1, NULL);
}

static void
end_by(double base, const char *status)
{
	response(base + 900, true, status, "INVITE", 3, NULL);
	request(base + 910, true, "ACK", 3, "tb", NULL);
}

/*
 * What was seen, as bytes of its record; begun says when HEP reported it first and is left out, as is
 * the media that HEP reported where no SDP was seen since.
 */
static size_t
see(void (*reported)(void), double base, enum seen seen, uint8_t *out, size_t cap)
{
	struct es_record rec;
	const struct es_call *c;
	size_t i = 0;
	int n;

	begin();
	reported();
	request(base + 20, true, "INVITE", 3, NULL, sdp_a);
	if (seen != ALONE && seen != ANSWERED_AT_ONCE && seen != REFUSED_AT_ONCE) {
		response(base + 30, true, "100 Trying", "INVITE", 3, NULL);
		response(base + 70, true, "180 Ringing", "INVITE", 3, NULL);
	}
	if (seen == CANCELLED)
		request(base + 500, true, "CANCEL", 3, NULL, NULL);
	if (seen == ANSWERED || seen == ANSWERED_AT_ONCE)
		end_by_bye(base);
	else if (seen == FAILED || seen == REFUSED_AT_ONCE)
		end_by(base, seen == FAILED ? "503 Service Unavailable" : "404 Not Found");
	else if (seen == CANCELLED)
		end_by(base, "487 Request Terminated");
	world_flush(&w);
	c = world_call(&w, "c1");
	while (i < w.n_records && &w.records[i]->is.u.call != c)
		i++;
	if (c == NULL || i == w.n_records)
		return 0;
	rec = w.records[i]->is;
	rec.u.call.has &= ~(uint32_t)ES_CALL_HAS_BEGUN;
	if (seen != ANSWERED && seen != ANSWERED_AT_ONCE)
		rec.u.call.n_codecs = rec.u.call.n_callee_media = 0;
	n = es_record_encode(&rec, out, cap);
	world_done(&w);
	return n > 0 ? (size_t)n : 0;
}

TEST(call_of_hep_that_is_seen_is_as_if_hep_had_not_reported_it)
{
	static const struct {
		const char *name;
		void (*reported)(void);
		double base; /* when it is seen */
	} before[] = { { "answered", report_an_answered_call, 0 },
		{ "ended", report_a_call_that_ended, 0 },
		{ "expired", report_a_call_that_expired, 120000 },
		{ "challenged", report_a_challenge, 0 }, { "refused", report_a_refusal, 0 },
		{ "cancelled", report_a_cancelled_call, 0 } };
	static uint8_t want[4096], got[4096];

	for (int seen = 0; seen < SEEN_END; seen++) {
		for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
			double base = before[i].base;
			size_t n_want =
			    see(report_nothing, base, (enum seen)seen, want, sizeof(want));
			size_t n = see(before[i].reported, base, (enum seen)seen, got, sizeof(got));

			CHECK(n_want > 0);
			if (n != n_want || memcmp(got, want, n) != 0)
				test_fail(__FILE__, __LINE__, "%s, seen %d: another record",
				    before[i].name, seen);
		}
	}
}
