/* SPDX-License-Identifier: Apache-2.0 */
/* Next, or not: what is unproven, ahead or jumped is looked at apart. */
#include "probes/stream/sequence.h"

#include "probes/stream/arrival.h"
#include "probes/stream/probation.h"

static enum es_stream_took
take_unproven(
    struct es_context *c, struct es_stream_state *s, int32_t d, const struct es_arrival *a)
{
	bool is_pair = es_probation_pair(s, a);

	if (d > ES_SEQ_MISORDER || d < -ES_SEQ_MISORDER)
		return ES_TOOK_GARBAGE;
	/* Nothing may be judged before it is believed. */
	if (s->highest + (uint64_t)(int64_t)d >=
	    (s->lowest / ES_BLOCK_SEQS + 1) * ES_BLOCK_SEQS - 1 + ES_BLOCK_CLOSE_SEQS)
		return ES_TOOK_GARBAGE;
	es_arrival_accept(c, s, s->highest + (uint64_t)(int64_t)d, a);
	s->has_pair = s->has_pair || is_pair;
	return s->has_pair && s->distinct >= ES_PROBATION_PACKETS ? ES_TOOK_PROOF : ES_TOOK;
}

enum es_stream_took
es_sequence_packet(struct es_context *c, struct es_stream_state *s, const struct es_arrival *a)
{
	int32_t d = es_seq_diff(a->seq, (uint16_t)s->highest);

	if (s->life == ES_STREAM_UNPROVEN)
		return take_unproven(c, s, d, a);
	if (d > 1 && s->n_held == 0)
		return ES_TOOK_AHEAD;
	if (d != 1 || s->n_held > 0)
		return es_restart_packet(c, s, a);
	es_arrival_accept(c, s, s->highest + 1, a);
	return ES_TOOK;
}
