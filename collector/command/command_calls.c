/* SPDX-License-Identifier: Apache-2.0 */
/* `calls` and `agents`: what the API answers, as a table or as it is. */
#include "collector/command/command_private.h"
#include "collector/portal/api.h"
#include "collector/tenant.h"
#include "runtime/arguments.h"
#include "runtime/clock.h"
#include "runtime/explained_text.h"
#include "runtime/shown_text.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AGENTS_COLUMNS = 124 }; /* of a line with six digits of lost records */

struct wish {
	const char *dir;
	bool as_json;
	const char *number, *from, *to, *verdict, *cause, *segment, *agent, *site, *codec, *status,
	    *min_mos, *max_mos, *q, *sort, *limit, *after;
};

#define COMMON                                                                         \
	{ .name = "json",                                                              \
		.help = "The answer of the API.",                                      \
		ES_ARGUMENT_AT(struct wish, as_json) },                                \
	{                                                                              \
		.name = "dir", .value = "DIR", .kind = ES_ARGUMENT_DIR,                \
		.help = "The collector's directory.", ES_ARGUMENT_AT(struct wish, dir) \
	}

const struct es_argument es_command_calls_arguments[] = {
	{ .name = "number",
	    .value = "TEXT",
	    .help = "A number, a user or a SIP URI of either party. The search is logged.",
	    ES_ARGUMENT_AT(struct wish, number) },
	{ .name = "from",
	    .value = "INSTANT",
	    .help = "Calls that began at this instant or later, as in 2026-01-31T08:00Z.",
	    ES_ARGUMENT_AT(struct wish, from) },
	{ .name = "to",
	    .value = "INSTANT",
	    .help = "Calls that began at this instant or before.",
	    ES_ARGUMENT_AT(struct wish, to) },
	{ .name = "verdict",
	    .value = "STATE",
	    .help = "clean, degraded or unknown.",
	    ES_ARGUMENT_AT(struct wish, verdict) },
	{ .name = "cause",
	    .value = "CAUSE",
	    .help = "The first cause of a degraded call, as explain prints it.",
	    ES_ARGUMENT_AT(struct wish, cause) },
	{ .name = "segment",
	    .value = "A-B",
	    .help = "The segment that hurt the call, or one of its ends.",
	    ES_ARGUMENT_AT(struct wish, segment) },
	{ .name = "agent",
	    .value = "NAME",
	    .help = "Calls that this agent, or agent/label, saw.",
	    ES_ARGUMENT_AT(struct wish, agent) },
	{ .name = "site",
	    .value = "SITE",
	    .help = "Calls that an agent of this site saw.",
	    ES_ARGUMENT_AT(struct wish, site) },
	{ .name = "codec",
	    .value = "NAME",
	    .help = "Calls with this codec, as in PCMA.",
	    ES_ARGUMENT_AT(struct wish, codec) },
	{ .name = "status",
	    .value = "CODE",
	    .help = "Calls with this final SIP status, as in 486.",
	    ES_ARGUMENT_AT(struct wish, status) },
	{ .name = "min-mos",
	    .value = "MOS",
	    .help = "Calls whose worse direction scores no less.",
	    ES_ARGUMENT_AT(struct wish, min_mos) },
	{ .name = "max-mos",
	    .value = "MOS",
	    .help = "Calls whose worse direction scores no more.",
	    ES_ARGUMENT_AT(struct wish, max_mos) },
	{ .name = "q",
	    .value = "TEXT",
	    .help = "Calls whose Call-ID or parties, as they are stored, contain this text.",
	    ES_ARGUMENT_AT(struct wish, q) },
	{ .name = "sort",
	    .value = "KEY",
	    .help = "start (the newest first), mos (the worst), loss or duration (the most).",
	    ES_ARGUMENT_AT(struct wish, sort) },
	{ .name = "limit",
	    .value = "N",
	    .help = "So many calls at most, 1 to 200; 50 unless given.",
	    ES_ARGUMENT_AT(struct wish, limit) },
	{ .name = "after",
	    .value = "PLACE",
	    .help = "Continues where an answer said next.",
	    ES_ARGUMENT_AT(struct wish, after) },
	COMMON,
	{ .name = NULL, .more = es_command_last_arguments },
};

