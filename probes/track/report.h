/* SPDX-License-Identifier: Apache-2.0 */
/* The stream record: what a stream has to say so far, or at its end. */
#ifndef EARSHOT_TRACK_REPORT_H
#define EARSHOT_TRACK_REPORT_H

#include "probes/track/stream.h"

/* call_id: of the dialog it belongs to, empty without. ptime_ms: what SDP said, 0 unknown. */
void es_report_stream(struct es_context *c, const struct es_stream_state *s, es_slice call_id,
    enum es_state state, es_time at);

#endif
