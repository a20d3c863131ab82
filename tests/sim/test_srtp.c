/* SPDX-License-Identifier: Apache-2.0 */
/* SRTP of calls whose SDP has the keys: which packets are checked, and what is said of the stream. */
#include "tests/sim/parties.h"
#include "tests/unit/secure.h"

enum { SSRC = 0xb };

static struct es_srtp *srtp;
static struct end alice, bob, other;

/* Bob's stream to Alice as it continues. */
struct flow {
	const struct end *end;
	const struct suite *suite;
	double ms;
	uint64_t index; /* rollover counter and number */
	uint32_t ssrc;
};

static struct flow flow;

static void
run(unsigned n)
{
	uint8_t p[SECURE_MAX];

	for (unsigned i = 0; i < n; i++) {
		size_t bytes = protect(
		    flow.end, flow.suite, flow.ssrc, flow.index, (uint32_t)flow.index * 160, p);

		world_send_udp(
		    &w, flow.ms, world_addr(BOB, B_PORT), world_addr(ALICE, A_PORT), p, bytes);
		flow.index++;
		flow.ms += 20;
	}
}

static void
start_as(const struct suite *s, bool use_keys, unsigned mki_bytes)
{
	if (es_srtp_new(&srtp) != 0)
		abort();
	world_init(&w);
	if (use_keys)
		w.cfg.keys = es_srtp_callbacks(srtp);
	world_start(&w);
	make_end(&alice, s, 1, mki_bytes);
	make_end(&bob, s, 2, mki_bytes);
	make_end(&other, s, 3, mki_bytes);
	flow = (struct flow){ .end = &bob, .suite = s, .ms = 1020, .index = 2000, .ssrc = SSRC };
}

/* A call with these lines in offer and answer. */
static void
call_with(const char *offer, const char *answer)
{
	world_sdp(sdp_a, ALICE, A_PORT, "0", offer);
	world_sdp(sdp_b, BOB, B_PORT, "0", answer);
	request(0, true, "INVITE", 1, NULL, sdp_a);
	response(1000, true, "200 OK", "INVITE", 1, sdp_b);
	request(1010, true, "ACK", 1, "tb", NULL);
}

/* The call with the keys of both, more behind each. */
static void
call(const char *more)
{
	char offer[256], answer[256];

	call_with(
	    line(&alice, flow.suite, 1, more, offer), line(&bob, flow.suite, 1, more, answer));
}

static void
start(void)
{
	start_as(&suites[0], true, 0);
	call("");
}

static const struct es_stream *
stream(void)
{
	world_flush(&w);
	return world_stream(&w, SSRC, 0);
}

static void
done(void)
{
	world_done(&w);
	srtp_dealloc(alice.session);
	srtp_dealloc(bob.session);
	srtp_dealloc(other.session);
	es_srtp_free(srtp);
}

enum { FOUND = ES_FINDING_SRTP_KEY | ES_FINDING_SRTP_ROC | ES_FINDING_SRTP_MKI };

#define CHECK_SAID(s, checked, failed, findings_)                                    \
	do {                                                                         \
		CHECK(((s)->has & ES_STREAM_HAS_SRTP_CHECK) != 0);                   \
		CHECK_EQ((s)->srtp_checked, checked);                                \
		CHECK_EQ((s)->srtp_failed, failed);                                  \
		CHECK_EQ((s)->findings &FOUND, findings_);                           \
		CHECK_EQ(world_counter(&w, ES_CNT_SRTP_CHECKED), (s)->srtp_checked); \
		CHECK_EQ(world_counter(&w, ES_CNT_SRTP_FAILED), (s)->srtp_failed);   \
	} while (0)

#define CHECK_UNSAID(s)                                                                     \
	do {                                                                                \
		CHECK_EQ((s)->has &(ES_STREAM_HAS_SRTP_CHECK | ES_STREAM_HAS_SRTP_ROC), 0); \
		CHECK_EQ((s)->findings &FOUND, 0);                                          \
	} while (0)

/* Four at the beginning, then numbers 2048, 2304, 2560. */
TEST(srtp_of_each_suite_fits_the_keys_of_its_call)
{
	for (unsigned i = 0; i < N_SUITES; i++) {
		const struct es_stream *s;

		start_as(&suites[i], true, 0);
		call("");
		run(600);
		s = stream();
		CHECK_SAID(s, 7, 0, 0);
		CHECK((s->has & ES_STREAM_HAS_SRTP_ROC) != 0);
		CHECK_EQ(s->srtp_roc, 0);
		done();
	}
}

TEST(srtp_without_use_keys_is_not_checked)
{
	start_as(&suites[0], false, 0);
	call("");
	run(600);
	CHECK_UNSAID(stream());
	CHECK(world_stream(&w, SSRC, 0)->srtp);
	done();
}

