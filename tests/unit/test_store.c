/* SPDX-License-Identifier: Apache-2.0 */
/* The store: exactly once, marks, tokens, searches, rights of the reader. */
#include "collector/store/row.h"
#include "collector/store/store.h"

#include "proto/encode.h"
#include "runtime/sandbox.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint8_t epoch_a[ES_STORE_EPOCH_LEN] = { 0xff, 1 };
static const uint8_t epoch_b[ES_STORE_EPOCH_LEN] = { 0xff, 2 };

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
	int err = es_store_open(f->path, mode, &f->s, error);

	if (err < 0)
		test_fail(__FILE__, __LINE__, "%s", error);
}

static void
setup(struct fixture *f)
{
	struct es_agent a, found;

	memset(f, 0, sizeof(*f));
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/earshot-test-store-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		abort();
	(void)snprintf(f->path, sizeof(f->path), "%s/earshot.db", f->dir);
	open_store(f, ES_STORE_CREATE);
	memset(&a, 0, sizeof(a));
	memcpy(a.cn, "0123456789abcdef0123456789abcdef", 33);
	memcpy(a.name, "ep", 3);
	memset(a.spki, 7, sizeof(a.spki));
	if (es_store_agent_bind(f->s, &a) < 0 || es_store_agent_by_spki(f->s, a.spki, &found) < 0)
		test_fail(__FILE__, __LINE__, "%s", es_store_error(f->s));
	f->agent = found.id;
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
call_row(const struct fixture *f, const char *call_id, int64_t start_s)
{
	struct es_row r;

	memset(&r, 0, sizeof(r));
	r.type = ES_REC_CALL;
	r.agent = f->agent;
	r.role = ES_ROLE_ENDPOINT;
	r.call_id = es_slice_str(call_id);
	r.from = es_slice_str("Alice@example.org");
	r.to = es_slice_str("bob@example.org");
	r.start = es_time_of_ns(start_s * ES_NS_PER_S);
	r.end = es_time_add(r.start, 60 * ES_NS_PER_S);
	r.bytes = es_slice_str("call");
	return r;
}

static struct es_row
stream_row(const struct fixture *f, uint32_t ssrc, const char *call_id, int64_t start_s)
{
	struct es_row r = call_row(f, call_id, start_s);

	r.type = ES_REC_STREAM;
	r.key.ssrc = ssrc;
	r.key.src.family = 4;
	r.key.src.port = 4000;
	r.key.dst.family = 4;
	r.key.dst.port = 5000;
	r.bytes = es_slice_str("stream");
	return r;
}

struct seen {
	int n;
	char ids[512]; /* Call-IDs or, for streams, their bytes, with a space behind each */
	struct es_page last;
};

static bool
note(void *ctx, const struct es_found *found)
{
	struct seen *seen = ctx;
	es_slice text = found->row.call_id.n > 0 ? found->row.call_id : found->row.bytes;
	size_t at = strlen(seen->ids);

	seen->n++;
	(void)snprintf(
	    seen->ids + at, sizeof(seen->ids) - at, "%.*s ", (int)text.n, (const char *)text.p);
	seen->last.start = found->row.start;
	seen->last.kind = found->row.type == ES_REC_CALL ? 0 : 1;
	seen->last.id = found->id;
	return true;
}

static bool
note_one(void *ctx, const struct es_found *found)
{
	(void)note(ctx, found);
	return false;
}

TEST(store_file_belongs_to_its_owner_alone)
{
	struct fixture f;
	struct stat st;

	setup(&f);
	CHECK_EQ(stat(f.path, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	teardown(&f);
}

TEST(store_create_refuses_what_is_there)
{
	struct fixture f;
	struct es_store *other;
	char error[512];

	setup(&f);
	CHECK_EQ(es_store_open(f.path, ES_STORE_CREATE, &other, error), ES_EIO);
	CHECK(other == NULL);
	CHECK(strncmp(error, f.path, strlen(f.path)) == 0);
	CHECK_STR(error + strlen(f.path), ": File exists");
	CHECK(other == NULL);
	CHECK(strstr(error, f.path) != NULL);
	teardown(&f);
}

TEST(store_refuses_a_file_that_is_no_database)
{
	struct fixture f;
	struct es_store *other;
	char error[512];
	FILE *file;

	setup(&f);
	es_store_close(f.s);
	f.s = NULL;
	file = fopen(f.path, "w");
	CHECK(file != NULL);
	(void)fputs(
	    "this is a text of more than a hundred bytes, so that nothing can take it for an "
	    "empty database file, whatever it tries",
	    file);
	(void)fclose(file);
	CHECK(es_store_open(f.path, ES_STORE_WRITE, &other, error) < 0);
	CHECK(strstr(error, "not a database") != NULL);
	teardown(&f);
}

TEST(store_does_not_wait_for_a_pipe_in_place_of_the_database)
{
	struct fixture f;
	struct es_store *other;
	char error[512];

	setup(&f);
	es_store_close(f.s);
	f.s = NULL;
	CHECK_EQ(unlink(f.path) + mkfifo(f.path, 0600), 0);
	CHECK_EQ(es_store_open(f.path, ES_STORE_READ, &other, error), ES_EIO);
	CHECK(other == NULL);
	CHECK_STR(error + strlen(f.path), ": is not a regular file");
	teardown(&f);
}

TEST(store_what_was_not_committed_is_gone_with_its_mark)
{
	struct fixture f;
	struct es_row row;
	struct seen seen = { 0 };
	uint64_t through = 99;

	setup(&f);
	row = call_row(&f, "kept", 100);
	CHECK_EQ(es_store_begin(f.s), 0);
	CHECK_EQ(es_store_put(f.s, &row), 0);
	CHECK_EQ(es_store_mark_set(f.s, f.agent, epoch_a, 5), 0);
	CHECK_EQ(es_store_commit(f.s), 0);
	row = call_row(&f, "cut", 200);
	CHECK_EQ(es_store_begin(f.s), 0);
	CHECK_EQ(es_store_put(f.s, &row), 0);
	CHECK_EQ(es_store_mark_set(f.s, f.agent, epoch_a, 9), 0);
	es_store_close(f.s); /* as a kill between the rows and COMMIT leaves it */
	open_store(&f, ES_STORE_WRITE);
	CHECK_EQ(es_store_mark_get(f.s, f.agent, epoch_a, &through), 0);
	CHECK_EQ(through, 5);
	CHECK_EQ(
	    es_store_find_calls(f.s, ES_BY_CALL_ID, es_slice_str("cut"), INT64_MAX, note, &seen),
	    0);
	CHECK_EQ(seen.n, 0);
	CHECK_EQ(
	    es_store_find_calls(f.s, ES_BY_CALL_ID, es_slice_str("kept"), INT64_MAX, note, &seen),
	    0);
	CHECK_EQ(seen.n, 1);
	teardown(&f);
}

TEST(store_keeps_the_digest_of_the_record_at_a_mark_with_the_mark)
{
	struct fixture f;
	uint64_t digest = 1;

	setup(&f);
	CHECK_EQ(es_store_proof_get(f.s, f.agent, epoch_a, 5, &digest), 0);
	CHECK_EQ(digest, 0);
	CHECK_EQ(es_store_begin(f.s), 0);
	CHECK_EQ(es_store_proof_set(f.s, f.agent, epoch_a, 5, UINT64_MAX - 6), 0);
	CHECK_EQ(es_store_commit(f.s), 0);
	CHECK_EQ(es_store_begin(f.s), 0);
	CHECK_EQ(es_store_proof_set(f.s, f.agent, epoch_a, 9, 77), 0);
	es_store_close(f.s);
	open_store(&f, ES_STORE_WRITE);
	CHECK_EQ(es_store_proof_get(f.s, f.agent, epoch_a, 5, &digest), 0);
	CHECK_EQ(digest, UINT64_MAX - 6);
	CHECK_EQ(es_store_proof_get(f.s, f.agent, epoch_a, 6, &digest), 0);
	CHECK_EQ(digest, 0); /* somebody moved the mark who knows no digests */
	CHECK_EQ(es_store_proof_get(f.s, f.agent, epoch_b, 5, &digest), 0);
	CHECK_EQ(digest, 0);
	teardown(&f);
}

/* A database of the version before has no such table: it is made when the next one opens it to write. */
TEST(store_adds_what_a_database_of_an_earlier_program_lacks)
{
	struct fixture f;
	uint64_t digest = 1;
	sqlite3 *db;

	setup(&f);
	es_store_close(f.s);
	CHECK_EQ(sqlite3_open(f.path, &db), SQLITE_OK);
	CHECK_EQ(sqlite3_exec(db, "DROP TABLE proof", NULL, NULL, NULL), SQLITE_OK);
	CHECK_EQ(sqlite3_close(db), SQLITE_OK);
	open_store(&f, ES_STORE_READ); /* reading alone needs none of it */
	es_store_close(f.s);
	open_store(&f, ES_STORE_WRITE);
	CHECK_EQ(es_store_proof_set(f.s, f.agent, epoch_a, 5, 7), 0);
	CHECK_EQ(es_store_proof_get(f.s, f.agent, epoch_a, 5, &digest), 0);
	CHECK_EQ(digest, 7);
	teardown(&f);
}

enum { WAITS = 1, READS, NOT_LIMITED, OTHER };

/* What becomes of a reader that may open nothing to write, as the portal: in a child of its own. */
static int
fate_of_reader(const struct fixture *f)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct es_store *s;
		char error[512];
		int err;

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		    es_sandbox_open_to_read(ES_SANDBOX_ENFORCE, "test") != 0)
			_exit(OTHER);
		if (open(f->path, O_RDWR | O_CLOEXEC) >= 0)
			_exit(NOT_LIMITED);
		err = es_store_open(f->path, ES_STORE_READ, &s, error);
		_exit(err == 0 ? READS : err == ES_EAGAIN ? WAITS : OTHER);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return OTHER;
	return WEXITSTATUS(status);
}

/* The log is there while somebody has it open who may write. */
TEST(store_reader_that_may_not_write_waits_for_the_log)
{
	struct fixture f;
	int fate;

	setup(&f);
	fate = fate_of_reader(&f);
	CHECK(fate == READS || fate == NOT_LIMITED);
	es_store_close(f.s);
	if (fate == READS)
		CHECK_EQ(fate_of_reader(&f), WAITS);
	open_store(&f, ES_STORE_WRITE);
	teardown(&f);
}

TEST(store_mark_never_moves_back_and_epochs_are_apart)
{
	struct fixture f;
	uint64_t through = 99;

	setup(&f);
	CHECK_EQ(es_store_mark_get(f.s, f.agent, epoch_a, &through), 0);
	CHECK_EQ(through, 0);
	CHECK_EQ(es_store_mark_set(f.s, f.agent, epoch_a, 10), 0);
	CHECK_EQ(es_store_mark_set(f.s, f.agent, epoch_a, 7), 0);
	CHECK_EQ(es_store_mark_set(f.s, f.agent, epoch_b, 3), 0);
	CHECK_EQ(es_store_mark_get(f.s, f.agent, epoch_a, &through), 0);
	CHECK_EQ(through, 10);
	CHECK_EQ(es_store_mark_get(f.s, f.agent, epoch_b, &through), 0);
	CHECK_EQ(through, 3);
	teardown(&f);
}

TEST(store_later_record_of_a_call_replaces_the_earlier)
{
	struct fixture f;
	struct es_row row;
	struct seen seen = { 0 };
	struct es_store_counts counts;

	setup(&f);
	row = call_row(&f, "c", 100);
	row.state = ES_STATE_IN_PROGRESS;
	CHECK_EQ(es_store_put(f.s, &row), 0);
	row.state = ES_STATE_COMPLETED;
	CHECK_EQ(es_store_put(f.s, &row), 0);
	row = stream_row(&f, 1, "c", 100);
	CHECK_EQ(es_store_put(f.s, &row), 0);
	row.end = es_time_add(row.end, ES_NS_PER_S);
	CHECK_EQ(es_store_put(f.s, &row), 0);
	CHECK_EQ(es_store_count(f.s, &counts), 0);
	CHECK_EQ(counts.calls, 1);
	CHECK_EQ(counts.streams, 1);
	CHECK(counts.bytes > 0);
	CHECK_EQ(es_store_find_streams_of_call(f.s, es_slice_str("c"), note, &seen), 0);
	CHECK_EQ(seen.n, 1);
	teardown(&f);
}

TEST(store_finds_streams_by_ssrc_and_time)
{
	struct fixture f;
	struct es_row row;
	struct seen seen = { 0 };

	setup(&f);
	row = stream_row(&f, 0xfffffffe, "", 100); /* 100..160 */
	CHECK_EQ(es_store_put(f.s, &row), 0);
	row = stream_row(&f, 0xfffffffe, "", 1000);
	CHECK_EQ(es_store_put(f.s, &row), 0);
	CHECK_EQ(es_store_find_streams(f.s, 0xfffffffe, es_time_of_ns(0),
		     es_time_of_ns(99 * ES_NS_PER_S), es_time_of_ns(0), note, &seen),
	    0);
	CHECK_EQ(seen.n, 0);
	CHECK_EQ(es_store_find_streams(f.s, 0xfffffffe, es_time_of_ns(150 * ES_NS_PER_S),
		     es_time_of_ns(999 * ES_NS_PER_S), es_time_of_ns(0), note, &seen),
	    0);
	CHECK_EQ(seen.n, 1);
	teardown(&f);
}

TEST(store_finds_the_minutes_of_one_stream_only)
{
	struct fixture f;
	struct es_row row, other;
	struct seen seen = { 0 };

	setup(&f);
	row = stream_row(&f, 5, "", 100);
	other = stream_row(&f, 5, "", 100);
	other.key.src.port = 4002;
	row.type = other.type = ES_REC_INTERVAL;
	row.first_seq = 70000;
	row.bytes = es_slice_str("mine");
	CHECK_EQ(es_store_put(f.s, &row), 0);
	CHECK_EQ(es_store_put(f.s, &other), 0);
	row.start = es_time_of_ns(160 * ES_NS_PER_S);
	row.end = es_time_of_ns(220 * ES_NS_PER_S);
	CHECK_EQ(es_store_put(f.s, &row), 0);
	CHECK_EQ(es_store_find_intervals(
		     f.s, &row, es_time_of_ns(0), es_time_of_ns(500 * ES_NS_PER_S), note, &seen),
	    0);
	CHECK_STR(seen.ids, "mine mine ");
	teardown(&f);
}

TEST(store_host_search_begins_with_the_last_full_sample)
{
	struct fixture f;
	struct es_row row;
	struct seen seen = { 0 };
	static const struct {
		int64_t at_s;
		bool full;
		const char *bytes;
	} samples[] = { { 10, true, "a" }, { 20, false, "b" }, { 30, true, "c" },
		{ 40, false, "d" }, { 50, false, "e" }, { 90, false, "f" } };

	setup(&f);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		memset(&row, 0, sizeof(row));
		row.type = ES_REC_HOST;
		row.agent = f.agent;
		row.start = es_time_of_ns(samples[i].at_s * ES_NS_PER_S);
		row.end = es_time_add(row.start, 5 * ES_NS_PER_S);
		row.full = samples[i].full;
		row.bytes = es_slice_str(samples[i].bytes);
		CHECK_EQ(es_store_put(f.s, &row), 0);
	}
	CHECK_EQ(es_store_find_machine(f.s, f.agent, ES_REC_HOST, es_time_of_ns(45 * ES_NS_PER_S),
		     es_time_of_ns(60 * ES_NS_PER_S), note, &seen),
	    0);
	CHECK_STR(seen.ids, "c d e ");
	memset(&seen, 0, sizeof(seen));
	CHECK_EQ(es_store_find_last(f.s, f.agent, ES_REC_HOST, note, &seen), 0);
	CHECK_STR(seen.ids, "f ");
	CHECK_EQ(es_store_find_last(f.s, f.agent, ES_REC_HEALTH, note, &seen), ES_ENOTFOUND);
	teardown(&f);
}

