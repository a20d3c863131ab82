/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of calls and streams rank by it. */
#include "probes/base/mos_badness.h"

enum { MOS_BEST_MILLI = 5000 }; /* ITU-T P.800.1: the scale ends at 5 */

uint64_t
es_mos_badness(bool is_known, uint32_t milli)
{
	if (!is_known)
		return 0;
	return milli < MOS_BEST_MILLI ? UINT64_C(1) + MOS_BEST_MILLI - milli : 1;
}
