/* SPDX-License-Identifier: Apache-2.0 */
/* The line that says how far a long reading has come. */
#include "agent/command/progress.h"
#include "tests/unit/harness.h"

#include <stdlib.h>

enum { MIB = 1 << 20 };

static struct es_progress
progress_to(FILE *to)
{
	return (struct es_progress){ .to = to, .command = "read" };
}

TEST(progress_is_of_bytes_and_calls_and_erased_at_the_end)
{
	struct es_capture_position at = { 10 * MIB, 100 * MIB };
	struct es_progress p;
	char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	CHECK(to != NULL);
	p = progress_to(to);
	es_progress_show(&p, 1000, &at, 7);
	at.read_bytes += MIB / 2 + 50 * MIB;
	es_progress_show(&p, 1000 + ES_PROGRESS_INTERVAL_MS, &at, 1234);
	es_progress_erase(&p);
	es_progress_erase(&p); /* nothing stands there any more */
	(void)fclose(to);
	CHECK_STR(text, "earshot read: 10 of 100 MiB, 10 %, 7 calls"
			"\r                                          \r"
			"earshot read: 60 of 100 MiB, 60 %, 1234 calls"
			"\r                                             \r");
	free(text);
}

TEST(progress_is_written_five_times_a_second_at_most)
{
	struct es_capture_position at = { 0, 100 * MIB };
	char *text = NULL;
	struct es_progress p;
	size_t n, n_lines = 0;
	FILE *to = open_memstream(&text, &n);

	CHECK(to != NULL);
	p = progress_to(to);
	for (int64_t ms = 5000; ms < 7000; ms++)
		es_progress_show(&p, ms, &at, 0);
	(void)fclose(to);
	for (const char *line = text; (line = strstr(line, "read:")) != NULL; line++)
		n_lines++;
	CHECK_EQ(n_lines, 10);
	free(text);
}

TEST(progress_of_small_inputs_and_without_a_terminal_is_not_shown)
{
	struct es_capture_position small = { 64 * MIB, 64 * MIB }, pipe = { 64 * MIB, 0 };
	struct es_progress p = { .command = "read" };
	char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	CHECK(to != NULL);
	pipe.read_bytes++;
	es_progress_show(&p, 0, &pipe, 0); /* to nobody */
	p.to = to;
	es_progress_show(&p, 0, &small, 0);
	es_progress_erase(&p);
	(void)fflush(to);
	CHECK_EQ(n, 0);
	es_progress_show(&p, 0, &pipe, 3);
	(void)fclose(to);
	CHECK_STR(text, "earshot read: 64 MiB, 3 calls");
	free(text);
}
