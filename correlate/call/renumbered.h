/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that continued under other numbers for a while. */
#ifndef CORRELATE_CALL_RENUMBERED_H
#define CORRELATE_CALL_RENUMBERED_H

#include "correlate/call/direction.h"

/*
 * Numbers that continued under another SSRC for a while are neither seen nor lost where they did. A
 * full arena is noticed by the next step.
 */
void es_cor_leave_out_renumbered(struct es_cor_direction *d);

#endif
