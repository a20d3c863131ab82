/* SPDX-License-Identifier: Apache-2.0 */
/* Which SRTP packets are tried with which keys and counters, and what is concluded. */
#include "probes/media/srtp_check.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, RELAY = 3, TRIES_MAX = 64 };

static struct es_dialog *call;
static struct es_stream_state *s;
static struct es_media *of_alice, *of_bob;
static es_time now;

/* What fits: the key, or any (0), with the counter; and what the decrypter says of it, and of the rest. */
static uint32_t fit_id;
static uint32_t fit_roc;
static enum es_srtp_fit is_fit, no_fit;
static unsigned n_tries;
static uint32_t tried_id[TRIES_MAX];
static uint32_t tried_roc[TRIES_MAX];

static enum es_srtp_fit
try_key(void *ctx, uint32_t id, const uint8_t *packet, size_t n, uint32_t roc)
{
	(void)ctx;
	(void)packet;
	if (n != 32)
		test_fail(__FILE__, __LINE__, "%zu bytes", n);
	if (n_tries < TRIES_MAX) {
		tried_id[n_tries] = id;
		tried_roc[n_tries] = roc;
	}
	n_tries++;
	return (fit_id == 0 || id == fit_id) && roc == fit_roc ? is_fit : no_fit;
}

static void
key(struct es_media *m, uint32_t id)
{
	m->key[m->n_keys++] = (struct es_media_key){ .print = UINT64_C(1000) + id, .id = id };
}