TEST(store_takes_a_registration_with_its_own_times)
{
	static uint8_t bytes[ES_RECORD_MAX_BYTES], room[ES_ALLOC_BYTES];
	struct es_record rec = { .type = ES_REC_REGISTRATION };
	struct seen seen = { 0 };
	struct es_alloc alloc;
	struct fixture f;
	struct es_row row;
	uint64_t lost;
	int n;

	setup(&f);
	rec.at = es_time_of_ns(90 * ES_NS_PER_S);
	rec.u.registration.aor = es_slice_str("u1-x@example.net");
	rec.u.registration.start = es_time_of_ns(50 * ES_NS_PER_S);
	rec.u.registration.time = es_time_of_ns(80 * ES_NS_PER_S);
	n = es_record_encode(&rec, bytes, sizeof(bytes));
	CHECK(n > 0);
	es_alloc_init(&alloc, room, sizeof(room));
	CHECK_EQ(es_row_of(es_slice_of(bytes, (size_t)n), f.agent, rec.at, &alloc, &row, &lost), 0);
	CHECK_EQ(row.start.ns, 50 * ES_NS_PER_S);
	CHECK_EQ(row.end.ns, 80 * ES_NS_PER_S);
	row.bytes = es_slice_str("registration");
	CHECK_EQ(es_store_put(f.s, &row), 0);
	CHECK_EQ(es_store_find_last(f.s, f.agent, ES_REC_REGISTRATION, note, &seen), 0);
	CHECK_STR(seen.ids, "registration ");
	teardown(&f);
}

