/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's configuration: option rows into a checked struct. */
#include "agent/agent_config.h"

#include "agent/agent_preset.h"
#include "runtime/file.h"
#include "runtime/log.h"
#include "runtime/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "1", "0.5", "12.250" as thousandths; at most 1000.000. */
static int
parse_milli(const char *text, uint32_t *out)
{
	uint32_t whole = 0, part = 0, unit = 100;
	const char *p = text;

	if (*p < '0' || *p > '9')
		return ES_EMALFORMED;
	for (; *p >= '0' && *p <= '9' && whole <= 1000; p++)
		whole = whole * 10 + (uint32_t)(*p - '0');
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
			part += (uint32_t)(*p - '0') * unit;
	if (*p != '\0' || whole > 1000)
		return ES_EMALFORMED;
	*out = whole * 1000 + part;
	return 0;
}

static int
wrong_value(const struct es_section *s, const char *option, const char *expected,
    char error[ES_OPTIONS_ERROR_MAX])
{
	return es_option_error(&es_section_values(s, option)->first->place, error,
	    "%s = \"%.80s\" is not right, expected %s", option, es_section_str(s, option),
	    expected);
}

/* The option's path, else name in the directory. */
static int
path_of(const struct es_section *s, const char *option, const char *dir, const char *name,
    char out[ES_CONFIG_PATH_MAX])
{
	const char *given = option == NULL ? NULL : es_section_str(s, option);
	int n;

	n = given != NULL ? snprintf(out, ES_CONFIG_PATH_MAX, "%s", given)
			  : snprintf(out, ES_CONFIG_PATH_MAX, "%s/%s", dir, name);
	return n > 0 && n < ES_CONFIG_PATH_MAX ? 0 : ES_EINVALID;
}

static int
read_paths(struct es_agent_config *c, const struct es_section *s, char *error)
{
	const char *state = c->state_dir = es_section_str(s, "state-dir");
	const char *run = c->run_dir = es_section_str(s, "run-dir");

	if (path_of(s, "ca", state, "ca.pem", c->ca_file) != 0 ||
	    path_of(s, "certificate", state, "agent.pem", c->cert_file) != 0 ||
	    path_of(s, "key", state, "agent.key", c->key_file) != 0 ||
	    path_of(s, "tenant-key", state, "tenant.key", c->tenant_key_file) != 0 ||
	    path_of(s, "hop-socket", run, "hop", c->hop_socket) != 0 ||
	    path_of(s, NULL, run, "control", c->control_socket) != 0 ||
	    path_of(s, NULL, state, "spool", c->spool_dir) != 0)
		return es_option_error(
		    &s->place, error, "a path is too long, expected at most 511 bytes");
	/* sun_path of unix(7) */
	if (strlen(c->control_socket) > 107 ||
	    (strlen(c->hop_socket) > 107 && es_section_str(s, "hop-socket") == NULL))
		return wrong_value(s, "run-dir", "at most 99 bytes, as sockets are in it", error);
	if (strlen(c->hop_socket) > 107)
		return wrong_value(s, "hop-socket", "at most 107 bytes, as it is a socket", error);
	return 0;
}

/* Given, or what enrolment left in the state directory. */
static void
read_collector_name(struct es_agent_config *c, const struct es_section *s)
{
	const char *given = es_section_str(s, "collector-name");
	char path[ES_CONFIG_PATH_MAX], *text;
	size_t n;

	if (given != NULL) {
		snprintf(c->collector_name, sizeof(c->collector_name), "%s", given);
		return;
	}
	if (path_of(s, NULL, c->state_dir, "collector-name", path) != 0 ||
	    es_file_read(path, sizeof(c->collector_name) - 1, &text, &n) != 0)
		return;
	text[strcspn(text, "\r\n")] = '\0';
	snprintf(c->collector_name, sizeof(c->collector_name), "%s", text);
	free(text);
}

static int
read_local(const struct es_option_value *v, struct es_addr *out, char *error)
{
	return es_addr_parse_ip(v->text, strlen(v->text), out) == 0
		   ? 0
		   : es_option_error(&v->place, error,
			 "local: \"%.80s\" is no IP address, expected one like 10.0.0.1", v->text);
}

static bool
read_locals(struct es_agent_config *c, const struct es_section *s, struct es_option_checks *checks)
{
	const struct es_option_value *v = es_section_values(s, "local")->first;

	for (; v != NULL; v = v->next)
		if (!es_option_checked(
			checks, read_local(v, &c->locals[c->n_locals++], checks->error)))
			return false;
	return true;
}

