/* SPDX-License-Identifier: Apache-2.0 */
/* What the samples of machines say of each signal that has a limit (base/signal_limit.h), over a time. */
#ifndef CORRELATE_VERDICT_MACHINE_SIGNALS_H
#define CORRELATE_VERDICT_MACHINE_SIGNALS_H

#include "correlate/join/solve.h"

/* Of one machine, by time: [first, end) of solve.machines.order. */
struct es_cor_samples {
	const struct es_cor_solve *solve;
	uint32_t first;
	uint32_t end;
};

struct es_cor_signal_mean {
	int64_t value;
	bool is_synthetic; /* a sample in it was made up */
};

/* Sorts the samples and changes of the machines by machine and time: s->machines. ES_EFULL. */
int es_cor_machines(struct es_cor_solve *s);

void es_cor_samples_of(const struct es_cor_solve *s, uint32_t machine, struct es_cor_samples *out);

/*
 * Mean of a signal over [start, end), by overlap; of a count per ES_SIGNAL_PERIOD_MS. row: of
 * base/signal_limit.h. False where no sample has it.
 */
bool es_cor_signal_over(const struct es_cor_samples *s, uint32_t row, es_time start, es_time end,
    struct es_cor_signal_mean *out);

#endif
