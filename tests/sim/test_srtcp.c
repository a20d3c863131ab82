/* SPDX-License-Identifier: Apache-2.0 */
/* SRTCP of calls whose SDP has the keys: protected by libsrtp here, read by the engine. */
#include "probes/call/srtp_keys.h"
#include "tests/sim/parties.h"
#include "tests/unit/secure.h"

enum { RTCP_PORT = 1 };

static struct es_srtp *srtp;
static struct end alice, bob;
static const struct suite *suite;

/* Both ends with keys of their own; use_keys: the engine may. */
static void
start(const struct suite *s, bool use_keys, unsigned mki_bytes)
{
	suite = s;
	if (es_srtp_new(&srtp) != 0)
		abort();
	world_init(&w);
	if (use_keys)
		w.cfg.keys = es_srtp_callbacks(srtp);
	world_start(&w);
	make_end(&alice, s, 1, mki_bytes);
	make_end(&bob, s, 2, mki_bytes);
}

static void
done(void)
{
	world_done(&w);
	srtp_dealloc(alice.session);
	srtp_dealloc(bob.session);
	es_srtp_free(srtp);
}

/* The call with these lines in offer and answer, and five packets each way. */
static void
call_with(const char *offer, const char *answer)
{
	struct world_rtp to_b = to_bob();
	struct world_rtp to_a = to_alice();
	double ms = 1020;

	world_sdp(sdp_a, ALICE, A_PORT, "0", offer);
	world_sdp(sdp_b, BOB, B_PORT, "0", answer);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	request(1010, true, "ACK", 1, "tb", NULL);
	world_run_rtp(&w, &ms, &to_b, 5);
	ms = 1020;
	world_run_rtp(&w, &ms, &to_a, 5);
}

/* The call with the keys of both, more behind each. */
static void
call(const char *more_offer, const char *more_answer)
{
	char offer[256], answer[256];

	call_with(
	    line(&alice, suite, 1, more_offer, offer), line(&bob, suite, 1, more_answer, answer));
}

/* A receiver report of ssrc about Alice's stream: 7 lost. */
static size_t
report_of(const struct end *e, uint8_t ssrc, uint8_t p[256])
{
	static const uint8_t rr[] = { 0x81, 201, 0, 7, 0, 0, 0, 0xb, 0, 0, 0, 0xa, 0, 0, 0, 7, 0, 1,
		0, 100, 0, 0, 0, 160, 0, 0, 0, 0, 0, 0, 0, 0 };
	int n = sizeof(rr);

	memcpy(p, rr, sizeof(rr));
	p[7] = ssrc;
	if (srtp_protect_rtcp_mki(e->session, p, &n, e->mki_bytes > 0, 0) != srtp_err_status_ok)
		abort();
	return (size_t)n;
}

static void
send_from_bob(double ms, const uint8_t *p, size_t n)
{
	world_send_udp(&w, ms, world_addr(BOB, B_PORT + RTCP_PORT),
	    world_addr(ALICE, A_PORT + RTCP_PORT), p, n);
}

/* The next report of Bob's stream, protected by e. */
static void
send_report(double ms, const struct end *e)
{
	uint8_t p[256];

	send_from_bob(ms, p, report_of(e, 0xb, p));
}

TEST(srtcp_of_each_suite_is_read)
{
	for (unsigned i = 0; i < N_SUITES; i++) {
		const struct es_reported *r;

		start(&suites[i], true, 0);
		call("", "|2^20");
		CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 2);
		send_report(1500, &bob);
		CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_DECRYPTED), 1);
		CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_FAILED), 0);
		CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
		r = &world_nth(&w, ES_REC_REPORTED, 0)->u.reported;
		CHECK_EQ(r->subject_ssrc, 0xa);
		CHECK_EQ(r->cumulative_lost, 7);
		CHECK_EQ(r->jitter_us, 20000);
		CHECK_SLICE(r->call_id, "c1");
		done();
	}
}

