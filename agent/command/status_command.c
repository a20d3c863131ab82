/* SPDX-License-Identifier: Apache-2.0 */
/* `earshot status`: asks the local service what it is doing. */
#include "agent/command/status_command.h"

#include "agent/agent_config.h"
#include "agent/ipc/ipc_socket.h"
#include "agent/shipper/control.h"
#include "runtime/trust.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ANSWER_MS = 5000 };

struct options {
	const char *config;
	bool json;
	bool help;
};

#define AT(member) ES_ARGUMENT_AT(struct options, member)

static const struct es_argument arguments[] = {
	{ .name = "config",
	    .value = "FILE",
	    .kind = ES_ARGUMENT_FILE,
	    .help = "Configuration of the service, " ES_CONFIG_FILE_DEFAULT " unless given.",
	    AT(config) },
	{ .name = "json", .help = "One JSON object.", AT(json) },
	{ .name = "help", .letter = 'h', .help = "This text.", AT(help) },
	{ .name = NULL, .more = es_version_argument },
};

static void
usage(FILE *to)
{
	fprintf(to,
	    "usage: earshot status [options]\n"
	    "What the service on this machine is doing. Exit status 1: it does not run, or\n"
	    "something is wrong; standard error says what: the sensor does not run, or it\n"
	    "leaves something out for a budget, the collector cannot be reached, records\n"
	    "have waited for five minutes, or the certificate has ended or is not renewed.\n");
	es_arguments_help(arguments, to);
}

static long long
number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static const char *
text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "" : s;
}

