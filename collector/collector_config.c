/* SPDX-License-Identifier: Apache-2.0 */
/* The collector's configuration: one option table for parser, help, sample file and man page. */
#include "collector/collector_config.h"

#include "runtime/host_port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RETENTION_MAX_MS (INT64_C(36500) * 86400000)

const struct es_option es_collector_options[] = {
	{ .name = "name",
	    .kind = ES_OPT_STRING,
	    .min = 1,
	    .max = 63,
	    .required = true,
	    .help = "Logical name in the server's certificate, which agents demand.",
	    .example = "collector.example" },
	{ .name = "listen",
	    .kind = ES_OPT_STRING,
	    .fallback = "0.0.0.0:6100",
	    .help = "Address and port where agents deliver, over mutual TLS." },
	{ .name = "enroll",
	    .kind = ES_OPT_STRING,
	    .fallback = "0.0.0.0:6101",
	    .help = "Address and port where a new agent trades its token for a certificate." },
	{ .name = "portal",
	    .kind = ES_OPT_STRING,
	    .fallback = "127.0.0.1:8080",
	    .help = "Address and port of the portal and its API; plain HTTP without login: keep "
		    "it on loopback." },
	{ .name = "database",
	    .kind = ES_OPT_STRING,
	    .fallback = "earshot.db",
	    .help = "Database file; this and the other paths are relative to this file." },
	{ .name = "max-database",
	    .reloads = ES_IN_INGEST,
	    .kind = ES_OPT_BYTES,
	    .fallback = "0",
	    .max = INT64_C(1) << 44,
	    .help = "Size of the database, 1MiB or more: shortly before it is reached the oldest "
		    "records are removed; if there is nothing left to remove, agents are asked to "
		    "wait; 0 is no limit." },
	{ .name = "retention-calls",
	    .reloads = ES_IN_INGEST,
	    .kind = ES_OPT_DURATION,
	    .fallback = "90d",
	    .max = RETENTION_MAX_MS,
	    .help = "How long records of calls and streams are kept; 0 is for ever." },
	{ .name = "retention-minutes",
	    .reloads = ES_IN_INGEST,
	    .kind = ES_OPT_DURATION,
	    .fallback = "90d",
	    .max = RETENTION_MAX_MS,
	    .help = "How long the blocks of streams are kept, from which a verdict is found." },
	{ .name = "retention-machine",
	    .reloads = ES_IN_INGEST,
	    .kind = ES_OPT_DURATION,
	    .fallback = "30d",
	    .max = RETENTION_MAX_MS,
	    .help = "How long records of the health of machines and agents are kept; losses stay "
		    "as long as anything of their time." },
	{ .name = "retention-reported",
	    .reloads = ES_IN_INGEST,
	    .kind = ES_OPT_DURATION,
	    .fallback = "90d",
	    .max = RETENTION_MAX_MS,
	    .help = "How long the reports of far ends are kept." },
	{ .name = "ca-cert",
	    .kind = ES_OPT_STRING,
	    .fallback = "ca.pem",
	    .help = "Certificate of the authority that signs agents and the collector." },
	{ .name = "ca-key",
	    .kind = ES_OPT_STRING,
	    .fallback = "ca.key",
	    .help = "Key of that authority, used when an agent enrols." },
	{ .name = "cert",
	    .kind = ES_OPT_STRING,
	    .fallback = "server.pem",
	    .help = "The collector's own certificate with its chain." },
	{ .name = "key",
	    .kind = ES_OPT_STRING,
	    .fallback = "server.key",
	    .help = "Key of the collector's certificate." },
	{ .name = "tenant-key",
	    .kind = ES_OPT_STRING,
	    .fallback = "tenant.key",
	    .help = "Key of the pseudonyms, handed to agents when they enrol." },
	{ .name = "country",
	    .kind = ES_OPT_STRING,
	    .fallback = "",
	    .max = 3,
	    .help = "Calling code of numbers that are searched for without one, as agents have it.",
	    .example = "49" },
	{ .name = "agent-validity",
	    .kind = ES_OPT_DURATION,
	    .fallback = "7d",
	    .min = 10000,
	    .max = INT64_C(1000) * 86400 * 400,
	    .help = "How long an agent's certificate is valid; it renews itself at about half of "
		    "that." },
	{ .name = "commit-interval",
	    .kind = ES_OPT_DURATION,
	    .fallback = "50ms",
	    .min = 1,
	    .max = 1000,
	    .help = "Records wait at most so long for others to share a commit with." },
	{ .name = "commit-records",
	    .kind = ES_OPT_INT,
	    .fallback = "500",
	    .min = 1,
	    .max = 100000,
	    .help = "So many records are committed at once without further waiting." },
	{ .name = "max-connections",
	    .kind = ES_OPT_INT,
	    .fallback = "4096",
	    .min = 1,
	    .max = 20000,
	    .help = "Agents connected at a time; one needs about 40 KiB of memory." },
	{ .name = "credit-batches",
	    .kind = ES_OPT_INT,
	    .fallback = "8",
	    .min = 1,
	    .max = 64,
	    .help = "Batches an agent may send ahead of our acknowledgement." },
	{ .name = "idle-timeout",
	    .kind = ES_OPT_DURATION,
	    .fallback = "10m",
	    .min = 5000,
	    .max = INT64_C(86400000),
	    .help = "An agent that says nothing for so long is disconnected." },
	{ .name = "reconnect-window",
	    .kind = ES_OPT_DURATION,
	    .fallback = "2s",
	    .min = 0,
	    .max = 3600000,
	    .help = "Agents that lose us spread their reconnects over so long; 5 ms per agent is "
		    "a good value." },
	{ .name = "retry-after",
	    .kind = ES_OPT_DURATION,
	    .fallback = "10s",
	    .min = 100,
	    .max = 3600000,
	    .help = "What an agent is asked to wait when the disk is full." },
	{ .name = "user",
	    .kind = ES_OPT_STRING,
	    .fallback = "",
	    .max = 63,
	    .help = "Run as this user when started as root; empty stays." },
	{ .name = "portal-user",
	    .kind = ES_OPT_STRING,
	    .fallback = "",
	    .max = 63,
	    .help = "Run the portal as this user when started as root; empty is that of user. It "
		    "reads the database as one of its group." },
	{ .name = "sandbox",
	    .kind = ES_OPT_ENUM,
	    .fallback = "enforce",
	    .words = es_sandbox_words,
	    .help =
		"What a process does that calls the system for something its role does not need: "
		"it ends, or the kernel logs it, or nothing." },
	{ .name = "log",
	    .reloads = ES_IN_INGEST | ES_IN_PORTAL | ES_IN_SERVE,
	    .kind = ES_OPT_ENUM,
	    .fallback = "info",
	    .words = es_log_level_words,
	    .help = "Least level that is logged." },
	{ .name = NULL },
};

