/* SPDX-License-Identifier: Apache-2.0 */
/* Back-off, log limits, files, host texts, clocks. */
#include "harness.h"
#include "runtime/backoff.h"
#include "runtime/clock.h"
#include "runtime/file.h"
#include "runtime/host_port.h"
#include "runtime/log.h"
#include "runtime/rights.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

TEST(runtime_backoff_stays_in_its_window_and_spreads)
{
	uint64_t rnd = 1;

	for (int round = 0; round < 200; round++) {
		struct es_backoff b;
		uint64_t top = ES_BACKOFF_BASE_MS;

		es_backoff_init(&b, 0, 0);
		for (int i = 0; i < 40; i++) {
			uint64_t random = (uint64_t)test_random(&rnd) << 32 | test_random(&rnd);
			int64_t at = es_backoff_next_ms(&b, 1000000, random);

			CHECK(at >= 1000000 && at <= 1000000 + (int64_t)top);
			top = top * 2 > ES_BACKOFF_CAP_MS ? ES_BACKOFF_CAP_MS : top * 2;
		}
	}
}

TEST(runtime_backoff_reaches_both_ends_of_the_window)
{
	struct es_backoff b;
	int64_t low = INT64_MAX;
	int64_t high = 0;
	uint64_t rnd = 2;

	for (int i = 0; i < 5000; i++) {
		int64_t at;

		es_backoff_init(&b, 1000, 300000);
		at = es_backoff_next_ms(&b, 0, (uint64_t)test_random(&rnd) << 20);
		low = at < low ? at : low;
		high = at > high ? at : high;
	}
	CHECK(low <= 10);
	CHECK(high >= 990);
}

TEST(runtime_backoff_obeys_the_collector_and_resets)
{
	struct es_backoff b;

	es_backoff_init(&b, 0, 0);
	b.window_ms = 60000;
	CHECK_EQ(es_backoff_next_ms(&b, 0, 60000), 60000);
	es_backoff_retry_after(&b, 100, 5000);
	CHECK_EQ(es_backoff_next_ms(&b, 100, 0), 5100);
	es_backoff_retry_after(&b, 100, UINT32_MAX);
	CHECK_EQ(es_backoff_next_ms(&b, 100, 0), 100 + 3600000);
	es_backoff_reset(&b);
	b.window_ms = 0;
	CHECK_EQ(b.tries, 0);
	CHECK(es_backoff_next_ms(&b, 100, UINT64_MAX) <= 1100);
	for (int i = 0; i < 100; i++)
		(void)es_backoff_next_ms(&b, INT64_C(1) << 40, UINT64_MAX);
	CHECK(es_backoff_next_ms(&b, 0, UINT64_MAX - 1) <= ES_BACKOFF_CAP_MS);
}

TEST(runtime_log_limit_counts_what_it_holds_back)
{
	struct es_log_limit limit = { 0, 0 };
	uint32_t held = 99;

	CHECK(es_log_limit_pass(&limit, 1000, 5000, &held));
	CHECK_EQ(held, 0);
	CHECK(!es_log_limit_pass(&limit, 1001, 5000, &held));
	CHECK(!es_log_limit_pass(&limit, 5999, 5000, &held));
	CHECK(es_log_limit_pass(&limit, 6000, 5000, &held));
	CHECK_EQ(held, 2);
}

TEST(runtime_log_levels_have_names)
{
	CHECK_EQ(es_log_level_of_word("debug"), ES_LOG_DEBUG);
	CHECK_EQ(es_log_level_of_word("warning"), ES_LOG_WARN);
	CHECK_EQ(es_log_level_of_word("loud"), ES_LOG_INFO);
}

TEST(runtime_file_is_replaced_whole_with_its_mode)
{
	char dir[64] = "/tmp/earshot-file-XXXXXX";
	char path[128], link[128], deep[160];
	struct stat st;
	char *text;
	size_t n;

	CHECK(mkdtemp(dir) != NULL);
	(void)snprintf(path, sizeof(path), "%s/f", dir);
	(void)snprintf(link, sizeof(link), "%s/l", dir);
	(void)snprintf(deep, sizeof(deep), "%s/a/b/c", dir);
	CHECK_EQ(es_file_write(path, es_slice_str("one"), 0600), 0);
	CHECK_EQ(es_file_write(path, es_slice_str("two!"), 0640), 0);
	CHECK_EQ(es_file_read(path, 4, &text, &n), 0);
	CHECK_EQ(n, 4);
	CHECK_STR(text, "two!");
	free(text);
	CHECK_EQ(es_file_read(path, 3, &text, &n), ES_EFULL);
	CHECK_EQ(es_file_read(dir, 3, &text, &n), ES_EIO);
	CHECK_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0640);
	/* a symbolic link at the name is replaced, never followed */
	CHECK_EQ(symlink(path, link), 0);
	CHECK_EQ(es_file_write(link, es_slice_str("other"), 0600), 0);
	CHECK_EQ(lstat(link, &st), 0);
	CHECK(S_ISREG(st.st_mode));
	CHECK_EQ(es_file_read(path, 100, &text, &n), 0);
	CHECK_STR(text, "two!");
	free(text);
	CHECK_EQ(es_dir_make(deep, 0700), 0);
	CHECK_EQ(es_dir_make(deep, 0700), 0);
	CHECK_EQ(stat(deep, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0700);
	CHECK_EQ(es_dir_make(path, 0700), ES_EIO); /* a file stands there */
	CHECK_EQ(es_file_write("/nonexistent/dir/f", es_slice_str("x"), 0600), ES_EIO);
	CHECK_EQ(rmdir(deep), 0);
	(void)snprintf(deep, sizeof(deep), "%s/a/b", dir);
	CHECK_EQ(rmdir(deep), 0);
	(void)snprintf(deep, sizeof(deep), "%s/a", dir);
	CHECK_EQ(rmdir(deep), 0);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(unlink(link), 0);
	CHECK_EQ(rmdir(dir), 0); /* no temporary file is left behind */
}

