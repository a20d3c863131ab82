/* SPDX-License-Identifier: Apache-2.0 */
/* What the spooler says when something goes wrong, and the key that it hides names with. */
#include "runtime/file.h"
#include "tests/sim/made_log.h"
#include "tests/sim/made_spooler.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

/* What goes wrong is said, and what goes well is not. */
TEST(spooler_saves_again_what_the_disk_refused_and_says_so)
{
	listen_to_log();
	CHECK(begin());
	CHECK_EQ(logged("no tenant key"), 1);
	listen_to_log();
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_IN_PROGRESS, true), 0);
	made_settle(d.loop);
	CHECK(saved_bytes() > 16);
	stop();
	CHECK_EQ(start(), 0);
	CHECK_EQ(logged(":"), 0);
	CHECK_EQ(unlink(at("open")), 0);
	CHECK_EQ(mkdir(at("open"), 0700), 0);
	listen_to_log();
	CHECK_EQ(take(ES_REC_CALL, "b", ES_STATE_IN_PROGRESS, true), 0);
	made_settle(d.loop);
	made_pass(d.loop, 2000);
	CHECK_EQ(logged("the disk refused a record; it is tried again"), 1); /* a minute's worth */
	CHECK(made_next_ms(d.loop) >= 0);                                    /* and it is */
	CHECK_EQ(rmdir(at("open")), 0);
	stop();
	CHECK_EQ(start(), 0);
	CHECK_EQ(es_spooler_status(d.spooler).open_calls, 2);
	stop();
	CHECK_EQ(es_file_write(at("open"), es_slice_str("damaged"), 0600), 0);
	listen_to_log();
	CHECK_EQ(start(), 0);
	CHECK_EQ(logged("is damaged"), 1);
	listen_to_log();
	for (int i = 0; i < 3; i++)
		CHECK_EQ(es_spooler_take(d.spooler, (struct es_ipc_pair){ 5, ++d.number },
			     es_slice_str("none"), false),
		    0);
	CHECK_EQ(logged("a record that cannot be decoded"), 1); /* the first says it */
	es_spooler_free(NULL);
	CHECK(end());
}

/* A key file: 64 digits, with what an editor leaves behind them; one of our own where there is none. */
TEST(spooler_reads_the_tenant_key_or_makes_one)
{
	static const char digits[] =
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	static const struct {
		const char *tail;
		bool good;
	} rows[] = { { "", true }, { "\n", true }, { "\r\n", true }, { " ", true },
		{ "  \r\n\n", true }, { "0", false }, { "\t", false }, { "\n0", false } };
	char text[300], *made;
	struct stat st;
	size_t n;

	CHECK(prepare());
	CHECK_EQ(start(), 0);
	stop();
	CHECK_EQ(stat(at("key"), &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0600);
	CHECK_EQ(es_file_read(at("key"), 1000, &made, &n), 0);
	CHECK_EQ(n, 64);
	CHECK_EQ(strspn(made, "0123456789abcdef"), 64);
	CHECK(strspn(made, "0") < 64);
	free(made);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s", digits, rows[i].tail);
		CHECK_EQ(es_file_write(at("key"), es_slice_str(text), 0600), 0);
		CHECK_EQ(start() == 0, rows[i].good);
		if (rows[i].good)
			stop();
		(void)snprintf(text, sizeof(text), "%.63s%s", digits, rows[i].tail);
		if (rows[i].good) {
			CHECK_EQ(es_file_write(at("key"), es_slice_str(text), 0600), 0);
			CHECK(start() != 0);
		}
	}
	for (size_t all = 256; all <= 257; all++) {
		memset(text, ' ', sizeof(text));
		memcpy(text, digits, 64);
		CHECK_EQ(es_file_write(at("key"), es_slice_of(text, all), 0600), 0);
		CHECK_EQ(start() == 0, all == 256); /* a longer file is something else */
		if (all == 256)
			stop();
	}
	CHECK_EQ(es_file_write(at("key"), es_slice_str("\n \r\n"), 0600), 0);
	CHECK(start() != 0);
	CHECK_EQ(made_left(d.loop), 0);
	CHECK(end());
}

/* The name of a caller as the spooler hides it with its present key. */
static bool
hides(char out[256])
{
	static uint8_t bytes[ES_SPOOL_PAYLOAD_MAX];
	struct es_record r = record_of(ES_REC_CALL, "a", ES_STATE_COMPLETED);
	struct es_ipc_pair pair = { 5, ++d.number };
	int n;

	r.u.call.from = es_slice_str("alice@example.net");
	n = es_record_encode(&r, bytes, sizeof(bytes));
	if (n <= 0 || es_spooler_take(d.spooler, pair, es_slice_of(bytes, (size_t)n), true) != 0)
		return false;
	es_spooler_settle(d.spooler);
	made_settle(d.loop);
	made_pass(d.loop, 100);
	if (!read_back(next() - 1) || d.seen.u.call.from.n >= 256)
		return false;
	(void)snprintf(
	    out, 256, "%.*s", (int)d.seen.u.call.from.n, (const char *)d.seen.u.call.from.p);
	return strstr(out, "alice") == NULL && strstr(out, "@example.net") != NULL;
}

/* The key that was made is the one in the file, so names stay what they were; another agent has another. */
TEST(spooler_hides_names_with_the_key_that_it_keeps)
{
	char first[256], again[256], other[256];

	CHECK(begin());
	CHECK(hides(first));
	stop();
	CHECK_EQ(start(), 0);
	CHECK(hides(again));
	CHECK_STR(again, first);
	CHECK(end());
	CHECK(begin());
	CHECK(hides(other));
	CHECK(strcmp(other, first) != 0);
	CHECK(end());
}

