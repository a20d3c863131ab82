/* SPDX-License-Identifier: Apache-2.0 */
/* The rank of a MOS in a list that has the worst first. */
#ifndef EARSHOT_BASE_MOS_BADNESS_H
#define EARSHOT_BASE_MOS_BADNESS_H

#include <stdbool.h>
#include <stdint.h>

/* The higher the worse. 0: there is none, which stands behind any MOS there is, also behind one of 5 and more. */
uint64_t es_mos_badness(bool is_known, uint32_t milli);

#endif
