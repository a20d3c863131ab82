/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that leave a 5-tuple and come back to it: host 1 sends to the relay (9), to the other phone (2), and
 * to the relay again. What another path carried is no loss; what no path carried is.
 */
#include "tests/sim/world.h"
#include "tests/unit/harness.h"

enum { RELAY = 9, PHONE = 2 };

static struct world w;
static double now_ms;
static struct world_rtp r;

static void
begin(uint16_t seq)
{
	world_init(&w);
	world_start(&w);
	now_ms = 0;
	r = (struct world_rtp){ .from = 1, .to = RELAY, .from_port = 4000, .to_port = 10000 };
	r.ssrc = 0xa1;
	r.seq = seq;
	r.ts = 500000;
}

static void
go_to(uint8_t host)
{
	r.to = host;
	r.to_port = host == RELAY ? 10000 : 5000;
}

static void
talk_to(uint8_t host, unsigned n)
{
	go_to(host);
	world_run_rtp(&w, &now_ms, &r, n);
}

static void
lose(unsigned n)
{
	r.seq = (uint16_t)(r.seq + n);
	r.ts += 160 * n;
	now_ms += 20 * n;
}

/* The latest record of what went to a host and port. */
static const struct es_stream *
to(uint8_t host, uint16_t port)
{
	const struct es_stream *found = NULL;
	struct es_addr addr = world_addr(host, port);

	for (size_t i = 0; i < w.n_records; i++) {
		const struct es_record *rec = &w.records[i]->is;

		if (rec->type == ES_REC_STREAM && es_addr_eq(&rec->u.stream.key.dst, &addr))
			found = &rec->u.stream;
	}
	return found;
}

static void
is_counted(uint8_t host, uint64_t packets, uint64_t lost)
{
	const struct es_stream *s = to(host, host == RELAY ? 10000 : 5000);
	uint64_t expected = 0, missing = 0, last = 0;

	CHECK(s != NULL);
	if (s == NULL)
		return;
	CHECK_EQ(s->key.restart, 0);
	CHECK_EQ(s->packets, packets);
	CHECK_EQ(s->lost, lost);
	CHECK_EQ(s->expected, packets + lost);
	CHECK_EQ(s->stale, 0);
	CHECK_EQ(s->duplicates, 0);
	CHECK_EQ(s->late, 0);
	for (unsigned i = 0; i < world_count(&w, ES_REC_INTERVAL); i++) {
		const struct es_interval *v = &world_nth(&w, ES_REC_INTERVAL, i)->u.interval;

		if (!es_addr_eq(&v->stream.dst, &s->key.dst))
			continue;
		CHECK(v->first_seq > last);
		CHECK_EQ(v->first_seq / 256, v->block);
		CHECK_EQ(v->last_seq / 256, v->block);
		CHECK_EQ(v->expected, v->last_seq - v->first_seq + 1);
		last = v->last_seq;
		expected += v->expected;
		missing += v->lost;
	}
	CHECK_EQ(expected, packets + lost);
	CHECK_EQ(missing, lost);
}

TEST(detour_media_that_come_back_to_a_relay_lost_nothing)
{
	for (unsigned i = 0; i < 20; i++) {
		begin((uint16_t)(64000 + 97 * i)); /* wraps, too */
		talk_to(RELAY, 500);
		talk_to(PHONE, 500);
		talk_to(RELAY, 500);
		world_flush(&w);
		is_counted(RELAY, 1000, 0);
		is_counted(PHONE, 500, 0);
		CHECK(to(RELAY, 10000)->mos_lq_milli > 4000);
		CHECK(to(RELAY, 10000)->delta_max_us < 100000);
		world_done(&w);
	}
}

TEST(detour_of_any_length_is_no_loss)
{
	static const unsigned lengths[] = { 2, 3, 10, 31, 127, 128, 129, 255, 256, 257, 511, 512,
		513, 2999, 3000, 3100, 9000 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		begin((uint16_t)(1000 + 37 * i));
		talk_to(RELAY, 200);
		talk_to(PHONE, 60);
		talk_to(RELAY, 200);
		talk_to(PHONE, lengths[i]);
		talk_to(RELAY, 200);
		world_flush(&w);
		is_counted(RELAY, 600, 0);
		is_counted(PHONE, 60 + lengths[i], 0);
		world_done(&w);
	}
}

