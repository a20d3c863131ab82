/* SPDX-License-Identifier: Apache-2.0 */
/* A line for each option that changed. */
#include "runtime/reload.h"

#include "runtime/log.h"

struct reader {
	const char *who;
	bool reloads; /* of which rows it is the turn */
	unsigned n;
};

static void
on_change(void *ctx, const struct es_option_change *change)
{
	struct reader *r = ctx;
	char text[ES_OPTIONS_ERROR_MAX];

	if (change->row->reloads != r->reloads)
		return;
	r->n++;
	(void)es_option_error(change->place, text, "%s: %s", change->row->name,
	    r->reloads ? "in force from now on" : "changed: takes effect at a restart");
	if (r->reloads)
		log_info("%s: %s", r->who, text);
	else
		log_warn("%s: %s", r->who, text);
}

void
es_reload_report(const char *who, const struct es_options *first, const struct es_options *last,
    const struct es_options *now)
{
	struct reader r = { who, true, 0 };

	es_options_changes(last, now, on_change, &r);
	r.reloads = false;
	es_options_changes(first, now, on_change, &r);
	if (r.n == 0)
		log_info("%s: %s: read again: nothing changed", who, now->top->place.file);
}
