/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that the first point did not expect. */
#ifndef CORRELATE_CALL_UNEXPECTED_H
#define CORRELATE_CALL_UNEXPECTED_H

#include "correlate/call/direction.h"

/* What took another path past the first SBC or tap, or SDP sent past it, is not lost behind it. */
void es_cor_leave_out_unexpected(struct es_cor_direction *d);

#endif
