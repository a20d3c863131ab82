/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that a relay with an SSRC of its own never had. */
#ifndef CORRELATE_CALL_RELAYED_H
#define CORRELATE_CALL_RELAYED_H

#include "correlate/call/direction.h"

/* What did not come to a relay with an SSRC of its own is not lost behind it. */
void es_cor_leave_out_relayed(struct es_cor_direction *d);

#endif
