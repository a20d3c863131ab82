/* SPDX-License-Identifier: Apache-2.0 */
/* SRTCP of calls whose SDP tells the keys: protected by libsrtp here, read by the engine. */
#include "probes/call/srtp_keys.h"
#include "tests/sim/parties.h"
#include "tests/unit/secure.h"

enum { RTCP_PORT = 1 };

static struct es_srtp *srtp;

static void
start_secure(bool use_keys)
{
	if (es_srtp_new(&srtp) != 0)
		abort();
	world_init(&w);
	if (use_keys)
		w.cfg.keys = es_srtp_callbacks(srtp);
	world_start(&w);
}

static void
done_secure(struct end *a, struct end *b)
{
	world_done(&w);
	srtp_dealloc(a->session);
	if (b != NULL)
		srtp_dealloc(b->session);
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

/* A receiver report of ssrc about Alice's stream: 7 lost. */
static size_t
report_of(const struct end *e, uint8_t ssrc, bool with_mki, uint8_t p[256])
{
	static const uint8_t rr[] = { 0x81, 201, 0, 7, 0, 0, 0, 0xb, 0, 0, 0, 0xa, 0, 0, 0, 7, 0, 1,
		0, 100, 0, 0, 0, 160, 0, 0, 0, 0, 0, 0, 0, 0 };
	int n = sizeof(rr);

	memcpy(p, rr, sizeof(rr));
	p[7] = ssrc;
	if (srtp_protect_rtcp_mki(e->session, p, &n, with_mki, 0) != srtp_err_status_ok)
		abort();
	return (size_t)n;
}

/* The same of Bob. */
static size_t
report(const struct end *e, bool with_mki, uint8_t p[256])
{
	return report_of(e, 0xb, with_mki, p);
}

static void
send_from_bob(double ms, const uint8_t *p, size_t n)
{
	world_send_udp(&w, ms, world_addr(BOB, B_PORT + RTCP_PORT),
	    world_addr(ALICE, A_PORT + RTCP_PORT), p, n);
}

TEST(srtcp_of_each_suite_is_read)
{
	for (unsigned i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		const struct suite *s = &suites[i];
		char offer[256], answer[256];
		const struct es_reported *r;
		struct end a, b;
		uint8_t p[256];

		start_secure(true);
		make_end(&a, s, 1, 0);
		make_end(&b, s, 2, 0);
		call_with(line(&a, s, 1, "", offer), line(&b, s, 1, "|2^20", answer));
		CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 2);
		send_from_bob(1500, p, report(&b, false, p));
		CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_DECRYPTED), 1);
		CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_FAILED), 0);
		CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
		r = &world_nth(&w, ES_REC_REPORTED, 0)->u.reported;
		CHECK_EQ(r->subject_ssrc, 0xa);
		CHECK_EQ(r->cumulative_lost, 7);
		CHECK_EQ(r->jitter_us, 20000);
		CHECK_SLICE(r->call_id, "c1");
		done_secure(&a, &b);
	}
}

TEST(srtcp_without_use_keys_is_counted_only)
{
	const struct suite *s = &suites[0];
	char offer[256], answer[256];
	struct end a, b;
	uint8_t p[256];

	start_secure(false);
	make_end(&a, s, 1, 0);
	make_end(&b, s, 2, 0);
	call_with(line(&a, s, 1, "", offer), line(&b, s, 1, "", answer));
	send_from_bob(1500, p, report(&b, false, p));
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_PACKETS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_RTCP_MALFORMED), 0);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 0);
	done_secure(&a, &b);
}

TEST(srtcp_of_another_key_or_damaged_or_seen_before_is_no_report)
{
	const struct suite *s = &suites[0];
	char offer[256], answer[256];
	struct end a, b, other;
	uint8_t p[256];
	size_t n;

	start_secure(true);
	make_end(&a, s, 1, 0);
	make_end(&b, s, 2, 0);
	make_end(&other, s, 3, 0);
	call_with(line(&a, s, 1, "", offer), line(&b, s, 1, "", answer));
	send_from_bob(1500, p, report(&other, false, p));
	CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_FAILED), 1);
	n = report(&b, false, p);
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
	done_secure(&a, &b);
}

