/* SPDX-License-Identifier: Apache-2.0 */
/* Stalls and unevenness of a sender. */
#include "probes/quality/timing/sender.h"

enum { FIRST_US = 256 };

/* Lower edge: 0, 256, 384, 512, 768, 1024, .. us. */
static uint32_t
edge_us(unsigned bin)
{
	if (bin == 0)
		return 0;
	return (bin % 2 == 1 ? 2u : 3u) * (FIRST_US / 2) << (bin - 1) / 2;
}

static void
count(struct es_sender *s, uint32_t us)
{
	unsigned bin = 0;

	while (bin + 1 < ES_SENDER_BINS && us >= edge_us(bin + 1))
		bin++;
	if (++s->count[bin] == UINT16_MAX)
		for (unsigned i = 0; i < ES_SENDER_BINS; i++)
			s->count[i] = (uint16_t)((s->count[i] + 1u) / 2);
}

static uint32_t
us_of(int64_t ns)
{
	int64_t us = ns / 1000;

	return us <= 0 ? 0 : us > INT32_MAX ? INT32_MAX : (uint32_t)us;
}

static void
add(struct es_sender *s, uint32_t us)
{
	s->starved_us = us > UINT32_MAX - s->starved_us ? UINT32_MAX : s->starved_us + us;
}

void
es_sender_update(struct es_sender *s, int64_t d_ns, int64_t above_ns, uint32_t ptime_us)
{
	uint32_t limit_us = ptime_us > ES_SENDER_LATE_US / 2 ? 2 * ptime_us : ES_SENDER_LATE_US;
	uint32_t step_us = us_of(d_ns);
	uint32_t above_us = us_of(above_ns);

	count(s, d_ns < 0 ? us_of(-d_ns) : step_us);
	if (step_us > limit_us) { /* by itself, however late it was before */
		s->starvations++;
		add(s, step_us);
		s->peak_us = above_us > step_us ? above_us : step_us;
		return;
	}
	if (above_us <= limit_us) {
		s->peak_us = 0;
		return;
	}
	if (s->peak_us == 0) {
		s->starvations++;
		add(s, above_us);
		s->peak_us = above_us;
	} else if (above_us > s->peak_us) {
		add(s, above_us - s->peak_us);
		s->peak_us = above_us;
	}
}

bool
es_sender_irregularity_us(const struct es_sender *s, uint32_t *out)
{
	uint32_t total = 0;
	uint32_t below = 0;
	unsigned bin = 0;

	for (unsigned i = 0; i < ES_SENDER_BINS; i++)
		total += s->count[i];
	if (total == 0)
		return false;
	/* In hundredths of a packet; the packets of a bin lie evenly in it. */
	while ((below + s->count[bin]) * UINT64_C(100) < total * UINT64_C(95))
		below += s->count[bin++];
	*out = edge_us(bin);
	if (bin + 1 < ES_SENDER_BINS)
		*out += (uint32_t)((edge_us(bin + 1) - edge_us(bin)) *
				   (total * UINT64_C(95) - below * UINT64_C(100)) /
				   (s->count[bin] * UINT64_C(100)));
	return true;
}
