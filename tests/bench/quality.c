/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the measures cost per packet: nanoseconds of one update less those of an empty loop over the
 * same arrivals in the same run, best of several rounds, and bytes of state. At the end what the score
 * needs in all: receiver, runs and a score for each block of 256.
 *
 *	quality [PACKETS]
 */
#include "probes/quality/burst.h"
#include "probes/quality/concealed.h"
#include "probes/quality/dejitter.h"
#include "probes/quality/lossruns.h"
#include "probes/quality/score.h"
#include "probes/quality/timing/jitter.h"
#include "probes/quality/timing/skew.h"
#include "probes/quality/timing/variation.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 7, DEFAULT_PACKETS = 1 << 20, FIRST = 65536, QUEUE_NS = 20000 };

/*
 * gentle  0..4 ms of jitter, a hold of 200 ms every 2000 packets
 * jittery 0..60 ms, heaped towards 30, in a queue: a packet is held up by the one before it; one of
 *         64 is lost
 */
enum manner { GENTLE, JITTERY };

/* In order of arrival. */
struct arrivals {
	uint32_t n;
	uint32_t *number;
	uint32_t *ts;
	int64_t *at_ns;
	struct es_transit_step *step;
};

struct states {
	struct es_transit transit;
	struct es_jitter jitter;
	struct es_variation variation;
	struct es_variation_sum sum;
	struct es_skew skew;
	struct es_dejitter dejitter;
	struct es_burst burst;
	struct es_effective_loss effective[3]; /* of a block, a window, the stream */
	struct es_concealed concealed;
	struct es_lossruns lossruns;
	uint32_t run; /* of packets like the last one */
	bool run_is_bad;
	uint64_t got[ES_DEJITTER_RING / 64];
	uint64_t highest;
	uint64_t before; /* the highest before the last packet */
	uint64_t sink;   /* keeps the compiler from leaving the loops out */
};

static void
nothing(const struct arrivals *a, struct states *s, uint32_t i)
{
	s->sink += (uint64_t)a->at_ns[i] + a->ts[i] + (uint64_t)a->step[i].transit_ns;
}

static void
transit(const struct arrivals *a, struct states *s, uint32_t i)
{
	struct es_transit_step step;

	s->sink += (uint64_t)es_transit_update(
	    &s->transit, 8000, a->ts[i], es_time_of_ns(a->at_ns[i]), &step);
}

static void
transit_48k(const struct arrivals *a, struct states *s, uint32_t i)
{
	struct es_transit_step step;

	s->sink += (uint64_t)es_transit_update(
	    &s->transit, 48000, a->ts[i] * 6, es_time_of_ns(a->at_ns[i]), &step);
}

static void
jitter(const struct arrivals *a, struct states *s, uint32_t i)
{
	es_jitter_update(&s->jitter, ES_TRANSIT_STEP, &a->step[i]);
}

static void
variation(const struct arrivals *a, struct states *s, uint32_t i)
{
	if (i % ES_BLOCK_SEQS == 0) {
		struct es_variation before = s->variation;

		es_variation_sum_add(&s->sum, &before);
		es_variation_init(&s->variation, &before);
	}
	es_variation_update(&s->variation, a->step[i].transit_ns);
}

static void
skew(const struct arrivals *a, struct states *s, uint32_t i)
{
	es_skew_update(&s->skew, es_time_of_ns(a->at_ns[i]), a->step[i].transit_ns);
}

static void
dejitter(const struct arrivals *a, struct states *s, uint32_t i)
{
	struct es_dejitter_packet p = { FIRST + a->number[i], es_time_of_ns(a->at_ns[i]),
		a->step[i].transit_ns, 20000, s->got, s->before };

	s->sink += es_dejitter_update(&s->dejitter, &p).late;
}

