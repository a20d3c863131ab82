/* SPDX-License-Identifier: Apache-2.0 */
/* Effective loss, run by run. */
#include "probes/quality/effective.h"

void
es_effective_loss_init(struct es_effective_loss *l)
{
	*l = (struct es_effective_loss){ 0 };
}

void
es_effective_loss_add(struct es_effective_loss *l, enum es_fate last, uint32_t n)
{
	if (n == 0)
		return;
	l->expected += n;
	if (last != ES_FATE_GOOD) {
		l->bad += n;
		l->runs += l->run == 0;
		l->run = l->run > UINT32_MAX - n ? UINT32_MAX : l->run + n;
		l->is_late = last == ES_FATE_LATE;
		return;
	}
	l->ended += l->run > 0 && !l->is_late;
	l->lone += l->run == 1 && !l->is_late;
	l->run = 0;
}

void
es_effective_loss_weigh(struct es_effective_loss *l, const struct es_loss_weight *w)
{
	l->more.bad += w->bad;
	l->more.last += w->last;
	l->more.runs += w->runs;
	l->more.lone += w->lone;
}

double
es_loss_burst_ratio(double expected, double bad, double runs)
{
	double ratio = bad / runs * (1 - bad / expected);

	return ratio < 1 ? 1 : ratio;
}

double
es_effective_loss_burst_ratio(const struct es_effective_loss *l)
{
	return l->bad == 0
		   ? 1
		   : es_loss_burst_ratio((double)l->expected, (double)l->bad, (double)l->runs);
}
