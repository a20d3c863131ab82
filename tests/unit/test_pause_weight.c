/* SPDX-License-Identifier: Apache-2.0 */
/* What lost packets weigh in speech, in a pause and between the two. */
#include "probes/stream/pauses.h"

#include "harness.h"

enum { FIRST = 256, LAST = 511 };

static struct es_stream_state s;
static struct es_pauses pauses;
static struct es_stream_damage damage;
static uint64_t bad[ES_BLOCK_SEQS / 64];

/* Every number has come, in speech or in a pause. */
static void
begin(bool is_quiet)
{
	memset(&s, 0, sizeof(s));
	memset(&pauses, 0, sizeof(pauses));
	memset(bad, 0, sizeof(bad));
	memset(s.window.got, 0xff, sizeof(s.window.got));
	if (is_quiet)
		memset(pauses.quiet, 0xff, sizeof(pauses.quiet));
	pauses.was_quiet = is_quiet;
	memset(&damage, 0, sizeof(damage));
	s.side.pauses = &pauses;
	s.side.damage = &damage;
	s.highest = LAST + 100;
}

static void
lose(unsigned number, unsigned n)
{
	for (unsigned i = number; i < number + n; i++) {
		bad[i % ES_BLOCK_SEQS / 64] |= UINT64_C(1) << i % 64;
		s.window.got[i / 64 % (ES_WINDOW_SEQS / 64)] &= ~(UINT64_C(1) << i % 64);
	}
}

static struct es_loss_weight
weigh(void)
{
	return es_pauses_weigh(&s, bad, FIRST, LAST);
}

static int64_t
lone_weight(bool is_quiet)
{
	begin(is_quiet);
	lose(300, 1);
	return weigh().lone;
}

TEST(loss_in_speech_weighs_more_than_in_a_pause)
{
	int64_t between;

	begin(true);
	pauses.was_quiet = false;
	lose(FIRST, 1); /* speech before it, a pause behind */
	between = weigh().lone;
	CHECK(lone_weight(true) < between);
	CHECK(between < lone_weight(false));
}

TEST(every_lost_packet_and_run_is_weighed_once)
{
	for (unsigned quiet = 0; quiet < 2; quiet++) {
		int64_t one = lone_weight(quiet != 0);
		struct es_loss_weight w;

		begin(quiet != 0);
		lose(260, 1);
		lose(270, 3);
		lose(280, 2);
		w = weigh();
		CHECK_EQ(w.lone, one);
		CHECK_EQ(w.runs, 2 * one);
		CHECK_EQ(w.last, 3 * one); /* of each run the one in front of a good packet */
		CHECK_EQ(w.bad, 3 * one);
	}
}

TEST(run_of_loss_over_the_end_of_a_part_is_one)
{
	int64_t one = lone_weight(false);
	struct es_loss_weight w;

	begin(false);
	lose(LAST - 1, 2);
	s.window.got[(LAST + 1) / 64 % (ES_WINDOW_SEQS / 64)] &=
	    ~UINT64_C(3); /* the next two, too */
	w = weigh();
	CHECK_EQ(w.runs, one);
	CHECK_EQ(w.lone, 0);
	CHECK_EQ(w.last, 0); /* it is not over */
	CHECK_EQ(w.bad, 2 * one);
	memset(bad, 0, sizeof(bad));
	bad[0] = 3;
	w = es_pauses_weigh(&s, bad, LAST + 1, LAST + 10);
	CHECK_EQ(w.runs, 0);
	CHECK_EQ(w.lone, 0);
	CHECK_EQ(w.last, one);
	CHECK_EQ(w.bad, one);
}

TEST(run_that_ends_with_a_late_packet_has_no_last_lost_one)
{
	int64_t one = lone_weight(false);
	struct es_loss_weight w;

	begin(false);
	lose(300, 2);
	bad[(302 - FIRST) / 64] |= UINT64_C(1) << 302 % 64;
	damage.late_at[302 / 64 % (ES_WINDOW_SEQS / 64)] |= UINT64_C(1) << 302 % 64;
	w = weigh();
	CHECK_EQ(w.last, 0);
	CHECK_EQ(w.runs, one);
	CHECK_EQ(w.bad, 3 * one);
}

TEST(run_between_speech_and_a_pause_is_divided)
{
	int64_t speech = lone_weight(false), pause = lone_weight(true);
	struct es_loss_weight w;

	begin(false);
	memset(pauses.quiet, 0xff, sizeof(pauses.quiet));
	for (unsigned i = FIRST; i < 300; i++)
		pauses.quiet[i / 64 % (ES_WINDOW_SEQS / 64)] &= ~(UINT64_C(1) << i % 64);
	lose(300, 4);
	w = weigh();
	CHECK_EQ(w.bad + w.last, 2 * speech + 2 * pause);
	CHECK_EQ(w.last, pause);
	CHECK_EQ(w.runs, speech);
	CHECK(pauses.was_quiet);
}
