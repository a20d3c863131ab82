/* SPDX-License-Identifier: Apache-2.0 */
/* What `earshot host` prints for people. */
#include "agent/command/host_text.h"
#include "tests/unit/harness.h"

#include <stdlib.h>
#include <string.h>

/* To be freed. */
static char *
printed(const struct es_signal_value *values, uint32_t n, bool is_first)
{
	struct es_host h = { .interface = es_slice_str("eth0"), .values = values, .n_values = n };
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);

	h.start = es_time_of_ns(INT64_C(1790000000) * ES_NS_PER_S);
	h.end = es_time_add(h.start, 2 * ES_NS_PER_S);
	es_host_text_print(&h, is_first, to);
	if (fclose(to) != 0)
		test_fail(__FILE__, __LINE__, "no memory");
	return text;
}

/* A count of a sample of 2 s is shown, and judged, as one of 5 s. */
TEST(host_text_judges_each_signal_in_the_unit_of_people)
{
	static const struct {
		struct es_signal_value value;
		const char *line;
	} rows[] = {
		{ { ES_SIG_WIFI_SIGNAL, -75 },
		    "  Wi-Fi signal                          -75 dBm  good\n" },
		{ { ES_SIG_WIFI_SIGNAL, -76 },
		    "  Wi-Fi signal                          -76 dBm  bad: below -75 dBm\n" },
		{ { ES_SIG_WIFI_TX_BITRATE, 6000000 },
		    "  Wi-Fi bitrate                      6.0 Mbit/s  bad: below 6.5 Mbit/s\n" },
		{ { ES_SIG_CPU_BUSY, 153000 },
		    "  CPU load                               15.3 %  good\n" },
		{ { ES_SIG_WIFI_TX_RETRIES, 80 },
		    "  Wi-Fi retries                     200 per 5 s  good\n" },
		{ { ES_SIG_WIFI_TX_RETRIES, 81 },
		    "  Wi-Fi retries                     202 per 5 s  bad: above 200 per 5 s\n" },
		{ { ES_SIG_NIC_RX_DROPS, 2 },
		    "  receive drops                       5 per 5 s  good\n" },
		{ { ES_SIG_TCP_RETRANSMITS, 2 },
		    "  TCP retransmissions                 5 per 5 s  some\n" },
		{ { ES_SIG_TCP_RETRANSMITS, 0 },
		    "  TCP retransmissions                 0 per 5 s  none\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = printed(&rows[i].value, 1, true);

		if (strstr(text, rows[i].line) == NULL)
			test_fail(__FILE__, __LINE__, "row %zu: %s", i, text);
		free(text);
	}
}

/* The load of the processor is not one of eth0. */
TEST(host_text_names_the_network_as_a_part_of_the_machine)
{
	static const struct es_signal_value busy[] = { { ES_SIG_CPU_BUSY, 0 } };
	char *text = printed(busy, 1, false);

	CHECK(strstr(text, "Z  this machine, network eth0\n") != NULL);
	free(text);
}

TEST(host_text_says_what_the_machine_does_not_have)
{
	static const struct es_signal_value wired[] = { { ES_SIG_CPU_BUSY, 0 } };
	static const struct es_signal_value radio[] = { { ES_SIG_CPU_PRESSURE, 0 },
		{ ES_SIG_WIFI_SIGNAL, -60 } };
	char *text = printed(wired, 1, false);

	CHECK(strstr(text, "  Wi-Fi: none on eth0\n") !=
	      NULL); /* a laptop has its radio all the same */
	CHECK(strstr(text, "  CPU pressure: none") != NULL);
	free(text);
	text = printed(radio, 2, false);
	CHECK(strstr(text, ": none") == NULL);
	free(text);
	text = printed(wired, 1, true); /* the first look has no rates: pressure may come yet */
	CHECK(strstr(text, ": none") == NULL);
	free(text);
}

/* A route that was there all along was shown as "none -> via ..", like one that had just come up. */
TEST(host_text_shows_no_change_where_the_sampler_began)
{
	static const struct {
		const char *before, *after;
		bool is_first;
		const char *line;
	} rows[] = {
		{ "", "dev eth0", true, "  route default: dev eth0\n" },
		{ "", "dev eth0", false, "  route default: none -> dev eth0\n" },
		{ "dev eth0", "", false, "  route default: dev eth0 -> none\n" },
		{ "dev eth0", "dev tun0", false, "  route default: dev eth0 -> dev tun0\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct es_change c = { .kind = ES_CHANGE_ROUTE,
			.subject = es_slice_str("default"),
			.before = es_slice_str(rows[i].before),
			.after = es_slice_str(rows[i].after) };
		char *text = NULL;
		size_t n = 0;
		FILE *to = open_memstream(&text, &n);

		es_host_text_change(&c, rows[i].is_first, to);
		if (fclose(to) != 0 || strstr(text, rows[i].line) == NULL)
			test_fail(__FILE__, __LINE__, "row %zu: %s", i, text);
		free(text);
	}
}