TEST(srtcp_report_is_read_or_counted)
{
	static const struct {
		const char *name;
		bool use_keys;
		unsigned mki_bytes;
		const char *more_offer, *more_answer;
		unsigned n_missed;   /* reports before the capture begins */
		uint32_t snap_bytes; /* 0: all */
		uint64_t held, seen, decrypted;
	} rows[] = {
		{ "keys are not used", false, 0, "", "", 0, 0, 0, 1, 0 },
		/* Its end is missing, so that it passes for RTCP: ciphertext would be read as numbers. */
		{ "the capture cut it", true, 0, "", "", 0, 42 + 32, 2, 1, 0 },
		{ "a master key identifier", true, 4, "|2^20|5:4", "|5:4", 0, 0, 2, 1, 1 },
		/* SRTCP carries its own index: a capture that begins in mid-call misses nothing of it. */
		{ "from the middle of a call", true, 0, "", "", 100000, 0, 2, 1, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t held, seen, decrypted, malformed;
		unsigned n_reports;
		uint8_t p[256];

		start(&suites[0], rows[i].use_keys, rows[i].mki_bytes);
		for (unsigned k = 0; k < rows[i].n_missed; k++)
			(void)report_of(&bob, 0xb, p);
		call(rows[i].more_offer, rows[i].more_answer);
		w.snap_bytes = rows[i].snap_bytes;
		send_report(1500, &bob);
		held = world_counter(&w, ES_CNT_KEYS_HELD);
		seen = world_counter(&w, ES_CNT_SRTCP_PACKETS);
		decrypted = world_counter(&w, ES_CNT_SRTCP_DECRYPTED);
		malformed = world_counter(&w, ES_CNT_RTCP_MALFORMED);
		n_reports = world_count(&w, ES_REC_REPORTED);
		if (held != rows[i].held || seen != rows[i].seen ||
		    decrypted != rows[i].decrypted || n_reports != rows[i].decrypted ||
		    malformed != 0)
			test_fail(__FILE__, __LINE__,
			    "%s: %d keys held, %d seen, %d decrypted, %u reports, %d malformed",
			    rows[i].name, (int)held, (int)seen, (int)decrypted, n_reports,
			    (int)malformed);
		done();
	}
}

TEST(srtcp_of_another_key_or_damaged_or_seen_before_is_no_report)
{
	struct end other;
	uint8_t p[256];
	size_t n;

	start(&suites[0], true, 0);
	make_end(&other, suite, 3, 0);
	call("", "");
	send_report(1500, &other);
	CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_FAILED), 1);
	n = report_of(&bob, 0xb, p);
	for (size_t i = 8; i < n; i++) {
		p[i] ^= 1;
		send_from_bob(1510, p, n);
		p[i] ^= 1;
	}
	CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_FAILED), 1 + n - 8);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 0);
	send_from_bob(1600, p, n);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	send_from_bob(1610, p, n);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_FAILED), 1 + n - 8);
	srtp_dealloc(other.session);
	done();
}

/* More than a session of libsrtp may know at one time. */
TEST(srtcp_of_many_senders_with_one_key_is_read)
{
	uint8_t p[256];

	start(&suites[0], true, 0);
	call("", "");
	for (unsigned i = 0; i < 100; i++)
		send_from_bob(1500 + i, p, report_of(&bob, (uint8_t)(100 + i % 50), p));
	CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_DECRYPTED), 100);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 100);
	done();
}

TEST(keys_of_lines_that_the_answer_did_not_take_are_given_up)
{
	char offer[512], one[256], two[256], answer[256];
	struct end not_taken;

	start(&suites[0], true, 0);
	make_end(&not_taken, &suites[2], 4, 0);
	snprintf(offer, sizeof(offer), "%s%s", line(&not_taken, &suites[2], 1, "", one),
	    line(&alice, suite, 2, "", two));
	world_sdp(sdp_a, ALICE, A_PORT, "0", offer);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	request(500, true, "INVITE", 1, NULL, sdp_a); /* sent again: no new keys */
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 2);
	call_with(offer, line(&bob, suite, 2, "", answer));
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 2);
	send_report(1500, &bob);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 0);
	srtp_dealloc(not_taken.session);
	done();
}

TEST(keys_go_with_their_call)
{
	start(&suites[0], true, 0);
	call("", "");
	request(5000, true, "BYE", 2, "tb", NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 2);
	es_engine_advance(w.e, world_time(60000));
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 0);
	done();
}

TEST(keys_that_cannot_be_used_are_left_alone)
{
	char answer[256];

	start(&suites[0], true, 0);
	call_with("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:tooshort\r\n"
		  "a=crypto:2 F8_128_HMAC_SHA1_80 "
		  "inline:/b8tNSRvdAKtV6yB9SZovVLs4pIIXHb59kTfaTHE\r\n",
	    line(&bob, suite, 1, "", answer));
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 1);
	done();
}

TEST(base64_of_a_key)
{
	uint8_t out[3];

	CHECK_EQ(es_srtp_keys_base64(es_slice_str("Zm9v"), out, 3), 0);
	CHECK_EQ(memcmp(out, "foo", 3), 0);
	CHECK_EQ(es_srtp_keys_base64(es_slice_str("Zm8="), out, 2), 0);
	CHECK_EQ(memcmp(out, "fo", 2), 0);
	CHECK_EQ(es_srtp_keys_base64(es_slice_str("Zm8"), out, 2), 0);
	CHECK_EQ(es_srtp_keys_base64(es_slice_str("Zg=="), out, 1), 0);
	CHECK_EQ(es_srtp_keys_base64(es_slice_str("Zg=="), out, 2), ES_EMALFORMED);
	CHECK_EQ(es_srtp_keys_base64(es_slice_str("Zm9vZm9v"), out, 3), ES_EMALFORMED);
	CHECK_EQ(es_srtp_keys_base64(es_slice_str("Zm-v"), out, 3), ES_EMALFORMED);
	CHECK_EQ(es_srtp_keys_base64(es_slice_str(""), out, 3), ES_EMALFORMED);
}