const struct es_argument es_command_agents_arguments[] = { COMMON,
	{ .name = NULL, .more = es_command_last_arguments } };

/* min-mos of the command line is min_mos of the API. */
static bool
same_name(const char *option, const char *parameter)
{
	size_t i = 0;

	while (option[i] == parameter[i] && option[i] != '\0')
		i++;
	if (option[i] == '-' && parameter[i] == '_')
		return same_name(option + i + 1, parameter + i + 1);
	return option[i] == parameter[i];
}

static const char *
value_of(void *ctx, const char *name)
{
	const struct wish *w = ctx;

	for (const struct es_argument *a = es_command_calls_arguments; a->name != NULL; a++)
		if (a->value != NULL && same_name(a->name, name))
			return *(
			    const char *const *)(const void *)((const char *)w + a->offset_bytes);
	return NULL;
}

/* A text of an answer in a column: names and parties come from the network. width 0: as long as it is. */
static void
put(const char *text, int width)
{
	es_slice rest = es_slice_str(text);
	bool is_utf8 = es_shown_text_is_utf8();
	int n = 0;

	while (rest.n > 0) {
		struct es_shown_char c = es_shown_text_next(rest, is_utf8);

		if (width > 0 && n + c.columns > width)
			break;
		n += c.columns;
		rest = es_shown_text_put(rest, c, stdout);
	}
	if (width > 0)
		(void)printf("%*s", width - n + 2, "");
}

static const char *
text_at(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text == NULL ? "-" : text;
}

/* "2026-01-31T08:00:00.000000Z" to the second, which is UTC. */
static void
put_time(const char *text)
{
	char cut[24];

	(void)snprintf(cut, sizeof(cut), "%.19s%s", text, strlen(text) > 19 ? "Z" : "");
	put(cut, 20);
}

static void
put_number(const json_t *j, const char *format, int width)
{
	char text[32] = "-";

	if (json_is_number(j))
		(void)snprintf(text, sizeof(text), format, json_number_value(j));
	put(text, width);
}

static void
put_segment(const json_t *verdict)
{
	const json_t *segment = json_object_get(verdict, "segment");
	char text[160] = "-";

	if (json_object_get(segment, "one_of") != NULL)
		(void)snprintf(text, sizeof(text), "one of several");
	else if (segment != NULL)
		(void)snprintf(
		    text, sizeof(text), "%s-%s", text_at(segment, "from"), text_at(segment, "to"));
	put(text, 24);
}

/* Where the columns have no room in a line, segment and Call-ID stand below. */
static void
print_calls(const json_t *answer)
{
	const json_t *calls = json_object_get(answer, "calls");
	bool is_narrow = es_explained_columns(STDOUT_FILENO) < ES_COLUMNS_USUAL;

	printf("%-22s%-10s%-6s%-8s%-10s", "START (UTC)", "SECONDS", "MOS", "STATUS", "VERDICT");
	if (is_narrow)
		printf("CAUSE\n    %-26sCALL\n", "SEGMENT");
	else
		printf("%-16s%-26sCALL\n", "CAUSE", "SEGMENT");
	for (size_t i = 0; i < json_array_size(calls); i++) {
		const json_t *call = json_array_get(calls, i);
		const json_t *verdict = json_object_get(call, "verdict");

		put_time(text_at(call, "start"));
		put_number(json_object_get(call, "duration_s"), "%.1f", 8);
		put_number(json_object_get(call, "worst_mos"), "%.2f", 4);
		put_number(json_object_get(call, "final_status"), "%.0f", 6);
		put(text_at(verdict, "state"), 8);
		put(text_at(verdict, "cause"), is_narrow ? 0 : 14);
		printf("%s", is_narrow ? "\n    " : "");
		put_segment(verdict);
		put(text_at(call, "call"), 0);
		printf("\n");
	}
	if (json_object_get(answer, "next") != NULL)
		fprintf(stderr, "earshot-collector: calls: there are more: --after %s\n",
		    text_at(answer, "next"));
	else if (json_array_size(calls) == 0)
		fprintf(stderr, "earshot-collector: calls: no call fits\n");
}

