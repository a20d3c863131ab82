/* SPDX-License-Identifier: Apache-2.0 */
/* Which media go from the caller to the callee, and which come back. */
#ifndef CORRELATE_CALL_MEDIA_DIRECTIONS_H
#define CORRELATE_CALL_MEDIA_DIRECTIONS_H

#include "correlate/call/call.h"

/* Which media go from caller to callee, as far as signalling and addresses show. 0, ES_EFULL. */
int es_cor_media_directions(struct es_cor_joined_call *c);

/* The rest, once the points are in order: forward is away from the first one. 0, ES_EFULL. */
int es_cor_media_directions_without_signalling(struct es_cor_joined_call *c);

#endif