static int
read_capture(struct es_capture_section *cap, const struct es_option_value *section, char *error)
{
	const struct es_section *s = section->section;
	const struct es_option_values *files = es_section_values(s, "replay");
	size_t i = 0;

	cap->title = section->text;
	cap->interface = es_section_str(s, "interface");
	cap->n_files = files->n;
	if ((cap->interface != NULL) == (cap->n_files > 0))
		return es_option_error(
		    &s->place, error, "capture: expected either interface or replay");
	if (cap->n_files > 0) {
		cap->files = calloc(cap->n_files, sizeof(*cap->files));
		if (cap->files == NULL)
			return ES_ENOMEM;
	}
	for (const struct es_option_value *v = files->first; v != NULL; v = v->next) {
		cap->files[i] = strdup(v->text);
		if (cap->files[i++] == NULL)
			return ES_ENOMEM;
	}
	cap->promiscuous = es_section_num(s, "promiscuous") == 1;
	cap->buffer_bytes = (uint32_t)es_section_num(s, "buffer-bytes");
	cap->block_timeout_ms = (uint32_t)es_section_num(s, "block-timeout");
	if (parse_milli(es_section_str(s, "speed"), &cap->speed_milli) != 0)
		return wrong_value(s, "speed", "a number from 0 to 1000, like 1.0", error);
	cap->vantage.role = (enum es_role)(es_section_num(s, "role") + ES_ROLE_ENDPOINT);
	return 0;
}

/* One sensor either listens or replays. */
static int
check_alike(const struct es_agent_config *c, const struct es_option_values *captures, char *error)
{
	for (const struct es_option_value *v = captures->first; v != NULL; v = v->next)
		if ((es_section_str(v->section, "interface") == NULL) !=
		    (c->captures[0].interface == NULL))
			return es_option_error(&v->place, error,
			    "capture: one sensor either listens or replays, expected the same as "
			    "in the section before");
	return 0;
}

static bool
read_captures(
    struct es_agent_config *c, const struct es_section *s, struct es_option_checks *checks)
{
	const struct es_option_values *captures = es_section_values(s, "capture");
	struct es_capture_section *cap;

	for (const struct es_option_value *v = captures->first; v != NULL; v = v->next) {
		cap = &c->captures[c->n_captures++];
		if (!es_option_checked(checks, read_capture(cap, v, checks->error)))
			return false;
		/* Labels distinguish several places; a single one needs no label, and "default" is not a label. */
		if (captures->n > 1 && strcmp(cap->title, "default") != 0)
			cap->vantage.label = es_slice_str(cap->title);
	}
	return es_option_checked(checks, check_alike(c, captures, checks->error));
}

static void
read_limits(struct es_agent_config *c, const struct es_section *s)
{
	c->user = es_section_str(s, "user");
	c->group = es_section_str(s, "group");
	c->sensor_user = es_section_str(s, "sensor-user");
	c->sandbox = (enum es_sandbox_mode)es_section_num(s, "sandbox");
	c->log_level = (int)es_section_num(s, "log-level");
	c->country = es_section_str(s, "country");
	c->hop_bytes = (size_t)es_section_num(s, "hop-memory");
	c->spool_bytes = (uint64_t)es_section_num(s, "spool-bytes");
	c->spool_age_s = (uint64_t)es_section_num(s, "spool-age") / 1000;
	c->spool_free_bytes = (uint64_t)es_section_num(s, "spool-free");
	c->uplink_budget = (uint64_t)es_section_num(s, "uplink-budget");
	c->receiver = (enum es_receiver)es_section_num(s, "receiver");
	c->receiver_ms = (uint32_t)es_section_num(s, "receiver-ms");
	c->use_payload = es_section_num(s, "payload") == 1;
	c->use_keys = es_section_num(s, "use-keys") == 1;
	c->leg_header = es_section_str(s, "leg-header");
	c->max_streams = (uint32_t)es_section_num(s, "max-streams");
	c->max_calls = (uint32_t)es_section_num(s, "max-calls");
	c->cpu_budget_ppm = (uint32_t)es_section_num(s, "cpu-budget") * 10000;
	c->memory_budget_bytes = (uint64_t)es_section_num(s, "memory-budget");
	c->host = es_section_num(s, "host") == 1;
	c->host_root = es_section_str(s, "host-root");
	c->host_interface = es_section_str(s, "host-interface");
	c->host_timeline = es_section_str(s, "host-timeline");
	c->host_softphone = es_section_num(s, "host-softphone") == 1;
	c->host_probes = es_section_num(s, "host-probes") == 1;
	c->host_period_up_ms = (uint32_t)es_section_num(s, "host-period-up");
	c->host_period_idle_ms = (uint32_t)es_section_num(s, "host-period-idle");
}

