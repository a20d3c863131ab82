/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults for a kind of machine. */
#include "agent/agent_preset.h"

#include "agent/agent_config.h"
#include "runtime/file.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

static const char *const presets[ES_PRESETS] = { "endpoint", "sbc", "gateway", "tap" };

static struct es_agent_config *
parse(const char *text)
{
	struct es_agent_config *c = NULL;
	char error[ES_OPTIONS_ERROR_MAX] = "";

	if (es_agent_config_parse(text, "earshotd.conf", error, &c) != 0)
		test_fail(__FILE__, __LINE__, "%s", error);
	return c;
}

TEST(preset_gives_each_option_its_default)
{
	struct es_agent_config *c =
	    parse("preset = sbc\ncapture a { interface = e }\ncapture b { interface = f }\n");

	CHECK(c != NULL);
	CHECK_EQ(c->max_streams, 16384);
	CHECK_EQ(c->max_calls, 8192);
	CHECK_EQ(c->hop_bytes, 16 << 20);
	CHECK_EQ(c->spool_bytes, UINT64_C(1) << 30);
	CHECK_EQ(c->host_period_up_ms, 10000);
	for (size_t i = 0; i < 2; i++) {
		CHECK_EQ(c->captures[i].vantage.role, ES_ROLE_SBC);
		CHECK_EQ(c->captures[i].buffer_bytes, 32 << 20);
		CHECK(!c->captures[i].promiscuous);
	}
	es_agent_config_free(c);
	c = parse("capture a { interface = e }\n"); /* without one all is as it was */
	CHECK(c != NULL);
	CHECK_EQ(c->max_streams, 4096);
	CHECK_EQ(c->captures[0].buffer_bytes, 4 << 20);
	es_agent_config_free(c);
}

/* What is given counts, also where it is what the option has without a preset, and wherever preset stands. */
TEST(preset_gives_way_to_what_the_file_gives)
{
	struct es_agent_config *c =
	    parse("max-streams = 4096\nspool-bytes = 5MiB\n"
		  "capture a { interface = e buffer-bytes = 4MiB role = gateway }\n"
		  "capture b { interface = f }\npreset = tap\n");

	CHECK(c != NULL);
	CHECK_EQ(c->max_streams, 4096);
	CHECK_EQ(c->spool_bytes, 5 << 20);
	CHECK_EQ(c->max_calls, 16384);
	CHECK_EQ(c->captures[0].buffer_bytes, 4 << 20);
	CHECK_EQ(c->captures[0].vantage.role, ES_ROLE_GATEWAY);
	CHECK(c->captures[0].promiscuous);
	CHECK_EQ(c->captures[1].buffer_bytes, 64 << 20);
	CHECK_EQ(c->captures[1].vantage.role, ES_ROLE_TAP);
	es_agent_config_free(c);
}

/* Every value is one that its option takes, and the manual has the same table. */
TEST(preset_table_is_that_of_the_manual)
{
	char *manual = NULL, line[128], text[96];
	struct es_agent_config *c;
	size_t n;

	CHECK_EQ(es_file_read("docs/earshotd.conf.5", 1 << 20, &manual, &n), 0);
	for (const struct es_preset_row *row = es_preset_rows; row->option != NULL; row++) {
		(void)snprintf(line, sizeof(line), ".It %s Ta %s Ta %s Ta %s Ta %s\n", row->option,
		    row->values[0], row->values[1], row->values[2], row->values[3]);
		if (strstr(manual, line) == NULL)
			test_fail(__FILE__, __LINE__, "the manual lacks %s", line);
	}
	free(manual);
	for (size_t i = 0; i < ES_PRESETS; i++) {
		(void)snprintf(
		    text, sizeof(text), "preset = %s\ncapture a { interface = e }\n", presets[i]);
		c = parse(text);
		CHECK(c != NULL);
		CHECK_EQ(c->captures[0].vantage.role, ES_ROLE_ENDPOINT + (int)i);
		es_agent_config_free(c);
	}
}
