/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads of AMR and AMR-WB (RFC 4867), read as far as their table of contents. */
#ifndef EARSHOT_WIRE_AMR_H
#define EARSHOT_WIRE_AMR_H

#include "earshot/slice.h"

/*
 * Frame type of the first frame (section 4.3.2): 0..7 are the modes of AMR from 4.75 to 12.2 kbit/s,
 * 0..8 those of AMR-WB from 6.6 to 23.85. False: cut, or no speech in it. Interleaved payloads, whose
 * SDP says so, are not looked into.
 */
bool es_amr_mode(es_slice payload, bool is_octet_aligned, bool is_wideband, uint8_t *mode);

#endif
