/* SPDX-License-Identifier: Apache-2.0 */
/* One stream packet by packet: losses, pauses, talkspurts. Static on purpose, like parties.h. */
#ifndef TESTS_LINES_H
#define TESTS_LINES_H

#include "tests/sim/parties.h"

static struct world_rtp r;
static double now_ms;

/* A stream from number 1024 on, first of a block. depth_ms of a fixed receiver, 0: adaptive. */
static inline void
start(uint32_t depth_ms)
{
	begin();
	if (depth_ms != 0) {
		world_done(&w);
		world_init(&w);
		w.cfg.receiver = ES_RECEIVER_FIXED;
		w.cfg.receiver_ms = depth_ms;
		world_start(&w);
	}
	now_ms = 0;
	r = to_bob();
	r.seq = 1024;
}

static inline void
run(unsigned n)
{
	world_run_rtp(&w, &now_ms, &r, n);
}

static inline void
lose(unsigned n)
{
	r.seq = (uint16_t)(r.seq + n);
	r.ts += 160 * n;
	now_ms += 20 * n;
}

static inline void
pause(unsigned packets)
{
	r.ts += 160 * packets;
	now_ms += 20 * packets;
}

static inline void
talkspurt(unsigned n)
{
	r.marker = true;
	run(1);
	r.marker = false;
	run(n - 1);
}

static inline const struct es_stream *
end(void)
{
	world_flush(&w);
	return world_stream(&w, r.ssrc, 0);
}

#endif
