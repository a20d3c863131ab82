/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a file that was read again, put into the configuration that is in force. */
#include "collector/collector_reload.h"

#include "runtime/log.h"

#include <stdlib.h>

struct es_collector_reload {
	struct es_collector_config cfg;
	const char *dir;
	char file[ES_PATH_TEXT_MAX]; /* collector.conf in it */
	bool is_child;
	struct es_options *first; /* the file as the process began with it */
	struct es_options *last;  /* as it was read last; NULL: as first */
};

int
es_collector_reload_new(const char *dir, bool is_child, char error[ES_OPTIONS_ERROR_MAX],
    struct es_collector_reload **out)
{
	struct es_collector_reload *r = calloc(1, sizeof(*r));
	int err;

	if (r == NULL) {
		(void)snprintf(error, ES_OPTIONS_ERROR_MAX, "out of memory");
		return ES_ENOMEM;
	}
	r->dir = dir;
	r->is_child = is_child;
	err = es_collector_config_read(dir, r->file, &r->cfg, error, &r->first);
	if (err != 0) {
		free(r);
		return err;
	}
	es_log_set_level(r->cfg.log_level);
	*out = r;
	return 0;
}

const char *
es_collector_reload_file(const struct es_collector_reload *r)
{
	return r->file;
}

bool
es_collector_reload_is_child(const struct es_collector_reload *r)
{
	return r->is_child;
}

const struct es_collector_config *
es_collector_reload_config(const struct es_collector_reload *r)
{
	return &r->cfg;
}

/* The rows that reload, of collector_config.c. */
static void
put(struct es_collector_config *cfg, const struct es_collector_config *from)
{
	cfg->max_database_bytes = from->max_database_bytes;
	cfg->retention_calls_ms = from->retention_calls_ms;
	cfg->retention_minutes_ms = from->retention_minutes_ms;
	cfg->retention_machine_ms = from->retention_machine_ms;
	cfg->retention_reported_ms = from->retention_reported_ms;
	cfg->log_level = from->log_level;
}

int
es_collector_reload(
    struct es_collector_reload *r, struct es_options *options, const struct es_reload_process *by)
{
	char error[ES_OPTIONS_ERROR_MAX] = "";
	struct es_collector_config now;
	int err = es_collector_config_of(r->dir, options, &now, error);

	if (err != 0) {
		es_options_free(options);
		es_reload_refuse(by->name, error[0] != '\0' ? error : es_strerror(err));
		return err;
	}
	put(&r->cfg, &now);
	es_reload_report(by, r->first, r->last == NULL ? r->first : r->last, options);
	es_log_set_level(r->cfg.log_level);
	es_options_free(r->last);
	r->last = options;
	return 0;
}

void
es_collector_reload_free(struct es_collector_reload *r)
{
	if (r == NULL)
		return;
	es_options_free(r->last);
	es_options_free(r->first);
	free(r);
}
