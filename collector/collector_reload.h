/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a process that serves, and SIGHUP: its file is read again. */
#ifndef COLLECTOR_COLLECTOR_RELOAD_H
#define COLLECTOR_COLLECTOR_RELOAD_H

#include "collector/collector_config.h"

struct es_collector_reload;

/*
 * Reads DIR/collector.conf. dir is kept. is_child: the supervisor reads the same file and logs what changed. 0 and *out, to be freed by
 * es_collector_reload_free; else error has the reason, as of es_collector_config_load.
 */
int es_collector_reload_new(const char *dir, bool is_child, char error[ES_OPTIONS_ERROR_MAX],
    struct es_collector_reload **out);

/* What is in force: the values of rows that reload change in it. */
const struct es_collector_config *es_collector_reload_config(const struct es_collector_reload *r);

/*
 * Puts into the configuration that is in force, and into the log, the values that need no restart. A file that has a
 * mistake or cannot be read is logged, changes nothing, and its code is returned.
 */
int es_collector_reload(struct es_collector_reload *r, const char *who);

void es_collector_reload_free(struct es_collector_reload *r); /* NULL is fine */

#endif
