/* SPDX-License-Identifier: Apache-2.0 */
/* What the machines felt and what changed there, held against the blocks of a direction. */
#ifndef CORRELATE_VERDICT_SIGNALS_H
#define CORRELATE_VERDICT_SIGNALS_H

#include "correlate/verdict/fault.h"

/* A machine's signal or change, held against the blocks of a direction. */
struct es_cor_finding {
	enum es_cause cause;
	uint32_t confidence_ppm;
	uint32_t machine;
	uint32_t bad;     /* bad blocks the machine has a value for */
	uint32_t bad_hit; /* of those, with the signal beyond its threshold */
	uint32_t good;
	uint32_t good_hit;
	uint64_t harmed;     /* bad packets of the span at fault in blocks that were hit */
	uint64_t all_harmed; /* in all its blocks */
	bool is_change;
	uint32_t change; /* in the store */
	uint16_t signal;
	bool is_above;
	int64_t threshold;
};

enum { ES_COR_FINDINGS_MAX = 16 };

/* Sorts what the machines felt by machine and time: s->machines. ES_EFULL. */
int es_cor_machines(struct es_cor_solve *s);

const char *es_cor_signal_name(uint16_t signal);
const char *es_cor_change_name(uint16_t kind);

/*
 * Signals and changes of the machines at both ends of the span at fault that overlap the bad blocks
 * and not the good ones; best first. Returns how many.
 */
uint32_t es_cor_findings(struct es_cor_direction *d, const struct es_cor_fault *fault,
    struct es_cor_finding out[ES_COR_FINDINGS_MAX]);

#endif
