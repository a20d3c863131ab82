/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot host`: samples this machine's health, as a list for people or one JSON object a line. */
#include "agent/command/host_command.h"

#include "agent/command/host_text.h"
#include "agent/host_clocks.h"
#include "agent/record_json.h"
#include "earshot/host.h"
#include "probes/base/text.h"
#include "runtime/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum {
	FIRST_LOOK_MS =
	    1000, /* without --interval: long enough for rates, short enough to wait for */
	INTERVAL_MAX_S = 86400,
	COUNT_MAX = 1000000000,
	JSON_BUFFER_BYTES = 16 * 1024,
};

/* The process's stop flag. */
static volatile sig_atomic_t stop;

struct options {
	bool json;
	bool help;
	bool passive;
	bool has_interval;
	bool is_one; /* for people: a single look with rates in it */
	uint32_t interval_ms;
	uint64_t count; /* samples after the first; 0: until Ctrl-C */
	uint32_t port;  /* of the softphone's media; 0: not given */
	const char *root;
};

struct printing {
	bool json;
	bool
	    is_one; /* the first sample, of gauges only, is not printed: the second has them, too */
	uint64_t n_samples;
	struct es_json out;
	char buffer[JSON_BUFFER_BYTES];
};

static void
on_signal(int number)
{
	(void)number; /* all of them mean: finish and leave */
	stop = 1;
}

/* Seconds with up to three decimals. */
static bool
parse_interval(const char *text, uint32_t *ms)
{
	es_slice rest = es_slice_str(text);
	es_slice whole = es_text_cut(&rest, '.');
	uint64_t s = 0, part = 0;

	if (es_text_u64(whole, INTERVAL_MAX_S, &s) != 0 || rest.n > 3 ||
	    (rest.n > 0 && es_text_u64(rest, 999, &part) != 0))
		return false;
	for (size_t i = rest.n; i > 0 && i < 3; i++)
		part *= 10;
	*ms = (uint32_t)(s * 1000 + part);
	return *ms >= 10;
}

static int
take_interval(const char *command, const char *value, void *out)
{
	struct options *o = out;

	if (!parse_interval(value, &o->interval_ms))
		return es_arguments_wrong(command, "--interval", value, "seconds, 0.01 to 86400");
	o->has_interval = true;
	return 0;
}

static int
take_count(const char *command, const char *value, void *out)
{
	struct options *o = out;

	if (es_text_u64(es_slice_str(value), COUNT_MAX, &o->count) != 0 || o->count == 0)
		return es_arguments_wrong(
		    command, "--count", value, "a number of samples, 1 or more");
	return 0;
}

static int
take_port(const char *command, const char *value, void *out)
{
	struct options *o = out;

	if (es_text_u32(es_slice_str(value), UINT16_MAX, &o->port) != 0 || o->port == 0)
		return es_arguments_wrong(command, "--port", value, "a UDP port, 1 to 65535");
	return 0;
}

#define AT(member) ES_ARGUMENT_AT(struct options, member)

static const struct es_argument arguments[] = {
	{ .name = "json",
	    .help = "One JSON object per line, as `earshot explain host:NAME=FILE` takes them.",
	    AT(json) },
	{ .name = "interval",
	    .value = "S",
	    .help = "A sample every S seconds until Ctrl-C (default: one, after a second).",
	    .take = take_interval },
	{ .name = "count", .value = "N", .help = "End after N samples.", .take = take_count },
	{ .name = "port",
	    .value = "N",
	    .help =
		"Also sample the program that has the local UDP port N, as the media of a call.",
	    .take = take_port },
	{ .name = "passive",
	    .help = "Send nothing: no echo requests to the gateway, no queries to name servers.",
	    AT(passive) },
	{ .name = "root",
	    .value = "DIR",
	    .kind = ES_ARGUMENT_DIR,
	    .help = "Read DIR/proc, DIR/sys and DIR/etc in place of this machine's.",
	    AT(root) },
	{ .name = "help", .letter = 'h', .help = "This text.", AT(help) },
	{ .name = NULL, .more = es_version_argument },
};

static void
usage(FILE *to)
{
	fprintf(to,
	    "usage: earshot host [options]\n"
	    "Samples this machine's health: processor, pressure, network, Wi-Fi, routes.\n");
	es_arguments_help(arguments, to);
	fprintf(to,
	    "Rates need two looks to compare: with --interval the first has gauges only.\n"
	    "Counts are per 5 s. A value is bad where `earshot explain` takes it for a cause\n"
	    "of damage; what has no such limit is none or some.\n");
}

static int
parse_options(int argc, char **argv, struct options *o)
{
	int operand;

	*o = (struct options){ .interval_ms = FIRST_LOOK_MS };
	if (es_arguments_parse(arguments, argc, argv, o, &operand) != 0)
		return ES_EXIT_USAGE;
	if (operand < argc) {
		(void)es_arguments_wrong(argv[0], "argument", argv[operand], "options only");
		return ES_EXIT_USAGE;
	}
	if (!o->has_interval && o->count == 0) {
		o->count = 1;
		o->is_one = true;
	}
	return ES_EXIT_OK;
}

static void
to_stdout(void *ctx, const char *bytes, size_t n_bytes)
{
	(void)ctx;
	(void)fwrite(bytes, 1, n_bytes, stdout); /* ferror is checked at the end */
}

static void
on_record(void *ctx, const struct es_record *rec)
{
	struct printing *p = ctx;

	if (p->json)
		es_record_json(rec, &p->out);
	else if (rec->type == ES_REC_HOST && p->n_samples++ == 0 && p->is_one)
		return;
	else if (rec->type == ES_REC_HOST)
		es_host_text_print(&rec->u.host, p->n_samples == 1, stdout);
	else
		es_host_text_change(&rec->u.change, p->n_samples == 0, stdout);
}

/* Sleeps to the deadline, not for a time: periods do not drift. */
static void
wait_until(int64_t deadline_ms)
{
	int64_t left = deadline_ms - es_clock_monotonic_ms();

	while (!stop && left > 0) {
		(void)poll(NULL, 0, left > INT32_MAX ? INT32_MAX : (int)left); /* EINTR: stop */
		left = deadline_ms - es_clock_monotonic_ms();
	}
}

static int
sample(const struct options *o, struct es_host_sampler *s, struct printing *p)
{
	int64_t due_ms = es_clock_monotonic_ms();

	for (uint64_t i = 0; !stop; i++) {
		es_host_sample(s, es_clock_wall(), true);
		if (!o->passive)
			es_host_probe(s, es_clock_wall());
		if (p->json)
			es_json_flush(&p->out);
		if (fflush(stdout) != 0 || ferror(stdout)) {
			fprintf(stderr, "earshot host: standard output: %s\n", strerror(errno));
			return ES_EXIT_BAD;
		}
		if (o->count != 0 && i == o->count)
			break;
		due_ms += o->interval_ms;
		wait_until(due_ms);
		es_host_timer_late(s, (es_clock_monotonic_ms() - due_ms) * 1000);
	}
	return ES_EXIT_OK;
}

static int
run(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct printing p = { 0 };
	struct es_host_sink sink = { .record = on_record, .ctx = &p };
	struct es_host_config cfg = { 0 };
	struct es_host_sampler *s = NULL;
	struct options o;
	int rc = parse_options(argc, argv, &o);

	if (rc != ES_EXIT_OK)
		return rc;
	if (o.help) {
		usage(stdout);
		return ES_EXIT_OK;
	}
	cfg.root = o.root;
	es_host_clocks_set(&cfg);
	p.json = o.json;
	p.is_one = o.is_one;
	es_json_init(&p.out, p.buffer, sizeof(p.buffer), to_stdout, NULL);
	rc = es_host_new(&cfg, &sink, &s);
	if (rc != 0) {
		fprintf(stderr, "earshot host: --root %s: %s\n", o.root == NULL ? "/" : o.root,
		    rc == ES_EIO ? "not a readable folder" : es_strerror(rc));
		return ES_EXIT_BAD;
	}
	(void)sigaction(SIGINT, &action, NULL); /* cannot fail for these numbers */
	(void)sigaction(SIGTERM, &action, NULL);
	es_host_media_port(s, (uint16_t)o.port);
	rc = sample(&o, s, &p);
	es_host_free(s);
	return rc;
}

const struct es_agent_command es_host_command = {
	.name = "host",
	.args = "[--json] [--interval S]",
	.help = "this machine's health, sampled",
	.run = run,
	.arguments = arguments,
};
