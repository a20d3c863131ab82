/* SPDX-License-Identifier: Apache-2.0 */
/* Audio of a direction that stopped in mid-call. */
#ifndef CORRELATE_VERDICT_STOPPED_H
#define CORRELATE_VERDICT_STOPPED_H

#include "correlate/call/direction.h"

/* The audio stream view of a direction that ended last at a point; NULL: there is none. */
const struct es_cor_stream_view *
es_cor_last_audio(const struct es_cor_direction *d, uint32_t point);

/* Whether the direction ended too early where it is judged; *at: its last packet. */
bool es_cor_has_stopped(
    const struct es_cor_direction *d, const struct es_cor_direction *other, es_time *at);

#endif
