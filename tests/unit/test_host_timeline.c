/* SPDX-License-Identifier: Apache-2.0 */
/* A machine's health written as JSON and read back; and what is refused, with its place. */
#include "agent/host_timeline.h"

#include "agent/path/path_json.h"
#include "agent/record_json.h"
#include "earshot/host.h"

#include "harness.h"

#include <stdlib.h>
#include <unistd.h>

enum { TEXT_MAX = 64 * 1024 };

static char path[64];

/* A file of these bytes; its name stands in path. */
static bool
write_file(const char *bytes, size_t n)
{
	int fd;
	bool ok;

	(void)snprintf(path, sizeof(path), "/tmp/earshot-timeline-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return false;
	ok = write(fd, bytes, n) == (ssize_t)n;
	(void)close(fd);
	return ok;
}

static int
load(const char *bytes, size_t n, struct es_timeline *t, char error[ES_TIMELINE_ERROR_MAX])
{
	int err;

	if (!write_file(bytes, n))
		return ES_EINVALID;
	err = es_timeline_load(path, ES_FILE_REGULAR, t, error);
	(void)unlink(path);
	return err;
}

static int
load_text(const char *text, struct es_timeline *t, char error[ES_TIMELINE_ERROR_MAX])
{
	return load(text, strlen(text), t, error);
}

static size_t
print(const struct es_record *records, size_t n, char out[TEXT_MAX])
{
	struct es_json j;

	es_json_init(&j, out, TEXT_MAX, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		es_record_json(&records[i], &j);
	return j.bad ? 0 : j.n_bytes;
}

TEST(timeline_reads_what_was_printed)
{
	static char before[TEXT_MAX], after[TEXT_MAX];
	struct es_signal_value values[ES_SIG_END];
	struct es_record rec[12] = { 0 };
	char error[ES_TIMELINE_ERROR_MAX];
	struct es_timeline t;
	size_t n;

	for (int i = 0; i + 1 < ES_SIG_END; i++) { /* every signal there is */
		values[i].signal = (uint16_t)(i + 1);
		values[i].value = i % 2 ? -(int64_t)i * 1000 : INT64_MAX - i;
	}
	rec[0].type = ES_REC_HOST;
	rec[0].u.host = (struct es_host){ .start = es_time_of_ns(ES_NS_PER_S),
		.end = es_time_of_ns(6 * ES_NS_PER_S + 123000),
		.full = true,
		.interface = es_slice_str("wlan0"),
		.values = values,
		.n_values = ES_SIG_END - 1 };
	rec[1].type = ES_REC_HOST;
	rec[1].u.host = (struct es_host){ .start = es_time_of_ns(6), .end = es_time_of_ns(7000) };
	for (uint16_t kind = 1; kind <= 8; kind++) { /* every change */
		rec[1 + kind].type = ES_REC_CHANGE;
		rec[1 + kind].u.change =
		    (struct es_change){ .time = es_time_of_ns(kind * ES_NS_PER_S),
			    .kind = kind,
			    .subject = es_slice_str("def\"ault\n\xc3\xa9"),
			    .before = es_slice_str(kind % 2 ? "via 10.0.0.1 dev wlan0" : ""),
			    .after = es_slice_str("via 10.0.0.2 dev eth0") };
	}
	n = print(rec, 10, before);
	CHECK(n > 0);
	CHECK_EQ(load(before, n, &t, error), 0);
	CHECK_EQ(t.n, 10);
	CHECK(!t.synthetic);
	CHECK_EQ(t.records[0].u.host.n_values, ES_SIG_END - 1);
	CHECK_EQ(t.records[0].at.ns, rec[0].u.host.end.ns);
	CHECK_EQ(print(t.records, t.n, after), n);
	CHECK_EQ(memcmp(before, after, n), 0);
	es_timeline_done(&t);
	CHECK_EQ(t.n, 0);
	es_timeline_done(&t);
}

TEST(timeline_passes_over_what_earshot_path_printed)
{
	static char text[TEXT_MAX];
	struct es_path p = { .target = es_slice_str("sip:pbx.test"), .n_links = 1 };
	char error[ES_TIMELINE_ERROR_MAX];
	struct es_timeline t;
	struct es_json j;

	p.links[0] = (struct es_link){ .kind = ES_LINK_DNS,
		.state = ES_LINK_BROKEN,
		.has_rtt = true,
		.rtt_us = 1204,
		.has_loss = true,
		.loss_ppm = 500000,
		.subject = es_slice_str("192.0.2.53"),
		.text = es_slice_str("SERVFAIL") };
	p.broken = &p.links[0];
	es_json_init(&j, text, sizeof(text) - 1, NULL, NULL);
	es_path_json(&p, &j);
	text[j.n_bytes] = '\0';
	CHECK_STR(text, "{\"record\":\"path\",\"time\":\"1970-01-01T00:00:00.000000Z\","
			"\"target\":\"sip:pbx.test\",\"links\":[{\"kind\":\"dns\",\"subject\":"
			"\"192.0.2.53\",\"state\":\"broken\",\"rtt_ms\":1.204,\"loss\":0.5000,"
			"\"text\":\"SERVFAIL\"}],\"broken\":{\"kind\":\"dns\",\"subject\":"
			"\"192.0.2.53\",\"text\":\"SERVFAIL\"}}\n");
	CHECK_EQ(load(text, j.n_bytes, &t, error), 0);
	CHECK_EQ(t.n, 0);
	es_timeline_done(&t);
}

#define HOST(signals)                                              \
	"{\"record\":\"host\",\"start\":\"2026-01-01T00:00:00Z\"," \
	"\"end\":\"2026-01-01T00:00:05Z\",\"signals\":{" signals "}}\n"

TEST(timeline_says_that_it_was_made_up)
{
	struct es_timeline t;
	char error[ES_TIMELINE_ERROR_MAX];

	CHECK_EQ(
	    load_text(
		"\n" HOST("\"wifi_signal_dbm\":-88") "  \t\r\n"
						     "{\"synthetic\":true,\"record\":\"change\","
						     "\"time\":\"2026-01-01T00:00:03.5Z\",\"kind\":"
						     "\"vpn\"}",
		&t, error),
	    0);
	CHECK_EQ(t.n, 2);
	CHECK(t.synthetic);
	CHECK(!t.records[0].u.host.synthetic);
	CHECK(t.records[1].u.change.synthetic);
	CHECK_EQ(t.records[0].u.host.values[0].signal, ES_SIG_WIFI_SIGNAL);
	CHECK_EQ(t.records[0].u.host.values[0].value, -88);
	CHECK_EQ(t.records[1].u.change.kind, ES_CHANGE_VPN);
	CHECK_EQ(t.records[1].u.change.after.n, 0);
	es_timeline_done(&t);
	CHECK_EQ(load_text("", &t, error), 0);
	CHECK_EQ(t.n, 0);
	es_timeline_done(&t);
}

TEST(timeline_refuses_with_line_and_reason)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ HOST("\"wifi_signal\":-88"), ":1: signal \"wifi_signal\" is not known" },
		{ HOST("") HOST("\"cpu_busy_ppm\":1.5"),
		    ":2: signal \"cpu_busy_ppm\": expected a whole number of ppm" },
		{ HOST("\"cpu_busy_ppm\":1,\"cpu_busy_ppm\":2"), ":1: column" },
		{ HOST("\"cpu_busy_ppm\":99999999999999999999"), ":1: column" },
		{ "{\"record\":\"stream\"}", ":1: \"record\": expected" },
		{ "{\"record\":\"path\",\"time\":\"2026-01-01T00:00:00Z\"}",
		    ":1: \"target\" is missing" },
		{ "{\"record\":\"path\",\"time\":1,\"target\":\"a\",\"links\":[]}",
		    ":1: \"time\": expected a time" },
		{ "{\"record\":5}", ":1: \"record\": expected" },
		{ "[]", ":1: expected a JSON object" },
		{ "\n\n{\"record\":\"host\"", ":3: column" },
		{ "{\"record\":\"host\"}", ":1: \"start\" is missing" },
		{ "{\"record\":\"change\",\"time\":\"2026-01-01T00:00:00Z\"}",
		    ":1: \"kind\" is missing" },
		{ "{\"record\":\"change\",\"time\":\"2026-01-01T00:00:00Z\",\"kind\":\"moon\"}",
		    ":1: \"kind\": expected route" },
		{ "{\"record\":\"change\",\"time\":\"yesterday\",\"kind\":\"dns\"}",
		    ":1: \"time\": expected a time" },
		{ "{\"record\":\"change\",\"time\":7,\"kind\":\"dns\"}",
		    ":1: \"time\": expected a time" },
		{ "{\"record\":\"change\",\"time\":\"2026-01-01T00:00:00Z\",\"kind\":\"dns\","
		  "\"befor\":\"x\"}",
		    ":1: key \"befor\" is not known" },
		{ "{\"record\":\"host\",\"start\":\"2026-01-01T00:00:05Z\","
		  "\"end\":\"2026-01-01T00:00:00Z\",\"signals\":{}}",
		    ":1: \"end\" is before \"start\"" },
		{ "{\"record\":\"host\",\"start\":\"2026-01-01T00:00:05Z\","
		  "\"end\":\"2026-01-01T00:00:06Z\",\"signals\":{},\"synthetic\":1}",
		    ":1: \"synthetic\": expected true or false" },
	};
	char error[ES_TIMELINE_ERROR_MAX];
	struct es_timeline t;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_EQ(load_text(rows[i].text, &t, error), ES_EMALFORMED);
		CHECK(strncmp(error, path, strlen(path)) == 0);
		if (strncmp(error + strlen(path), rows[i].says, strlen(rows[i].says)) != 0)
			CHECK_STR(error + strlen(path), rows[i].says);
		CHECK_EQ(t.n, 0);
		CHECK(t.records == NULL && t.texts == NULL);
	}
}