TEST(detour_again_and_again_is_no_loss)
{
	begin(1000);
	for (unsigned i = 0; i < 20; i++) {
		talk_to(RELAY, 100 + 7 * i);
		talk_to(PHONE, 90 + 11 * i);
	}
	world_flush(&w);
	is_counted(RELAY, 20 * 100 + 7 * 190, 0);
	is_counted(PHONE, 20 * 90 + 11 * 190, 0);
	world_done(&w);
}

/* What comes next: packets to a host, packets that nobody gets, or silence, in packets' time. */
struct step {
	enum { TALK = 0, LOSE, QUIET } what;
	uint8_t host; /* TALK */
	unsigned n;
};

static const struct {
	struct step steps[8];
	struct {
		uint8_t host;
		uint64_t packets, lost;
	} counted[2];
} plays[] = {
	/* On the way there and back and on each path: each packet once, where it was expected. */
	{ { { TALK, RELAY, 300 }, { LOSE, 0, 5 }, { TALK, RELAY, 200 }, { LOSE, 0, 20 },
	      { TALK, PHONE, 200 }, { LOSE, 0, 7 }, { TALK, PHONE, 300 }, { LOSE, 0, 31 } },
	    { { RELAY, 1000, 5 + 20 + 31 }, { PHONE, 500, 7 } } },
	/* The path fails, and what takes over takes over late. */
	{ { { TALK, RELAY, 500 }, { LOSE, 0, 300 }, { TALK, PHONE, 100 } },
	    { { RELAY, 1000, 300 }, { PHONE, 100, 0 } } },
	{ { { TALK, RELAY, 500 }, { TALK, PHONE, 200 }, { LOSE, 0, 3 }, { TALK, 3, 200 } },
	    { { RELAY, 1000, 3 }, { 3, 200, 0 } } },
	/* Nobody speaks for 30 s before and behind the change: timestamps run on, numbers do not. */
	{ { { TALK, RELAY, 500 }, { QUIET, 0, 1500 }, { TALK, PHONE, 500 }, { QUIET, 0, 1500 } },
	    { { RELAY, 1000, 0 }, { PHONE, 500, 0 } } },
};

TEST(detour_loses_what_no_path_carried_and_nothing_else)
{
	for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
		begin(1000);
		for (unsigned k = 0; k < 8 && plays[i].steps[k].n > 0; k++) {
			const struct step *s = &plays[i].steps[k];

			if (s->what == TALK) {
				talk_to(s->host, s->n);
				continue;
			}
			now_ms += 20 * s->n;
			r.ts += 160 * s->n;
			r.seq = (uint16_t)(r.seq + (s->what == LOSE ? s->n : 0));
		}
		talk_to(RELAY, 500); /* back again */
		world_flush(&w);
		for (unsigned k = 0; k < 2; k++)
			is_counted(plays[i].counted[k].host, plays[i].counted[k].packets,
			    plays[i].counted[k].lost);
		world_done(&w);
	}
}

/* A NAT gives the sender another port, and later the old one. */
TEST(detour_by_another_port_of_the_sender_is_no_loss)
{
	begin(1000);
	talk_to(RELAY, 500);
	r.from_port = 4444;
	talk_to(RELAY, 500);
	r.from_port = 4000;
	talk_to(RELAY, 500);
	world_flush(&w);
	CHECK_EQ(world_count(&w, ES_REC_STREAM), 4);
	CHECK_EQ(to(RELAY, 10000)->lost, 0);
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(world_nth(&w, ES_REC_STREAM, i)->u.stream.lost, 0);
	world_done(&w);
}

/* The direct path is faster by 100 ms: it overtakes the last packets of the relay, at both changes. */
TEST(detour_over_a_slower_path_is_no_loss)
{
	begin(1000);
	for (unsigned i = 0; i < 1550; i++) {
		for (unsigned relay = 0; relay < 2; relay++) {
			unsigned n = relay ? i - 5 : i; /* number of the packet that comes now */

			if (n >= 1500 || (n / 500 == 1) != (relay == 1))
				continue;
			go_to(relay ? RELAY : PHONE);
			r.seq = (uint16_t)(1000 + n);
			r.ts = 500000 + 160 * n;
			world_send_rtp(&w, i * 20 + relay, &r);
		}
	}
	world_flush(&w);
	is_counted(PHONE, 1000, 0);
	is_counted(RELAY, 500, 0);
	world_done(&w);
}

