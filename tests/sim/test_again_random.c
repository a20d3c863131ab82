/* SPDX-License-Identifier: Apache-2.0 */
/* Senders that begin again with the numbers and timestamps they had: any length, pause and number. */
#include "tests/sim/parties.h"

#include <inttypes.h>

enum {
	SSRC = 0xa,
	PLAYS_MAX = 6,
	ROUNDS = 400,
	PROVEN = 40, /* packets: numbers near the length of the datagram are no proof of RTP */
};

struct play {
	unsigned n;
	unsigned pause_ms; /* before it */
	unsigned skip;     /* it begins so many packets behind the beginning */
};

struct text {
	struct play play[PLAYS_MAX];
	unsigned n_plays;
	uint16_t seq;
	uint32_t ts;
	bool has_call;
};

/* Half of them short, so that the jump back is within 100 numbers. */
static unsigned
any_length(uint64_t *seed, unsigned least)
{
	unsigned most = test_random(seed) % 2 == 0 ? 99 : 3000;

	return least + test_random(seed) % (most - least + 1);
}

/* Two packets or more that came before, else the stream continues after a pause with a clock that stood still. */
static unsigned
any_skip(uint64_t *seed, const struct play *before)
{
	unsigned most = before->skip + before->n - 2;

	return test_random(seed) % 3 == 0 ? test_random(seed) % (most + 1) : 0;
}

static struct text
any_text(uint64_t *seed, unsigned least)
{
	struct text t = { .n_plays = 2 + test_random(seed) % (PLAYS_MAX - 1) };

	t.has_call = test_random(seed) % 2 == 0;
	for (unsigned i = 0; i < t.n_plays; i++) {
		unsigned range_ms = test_random(seed) % 4 == 0 ? 3000 : 298000;

		t.play[i].pause_ms = 2000 + test_random(seed) % (range_ms + 1);
		t.play[i].n = any_length(seed, i == 0 && !t.has_call ? PROVEN : least);
		t.play[i].skip = i > 0 && least > 1 ? any_skip(seed, &t.play[i - 1]) : 0;
	}
	t.play[0].pause_ms = 100;
	t.seq = (uint16_t)test_random(seed);
	t.ts = test_random(seed);
	if (test_random(seed) % 3 == 0) { /* both wrap in the middle of a play */
		t.seq = (uint16_t)(65536 - test_random(seed) % 300);
		t.ts = 0u - test_random(seed) % (300 * 160);
	}
	return t;
}

static void
play(const struct text *t)
{
	struct world_rtp r = to_bob();
	double now_ms = 1100;

	if (t->has_call)
		set_up();
	else
		begin();
	for (unsigned i = 0; i < t->n_plays; i++) {
		now_ms += t->play[i].pause_ms;
		r.seq = (uint16_t)(t->seq + t->play[i].skip);
		r.ts = t->ts + t->play[i].skip * 160;
		world_run_rtp(&w, &now_ms, &r, t->play[i].n);
	}
	world_flush(&w);
}

static void
fail(const struct text *t, unsigned round)
{
	fprintf(
	    stderr, "seq %u, ts %" PRIu32 ", %s:", t->seq, t->ts, t->has_call ? "call" : "no call");
	for (unsigned i = 0; i < t->n_plays; i++)
		fprintf(stderr, " %u from %u after %u ms", t->play[i].n, t->play[i].skip,
		    t->play[i].pause_ms);
	fprintf(stderr, "\n");
	test_fail(__FILE__, __LINE__, "round %u", round);
}

static bool
is_whole(const struct es_stream *s, unsigned n)
{
	return s != NULL && s->packets == n && s->expected == n && s->lost == 0 && s->stale == 0 &&
	       s->duplicates == 0 && s->capture_duplicates == 0 && s->reordered == 0;
}

TEST(sender_that_begins_again_is_whole_whatever_it_plays)
{
	uint64_t seed = 606;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct text t = any_text(&seed, 2);
		bool is_right;

		if (round % test_step(7) != 0)
			continue;
		play(&t);
		is_right = world_stream(&w, SSRC, t.n_plays) == NULL;
		for (unsigned i = 0; i < t.n_plays; i++)
			is_right &= is_whole(world_stream(&w, SSRC, i), t.play[i].n);
		if (!is_right)
			fail(&t, round);
		world_done(&w);
	}
}

/* A lone packet may be one that the sender repeats: it is no stream of its own, and is counted once. */
TEST(lone_packets_between_beginnings_are_no_loss)
{
	uint64_t seed = 607;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct text t = any_text(&seed, 1);
		const struct es_stream *s;
		uint64_t sent = 0, counted = 0;
		bool is_right = true;

		for (unsigned i = 1; i < t.n_plays; i++)
			t.play[i].n = test_random(&seed) % 2 == 0 ? 1 : t.play[i].n;
		if (round % test_step(7) != 0)
			continue;
		play(&t);
		for (unsigned i = 0; i < t.n_plays; i++)
			sent += t.play[i].n;
		for (unsigned i = 0; (s = world_stream(&w, SSRC, i)) != NULL; i++) {
			is_right &= s->lost == 0 && s->reordered == 0;
			counted += s->packets + s->stale;
		}
		if (!is_right || counted != sent)
			fail(&t, round);
		world_done(&w);
	}
}