/* A cut one passes for RTCP: its end is missing, and ciphertext would be read as numbers. */
TEST(srtcp_that_the_capture_cut_is_no_report)
{
	const struct suite *s = &suites[0];
	char offer[256], answer[256];
	struct end a, b;
	uint8_t p[256];

	start_secure(true);
	make_end(&a, s, 1, 0);
	make_end(&b, s, 2, 0);
	call_with(line(&a, s, 1, "", offer), line(&b, s, 1, "", answer));
	w.snap_bytes = 42 + 32;
	send_from_bob(1500, p, report(&b, false, p));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 0);
	CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_PACKETS), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_DECRYPTED), 0);
	done_secure(&a, &b);
}

/* More than a session of libsrtp may know at one time. */
TEST(srtcp_of_many_senders_with_one_key_is_read)
{
	const struct suite *s = &suites[0];
	char offer[256], answer[256];
	struct end a, b;
	uint8_t p[256];

	start_secure(true);
	make_end(&a, s, 1, 0);
	make_end(&b, s, 2, 0);
	call_with(line(&a, s, 1, "", offer), line(&b, s, 1, "", answer));
	for (unsigned i = 0; i < 100; i++)
		send_from_bob(1500 + i, p, report_of(&b, (uint8_t)(100 + i % 50), false, p));
	CHECK_EQ(world_counter(&w, ES_CNT_SRTCP_DECRYPTED), 100);
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 100);
	done_secure(&a, &b);
}

TEST(srtcp_with_a_master_key_identifier)
{
	const struct suite *s = &suites[0];
	char offer[256], answer[256];
	struct end a, b;
	uint8_t p[256];

	start_secure(true);
	make_end(&a, s, 1, 4);
	make_end(&b, s, 2, 4);
	call_with(line(&a, s, 1, "|2^20|5:4", offer), line(&b, s, 1, "|5:4", answer));
	send_from_bob(1500, p, report(&b, true, p));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	done_secure(&a, &b);
}

/* SRTCP carries its own index: a capture that begins in mid-call misses nothing of it. */
TEST(srtcp_is_read_from_the_middle_of_a_call)
{
	const struct suite *s = &suites[0];
	char offer[256], answer[256];
	struct end a, b;
	uint8_t p[256];

	start_secure(true);
	make_end(&a, s, 1, 0);
	make_end(&b, s, 2, 0);
	for (unsigned i = 0; i < 100000; i++)
		(void)report(&b, false, p);
	call_with(line(&a, s, 1, "", offer), line(&b, s, 1, "", answer));
	send_from_bob(1500, p, report(&b, false, p));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	done_secure(&a, &b);
}

TEST(keys_of_lines_that_the_answer_did_not_take_are_given_up)
{
	char offer[512], one[256], two[256], answer[256];
	struct end a, a2, b;
	uint8_t p[256];

	start_secure(true);
	make_end(&a, &suites[2], 1, 0);
	make_end(&a2, &suites[0], 4, 0);
	make_end(&b, &suites[0], 2, 0);
	snprintf(offer, sizeof(offer), "%s%s", line(&a, &suites[2], 1, "", one),
	    line(&a2, &suites[0], 2, "", two));
	world_sdp(sdp_a, ALICE, A_PORT, "0", offer);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	request(500, true, "INVITE", 1, NULL, sdp_a); /* sent again: no new keys */
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 2);
	call_with(offer, line(&b, &suites[0], 2, "", answer));
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 2);
	send_from_bob(1500, p, report(&b, false, p));
	CHECK_EQ(world_count(&w, ES_REC_REPORTED), 1);
	world_flush(&w);
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 0);
	srtp_dealloc(a2.session);
	done_secure(&a, &b);
}

TEST(keys_go_with_their_call)
{
	char offer[256], answer[256];
	struct end a, b;

	start_secure(true);
	make_end(&a, &suites[0], 1, 0);
	make_end(&b, &suites[0], 2, 0);
	call_with(line(&a, &suites[0], 1, "", offer), line(&b, &suites[0], 1, "", answer));
	request(5000, true, "BYE", 2, "tb", NULL);
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 2);
	es_engine_advance(w.e, world_time(60000));
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 0);
	done_secure(&a, &b);
}

TEST(keys_that_cannot_be_used_are_left_alone)
{
	char answer[256];
	struct end b;

	start_secure(true);
	make_end(&b, &suites[0], 2, 0);
	call_with("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:tooshort\r\n"
		  "a=crypto:2 F8_128_HMAC_SHA1_80 "
		  "inline:/b8tNSRvdAKtV6yB9SZovVLs4pIIXHb59kTfaTHE\r\n",
	    line(&b, &suites[0], 1, "", answer));
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 1);
	done_secure(&b, NULL);
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
