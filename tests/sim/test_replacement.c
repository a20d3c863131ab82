/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that a relay numbers with an SSRC of its own: Bob hears Alice over the relay (9), directly, and over
 * the relay again. What another stream carried to Bob meanwhile is no loss; what no stream carried is.
 */
#include "tests/sim/parties.h"

enum { RELAY = 9, DIRECT = 0xa, RELAYED = 0x51 };

static struct world_rtp direct, relayed;
static double now_ms;
static bool has_gap; /* the relay keeps the gaps of Alice's numbers */

static void
begin_with(bool keeps_gap, bool is_announced)
{
	char relay[1024];

	begin();
	world_sdp(relay, RELAY, 10002, "0 101", "");
	if (is_announced) {
		send_sip(0, RELAY, BOB,
		    (struct world_sip){
			.method = "INVITE", .cseq = 1, .from_tag = "ta", .sdp = relay });
		send_sip(10, BOB, RELAY,
		    (struct world_sip){ .start = "SIP/2.0 200 OK",
			.method = "INVITE",
			.cseq = 1,
			.from_tag = "ta",
			.to_tag = "tb",
			.sdp = sdp_b });
	}
	direct = relayed = to_bob();
	relayed.from = RELAY;
	relayed.from_port = 10002;
	relayed.ssrc = RELAYED;
	relayed.seq = 64900; /* wraps */
	relayed.ts = 0xfffff000;
	now_ms = 100;
	has_gap = keeps_gap;
}

/* n packet times of Alice's, which reach nobody. */
static void
lose(unsigned n)
{
	direct.seq = (uint16_t)(direct.seq + n);
	direct.ts += 160 * n;
	relayed.seq = (uint16_t)(relayed.seq + (has_gap ? n : 0));
	relayed.ts += 160 * n;
	now_ms += 20 * n;
}

/* n packets over each path in turn: 'r' the relay, 'd' directly. */
static void
talk(const char *phases, unsigned n)
{
	for (; *phases != '\0'; phases++) {
		bool is_relayed = *phases == 'r';

		for (unsigned i = 0; i < n; i++) {
			world_send_rtp(&w, now_ms, is_relayed ? &relayed : &direct);
			relayed.seq = (uint16_t)(relayed.seq + (is_relayed && !has_gap));
			lose(1);
		}
	}
}

static void
is_counted(uint32_t ssrc, uint64_t packets, uint64_t lost)
{
	const struct es_stream *s = world_stream(&w, ssrc, 0);
	uint64_t expected = 0, missing = 0, last = 0;

	CHECK(s != NULL);
	if (s == NULL)
		return;
	CHECK_EQ(s->packets, packets);
	CHECK_EQ(s->lost, lost);
	CHECK_EQ(s->expected, packets + lost);
	CHECK_EQ(s->stale + s->late + s->duplicates, 0);
	CHECK(world_stream(&w, ssrc, 1) == NULL);
	for (unsigned i = 0; i < world_count(&w, ES_REC_INTERVAL); i++) {
		const struct es_interval *v = &world_nth(&w, ES_REC_INTERVAL, i)->u.interval;

		if (v->stream.ssrc != ssrc)
			continue;
		CHECK(v->first_seq > last);
		CHECK_EQ(v->last_seq / 256, v->block);
		last = v->last_seq;
		expected += v->expected;
		missing += v->lost;
	}
	CHECK_EQ(expected, packets + lost);
	CHECK_EQ(missing, lost);
}

TEST(replacement_of_a_relay_with_its_own_ssrc_is_no_loss)
{
	for (unsigned announced = 0; announced < 2; announced++) {
		begin_with(true, announced != 0);
		talk("rdrdr", 500);
		world_flush(&w);
		is_counted(RELAYED, 1500, 0);
		is_counted(DIRECT, 1000, 0);
		CHECK(world_stream(&w, RELAYED, 0)->mos_lq_milli > 4000);
		CHECK(world_stream(&w, DIRECT, 0)->mos_lq_milli > 4000);
		world_done(&w);
	}
}

TEST(replacement_of_direct_media_by_a_relay_without_gaps_is_no_loss)
{
	static const unsigned lengths[] = { 40, 128, 255, 256, 511, 3100 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		begin_with(false, i % 2 == 0);
		talk("drdrd", lengths[i]);
		world_flush(&w);
		is_counted(DIRECT, 3 * lengths[i], 0);
		is_counted(RELAYED, 2 * lengths[i], 0);
		world_done(&w);
	}
}

/* The relay is slower by 100 ms: at each change the direct packets overtake its last ones. */
TEST(replacement_over_a_slower_path_is_no_loss)
{
	begin_with(true, true);
	for (unsigned i = 0; i < 2505; i++) {
		for (unsigned late = 0; late < 2; late++) {
			struct world_rtp x = late ? relayed : direct;
			unsigned n = late ? i - 5 : i;

			if (n >= 2500 || (n / 500 % 2 == 0) != (late == 1))
				continue;
			x.seq = (uint16_t)(x.seq + n);
			x.ts += 160 * n;
			world_send_rtp(&w, 100 + i * 20 + late, &x);
		}
	}
	world_flush(&w);
	is_counted(RELAYED, 1500, 0);
	is_counted(DIRECT, 1000, 0);
	world_done(&w);
}