static const char *
word(long long n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

static void
print_line(const json_t *c)
{
	if (text(c, "address")[0] == '\0')
		printf("collector   none is configured\n");
	else
		printf("collector   %s %s\n", text(c, "address"), text(c, "state"));
	if (json_object_get(c, "last_ack_ago_ms") != NULL)
		printf("            last acknowledgement %.1f s ago, %lld %s sent, %lld on the "
		       "way\n",
		    (double)number(c, "last_ack_ago_ms") / 1000, number(c, "batches"),
		    word(number(c, "batches"), "batch", "batches"), number(c, "in_flight"));
	if (json_object_get(c, "next_attempt_ms") != NULL)
		printf("            next attempt in %.1f s\n",
		    (double)number(c, "next_attempt_ms") / 1000);
	if (json_is_true(json_object_get(c, "held_by_budget")))
		printf("            uplink-budget is used up: the rest waits in the spool\n");
	if (text(c, "last_end")[0] != '\0')
		printf("            last connection ended: %s\n", text(c, "last_end"));
	if (text(c, "last_nack")[0] != '\0')
		printf("            the collector said: %s\n", text(c, "last_nack"));
}

static void
print_spool(const json_t *spool)
{
	long long records = number(spool, "records"), lost = number(spool, "lost"),
		  errors = number(spool, "disk_errors"), damaged = number(spool, "skipped_bytes"),
		  aside = number(spool, "quarantined_files"), waited_min;

	printf("spool       %lld %s, %lld %s, acknowledged to %lld of %lld\n", records,
	    word(records, "record waits", "records wait"), number(spool, "bytes"),
	    word(number(spool, "bytes"), "byte", "bytes"), number(spool, "acked_seq"),
	    number(spool, "next_seq") - 1);
	if (json_object_get(spool, "waiting_s") != NULL) {
		waited_min = number(spool, "waiting_s") / 60;
		printf("            the oldest has waited for %lld %s\n", waited_min,
		    word(waited_min, "minute", "minutes"));
	}
	if (lost + errors + damaged > 0)
		printf("            %lld %s lost, %lld %s, %lld damaged %s\n", lost,
		    word(lost, "record", "records"), errors,
		    word(errors, "disk error", "disk errors"), damaged,
		    word(damaged, "byte", "bytes"));
	if (aside > 0)
		printf("            %lld %s set aside at start\n", aside,
		    word(aside, "file that is no segment was", "files that are no segments were"));
}

/* What a configuration lets into the sensor that it does not need by default. */
static void
print_voice(const json_t *o)
{
	if (json_is_true(json_object_get(o, "use_keys")))
		printf("voice       THE SENSOR HOLDS SRTP KEYS of SDP (use-keys = yes), and "
		       "payloads of "
		       "RTP reach it\n");
	if (json_is_true(json_object_get(o, "payload")))
		printf(
		    "voice       PAYLOADS OF RTP REACH THE SENSOR and are read (payload = yes)\n");
}

static void
print_crashes(const json_t *o)
{
	long long n = number(o, "parser_crashes");

	if (n > 0)
		printf("            its parser crashed %lld %s, last before %s\n", n,
		    word(n, "time", "times"), text(o, "parser_crashed"));
}

/* What is left out for a budget, and what was. */
static void
print_shed(const json_t *o)
{
	static const char *const words[] = { "nothing", "reports of RTCP",
		"reports of RTCP, and SIP that is of no call",
		"reports of RTCP, SIP that is of no call, and new streams, each whole" };
	long long level = number(o, "shed_level"), streams = number(o, "streams_shed"),
		  packets = number(o, "rtp_shed"), sip = number(o, "sip_shed"),
		  rtcp = number(o, "rtcp_shed");

	if (json_object_get(o, "shed_since") == NULL || level < 0 ||
	    level >= (long long)(sizeof(words) / sizeof(words[0])))
		return;
	if (level > 0)
		printf("left out    now, for a budget: %s; since %s\n", words[level],
		    text(o, "shed_since"));
	else
		printf("left out    nothing now; something was from %s to %s\n",
		    text(o, "shed_since"), text(o, "shed_ended"));
	printf("            so far %lld %s of %lld %s, %lld SIP %s, %lld %s of RTCP\n", streams,
	    word(streams, "stream", "streams"), packets, word(packets, "packet", "packets"), sip,
	    word(sip, "message", "messages"), rtcp, word(rtcp, "report", "reports"));
}

static void
print_people(const json_t *o)
{
	long long calls = number(o, "open_calls"), streams = number(o, "open_streams"),
		  malformed = number(o, "hop_malformed");

	printf("earshotd    %s, process %lld, %s\n", text(o, "version"), number(o, "pid"),
	    text(o, "rights"));
	if (text(o, "sandbox")[0] != '\0') /* an older service does not say it */
		printf("sandbox     %s\n", text(o, "sandbox"));
	if (text(o, "sensor_sandbox")[0] != '\0')
		printf("            of the sensor: %s\n", text(o, "sensor_sandbox"));
	printf("sensor      %s", text(o, "sensor"));
	if (json_object_get(o, "sensor_heard_ago_ms") != NULL)
		printf(", last heard %.1f s ago", (double)number(o, "sensor_heard_ago_ms") / 1000);
	printf("\n");
	print_crashes(o);
	print_voice(o);
	print_shed(o);
	printf("calls       %lld up, %lld %s and %lld %s open\n", number(o, "calls_up"), calls,
	    word(calls, "call", "calls"), streams, word(streams, "stream", "streams"));
	print_spool(json_object_get(o, "spool"));
	if (malformed > 0)
		printf("hop         %lld %s of the sensor could not be read\n", malformed,
		    word(malformed, "message", "messages"));
	print_line(json_object_get(o, "collector"));
	if (text(o, "certificate_end")[0] != '\0')
		printf("certificate ends %s, renews itself %s\n", text(o, "certificate_end"),
		    text(o, "certificate_renews"));
	if (text(o, "certificate_trouble")[0] != '\0')
		printf("            not renewed: %s\n", text(o, "certificate_trouble"));
}

/* Exit status: 1 when the service names a problem. */
static int
print_problems(const json_t *o)
{
	const json_t *problems = json_object_get(o, "problems");

	for (size_t i = 0; i < json_array_size(problems); i++)
		fprintf(
		    stderr, "earshot status: %s\n", json_string_value(json_array_get(problems, i)));
	return json_array_size(problems) > 0 ? ES_EXIT_BAD : ES_EXIT_OK;
}

/* Everything the service sends until it closes; number of bytes, or ES_EIO. */
static int
ask(const char *path, uid_t also, uid_t *user, char *out, size_t cap)
{
	struct pollfd p = { es_unix_connect(path, SOCK_STREAM, also, user), POLLIN, 0 };
	size_t n = 0;
	ssize_t got = 1;

	if (p.fd < 0)
		return p.fd;
	while (got > 0 && n < cap - 1 && poll(&p, 1, ANSWER_MS) > 0) {
		got = read(p.fd, out + n, cap - 1 - n);
		if (got > 0)
			n += (size_t)got;
	}
	close(p.fd);
	out[n] = '\0';
	return got == 0 && n > 0 ? (int)n : ES_EIO;
}

static int
print_status(const char *path, uid_t also, bool json)
{
	char answer[ES_CONTROL_BYTES + 1];
	json_t *o;
	uid_t user = 0;
	int n = ask(path, also, &user, answer, sizeof(answer));

	if (n == ES_ENOTFOUND) {
		fprintf(stderr, "earshot status: not running: nobody listens at %s\n", path);
		return ES_EXIT_BAD;
	}
	if (n == ES_EDENIED) {
		fprintf(stderr, "earshot status: %s: user %u answers there, not the service\n",
		    path, (unsigned)user);
		return ES_EXIT_BAD;
	}
	if (n < 0) {
		fprintf(stderr, "earshot status: %s: %s\n", path,
		    errno == EACCES ? "only root and the service's own user may ask"
				    : "the service does not answer");
		return ES_EXIT_BAD;
	}
	o = json_loads(answer, 0, NULL);
	if (o == NULL) {
		fprintf(stderr, "earshot status: %s: the answer is no JSON\n", path);
		return ES_EXIT_BAD;
	}
	if (json)
		fputs(answer, stdout);
	else
		print_people(o);
	n = print_problems(o);
	json_decref(o);
	return n;
}

/*
 * The service may run as a user of its own: the one that its configuration names, or the one to whom
 * its service manager gave the directory of the sockets.
 */
static uid_t
service_user(const struct es_agent_config *cfg)
{
	struct stat st;
	uid_t user = 0;

	if (cfg->user != NULL)
		(void)es_trust_find_user(cfg->user, &user); /* unknown here: nobody else answers */
	else if (stat(cfg->run_dir, &st) == 0)
		user = st.st_uid;
	return user;
}

static int
run(int argc, char **argv)
{
	struct options o = { .config = ES_CONFIG_FILE_DEFAULT };
	struct es_agent_config *cfg;
	char error[ES_OPTIONS_ERROR_MAX] = "out of memory";
	int status, operand;

	if (es_arguments_parse(arguments, argc, argv, &o, &operand) != 0)
		return ES_EXIT_USAGE;
	if (o.help) {
		usage(stdout);
		return ES_EXIT_OK;
	}
	if (operand != argc) {
		(void)es_arguments_expected("earshot status", "no operand");
		return ES_EXIT_USAGE;
	}
	if (es_agent_config_load(o.config, error, &cfg) != 0) {
		fprintf(stderr, "earshot status: %s\n", error);
		return ES_EXIT_BAD;
	}
	status = print_status(cfg->control_socket, service_user(cfg), o.json);
	es_agent_config_free(cfg);
	return status;
}

const struct es_agent_command es_status_command = {
	.name = "status",
	.args = "[--config FILE] [--json]",
	.help = "what the service on this machine is doing",
	.run = run,
	.arguments = arguments,
};
