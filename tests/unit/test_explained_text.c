/* SPDX-License-Identifier: Apache-2.0 */
/* The width of output for people: what the environment says, within limits; elsewhere the usual one. */
#include "runtime/explained_text.h"
#include "runtime/shown_text.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

TEST(columns_are_those_of_the_environment_within_limits)
{
	static const struct {
		const char *text;
		int columns;
	} rows[] = { { "80", 80 }, { "0", ES_COLUMNS_USUAL }, { "1", ES_COLUMNS_MIN }, { "72", 72 },
		{ "71", 72 }, { "500", 500 }, { "501", 500 }, { "4294967295", 500 },
		{ "4294967296", ES_COLUMNS_USUAL }, { "wide", ES_COLUMNS_USUAL },
		{ "", ES_COLUMNS_USUAL }, { NULL, ES_COLUMNS_USUAL } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].text == NULL)
			unsetenv("COLUMNS");
		else
			setenv("COLUMNS", rows[i].text, 1);
		CHECK_EQ(es_explained_columns(-1), rows[i].columns); /* no terminal */
	}
}

/* A call with long names, a verdict, evidence and joins. */
static const struct es_explained *
long_call(void)
{
	static struct es_explained call;

	memset(&call, 0, sizeof(call));
	call.call =
	    es_slice_str("a-call-id-of-more-than-seventy-two-letters-a-call-id-of-more-than-72");
	call.from = es_slice_str("somebody-with-a-long-name@somewhere.example");
	call.to = es_slice_str("somebody-else-with-a-long-name@elsewhere.example");
	call.final_status = 200;
	call.n_directions = 1;
	call.directions[0].from = es_slice_str("endpoint-of-the-caller");
	call.directions[0].n_segments = 3;
	for (int i = 0; i < 3; i++) {
		struct es_segment *s = &call.directions[0].segments[i];

		s->to = es_slice_str("a-vantage-point");
		s->has = ES_SEGMENT_HAS_LOST;
		s->expected = 2021;
		s->lost = 113;
	}
	call.verdict.state = ES_VERDICT_DEGRADED;
	call.verdict.n_causes = 1;
	call.verdict.causes[0].cause = ES_CAUSE_NETWORK_LOSS;
	call.verdict.has_segment = true;
	call.verdict.segment_from = es_slice_str("endpoint-of-the-caller");
	call.verdict.segment_to = es_slice_str("a-vantage-point");
	call.verdict.n_evidence = 1;
	(void)snprintf(call.verdict.evidence[0].text, sizeof(call.verdict.evidence[0].text),
	    "forward: 113 of 2021 packets seen at endpoint-of-the-caller never came to "
	    "a-vantage-point (5.6 %%) from 00:00 to 00:40");
	return &call;
}

/* Lines are broken by columns, not bytes, and never inside a character. */
TEST(explained_call_has_names_in_utf8)
{
	struct es_explained call = *long_call();
	char *text = NULL, from[300] = "";
	size_t n;

	for (int i = 0; i < 50; i++)
		memcpy(from + 3 * i, "\xe4\xb8\xad", 3);
	call.from = es_slice_str(from);
	call.to = es_slice_str("\xe2\x80\xae\x1b\xc3\xab");
	for (int utf8 = 0; utf8 < 2; utf8++) {
		FILE *to = open_memstream(&text, &n);

		CHECK(to != NULL);
		es_explained_print(&call, 72, utf8, to);
		(void)fclose(to);
		CHECK_EQ(strstr(text, " to ??\xc3\xab ") != NULL, utf8);
		CHECK_EQ(strstr(text, " to ?????? ") != NULL, !utf8);
		for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;)
			CHECK(es_shown_text_columns(es_slice_str(line), utf8) <= 72);
		free(text);
	}
}

TEST(explained_call_fits_the_columns)
{
	static const int widths[] = { 72, 80, 100, 160 };

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		char *text = NULL, *rest, *line;
		size_t n, widest = 0;
		FILE *to = open_memstream(&text, &n);

		CHECK(to != NULL);
		es_explained_print(long_call(), widths[i], false, to);
		(void)fclose(to);
		for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
			widest = strlen(line) > widest ? strlen(line) : widest;
		CHECK(widest <= (size_t)widths[i]);
		CHECK(widest + 30 > (size_t)widths[i]); /* and the room is used */
		free(text);
	}
}
