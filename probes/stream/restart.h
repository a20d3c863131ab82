/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A jump of the sequence number: the sender began again, or the network was away. docs/METRICS.md, "Restarts".
 *
 * The first packet after a jump is held. The next one in order after it confirms the jump, and the RTP timestamp
 * decides: one that fits means loss, one that does not means a new stream. A sender that begins again (again.h)
 * is held and confirmed the same way, wherever its numbers lie.
 */
#ifndef EARSHOT_STREAM_RESTART_H
#define EARSHOT_STREAM_RESTART_H

#include "probes/stream/stream.h"

enum {
	ES_JUMP_BLOCKS_FREE =
	    2, /* whole blocks that one packet may declare lost without confirmation */
	ES_JUMP_PACKET_MIN_MS = 2, /* nothing known is sent more densely */
	ES_JUMP_SLACK_MS = 1000,
	ES_JUMP_CREDIT = 1024, /* blocks lost whole for which no time passed: of one engine */
	ES_JUMP_CREDIT_PER_S = 16,
	ES_RESTART_COST = 4, /* records: a stream ends, one begins, and their last blocks */
	ES_RESTART_PACKETS_FREE = 32, /* a stream that had so many may begin again */
};

enum es_stream_took {
	ES_TOOK = 0,
	ES_TOOK_PROOF,   /* an unproven stream may be believed now */
	ES_TOOK_RESTART, /* confirmed; the packet and what is held belong to the next stream */
	ES_TOOK_AHEAD,   /* nothing yet: numbers are missing before it, see es_restart_packet */
	ES_TOOK_GARBAGE, /* an unproven stream that makes no sense: begin it again with this packet */
};

/* Measures a packet that may be another one than the next, once what went elsewhere is left out. */
enum es_stream_took
es_restart_packet(struct es_context *c, struct es_stream_state *s, const struct es_arrival *a);

/* Whether a loss of so many packets up to `at` is believed: time passed for it, or there is credit. */
bool es_restart_believes(
    struct es_context *c, const struct es_stream_state *s, int64_t forward, es_time at);

/* Takes so many records from the engine's credit; false: it has not got them. */
bool es_restart_pay(struct es_context *c, uint32_t records, es_time at);

/* Nothing waits any more. */
void es_restart_let_go(struct es_stream_state *s);

/* Nothing confirmed what is held: each packet counts as what it is without a jump. */
void es_restart_dismiss(struct es_context *c, struct es_stream_state *s);

#endif
