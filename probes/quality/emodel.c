/* SPDX-License-Identifier: Apache-2.0 */
/* The narrowband E-model, ITU-T G.107 (06/2015), and the wider scales; equation numbers as there. */
#include "earshot/emodel.h"

#include <math.h>

/* Clause 7.4.3, default delay sensitivity class. */
static const double DELAY_SENSITIVITY = 1.0;
static const double DELAY_MINIMUM_MS = 100.0;

struct es_emodel_params
es_emodel_defaults(void)
{
	struct es_emodel_params p = {
		.slr = 8,
		.rlr = 2,
		.stmr = 15,
		.lstr = 18,
		.ds = 3,
		.dr = 3,
		.telr = 65,
		.wepl = 110,
		.qdu = 1,
		.bpl = 4.3,
		.burst_r = 1,
		.nc_dbm0p = -70,
		.nfor_dbmp = -64,
		.ps_dba = 35,
		.pr_dba = 35,
	};

	return p;
}

/* A NaN becomes lo. */
static double
clamp(double v, double lo, double hi)
{
	if (!(v > lo))
		return lo;
	return v < hi ? v : hi;
}

/*
 * Where the formulas are defined and tame. Wider than the ranges of Table 3 on purpose where a
 * network can leave them: loss up to 100 %, delay up to a minute.
 */
static struct es_emodel_params
within_domain(const struct es_emodel_params *in)
{
	struct es_emodel_params p = *in;

	p.slr = clamp(p.slr, 0, 18);
	p.rlr = clamp(p.rlr, -5, 14);
	p.stmr = clamp(p.stmr, 0, 30);
	p.lstr = clamp(p.lstr, 0, 40);
	p.ds = clamp(p.ds, -3, 3);
	p.dr = clamp(p.dr, -3, 3);
	p.telr = clamp(p.telr, 5, 65);
	p.wepl = clamp(p.wepl, 5, 110);
	p.t_ms = clamp(p.t_ms, 0, 60000);
	p.ta_ms = clamp(p.ta_ms, 0, 60000);
	p.tr_ms = clamp(p.tr_ms, 0, 120000);
	p.qdu = clamp(p.qdu, 1, 14);
	p.ie = clamp(p.ie, 0, 95);
	p.nc_dbm0p = clamp(p.nc_dbm0p, -80, -40);
	p.nfor_dbmp = clamp(p.nfor_dbmp, -80, -40);
	p.ps_dba = clamp(p.ps_dba, 0, 85);
	p.pr_dba = clamp(p.pr_dba, 0, 85);
	p.a = clamp(p.a, 0, 20);
	return p;
}

static double
square(double x)
{
	return x * x;
}

static double
of_db(double x)
{
	return pow(10, x / 10);
}

/* (1 + x^n)^(1/n), the smooth step that clause 7 uses throughout. */
static double
knee(double x, double n)
{
	return pow(1 + pow(x, n), 1 / n);
}

/* Equations 7-3 to 7-7: noise powers added at the 0 dBr point. */
static double
noise(const struct es_emodel_params *p)
{
	double olr = p->slr + p->rlr;
	double nos =
	    p->ps_dba - p->slr - p->ds - 100 + 0.004 * square(p->ps_dba - olr - p->ds - 14);
	double lstr = p->stmr + p->dr;
	double pre = p->pr_dba + 10 * log10(1 + of_db(10 - lstr));
	double nor = p->rlr - 121 + pre + 0.008 * square(pre - 35);
	double nfo = p->nfor_dbmp + p->rlr;

	return 10 * log10(of_db(p->nc_dbm0p) + of_db(nos) + of_db(nor) + of_db(nfo));
}

/* Equations 7-11 and 7-12: sidetone. */
static double
sidetone(const struct es_emodel_params *p)
{
	double stmro = -10 * log10(of_db(-p->stmr) + exp(-p->t_ms / 4) * of_db(-p->telr));

	return 12 * knee((stmro - 13) / 6, 8) - 28 * knee((stmro + 1) / 19.4, 35) -
	       13 * knee((stmro - 3) / 33, 13) + 29;
}

/* Equations 7-8 to 7-17: what comes together with the voice. */
static double
simultaneous(const struct es_emodel_params *p, double no, double ro, double ist)
{
	double xolr = p->slr + p->rlr + 0.2 * (64 + no - p->rlr);
	double iolr = 20 * (knee(xolr / 8, 8) - xolr / 8);
	double q = 37 - 15 * log10(p->qdu);
	double g = 1.07 + 0.258 * q + 0.0602 * square(q);
	double y = (ro - 100) / 15 + 46 / 8.4 - g / 9;
	double z = 46.0 / 30 - g / 40;
	double iq = 15 * log10(1 + pow(10, y) + pow(10, z));

	return iolr + ist + iq;
}