/* The start that is refused says why, and in whose file. */
TEST(spooler_says_why_it_does_not_start)
{
	struct es_spooler *first;
	char text[256];

	CHECK(begin());
	first = d.spooler;
	listen_to_log();
	CHECK_EQ(start(), ES_EAGAIN);
	(void)snprintf(text, sizeof(text), "spool: %s is in use by another shipper\n", at("spool"));
	CHECK_EQ(logged(text), 1);
	d.spooler = first;
	stop();
	CHECK_EQ(es_file_write(at("key"), es_slice_str("0123"), 0600), 0);
	listen_to_log();
	CHECK(start() != 0);
	(void)snprintf(
	    text, sizeof(text), "shipper: %s: expected 64 hexadecimal digits\n", at("key"));
	CHECK_EQ(logged(text), 1);
	(void)snprintf(d.cfg.tenant_key_file, sizeof(d.cfg.tenant_key_file), "%s", at("none/key"));
	listen_to_log();
	CHECK(start() != 0);
	(void)snprintf(
	    text, sizeof(text), "shipper: %s: No such file or directory\n", at("none/key"));
	CHECK_EQ(logged(text), 1);
	CHECK_EQ(chmod(at("spool"), 0702), 0);
	listen_to_log();
	CHECK_EQ(start(), ES_EDENIED);
	CHECK_EQ(logged("/spool can be written by others: chmod go-w "), 1);
	CHECK_EQ(chmod(at("spool"), 0700), 0);
	d.spooler = NULL;
	CHECK(end());
}

/* What is lost and what gets a gap is said in numbers; what is open is nobody else's to read. */
TEST(spooler_says_what_is_lost_and_what_gets_a_gap)
{
	struct stat st;

	CHECK(begin());
	listen_to_log();
	CHECK_EQ(take(ES_REC_CALL, "a", ES_STATE_IN_PROGRESS, true), 0);
	CHECK_EQ(take(ES_REC_CALL, "b", ES_STATE_IN_PROGRESS, true), 0);
	CHECK_EQ(take(ES_REC_STREAM, "s", ES_STATE_IN_PROGRESS, true), 0);
	made_settle(d.loop);
	CHECK_EQ(stat(at("open"), &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	CHECK_EQ(logged(":"), 0);
	listen_to_log();
	es_spooler_gap(d.spooler, 0);
	CHECK_EQ(
	    logged("shipper: the sensor is gone: 1 streams and 2 calls that were open get a gap\n"),
	    1);
	listen_to_log();
	CHECK_EQ(es_spooler_take(d.spooler, (struct es_ipc_pair){ 5, d.number + 3 },
		     es_slice_str("none"), false),
	    0);
	es_spooler_settle(d.spooler);
	made_pass(d.loop, 2000);
	CHECK_EQ(logged("hop: a record that cannot be decoded was dropped\n"), 1);
	CHECK_EQ(said("spool: 2 records ("), 1);
	CHECK_EQ(said(") are lost, reason 4\n"), 1);
	CHECK_EQ(said("spool: 1 records ("), 1);
	CHECK_EQ(said(") are lost, reason 6\n"), 1);
	stop();
	CHECK_EQ(es_file_write(at("open"), es_slice_str("damaged"), 0600), 0);
	listen_to_log();
	CHECK_EQ(start(), 0);
	CHECK_EQ(logged("/open is damaged: gaps of what was open may stay unreported\n"), 1);
	CHECK(end());
}

/* However much is open, it is saved after ten seconds. */
TEST(spooler_saves_a_large_table_every_ten_seconds)
{
	char id[16];
	size_t n;

	CHECK(begin());
	for (unsigned i = 0; i < 2000; i++) {
		(void)snprintf(id, sizeof(id), "%u", i);
		CHECK_EQ(take(ES_REC_CALL, id, ES_STATE_IN_PROGRESS, false), 0);
	}
	made_pass(d.loop, 1000);
	n = saved_bytes();
	CHECK(n > 40000);
	CHECK_EQ(take(ES_REC_CALL, "one more", ES_STATE_IN_PROGRESS, false), 0);
	made_pass(d.loop, 9999);
	CHECK_EQ(saved_bytes(), n);
	made_pass(d.loop, 1);
	CHECK(saved_bytes() > n);
	CHECK(end());
}

/* A disk that refuses is said at once, and once a minute while it does. */
TEST(spooler_says_a_refusal_once_a_minute)
{
	static const int64_t after_ms[] = { 0, 59999, 1, 30000 };
	static char text[5000];
	struct es_record own = record_of(ES_REC_CALL, "own", ES_STATE_COMPLETED);
	struct rlimit was, small;

	CHECK(begin());
	memset(text, 'x', sizeof(text));
	own.u.call.from = es_slice_of(text, sizeof(text));
	CHECK_EQ(getrlimit(RLIMIT_FSIZE, &was), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	small = was;
	small.rlim_cur = 4096; /* of the spool; the log is smaller */
	for (int i = 0; i < 4; i++) {
		made_pass(d.loop, after_ms[i]);
		listen_to_log();
		CHECK_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
		es_spooler_put(d.spooler, &own);
		CHECK_EQ(setrlimit(RLIMIT_FSIZE, &was), 0);
		CHECK_EQ(
		    logged("/spool: the disk refused a record; it is tried again"), i % 2 == 0);
	}
	CHECK(end());
}