TEST(srtp_that_the_capture_cut_is_not_checked)
{
	start();
	w.snap_bytes = 42 + 12 + 8;
	flow.end = &other;
	run(600);
	CHECK_UNSAID(stream());
	done();
}

TEST(rtp_in_clear_is_not_checked)
{
	struct world_rtp r = to_alice();
	double ms = 1020;

	start_as(&suites[0], true, 0);
	call_with("", "");
	world_run_rtp(&w, &ms, &r, 600);
	CHECK_UNSAID(stream());
	done();
}

TEST(srtp_of_another_key_is_a_mismatch)
{
	const struct es_stream *s;

	start();
	flow.end = &other;
	run(300);
	s = stream();
	/* Through the search of 64 counters, three a packet; then one in 16. */
	CHECK_SAID(s, 39, 39, ES_FINDING_SRTP_KEY);
	CHECK_EQ(s->has & ES_STREAM_HAS_SRTP_ROC, 0);
	done();
}

TEST(rtp_in_clear_where_keys_were_agreed_on_is_a_mismatch)
{
	struct world_rtp r = to_alice();
	double ms = 1020;

	start();
	world_run_rtp(&w, &ms, &r, 300);
	CHECK_EQ(stream()->findings & FOUND, ES_FINDING_SRTP_KEY);
	done();
}

/* New keys may be in use before the message that announces them comes by. */
TEST(srtp_of_another_key_for_a_second_is_no_finding)
{
	const struct es_stream *s;

	start();
	flow.end = &other;
	run(50);
	flow.end = &bob;
	run(600);
	s = stream();
	CHECK((s->has & ES_STREAM_HAS_SRTP_ROC) != 0);
	CHECK(s->srtp_failed >= 8 && s->srtp_failed < s->srtp_checked);
	CHECK_EQ(s->findings & FOUND, 0);
	done();
}

TEST(one_damaged_srtp_packet_fails_alone)
{
	uint8_t p[SECURE_MAX];
	size_t n;

	start();
	run(48);
	n = protect(&bob, flow.suite, SSRC, flow.index, (uint32_t)flow.index * 160, p);
	CHECK_EQ(flow.index, 2048); /* one of those that are looked at */
	p[40] ^= 1;
	world_send_udp(&w, flow.ms, world_addr(BOB, B_PORT), world_addr(ALICE, A_PORT), p, n);
	flow.index++;
	flow.ms += 20;
	run(100);
	CHECK_SAID(stream(), 4 + 2, 1, 0);
	done();
}

TEST(srtp_continues_over_a_wrap)
{
	const struct es_stream *s;

	start();
	flow.index = 65500;
	run(100);
	s = stream();
	CHECK_SAID(s, 4 + 4, 0, 0);
	CHECK_EQ(s->srtp_roc, 1);
	done();
}

TEST(srtp_late_from_before_a_wrap_fits)
{
	uint8_t p[SECURE_MAX];
	size_t n;

	start();
	flow.index = 65533;
	run(1);
	flow.index = 65536;
	n = protect(&bob, flow.suite, SSRC, 65535, 65535 * 160, p);
	run(1);
	world_send_udp(&w, flow.ms, world_addr(BOB, B_PORT), world_addr(ALICE, A_PORT), p, n);
	world_send_udp(&w, flow.ms, world_addr(BOB, B_PORT), world_addr(ALICE, A_PORT), p, n);
	run(20);
	CHECK_EQ(world_counter(&w, ES_CNT_SRTP_FAILED), 0);
	CHECK_EQ(stream()->srtp_roc, 1);
	CHECK_EQ(stream()->findings & FOUND, 0);
	done();
}

TEST(srtp_whose_sender_does_not_count_a_wrap_is_found)
{
	const struct es_stream *s;

	start();
	flow.index = 65400;
	run(136);
	flow.index = 0;
	run(300);
	s = stream();
	CHECK_EQ(s->srtp_roc, 0);
	CHECK_EQ(s->findings & FOUND, ES_FINDING_SRTP_ROC);
	CHECK_EQ(s->srtp_failed, 0);
	done();
}

/* A failover: the one that takes over continues the numbers, and counts wraps from 0. */
TEST(srtp_whose_sender_forgets_its_counter_is_found)
{
	start();
	flow.index += UINT64_C(7) << 16;
	run(300);
	CHECK_EQ(world_counter(&w, ES_CNT_SRTP_FAILED), 0);
	flow.index &= 0xffff;
	run(300);
	CHECK_EQ(stream()->srtp_roc, 0);
	CHECK_EQ(stream()->findings & FOUND, ES_FINDING_SRTP_ROC);
	done();
}

