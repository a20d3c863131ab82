/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's configuration: what it means, and what is said when it is wrong. */
#include "agent/agent_config.h"
#include "runtime/file.h"
#include "runtime/trust.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

static struct es_agent_config *
parse(const char *text, char error[ES_OPTIONS_ERROR_MAX])
{
	struct es_agent_config *c = NULL;

	error[0] = '\0';
	return es_agent_config_parse(text, "earshotd.conf", error, &c) == 0 ? c : NULL;
}

TEST(config_fills_in_defaults)
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_agent_config *c =
	    parse("state-dir = /s\nrun-dir = /r\ncollector = \"c.example\"\n"
		  "capture default { interface = eth0 }\n",
		error);

	CHECK_STR(error, "");
	CHECK(c != NULL);
	CHECK_STR(c->ca_file, "/s/ca.pem");
	CHECK_STR(c->key_file, "/s/agent.key");
	CHECK_STR(c->spool_dir, "/s/spool");
	CHECK_STR(c->hop_socket, "/r/hop");
	CHECK_STR(c->control_socket, "/r/control");
	CHECK_STR(c->collector_host, "c.example");
	CHECK_EQ(c->collector_port, ES_COLLECTOR_PORT);
	CHECK_EQ(c->spool_age_s, 7 * 86400);
	CHECK_EQ(c->hop_bytes, 4 << 20);
	CHECK(!es_agent_config_is_replay(c));
	CHECK_EQ(c->n_captures, 1);
	CHECK_EQ(c->captures[0].vantage.role, ES_ROLE_ENDPOINT);
	CHECK_EQ(c->captures[0].vantage.label.n, 0);
	es_agent_config_free(c);
}

TEST(config_names_a_leg_header)
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_agent_config *c =
	    parse("leg-header = X-Correlation-ID\ncapture default { interface = eth0 }\n", error);

	CHECK_STR(error, "");
	CHECK(c != NULL);
	CHECK_STR(c->leg_header, "X-Correlation-ID");
	es_agent_config_free(c);
	c = parse("capture default { interface = eth0 }\n", error);
	CHECK(c != NULL);
	CHECK(c->leg_header == NULL);
	es_agent_config_free(c);
}

TEST(config_labels_distinguish_several_captures)
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_agent_config *c =
	    parse("capture \"access\" { replay = {a.pcap, b.pcap} role = sbc speed = 1.5 }\n"
		  "capture \"core\" { replay = {c.pcap} role = gateway }\n",
		error);

	CHECK_STR(error, "");
	CHECK(c != NULL);
	CHECK(es_agent_config_is_replay(c));
	CHECK_SLICE(c->captures[0].vantage.label, "access");
	CHECK_SLICE(c->captures[1].vantage.label, "core");
	CHECK_EQ(c->captures[0].n_files, 2);
	CHECK_STR(c->captures[0].files[1], "b.pcap");
	CHECK_EQ(c->captures[0].speed_milli, 1500);
	CHECK_EQ(c->captures[1].speed_milli, 0);
	CHECK_EQ(c->captures[0].vantage.role, ES_ROLE_SBC);
	CHECK_EQ(c->captures[1].vantage.role, ES_ROLE_GATEWAY);
	es_agent_config_free(c);
	c = parse("capture \"access\" { interface = any }\n", error);
	CHECK(c != NULL);
	CHECK_EQ(c->captures[0].vantage.label.n, 0); /* one place needs no label */
	es_agent_config_free(c);
}

