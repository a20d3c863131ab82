/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the points of a call. */
#ifndef CORRELATE_CALL_POINT_ORDER_H
#define CORRELATE_CALL_POINT_ORDER_H

#include "correlate/call/call.h"

/* Sorts the points from the caller to the callee and names them. */
int es_cor_point_order(struct es_cor_joined_call *c);

#endif