TEST(srtp_begun_in_mid_call_finds_its_counter)
{
	static const uint32_t rocs[] = { 0, 1, 3, 17, 63 };

	for (unsigned i = 0; i < sizeof(rocs) / sizeof(rocs[0]); i++) {
		const struct es_stream *s;

		start();
		flow.index += (uint64_t)rocs[i] << 16;
		run(300);
		s = stream();
		CHECK_EQ(s->srtp_roc, rocs[i]);
		CHECK_EQ(s->srtp_failed, 0);
		CHECK(s->srtp_checked >= 5);
		CHECK_EQ(s->findings & FOUND, 0);
		done();
	}
}

/* The search runs over a wrap, too. */
TEST(srtp_begun_just_before_a_wrap_finds_its_counter)
{
	start();
	flow.index = (UINT64_C(40) << 16) - 5;
	run(300);
	CHECK_EQ(stream()->srtp_roc, 40);
	CHECK_EQ(stream()->srtp_failed, 0);
	CHECK_EQ(stream()->findings & FOUND, 0);
	done();
}

/* Its keys came with a re-INVITE: nobody knows how often it wrapped before. */
TEST(srtp_beyond_the_search_in_a_call_begun_before_is_unknown)
{
	char offer[256], answer[256];

	start_as(&suites[0], true, 0);
	world_sdp(sdp_a, ALICE, A_PORT, "0", line(&alice, flow.suite, 1, "", offer));
	world_sdp(sdp_b, BOB, B_PORT, "0", line(&bob, flow.suite, 1, "", answer));
	request(0, true, "INVITE", 2, "tb", sdp_a);
	response(1000, true, "200 OK", "INVITE", 2, sdp_b);
	request(1010, true, "ACK", 2, "tb", NULL);
	flow.index += UINT64_C(5000) << 16;
	run(300);
	CHECK(stream()->srtp);
	CHECK_UNSAID(stream());
	done();
}

TEST(srtp_with_a_master_key_identifier_fits)
{
	start_as(&suites[0], true, 4);
	call("|2^20|5:4");
	run(600);
	CHECK_SAID(stream(), 7, 0, 0);
	done();
}

TEST(srtp_with_another_master_key_identifier_is_found)
{
	const struct es_stream *s;

	start_as(&suites[0], true, 4);
	call("|2^20|6:4");
	run(600);
	s = stream();
	CHECK_SAID(s, 11, 11, ES_FINDING_SRTP_MKI); /* eight in a row, then one in 256 */
	CHECK_EQ(s->srtp_roc, 0);
	done();
}

TEST(srtp_without_the_master_key_identifier_agreed_on_is_found)
{
	start_as(&suites[0], true, 0);
	call("|2^20|5:4");
	run(600);
	CHECK_EQ(stream()->findings & FOUND, ES_FINDING_SRTP_MKI);
	done();
}

TEST(srtp_that_is_not_signed_is_not_checked)
{
	start_as(&suites[0], true, 0);
	call(" UNAUTHENTICATED_SRTP");
	run(600);
	CHECK_UNSAID(stream());
	done();
}

TEST(srtp_signed_but_in_clear_fits)
{
	start_as(&suites[0], true, 0);
	call(" UNENCRYPTED_SRTP");
	bob.is_clear = true;
	run(600);
	CHECK_SAID(stream(), 7, 0, 0);
	done();
}

/* The answer took a suite that nobody here knows: the key that was offered with it proves nothing. */
TEST(srtp_whose_key_cannot_be_used_is_no_mismatch)
{
	char one[256], offer[600], answer[256];

	start_as(&suites[0], true, 0);
	snprintf(offer, sizeof(offer),
	    "a=crypto:1 F8_128_HMAC_SHA1_80 inline:/b8tNSRvdAKtV6yB9SZovVLs4pIIXHb59kTfaTHE\r\n%s",
	    line(&bob, flow.suite, 2, "", one));
	world_sdp(sdp_a, ALICE, A_PORT, "0", line(&alice, flow.suite, 1, "", answer));
	world_sdp(sdp_b, BOB, B_PORT, "0", offer);
	request(0, false, "INVITE", 1, NULL, sdp_b);
	response(1000, false, "200 OK", "INVITE", 1, sdp_a);
	flow.end = &other;
	run(300);
	CHECK_EQ(stream()->findings & FOUND, 0);
	done();
}

/* More keys are offered than are kept, and the answer takes one of the others. */
TEST(srtp_whose_key_was_one_too_many_is_no_mismatch)
{
	char one[256], offer[1200] = "", answer[256];
	size_t n = 0;

	start_as(&suites[0], true, 0);
	for (unsigned tag = 1; tag <= 5; tag++)
		n += (size_t)snprintf(offer + n, sizeof(offer) - n, "%s",
		    line(tag < 5 ? &bob : &other, flow.suite, tag, "", one));
	world_sdp(sdp_a, ALICE, A_PORT, "0", line(&alice, flow.suite, 5, "", answer));
	world_sdp(sdp_b, BOB, B_PORT, "0", offer);
	request(0, false, "INVITE", 1, NULL, sdp_b);
	response(1000, false, "200 OK", "INVITE", 1, sdp_a);
	flow.end = &other;
	run(300);
	CHECK_EQ(stream()->findings & FOUND, 0);
	done();
}

