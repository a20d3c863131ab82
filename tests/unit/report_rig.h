/* SPDX-License-Identifier: Apache-2.0 */
/* A stream put together by hand, and what its record says of it. Static on purpose. */
#ifndef TESTS_REPORT_RIG_H
#define TESTS_REPORT_RIG_H

#include "probes/media/flows.h"
#include "probes/media/report.h"
#include "probes/stream/scored.h"
#include "probes/stream/side.h"

#include "streams_rig.h"

enum { ALICE = 1, BOB = 2, FIRST = 1000, PACKETS = 100 };

static struct es_stream_state *s;

/* Alice's PCMU of 20 ms to Bob: 100 packets, none lost. */
static inline void
begin(void)
{
	struct es_addr src = host(ALICE, 4000), dst = host(BOB, 5000);

	rig_open();
	s = rig_stream(src, dst, 0xa);
	es_flow_enter(&streams, es_flow_take(&streams, &src, &dst), s);
	rig_speaks(s);
	es_steps_add(&s->coding.steps, 160);
	s->lowest = FIRST;
	s->highest = FIRST + PACKETS - 1;
	s->distinct = PACKETS;
	s->record.start = at_ms(0);
	s->prev_at = s->last_at = at_ms(1980);
}

static inline struct es_stream
reported(enum es_state state)
{
	rig_records = 0;
	es_report_stream(&streams, s, state, at_ms(2000));
	if (rig_records != 1 || rig_last.type != ES_REC_STREAM || rig_last.at.ns != at_ms(2000).ns)
		test_fail(__FILE__, __LINE__, "not one record of a stream");
	return rig_last.u.stream;
}

static inline struct es_stream
ended(void)
{
	return reported(ES_STATE_COMPLETED);
}

/* A block is judged, of which so many packets came and so many behind them were lost. */
static inline struct es_interval
judge(const struct es_stream_payload *p, uint64_t block, uint32_t good, uint32_t lost)
{
	struct es_effective_loss loss;
	struct es_effective_loss *sums[3] = { &loss, &s->quality.opinion.open, NULL };
	struct es_interval i = { .block = block, .expected = good + lost };

	es_effective_loss_init(&loss);
	es_scored_set_codec(s, p);
	if (lost > 0) {
		sums[2] = &es_side_damage(&c, s)->effective;
		es_burst_run(&s->side.damage->burst, false, good);
		es_burst_run(&s->side.damage->burst, true, lost);
	} else {
		s->quality.clean += good;
	}
	for (unsigned k = 0; k < 3 && sums[k] != NULL; k++) {
		es_effective_loss_add(sums[k], ES_FATE_GOOD, good);
		es_effective_loss_add(sums[k], ES_FATE_LOST, lost);
	}
	es_scored_block(&c, s, p, &loss, &i);
	return i;
}

#endif
