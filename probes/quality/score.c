/* SPDX-License-Identifier: Apache-2.0 */
/* Scores from losses: effective loss and burst ratio into the E-model. */
#include "probes/quality/score.h"

#include "earshot/emodel.h"

/* R with all defaults of Table 3 and no equipment; a test compares it with es_emodel. */
static const double R_DEFAULT = 93.20620772327571;

void
es_effective_loss_init(struct es_effective_loss *l)
{
	*l = (struct es_effective_loss){ 0 };
}

void
es_effective_loss_add(struct es_effective_loss *l, bool bad, uint32_t n)
{
	if (n == 0)
		return;
	l->expected += n;
	if (bad) {
		l->bad += n;
		l->runs += !l->in_run;
	}
	l->in_run = bad;
}

/* G.107 clause 3: mean length of the runs seen over the mean that chance gives at the same loss. */
static double
burst_ratio(double expected, double bad, double runs)
{
	double ratio = bad / runs * (1 - bad / expected);

	return ratio < 1 ? 1 : ratio;
}

static double
ie_of(const struct es_codec *c, double expected, double bad, double runs)
{
	return es_ie_eff(c->ie_milli / 1000.0, c->bpl_milli / 1000.0, 100 * bad / expected,
	    burst_ratio(expected, bad, runs));
}

/*
 * Many losses in long runs, and one more packet lost alone: the ratio falls more than the loss
 * rises, and the formula would reward the loss (beyond some 14 % loss). So the losses at hand are
 * judged no better than the same losses without `j` lone ones, for the worst j. Along that path Ie
 * rises to one peak as long as the ratio stays above 1, and rises throughout where it does not.
 */
static double
worst_ie(const struct es_codec *c, uint64_t expected, uint64_t bad, uint64_t runs)
{
	double n = (double)expected;
	double others = (double)(bad - runs); /* lost beside the first of each run */
	double whole = ie_of(c, n, (double)bad, (double)runs);
	double loss = (double)bad / n;
	uint64_t low = 1;
	uint64_t high = runs;
	double peak;

	if (100 * loss / (1 - loss) - 100 * loss / 8 <= c->bpl_milli / 1000.0)
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

		if (ie_of(c, n, k + 1 + others, k + 1) > ie_of(c, n, k + others, k))
			low = mid + 1;
		else
			high = mid;
	}
	peak = ie_of(c, n, (double)low + others, (double)low);
	return peak > whole ? peak : whole;
}

/* Delay in whole milliseconds and a result in millionths: libm's last bit reaches no record. */
static double
delay_impairment(uint32_t delay_us)
{
	struct es_emodel_params p = es_emodel_defaults();
	double none = es_emodel(&p).id;
	double id;

	p.ta_ms = (double)(((uint64_t)delay_us + 500) / 1000);
	p.t_ms = p.ta_ms;
	p.tr_ms = 2 * p.ta_ms;
	id = es_emodel(&p).id - none;
	return id <= 0 ? 0 : (double)(int64_t)(id * 1e6 + 0.5) / 1e6;
}

static uint32_t
milli(double v)
{
	return (uint32_t)(v * 1000 + 0.5);
}

bool
es_score_of(const struct es_codec *codec, const struct es_effective_loss *loss, uint32_t delay_us,
    struct es_score *out)
{
	struct es_score s = { 0 };
	double r = R_DEFAULT;

	if (!es_codec_is_scored(codec) || loss->expected == 0)
		return false;
	if (loss->bad == 0)
		r -= codec->ie_milli / 1000.0;
	else if (loss->bad > loss->expected / 2)
		r = 0; /* more concealed than heard: far outside the model, and beyond speech */
	else
		r -= worst_ie(codec, loss->expected, loss->bad, loss->runs);
	if (!(r > 0))
		r = 0;
	s.r_milli = (int32_t)milli(r);
	s.mos_lq_milli = milli(es_mos_of_r(r));
	if (delay_us != ES_DELAY_UNKNOWN) {
		s.has_cq = true;
		s.mos_cq_milli = milli(es_mos_of_r(r - delay_impairment(delay_us)));
	}
	*out = s;
	return true;
}

uint32_t
es_score_clean_mos_milli(const struct es_codec *codec)
{
	struct es_effective_loss none = { .expected = 1 };
	struct es_score s;

	return es_score_of(codec, &none, ES_DELAY_UNKNOWN, &s) ? s.mos_lq_milli : 0;
}