TEST(srtp_before_the_keys_of_its_sender_are_known_is_not_checked)
{
	char offer[256], answer[256];

	start_as(&suites[0], true, 0);
	world_sdp(sdp_a, ALICE, A_PORT, "0", line(&alice, flow.suite, 1, "", offer));
	world_sdp(sdp_b, BOB, B_PORT, "0", line(&bob, flow.suite, 1, "", answer));
	request(0, true, "INVITE", 1, NULL, sdp_a);
	flow.ms = 500;
	run(100);
	CHECK_EQ(world_counter(&w, ES_CNT_SRTP_CHECKED), 0);
	response(flow.ms, true, "200 OK", "INVITE", 1, sdp_b);
	run(100);
	CHECK_SAID(stream(), 4, 0, 0);
	done();
}

TEST(srtp_with_new_keys_of_a_reinvite_fits)
{
	char offer[256], answer[256];

	start();
	run(300);
	world_sdp(sdp_a, ALICE, A_PORT, "0", line(&alice, flow.suite, 1, "", offer));
	world_sdp(sdp_b, BOB, B_PORT, "0", line(&other, flow.suite, 1, "", answer));
	request(flow.ms, true, "INVITE", 2, "tb", sdp_a);
	response(flow.ms, true, "200 OK", "INVITE", 2, sdp_b);
	flow.end = &other;
	run(100);
	CHECK_SAID(stream(), 4 + 2 + 4, 0, 0);
	done();
}

/* As in the answer to each refresh of a session: no more keys for that, and none that is missed. */
TEST(srtp_keys_that_are_said_again_are_held_once)
{
	char two[600], one[256];
	size_t n;

	start_as(&suites[0], true, 0);
	n = (size_t)snprintf(two, sizeof(two), "%s", line(&alice, flow.suite, 1, "", one));
	snprintf(two + n, sizeof(two) - n, "%s", line(&other, flow.suite, 2, "", one));
	world_sdp(sdp_a, ALICE, A_PORT, "0", two);
	for (unsigned i = 0; i < 20; i++) {
		request(i, true, "INVITE", 1, NULL, sdp_a);
		CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 2);
	}
	done();
}

TEST(keys_of_a_call_that_gave_way_are_closed)
{
	struct world_sip m = { .call_id = "c2", .from_tag = "tc", .cseq = 1, .method = "INVITE" };

	if (es_srtp_new(&srtp) != 0)
		abort();
	world_init(&w);
	w.cfg.keys = es_srtp_callbacks(srtp);
	w.cfg.max_calls = 1;
	world_start(&w);
	make_end(&alice, &suites[0], 1, 0);
	make_end(&bob, &suites[0], 2, 0);
	make_end(&other, &suites[0], 3, 0);
	flow = (struct flow){ &bob, &suites[0], 1020, 2000, SSRC };
	call("");
	run(10);
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 2);
	send_sip(flow.ms, 7, 8, m);
	CHECK_EQ(world_counter(&w, ES_CNT_CALLS_EVICTED), 1);
	CHECK_EQ(world_counter(&w, ES_CNT_KEYS_HELD), 0);
	run(300);
	CHECK_SAID(stream(), 4, 0, 0);
	done();
}

/* A stream whose sender loses its count, and one of another key. */
static void
play(uint8_t hash, bool with_ticks)
{
	start_as(&suites[0], true, 0);
	world_done(&w);
	world_init(&w);
	w.cfg.keys = es_srtp_callbacks(srtp);
	memset(w.cfg.hash_key, hash, sizeof(w.cfg.hash_key));
	world_start(&w);
	call("");
	flow.index = 65400;
	for (unsigned i = 0; i < 120; i++) {
		if (i == 14)
			flow.index = 0;
		if (i == 40)
			flow.end = &other;
		if (with_ticks)
			es_engine_advance(w.e, world_time(flow.ms - 7));
		run(i == 13 ? 6 : 10);
	}
	world_flush(&w);
}

TEST(srtp_checks_do_not_depend_on_ticks_or_hash_key)
{
	uint8_t *log;
	size_t n;

	play(1, false);
	CHECK(stream()->srtp_failed > 0);
	n = w.log_bytes;
	log = malloc(n);
	memcpy(log, w.log, n);
	done();
	play(200, true);
	CHECK_EQ(w.log_bytes, n);
	CHECK_EQ(memcmp(log, w.log, n), 0);
	free(log);
	done();
}
