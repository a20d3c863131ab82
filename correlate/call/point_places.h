/* SPDX-License-Identifier: Apache-2.0 */
/* Which points of a call stand side by side: those that share a media address and port. */
#ifndef CORRELATE_CALL_POINT_PLACES_H
#define CORRELATE_CALL_POINT_PLACES_H

#include "correlate/call/call.h"

/* Fills in the place of each point. ES_EFULL. */
int es_cor_point_places(struct es_cor_joined_call *c);

#endif
