/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot read FILE...`: captures in, a table or JSON lines out. */
#include "agent/command/read_command.h"
#include "agent/command/feed.h"
#include "agent/command/html_output.h"
#include "agent/command/keys.h"
#include "agent/command/notes.h"
#include "agent/command/read_options.h"
#include "agent/output/read_columns.h"
#include "agent/output/read_output.h"
#include "agent/output/read_table.h"
#include "agent/output/sigpipe.h"
#include "runtime/explained_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct reading {
	struct es_feed feed;
	struct es_output *output;
	struct es_html_output *page; /* NULL: none is wanted */
	struct es_choice choice;     /* of the page */
	struct es_call_page_input inputs[ES_CAPTURE_FILES_MAX];
	struct es_command_keys keys;
	bool is_left; /* whoever read the output has left */
};

static void
usage(FILE *to)
{
	fprintf(to, "usage: earshot read FILE... [options]\n"
		    "Measures the calls in captures: pcap or pcapng, also gzipped; - is standard\n"
		    "input. Several files are merged by time.\n");
	es_arguments_help(es_read_arguments, to);
	es_read_columns_help(to);
}

/* What a reader of the figures must know about how they came about. */
static void
report_limits(struct reading *r)
{
	static const struct {
		enum es_counter counter;
		const char *what;
	} evictions[] = {
		{ ES_CNT_STREAMS_EVICTED, "streams" },
		{ ES_CNT_CALLS_EVICTED, "calls" },
		{ ES_CNT_EXPECTED_EVICTED, "media addresses of signalling" },
		{ ES_CNT_TCP_EVICTED, "TCP connections" },
	};
	const struct es_notes notes = { .to = stderr, .command = "read", .filter = r->feed.filter };
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(evictions) / sizeof(evictions[0]); i++) {
		n = es_engine_counter(r->feed.engine, evictions[i].counter);
		if (n == 0)
			continue;
		fprintf(stderr, "earshot read: %" PRIu64 " %s were given up for want of room\n", n,
		    evictions[i].what);
		r->feed.bad = true;
	}
	es_notes_engine(&notes, r->feed.engine, r->feed.n_cut);
	n = es_engine_counter(r->feed.engine, ES_CNT_CALLS);
	if (n > 0 && es_read_output_fits_no_call(r->output))
		es_notes_no_call_fits(&notes, n);
	es_notes_feed(&notes, &r->feed);
}

static bool
is_over(void *ctx)
{
	const struct reading *r = ctx;

	return es_read_output_is_broken(r->output);
}

static int
new_page(struct reading *r, const struct es_read_options *o, char *const *files, size_t n)
{
	struct es_html_output_config cfg = { .command = "read",
		.path = o->html,
		.is_masked = o->mask,
		.inputs = r->inputs,
		.n_inputs = n };
	int rc;

	memcpy(cfg.hash_key, es_read_options_config(o).hash_key, sizeof(cfg.hash_key));
	for (size_t i = 0; i < n; i++)
		r->inputs[i].file = files[i];
	rc = es_choice_new(&r->choice, &o->wish, es_hash_key_of(cfg.hash_key));
	if (rc == 0)
		rc = es_html_output_new(&cfg, &r->page);
	if (rc == 0)
		es_html_output_vantage(r->page, es_slice_of(NULL, 0));
	return rc;
}

/* The page has the calls that are wanted, and of their streams all blocks. */
static void
take_for_page(struct reading *r, const struct es_record *rec)
{
	if ((rec->type == ES_REC_CALL && !es_choice_call(&r->choice, &rec->u.call)) ||
	    (rec->type == ES_REC_STREAM && !es_choice_stream(&r->choice, &rec->u.stream)))
		return;
	es_html_output_record(r->page, rec);
}

static void
take_record(void *ctx, const struct es_record *rec)
{
	struct reading *r = ctx;
	struct es_sink out = es_read_output_sink(r->output);

	out.record(out.ctx, rec);
	if (r->page != NULL)
		take_for_page(r, rec);
}

static int
write_page(struct reading *r)
{
	int rc;

	es_html_output_measured(r->page);
	rc = es_html_output_unexplained(r->page);
	if (rc == 0 && r->choice.out_of_memory)
		rc = ES_ENOMEM;
	if (rc == 0)
		rc = es_html_output_write(r->page);
	r->feed.bad |= rc == ES_EIO; /* which was printed */
	return rc == ES_EIO ? 0 : rc;
}

static int
measure(struct reading *r, const struct es_read_options *o)
{
	struct es_config cfg = es_read_options_config(o);
	struct es_output_config out = {
		.to = stdout,
		.format = es_read_options_format(o),
		.style =
		    es_read_style_of(STDOUT_FILENO, es_explained_columns(STDOUT_FILENO), o->wide),
		.wish = o->wish,
		.at_once = false,
		.wanted = o->records,
	};
	struct es_sink sink = { take_record, r };
	int rc;

	memcpy(out.hash_key, cfg.hash_key, sizeof(out.hash_key));
	rc = es_read_output_new(&out, &r->output);
	if (rc != 0)
		return rc;
	if (r->page != NULL)
		cfg.sip = es_html_output_sip(r->page);
	es_command_keys_apply(&r->keys, &cfg);
	rc = es_engine_new(&cfg, &sink, &r->feed.engine);
	if (rc != 0)
		return rc;
	r->feed.is_over = is_over;
	r->feed.ctx = r;
	es_feed_run(&r->feed);
	es_read_output_last(r->output);
	es_engine_flush(r->feed.engine);
	es_engine_health(r->feed.engine, r->feed.last);
	rc = es_read_output_finish(r->output);
	if (es_read_output_is_left(r->output))
		return rc;
	report_limits(r);
	es_command_keys_report(&r->keys, r->feed.engine, es_slice_of(NULL, 0));
	return rc == 0 && r->page != NULL ? write_page(r) : rc;
}

static int
measure_files(struct reading *r, const struct es_read_options *o, char *const *files, size_t n)
{
	const struct es_command_keys_wanted keys = { o->use_keys, o->keylog, false };
	int rc;

	if (es_command_keys_open(&r->keys, &keys) != 0)
		return ES_EXIT_BAD;
	r->feed.filter = o->filter;
	rc = es_feed_open(&r->feed, files, n);
	if (rc == ES_EINVALID) {
		fprintf(stderr, "earshot read: at most %d files at a time\n",
		    (int)ES_CAPTURE_FILES_MAX);
		return ES_EXIT_USAGE;
	}
	if (rc == 0 && es_command_keys_inside(&r->keys, r->feed.capture) != 0)
		return ES_EXIT_BAD;
	if (rc == 0 && o->html != NULL)
		rc = new_page(r, o, files, n);
	if (rc == ES_EDENIED)
		return ES_EXIT_BAD;
	if (rc == 0)
		rc = measure(r, o);
	r->is_left = r->output != NULL && es_read_output_is_left(r->output);
	if (rc != 0 && rc != ES_ENOTFOUND && !r->is_left) {
		fprintf(stderr, "earshot read: %s\n",
		    rc == ES_EIO     ? "could not write the output"
		    : rc == ES_EFULL ? "no room for temporary files: see TMPDIR"
				     : es_strerror(rc));
		r->feed.bad = true;
	}
	return r->feed.bad || r->keys.bad ? ES_EXIT_BAD : ES_EXIT_OK;
}

static int
run(int argc, char **argv)
{
	struct es_read_options o;
	struct reading r = { .feed = { .command = "read", .progress = es_progress_of("read") },
		.keys = { .command = "read" } };
	int rc;

	if (es_read_options_parse(es_read_arguments, argc, argv, &o) != 0)
		return ES_EXIT_USAGE;
	if (o.help) {
		usage(stdout);
		return ES_EXIT_OK;
	}
	if (o.first_file == argc) {
		(void)es_arguments_expected("earshot read", "at least one capture file");
		return ES_EXIT_USAGE;
	}
	es_sigpipe_ignore();
	rc = measure_files(&r, &o, argv + o.first_file, (size_t)(argc - o.first_file));
	es_feed_done(&r.feed);
	es_command_keys_done(&r.keys);
	es_read_output_free(r.output);
	es_html_output_free(r.page);
	es_choice_free(&r.choice);
	if (r.is_left)
		es_sigpipe_end();
	return rc;
}

const struct es_agent_command es_read_command = {
	.name = "read",
	.args = "FILE... [--csv | --json] [--html FILE] [options]",
	.arguments = es_read_arguments,
	.operand = ES_ARGUMENT_FILE,
	.help = "measure captures (pcap, pcapng, gzip; - is standard input)",
	.run = run,
};
