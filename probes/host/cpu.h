/* SPDX-License-Identifier: Apache-2.0 */
/* Processor time: busy, in soft interrupts, stolen by the hypervisor; and who waits for it. */
#ifndef EARSHOT_HOST_CPU_H
#define EARSHOT_HOST_CPU_H

#include "probes/host/reading.h"

struct es_host_cpu {
	struct es_host_counter total, idle, softirq, steal; /* ticks, all processors */
};

/* From /proc/stat. */
void
es_host_cpu_read(struct es_host_cpu *cpu, struct es_host_files *files, struct es_host_reading *r);

/* From /proc/loadavg: the mean of the last minute. */
void es_host_load_read(struct es_host_files *files, struct es_host_reading *r);

#endif