/* To open a named pipe waits for its writer, and to read a device may never end. */
TEST(runtime_file_that_is_not_regular_is_refused_at_once)
{
	static const struct {
		const char *path;
		int err;
		const char *why;
	} rows[] = {
		{ "pipe", ES_EUNSUPPORTED, "is not a regular file" },
		{ "/dev/zero", ES_EUNSUPPORTED, "is not a regular file" },
		{ "socket", ES_EUNSUPPORTED, "is not a regular file" },
		{ ".", ES_EIO, "Is a directory" },
		{ "missing", ES_EIO, "No such file or directory" },
	};
	char dir[64] = "/tmp/earshot-file-XXXXXX";
	int was = open(".", O_RDONLY | O_DIRECTORY), s = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "socket" };
	char *text = NULL;
	size_t n;

	CHECK(mkdtemp(dir) != NULL && chdir(dir) == 0 && mkfifo("pipe", 0600) == 0);
	CHECK_EQ(bind(s, (const struct sockaddr *)&at, sizeof(at)), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_EQ(es_file_open(rows[i].path, ES_FILE_REGULAR), rows[i].err);
		CHECK_STR(es_file_why(rows[i].err), rows[i].why);
		CHECK_EQ(es_file_read(rows[i].path, 1000, &text, &n), rows[i].err);
	}
	CHECK(text == NULL);
	CHECK_EQ(es_file_read_as(ES_FILE_ANY, "/dev/null", 0, &text, &n), 0);
	CHECK_EQ(n, 0);
	free(text);
	CHECK_EQ(unlink("pipe") + unlink("socket") + fchdir(was) + rmdir(dir), 0);
	CHECK_EQ(close(s) + close(was), 0);
}

TEST(runtime_host_texts_are_read_or_refused)
{
	static const struct {
		const char *text, *host;
		int port; /* 0 = refused */
	} cases[] = {
		{ "collector.example", "collector.example", 6100 },
		{ "collector.example:7000", "collector.example", 7000 },
		{ "192.0.2.1:1", "192.0.2.1", 1 },
		{ "[2001:db8::1]:443", "2001:db8::1", 443 },
		{ "[::1]", "::1", 6100 },
		{ "2001:db8::1", "2001:db8::1", 6100 },
		{ "", NULL, 0 },
		{ ":80", NULL, 0 },
		{ "host:", NULL, 0 },
		{ "host:99999", NULL, 0 },
		{ "host:0", NULL, 0 },
		{ "[::1]:00", NULL, 0 },
		{ "host:8x", NULL, 0 },
		{ "[::1", NULL, 0 },
		{ "[::1]x", NULL, 0 },
		{ "a b", NULL, 0 },
		{ "https://host", NULL, 0 },
	};
	struct es_addr a;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char host[ES_HOST_MAX] = "";
		uint16_t port = 0;
		int err = es_host_port_parse(cases[i].text, 6100, host, &port);

		if ((err == 0) != (cases[i].port != 0) ||
		    (err == 0 && (strcmp(host, cases[i].host) != 0 || port != cases[i].port)))
			test_fail(
			    __FILE__, __LINE__, "\"%s\": %d %s %u", cases[i].text, err, host, port);
	}
	CHECK_EQ(es_bind_parse("127.0.0.1:8080", 1, &a), 0);
	CHECK(a.family == 4 && a.port == 8080 && a.ip[0] == 127);
	CHECK_EQ(es_bind_parse("[::]", 99, &a), 0);
	CHECK(a.family == 6 && a.port == 99);
	CHECK_EQ(es_bind_parse("127.0.0.1:0", 1, &a), 0); /* the system chooses one */
	CHECK_EQ(a.port, 0);
	CHECK_EQ(es_bind_parse("localhost:1", 1, &a), ES_EMALFORMED);
}

TEST(runtime_clock_knows_boot_and_order)
{
	uint8_t id[16];
	uint8_t again[16];
	int64_t t = es_clock_monotonic_ns();

	CHECK(es_clock_monotonic_ns() >= t);
	CHECK(es_clock_boot_ns() > 0);
	CHECK(es_clock_wall().ns > INT64_C(1700000000) * ES_NS_PER_S);
	if (es_clock_boot_id(id) != 0)
		return test_skip("this system has no boot id");
	CHECK_EQ(es_clock_boot_id(again), 0);
	CHECK(memcmp(id, again, 16) == 0);
}

TEST(runtime_rights_text_names_what_is_left)
{
	char text[ES_RIGHTS_TEXT_MAX];

	es_rights_text(text);
	CHECK(strncmp(text, "uid=", 4) == 0);
	CHECK(strstr(text, "no_new_privs=") != NULL);
}
