/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A jump of the sequence number: the sender began anew, or the network was away. DESIGN 6 "restart".
 *
 * The first packet behind a jump is held. The next one in order behind it confirms the jump, and the
 * RTP timestamp decides: one that fits means loss, one that does not means a new stream.
 */
#ifndef EARSHOT_TRACK_RESTART_H
#define EARSHOT_TRACK_RESTART_H

#include "probes/track/stream.h"

enum es_jump {
	ES_JUMP_HELD = 0, /* not confirmed yet */
	ES_JUMP_OUTAGE,   /* s->held and this packet go on in the stream */
	ES_JUMP_LATE,     /* they come from further back than the window: stale */
	ES_JUMP_RESTART,
};

/* a: a packet more than ES_SEQ_DROPOUT ahead of or ES_SEQ_MISORDER behind the highest. */
enum es_jump es_restart_judge(struct es_stream_state *s, const struct es_arrival *a);

#endif