/* A copy of the stream on another path, in parallel, fills no hole of it. */
TEST(detour_is_no_path_in_parallel)
{
	begin(1000);
	for (unsigned i = 0; i < 1000; i++) {
		go_to(PHONE);
		world_send_rtp(&w, now_ms, &r);
		go_to(RELAY);
		if (i < 400 || i >= 500)
			world_send_rtp(&w, now_ms + 1, &r);
		lose(1);
	}
	world_flush(&w);
	is_counted(PHONE, 1000, 0);
	is_counted(RELAY, 900, 100);
	world_done(&w);
}

/* Two ways of one call with one SSRC and the same numbers, as load generators have them. */
TEST(detour_is_not_the_way_back)
{
	begin(1000);
	talk_to(RELAY, 300);
	r.from = RELAY;
	r.from_port = 10000;
	r.to = 1;
	r.to_port = 4000;
	world_run_rtp(&w, &now_ms, &r, 50);
	r.from = 1;
	r.from_port = 4000;
	talk_to(RELAY, 300);
	world_flush(&w);
	is_counted(RELAY, 600, 50);
	world_done(&w);
}

/* Very many calls of one SSRC and one recording, begun 10 ms apart: what each of them loses stays lost. */
TEST(detour_of_very_many_calls_of_one_ssrc_hides_no_loss)
{
	enum { CALLS = 200, PACKETS = 300 };
	uint64_t lost = 0, found = 0;

	begin(1000);
	go_to(RELAY);
	for (unsigned ms = 0; ms < CALLS * 10 + PACKETS * 20; ms += 10) {
		for (unsigned i = 0; i < CALLS; i++) {
			unsigned n = (ms - 10 * i) / 20;

			if (ms < 10 * i || (ms - 10 * i) % 20 != 0 || n >= PACKETS)
				continue;
			if (n > 20 && n < PACKETS - 20 && (n * 7 + i * 13) % 29 < 2) {
				lost++;
				continue;
			}
			r.to_port = (uint16_t)(10000 + 2 * i);
			r.seq = (uint16_t)(1000 + n);
			r.ts = 500000 + 160 * n;
			world_send_rtp(&w, ms, &r);
		}
	}
	world_flush(&w);
	for (unsigned i = 0; i < CALLS; i++)
		found += to(RELAY, (uint16_t)(10000 + 2 * i))->lost;
	CHECK(lost > 1000);
	CHECK_EQ(found, lost);
	world_done(&w);
}

/* A hole that no time passed for, with a short stay on another path in it: 115 blocks lost whole. */
TEST(detour_buys_no_lost_blocks_again_and_again)
{
	begin(1000);
	talk_to(RELAY, 40);
	for (unsigned i = 0; i < 200; i++) {
		r.seq = (uint16_t)(r.seq + 29000);
		r.ts += 160 * 29000;
		r.from_port = (uint16_t)(20000 + i);
		talk_to(PHONE, 5);
		r.from_port = 4000;
		talk_to(RELAY, 40);
	}
	world_flush(&w);
	CHECK(world_count(&w, ES_REC_INTERVAL) < 1024 + 16 * 200 + 200 * 8);
	world_done(&w);
}

/* Two packets here, two packets there: each change would be a record. */
TEST(detour_without_end_is_bounded)
{
	begin(1000);
	w.keep_records = true;
	talk_to(RELAY, 100);
	talk_to(PHONE, 100);
	for (unsigned i = 0; i < 10000; i++) {
		talk_to(RELAY, 2);
		talk_to(PHONE, 2);
	}
	world_flush(&w);
	/* 1,024 of the credit, 16 a second for 800 s, and the blocks */
	CHECK(world_count(&w, ES_REC_INTERVAL) < 1024 + 16 * 810 + 2 * 170);
	CHECK_EQ(to(RELAY, 10000)->packets, 20100);
	CHECK(to(RELAY, 10000)->lost <= 20100);
	world_done(&w);
}
