/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a stream, while it runs or at its end. */
#ifndef EARSHOT_MEDIA_REPORT_H
#define EARSHOT_MEDIA_REPORT_H

#include "probes/media/streams.h"

/* Emits the record of the stream with its present state. */
void es_report_stream(
    const struct es_streams *t, struct es_stream_state *s, enum es_state state, es_time at);

#endif
