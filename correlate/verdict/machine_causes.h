/* SPDX-License-Identifier: Apache-2.0 */
/* Signals and changes of machines that explain the bad blocks of a direction. */
#ifndef CORRELATE_VERDICT_MACHINE_CAUSES_H
#define CORRELATE_VERDICT_MACHINE_CAUSES_H

#include "correlate/verdict/fault.h"

/* A signal or change of a machine as a cause, by its overlap with the blocks of a direction. */
struct es_cor_machine_cause {
	enum es_cause cause;
	uint32_t confidence_ppm;
	uint32_t machine;
	uint32_t bad;     /* bad blocks the machine has a value for */
	uint32_t bad_hit; /* of those, with the signal beyond its threshold */
	uint32_t good;
	uint32_t good_hit;
	uint64_t hit_packets; /* bad packets of the span at fault in blocks that were hit */
	uint64_t all_packets; /* of that span in all blocks */
	bool is_change;
	uint32_t change; /* in the store */
	uint16_t signal;
	bool is_above;
	int64_t threshold;
};

enum { ES_COR_MACHINE_CAUSES_MAX = 16 };

/* Sorts the samples and changes of the machines by machine and time: s->machines. ES_EFULL. */
int es_cor_machines(struct es_cor_solve *s);

const char *es_cor_signal_name(uint16_t signal);
const char *es_cor_change_name(uint16_t kind);

/*
 * Signals and changes of the machines at both ends of the span at fault that overlap the bad blocks
 * and not the good ones; best first. Returns how many.
 */
uint32_t es_cor_machine_causes(struct es_cor_direction *d, const struct es_cor_fault *fault,
    struct es_cor_machine_cause out[ES_COR_MACHINE_CAUSES_MAX]);

#endif
