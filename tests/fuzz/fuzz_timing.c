/* SPDX-License-Identifier: Apache-2.0 */
/* Arrivals of any kind through every measure: 13 bytes a packet. Nothing may overflow or leave its range. */
#include "fuzz.h"
#include "probes/base/cursor.h"
#include "probes/quality/burst.h"
#include "probes/quality/dejitter.h"
#include "probes/quality/score.h"
#include "probes/quality/timing/jitter.h"
#include "probes/quality/timing/skew.h"
#include "probes/quality/timing/variation.h"

struct measures {
	struct es_transit transit;
	struct es_jitter jitter;
	struct es_variation variation;
	struct es_variation_sum sum;
	struct es_skew skew;
	struct es_dejitter fixed, adaptive;
	uint64_t got[ES_DEJITTER_RING / 64];
	uint64_t highest;
	struct es_burst burst;
	struct es_effective_loss runs;
};

static void
take(struct measures *m, struct es_cur *c)
{
	static const uint32_t rates[] = { 8000, 48000, 11025, 90000, 0, 1, 1000000000,
		4294967295u };
	uint8_t what = es_cur_u8(c);
	uint32_t ts = es_cur_be32(c);
	es_time at = es_time_of_ns((int64_t)es_cur_be64(c));
	uint64_t seq = (uint64_t)ES_SEQ_BASE + (ts & 0xffff);
	static const uint32_t ptimes[] = { 20000, 0, 10000, 4000000000u };
	struct es_dejitter_packet packet;
	struct es_transit_step step;
	bool late;

	if (what & 0x80) {
		struct es_variation before = m->variation;

		es_variation_sum_add(&m->sum, &before);
		es_variation_init(&m->variation, &before);
	}
	if (es_transit_update(&m->transit, rates[what & 7], ts, at, &step) == ES_TRANSIT_SAME)
		return;
	es_jitter_update(&m->jitter, ES_TRANSIT_STEP, &step);
	es_variation_update(&m->variation, step.transit_ns);
	es_skew_update(&m->skew, at, step.transit_ns);
	packet = (struct es_dejitter_packet){ seq, at, step.transit_ns, ptimes[what >> 3 & 3],
		m->got, m->highest };
	m->got[seq / 64 % (ES_DEJITTER_RING / 64)] |= UINT64_C(1) << seq % 64;
	(void)es_dejitter_update(&m->fixed, &packet);
	late = es_dejitter_update(&m->adaptive, &packet).late;
	m->highest = seq > m->highest ? seq : m->highest;
	es_burst_run(&m->burst, late, what & 0x3f);
	es_effective_loss_add(&m->runs, late ? ES_FATE_LATE : ES_FATE_GOOD, what & 0x3f);
	m->runs.late += late ? what & 0x3f : 0;
}

static void
check(const struct measures *m)
{
	struct es_delay_variation v;
	struct es_burst_result b;
	struct es_codec_use use = { .codec = es_codec_static(0) };
	struct es_score s;

	MUST(es_jitter_last_us(&m->jitter) <= es_jitter_max_us(&m->jitter));
	MUST(es_jitter_mean_us(&m->jitter) <= es_jitter_max_us(&m->jitter));
	if (es_variation_percentiles(&m->variation, &v))
		MUST(v.p50_us <= v.p95_us && v.p95_us <= v.p99_us);
	if (es_variation_sum_percentiles(&m->sum, &v))
		MUST(v.p50_us <= v.p95_us && v.p95_us <= v.p99_us);
	if (es_burst_result(&m->burst, 20000, &b))
		MUST(b.burst_density_ppm <= 1000000 && b.gap_density_ppm <= 1000000);
	if (es_score_of(es_equipment_of(&use), &m->runs, m->transit.last_ts, &s)) {
		MUST(s.mos_lq_milli >= 1000 &&
		     s.mos_lq_milli <= es_score_clean_mos_milli(es_equipment_of(&use)));
		MUST(s.ie_discard_milli <= s.ie_eff_milli && s.ie_burst_milli <= s.ie_eff_milli);
		MUST(!s.has_cq || (s.mos_cq_milli >= 1000 && s.mos_cq_milli <= s.mos_lq_milli));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct es_cur c = es_cur_of(es_slice_of(bytes, n));
	struct measures m = { 0 };
	int32_t ppb;

	m.skew = (struct es_skew){ 0 };
	es_dejitter_init(&m.fixed, 60);
	es_dejitter_init(&m.adaptive, 0);
	while (es_cur_left(&c) >= 13)
		take(&m, &c);
	check(&m);
	(void)es_skew_ppb(&m.skew, &ppb);
	return 0;
}