TEST(timeline_that_cannot_be_read_is_named)
{
	char error[ES_TIMELINE_ERROR_MAX];
	struct es_timeline t;

	CHECK_EQ(es_timeline_load("/nonexistent/file", ES_FILE_ANY, &t, error), ES_EIO);
	CHECK_STR(error, "/nonexistent/file: No such file or directory");
	CHECK_EQ(es_timeline_load("/tmp", ES_FILE_ANY, &t, error), ES_EIO);
	CHECK_STR(error, "/tmp: Is a directory");
	CHECK_EQ(es_timeline_load("/dev/zero", ES_FILE_REGULAR, &t, error), ES_EUNSUPPORTED);
	CHECK_STR(error, "/dev/zero: is not a regular file");
}

TEST(timeline_survives_any_bytes)
{
	static const char good[] = HOST("\"wifi_signal_dbm\":-88,\"cpu_busy_ppm\":4");
	static char big[ES_TIMELINE_LINE_MAX + 2];
	char bytes[sizeof(good)];
	char error[ES_TIMELINE_ERROR_MAX];
	struct es_timeline t;

	for (size_t cut = 0; cut < sizeof(good) - 1; cut++) { /* the line break is not needed */
		bool is_line = cut == sizeof(good) - 2;

		CHECK_EQ(load(good, cut, &t, error), cut == 0 || is_line ? 0 : ES_EMALFORMED);
		CHECK_EQ(t.n, is_line);
		es_timeline_done(&t);
	}
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		int err;

		memcpy(bytes, good, sizeof(good));
		bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
		err = load(bytes, sizeof(good) - 1, &t, error);
		CHECK(err == 0 ? t.n == 1 : err == ES_EMALFORMED && t.n == 0 && strlen(error) > 0);
		es_timeline_done(&t);
		bytes[i] = '\0'; /* a NUL ends nothing quietly */
		CHECK_EQ(load(bytes, sizeof(good) - 1, &t, error), ES_EMALFORMED);
	}
	memset(big, ' ', sizeof(big));
	CHECK_EQ(load(big, sizeof(big), &t, error), ES_EFULL);
}