static int
read_collector(struct es_agent_config *c, const struct es_section *s, char *error)
{
	c->collector = es_section_str(s, "collector");
	if (c->collector != NULL && es_host_port_parse(c->collector, ES_COLLECTOR_PORT,
					c->collector_host, &c->collector_port) != 0)
		return wrong_value(s, "collector", "host:port", error);
	read_collector_name(c, s);
	return 0;
}

static int
check_country(struct es_agent_config *c, const struct es_section *s, char *error)
{
	size_t n = c->country == NULL ? 0 : strlen(c->country);

	if (c->country == NULL || (n >= 1 && n <= 3 && strspn(c->country, "0123456789") == n))
		return 0;
	return wrong_value(s, "country", "1 to 3 digits", error);
}

static int
read_users(struct es_agent_config *c, const struct es_section *s, char *error)
{
	static const char *const options[] = { "sensor-user",
		"hop-user" }; /* the last one counts */
	const char *name;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		name = es_section_str(s, options[i]);
		if (name != NULL && es_trust_find_user(name, &c->hop_user) != 0)
			return wrong_value(s, options[i], "a user of this machine", error);
	}
	if (c->sensor_user != NULL && c->user == NULL)
		return es_option_error(&es_section_values(s, "sensor-user")->first->place, error,
		    "sensor-user is given alone, expected user, too: the shipper's");
	return 0;
}

static int
read_all(struct es_agent_config *c, struct es_option_checks *checks)
{
	static int (*const reads[])(struct es_agent_config * c, const struct es_section *s,
	    char *error) = { read_paths, read_collector, check_country, read_users };
	const struct es_section *s = c->options->top;

	read_limits(c, s);
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		if (!es_option_checked(checks, reads[i](c, s, checks->error)))
			return checks->err;
	if (read_locals(c, s, checks))
		(void)read_captures(c, s, checks);
	return checks->err;
}

static int
take_options(
    struct es_options *options, struct es_option_checks *checks, struct es_agent_config **out)
{
	struct es_agent_config *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL) {
		es_options_free(options);
		return ES_ENOMEM;
	}
	es_agent_preset_apply(options);
	c->options = options;
	err = read_all(c, checks);
	if (err != 0) {
		es_agent_config_free(c);
		return err;
	}
	*out = c;
	return 0;
}

int
es_agent_config_of(
    struct es_options *options, char error[ES_OPTIONS_ERROR_MAX], struct es_agent_config **out)
{
	struct es_option_checks checks = { .error = error };

	return take_options(options, &checks, out);
}

unsigned
es_agent_config_check(
    const char *path, const struct es_option_faults *faults, struct es_agent_config **out)
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_option_checks checks = { .faults = faults, .error = error };
	struct es_options *options;
	unsigned n = es_options_check(es_agent_options, path, NULL, faults, &options);

	*out = NULL;
	if (options == NULL)
		return n;
	if (take_options(options, &checks, out) == ES_ENOMEM) {
		faults->fault(faults->ctx, es_strerror(ES_ENOMEM));
		n++;
	}
	n += checks.n_faults;
	if (n > 0) {
		es_agent_config_free(*out); /* others stand for its wrong values */
		*out = NULL;
	}
	return n;
}

int
es_agent_config_load(
    const char *path, char error[ES_OPTIONS_ERROR_MAX], struct es_agent_config **out)
{
	struct es_options *options;
	int err = es_options_read(es_agent_options, path, NULL, error, &options);

	return err != 0 ? err : es_agent_config_of(options, error, out);
}

int
es_agent_config_parse(const char *text, const char *shown_name, char error[ES_OPTIONS_ERROR_MAX],
    struct es_agent_config **out)
{
	struct es_options *options;
	int err = es_options_read(es_agent_options, shown_name, text, error, &options);

	return err != 0 ? err : es_agent_config_of(options, error, out);
}

void
es_agent_config_free(struct es_agent_config *c)
{
	size_t i, k;

	if (c == NULL)
		return;
	for (i = 0; i < c->n_captures; i++) {
		for (k = 0; c->captures[i].files != NULL && k < c->captures[i].n_files; k++)
			free(c->captures[i].files[k]);
		free(c->captures[i].files);
	}
	es_agent_config_free(c->latest);
	es_options_free(c->options);
	free(c);
}

void
es_agent_config_for_sensor(struct es_agent_config *c)
{
	if (c->sensor_user == NULL)
		return;
	if (es_section_str(c->options->top, "hop-user") == NULL)
		/* unknown: its rights cannot be given up either */
		(void)es_trust_find_user(c->user, &c->hop_user);
	c->user = c->sensor_user;
	c->group = NULL;
}

bool
es_agent_config_is_replay(const struct es_agent_config *c)
{
	return c->captures[0].interface == NULL;
}