/* "connected", "stale, 2 h" */
static void
put_state(const json_t *agent, int width)
{
	char text[64];
	long long age_s = (long long)json_integer_value(json_object_get(agent, "age_s"));
	bool has_age = json_object_get(agent, "age_s") != NULL;

	if (has_age && age_s >= 2 * 86400)
		(void)snprintf(
		    text, sizeof(text), "%s, %lld d", text_at(agent, "state"), age_s / 86400);
	else if (has_age && age_s >= 2 * 3600)
		(void)snprintf(
		    text, sizeof(text), "%s, %lld h", text_at(agent, "state"), age_s / 3600);
	else if (has_age && age_s >= 120)
		(void)snprintf(
		    text, sizeof(text), "%s, %lld min", text_at(agent, "state"), age_s / 60);
	else if (has_age)
		(void)snprintf(text, sizeof(text), "%s, %lld s", text_at(agent, "state"), age_s);
	else
		(void)snprintf(text, sizeof(text), "%s", text_at(agent, "state"));
	put(text, width);
}

/* Whose key is in use twice: an alarm that does not depend on who reads the log. */
static void
print_clones(const json_t *agents)
{
	for (size_t i = 0; i < json_array_size(agents); i++) {
		const json_t *agent = json_array_get(agents, i);

		if (json_object_get(agent, "clones") != NULL)
			fprintf(stderr,
			    "earshot-collector: agents: ALARM: %s: a copy of its certificate was "
			    "refused %lld times, last %s; see CLONES in earshot-collector(8)\n",
			    text_at(agent, "name"),
			    (long long)json_integer_value(json_object_get(agent, "clones")),
			    text_at(agent, "clone_seen"));
	}
}

/* On a terminal where the columns have no room in a line, the times stand below; a pipe has room for any line. */
static void
print_agents(const json_t *answer)
{
	const json_t *agents = json_object_get(answer, "agents");
	bool is_narrow = (isatty(STDOUT_FILENO) == 1 || getenv("COLUMNS") != NULL) &&
			 es_explained_columns(STDOUT_FILENO) < AGENTS_COLUMNS;

	printf("%-18s%-14s%-10s%-12s%-*s%-22s%-22s%s\n", "NAME", "SITE", "ROLE", "VERSION",
	    is_narrow ? 0 : 20, is_narrow ? "STATE, AGE\n    " : "STATE, AGE", "LAST HEARD (UTC)",
	    "CERTIFICATE UNTIL", "LOST");
	for (size_t i = 0; i < json_array_size(agents); i++) {
		const json_t *agent = json_array_get(agents, i);

		put(text_at(agent, "name"), 16);
		put(text_at(agent, "site"), 12);
		put(text_at(agent, "role"), 8);
		put(text_at(agent, "version"), 10);
		put_state(agent, is_narrow ? 0 : 18);
		printf("%s", is_narrow ? "\n    " : "");
		put_time(text_at(agent, "last_seen"));
		put_time(text_at(agent, "certificate_until"));
		put_number(json_object_get(agent, "lost"), "%.0f", 0);
		printf("\n");
	}
	print_clones(agents);
	if (json_array_size(agents) == 0)
		fprintf(stderr,
		    "earshot-collector: agents: none is enrolled; earshot-collector token --agent "
		    "NAME prints a token for one\n");
}

