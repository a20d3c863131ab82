/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of a process that serves, and SIGHUP: its file is read again. */
#ifndef COLLECTOR_COLLECTOR_RELOAD_H
#define COLLECTOR_COLLECTOR_RELOAD_H

#include "collector/collector_config.h"
#include "runtime/reload.h"

struct es_collector_reload;

/*
 * Reads DIR/collector.conf. dir is kept. is_child: of a supervisor, which reads the same file. 0 and *out, to be freed by
 * es_collector_reload_free; else error has the reason, as of es_collector_config_load.
 */
int es_collector_reload_new(const char *dir, bool is_child, char error[ES_OPTIONS_ERROR_MAX],
    struct es_collector_reload **out);
bool es_collector_reload_is_child(const struct es_collector_reload *r);

/* DIR/collector.conf, valid as long as r. */
const char *es_collector_reload_file(const struct es_collector_reload *r);

/* What is in force: the values of rows that reload change in it. */
const struct es_collector_config *es_collector_reload_config(const struct es_collector_reload *r);

/*
 * Puts into the configuration that is in force, and into the log, the values of the file read again that need no
 * restart. options is taken. Values that do not fit together are logged, change nothing, and their code is returned.
 */
int es_collector_reload(
    struct es_collector_reload *r, struct es_options *options, const struct es_reload_process *by);

void es_collector_reload_free(struct es_collector_reload *r); /* NULL is fine */

#endif
