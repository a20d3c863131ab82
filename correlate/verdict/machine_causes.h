/* SPDX-License-Identifier: Apache-2.0 */
/* Signals and changes of machines that explain the bad blocks of a direction. */
#ifndef CORRELATE_VERDICT_MACHINE_CAUSES_H
#define CORRELATE_VERDICT_MACHINE_CAUSES_H

#include "correlate/verdict/fault.h"
#include "probes/base/signal_limit.h"

/* A signal beyond its limit, and the worst mean that it had over a bad block that it hit. */
struct es_cor_hit_signal {
	const struct es_signal_limit *limit;
	uint32_t confidence_ppm;
	int64_t worst;
};

/* A machine's signals of one kind, or a change on it, as a cause, by the overlap with the blocks of a direction. */
struct es_cor_machine_cause {
	enum es_cause cause;
	uint32_t confidence_ppm; /* the surest signal's */
	bool is_synthetic;
	uint32_t machine;
	uint32_t position; /* of the machine's point */
	uint32_t bad;      /* bad blocks the machine has a value for */
	uint32_t bad_hit;  /* of those, with a signal beyond its limit, or around the change */
	uint32_t good;
	uint32_t good_hit;
	es_time from; /* of the bad blocks that were hit, on the clock of the point */
	es_time to;
	uint64_t hit_packets; /* bad packets of the span at fault in these blocks */
	uint64_t all_packets; /* of that span in all blocks */
	bool is_change;
	uint32_t change;                                    /* in the store */
	struct es_cor_hit_signal signals[ES_SIGNAL_LIMITS]; /* the surest first */
	uint32_t n_signals;
	bool is_joint; /* each block that one of them hit was hit by all of them */
};

enum { ES_COR_MACHINE_CAUSES_MAX = 16 };

/*
 * Signals and changes of the machines at both ends of the span at fault that overlap the bad blocks
 * and not the good ones; best first. Returns how many.
 */
uint32_t es_cor_machine_causes(struct es_cor_direction *d, const struct es_cor_fault *fault,
    struct es_cor_machine_cause out[ES_COR_MACHINE_CAUSES_MAX]);

/* Whether a cause is something of a machine, which ranks before the symptoms that it explains. */
bool es_cor_is_of_machine(enum es_cause cause);

#endif
