/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that stand in a pcapng next to its packets: handed on as they are, or said what is wrong. */
#include "tests/unit/harness.h"
#include "tests/unit/made_capture.h"

enum { TLS = 0x544c534b, WIREGUARD = 0x57474b4c, LONG = 300000 };

static struct heard {
	size_t n;
	unsigned logs, n_bad;
	char file[64], text[LONG + 64], bad[ES_CAPTURE_ERROR_MAX];
} heard;

static void
take(void *ctx, const char *file, es_slice part, bool is_last)
{
	(void)ctx;
	(void)snprintf(heard.file, sizeof(heard.file), "%s", file);
	if (heard.n + part.n > sizeof(heard.text))
		abort();
	if (part.n > 0)
		memcpy(heard.text + heard.n, part.p, part.n);
	heard.n += part.n;
	heard.logs += is_last;
}

static void
bad(void *ctx, const char *text)
{
	(void)ctx;
	heard.n_bad++;
	(void)snprintf(heard.bad, sizeof(heard.bad), "%s", text);
}

static const struct es_capture_secrets to = { NULL, take, bad };

static void
section(struct made *m)
{
	ng_section(m);
	put(m, 1, 4); /* an interface without options */
	put(m, 20, 4);
	put(m, 1, 2);
	put(m, 0, 2);
	put(m, 0, 4);
	put(m, 20, 4);
}

/* says: the length it has. */
static void
secrets(struct made *m, uint32_t kind, const char *text, size_t says)
{
	size_t padded = (strlen(text) + 3) & ~(size_t)3;

	put(m, 10, 4);
	put(m, 20 + padded, 4);
	put(m, kind, 4);
	put(m, says, 4);
	put_bytes(m, text, padded);
	put(m, 20 + padded, 4);
}

static void
packet(struct made *m)
{
	put(m, 6, 4);
	put(m, 36, 4);
	put(m, 0, 8);
	put(m, 0, 4);
	put(m, 4, 4);
	put(m, 4, 4);
	put_bytes(m, "abcd", 4);
	put(m, 36, 4);
}

/* Packets that are read to the end; *ends: how. has_first: what is said of secrets in front. */
static unsigned
read_all(const void *bytes, size_t n, bool *has_first, int *ends)
{
	char error[ES_CAPTURE_ERROR_MAX];
	struct es_capture *c;
	struct es_packet p;
	unsigned n_packets = 0;

	heard = (struct heard){ .n = 0 };
	if (open_made(bytes, n, &c, error) != 0)
		abort();
	*has_first = es_capture_give_secrets(c, &to);
	while ((*ends = es_capture_next(c, &p)) == 0)
		n_packets++;
	es_capture_free(c);
	return n_packets;
}

TEST(secrets_of_tls_are_handed_on_in_both_byte_orders)
{
	for (int big = 0; big < 2; big++) {
		struct made m = { .big = big };
		bool has_first;
		int ends;

		section(&m);
		secrets(&m, TLS, "CLIENT_RANDOM 00 11", 19);
		packet(&m);
		secrets(&m, WIREGUARD, "not ours", 8);
		secrets(&m, TLS, "more\n", 5);
		packet(&m);
		CHECK_EQ(read_all(m.b, m.n, &has_first, &ends), 2);
		CHECK_EQ(ends, ES_EEOF);
		CHECK(has_first);
		CHECK_EQ(heard.logs, 2);
		CHECK_SLICE(es_slice_of(heard.text, heard.n), "CLIENT_RANDOM 00 11more\n");
		CHECK(strstr(heard.file, "/proc/self/fd/") != NULL);
		CHECK_EQ(heard.n_bad, 0);
	}
}

TEST(secrets_behind_the_first_packet_are_not_in_front)
{
	struct made m = { .big = false };
	bool has_first;
	int ends;

	section(&m);
	packet(&m);
	secrets(&m, TLS, "more", 4);
	CHECK_EQ(read_all(m.b, m.n, &has_first, &ends), 1);
	CHECK(!has_first);
	CHECK_SLICE(es_slice_of(heard.text, heard.n), "more");
}