int
es_path_join(char out[ES_PATH_TEXT_MAX], const char *dir, const char *name)
{
	int n = name[0] == '/' ? snprintf(out, ES_PATH_TEXT_MAX, "%s", name)
			       : snprintf(out, ES_PATH_TEXT_MAX, "%s/%s", dir, name);

	return n < 0 || n >= ES_PATH_TEXT_MAX ? ES_EINVALID : 0;
}

struct reader {
	const struct es_section *top;
	const char *dir;
	struct es_option_checks checks;
	bool is_over; /* no further check is wanted */
};

/* Takes what a check found wrong with an option; format and what is behind it as of es_option_error. */
#define wrong(r, name, ...)                                                                  \
	((r)->is_over = !es_option_checked(                                                  \
	     &(r)->checks, es_option_error(&es_section_values((r)->top, name)->first->place, \
			       (r)->checks.error, __VA_ARGS__)))

/* What systemd.exec(5) hands to a service that may not read the file itself: LoadCredential= of the file's name. */
static bool
is_credential(const struct reader *r, const char *name, char out[ES_PATH_TEXT_MAX])
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	return dir != NULL && es_section_values(r->top, name)->first->place.line == 0 &&
	       es_path_join(out, dir, es_section_str(r->top, name)) == 0 && access(out, F_OK) == 0;
}

static void
path(struct reader *r, const char *name, char out[ES_PATH_TEXT_MAX])
{
	if (is_credential(r, name, out))
		return;
	if (!r->is_over && es_path_join(out, r->dir, es_section_str(r->top, name)) < 0)
		wrong(r, name, "%s is longer than %d bytes", name, ES_PATH_TEXT_MAX - 1);
}

static void
bind_address(struct reader *r, const char *name, uint16_t port, struct es_addr *out)
{
	const char *text = es_section_str(r->top, name);

	if (!r->is_over && es_bind_parse(text, port, out) < 0)
		wrong(r, name,
		    "%s = %.100s is not an address, expected ADDRESS:PORT as in 127.0.0.1:%u", name,
		    text, port);
}