TEST(store_pages_hold_every_row_once)
{
	struct fixture f;
	struct es_row row;
	struct seen seen = { 0 };
	char call_id[16];
	const es_time all = es_time_of_ns(INT64_MAX);

	setup(&f);
	for (int i = 0; i < 6; i++) { /* several at the same instant */
		(void)snprintf(call_id, sizeof(call_id), "c%d", i);
		row = call_row(&f, call_id, 100 + i / 3);
		CHECK_EQ(es_store_put(f.s, &row), 0);
		row = stream_row(&f, (uint32_t)i, "", 100 + i / 3);
		row.bytes = es_slice_str("s");
		CHECK_EQ(es_store_put(f.s, &row), 0);
	}
	row = stream_row(&f, 77, "c1", 100); /* belongs to a call: not listed for itself */
	CHECK_EQ(es_store_put(f.s, &row), 0);
	CHECK_EQ(es_store_find_page(f.s, es_time_of_ns(0), all, NULL, note_one, &seen), 0);
	for (int i = 1; i < 12; i++)
		CHECK_EQ(
		    es_store_find_page(f.s, es_time_of_ns(0), all, &seen.last, note_one, &seen), 0);
	CHECK_STR(seen.ids, "c5 c4 c3 s s s c2 c1 c0 s s s ");
	CHECK_EQ(es_store_find_page(f.s, es_time_of_ns(0), all, &seen.last, note, &seen), 0);
	CHECK_EQ(seen.n, 12);
	teardown(&f);
}