/* A stream from Bob to Alice, each with one key: 1 is Bob's, 2 Alice's. */
static void
begin(bool began_unseen)
{
	rig_open();
	if (es_pool_new(&c.checks, 2, sizeof(struct es_srtp_check)) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
	c.keys.srtp = try_key;
	call = rig_call("c", host(ALICE, 5060), host(BOB, 5060));
	call->began_unseen = began_unseen;
	of_alice = rig_media(call, host(ALICE, 4000), true);
	of_bob = rig_media(call, host(BOB, 5000), false);
	key(of_alice, 2);
	key(of_bob, 1);
	s = rig_stream(host(BOB, 5000), host(ALICE, 4000), 0xb);
	s->owner.call = call->index;
	s->owner.media = 0;
	s->is_secure = true;
	es_srtp_check_begin(&streams, s);
	now = at_ms(0);
	fit_id = 1;
	fit_roc = 0;
	is_fit = ES_SRTP_FITS;
	no_fit = ES_SRTP_FITS_NOT;
}

static void
end(void)
{
	es_srtp_check_drop(&c, s);
	if (c.checks.n_used != 0)
		test_fail(__FILE__, __LINE__, "a check is left");
	rig_close();
}

/* The packet of an extended number, 20 ms after the one before; how often a key was tried on it. */
static unsigned
take_as(uint64_t number, uint16_t profile, bool is_cut)
{
	uint8_t bytes[32] = { 0x80, 0, (uint8_t)(number >> 8), (uint8_t)number };
	struct es_rtp rtp;

	if (es_rtp_parse(es_slice_of(bytes, sizeof(bytes)), sizeof(bytes), &rtp) != 0)
		test_fail(__FILE__, __LINE__, "no RTP");
	rtp.extension_profile = profile;
	rtp.is_cut = is_cut;
	s->highest = number;
	s->last_at = now = es_time_add(now, 20 * ES_NS_PER_MS);
	n_tries = 0;
	es_srtp_check_packet(&streams, s, &rtp, sizeof(bytes));
	return n_tries;
}

static unsigned
take(uint64_t number)
{
	return take_as(number, 0, false);
}

static struct es_stream
reported(void)
{
	struct es_stream r;

	memset(&r, 0, sizeof(r));
	es_srtp_check_report(&c, s, &r);
	return r;
}

TEST(srtp_check_is_of_a_secure_stream_whose_target_has_keys)
{
	begin(false);
	CHECK(s->check != 0);
	CHECK_EQ(c.checks.n_used, 1);
	es_srtp_check_begin(&streams, s); /* again: the same */
	CHECK_EQ(c.checks.n_used, 1);
	es_srtp_check_drop(&c, s);
	CHECK_EQ(s->check, 0);
	es_srtp_check_drop(&c, s);
	s->is_secure = false;
	es_srtp_check_begin(&streams, s);
	CHECK_EQ(s->check, 0);
	s->is_secure = true;
	s->owner.media = ES_POOL_NONE;
	es_srtp_check_begin(&streams, s);
	CHECK_EQ(s->check, 0);
	s->owner.media = 0;
	of_alice->n_keys = 0;
	es_srtp_check_begin(&streams, s);
	CHECK_EQ(s->check, 0);
	of_alice->n_keys = 1;
	es_srtp_check_begin(&streams, s);
	CHECK(s->check != 0);
	CHECK_EQ(reported().has, 0); /* nothing is known yet */
	end();
}

TEST(srtp_check_finds_no_room_in_a_full_pool)
{
	begin(false);
	es_srtp_check_drop(&c, s);
	CHECK_EQ(es_pool_take(&c.checks), 0);
	CHECK_EQ(es_pool_take(&c.checks), 1);
	es_srtp_check_begin(&streams, s);
	CHECK_EQ(s->check, 0);
	CHECK_EQ(reported().has, 0);
	es_pool_give(&c.checks, 0);
	es_srtp_check_begin(&streams, s);
	CHECK_EQ(s->check, 1);
	es_pool_give(&c.checks, 1);
	end();
}

TEST(srtp_is_checked_four_times_at_first_then_each_256th_and_behind_a_wrap)
{
	begin(false);
	for (uint64_t number = 1001; number < 1005; number++)
		CHECK_EQ(take(number), 1);
	for (uint64_t number = 1005; number < 1024; number++)
		CHECK_EQ(take(number), 0);
	CHECK_EQ(take(1024), 1);
	CHECK_EQ(take(1025), 0);
	CHECK_EQ(reported().srtp_checked, 5);
	CHECK_EQ(reported().srtp_failed, 0);
	CHECK_EQ(reported().has, ES_STREAM_HAS_SRTP_CHECK | ES_STREAM_HAS_SRTP_ROC);
	fit_roc = 1;
	for (uint64_t number = 65536; number < 65540; number++)
		CHECK_EQ(take(number), 1);
	CHECK_EQ(take(65540), 0);
	CHECK_EQ(reported().srtp_roc, 1);
	CHECK_EQ(c.count[ES_CNT_SRTP_CHECKED], 9);
	CHECK_EQ(c.count[ES_CNT_SRTP_FAILED], 0);
	CHECK_EQ(s->record.findings, 0);
	es_srtp_check_begin(&streams, s); /* the call's SDP changed */
	for (uint64_t number = 65541; number < 65545; number++)
		CHECK_EQ(take(number), 1);
	CHECK_EQ(take(65545), 0);
	end();
}

TEST(srtp_that_nobody_can_check_is_left_alone)
{
	begin(false);
	CHECK_EQ(take_as(1024, 0, true), 0);
	CHECK_EQ(take_as(1024, 0xc0de, false), 0);
	CHECK_EQ(take_as(1024, 0xc2de, false), 0);
	CHECK_EQ(take_as(1024, 0xbede, false), 1);
	s->owner.call = ES_POOL_NONE;
	CHECK_EQ(take(1024), 0);
	s->owner.call = call->index;
	s->owner.media = ES_POOL_NONE;
	CHECK_EQ(take(1024), 0);
	s->owner.media = 0;
	of_alice->n_keys = 0;
	CHECK_EQ(take(1024), 0);
	of_alice->n_keys = 1;
	CHECK_EQ(take(1024), 1);
	end();
}

TEST(srtp_waits_for_the_keys_of_its_sender)
{
	begin(false);
	of_bob->n_keys = 0;
	CHECK_EQ(take(1001), 0);
	of_bob->n_keys = 1;
	CHECK_EQ(take(1002), 0); /* until something is reported */
	es_srtp_check_begin(&streams, s);
	CHECK_EQ(take(1003), 1);
	end();
}

TEST(srtp_keys_are_tried_from_the_likeliest_on)
{
	struct es_media *relay;

	begin(false);
	key(of_bob, 3);
	relay = rig_media(call, host(RELAY, 6000), false);
	key(relay, 4);
	fit_id = 2;
	CHECK_EQ(take(1001), 4);
	CHECK_EQ(tried_id[0], 3); /* the newest of the sender's host, .. */
	CHECK_EQ(tried_id[1], 1);
	CHECK_EQ(tried_id[2], 4); /* .. of its side, .. */
	CHECK_EQ(tried_id[3], 2); /* .. of the other side */
	CHECK_EQ(take(1002), 1);  /* then the one that fitted */
	CHECK_EQ(tried_id[0], 2);
	fit_id = 1;
	CHECK_EQ(take(1003), 2);
	CHECK_EQ(tried_id[0], 2);
	CHECK_EQ(tried_id[1], 1);
	CHECK_EQ(take(1004), 1);
	CHECK_EQ(tried_id[0], 1);
	CHECK_EQ(reported().srtp_checked, 4);
	CHECK_EQ(reported().srtp_failed, 0);
	end();
}

TEST(srtp_counter_is_searched_three_at_a_time)
{
	begin(true);
	fit_roc = 5;
	CHECK_EQ(take(1001), 6); /* two keys: 0, then 1, 2: 0 was tried */
	CHECK_EQ(tried_roc[1], 0);
	CHECK_EQ(tried_roc[2], 1);
	CHECK_EQ(tried_roc[5], 2);
	CHECK_EQ(reported().has, 0);
	CHECK_EQ(take(1002), 7); /* 0, then 3, 4, 5 */
	CHECK_EQ(tried_roc[2], 3);
	CHECK_EQ(tried_roc[6], 5);
	CHECK_EQ(reported().srtp_roc, 5);
	CHECK_EQ(reported().srtp_checked, 1); /* what failed before was of another counter */
	CHECK_EQ(reported().srtp_failed, 0);
	for (uint64_t number = 1003; number < 1006; number++)
		CHECK_EQ(take(number), 1);
	CHECK_EQ(tried_roc[0], 5);
	CHECK_EQ(take(1006), 0);
	CHECK_EQ(reported().srtp_checked, 4);
	CHECK_EQ(s->record.findings, 0);
	end();
}

TEST(srtp_search_continues_over_a_wrap)
{
	begin(true);
	fit_id = 0;
	fit_roc = 4; /* behind the wrap */
	CHECK_EQ(take(65535), 6);
	CHECK_EQ(take(65536), 3); /* two keys with 1, and what was 3 is 4 */
	CHECK_EQ(tried_roc[0], 1);
	CHECK_EQ(tried_roc[2], 4);
	CHECK_EQ(reported().srtp_roc, 4);
	end();
}

/* 22 packets try 64 counters; the search is over then. */
TEST(srtp_that_no_key_fits_is_counted_when_the_search_is_over)
{
	begin(false);
	fit_roc = UINT32_MAX;
	for (unsigned i = 0; i < 21; i++) {
		CHECK(take(1001 + i) > 0);
		CHECK_EQ(reported().srtp_checked, 0);
	}
	CHECK(take(1022) > 0);
	CHECK_EQ(reported().srtp_checked, 22);
	CHECK_EQ(reported().srtp_failed, 22);
	CHECK_EQ(reported().has, ES_STREAM_HAS_SRTP_CHECK);
	CHECK_EQ(take(1023), 0);
	CHECK_EQ(take(1024), 2); /* each sixteenth, with one counter */
	CHECK_EQ(take(1025), 0);
	CHECK_EQ(take(1040), 2);
	CHECK_EQ(take(1048), 0);
	CHECK_EQ(reported().srtp_checked, 24);
	CHECK_EQ(reported().srtp_failed, 24);
	CHECK_EQ(c.count[ES_CNT_SRTP_FAILED], 24);
	end();
}

TEST(srtp_that_failed_is_counted_when_its_counter_fits_after_all)
{
	begin(false);
	take(1001);
	fit_roc = 9;
	take(1002);
	take(1003);
	CHECK_EQ(reported().srtp_checked, 1);
	fit_roc = 0;
	take(1004);
	fit_roc = 0;
	take(1005);
	CHECK_EQ(reported().srtp_checked, 5);
	CHECK_EQ(reported().srtp_failed, 2);
	CHECK_EQ(s->record.findings, 0);
	end();
}

/* What is found of n packets in a row that no key fits, and one more after a pause. */
static uint32_t
fail_with(bool is_late, bool has_lost, uint32_t coverage, unsigned n, int64_t pause_ms)
{
	uint32_t findings;

	begin(is_late);
	of_alice->has_lost_keys = has_lost;
	call->coverage.flags = coverage;
	fit_roc = UINT32_MAX;
	for (unsigned i = 0; i < n; i++)
		take(1001 + i);
	now = es_time_add(now, pause_ms * ES_NS_PER_MS);
	take(1024);
	findings = s->record.findings;
	end();
	return findings;
}

TEST(srtp_that_no_key_fits_for_two_seconds_is_a_key_mismatch)
{
	/* The first failed at 20 ms, the 22nd at 440 ms. */
	CHECK_EQ(fail_with(false, false, 0, 22, 1560 - 1), 0);
	CHECK_EQ(fail_with(false, false, 0, 22, 1560), ES_FINDING_SRTP_KEY);
	CHECK_EQ(fail_with(false, false, 0, 21, 5000), ES_FINDING_SRTP_KEY);
	CHECK_EQ(fail_with(false, false, 0, 20, 5000), 0); /* the search continues */
}

TEST(srtp_of_a_call_of_which_something_is_missing_is_no_key_mismatch)
{
	static const uint32_t flags[] = { ES_COV_DROPS, ES_COV_GAP, ES_COV_CUT, ES_COV_CLOCK };

	CHECK_EQ(fail_with(true, false, 0, 22, 5000), 0);
	CHECK_EQ(fail_with(false, true, 0, 22, 5000), 0);
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(fail_with(false, false, flags[i], 22, 5000), 0);
	CHECK_EQ(fail_with(false, false, ES_COV_EVICTED, 22, 5000), ES_FINDING_SRTP_KEY);
}

TEST(srtp_of_more_keys_than_are_tried_is_no_key_mismatch)
{
	for (unsigned more = 6; more <= 7; more++) {
		struct es_media *m[2];

		begin(false);
		m[0] = rig_media(call, host(RELAY, 6000), false);
		m[1] = rig_media(call, host(RELAY, 6002), false);
		for (unsigned i = 0; i < more; i++)
			key(m[i / 4], 10 + i);
		fit_roc = UINT32_MAX;
		CHECK_EQ(take(1001), 24); /* eight keys, three counters */
		for (unsigned i = 0; i < 21; i++)
			take(1002 + i);
		now = es_time_add(now, 5 * ES_NS_PER_S);
		take(1024);
		CHECK_EQ(s->record.findings, more == 6 ? ES_FINDING_SRTP_KEY : 0);
		end();
	}
}

TEST(srtp_that_fitted_once_fails_as_a_key_mismatch_in_a_call_begun_late_too)
{
	begin(true);
	take(1001);
	take(1002);
	fit_roc = UINT32_MAX;
	for (unsigned i = 0; i < 22; i++)
		take(1003 + i);
	CHECK_EQ(reported().srtp_checked, 24);
	CHECK_EQ(reported().srtp_failed, 22);
	now = es_time_add(now, 2 * ES_NS_PER_S);
	take(1040);
	CHECK_EQ(reported().srtp_failed, 23);
	CHECK_EQ(s->record.findings, ES_FINDING_SRTP_KEY);
	end();
}

TEST(srtp_of_other_keys_begins_the_search_again)
{
	begin(false);
	fit_roc = UINT32_MAX;
	for (unsigned i = 0; i < 22; i++)
		take(1001 + i);
	CHECK_EQ(take(1023), 0);
	key(of_bob, 7);
	fit_id = 7;
	fit_roc = 2;
	CHECK_EQ(take(1024), 7); /* three keys with 0, with 1, and the newest one with 2 */
	CHECK_EQ(reported().srtp_roc, 2);
	CHECK_EQ(reported().srtp_checked, 23);
	end();
}

TEST(srtp_counter_behind_the_one_of_its_key_is_a_finding_and_one_ahead_is_not)
{
	begin(false);
	fit_roc = 0;
	take(70000);
	CHECK_EQ(reported().srtp_roc, 0); /* begun behind a wrap that nobody saw */
	fit_roc = 3;
	take(70001);
	take(70002);
	CHECK_EQ(reported().srtp_roc, 3);
	CHECK_EQ(s->record.findings, 0);
	fit_roc = 2;
	take(70003);
	take(70004);
	CHECK_EQ(reported().srtp_roc, 2);
	CHECK_EQ(s->record.findings, ES_FINDING_SRTP_ROC);
	s->record.findings = 0;
	fit_id = 2; /* another key counts on its own */
	fit_roc = 1;
	take(70005);
	take(70006);
	CHECK_EQ(reported().srtp_roc, 1);
	CHECK_EQ(s->record.findings, 0);
	end();
}

TEST(srtp_counter_below_zero_is_tried_with_no_key)
{
	begin(false);
	take(65536);
	CHECK_EQ(reported().srtp_roc, 0);
	CHECK_EQ(take(65535), 0); /* late, from before the wrap */
	CHECK_EQ(reported().srtp_checked, 1);
	end();
}

TEST(srtp_of_another_mki_is_a_finding_after_eight_packets)
{
	begin(false);
	is_fit = ES_SRTP_OTHER_MKI;
	for (unsigned i = 0; i < 7; i++)
		CHECK_EQ(take(1001 + i), 1);
	CHECK_EQ(s->record.findings, 0);
	is_fit = ES_SRTP_FITS; /* one that fits restarts the count */
	CHECK_EQ(take(1008), 1);
	is_fit = ES_SRTP_OTHER_MKI;
	for (unsigned i = 0; i < 7; i++)
		CHECK_EQ(take(1009 + i), 1);
	CHECK_EQ(s->record.findings, 0);
	CHECK_EQ(take(1016), 1);
	CHECK_EQ(s->record.findings, ES_FINDING_SRTP_MKI);
	CHECK_EQ(take(1017), 0);
	CHECK_EQ(reported().srtp_checked, 16);
	CHECK_EQ(reported().srtp_failed, 15);
	end();
}

TEST(srtp_that_says_nothing_fails_nowhere)
{
	begin(false);
	no_fit = ES_SRTP_UNKNOWN;
	fit_roc = UINT32_MAX;
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(take(1001 + i), 2);
	CHECK_EQ(take(1005), 0);
	CHECK_EQ(take(1024), 2);
	CHECK_EQ(take(1040), 0);
	CHECK_EQ(reported().has, 0);
	end();
}
