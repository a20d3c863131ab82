/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a file that was read again, put into the configuration that is in force. */
#include "agent/agent_reload.h"

#include "runtime/log.h"

#include <string.h>

static bool
is_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct es_agent_changes
changes(const struct es_agent_config *a, const struct es_agent_config *b)
{
	struct es_agent_changes c = {
		.collector = !is_same_text(a->collector, b->collector) ||
			     strcmp(a->collector_name, b->collector_name) != 0,
		.spool = a->spool_bytes != b->spool_bytes || a->spool_age_s != b->spool_age_s ||
			 a->spool_free_bytes != b->spool_free_bytes,
		.uplink = a->uplink_budget != b->uplink_budget,
		.host_periods = a->host_period_up_ms != b->host_period_up_ms ||
				a->host_period_idle_ms != b->host_period_idle_ms,
	};

	return c;
}

/* The rows that reload, of agent_config_options.c. */
static void
put(struct es_agent_config *cfg, const struct es_agent_config *from)
{
	cfg->log_level = from->log_level;
	cfg->collector = from->collector;
	memcpy(cfg->collector_host, from->collector_host, sizeof(cfg->collector_host));
	cfg->collector_port = from->collector_port;
	memcpy(cfg->collector_name, from->collector_name, sizeof(cfg->collector_name));
	cfg->spool_bytes = from->spool_bytes;
	cfg->spool_age_s = from->spool_age_s;
	cfg->spool_free_bytes = from->spool_free_bytes;
	cfg->uplink_budget = from->uplink_budget;
	cfg->host_period_up_ms = from->host_period_up_ms;
	cfg->host_period_idle_ms = from->host_period_idle_ms;
}

int
es_agent_reload(struct es_agent_config *cfg, struct es_options *options,
    const struct es_reload_process *by, struct es_agent_changes *out)
{
	char error[ES_OPTIONS_ERROR_MAX] = "";
	struct es_agent_config *now;
	int err = es_agent_config_of(options, error, &now);

	memset(out, 0, sizeof(*out));
	if (err != 0) {
		es_reload_refuse(by->name, error[0] != '\0' ? error : es_strerror(err));
		return err;
	}
	*out = changes(cfg, now);
	put(cfg, now);
	es_reload_report(by, cfg->options,
	    cfg->latest == NULL ? cfg->options : cfg->latest->options, now->options);
	es_log_set_level(es_log_level_of_word(es_log_level_words[cfg->log_level]));
	es_agent_config_free(cfg->latest);
	cfg->latest = now;
	return 0;
}
