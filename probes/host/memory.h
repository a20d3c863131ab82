/* SPDX-License-Identifier: Apache-2.0 */
/* What memory there is, and what its want did: pages read back from swap, processes killed. */
#ifndef EARSHOT_HOST_MEMORY_H
#define EARSHOT_HOST_MEMORY_H

#include "probes/host/reading.h"

enum {
	ES_HOST_MEMORY_STEP = 16 << 20
}; /* the resolution of what is available: less is noise, and costs bytes */

struct es_host_memory {
	struct es_host_counter swap_in, oom_kills;
};

/* From /proc/meminfo (MemAvailable, Linux 3.14) and /proc/vmstat (oom_kill, Linux 4.13). */
void es_host_memory_read(
    struct es_host_memory *m, struct es_host_files *files, struct es_host_reading *r);

#endif