/* As a block that closes feeds them: run by run; one packet of 64 is bad. */
static void
losses(const struct arrivals *a, struct states *s, uint32_t i)
{
	bool bad = (a->at_ns[i] >> 10 & 63) == 0;

	if (bad == s->run_is_bad && (i + 1) % ES_BLOCK_SEQS != 0) {
		s->run++;
		return;
	}
	es_burst_run(&s->burst, s->run_is_bad, s->run);
	for (unsigned k = 0; k < 3; k++)
		es_effective_loss_add(
		    &s->effective[k], s->run_is_bad ? ES_FATE_LOST : ES_FATE_GOOD, s->run);
	es_concealed_add(&s->concealed, s->run_is_bad, s->run, 20000);
	es_lossruns_add(&s->lossruns, s->run_is_bad, s->run);
	s->run = 1;
	s->run_is_bad = bad;
}

/* One per block, so this figure is per block of 256. */
static void
score(const struct arrivals *a, struct states *s, uint32_t i)
{
	struct es_effective_loss l = { .expected = 256, .bad = 1 + i % 100, .runs = 1 + i % 10 };
	struct es_codec_use use = { .codec = es_codec_static(0) };
	struct es_score out = { 0 };

	(void)a;
	(void)es_score_of(es_equipment_of(&use), &l, ES_DELAY_UNKNOWN, &out);
	s->sink += out.mos_lq_milli;
}

static const struct row {
	const char *name;
	void (*update)(const struct arrivals *a, struct states *s, uint32_t i);
	size_t state_bytes;
	enum manner manner;
	uint32_t share; /* in the sum: of so many packets one, 0: not in it */
} rows[] = {
	{ "(empty loop)", nothing, 0, GENTLE, 0 },
	{ "transit", transit, sizeof(struct es_transit), GENTLE, 0 },
	{ "transit, 48 kHz", transit_48k, 0, GENTLE, 0 },
	{ "jitter", jitter, sizeof(struct es_jitter), GENTLE, 0 },
	{ "delay variation", variation,
	    2 * sizeof(struct es_variation) + sizeof(struct es_variation_sum), GENTLE, 0 },
	{ "skew", skew, sizeof(struct es_skew), GENTLE, 0 },
	{ "adaptive receiver", dejitter, sizeof(struct es_dejitter), GENTLE, 1 },
	{ "  of a jittery stream", dejitter, 0, JITTERY, 1 },
	{ "bursts and loss runs", losses,
	    sizeof(struct es_burst) + 2 * sizeof(struct es_effective_loss) +
		sizeof(struct es_concealed) + sizeof(struct es_lossruns),
	    GENTLE, 1 },
	{ "score (per block)", score, 0, GENTLE, ES_BLOCK_SEQS },
};

static int64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* cannot fail for this clock */
	return t.tv_sec * ES_NS_PER_S + t.tv_nsec;
}

static void
reset(struct states *s)
{
	uint64_t sink = s->sink;

	*s = (struct states){ .sink = sink };
	s->highest = FIRST - 1;
	s->skew = (struct es_skew){ 0 };
	es_dejitter_init(&s->dejitter, 0);
}

/* What a stream does for each packet anyway: part of the empty loop. */
static void
take_number(struct states *s, uint64_t number)
{
	uint64_t *word = &s->got[number / 64 % (ES_DEJITTER_RING / 64)];

	s->before = s->highest;
	if (number > s->highest) {
		*word = number / 64 != s->highest / 64 ? 0 : *word;
		s->highest = number;
	}
	*word |= UINT64_C(1) << number % 64;
}

static double
best_ns(size_t row, const struct arrivals *a, struct states *s)
{
	void (*volatile update)(const struct arrivals *, struct states *, uint32_t) =
	    rows[row].update; /* one call per packet in every row, the empty one too */
	int64_t best = INT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		int64_t begin, took;

		reset(s);
		begin = now_ns();
		for (uint32_t i = 0; i < a->n; i++) {
			take_number(s, FIRST + a->number[i]);
			update(a, s, i);
		}
		took = now_ns() - begin;
		best = took < best ? took : best;
	}
	return (double)best / a->n;
}

