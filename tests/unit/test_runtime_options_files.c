/* SPDX-License-Identifier: Apache-2.0 */
/* Files of options and those that they include: what can be read, and what is said of the rest. */
#include "harness.h"
#include "runtime/file.h"
#include "runtime/options.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct es_option table[] = {
	{ .name = "name", .kind = ES_OPT_STRING, .help = "A name." },
	{ .name = "port", .kind = ES_OPT_INT, .max = 65535, .fallback = "6100", .help = "A port." },
	{ 0 },
};

TEST(runtime_options_files_that_cannot_be_read_are_named)
{
	char error[ES_OPTIONS_ERROR_MAX];
	char path[64] = "/tmp/earshot-opt-XXXXXX";
	struct es_options *o = NULL;
	int fd;

	CHECK_EQ(es_options_read(table, "/nonexistent/x.conf", NULL, error, &o), ES_EIO);
	CHECK_STR(error, "/nonexistent/x.conf: No such file or directory");
	fd = mkstemp(path);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "port = 1\nport = zero\n", 21), 21);
	close(fd);
	CHECK_EQ(es_options_read(table, path, NULL, error, &o), ES_EMALFORMED);
	CHECK(strstr(error, path) == error && strstr(error, ":2:8: port") != NULL);
	CHECK_EQ(es_file_write(path, es_slice_of("port = 1\n\0", 10), 0600), 0);
	CHECK_EQ(es_options_read(table, path, NULL, error, &o), ES_EMALFORMED);
	CHECK_EQ(es_file_write(path, es_slice_str("port = 1\n"), 0600), 0);
	CHECK_EQ(es_options_read(table, path, NULL, error, &o), 0);
	CHECK_EQ(es_section_num(o->top, "port"), 1);
	es_options_free(o);
	unlink(path);
}

/* As a pipe that somebody put in the place of a file of conf.d: to open it waited for ever. */
TEST(runtime_options_included_pipe_is_refused_at_once)
{
	char error[ES_OPTIONS_ERROR_MAX], expected[260];
	char dir[64] = "/tmp/earshot-inc-XXXXXX", file[96], pipe[96];
	struct es_options *o = NULL;

	CHECK(mkdtemp(dir) != NULL);
	(void)snprintf(file, sizeof(file), "%s/main.conf", dir);
	(void)snprintf(pipe, sizeof(pipe), "%s/more.conf", dir);
	(void)snprintf(expected, sizeof(expected), "%s:2:9: %s: is not a regular file", file, pipe);
	CHECK_EQ(mkfifo(pipe, 0600), 0);
	CHECK_EQ(es_file_write(file, es_slice_str("name = a\ninclude(more.conf)\n"), 0600), 0);
	CHECK_EQ(es_options_read(table, file, NULL, error, &o), ES_EUNSUPPORTED);
	CHECK_STR(error, expected);
	CHECK_EQ(es_options_read_again(table, file, error, &o), ES_EUNSUPPORTED);
	CHECK_STR(error, expected);
	(void)snprintf(expected, sizeof(expected), "%s: is not a regular file", pipe);
	CHECK_EQ(es_options_read_again(table, pipe, error, &o), ES_EUNSUPPORTED);
	CHECK_STR(error, expected);
	CHECK_EQ(unlink(file) + unlink(pipe) + rmdir(dir), 0);
}

TEST(runtime_options_included_file_is_named_in_its_errors)
{
	char error[ES_OPTIONS_ERROR_MAX];
	char path[64] = "/tmp/earshot-inc-XXXXXX";
	char text[128];
	struct es_options *o = NULL;
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	close(fd);
	(void)snprintf(text, sizeof(text), "name = a\ninclude(\"%s\")\n", path);
	CHECK_EQ(es_file_write(path, es_slice_str("port = 7\n"), 0600), 0);
	CHECK_EQ(es_options_read(table, "main.conf", text, error, &o), 0);
	CHECK_EQ(es_section_num(o->top, "port"), 7);
	es_options_free(o);
	CHECK_EQ(es_file_write(path, es_slice_str("\nport = x\n"), 0600), 0);
	CHECK_EQ(es_options_read(table, "main.conf", text, error, &o), ES_EMALFORMED);
	CHECK(strncmp(error, path, strlen(path)) == 0);
	CHECK(strncmp(error + strlen(path), ":2:8: port", 10) == 0);
	unlink(path);
}

TEST(runtime_options_included_files_are_found_next_to_the_file_and_bounded)
{
	char dir[64] = "/tmp/earshot-inc-XXXXXX";
	char path[96], error[ES_OPTIONS_ERROR_MAX];
	struct es_options *o = NULL;

	CHECK(mkdtemp(dir) != NULL);
	(void)snprintf(path, sizeof(path), "%s/site.conf", dir);
	CHECK_EQ(es_file_write(path, es_slice_str("port = 7\n"), 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/main.conf", dir);
	CHECK_EQ(
	    es_file_write(path, es_slice_str("port = 5 include(site.conf)\nname = a"), 0600), 0);
	CHECK_EQ(es_options_read(table, path, NULL, error, &o), 0);
	CHECK_EQ(es_section_num(o->top, "port"), 7); /* the last one counts */
	CHECK_STR(es_section_str(o->top, "name"), "a");
	es_options_free(o);
	CHECK_EQ(
	    es_file_write(path, es_slice_str("include(main.conf) include(main.conf)\n"), 0600), 0);
	CHECK_EQ(es_options_read(table, path, NULL, error, &o), ES_EMALFORMED);
	CHECK(strstr(error, "main.conf:1:9: more than 64 included files") != NULL);
	unlink(path);
	(void)snprintf(path, sizeof(path), "%s/site.conf", dir);
	unlink(path);
	rmdir(dir);
}

static void
write_in(const char *dir, const char *name, const char *text)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	CHECK_EQ(es_file_write(path, es_slice_str(text), 0600), 0);
}

TEST(runtime_options_included_pattern_is_all_files_that_fit_in_order)
{
	char dir[TEST_DIR_MAX], path[TEST_DIR_MAX + 16], error[ES_OPTIONS_ERROR_MAX];
	struct es_options *o = NULL;

	test_dir(dir);
	(void)snprintf(path, sizeof(path), "%s/main.conf", dir);
	write_in(dir, "main.conf", "port = 5\ninclude(\"conf.d/*.conf\")\nname = a\n");
	CHECK_EQ(es_options_read(table, path, NULL, error, &o), 0); /* there is no conf.d */
	CHECK_EQ(es_section_num(o->top, "port"), 5);
	es_options_free(o);
	(void)snprintf(path, sizeof(path), "%s/conf.d", dir);
	CHECK_EQ(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/main.conf", dir);
	CHECK_EQ(es_options_read(table, path, NULL, error, &o), 0); /* it is empty */
	CHECK_EQ(es_section_num(o->top, "port"), 5);
	es_options_free(o);
	write_in(dir, "conf.d/20.conf", "port = 8\n");
	write_in(dir, "conf.d/10.conf", "port = 7\nname = b\n");
	write_in(dir, "conf.d/30.conf.old", "port = 9\n");
	CHECK_EQ(es_options_read(table, path, NULL, error, &o), 0);
	CHECK_EQ(es_section_num(o->top, "port"), 8);
	CHECK_STR(es_section_str(o->top, "name"), "a");
	es_options_free(o);
	write_in(dir, "conf.d/10.conf", "\nport = x\n");
	CHECK_EQ(es_options_read(table, path, NULL, error, &o), ES_EMALFORMED);
	CHECK(strstr(error, "/conf.d/10.conf:2:8: port") != NULL);
}