/* Equations 7-19 to 7-24: talker echo. */
static double
talker_echo(const struct es_emodel_params *p, double no, double ist)
{
	double roe = -1.5 * (no - p->rlr);
	double terv;
	double re;
	double idte;

	if (p->t_ms < 1)
		return 0;
	terv = p->telr - 40 * log10((1 + p->t_ms / 10) / (1 + p->t_ms / 150)) +
	       6 * exp(-0.3 * square(p->t_ms));
	if (p->stmr < 9)
		terv += ist / 2;
	re = 80 + 2.5 * (terv - 14);
	idte = ((roe - re) / 2 + sqrt(square(roe - re) / 4 + 100) - 1) * (1 - exp(-p->t_ms));
	if (p->stmr > 20)
		idte = sqrt(square(idte) + square(ist));
	return idte;
}

/* Equations 7-25 and 7-26: listener echo. */
static double
listener_echo(const struct es_emodel_params *p, double ro)
{
	double rle = 10.5 * (p->wepl + 7) * pow(p->tr_ms + 1, -0.25);

	return (ro - rle) / 2 + sqrt(square(ro - rle) / 4 + 169);
}

/* Equations 7-27 and 7-28: delay too long to talk, even without echo. */
static double
long_delay(const struct es_emodel_params *p)
{
	double n = 6 * DELAY_SENSITIVITY;
	double x;

	if (p->ta_ms <= DELAY_MINIMUM_MS)
		return 0;
	x = log2(p->ta_ms / DELAY_MINIMUM_MS);
	return 25 * (knee(x, n) - 3 * knee(x / 3, n) + 2);
}

double
es_ie_eff(double ie, double bpl, double ppl, double burst_r)
{
	ie = clamp(ie, 0, 95);
	bpl = clamp(bpl, 0.1, 100);
	ppl = clamp(ppl, 0, 100);
	burst_r = clamp(burst_r, 1, 8); /* the range of Table 3 */
	return ie + (95 - ie) * ppl / (ppl / burst_r + bpl);
}

struct es_emodel_result
es_emodel(const struct es_emodel_params *params)
{
	struct es_emodel_params p = within_domain(params);
	struct es_emodel_result out;
	double no = noise(&p);
	double ist = sidetone(&p);

	out.ro = 15 - 1.5 * (p.slr + no);
	out.is = simultaneous(&p, no, out.ro, ist);
	out.idte = talker_echo(&p, no, ist);
	out.idle = listener_echo(&p, out.ro);
	out.idd = long_delay(&p);
	out.id = out.idte + out.idle + out.idd;
	out.ie_eff = es_ie_eff(p.ie, p.bpl, p.ppl, p.burst_r);
	out.r = out.ro - out.is - out.id - out.ie_eff + p.a;
	return out;
}

double
es_mos_of_r(double r)
{
	double mos;

	r = clamp(r, 0, 100);
	mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
	return clamp(mos, 1, 4.5);
}

/* Annex B: the middle root of the cubic. */
double
es_r_of_mos(double mos)
{
	const double pi = 3.14159265358979323846;
	double h;

	mos = clamp(mos, 1, 4.5);
	h = atan2(15 * sqrt(-903522 + 1113960 * mos - 202500 * mos * mos), 18566 - 6750 * mos) / 3;
	return clamp(20.0 / 3 * (8 - sqrt(226) * cos(h + pi / 3)), 6.5, 100);
}

/* What sets the scales of G.107, G.107.1 and G.107.2 apart. */
static const struct {
	double ro;   /* with all defaults; a test compares the first with es_emodel */
	double span; /* of the narrowband's 0..100 */
	double ie_max;
	double idd; /* of the narrowband's Idd */
} scales[] = {
	[ES_EMODEL_NB] = { 93.20620772327571, 1, 95, 1 },
	[ES_EMODEL_WB] = { 129, 1.29, 95, 1 },
	[ES_EMODEL_FB] = { 148, 1.48, 132, 1.48 },
};

double
es_emodel_span(enum es_emodel_scale scale)
{
	return scales[scale].span;
}

double
es_emodel_ro(enum es_emodel_scale scale)
{
	return scales[scale].ro;
}

double
es_emodel_ie_eff(enum es_emodel_scale scale, double ie, double bpl, double ppl, double burst_r)
{
	double max = scales[scale].ie_max;

	if (scale == ES_EMODEL_NB)
		return es_ie_eff(ie, bpl, ppl, burst_r);
	ie = clamp(ie, 0, max);
	bpl = clamp(bpl, 0.1, 100);
	ppl = clamp(ppl, 0, 100);
	return ie + (max - ie) * ppl / (ppl + bpl);
}

double
es_emodel_idd(enum es_emodel_scale scale, double ta_ms)
{
	struct es_emodel_params p = { .ta_ms = clamp(ta_ms, 0, 60000) };

	return scales[scale].idd * long_delay(&p);
}

double
es_emodel_mos(enum es_emodel_scale scale, double r)
{
	return es_mos_of_r(r / scales[scale].span);
}
