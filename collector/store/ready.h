/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether records can be taken, for /readyz: ingest writes its state every second to a file next to the
 * database; the portal reads it, and looks at the disk and the store itself.
 */
#ifndef COLLECTOR_STORE_READY_H
#define COLLECTOR_STORE_READY_H

#include "collector/collector_config.h"
#include "collector/store/store.h"

enum { ES_READY_TEXT_MAX = 256, ES_READY_SILENT_S = 15 };

/*
 * For ingest: writes the state file next to the database. why: NULL or empty while it takes records. 0, or ES_EIO
 * (errno has the cause).
 */
int es_ready_write(const char *database, const char *why);

/*
 * For the portal. True: records can be taken; else why has one line with the obstacle. now: wall clock.
 */
bool es_ready_check(struct es_store *store, const struct es_collector_config *cfg, es_time now,
    char why[ES_READY_TEXT_MAX]);

#endif