TEST(store_token_burns_once_and_only_for_its_agent)
{
	struct fixture f;
	struct es_store_token token;
	uint8_t hash[ES_STORE_HASH_LEN] = { 1 }, wrong[ES_STORE_HASH_LEN] = { 2 };

	setup(&f);
	CHECK_EQ(
	    es_store_token_add(f.s, hash, "gw", "berlin", es_time_of_ns(5), es_time_of_ns(9)), 0);
	CHECK_EQ(es_store_token_get(f.s, wrong, &token), ES_ENOTFOUND);
	CHECK_EQ(es_store_token_burn(f.s, wrong, es_time_of_ns(6)), ES_EDENIED);
	CHECK_EQ(es_store_token_get(f.s, hash, &token), 0);
	CHECK_STR(token.name, "gw");
	CHECK_STR(token.site, "berlin");
	CHECK_EQ(token.expires.ns, 9);
	CHECK(!token.used);
	CHECK_EQ(es_store_token_burn(f.s, hash, es_time_of_ns(6)), 0);
	CHECK_EQ(es_store_token_burn(f.s, hash, es_time_of_ns(7)), ES_EDENIED);
	CHECK_EQ(es_store_token_get(f.s, hash, &token), 0);
	CHECK(token.used);
	teardown(&f);
}

