/* SPDX-License-Identifier: Apache-2.0 */
/* A line for each option that changed. */
#include "runtime/reload.h"

#include "runtime/log.h"

struct reader {
	const struct es_reload_process *by;
	unsigned n; /* options that changed, whoever says it */
};

static void
on_other_value(void *ctx, const struct es_option_change *change)
{
	struct reader *r = ctx;
	const struct es_reload_process *by = r->by;
	const char *what = NULL;
	char text[ES_OPTIONS_ERROR_MAX];

	if (change->row->reloads == 0)
		return;
	r->n++;
	if ((change->row->reloads & by->bit) == 0)
		return;
	if (by->taken != NULL)
		what = by->taken(by->ctx, change->row);
	(void)es_option_error(change->place, text, "%s: %s", change->row->name,
	    what == NULL ? "in force from now on" : what);
	log_info("%s: %s", by->name, text);
}

static void
on_restart(void *ctx, const struct es_option_change *change)
{
	struct reader *r = ctx;
	char text[ES_OPTIONS_ERROR_MAX];

	if (change->row->reloads != 0)
		return;
	r->n++;
	if (r->by->is_child)
		return;
	(void)es_option_error(
	    change->place, text, "%s: changed: takes effect at a restart", change->row->name);
	log_warn("%s: %s", r->by->name, text);
}

void
es_reload_report(const struct es_reload_process *by, const struct es_options *first,
    const struct es_options *last, const struct es_options *now)
{
	struct reader r = { by, 0 };

	es_options_changes(last, now, on_other_value, &r);
	es_options_changes(first, now, on_restart, &r);
	if (r.n == 0 && !by->is_child)
		log_info("%s: %s: read again: nothing changed", by->name, now->top->place.file);
}

void
es_reload_refuse(const char *who, const char *why)
{
	log_error("%s: %s: nothing changes", who, why);
}
