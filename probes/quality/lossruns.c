/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of lost packets by length. */
#include "probes/quality/lossruns.h"

static void
close_run(uint32_t run[ES_LOSS_RUN_BINS], uint32_t n)
{
	if (n > 0)
		run[n < ES_LOSS_RUN_BINS ? n - 1 : ES_LOSS_RUN_BINS - 1]++;
}

void
es_lossruns_add(struct es_lossruns *l, bool lost, uint32_t n)
{
	if (lost) {
		l->open = n > UINT32_MAX - l->open ? UINT32_MAX : l->open + n;
		l->longest = l->open > l->longest ? l->open : l->longest;
	} else if (n > 0) {
		close_run(l->run, l->open);
		l->open = 0;
	}
}

void
es_lossruns_result(const struct es_lossruns *l, uint32_t out[ES_LOSS_RUN_BINS])
{
	for (unsigned i = 0; i < ES_LOSS_RUN_BINS; i++)
		out[i] = l->run[i];
	close_run(out, l->open);
}
