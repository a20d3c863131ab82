/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the measures cost per packet: nanoseconds of one update less those of an empty loop over the
 * same arrivals in the same run, best of several rounds, and bytes of state.
 *
 *	quality [PACKETS]
 */
#include "probes/quality/burst.h"
#include "probes/quality/dejitter.h"
#include "probes/quality/jitter.h"
#include "probes/quality/score.h"
#include "probes/quality/skew.h"
#include "probes/quality/variation.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 7, DEFAULT_PACKETS = 1 << 20 };

/* A stream with 0..4 ms of jitter, a hold of 200 ms every 2000 packets. */
struct arrivals {
	uint32_t n;
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
	struct es_effective_loss runs;
	uint64_t got[ES_DEJITTER_RING / 64]; /* all of them */
	uint64_t sink;                       /* keeps the compiler from leaving the loops out */
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
	struct es_dejitter_packet p = { 65536 + i, es_time_of_ns(a->at_ns[i]),
		a->step[i].transit_ns, 20000, s->got, 65535 + i };

	s->sink += es_dejitter_update(&s->dejitter, &p).late;
}

static void
losses(const struct arrivals *a, struct states *s, uint32_t i)
{
	bool bad = (a->at_ns[i] >> 10 & 63) == 0;

	es_burst_run(&s->burst, bad, 1);
	es_effective_loss_add(&s->runs, bad, 1);
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

static const struct {
	const char *name;
	void (*update)(const struct arrivals *a, struct states *s, uint32_t i);
	size_t state_bytes;
} rows[] = {
	{ "(empty loop)", nothing, 0 },
	{ "transit", transit, sizeof(struct es_transit) },
	{ "transit, 48 kHz", transit_48k, 0 },
	{ "jitter", jitter, sizeof(struct es_jitter) },
	{ "delay variation", variation,
	    2 * sizeof(struct es_variation) + sizeof(struct es_variation_sum) },
	{ "skew", skew, sizeof(struct es_skew) },
	{ "adaptive receiver", dejitter, sizeof(struct es_dejitter) },
	{ "bursts and loss runs", losses,
	    sizeof(struct es_burst) + sizeof(struct es_effective_loss) },
	{ "score (per block)", score, 0 },
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
	memset(s->got, 0xff, sizeof(s->got));
	es_skew_init(&s->skew);
	es_dejitter_init(&s->dejitter, 0);
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
		for (uint32_t i = 0; i < a->n; i++)
			update(a, s, i);
		took = now_ns() - begin;
		best = took < best ? took : best;
	}
	return (double)best / a->n;
}

static bool
make(struct arrivals *a)
{
	struct es_transit t;
	uint32_t seed = 1;

	a->ts = calloc(a->n, sizeof(*a->ts));
	a->at_ns = calloc(a->n, sizeof(*a->at_ns));
	a->step = calloc(a->n, sizeof(*a->step));
	if (a->ts == NULL || a->at_ns == NULL || a->step == NULL)
		return false;
	es_transit_init(&t);
	for (uint32_t i = 0; i < a->n; i++) {
		int64_t hold_ms = i % 2000 < 10 ? 200 - 20 * (int64_t)(i % 2000) : 0;

		seed = seed * 1664525 + 1013904223;
		a->ts[i] = i * 160;
		a->at_ns[i] = (20 * (int64_t)i + hold_ms) * ES_NS_PER_MS + (seed >> 10);
		(void)es_transit_update(
		    &t, 8000, a->ts[i], es_time_of_ns(a->at_ns[i]), &a->step[i]);
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct arrivals a = { .n = DEFAULT_PACKETS };
	struct states s = { 0 };
	double empty = 0;
	size_t bytes = 0;

	if (argc > 1)
		a.n = (uint32_t)strtoul(argv[1], NULL, 10);
	if (a.n == 0 || !make(&a)) {
		fprintf(stderr, "usage: quality [PACKETS]\n");
		return 2;
	}
	printf("%-22s %10s %12s\n", "", "ns", "bytes/stream");
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		double ns = best_ns(row, &a, &s);

		if (row == 0)
			empty = ns;
		printf("%-22s %10.2f %12zu\n", rows[row].name, row == 0 ? ns : ns - empty,
		    rows[row].state_bytes);
		bytes += rows[row].state_bytes;
	}
	printf("%-22s %10s %12zu\n", "state in all", "", bytes);
	free(a.ts);
	free(a.at_ns);
	free(a.step);
	return s.sink == 0; /* never: it keeps the work */
}
