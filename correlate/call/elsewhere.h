/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that went past a point. */
#ifndef CORRELATE_CALL_ELSEWHERE_H
#define CORRELATE_CALL_ELSEWHERE_H

#include "correlate/call/direction.h"

/* What went past an SBC or a tap to another host, on a path of its own, is neither seen nor lost there. */
void es_cor_leave_out_elsewhere(struct es_cor_direction *d);

#endif
