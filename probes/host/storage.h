/* SPDX-License-Identifier: Apache-2.0 */
/* How long requests to the machine's disks take. */
#ifndef EARSHOT_HOST_STORAGE_H
#define EARSHOT_HOST_STORAGE_H

#include "probes/host/reading.h"

enum { ES_HOST_STORAGE_STEP = 100 }; /* the resolution in microseconds */

struct es_host_storage {
	struct es_host_counter requests, spent_ms; /* of all disks */
};

/*
 * From /proc/diskstats: the mean over the requests of the sample, whole disks only, neither partitions nor devices that
 * are made of others. Absent where there was no request.
 */
void es_host_storage_read(
    struct es_host_storage *d, struct es_host_files *files, struct es_host_reading *r);

#endif
