/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a sender pauses, by its payloads or by the level it announces (RFC 6464), with es_config.use_payload: a
 * loss in a pause is hardly heard. What was lost is taken to be like its neighbours, the first half of a run
 * like the one before it, the second like the one behind.
 */
#ifndef EARSHOT_STREAM_PAUSES_H
#define EARSHOT_STREAM_PAUSES_H

#include "probes/quality/activity.h"
#include "probes/stream/stream.h"
#include "probes/wire/rtp/loudness.h"
#include "probes/wire/rtp/rtp.h"

/* Of a stream whose payloads show pauses. */
struct es_pauses {
	uint64_t quiet[ES_WINDOW_SEQS / 64]; /* numbers received in a pause, ring */
	uint8_t source;                      /* what showed it last */
	bool was_quiet;                      /* the last known packet of what was judged, and .. */
	bool is_in_run;                      /* .. whether a bad one was the very last */
	struct es_loudness loudness;
	struct es_activity activity;
	uint64_t packets; /* in a pause */
};

/*
 * A packet of an open stream was measured. Nothing comes of one that is cut or not understood; of a
 * secure one its length alone is looked at.
 */
void es_pauses_packet(struct es_context *c, struct es_stream_state *s, const struct es_rtp *rtp);

/* Its level, in decibels below the overload point. */
void es_pauses_level(struct es_context *c, struct es_stream_state *s, uint16_t seq, uint8_t below);

/* Gives back what was kept for a stream. */
void es_pauses_drop(struct es_context *c, struct es_stream_state *s);

/*
 * What the bad packets of first..last, all of one block, weigh. bad: bits of the block. Parts come in
 * the order of numbers. Nothing is known: all zero.
 */
struct es_loss_weight
es_pauses_weigh(struct es_stream_state *s, const uint64_t *bad, uint64_t first, uint64_t last);

#endif