/* Ten seconds are missing, of which another stream brought six. */
TEST(replacement_holds_for_what_it_brought_alone)
{
	begin_with(true, true);
	talk("r", 500);
	talk("d", 300);
	lose(200);
	talk("r", 500);
	world_flush(&w);
	is_counted(RELAYED, 1000, 200);
	is_counted(DIRECT, 300, 0);
	world_done(&w);
}

TEST(replacement_leaves_the_loss_at_both_changes)
{
	begin_with(true, true);
	talk("r", 500);
	lose(25);
	talk("d", 300);
	lose(12);
	talk("r", 500);
	world_flush(&w);
	is_counted(RELAYED, 1000, 37);
	is_counted(DIRECT, 300, 0);
	world_done(&w);
}

/* Loss within: of the stream that has it. */
TEST(replacement_that_lost_packets_reports_them_itself)
{
	begin_with(true, true);
	talk("r", 500);
	talk("d", 100);
	lose(30);
	talk("d", 100);
	talk("r", 500);
	world_flush(&w);
	is_counted(RELAYED, 1000, 0);
	is_counted(DIRECT, 200, 30);
	world_done(&w);
}

/* Nobody speaks for 30 s at each change: numbers stand still. */
TEST(replacement_across_a_silence_is_no_loss)
{
	begin_with(true, true);
	talk("r", 500);
	now_ms += 30000;
	talk("d", 500);
	now_ms += 30000;
	relayed.ts += 480000;
	talk("r", 500);
	world_flush(&w);
	is_counted(RELAYED, 1000, 0);
	is_counted(DIRECT, 500, 0);
	world_done(&w);
}

/* Another stream runs while Alice's loses 5 s of 20 s; how, the tests say. */
static void
lose_next_to(struct world_rtp other, unsigned from, unsigned to, unsigned step, uint64_t lost)
{
	for (unsigned i = 0; i < 1000; i++) {
		if (i < 400 || i >= 650)
			world_send_rtp(&w, now_ms, &relayed);
		if (i >= from && i < to) {
			world_send_rtp(&w, now_ms + 3, &other);
			other.seq++;
			other.ts += step;
		}
		lose(1);
	}
	world_flush(&w);
	CHECK_EQ(world_stream(&w, RELAYED, 0)->lost, lost);
	world_done(&w);
}

TEST(replacement_is_no_stream_that_ran_before)
{
	begin_with(true, true);
	lose_next_to(direct, 0, 1000, 160, 250);
	begin_with(true, true);
	lose_next_to(direct, 300, 650, 160, 250);
	begin_with(true, false);
	lose_next_to(direct, 300, 1000, 160, 250);
}

/* An announcement that the line is bad, 2 s into the hole. */
TEST(replacement_is_no_stream_that_came_much_later)
{
	begin_with(true, true);
	lose_next_to(direct, 500, 640, 160, 250);
}

TEST(replacement_is_no_stream_to_another_port)
{
	begin_with(true, true);
	direct.to_port += 2;
	lose_next_to(direct, 400, 650, 160, 250);
}

TEST(replacement_is_no_video)
{
	begin_with(true, false);
	direct.pt = 34; /* H.263 */
	lose_next_to(direct, 400, 650, 1800, 250);
}

/* Music before the call, or while it is on hold, when the sender numbers nothing. */
TEST(replacement_of_a_sender_on_hold_hides_no_loss)
{
	begin_with(false, true);
	talk("d", 500);
	for (unsigned i = 0; i < 500; i++) {
		world_send_rtp(&w, now_ms, &relayed);
		relayed.seq++;
		relayed.ts += 160;
		now_ms += 20;
	}
	lose(20);
	talk("d", 500);
	world_flush(&w);
	is_counted(DIRECT, 1000, 20);
	world_done(&w);
}

/* One port that very many calls send to: what each of them loses stays lost. */
TEST(replacement_at_a_port_of_very_many_senders_hides_no_loss)
{
	enum { CALLS = 100, PACKETS = 300 };
	uint64_t lost = 0, found = 0;

	begin_with(true, false);
	for (unsigned ms = 0; ms < CALLS * 20 + PACKETS * 20; ms += 10) {
		for (unsigned i = 0; i < CALLS; i++) {
			unsigned n = (ms - 20 * i) / 20;

			if (ms < 20 * i || (ms - 20 * i) % 20 != 0 || n >= PACKETS)
				continue;
			if (n >= 100 && n < 140) {
				lost++;
				continue;
			}
			direct.from_port = (uint16_t)(10000 + 2 * i);
			direct.ssrc = 1000 + i;
			direct.seq = (uint16_t)(1000 + n);
			direct.ts = 500000 + 160 * n;
			world_send_rtp(&w, now_ms + ms, &direct);
		}
	}
	world_flush(&w);
	for (unsigned i = 0; i < CALLS; i++)
		found += world_stream(&w, 1000 + i, 0)->lost;
	CHECK(lost > 1000);
	CHECK_EQ(found, lost);
	world_done(&w);
}