TEST(secrets_longer_than_the_window_are_whole)
{
	static uint8_t file[LONG + 1000];
	struct made m = { .big = false };
	bool has_first;
	int ends;

	section(&m);
	put(&m, 10, 4);
	put(&m, 20 + LONG, 4);
	put(&m, TLS, 4);
	put(&m, LONG - 3, 4);
	memcpy(file, m.b, m.n);
	for (size_t i = 0; i < LONG; i++)
		file[m.n + i] = (uint8_t)('a' + i % 23);
	{
		struct made rest = { .big = false };

		put(&rest, 20 + LONG, 4);
		packet(&rest);
		memcpy(file + m.n + LONG, rest.b, rest.n);
		CHECK_EQ(read_all(file, m.n + LONG + rest.n, &has_first, &ends), 1);
	}
	CHECK_EQ(ends, ES_EEOF);
	CHECK(has_first);
	CHECK_EQ(heard.n, LONG - 3);
	CHECK_EQ(heard.logs, 1);
	for (size_t i = 0; i < heard.n; i++)
		CHECK_EQ(heard.text[i], 'a' + (int)(i % 23));
	CHECK_EQ(read_all(file, 200000, &has_first, &ends), 0); /* cut within */
	CHECK_EQ(ends, ES_ECUT);
	CHECK_EQ(heard.logs, 0);
}

/* They are said, and the packets behind them are read. */
TEST(secrets_that_are_damaged_are_said_and_passed_over)
{
	struct made m = { .big = false };
	bool has_first;
	int ends;

	section(&m);
	secrets(&m, TLS, "short", 9);
	packet(&m);
	CHECK_EQ(read_all(m.b, m.n, &has_first, &ends), 1);
	CHECK_EQ(heard.n_bad, 1);
	CHECK_EQ(heard.n, 0);
	CHECK(strstr(heard.bad, "at byte 48: a decryption secrets block of 28 bytes") != NULL);
	CHECK(strstr(heard.bad, "too short for the length of its secrets, 9") != NULL);
	m.n = 0;
	section(&m);
	put(&m, 10, 4);
	put(&m, 16, 4);
	put(&m, TLS, 4);
	put(&m, 16, 4);
	packet(&m);
	CHECK_EQ(read_all(m.b, m.n, &has_first, &ends), 1);
	CHECK_EQ(heard.n_bad, 1);
	CHECK(strstr(heard.bad, "lacks its 8 fixed bytes") != NULL);
	m.n = 0;
	section(&m);
	secrets(&m, TLS, "", 0); /* empty is fine */
	packet(&m);
	CHECK_EQ(read_all(m.b, m.n, &has_first, &ends), 1);
	CHECK_EQ(heard.n_bad, 0);
	CHECK_EQ(heard.logs, 1);
}

/* Every length of a file with secrets, and every byte damaged: it ends, and nothing else is read. */
TEST(secrets_in_a_damaged_file_end)
{
	struct made m = { .big = false };
	bool has_first;
	int ends;

	section(&m);
	secrets(&m, TLS, "CLIENT_RANDOM 00 11", 19);
	packet(&m);
	for (size_t n = 28; n <= m.n; n++) {
		CHECK_EQ(read_all(m.b, n, &has_first, &ends), n == m.n);
		CHECK(ends == ES_ECUT ||
		      (ends == ES_EEOF && (n == 28 || n == 48 || n == 88 || n == m.n)));
		CHECK_EQ(heard.logs, n >= 64 + 19); /* with its last byte, whatever pads it */
		CHECK(heard.logs == 0 || heard.n == 19);
	}
	for (size_t i = 48; i < m.n; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			m.b[i] ^= (uint8_t)(1u << bit);
			CHECK(read_all(m.b, m.n, &has_first, &ends) <= 1);
			CHECK(ends == ES_EEOF || ends == ES_ECUT || ends == ES_EMALFORMED);
			CHECK(heard.n <= 24 && heard.logs <= 1 && heard.n_bad <= 1);
			m.b[i] ^= (uint8_t)(1u << bit);
		}
	}
}

TEST(secrets_come_through_a_merge)
{
	struct es_capture *sources[2], *c, *sorted;
	struct made with = { .big = false }, without = { .big = false };
	char error[ES_CAPTURE_ERROR_MAX];
	struct es_packet p;

	heard = (struct heard){ .n = 0 };
	section(&with);
	secrets(&with, TLS, "keys", 4);
	packet(&with);
	section(&without);
	packet(&without);
	CHECK_EQ(open_made(without.b, without.n, &sources[0], error), 0);
	CHECK(!es_capture_give_secrets(sources[0], &to));
	CHECK_EQ(open_made(with.b, with.n, &sources[1], error), 0);
	CHECK_EQ(es_capture_merge_new(sources, 2, &c), 0);
	CHECK_EQ(es_capture_order_new(c, &sorted), 0);
	CHECK(es_capture_give_secrets(sorted, &to));
	CHECK_EQ(es_capture_next(sorted, &p), 0);
	CHECK_SLICE(es_slice_of(heard.text, heard.n), "keys"); /* before the first packet of all */
	es_capture_free(sorted);
}
