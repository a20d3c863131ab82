/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The E-model: ITU-T G.107 (06/2015) narrowband, and what differs in G.107.1 (06/2019) wideband and
 * G.107.2 (06/2019) fullband. Doubles inside, scaled once by the caller.
 * Pure; every function is total: what is out of range (or not a number) is clamped to where the
 * formulas hold. That is Table 3, but for loss (to 100 %) and delay (to a minute), which a network
 * can push further.
 */
#ifndef EARSHOT_EMODEL_H
#define EARSHOT_EMODEL_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Clause 7 and Table 3; names as there. */
struct es_emodel_params {
	double slr, rlr;           /* loudness ratings, dB */
	double stmr, lstr;         /* dB */
	double ds, dr;             /* D-factor of the set, send and receive side */
	double telr, wepl;         /* echo, dB */
	double t_ms, ta_ms, tr_ms; /* mean one-way delay of echo path, absolute delay, round trip */
	double qdu;
	double ie, bpl, ppl,
	    burst_r; /* equipment impairment, robustness, loss in percent, burstiness */
	double nc_dbm0p, nfor_dbmp; /* noise */
	double ps_dba, pr_dba;      /* room noise */
	double a;                   /* advantage factor */
};

struct es_emodel_result {
	double r;
	double ro, is, id, ie_eff; /* the terms of equation 7-1 */
	double idte, idle, idd;
};

/* Default values of Table 3. */
struct es_emodel_params es_emodel_defaults(void);

/* R and its terms by equation 7-1, narrowband. */
struct es_emodel_result es_emodel(const struct es_emodel_params *p);

/* Annex B: R to MOS, 1 to 4.5, never below 1 (the cubic itself dips to 0.99). */
double es_mos_of_r(double r);

/* Annex B inverse, 6.5 <= R <= 100. */
double es_r_of_mos(double mos);

/* Clause 7.5, eq. 7-29: ie + (95 - ie) ppl / (ppl / burst_r + bpl). */
double es_ie_eff(double ie, double bpl, double ppl, double burst_r);

/*
 * The wider bands have longer scales of R. An unimpaired band has R 100, 129 or 148, with all else at its
 * default. MOS is computed from R on the scale of narrowband: R / 1.29, R / 1.48.
 */
enum es_emodel_scale { ES_EMODEL_NB = 0, ES_EMODEL_WB, ES_EMODEL_FB };

/* R of a scale / R of the narrowband scale with the same MOS: 1, 1.29, 1.48. */
double es_emodel_span(enum es_emodel_scale scale);

/* Ro - Is - Id with all defaults: 93.2062, 129, 148. */
double es_emodel_ro(enum es_emodel_scale scale);

/*
 * Equipment impairment under loss. Narrowband as es_ie_eff; the others have no burst ratio:
 * ie + (95 - ie) ppl / (ppl + bpl), fullband (132 - ie).
 */
double
es_emodel_ie_eff(enum es_emodel_scale scale, double ie, double bpl, double ppl, double burst_r);

/*
 * Idd of a one-way delay, clause 7.4 of G.107 without echo; 1.48 times as much on the fullband scale.
 */
double es_emodel_idd(enum es_emodel_scale scale, double ta_ms);

/* MOS of an R on a scale: es_mos_of_r(r / span). */
double es_emodel_mos(enum es_emodel_scale scale, double r);

#ifdef __cplusplus
}
#endif

#endif
