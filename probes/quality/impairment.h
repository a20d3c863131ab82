/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What equipment and losses take off R, and which part of it is whose. On the scale of the band, and not held to
 * its Ro; with more than half of the packets bad it is Ro: more concealed than heard is outside the model, and
 * beyond speech.
 *
 * In most wideband rows losses in a row are milder than as many lone ones (equipment.h). Ie,eff must not fall
 * for that: it is the greater of both, and burst_relief is what R gains.
 */
#ifndef EARSHOT_QUALITY_IMPAIRMENT_H
#define EARSHOT_QUALITY_IMPAIRMENT_H

#include "probes/quality/effective.h"
#include "probes/quality/equipment.h"

struct es_impairment {
	double whole; /* of the losses as they are: R is Ro less this */
	double lone;  /* had each bad packet come alone: BurstR 1 */
	double eff; /* Ie,eff: the greater of both; no run that grows and no bad packet lowers it */
	double lost; /* Ie,eff without what came late, and without waits and moves of the buffer */
};

/* With nothing expected: of clean packets. */
struct es_impairment
es_impairment_of(const struct es_equipment *q, const struct es_effective_loss *l);

#endif
