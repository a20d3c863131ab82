/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: time and severity for people, "<n>" for the journal. */
#include "runtime/log.h"
#include "tests/unit/harness.h"
#include "tests/unit/log_text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char logged[2048];

/* Logs one line of each severity into a file; stream: what JOURNAL_STREAM says, NULL: the file itself. */
static void
log_all(const char *stream)
{
	FILE *file = tmpfile();
	int was = dup(STDERR_FILENO);
	char own[64];
	struct stat st;
	ssize_t got;

	if (file == NULL || was < 0 || fstat(fileno(file), &st) != 0)
		abort();
	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	(void)setenv("JOURNAL_STREAM", stream == NULL ? own : stream, 1);
	(void)dup2(fileno(file), STDERR_FILENO);
	log_error("area: a");
	log_warn("area: b %d", 7);
	log_info("area: c\n\x1b[2J");
	log_debug("area: not shown");
	(void)dup2(was, STDERR_FILENO);
	(void)close(was);
	(void)unsetenv("JOURNAL_STREAM");
	got = pread(fileno(file), logged, sizeof(logged) - 1, 0);
	logged[got > 0 ? got : 0] = '\0';
	(void)fclose(file);
}

TEST(log_lines_carry_time_and_severity)
{
	static const char *const severities[] = { "Z error: area: a\n", "Z warning: area: b 7\n",
		"Z info: area: c??[2J\n" };
	const char *line = logged;

	log_all("1:2"); /* the journal's socket is another one: stderr was sent elsewhere */
	for (size_t i = 0; i < 3; i++) {
		CHECK(line[0] == '2' && line[4] == '-' && line[10] == 'T' && strlen(line) > 26);
		CHECK(strncmp(line + 26, severities[i], strlen(severities[i])) == 0);
		line = strchr(line, '\n') + 1;
	}
	CHECK_STR(line, "");
	log_text_only(logged);
	CHECK_STR(logged, "area: a\narea: b 7\narea: c??[2J\n");
}

TEST(log_lines_for_the_journal_carry_the_level)
{
	log_all(NULL);
	CHECK_STR(logged, "<3>area: a\n<4>area: b 7\n<6>area: c??[2J\n");
}
