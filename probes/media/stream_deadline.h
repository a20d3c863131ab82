/* SPDX-License-Identifier: Apache-2.0 */
/* When a stream is looked at next: silence, its end, the end of being remembered. */
#ifndef EARSHOT_MEDIA_STREAM_DEADLINE_H
#define EARSHOT_MEDIA_STREAM_DEADLINE_H

#include "probes/media/streams.h"

/* When an open stream ends if nothing more comes. */
es_time es_stream_deadline_end_of(const struct es_stream_state *s);

es_time es_stream_deadline_of(const struct es_stream_state *s);

/* Puts it on the heap, or moves it there. */
void es_stream_deadline_set(struct es_streams *t, struct es_stream_state *s);

#endif
