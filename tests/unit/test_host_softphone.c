/* SPDX-License-Identifier: Apache-2.0 */
/* The softphone's process over hand-written machines: tests/unit/fixtures/host/softphone/STEP. */
#include "probes/host/softphone.h"

#include "harness.h"

#include <stdio.h>
#include <sys/stat.h>

#define MACHINE "tests/unit/fixtures/host/softphone"

enum { MEDIA_PORT = 20000, RESOLVER_PORT = 53 };

static struct es_host_files files;

static struct es_host_reading
look(struct es_host_softphone *p, const char *root)
{
	struct es_host_reading r = { .elapsed_us = 5000000 };

	es_host_copy(files.root, sizeof(files.root), es_slice_str(root));
	es_host_softphone_read(p, &files, &r);
	return r;
}

TEST(softphone_waits_as_long_as_its_longest_thread)
{
	struct es_host_softphone p = { 0 };
	struct es_host_reading r;

	es_host_softphone_port(&p, MEDIA_PORT);
	r = look(&p, MACHINE "/1");
	CHECK(p.is_new);
	CHECK_EQ(p.pid, 4242);
	CHECK_STR(p.name, "bare) (sip"); /* any byte may stand in a name */
	CHECK(!r.has[ES_SIG_SOFTPHONE_CPU] && !r.has[ES_SIG_SOFTPHONE_WAIT]);
	r = look(&p, MACHINE "/2");
	CHECK(!p.is_new);
	CHECK_EQ(r.value[ES_SIG_SOFTPHONE_CPU], 120000);  /* 60 of 500 ticks */
	CHECK_EQ(r.value[ES_SIG_SOFTPHONE_WAIT], 250000); /* 1.25 s of 5 s */
	CHECK_EQ(r.value[ES_SIG_SOFTPHONE_SWITCHES], 43); /* of the thread that went back: none */
}

TEST(softphone_without_a_call_is_absent)
{
	struct es_host_softphone p = { 0 };
	struct es_host_reading r = look(&p, MACHINE "/1");

	CHECK_EQ(p.pid, 0);
	es_host_softphone_port(&p, MEDIA_PORT);
	(void)look(&p, MACHINE "/1");
	es_host_softphone_port(&p, 0);
	r = look(&p, MACHINE "/2");
	CHECK_EQ(p.pid, 0);
	for (unsigned i = 0; i < ES_SIG_END; i++)
		CHECK(!r.has[i]);
}

TEST(softphone_that_ended_is_not_another_process_of_its_pid)
{
	struct es_host_softphone p = { 0 };
	struct es_host_reading r;

	es_host_softphone_port(&p, MEDIA_PORT);
	(void)look(&p, MACHINE "/1");
	p.started++; /* as if the one found had been another */
	r = look(&p, MACHINE "/2");
	CHECK(p.is_new);
	CHECK(!r.has[ES_SIG_SOFTPHONE_CPU] && !r.has[ES_SIG_SOFTPHONE_WAIT]);
}

TEST(softphone_is_searched_for_a_few_times_only)
{
	struct es_host_softphone p = { 0 };

	es_host_softphone_port(&p, MEDIA_PORT);
	CHECK(es_host_softphone_is_sought(&p));
	for (unsigned i = 0; i < 10; i++)
		(void)look(&p, "tests/unit/fixtures/host/garbage/1");
	CHECK_EQ(p.searches, ES_HOST_SEARCHES_MAX);
	CHECK(!es_host_softphone_is_sought(&p));
	(void)look(&p, MACHINE "/1");
	CHECK_EQ(p.pid, 0);
	es_host_softphone_port(&p, RESOLVER_PORT); /* a new port is a new search */
	(void)look(&p, MACHINE "/1");
	CHECK_EQ(p.pid, 0); /* its owner, 77, says nothing of itself */
	CHECK_EQ(p.searches, 1);
}

static bool
put(const char *dir, const char *name, const char *text)
{
	char path[160];
	FILE *f;
	bool ok;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f == NULL)
		return false;
	ok = fputs(text, f) >= 0;
	return fclose(f) == 0 && ok;
}

TEST(softphone_files_cut_or_full_of_garbage_are_absent)
{
	static const char *const stats[] = { "", "4242", "4242 (", "4242 ()", "4242 )(",
		"4242 (a) S 1 2 3", "4242 (a) S 1 1 1 1 1 1 1 1 1 1 x 5 0 0 20 0 3 0 9",
		"4242 (a) S 1 1 1 1 1 1 1 1 1 1 5 99999999999999999999999 0 0 20 0 3 0 9" };
	struct es_host_softphone p = { .port = 1, .pid = 4242, .searches = ES_HOST_SEARCHES_MAX };
	char dir[TEST_DIR_MAX], path[160];

	test_dir(dir);
	(void)snprintf(path, sizeof(path), "%s/proc", dir);
	CHECK_EQ(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/proc/4242", dir);
	CHECK_EQ(mkdir(path, 0700), 0);
	for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++) {
		p.pid = 4242;
		CHECK(put(dir, "proc/4242/stat", stats[i]));
		for (unsigned n = 0; n < 2; n++) {
			struct es_host_reading r = look(&p, dir);

			CHECK(!r.has[ES_SIG_SOFTPHONE_CPU]);
		}
		CHECK_EQ(p.pid, 0);
	}
}
