/* SPDX-License-Identifier: Apache-2.0 */
/* What the capture lost while streams were open. */
#ifndef EARSHOT_MEDIA_DROPPED_H
#define EARSHOT_MEDIA_DROPPED_H

#include "probes/media/streams.h"

/* The capture lost packets: marks what was open in (from, to]. */
void es_dropped_between(
    struct es_streams *t, es_time from, es_time to, const struct es_coverage *coverage);

/* It missed a part of the TCP connection that carries what flows from src to dst. */
void es_dropped_hole(struct es_streams *t, const struct es_addr *src, const struct es_addr *dst);

#endif