/* Each with the place and the reason. */
TEST(config_says_what_is_wrong_and_where)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "capture" },
		{ "no-such-option = 1\ncapture a { interface = e }", "no-such-option" },
		{ "\n\nspool-bytes = lots\ncapture a { interface = e }", ":3" },
		{ "spool-bytes = 1KiB\ncapture a { interface = e }", "spool-bytes" },
		{ "capture a { interface = e role = pbx }", "role" },
		{ "capture a { }", "either interface or replay" },
		{ "capture a { interface = e replay = {x} }", "either interface or replay" },
		{ "capture a { interface = e }\ncapture b { replay = {x} }", "listens or replays" },
		{ "capture a { interface = e }\ncapture a { interface = f }", "a" },
		{ "capture a { interface = e speed = fast }", "speed" },
		{ "collector = \"host:port\"\ncapture a { interface = e }", "host:port" },
		{ "collector = \"host:0\"\ncapture a { interface = e }", "host:port" },
		{ "country = \"4x\"\ncapture a { interface = e }", "country" },
		{ "local = {10.0.0.1, nowhere}\ncapture a { interface = e }", "nowhere" },
		{ "run-dir = "
		  "/"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaa"
		  "aaaaaaaaaaaaaaaaaaaa\ncapture a { interface = e }",
		    "expected at most 99 bytes" },
	};
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_agent_config *c;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c = parse(cases[i].text, error);
		if (c != NULL || strstr(error, cases[i].says) == NULL ||
		    strncmp(error, "earshotd.conf", 13) != 0) {
			test_fail(__FILE__, __LINE__, "case %zu: %s, not \"%s\"", i,
			    c != NULL ? "accepted" : error, cases[i].says);
			es_agent_config_free(c);
			return;
		}
	}
}

/* Also what is looked at only after the whole file was read. */
TEST(config_names_the_place_of_a_value_that_is_judged_later)
{
	static const struct {
		const char *text, *place;
	} cases[] = {
		{ "\ncountry = 4x9\n\n\ncapture a { interface = e }\n",
		    "earshotd.conf:2:11: country" },
		{ "collector = \":\"\n\n\ncapture a { interface = e }\n",
		    "earshotd.conf:1:13: collector" },
		{ "\nlocal = {1.2.3,\n10.0.0.1}\n\ncapture a { interface = e }\n",
		    "earshotd.conf:2:10: local" },
		{ "capture a {\nspeed = fast\ninterface = e\n}\n", "earshotd.conf:2:9: speed" },
		{ "capture a {\ninterface = e\n}\ncapture b {\nspeed = x\n"
		  "interface = f\n}\n",
		    "earshotd.conf:5:9: speed" },
	};
	char error[ES_OPTIONS_ERROR_MAX];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK(parse(cases[i].text, error) == NULL);
		if (strncmp(error, cases[i].place, strlen(cases[i].place)) != 0)
			test_fail(__FILE__, __LINE__, "case %zu: %s", i, error);
	}
}

/* The manual prints these texts as they are: none may begin like a request of mdoc or hold an escape. */
static void
check_texts(const struct es_option *table)
{
	for (const struct es_option *row = table; row->name != NULL; row++) {
		CHECK(row->help[0] >= 'A' && row->help[0] <= 'Z');
		CHECK(row->help[strlen(row->help) - 1] == '.');
		CHECK(strchr(row->help, '\\') == NULL);
		CHECK(row->fallback == NULL || strchr(row->fallback, '\\') == NULL);
		if (row->kind == ES_OPT_SECTION)
			check_texts(row->options);
	}
}

static char faults[4096];

static void
note_fault(void *ctx, const char *text)
{
	size_t n = strlen(faults);

	(void)ctx;
	(void)snprintf(faults + n, sizeof(faults) - n, "%s\n", text + strcspn(text, ":"));
}

