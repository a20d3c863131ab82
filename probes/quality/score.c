/* SPDX-License-Identifier: Apache-2.0 */
/* Scores from losses: effective loss into the E-model. */
#include "probes/quality/score.h"

void
es_effective_loss_init(struct es_effective_loss *l)
{
	*l = (struct es_effective_loss){ 0 };
}

void
es_effective_loss_add(struct es_effective_loss *l, enum es_fate last, uint32_t n)
{
	if (n == 0)
		return;
	l->expected += n;
	if (last != ES_FATE_GOOD) {
		l->bad += n;
		l->runs += l->run == 0;
		l->run = l->run > UINT32_MAX - n ? UINT32_MAX : l->run + n;
		l->is_late = last == ES_FATE_LATE;
		return;
	}
	l->ended += l->run > 0 && !l->is_late;
	l->lone += l->run == 1 && !l->is_late;
	l->run = 0;
}

void
es_effective_loss_weigh(struct es_effective_loss *l, const struct es_loss_weight *w)
{
	l->more.bad += w->bad;
	l->more.last += w->last;
	l->more.runs += w->runs;
	l->more.lone += w->lone;
}

/* G.107 clause 3: mean length of the runs seen over the mean that chance gives at the same loss. */
static double
burst_ratio(double expected, double bad, double runs)
{
	double ratio = bad / runs * (1 - bad / expected);

	return ratio < 1 ? 1 : ratio;
}

double
es_effective_loss_burst_ratio(const struct es_effective_loss *l)
{
	return l->bad == 0 ? 1 : burst_ratio((double)l->expected, (double)l->bad, (double)l->runs);
}

static double
ie_of(const struct es_equipment *q, double expected, double bad, double runs)
{
	return es_emodel_ie_eff(es_equipment_scale(q), q->ie_milli / 1000.0, q->bpl_milli / 1000.0,
	    100 * bad / expected, burst_ratio(expected, bad, runs));
}

/*
 * Many losses in long runs, and one more packet lost alone: the ratio falls more than the loss
 * rises, and the formula would reward the loss (beyond some 14 % loss). So the losses at hand are
 * judged no better than the same losses without `j` lone ones, for the worst j. Along that path Ie
 * rises to one peak as long as the ratio stays above 1, and rises throughout where it does not.
 */
static double
worst_ie(const struct es_equipment *q, uint64_t expected, uint64_t bad, uint64_t runs)
{
	double n = (double)expected;
	double others = (double)(bad - runs); /* lost beside the first of each run */
	double whole = ie_of(q, n, (double)bad, (double)runs);
	double loss = (double)bad / n;
	uint64_t low = 1;
	uint64_t high = runs;
	double peak;

	if (100 * loss / (1 - loss) - 100 * loss / 8 <= q->bpl_milli / 1000.0)
		return whole; /* nowhere on the path does the slope turn */
	while (low < high) {  /* the most runs with a ratio above 1 */
		uint64_t mid = high - (high - low) / 2;
		double lost = (double)mid + others;

		if (lost / (double)mid * (1 - lost / n) >= 1)
			low = mid;
		else
			high = mid - 1;
	}
	high = low;
	low = 1;
	while (low < high) { /* the peak */
		uint64_t mid = low + (high - low) / 2;
		double k = (double)mid;

		if (ie_of(q, n, k + 1 + others, k + 1) > ie_of(q, n, k + others, k))
			low = mid + 1;
		else
			high = mid;
	}
	peak = ie_of(q, n, (double)low + others, (double)low);
	return peak > whole ? peak : whole;
}

/*
 * The Recommendations' formula. Wideband and fullband know no burst ratio; frames waited count as lost.
 */
static double
planned(const struct es_equipment *q, const struct es_effective_loss *l)
{
	uint64_t bad = l->bad + l->frozen < l->expected ? l->bad + l->frozen : l->expected;
	uint64_t runs = l->runs > 0 ? l->runs : 1; /* a wait alone is one */

	if (bad == 0)
		return q->ie_milli / 1000.0;
	if (q->band != ES_BAND_NB)
		return ie_of(q, (double)l->expected, (double)bad, (double)bad);
	return worst_ie(q, l->expected, bad, runs);
}