static int64_t
delay_ns(enum manner manner, uint32_t i, uint32_t random)
{
	if (manner == JITTERY)
		return ((random >> 18 & 0x1ff) + (random >> 9 & 0x1ff)) * INT64_C(60) *
		       ES_NS_PER_MS / 1024;
	return (i % 2000 < 10 ? 200 - 20 * (int64_t)(i % 2000) : 0) * ES_NS_PER_MS + (random >> 10);
}

static bool
make(struct arrivals *a, enum manner manner)
{
	struct es_transit t;
	uint32_t seed = 1;
	uint32_t n = 0;

	a->number = calloc(a->n, sizeof(*a->number));
	a->ts = calloc(a->n, sizeof(*a->ts));
	a->at_ns = calloc(a->n, sizeof(*a->at_ns));
	a->step = calloc(a->n, sizeof(*a->step));
	if (a->number == NULL || a->ts == NULL || a->at_ns == NULL || a->step == NULL)
		return false;
	for (uint32_t i = 0; n < a->n; i++) {
		seed = seed * 1664525 + 1013904223;
		if (manner == JITTERY && seed >> 26 == 0)
			continue;
		a->number[n] = i;
		a->at_ns[n] = 20 * (int64_t)i * ES_NS_PER_MS + delay_ns(manner, i, seed);
		if (manner == JITTERY && n > 0 && a->at_ns[n] <= a->at_ns[n - 1])
			a->at_ns[n] = a->at_ns[n - 1] + QUEUE_NS;
		n++;
	}
	t = (struct es_transit){ 0 };
	for (uint32_t i = 0; i < a->n; i++) {
		a->ts[i] = a->number[i] * 160;
		(void)es_transit_update(
		    &t, 8000, a->ts[i], es_time_of_ns(a->at_ns[i]), &a->step[i]);
	}
	return true;
}

static void
let_go(struct arrivals *a)
{
	free(a->number);
	free(a->ts);
	free(a->at_ns);
	free(a->step);
}

static void
measure(const struct arrivals arrivals[2], struct states *s)
{
	double empty = 0;
	double sum[2] = { 0, 0 };
	size_t bytes = 0;

	printf("%-22s %10s %12s\n", "", "ns", "bytes/stream");
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		const struct row *r = &rows[row];
		double ns = best_ns(row, &arrivals[r->manner], s);

		if (row == 0)
			empty = ns;
		printf("%-22s %10.2f %12zu\n", r->name, row == 0 ? ns : ns - empty, r->state_bytes);
		bytes += r->state_bytes;
		for (int m = GENTLE; m <= JITTERY; m++)
			if (r->share > 0 && (r->update != dejitter || (int)r->manner == m))
				sum[m] += (ns - empty) / r->share;
	}
	printf("%-22s %10.2f\n", "the score in all", sum[GENTLE]);
	printf("%-22s %10.2f\n", "  of a jittery stream", sum[JITTERY]);
	printf("%-22s %10s %12zu\n", "state in all", "", bytes);
}

int
main(int argc, char **argv)
{
	struct arrivals arrivals[2] = { { .n = DEFAULT_PACKETS }, { .n = DEFAULT_PACKETS } };
	struct states s = { 0 };

	if (argc > 1)
		arrivals[0].n = arrivals[1].n = (uint32_t)strtoul(argv[1], NULL, 10);
	if (arrivals[0].n == 0 || !make(&arrivals[GENTLE], GENTLE) ||
	    !make(&arrivals[JITTERY], JITTERY)) {
		fprintf(stderr, "usage: quality [PACKETS]\n");
		return 2;
	}
	measure(arrivals, &s);
	let_go(&arrivals[GENTLE]);
	let_go(&arrivals[JITTERY]);
	return s.sink == 0; /* never: it keeps the work */
}