TEST(store_new_key_of_an_agent_replaces_the_old_one)
{
	struct fixture f;
	struct es_agent a, found;
	uint8_t old[ES_STORE_HASH_LEN];

	setup(&f);
	CHECK_EQ(es_store_agent_by_id(f.s, f.agent, &a), 0);
	memcpy(old, a.spki, sizeof(old));
	memset(a.spki, 9, sizeof(a.spki));
	a.cn[0] = 'f';
	CHECK_EQ(es_store_agent_bind(f.s, &a), 0);
	CHECK_EQ(es_store_agent_by_spki(f.s, old, &found), ES_ENOTFOUND);
	CHECK_EQ(es_store_agent_by_spki(f.s, a.spki, &found), 0);
	CHECK_EQ(found.id, f.agent);
	teardown(&f);
}

TEST(store_reader_cannot_write)
{
	struct fixture f;
	struct es_store *reader;
	struct es_row row;
	char error[512];

	setup(&f);
	CHECK_EQ(es_store_open(f.path, ES_STORE_READ, &reader, error), 0);
	row = call_row(&f, "c", 100);
	CHECK(es_store_put(reader, &row) < 0);
	CHECK(es_store_mark_set(reader, f.agent, epoch_a, 1) < 0);
	es_store_close(reader);
	teardown(&f);
}

