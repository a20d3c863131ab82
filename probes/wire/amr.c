/* SPDX-License-Identifier: Apache-2.0 */
/* The table of contents of AMR payloads. */
#include "probes/wire/amr.h"

enum { AMR_MODES = 8, AMR_WB_MODES = 9 };

bool
es_amr_mode(es_slice payload, bool is_octet_aligned, bool is_wideband, uint8_t *mode)
{
	unsigned type;

	if (payload.n < 2)
		return false;
	/* Behind the mode request: a bit that tells of more frames, and the type (section 4.3.2). */
	if (is_octet_aligned)
		type = payload.p[1] >> 3 & 15;
	else
		type = (payload.p[0] & 7u) << 1 | payload.p[1] >> 7;
	if (type >= (is_wideband ? AMR_WB_MODES : AMR_MODES))
		return false;
	*mode = (uint8_t)type;
	return true;
}
