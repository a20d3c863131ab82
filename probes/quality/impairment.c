/* SPDX-License-Identifier: Apache-2.0 */
/* The two formulas of Ie,eff, each over the losses as they are and as they would be. */
#include "probes/quality/impairment.h"

/* Input of a formula: the losses after repair with their weights, and what the buffer did. */
struct asked {
	double expected;
	double bad;
	double runs;
	double frozen;
	double moved;
};

static double
ie_of(const struct es_equipment *q, double expected, double bad, double runs)
{
	return es_emodel_ie_eff(es_equipment_scale(q), q->ie_milli / 1000.0, q->bpl_milli / 1000.0,
	    100 * bad / expected, es_loss_burst_ratio(expected, bad, runs));
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
	double others = (double)(bad - runs); /* lost, without the first of each run */
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

/* The Recommendations' formula; wideband and fullband know no burst ratio. */
static double
planned(const struct es_equipment *q, uint64_t expected, uint64_t bad, uint64_t runs)
{
	if (bad == 0)
		return q->ie_milli / 1000.0;
	if (q->band != ES_BAND_NB)
		return ie_of(q, (double)expected, (double)bad, (double)bad);
	return worst_ie(q, expected, bad, runs);
}

/* The formula of the constants derived here; equipment.h. */
static double
derived(const struct es_equipment *q, const struct asked *a)
{
	double ie = q->ie_milli / 1000.0;
	double x = a->bad + q->after_milli / 1000.0 * a->runs +
		   q->burst_milli / 1000.0 * (a->bad - a->runs) +
		   q->waited_milli / 1000.0 * a->frozen + q->shifted_milli / 1000.0 * a->moved;

	if (x <= 0) /* a window begins in the midst of a run: what ended is not all of its own */
		return ie;
	x = 100 * x / a->expected;
	return ie + (q->limit_milli / 1000.0 - ie) * x / (x + q->bpl_milli / 1000.0);
}

static struct asked
asked_of(const struct es_equipment *q, const struct es_effective_loss *l)
{
	struct asked a = {
		.expected = (double)l->expected,
		.bad = (double)l->bad + (double)l->more.bad / 16,
		.runs = (double)l->runs + (double)l->more.runs / 16,
		.frozen = (double)l->frozen,
		.moved = (double)l->moved,
	};

	if (q->repairs_lone) { /* the last of a run, lost, comes with the next: lone ones vanish whole */
		a.bad -= (double)l->ended;
		a.runs -= (double)l->lone;
	} else {
		a.bad += (double)l->more.last / 16;
		a.runs += (double)l->more.lone / 16;
	}
	return a;
}

static struct es_impairment
by_recommendation(const struct es_equipment *q, const struct es_effective_loss *l)
{
	uint64_t bad = l->bad + l->frozen < l->expected ? l->bad + l->frozen : l->expected;
	uint64_t runs = l->runs > 0 ? l->runs : 1; /* a wait alone is one */

	return (struct es_impairment){
		.measured = planned(q, l->expected, bad, runs),
		.isolated = bad == 0 ? q->ie_milli / 1000.0
				     : ie_of(q, (double)l->expected, (double)bad, (double)bad),
	};
}

static struct es_impairment
by_fit(const struct es_equipment *q, const struct es_effective_loss *l)
{
	struct asked a = asked_of(q, l);
	struct es_impairment i = { .measured = derived(q, &a) };

	if (a.runs < a.bad)
		a.runs = a.bad;
	i.isolated = derived(q, &a);
	return i;
}

static struct es_impairment
judge(const struct es_equipment *q, const struct es_effective_loss *l)
{
	double ro = es_emodel_ro(es_equipment_scale(q));
	struct es_impairment i = { ro, ro, ro, ro };

	if (l->expected == 0)
		i.measured = i.isolated = q->ie_milli / 1000.0;
	else if (l->bad <= l->expected / 2)
		i = q->limit_milli != 0 ? by_fit(q, l) : by_recommendation(q, l);
	i.eff = i.measured > i.isolated ? i.measured : i.isolated;
	return i;
}

/* Weights of some of those they were summed over. */
static int64_t
share(int64_t weights, uint64_t some, uint64_t all)
{
	return some < all ? (int64_t)((double)weights * ((double)some / (double)all)) : weights;
}

/*
 * The losses as if nothing had come late and the buffer had not moved. Runs that ended with a lost packet stay;
 * a run whose lost packets are all before a late one is left out with it.
 */
static struct es_effective_loss
lost_only(const struct es_effective_loss *l)
{
	struct es_effective_loss lost = *l;
	uint64_t others = l->bad - l->ended; /* than the lost ends of runs */

	lost.frozen = 0;
	lost.moved = 0;
	if (l->late == 0)
		return lost;
	lost.bad -= l->late;
	lost.runs = l->ended > 0 ? l->ended : lost.bad > 0;
	lost.more.bad = share(l->more.bad, others - l->late, others);
	if (lost.runs >= l->lone)
		lost.more.runs = share(l->more.runs, lost.runs - l->lone, l->runs - l->lone);
	return lost;
}

struct es_impairment
es_impairment_of(const struct es_equipment *q, const struct es_effective_loss *l)
{
	struct es_impairment i = judge(q, l);

	i.without_late = i.eff;
	if (l->late > 0 || l->frozen > 0 || l->moved > 0) {
		struct es_effective_loss lost = lost_only(l);
		double ie = judge(q, &lost).eff;

		i.without_late = ie < i.eff ? ie : i.eff;
	}
	return i;
}