static void
take_country(struct reader *r, char out[4])
{
	const char *text = es_section_str(r->top, "country");

	(void)snprintf(out, 4, "%s", text);
	if (!r->is_over && strspn(text, "0123456789") != strlen(text))
		wrong(r, "country", "country = %s, expected a calling code as in 49", text);
}

static void
take(struct reader *r, struct es_collector_config *c)
{
	const struct es_section *top = r->top;

	(void)snprintf(c->name, sizeof(c->name), "%s", es_section_str(top, "name"));
	(void)snprintf(c->user, sizeof(c->user), "%s", es_section_str(top, "user"));
	(void)snprintf(
	    c->portal_user, sizeof(c->portal_user), "%s", es_section_str(top, "portal-user"));
	take_country(r, c->country);
	bind_address(r, "listen", ES_PORT_DATA, &c->listen);
	bind_address(r, "enroll", ES_PORT_ENROLL, &c->enroll);
	bind_address(r, "portal", ES_PORT_PORTAL, &c->portal);
	path(r, "database", c->database);
	path(r, "ca-cert", c->ca_cert);
	path(r, "ca-key", c->ca_key);
	path(r, "cert", c->cert);
	path(r, "key", c->key);
	path(r, "tenant-key", c->tenant_key);
	c->max_database_bytes = es_section_num(top, "max-database");
	c->retention_calls_ms = es_section_num(top, "retention-calls");
	c->retention_minutes_ms = es_section_num(top, "retention-minutes");
	c->retention_machine_ms = es_section_num(top, "retention-machine");
	c->retention_reported_ms = es_section_num(top, "retention-reported");
	c->agent_validity_ms = es_section_num(top, "agent-validity");
	c->commit_ms = es_section_num(top, "commit-interval");
	c->commit_records = (uint32_t)es_section_num(top, "commit-records");
	c->max_connections = (uint32_t)es_section_num(top, "max-connections");
	c->credit_batches = (uint32_t)es_section_num(top, "credit-batches");
	c->idle_ms = es_section_num(top, "idle-timeout");
	c->reconnect_ms = es_section_num(top, "reconnect-window");
	c->retry_ms = es_section_num(top, "retry-after");
	c->sandbox = (enum es_sandbox_mode)es_section_num(top, "sandbox");
	c->log_level = es_log_level_of_word(es_log_level_words[es_section_num(top, "log")]);
}

int
es_collector_config_of(const char *dir, const struct es_options *options,
    struct es_collector_config *out, char error[ES_OPTIONS_ERROR_MAX])
{
	struct reader r = { .top = options->top, .dir = dir, .checks.error = error };
	struct es_collector_config c;

	memset(&c, 0, sizeof(c));
	take(&r, &c);
	if (r.checks.err == 0)
		*out = c;
	return r.checks.err;
}

unsigned
es_collector_config_check(const char *dir, const struct es_options *options,
    const struct es_option_faults *faults, struct es_collector_config *out)
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct reader r = {
		.top = options->top, .dir = dir, .checks = { .faults = faults, .error = error }
	};

	memset(out, 0, sizeof(*out));
	take(&r, out);
	return r.checks.n_faults;
}

int
es_collector_config_file(
    const char *dir, char file[ES_PATH_TEXT_MAX], char error[ES_OPTIONS_ERROR_MAX])
{
	if (es_path_join(file, dir, "collector.conf") == 0)
		return 0;
	(void)snprintf(error, ES_OPTIONS_ERROR_MAX, "%.200s...: path too long", dir);
	return ES_EINVALID;
}

int
es_collector_config_read(const char *dir, char file[ES_PATH_TEXT_MAX],
    struct es_collector_config *out, char error[ES_OPTIONS_ERROR_MAX], struct es_options **options)
{
	int err = es_collector_config_file(dir, file, error);

	if (err != 0)
		return err;
	err = es_options_read(es_collector_options, file, NULL, error, options);
	if (err == 0) {
		err = es_collector_config_of(dir, *options, out, error);
		if (err != 0)
			es_options_free(*options);
	}
	return err;
}

int
es_collector_config_load(
    const char *dir, struct es_collector_config *out, char error[ES_OPTIONS_ERROR_MAX])
{
	struct es_options *options;
	char file[ES_PATH_TEXT_MAX];
	int err = es_collector_config_read(dir, file, out, error, &options);

	if (err != 0)
		return err;
	es_options_free(options);
	es_log_set_level(out->log_level);
	return 0;
}