/* The formula of the constants derived here; equipment.h. */
static double
derived(const struct es_equipment *q, const struct es_effective_loss *l)
{
	double ie = q->ie_milli / 1000.0;
	double bad = (double)l->bad + (double)l->more.bad / 16;
	double runs = (double)l->runs + (double)l->more.runs / 16;
	double x;

	if (q->repairs_lone) { /* the last of a run, lost, comes with the next: lone ones vanish whole */
		bad -= (double)l->ended;
		runs -= (double)l->lone;
	} else {
		bad += (double)l->more.last / 16;
		runs += (double)l->more.lone / 16;
	}
	x = bad + q->after_milli / 1000.0 * runs + q->burst_milli / 1000.0 * (bad - runs) +
	    q->waited_milli / 1000.0 * (double)l->frozen +
	    q->shifted_milli / 1000.0 * (double)l->moved;
	if (x <= 0) /* a window begins in the midst of a run: what ended is not all of its own */
		return ie;
	x = 100 * x / (double)l->expected;
	return ie + (q->limit_milli / 1000.0 - ie) * x / (x + q->bpl_milli / 1000.0);
}

/* Delay in whole milliseconds and a result in millionths: libm's last bit reaches no record. */
static double
delay_impairment(const struct es_equipment *q, uint32_t delay_us)
{
	double ms = (double)(((uint64_t)delay_us + 500) / 1000);

	return (double)(int64_t)(es_emodel_idd(es_equipment_scale(q), ms) * 1e6 + 0.5) / 1e6;
}

static uint32_t
milli(double v)
{
	return (uint32_t)(v * 1000 + 0.5);
}

bool
es_score_of(const struct es_equipment *q, const struct es_effective_loss *loss, uint32_t delay_us,
    struct es_score *out)
{
	enum es_emodel_scale scale = es_equipment_scale(q);
	struct es_score s = { 0 };
	double ro = es_emodel_ro(scale);
	double ie;
	double r;

	if (loss->expected == 0)
		return false;
	ie = q->limit_milli != 0 ? derived(q, loss) : planned(q, loss);
	if (loss->bad > loss->expected / 2)
		ie = ro; /* more concealed than heard: far outside the model, and beyond speech */
	r = ro > ie ? ro - ie : 0;
	s.ie_eff_milli = milli(ie);
	s.r_milli = (int32_t)milli(r);
	s.mos_lq_milli = milli(es_emodel_mos(scale, r));
	if (delay_us != ES_DELAY_UNKNOWN) {
		double id = delay_impairment(q, delay_us);

		s.has_cq = true;
		s.id_milli = milli(id);
		s.mos_cq_milli = milli(es_emodel_mos(scale, r - id));
	}
	*out = s;
	return true;
}

struct es_conversation
es_score_conversation(const struct es_equipment *q, int32_t r_milli, uint32_t delay_us)
{
	double id = delay_impairment(q, delay_us);

	return (struct es_conversation){
		.id_milli = milli(id),
		.mos_cq_milli = milli(es_emodel_mos(es_equipment_scale(q), r_milli / 1000.0 - id)),
	};
}

uint32_t
es_score_clean_mos_milli(const struct es_equipment *q)
{
	struct es_effective_loss none = { .expected = 1 };
	struct es_score s = { 0 };

	(void)es_score_of(q, &none, ES_DELAY_UNKNOWN, &s); /* one packet is enough to say */
	return s.mos_lq_milli;
}

uint32_t
es_score_mos_milli(const struct es_equipment *q, int32_t r_milli)
{
	return milli(es_emodel_mos(es_equipment_scale(q), r_milli / 1000.0));
}

const char *
es_score_model(const struct es_equipment *q)
{
	switch (es_equipment_scale(q)) {
	case ES_EMODEL_WB:
		return "es-wb/2";
	case ES_EMODEL_FB:
		return "es-fb/1";
	case ES_EMODEL_NB:
		break;
	}
	return "es-nb/3";
}
