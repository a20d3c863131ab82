/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What equipment and losses take off R, and which part each of them takes. It is on the scale of the band, and may
 * exceed its Ro. With more than half of the packets bad it is Ro: more is concealed than heard, which the model
 * does not cover.
 *
 * In most wideband rows losses in a row impair less than as many isolated ones (equipment.h). Ie,eff must
 * not fall there: it is the greater of both, and burst_relief is the difference that R gains.
 */
#ifndef EARSHOT_QUALITY_IMPAIRMENT_H
#define EARSHOT_QUALITY_IMPAIRMENT_H

#include "probes/quality/effective.h"
#include "probes/quality/equipment.h"

struct es_impairment {
	double measured; /* of the losses as they are: R is Ro - this */
	double isolated; /* if each bad packet came alone: BurstR 1 */
	double eff; /* Ie,eff: the greater of both; no run that grows and no bad packet lowers it */
	double
	    without_late; /* Ie,eff without what came late, and without waits and moves of the buffer */
};

/* With nothing expected: of clean packets. */
struct es_impairment
es_impairment_of(const struct es_equipment *q, const struct es_effective_loss *l);

#endif