/* What the API says of a parameter, in the words of the command line. */
static int
complain(const char *command, const json_t *answer)
{
	const char *parameter = json_string_value(json_object_get(answer, "parameter"));

	if (parameter == NULL) {
		fprintf(stderr, "earshot-collector: %s: %s\n", command, text_at(answer, "error"));
		return 1;
	}
	fprintf(stderr, "earshot-collector: %s: --", command);
	for (; *parameter != '\0'; parameter++)
		(void)fputc(*parameter == '_' ? '-' : *parameter, stderr);
	fprintf(stderr, ": expected %s\n", text_at(answer, "expected"));
	return 2;
}

static int
show(const char *command, const struct wish *w, const struct es_answer *answer,
    void (*print)(const json_t *answer))
{
	json_error_t error;
	json_t *j = json_loadb(answer->body.p, answer->body.n, 0, &error);
	int status = 1;

	if (j == NULL)
		fprintf(stderr, "earshot-collector: %s: out of memory\n", command);
	else if (answer->status != 200)
		status = complain(command, j);
	else {
		if (w->as_json)
			(void)fwrite(answer->body.p, 1, answer->body.n, stdout);
		else
			print(j);
		status = fflush(stdout) != 0 || ferror(stdout);
	}
	if (status == 1 && ferror(stdout))
		fprintf(stderr, "earshot-collector: %s: cannot write the answer: %s\n", command,
		    strerror(errno));
	json_decref(j);
	return status;
}

/* Reads the key only when somebody is searched for. False after it printed the reason. */
static bool
read_key(const struct es_collector_config *cfg, struct es_pseudonym *out)
{
	uint8_t key[ES_KEY_BYTES];
	char why[ES_TRUST_WHY_MAX];
	uid_t user = 0;
	int err;

	if (cfg->user[0] != '\0')
		(void)es_trust_find_user(cfg->user, &user);
	err = es_tenant_key_load(cfg->tenant_key, user, why, key);
	if (err == 0)
		err = es_pseudonym_init(out, key, cfg->country);
	es_secret_zero(key, sizeof(key));
	if (err < 0)
		fprintf(stderr, "earshot-collector: calls: --number: %s\n", why);
	return err == 0;
}

int
es_command_calls(int argc, char **argv)
{
	struct wish w = { .dir = ES_COLLECTOR_DIR };
	struct es_command_store s;
	struct es_pseudonym key;
	struct es_answer answer;
	int status, first;

	if (es_arguments_parse(es_command_calls_arguments, argc, argv, &w, &first) < 0 ||
	    first != argc)
		return es_command_usage("calls");
	if (!es_command_open(&s, "calls", w.dir, ES_STORE_READ))
		return 1;
	memset(&answer, 0, sizeof(answer));
	memset(&key, 0, sizeof(key));
	if (w.number != NULL && !read_key(&s.cfg, &key)) {
		es_command_close(&s);
		return 1;
	}
	es_store_budget(s.store, 0, 0); /* whoever waits at a terminal can interrupt */
	es_api_calls(
	    &(const struct es_api){ .store = s.store, .key = &key }, value_of, &w, &answer);
	status = show("calls", &w, &answer, print_calls);
	es_secret_zero(&key, sizeof(key));
	es_body_done(&answer.body);
	es_command_close(&s);
	return status;
}

int
es_command_agents(int argc, char **argv)
{
	struct wish w = { .dir = ES_COLLECTOR_DIR };
	struct es_command_store s;
	struct es_answer answer;
	int status, first;

	if (es_arguments_parse(es_command_agents_arguments, argc, argv, &w, &first) < 0 ||
	    first != argc)
		return es_command_usage("agents");
	if (!es_command_open(&s, "agents", w.dir, ES_STORE_READ))
		return 1;
	memset(&answer, 0, sizeof(answer));
	es_store_budget(s.store, 0, 0);
	es_api_agents(s.store, es_clock_wall(), &answer);
	status = show("agents", &w, &answer, print_agents);
	es_body_done(&answer.body);
	es_command_close(&s);
	return status;
}
