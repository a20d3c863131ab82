/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot path`: runs the chain of links to each target once. */
#include "agent/path/path_command.h"

#include "agent/path/known_names.h"
#include "agent/path/path_json.h"
#include "agent/path/path_text.h"
#include "agent/path/prober.h"
#include "runtime/clock.h"

#include <errno.h>
#include <stdlib.h>

enum { JSON_BUFFER_BYTES = 16 * 1024, TARGETS_MAX = 64 };

struct options {
	bool json;
	bool help;
	const char *ca_file;
};

struct run {
	const struct options *options;
	struct es_loop *loop;
	struct es_tls_roots *roots;
	bool is_broken; /* one of them */
	struct es_json out;
	char buffer[JSON_BUFFER_BYTES];
};

#define AT(member) ES_ARGUMENT_AT(struct options, member)

static const struct es_argument arguments[] = {
	{ .name = "json", .help = "One JSON object per target and line.", AT(json) },
	{ .name = "ca",
	    .value = "FILE",
	    .kind = ES_ARGUMENT_FILE,
	    .help = "Trust the CA certificates in FILE (PEM) only, not those of the system.",
	    AT(ca_file) },
	{ .name = "help", .letter = 'h', .help = "This text.", AT(help) },
	{ .name = NULL, .more = es_version_argument },
};

static void
usage(FILE *to)
{
	fprintf(to,
	    "usage: earshot path [options] TARGET...\n"
	    "Checks each link from this machine to a target, and names the first that is\n"
	    "broken: interface, route, gateway, DNS, TCP, TLS, HTTP, STUN, SIP; then the MTU\n"
	    "and the routers.\n");
	es_arguments_help(arguments, to);
	fprintf(to,
	    "TARGET: sip:HOST[:PORT][;transport=udp|tcp|tls], https://HOST/...,\n"
	    "stun:HOST[:PORT], a host name or an address. At most 20 packets and 20 s for\n"
	    "each; no right is needed. What lies behind a broken link is not known.\n"
	    "Exit status: 0 nothing is broken; 1 something is; 2 the command line was wrong.\n");
}

static void
to_stdout(void *ctx, const char *bytes, size_t n_bytes)
{
	(void)ctx;
	(void)fwrite(bytes, 1, n_bytes, stdout); /* ferror is checked at the end */
}

static void
on_done(void *ctx, const struct es_path *path, uint32_t n_packets)
{
	struct run *r = ctx;

	(void)n_packets;
	if (r->options->json) {
		es_path_json(path, &r->out);
		es_json_flush(&r->out);
	} else {
		es_path_text_print(path, stdout);
	}
	(void)fflush(stdout); /* ferror is checked at the end */
	r->is_broken = r->is_broken || path->broken != NULL;
	es_loop_stop(r->loop);
}

static bool
needs_tls(const struct es_target *t)
{
	return t->kind == ES_TARGET_HTTPS || t->kind == ES_TARGET_SIP;
}

/* All of them, before anything is done. */
static int
parse_targets(const char *command, char **words, int n, struct es_target *out)
{
	if (n <= 0 || n > TARGETS_MAX) {
		(void)es_arguments_expected(
		    command, "1 to 64 targets, such as sip:pbx.example.com");
		return ES_EXIT_USAGE;
	}
	for (int i = 0; i < n; i++)
		if (es_target_parse(words[i], &out[i]) != 0) {
			(void)es_arguments_wrong(command, "TARGET", words[i],
			    "sip:HOST[:PORT][;transport=udp|tcp|tls], https://HOST/..., "
			    "stun:HOST[:PORT], a host name or an address");
			return ES_EXIT_USAGE;
		}
	return ES_EXIT_OK;
}

static int
load_roots(struct run *r, const struct es_target *targets, int n)
{
	char error[ES_TLS_PROBE_TEXT_MAX];
	bool needed = false;

	for (int i = 0; i < n; i++)
		needed = needed || needs_tls(&targets[i]);
	if (!needed && r->options->ca_file == NULL)
		return ES_EXIT_OK;
	if (es_tls_roots_load(r->options->ca_file, error, &r->roots) != 0) {
		fprintf(stderr, "earshot path: %s\n", error);
		return ES_EXIT_USAGE;
	}
	if (error[0] != '\0')
		fprintf(stderr, "earshot path: %s\n", error);
	return ES_EXIT_OK;
}

static int
check(struct run *r, const struct es_target *target)
{
	struct es_chain_config cfg;
	struct es_prober *prober = NULL;
	int err;

	es_known_names(target, es_clock_wall(), &cfg);
	err = es_prober_start(r->loop, &cfg, r->roots, on_done, r, &prober);
	if (err == 0)
		err = es_loop_run(r->loop);
	es_prober_free(prober);
	if (err != 0)
		fprintf(stderr, "earshot path: %s: %s\n", target->text, es_strerror(err));
	return err == 0 ? ES_EXIT_OK : ES_EXIT_BAD;
}

static int
check_all(struct run *r, const struct es_target *targets, int n)
{
	int rc = load_roots(r, targets, n);

	if (rc != ES_EXIT_OK)
		return rc;
	if (es_loop_new(&r->loop) != 0) {
		fprintf(stderr, "earshot path: no event loop\n");
		return ES_EXIT_BAD;
	}
	es_json_init(&r->out, r->buffer, sizeof(r->buffer), to_stdout, NULL);
	for (int i = 0; i < n && rc == ES_EXIT_OK; i++)
		rc = check(r, &targets[i]);
	if (rc == ES_EXIT_OK && ferror(stdout)) {
		fprintf(stderr, "earshot path: standard output: %s\n", strerror(errno));
		rc = ES_EXIT_BAD;
	}
	return rc == ES_EXIT_OK && r->is_broken ? ES_EXIT_BAD : rc;
}

static int
run(int argc, char **argv)
{
	struct options o = { 0 };
	struct run *r;
	struct es_target *targets;
	int operand, n, rc;

	if (es_arguments_parse(arguments, argc, argv, &o, &operand) != 0)
		return ES_EXIT_USAGE;
	if (o.help) {
		usage(stdout);
		return ES_EXIT_OK;
	}
	n = argc - operand;
	targets = calloc(TARGETS_MAX, sizeof(*targets));
	r = calloc(1, sizeof(*r));
	rc = ES_EXIT_BAD;
	if (targets == NULL || r == NULL)
		fprintf(stderr, "earshot path: no memory\n");
	else
		rc = parse_targets(argv[0], argv + operand, n, targets);
	if (rc == ES_EXIT_OK) {
		r->options = &o;
		rc = check_all(r, targets, n);
		es_loop_free(r->loop);
		es_tls_roots_free(r->roots);
	}
	free(r);
	free(targets);
	return rc;
}

const struct es_agent_command es_path_command = {
	.name = "path",
	.args = "[--json] TARGET...",
	.help = "the links to a target, and the first that is broken",
	.run = run,
	.arguments = arguments,
};
