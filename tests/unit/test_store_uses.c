/* SPDX-License-Identifier: Apache-2.0 */
/* The store and the calls that used one Call-ID. */
#include "collector/store/store_private.h"
#include "tests/unit/harness.h"
#include "tests/unit/old_schemas.h"
#include "tests/unit/open_files.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	char path[96];
	struct es_store *s;
	int64_t agent;
};

static void
open_store(struct fixture *f, enum es_store_mode mode)
{
	char error[512];

	if (es_store_open(f->path, mode, &f->s, error) < 0)
		test_fail(__FILE__, __LINE__, "%s", error);
}

static void
setup(struct fixture *f)
{
	struct es_agent a = { .cn = "0123456789abcdef0123456789abcdef", .name = "ep" };

	memset(f, 0, sizeof(*f));
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/earshot-test-uses-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		abort();
	(void)snprintf(f->path, sizeof(f->path), "%s/earshot.db", f->dir);
	open_store(f, ES_STORE_CREATE);
	CHECK_EQ(es_store_agent_bind(f->s, &a), 0);
	CHECK_EQ(es_store_agent_by_spki(f->s, a.spki, &a), 0);
	f->agent = a.id;
}

static void
teardown(struct fixture *f)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[128];

	es_store_close(f->s);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", f->path, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->dir);
}

static struct es_row
call_row(const struct fixture *f, int64_t start_s)
{
	struct es_row r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_CALL;
	r.agent = f->agent;
	r.role = ES_ROLE_ENDPOINT;
	r.call_id = es_slice_str("again");
	r.start = es_time_of_ns(start_s * ES_NS_PER_S);
	r.begun = r.start;
	r.end = es_time_add(r.start, 60 * ES_NS_PER_S);
	r.bytes = es_slice_str("call");
	return r;
}

static bool
count(void *ctx, const struct es_found *found)
{
	(void)found;
	(*(int *)ctx)++;
	return true;
}

static int
n_calls(struct fixture *f)
{
	int n = 0;

	if (es_store_find_calls(f->s, ES_BY_CALL_ID, es_slice_str("again"), INT64_MAX, count, &n) <
	    0)
		test_fail(__FILE__, __LINE__, "%s", es_store_error(f->s));
	return n;
}

/* A Call-ID that is used again does not take the place of the call before; a later record of either does. */
TEST(store_calls_of_one_call_id_are_apart)
{
	struct fixture f;
	struct es_row first, second;

	setup(&f);
	first = call_row(&f, 100);
	second = call_row(&f, 112);
	second.bytes = es_slice_str("second");
	for (int delivered = 0; delivered < 2; delivered++) {
		CHECK_EQ(es_store_put(f.s, &first), 0);
		CHECK_EQ(es_store_put(f.s, &second), 0);
	}
	second.start =
	    es_time_add(second.start, ES_NS_PER_S); /* as HEP reported it, then as it was seen */
	CHECK_EQ(es_store_put(f.s, &second), 0);
	CHECK_EQ(n_calls(&f), 2);
	teardown(&f);
}

/* Two calls of one Call-ID that began together differ by a nanosecond. */
TEST(store_calls_of_one_instant_are_apart)
{
	struct fixture f;
	struct es_row row;

	setup(&f);
	for (int delivered = 0; delivered < 2; delivered++) {
		for (int64_t ns = 0; ns < 3; ns++) {
			row = call_row(&f, 100);
			row.begun = es_time_add(row.start, ns);
			CHECK_EQ(es_store_put(f.s, &row), 0);
		}
	}
	CHECK_EQ(n_calls(&f), 3);
	teardown(&f);
}

/* What the version before wrote is kept as it is, and the next use of its Call-ID is another call. */
TEST(store_of_version_1_moves_forward_and_keeps_its_calls)
{
	struct fixture f;
	struct es_row row;
	sqlite3 *db;
	char error[512];

	setup(&f);
	es_store_close(f.s);
	CHECK_EQ(unlink(f.path), 0);
	CHECK_EQ(sqlite3_open(f.path, &db), SQLITE_OK);
	CHECK_EQ(sqlite3_exec(db, old_1, NULL, NULL, NULL), SQLITE_OK);
	CHECK_EQ(sqlite3_close(db), SQLITE_OK);
	CHECK_EQ(es_store_open(f.path, ES_STORE_READ, &f.s, error), ES_EAGAIN);
	CHECK(strstr(error, "serve") != NULL);
	open_store(&f, ES_STORE_WRITE);
	row = call_row(&f, 100);
	row.label = es_slice_str("core");
	row.role = ES_ROLE_SBC;
	CHECK_EQ(es_store_put(f.s, &row), 0); /* the same call, its last record */
	row.start = row.begun = es_time_of_ns(300 * ES_NS_PER_S);
	CHECK_EQ(es_store_put(f.s, &row), 0);
	CHECK_EQ(n_calls(&f), 2);
	es_store_close(f.s);
	(void)snprintf(error, sizeof(error), "%s.version-1", f.path);
	CHECK_EQ(unlink(error), 0);
	open_store(&f, ES_STORE_READ);
	teardown(&f);
}

/* The key of a path stands in databases that were written before: FNV-1a of both addresses, halved. */
TEST(store_key_of_a_path_stays_what_it_was)
{
	const struct es_addr a = { .family = 4, .port = 4000, .ip = { 10, 0, 0, 1 } },
			     b = { .family = 4, .port = 5000, .ip = { 10, 0, 0, 2 } };

	CHECK_EQ(es_store_path(&a, &b), INT64_C(5908206061228359912));
	CHECK(es_store_path(&b, &a) != es_store_path(&a, &b));
}

/* A database that cannot be opened is closed again, however often somebody tries. */
TEST(store_that_cannot_be_opened_leaves_no_descriptor)
{
	struct es_store *store;
	unsigned before;
	struct fixture f;
	char error[512];
	FILE *file;

	setup(&f);
	es_store_close(f.s);
	f.s = NULL;
	before = open_files();
	file = fopen(f.path, "w");
	CHECK(file != NULL);
	CHECK(
	    fputs("this is no database, but it is long enough to be looked at as one", file) >= 0);
	CHECK_EQ(fclose(file), 0);
	for (int mode = ES_STORE_READ; mode <= ES_STORE_CREATE; mode++) {
		CHECK(es_store_open(f.path, (enum es_store_mode)mode, &store, error) < 0);
		CHECK(store == NULL);
		CHECK(strncmp(error, f.path, strlen(f.path)) == 0);
	}
	CHECK_EQ(open_files(), before);
	teardown(&f);
}
