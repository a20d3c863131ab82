/* SPDX-License-Identifier: Apache-2.0 */
/* Pressure stall information: share of time in which some task waited for a resource. */
#ifndef EARSHOT_HOST_PRESSURE_H
#define EARSHOT_HOST_PRESSURE_H

#include "probes/host/reading.h"

enum { ES_HOST_PRESSURES = 3 };

struct es_host_pressure {
	struct es_host_counter stalled_us[ES_HOST_PRESSURES];
};

/* From /proc/pressure/cpu, memory and io. */
void es_host_pressure_read(
    struct es_host_pressure *p, struct es_host_files *files, struct es_host_reading *r);

#endif
