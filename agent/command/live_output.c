/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of an interface as lines: records are printed as they are known. */
#include "agent/command/live_output.h"

#include "agent/command/agent_command.h"
#include "agent/output/read_output.h"
#include "agent/output/sigpipe.h"
#include "runtime/clock.h"
#include "runtime/explained_text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Prints what is known by now; false: nobody reads it any more. */
static bool
print(void *ctx, struct es_listening *l)
{
	struct es_output *output = ctx;

	es_read_output_advance(output, l->now);
	return es_read_output_push(output) == 0 && !es_read_output_has_no_reader(output);
}

static int
measure(struct es_listening *l, struct es_config *cfg, struct es_output *output)
{
	struct es_sink sink = es_read_output_sink(output);
	int rc, ended;

	es_command_keys_apply(&l->keys, cfg);
	rc = es_engine_new(cfg, &sink, &l->engine);
	if (rc != 0)
		return rc;
	l->turn = print;
	l->ctx = output;
	ended = es_listening_run(l);
	es_read_output_last(output);
	if (ended != 0)
		es_engine_cut(l->engine);
	es_engine_flush(l->engine);
	es_engine_health(l->engine, es_clock_wall());
	rc = es_read_output_finish(output);
	if (es_read_output_has_no_reader(output)) {
		l->is_left = true;
		return 0;
	}
	es_listening_report(l, ended);
	return ended != 0 ? ended : rc;
}

/* The table only where it was asked for: lines that no terminal shows are for a program. */
static enum es_output_format
format_of(const struct es_read_options *o)
{
	return o->lines ? ES_OUTPUT_TABLE : o->csv ? ES_OUTPUT_CSV : ES_OUTPUT_JSON;
}

static int
print_records(struct es_listening *l, const struct es_read_options *o)
{
	struct es_config cfg = es_read_options_config(o);
	struct es_output_config out = {
		.to = stdout,
		.format = format_of(o),
		.style =
		    es_read_style_of(STDOUT_FILENO, es_explained_columns(STDOUT_FILENO), o->wide),
		.at_once = true,
		.max_calls = cfg.max_calls,
		.wanted = o->records,
	};
	struct es_output *output = NULL;
	int rc;

	memcpy(out.hash_key, cfg.hash_key, sizeof(out.hash_key));
	rc = es_read_output_new(&out, &output);
	if (rc == 0)
		rc = measure(l, &cfg, output);
	es_read_output_free(output);
	return rc;
}

int
es_live_output_print(
    struct es_listening *l, const struct es_read_options *o, char *const *files, size_t n_files)
{
	int rc = es_listening_open(l, o, files, n_files);

	es_sigpipe_ignore();
	if (rc != ES_EXIT_OK) {
		es_listening_close(l);
		return rc;
	}
	if (n_files == 0)
		fprintf(
		    stderr, "earshot %s: listening on %s, until Ctrl-C\n", l->command, o->iface);
	rc = print_records(l, o);
	es_listening_close(l);
	if (l->is_left)
		es_sigpipe_end();
	if (rc != 0)
		fprintf(stderr, "earshot %s: ended early: %s\n", l->command, es_strerror(rc));
	return rc != 0 || l->bad || l->keys.bad ? ES_EXIT_BAD : ES_EXIT_OK;
}