TEST(store_full_disk_is_distinguished_and_loses_nothing_committed)
{
	struct fixture f;
	struct es_row row;
	struct seen seen = { 0 };
	static uint8_t big[65536];
	char call_id[16];
	int err = 0;

	setup(&f);
	row = call_row(&f, "kept", 100);
	CHECK_EQ(es_store_put(f.s, &row), 0);
	CHECK_EQ(es_store_limit(f.s, 1 << 20), 0);
	CHECK_EQ(es_store_begin(f.s), 0);
	for (int i = 0; i < 64 && err == 0; i++) {
		(void)snprintf(call_id, sizeof(call_id), "c%d", i);
		row = call_row(&f, call_id, 100);
		row.bytes = es_slice_of(big, sizeof(big));
		err = es_store_put(f.s, &row);
	}
	CHECK_EQ(err, ES_EFULL);
	es_store_rollback(f.s);
	CHECK_EQ(
	    es_store_find_calls(f.s, ES_BY_CALL_ID, es_slice_str("kept"), INT64_MAX, note, &seen),
	    0);
	CHECK_EQ(
	    es_store_find_calls(f.s, ES_BY_CALL_ID, es_slice_str("c0"), INT64_MAX, note, &seen), 0);
	CHECK_EQ(seen.n, 1);
	teardown(&f);
}
