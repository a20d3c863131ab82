/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what probes/quality makes of many random inputs, every bit of it: the same on every machine
 * (tests/mos/machines.sh). Needs probes/base and probes/quality only.
 */
#include "probes/quality/dejitter.h"
#include "probes/quality/opinion.h"

#include <inttypes.h>
#include <stdio.h>

enum { ROUNDS = 20000, STREAMS = 60, PACKETS = 1500, BLOCK = 256 };

static uint64_t seed = 20;

/* Below n. splitmix64's finalizer over a counter. */
static uint32_t
random_below(uint32_t n)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % n);
}

static const struct es_equipment *
any_equipment(void)
{
	static const char *const names[] = { "PCMU", "GSM", "G729", "G723", "GSM-EFR", "GSM-HR-08",
		"speex", "AMR", "G726-32", "G728", "iLBC", "L16", "SILK", "G722", "AMR-WB", "G7221",
		"opus", "EVS" };
	struct es_codec_use use = {
		.codec = es_codec_find(
		    es_slice_str(names[random_below(sizeof(names) / sizeof(names[0]))]), 0),
		.band = (enum es_band)(1 + random_below(4)),
		.has_fec = random_below(2) == 0,
		.has_no_concealment = random_below(8) == 0,
		.ptime_us = 20000,
		.payload_bytes = random_below(200),
	};

	return es_equipment_of(&use);
}

static void
print_score(uint32_t delay_us)
{
	const struct es_equipment *q = any_equipment();
	struct es_effective_loss l = { .expected = 1 + random_below(1u << random_below(31)) };
	struct es_score s;

	if (q == NULL)
		return;
	l.bad = random_below((uint32_t)l.expected + 1);
	l.runs = l.bad == 0 ? 0 : 1 + random_below((uint32_t)l.bad);
	l.ended = l.runs;
	l.lone = l.runs / 2;
	l.late = l.bad - l.runs;
	l.frozen = random_below(100);
	l.moved = random_below(100);
	if (!es_score_of(q, &l, delay_us, &s))
		return;
	printf("score %" PRId32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32
	       " %.0f terms %" PRIu32 " %" PRIu32 " %" PRIu32 "\n",
	    s.r_milli, s.ie_eff_milli, s.mos_lq_milli, s.id_milli, s.mos_cq_milli,
	    es_effective_loss_burst_ratio(&l) * 1000, s.ie_discard_milli, s.ie_burst_milli,
	    s.burst_relief_milli);
}

/* A stream through the modelled buffer and into the windows. */
static void
print_stream(void)
{
	const struct es_equipment *q = any_equipment();
	uint64_t got[ES_DEJITTER_RING / 64];
	struct es_effective_loss block = { 0 };
	struct es_opinion_result r;
	struct es_opinion o = { 0 };
	struct es_dejitter d;
	struct es_score s;
	uint32_t jitter_us = 1 + random_below(150000);

	if (q == NULL)
		return;
	memset(got, 0xff, sizeof(got));
	es_dejitter_init(&d, random_below(4) == 0 ? 60 : 0);
	for (uint32_t i = 0; i < PACKETS; i++) {
		int64_t transit_ns = random_below(jitter_us) * ES_NS_PER_US;
		struct es_dejitter_packet p = { 65536 + i,
			es_time_of_ns(i * 20 * ES_NS_PER_MS + transit_ns), transit_ns, 20000, got,
			65535 + i };
		struct es_dejitter_took took = es_dejitter_update(&d, &p);
		enum es_fate fate = took.late               ? ES_FATE_LATE
				    : random_below(20) == 0 ? ES_FATE_LOST
							    : ES_FATE_GOOD;

		es_effective_loss_add(&block, fate, 1);
		es_effective_loss_add(&o.open, fate, 1);
		block.late += took.late;
		o.open.late += took.late;
		o.open.frozen += took.frozen;
		if (i % BLOCK != BLOCK - 1)
			continue;
		if (es_score_of(q, &block, ES_DELAY_UNKNOWN, &s))
			es_opinion_block(&o, q, &block, s.r_milli, 20000);
		es_effective_loss_init(&block);
	}
	if (es_opinion_result(&o, q, &r))
		printf("stream %" PRId32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " moves %" PRIu32
		       " depth %" PRIu32 " terms %" PRIu32 " %" PRIu32 " %" PRIu32 "\n",
		    r.r_milli, r.ie_eff_milli, r.mos_lq_milli, r.mos_p10_milli, d.moves,
		    es_dejitter_depth_us(&d), r.ie_discard_milli, r.ie_burst_milli,
		    r.burst_relief_milli);
}

int
main(void)
{
	for (uint32_t i = 0; i < ROUNDS; i++)
		print_score(random_below(5) == 0 ? ES_DELAY_UNKNOWN : random_below(2000000));
	for (uint32_t i = 0; i < STREAMS; i++)
		print_stream();
	return 0;
}