/* What no table can judge was named one fault a run. */
TEST(config_check_lists_every_wrong_value)
{
	static const char text[] =
	    "collector = \"c.example:x\" country = \"x9\"\nspool-bytes = much\n"
	    "local = {nine, 10.0.0.1, ten}\n"
	    "hop-user = nosuchuser\n"
	    "capture a { }\ncapture b { interface = x speed = fast role = king }\n"
	    "capture c { replay = { a.pcap } }\n";
	static const char *const expected[] = {
		":1:13: collector = \"c.example:x\" is not right",
		":1:37: country = \"x9\" is not right, expected 1 to 3 digits",
		":2:15: spool-bytes = \"much\" is not right",
		":3:10: local: \"nine\" is no IP address",
		":3:26: local: \"ten\" is no IP address",
		":4:12: hop-user = \"nosuchuser\" is not right",
		":5:9: capture: expected either interface or replay",
		":6:35: speed = \"fast\" is not right",
		":6:47: role = \"king\" is not right",
	};
	const struct es_option_faults to = { note_fault, NULL };
	struct es_agent_config *c;
	char path[TEST_DIR_MAX + 16], dir[TEST_DIR_MAX];

	test_dir(dir);
	(void)snprintf(path, sizeof(path), "%s/e.conf", dir);
	CHECK_EQ(es_file_write(path, es_slice_str(text), 0600), 0);
	faults[0] = '\0';
	CHECK_EQ(es_agent_config_check(path, &to, &c), 10);
	CHECK(c == NULL);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		if (strstr(faults, expected[i]) == NULL)
			test_fail(__FILE__, __LINE__, "\"%s\" is not in %s", expected[i], faults);
	CHECK_EQ(es_file_write(path, es_slice_str("capture a { interface = x }\n"), 0600), 0);
	CHECK_EQ(es_agent_config_check(path, &to, &c), 0);
	CHECK_STR(c->captures[0].interface, "x");
	es_agent_config_free(c);
}

TEST(config_options_have_one_sentence_each)
{
	check_texts(es_agent_options);
}

/* What --print-sample-config prints is a file that means something. */
TEST(config_sample_can_be_read_back)
{
	char error[ES_OPTIONS_ERROR_MAX], *text = NULL, *at;
	struct es_agent_config *c;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	CHECK(f != NULL);
	es_options_sample(es_agent_options, f);
	fclose(f);
	at = strstr(text, "# interface = eth0");
	CHECK(at != NULL);
	memcpy(at, "  ", 2); /* the one line a person must decide on */
	c = parse(text, error);
	CHECK_STR(error, "");
	CHECK(c != NULL);
	es_agent_config_free(c);
	free(text);
}

/* Two users that every system has stand for those of a package. */
TEST(config_sensor_user_is_of_the_sensor_alone)
{
	char error[ES_OPTIONS_ERROR_MAX];
	struct es_agent_config *c;
	uid_t shipper, sensor;

	CHECK_EQ(es_trust_find_user("daemon", &shipper), 0);
	CHECK_EQ(es_trust_find_user("nobody", &sensor), 0);
	c = parse(
	    "user = daemon\ngroup = root\nsensor-user = nobody\ncapture a { interface = e }\n",
	    error);
	CHECK(c != NULL);
	CHECK_STR(c->user, "daemon");
	CHECK_EQ(c->hop_user, sensor);
	es_agent_config_for_sensor(c);
	CHECK_STR(c->user, "nobody");
	CHECK(c->group == NULL);
	CHECK_EQ(c->hop_user, shipper);
	es_agent_config_free(c);
	c = parse("user = daemon\ngroup = root\ncapture a { interface = e }\n", error);
	CHECK(c != NULL);
	es_agent_config_for_sensor(c);
	CHECK_STR(c->user, "daemon");
	CHECK_STR(c->group, "root");
	CHECK_EQ(c->hop_user, 0);
	es_agent_config_free(c);
	c = parse(
	    "user = daemon\nsensor-user = nobody\nhop-user = root\ncapture a { interface = e }\n",
	    error);
	CHECK(c != NULL);
	es_agent_config_for_sensor(c);
	CHECK_EQ(c->hop_user, 0); /* it was given */
	es_agent_config_free(c);
	CHECK(parse("sensor-user = nobody\ncapture a { interface = e }\n", error) == NULL);
	CHECK_STR(error,
	    "earshotd.conf:1:15: sensor-user is given alone, expected user, too: the shipper's");
	CHECK(parse("user = daemon\nsensor-user = nosuchuser\ncapture a { interface = e }\n",
		  error) == NULL);
	CHECK(strncmp(error, "earshotd.conf:2:15: sensor-user = ", 33) == 0);
}
