/* SPDX-License-Identifier: Apache-2.0 */
/* Segments: what went missing between two neighbouring points, to the packet. */
#ifndef CORRELATE_CALL_SEGMENT_H
#define CORRELATE_CALL_SEGMENT_H

#include "correlate/call/direction.h"

/* The segments of the public object. ES_EFULL. */
int es_cor_segments(struct es_cor_direction *d, struct es_direction *out);

#endif
