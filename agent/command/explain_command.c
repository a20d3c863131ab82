/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot explain`: captures of the same calls at several places in, one verdict a call out. */
#include "agent/command/explain_command.h"

#include "agent/command/explain_options.h"
#include "agent/command/feed.h"
#include "agent/command/html_output.h"
#include "agent/command/keys.h"
#include "agent/command/notes.h"
#include "agent/command/read_options.h"
#include "agent/host_timeline.h"
#include "agent/report/mask.h"
#include "probes/base/json.h"
#include "probes/base/text.h"
#include "probes/base/time_text.h"
#include "runtime/explained_text.h"
#include "runtime/shown_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	JSON_BUFFER_BYTES = 64 * 1024,
	SOURCES_LEAST = 4096, /* streams there must be room for */
	/* With addresses of 32 bits, what measures needs the rest of 2 GB. */
	ROOM_SHARE = SIZE_MAX == UINT32_MAX ? 16 : 1,
};

/* The time that the timeline of a machine covers, and whether a call was up in it. */
struct covered {
	es_time from, to;
	bool is_met;
};

struct explaining {
	const struct es_explain_options *options;
	struct es_correlate *correlate;
	struct es_html_output *page; /* NULL: none is wanted */
	struct es_call_page_input *inputs;
	int vantage;
	struct es_command_keys keys;
	bool bad;        /* something was reported on stderr: exit status 1 */
	bool is_partial; /* an input could not be read */
	struct es_json json;
	char buffer[JSON_BUFFER_BYTES];
	bool write_failed;
	uint64_t calls;
	struct es_explained masked;
	char from[ES_MASK_PARTY_MAX], to[ES_MASK_PARTY_MAX];
	bool is_missing[ES_CORRELATE_VANTAGES_MAX];
	bool is_shared[ES_CORRELATE_VANTAGES_MAX];    /* a call of it is at another one, too */
	struct covered covered[ES_EXPLAIN_HOSTS_MAX]; /* by timeline */
};

static void
usage(FILE *to)
{
	fprintf(to,
	    "usage: earshot explain ROLE:NAME=FILE... [host:NAME=TIMELINE...] [option...]\n"
	    "Takes captures of the same calls, one per vantage point, and shows per call\n"
	    "which segment hurt it and why. Their clocks need not agree.\n"
	    "  ROLE               endpoint, sbc, gateway or tap\n"
	    "  NAME               what the answer calls this vantage point; the same NAME\n"
	    "                     again adds a further capture of it\n"
	    "  FILE               pcap or pcapng, also gzipped; - is standard input\n"
	    "  TIMELINE           what `earshot host --json` printed on the machine of that\n"
	    "                     vantage point\n");
	es_arguments_help(es_explain_arguments, to);
	fputs("The answer, line by line:\n"
	      "  forward            from caller to callee; reverse: back. MOS where it is\n"
	      "                     heard, at best 4.41 in narrowband; bad blocks of 256\n"
	      "                     packets; then the places in the order of the path, with\n"
	      "                     what was lost or came late between two\n"
	      "  degraded           the cause, how sure it is (from 0 to 1), and behind \"on\"\n"
	      "                     the segment that hurt the call; below it why. Times are\n"
	      "                     minutes and seconds of the call\n"
	      "  joined             what shows that captures are of the same call\n"
	      "Example:\n"
	      "  earshot explain endpoint:ep=ep.pcap sbc:access=in.pcap sbc:core=out.pcap \\\n"
	      "      gateway:gw=gw.pcap\n",
	    to);
}

static void
take_record(void *ctx, const struct es_record *rec)
{
	struct explaining *x = ctx;

	/* what does not fit is counted there and reported at the end */
	(void)es_correlate_add(x->correlate, x->vantage, rec);
	if (x->page != NULL)
		es_html_output_record(x->page, rec);
}

static void
report_evictions(struct explaining *x, const struct es_engine *engine, es_slice name)
{
	static const enum es_counter kinds[] = { ES_CNT_STREAMS_EVICTED, ES_CNT_CALLS_EVICTED,
		ES_CNT_EXPECTED_EVICTED, ES_CNT_TCP_EVICTED };
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		n += es_engine_counter(engine, kinds[i]);
	if (n == 0)
		return;
	fprintf(stderr,
	    "earshot explain: %.*s: %" PRIu64 " streams or calls were given up for want of room\n",
	    (int)name.n, (const char *)name.p, n);
	x->bad = true;
}

/* An answer without one of its witnesses may accuse the wrong one: it must be asked for, and says so. */
static void
note_missing(struct explaining *x, es_slice name)
{
	x->is_partial = true;
	(void)es_correlate_missing(x->correlate, name); /* as many as vantage points fit */
}

/* A capture that was stopped while calls were up misses their rest, as one that is cut short does. */
static void
note_calls_up(struct es_engine *engine, es_slice name)
{
	uint32_t n = es_engine_calls_up(engine);

	if (n == 0)
		return;
	es_engine_cut(engine);
	fprintf(stderr,
	    "earshot explain: %.*s: note: the capture ends while %" PRIu32
	    " %s up: what came after it is not known\n",
	    (int)name.n, (const char *)name.p, n, n == 1 ? "call is" : "calls are");
}

/* One engine measures one vantage point; the next one begins when it is done. */
static int
measure(struct explaining *x, const struct es_explain_vantage *v)
{
	const struct es_read_options read = { .leg_header = x->options->leg_header };
	struct es_config cfg = es_read_options_config(&read);
	struct es_sink sink = { take_record, x };
	struct es_feed feed = { .command = "explain" };
	const struct es_notes notes = { stderr, feed.command, v->name, NULL };
	int rc = es_correlate_vantage(x->correlate, v->name, v->role);

	if (rc < 0)
		return rc;
	x->vantage = rc;
	cfg.vantage.label = v->name;
	cfg.vantage.role = v->role;
	if (x->page != NULL) {
		es_html_output_vantage(x->page, v->name);
		cfg.sip = es_html_output_sip(x->page);
	}
	rc = es_feed_open(&feed, v->files, v->n_files);
	if (rc == 0)
		rc = es_command_keys_inside(&x->keys, feed.capture);
	es_command_keys_apply(&x->keys, &cfg);
	if (rc == 0)
		rc = es_engine_new(&cfg, &sink, &feed.engine);
	if (rc == 0) {
		es_feed_run(&feed);
		note_calls_up(feed.engine, v->name);
		es_engine_flush(feed.engine);
		report_evictions(x, feed.engine, v->name);
		es_notes_engine(&notes, feed.engine, feed.n_cut);
		es_notes_feed(&notes, &feed);
		es_command_keys_report(&x->keys, feed.engine, v->name);
	}
	es_feed_done(&feed);
	x->bad |= feed.bad;
	if (feed.n_unread > 0) {
		note_missing(x, v->name);
		x->is_missing[v - x->options->vantages] = true;
	}
	return rc == ES_ENOTFOUND ? 0 : rc; /* it was reported when it could not be opened */
}

static void
cover(struct covered *c, const struct es_record *rec)
{
	bool is_change = rec->type == ES_REC_CHANGE;
	es_time from = is_change ? rec->u.change.time : rec->u.host.start;

	c->from = es_time_before(from, c->from) ? from : c->from;
	c->to = es_time_max(c->to, is_change ? from : rec->u.host.end);
}

static void
take_timeline(struct explaining *x, const struct es_explain_host *host, struct covered *covered)
{
	char error[ES_TIMELINE_ERROR_MAX];
	char name[ES_EXPLAIN_NAME_MAX + 8];
	struct es_timeline t;

	if (es_timeline_load(host->file, ES_FILE_ANY, &t, error) != 0) {
		fprintf(stderr, "earshot explain: %s\n", error);
		x->bad = true;
		(void)snprintf(
		    name, sizeof(name), "host:%.*s", (int)host->name.n, (const char *)host->name.p);
		note_missing(x, es_slice_str(name));
		return;
	}
	if (t.synthetic)
		fprintf(stderr, "earshot explain: note: %s is a synthetic timeline\n", host->file);
	covered->from = es_time_of_ns(INT64_MAX);
	covered->to = es_time_of_ns(INT64_MIN);
	for (size_t i = 0; i < t.n; i++) {
		cover(covered, &t.records[i]);
		(void)es_correlate_add_host(x->correlate, host->name, &t.records[i]);
		if (x->page != NULL)
			es_html_output_machine(x->page, host->name, t.synthetic, &t.records[i]);
	}
	es_timeline_done(&t);
}

static void
write_out(void *ctx, const char *bytes, size_t n_bytes)
{
	struct explaining *x = ctx;

	x->write_failed |= fwrite(bytes, 1, n_bytes, stdout) != n_bytes;
}

/* The vantage point of a leg, which is NAME or, where several legs are seen there, NAME/1, NAME/2. */
static uint32_t
vantage_of(const struct es_explain_options *o, es_slice leg)
{
	uint32_t best = o->n_vantages;

	for (uint32_t i = 0; i < o->n_vantages; i++) {
		es_slice name = o->vantages[i].name;

		if (name.n > leg.n || !es_slice_eq(es_text_first(leg, name.n), name) ||
		    (name.n < leg.n && leg.p[name.n] != '/'))
			continue;
		if (best == o->n_vantages || name.n > o->vantages[best].name.n)
			best = i;
	}
	return best;
}

/* Notes which vantage points share a call with another one. */
static void
note_shared(struct explaining *x, const struct es_explained *call)
{
	uint32_t first;

	if (call->n_legs == 0)
		return;
	first = vantage_of(x->options, call->legs[0].vantage);
	for (uint32_t i = 1; i < call->n_legs; i++) {
		uint32_t other = vantage_of(x->options, call->legs[i].vantage);

		if (first == other || first == x->options->n_vantages ||
		    other == x->options->n_vantages)
			continue;
		x->is_shared[first] = true;
		x->is_shared[other] = true;
	}
}

/* Notes which timelines cover some of a call that was seen on their machine. */
static void
note_covered(struct explaining *x, const struct es_explained *call)
{
	for (uint32_t i = 0; i < x->options->n_hosts; i++) {
		for (uint32_t j = 0; j < call->n_legs && !x->covered[i].is_met; j++) {
			const struct es_leg *leg = &call->legs[j];
			es_slice machine =
			    es_text_first(leg->vantage, es_text_find(leg->vantage, '/'));

			x->covered[i].is_met = es_slice_eq(machine, x->options->hosts[i].name) &&
					       !es_time_before(x->covered[i].to, leg->from) &&
					       !es_time_before(leg->to, x->covered[i].from);
		}
	}
}

/* A timeline of another day explains nothing, and good health is not what it shows. */
static void
report_uncovered(const struct explaining *x)
{
	for (uint32_t i = 0; i < x->options->n_hosts; i++) {
		const struct es_explain_host *host = &x->options->hosts[i];
		char from[ES_TIME_TEXT_BYTES], to[ES_TIME_TEXT_BYTES];

		if (x->covered[i].is_met || x->calls == 0)
			continue;
		if (es_time_before(x->covered[i].to, x->covered[i].from)) {
			fprintf(stderr, "earshot explain: note: %s has no records\n", host->file);
			continue;
		}
		es_time_text(x->covered[i].from, from);
		es_time_text(x->covered[i].to, to);
		fprintf(stderr,
		    "earshot explain: note: %s is of %.*s to %.*s, and no call at %.*s is of that "
		    "time\n",
		    host->file, ES_TIME_TEXT_BYTES, from, ES_TIME_TEXT_BYTES, to, (int)host->name.n,
		    (const char *)host->name.p);
	}
}

/* Captures that share no call explain nothing together: another hour, another host, another file. */
static void
report_unshared(const struct explaining *x)
{
	const struct es_explain_options *o = x->options;
	uint32_t n_read = 0, n_alone = 0;

	for (uint32_t i = 0; i < o->n_vantages; i++) {
		n_read += !x->is_missing[i];
		n_alone += !x->is_missing[i] && !x->is_shared[i];
	}
	if (n_read < 2 || n_alone == 0 || x->calls == 0)
		return;
	if (n_alone == n_read) {
		fputs("earshot explain: note: no call is in more than one of these captures\n",
		    stderr);
		return;
	}
	for (uint32_t i = 0; i < o->n_vantages; i++) {
		if (!x->is_missing[i] && !x->is_shared[i])
			fprintf(stderr,
			    "earshot explain: %.*s: note: no call of it is in another capture\n",
			    (int)o->vantages[i].name.n, (const char *)o->vantages[i].name.p);
	}
}

static void
print_call(void *ctx, const struct es_explained *call)
{
	static const struct es_mask mask = { .is_on = true };
	struct explaining *x = ctx;

	x->calls++;
	note_shared(x, call);
	note_covered(x, call);
	if (x->page != NULL)
		es_html_output_call(x->page, call);
	if (x->options->mask) {
		x->masked = *call;
		x->masked.from = es_mask_party(&mask, call->from, x->from);
		x->masked.to = es_mask_party(&mask, call->to, x->to);
		call = &x->masked;
	}
	if (!x->options->json) {
		es_explained_print(
		    call, es_explained_columns(STDOUT_FILENO), es_shown_text_is_utf8(), stdout);
		return;
	}
	es_explained_json(call, &x->json);
	es_json_line(&x->json);
}

/* Address space for a busy hour of an SBC, untouched until needed; less where there is not so much. */
static int
new_correlate(struct explaining *x)
{
	struct es_correlate_config cfg = {
		.max_sources = (1u << 17) / ROOM_SHARE,
		.max_blocks = (1u << 21) / ROOM_SHARE,
		.max_missing = (1u << 22) / ROOM_SHARE,
		.max_calls = (1u << 16) / ROOM_SHARE,
		.max_host = (1u << 18) / ROOM_SHARE,
		.text_bytes = (1u << 25) / ROOM_SHARE,
	};
	static const struct es_read_options plain;
	int rc = ES_ENOMEM;

	memcpy(cfg.hash_key, es_read_options_config(&plain).hash_key, sizeof(cfg.hash_key));
	while (rc == ES_ENOMEM && cfg.max_sources >= SOURCES_LEAST) {
		rc = es_correlate_new(&cfg, &x->correlate);
		cfg.max_sources /= 2;
		cfg.max_blocks /= 2;
		cfg.max_missing /= 2;
		cfg.max_calls /= 2;
		cfg.max_host /= 2;
		cfg.text_bytes /= 2;
	}
	return rc;
}

static int
write_page(struct explaining *x)
{
	int rc = es_html_output_write(x->page);

	x->bad |= rc == ES_EIO; /* which was printed */
	return rc == ES_EIO ? 0 : rc;
}

static int
explain(struct explaining *x)
{
	int rc = new_correlate(x);

	for (uint32_t i = 0; i < x->options->n_vantages && rc == 0; i++)
		rc = measure(x, &x->options->vantages[i]);
	if (rc != 0)
		return rc;
	for (uint32_t i = 0; i < x->options->n_hosts; i++)
		take_timeline(x, &x->options->hosts[i], &x->covered[i]);
	if (x->is_partial && !x->options->keep_going) {
		fputs("earshot explain: no verdict without what could not be read; "
		      "--keep-going explains with the rest\n",
		    stderr);
		return 0;
	}
	es_json_init(&x->json, x->buffer, sizeof(x->buffer), write_out, x);
	if (x->page != NULL)
		es_html_output_measured(x->page);
	rc = es_correlate_solve(x->correlate, print_call, x);
	es_json_flush(&x->json);
	if (es_correlate_refused(x->correlate) > 0) {
		fprintf(stderr,
		    "earshot explain: %" PRIu64
		    " records or calls did not fit: left out, or shown as one call with others of "
		    "their Call-ID\n",
		    es_correlate_refused(x->correlate));
		x->bad = true;
		rc = 0;
	}
	report_unshared(x);
	report_uncovered(x);
	if (x->calls == 0 && !x->options->json)
		fputs("no call was found\n", stdout);
	x->write_failed |= fflush(stdout) != 0;
	if (x->page != NULL && rc == 0)
		rc = write_page(x);
	return rc;
}

/* Every file that is read, in the order of the vantage points, then the timelines. 0, or ES_ENOMEM. */
static int
fill_inputs(const struct es_explain_options *o, struct es_call_page_input **out, size_t *n_out)
{
	static const char *const roles[] = { NULL, "endpoint", "sbc", "gateway", "tap" };
	struct es_call_page_input *inputs;
	size_t n = o->n_hosts;

	for (uint32_t i = 0; i < o->n_vantages; i++)
		n += o->vantages[i].n_files;
	inputs = calloc(n, sizeof(*inputs));
	if (inputs == NULL)
		return ES_ENOMEM;
	n = 0;
	for (uint32_t i = 0; i < o->n_vantages; i++)
		for (uint32_t j = 0; j < o->vantages[i].n_files; j++)
			inputs[n++] = (struct es_call_page_input){ roles[o->vantages[i].role],
				o->vantages[i].name, o->vantages[i].files[j] };
	for (uint32_t i = 0; i < o->n_hosts; i++)
		inputs[n++] =
		    (struct es_call_page_input){ "host", o->hosts[i].name, o->hosts[i].file };
	*out = inputs;
	*n_out = n;
	return 0;
}

static int
new_page(struct explaining *x)
{
	static const struct es_read_options plain;
	struct es_html_output_config cfg = {
		.command = "explain",
		.path = x->options->html,
		.is_masked = x->options->mask,
		.has_verdict = x->options->n_vantages > 1,
	};
	int rc = fill_inputs(x->options, &x->inputs, &cfg.n_inputs);

	cfg.inputs = x->inputs;
	memcpy(cfg.hash_key, es_read_options_config(&plain).hash_key, sizeof(cfg.hash_key));
	return rc != 0 ? rc : es_html_output_new(&cfg, &x->page);
}

static int
run(int argc, char **argv)
{
	static struct es_explain_options options; /* too large for the stack of a small machine */
	static struct explaining x;
	struct es_command_keys_wanted keys = { .keylog = NULL };
	int rc;

	if (es_explain_options_parse(argc, argv, &options) != 0) {
		fputs("earshot explain --help tells more\n", stderr);
		return ES_EXIT_USAGE;
	}
	if (options.help) {
		usage(stdout);
		return ES_EXIT_OK;
	}
	if (options.n_vantages == 0) {
		(void)es_arguments_expected("earshot explain",
		    "at least one vantage point as ROLE:NAME=FILE, as in endpoint:desk=desk.pcap");
		return ES_EXIT_USAGE;
	}
	keys.keylog = options.keylog;
	memset(&x, 0, sizeof(x));
	x.options = &options;
	x.keys.command = "explain";
	if (es_command_keys_open(&x.keys, &keys) != 0) {
		es_command_keys_done(&x.keys);
		return ES_EXIT_BAD;
	}
	rc = options.html == NULL ? 0 : new_page(&x);
	if (rc == ES_EDENIED) {
		free(x.inputs);
		es_command_keys_done(&x.keys);
		return ES_EXIT_BAD;
	}
	if (rc == 0)
		rc = explain(&x);
	if (rc != 0 || x.write_failed) {
		fprintf(stderr, "earshot explain: %s\n",
		    x.write_failed ? "could not write the output" : es_strerror(rc));
		x.bad = true;
	}
	es_html_output_free(x.page);
	free(x.inputs);
	es_correlate_free(x.correlate);
	es_command_keys_done(&x.keys);
	return x.bad || x.keys.bad ? ES_EXIT_BAD : ES_EXIT_OK;
}

const struct es_agent_command es_explain_command = {
	.name = "explain",
	.args = "ROLE:NAME=FILE... [--html FILE] [options]",
	.arguments = es_explain_arguments,
	.operand = ES_ARGUMENT_FILE,
	.help = "say which segment hurt a call and why, from captures at several places",
	.run = run,
};
