/* SPDX-License-Identifier: Apache-2.0 */
/* Holes of a renumbered RTP stream that its sender's own packets filled on another path. */
#ifndef CORRELATE_CALL_REPLACED_H
#define CORRELATE_CALL_REPLACED_H

#include "correlate/call/direction.h"

/* Leaves out the numbers of such holes. */
void es_cor_leave_out_replaced(struct es_cor_direction *d);

#endif
