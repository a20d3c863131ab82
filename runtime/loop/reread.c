/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file that is read again at SIGHUP, until two readings are the same. */
#include "runtime/loop/reread.h"

#include "runtime/reload.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct reading {
	struct es_options *options;       /* NULL: none, for the reason in error */
	char error[ES_OPTIONS_ERROR_MAX]; /* empty before the first */
};

struct es_reread {
	struct es_reread_config config;
	void *ctx;
	struct es_sigwatch *hangup;
	struct es_timer *again;
	struct reading last;
	unsigned n;          /* readings of the series under way; 0: there is none */
	bool is_asked_again; /* by a signal since it began */
};

static void
forget(struct reading *r)
{
	es_options_free(r->options);
	r->options = NULL;
	r->error[0] = '\0';
}

static void
read_file(const struct es_reread_config *c, struct reading *out)
{
	int err = es_options_read_again(c->table, c->path, out->error, &out->options);
	const struct es_option_place cut = { err == 0 ? out->options->cut_file : NULL, 0, 0 };
	const struct es_option_place whole = { c->path, 0, 0 };
	struct stat is;

	if (err != 0)
		out->options = NULL;
	if (err == ES_EIO && access(c->path, R_OK) != 0 && errno == EACCES)
		(void)es_option_error(&whole, out->error,
		    "user %u, as which this process runs, may not read it", (unsigned)geteuid());
	else if (err == ES_EUNSUPPORTED && stat(c->path, &is) == 0 && !S_ISREG(is.st_mode))
		(void)es_option_error(
		    &whole, out->error, "is not a regular file: it was read once");
	if (cut.file == NULL)
		return;
	(void)es_option_error(&cut, out->error,
	    "its last line has no end, as if it were half written; expected a newline there");
	es_options_free(out->options);
	out->options = NULL;
}

static void
on_change(void *ctx, const struct es_option_change *change)
{
	(void)change;
	*(bool *)ctx = true;
}

static bool
is_same(const struct reading *a, const struct reading *b)
{
	bool has_changed = false;

	if (a->options == NULL || b->options == NULL)
		return a->options == b->options && strcmp(a->error, b->error) == 0;
	es_options_changes(a->options, b->options, on_change, &has_changed);
	return !has_changed;
}

static void
settle(struct es_reread *r, struct reading *now)
{
	struct es_options *given = now->options;

	if (given == NULL) {
		es_reload_refuse(r->config.who, now->error);
		return;
	}
	now->options = NULL;
	r->config.settled(r->ctx, given);
}

static void
finish(struct es_reread *r)
{
	forget(&r->last);
	r->n = 0;
	r->is_asked_again = false;
	es_notify_ready(r->config.notify);
}

/* A signal that came while the file never rested has a series of its own, whose first reading is the one in hand. */
static void
give_up(struct es_reread *r)
{
	const struct es_option_place file = { r->config.path, 0, 0 };
	char error[ES_OPTIONS_ERROR_MAX];

	(void)es_option_error(&file, error, "it changes while it is read");
	es_reload_refuse(r->config.who, error);
	r->n = r->is_asked_again ? 1 : 0;
	r->is_asked_again = false;
}

static void
on_again(void *ctx)
{
	struct es_reread *r = ctx;
	struct reading now = { NULL, "" };
	bool is_settled;

	read_file(&r->config, &now);
	is_settled = r->n > 0 && is_same(&r->last, &now);
	forget(&r->last);
	r->last = now;
	r->n++;
	if (is_settled) {
		settle(r, &r->last);
		finish(r);
		return;
	}
	if (r->n >= ES_REREAD_MAX)
		give_up(r);
	if (r->n == 0) {
		finish(r);
	} else if (es_timer_arm(r->again, ES_REREAD_PAUSE_MS) != 0) {
		es_reload_refuse(r->config.who, es_strerror(ES_ENOMEM));
		finish(r);
	}
}

/*
 * During a series the next reading sees what the signal was sent for. A series that began once more at each signal
 * would never end while signals come faster than its readings.
 */
static void
on_hangup(void *ctx, int signo)
{
	struct es_reread *r = ctx;

	(void)signo;
	r->is_asked_again = r->n > 0;
	if (r->n > 0)
		return;
	es_notify_reloading(r->config.notify);
	on_again(r);
}

int
es_reread_new(
    struct es_loop *l, const struct es_reread_config *config, void *ctx, struct es_reread **out)
{
	struct es_reread *r = calloc(1, sizeof(*r));
	int err;

	if (r == NULL)
		return ES_ENOMEM;
	r->config = *config;
	r->ctx = ctx;
	err = es_timer_new(l, on_again, r, &r->again);
	if (err == 0)
		err = es_sigwatch_new(l, SIGHUP, on_hangup, r, &r->hangup);
	if (err != 0) {
		es_reread_free(r);
		return err;
	}
	*out = r;
	return 0;
}

void
es_reread_free(struct es_reread *r)
{
	if (r == NULL)
		return;
	es_sigwatch_free(r->hangup);
	es_timer_free(r->again);
	forget(&r->last);
	free(r);
}
