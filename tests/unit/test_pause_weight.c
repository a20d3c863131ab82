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

/* Sixteenths that a concealed packet weighs more: QUALITY.md. */
TEST(loss_weighs_by_what_is_before_and_behind_it)
{
	enum { IN_SPEECH = 2, BETWEEN = -6, IN_PAUSE = -13 };
	static const struct {
		unsigned n;
		bool before, behind; /* in a pause */
		struct es_loss_weight w;
	} rows[] = {
		{ 1, false, false, { 0, IN_SPEECH, 0, IN_SPEECH } },
		{ 1, true, true, { 0, IN_PAUSE, 0, IN_PAUSE } },
		{ 1, false, true, { 0, BETWEEN, 0, BETWEEN } },
		{ 1, true, false, { 0, BETWEEN, 0, BETWEEN } },
		{ 2, false, true, { IN_SPEECH, IN_PAUSE, IN_SPEECH, 0 } },
		{ 2, true, false, { IN_PAUSE, IN_SPEECH, IN_PAUSE, 0 } },
		{ 3, false, true, { IN_SPEECH + BETWEEN, IN_PAUSE, IN_SPEECH, 0 } },
		{ 3, true, false, { IN_PAUSE + BETWEEN, IN_SPEECH, IN_PAUSE, 0 } },
		{ 4, true, true, { 3 * IN_PAUSE, IN_PAUSE, IN_PAUSE, 0 } },
		{ 5, false, false, { 4 * IN_SPEECH, IN_SPEECH, IN_SPEECH, 0 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_loss_weight w;

		begin(rows[i].behind);
		pauses.was_quiet = !rows[i].before; /* of what was judged before: it is past */
		for (unsigned number = FIRST; number < 300; number++) {
			uint64_t bit = UINT64_C(1) << number % 64;
			uint64_t *word = &pauses.quiet[number / 64 % (ES_WINDOW_SEQS / 64)];

			*word = rows[i].before ? *word | bit : *word & ~bit;
		}
		lose(300, rows[i].n);
		w = weigh();
		CHECK_EQ(w.bad, rows[i].w.bad);
		CHECK_EQ(w.last, rows[i].w.last);
		CHECK_EQ(w.runs, rows[i].w.runs);
		CHECK_EQ(w.lone, rows[i].w.lone);
		CHECK_EQ(pauses.was_quiet, rows[i].behind);
	}
}

/* What is behind a run is looked for among the next 256 numbers. */
TEST(run_of_loss_is_like_the_next_packet_within_a_block)
{
	static const struct {
		unsigned known; /* the only one behind the part, 0: none */
		int64_t bad;
	} rows[] = { { 767, 12 * -13 }, { 768, 6 * -13 + 6 * 2 }, { 0, 6 * -13 + 6 * 2 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_loss_weight w;

		begin(true);
		s.highest = 1000;
		memset(s.window.got, 0, sizeof(s.window.got) / 2); /* 512 to 767 */
		if (rows[i].known == 767)
			es_window_set(s.window.got, 767);
		lose(500, 12);
		w = weigh();
		CHECK_EQ(w.bad, rows[i].bad);
		CHECK_EQ(w.last, 0);
		CHECK_EQ(w.runs, -13);
	}
}

TEST(run_of_loss_at_the_highest_number_is_not_over)
{
	begin(false);
	s.highest = LAST;
	lose(LAST, 1);
	CHECK_EQ(weigh().runs, 2);
	begin(false);
	s.highest = LAST + 1;
	lose(LAST, 1);
	CHECK_EQ(weigh().lone, 2);
}

/* Given back, a packet ends a run, and shows no pause of its own. */
TEST(packet_given_back_ends_a_run_and_shows_no_pause)
{
	uint64_t back[ES_WINDOW_SEQS / 64] = { 0 };
	struct es_loss_weight w;

	begin(false);
	pauses.was_quiet = true;
	for (unsigned number = FIRST; number < 300; number++)
		es_window_set(pauses.quiet, number);
	lose(300, 3);
	bad[(301 - FIRST) / 64] &= ~(UINT64_C(1) << 301 % 64);
	s.side.recovered_at = back;
	es_window_set(back, 301);
	w = weigh();
	CHECK_EQ(w.lone, 2 * -6); /* both between the pause and the speech behind */
	CHECK_EQ(w.last, 2 * -6);
	CHECK_EQ(w.runs, 0);
	CHECK_EQ(w.bad, 0);
	begin(false); /* beyond the highest nothing is given back */
	s.side.recovered_at = back;
	s.highest = 300;
	lose(300, 2);
	bad[(301 - FIRST) / 64] &= ~(UINT64_C(1) << 301 % 64);
	CHECK_EQ(es_pauses_weigh(&s, bad, FIRST, 300).runs, 2);
}
