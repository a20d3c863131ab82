/* SPDX-License-Identifier: Apache-2.0 */
/* Annoyance as it rises and fades: exponentials between burst and gap. */
#include "probes/quality/recency.h"

#include <math.h>

/* Time constants in seconds, and how much the last burst counts (Annex E). */
#define RISE_S 5.0
#define FADE_S 15.0
#define MEMORY_S 30.0
#define MEMORY 0.7

struct es_recency
es_recency_of(double ie_burst, double ie_gap, double burst_s, double gap_s)
{
	double rise = 1 - exp(-burst_s / RISE_S);
	double stays = exp(-gap_s / FADE_S);
	double both = 1 - exp(-burst_s / RISE_S - gap_s / FADE_S);
	struct es_recency r = { ie_gap, ie_gap, ie_gap };

	if (both <= 0) /* neither lasts */
		return r;
	r.best = (ie_gap * (1 - stays) + ie_burst * rise * stays) / both;
	r.worst = ie_burst - (ie_burst - r.best) * (1 - rise);
	r.average = (burst_s * ie_burst + gap_s * ie_gap - RISE_S * (ie_burst - r.best) * rise +
			FADE_S * (r.worst - ie_gap) * (1 - stays)) /
		    (burst_s + gap_s);
	return r;
}

/* All that R is less, in thousandths. */
static double
ie_of(const struct es_equipment *q, const struct es_effective_loss *loss)
{
	return (double)(int64_t)(es_impairment_of(q, loss).measured * 1000 + 0.5) / 1000.0;
}

static double
seconds(uint64_t us)
{
	return (double)us / 1e6;
}

/*
 * Losses of gaps are alone by definition: the other runs are those of bursts. A buffer runs empty where
 * packets are late, so its waits are of bursts too, where there are any; it moves anywhere.
 */
static double
felt(const struct es_equipment *q, const struct es_burst_result *r,
    const struct es_effective_loss *loss, uint32_t ptime_us)
{
	struct es_effective_loss gap = { .expected = r->gap_packets, .bad = r->gap_bad };
	struct es_effective_loss burst = { .expected = r->burst_packets, .bad = r->burst_bad };
	struct es_recency is;

	gap.runs = r->gap_bad;
	gap.lone = gap.ended = loss->lone < r->gap_bad ? loss->lone : r->gap_bad;
	gap.moved = loss->moved;
	if (r->bursts == 0) {
		gap.frozen = loss->frozen;
		return ie_of(q, &gap);
	}
	burst.runs = loss->runs > gap.runs ? loss->runs - gap.runs : 1;
	burst.ended = loss->ended - gap.ended;
	burst.lone = loss->lone - gap.lone;
	burst.frozen = loss->frozen;
	is = es_recency_of(ie_of(q, &burst), ie_of(q, &gap), seconds(r->burst_length_us),
	    seconds(r->gap_length_us));
	return is.average + MEMORY * (is.worst - is.average) *
				exp(-seconds(r->since_burst * ptime_us) / MEMORY_S);
}

bool
es_recency_mos_milli(const struct es_equipment *q, const struct es_burst *b,
    const struct es_effective_loss *loss, uint32_t ptime_us, uint32_t *mos_milli)
{
	double ro = es_emodel_ro(es_equipment_scale(q));
	struct es_burst_result r;
	double ie;

	if (ptime_us == 0 || !es_burst_result(b, ptime_us, &r))
		return false;
	ie = felt(q, &r, loss, ptime_us);
	/* In thousandths: libm's last bit reaches no record. */
	*mos_milli = es_score_mos_milli(q, ie < ro ? (int32_t)((ro - ie) * 1000 + 0.5) : 0);
	return true;
}
