/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a SILK frame (RFC 6716 section 4.2): whether there is voice in it, and how loud it may be. */
#ifndef EARSHOT_WIRE_RTP_SILK_H
#define EARSHOT_WIRE_RTP_SILK_H

#include "earshot/slice.h"

/*
 * Of an Opus frame that holds 20 ms of SILK alone, in mono: whether it is what libopus makes of zeros.
 * It has no voice activity, its gains are the two least, and it is too short to hold a pulse.
 */
bool es_silk_is_silent(es_slice frame);

#endif
