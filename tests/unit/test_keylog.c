/* SPDX-License-Identifier: Apache-2.0 */
/* The key log as a file: what is taken, what is complained about, what is left in memory. */
#include "agent/keylog.h"
#include "agent/tls_reader.h"
#include "harness.h"
#include "runtime/crypto/hmac.h"

#include <stdlib.h>
#include <unistd.h>

enum { SAID_MAX = 4096 };

static struct complaints {
	unsigned n, n_bad;
	char text[SAID_MAX];
} said;

static char path[64];

#define A16 "00112233445566778899aabbccddeeff"
#define RANDOM A16 A16
#define OTHER_RANDOM "f" A16 "0112233445566778899aabbccddeeff"
#define SECRET_32 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SECRET_48 SECRET_32 "0123456789abcdef0123456789abcdef"

static void
say(void *ctx, bool is_bad, const char *text)
{
	struct complaints *c = ctx;
	size_t used = strlen(c->text);

	c->n++;
	c->n_bad += is_bad;
	(void)snprintf(c->text + used, SAID_MAX - used, "%s\n", text);
}

static void
append(const char *text)
{
	FILE *f = fopen(path, "a");

	if (f == NULL)
		abort();
	fputs(text, f);
	(void)fclose(f);
}

/* A key log that holds the text. */
static struct es_keylog *
load(const char *text, bool is_growing)
{
	struct es_keylog_config cfg = { .path = path, .is_growing = is_growing, .report = say };
	struct es_keylog *k = NULL;
	int fd;

	cfg.ctx = &said;
	said = (struct complaints){ .n = 0 };
	(void)snprintf(path, sizeof(path), "/tmp/earshot-keylog-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		abort();
	(void)close(fd);
	append(text);
	if (es_keylog_new(&cfg, &k) != 0)
		return NULL;
	return k;
}

static void
done(struct es_keylog *k)
{
	es_keylog_free(k);
	(void)unlink(path);
}

static const struct es_keylog_row *
find(struct es_keylog *k, uint8_t first)
{
	static const uint8_t random[] = "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd"
					"\xee\xff\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb"
					"\xcc\xdd\xee\xff";
	uint8_t wanted[ES_KEYLOG_RANDOM_BYTES];

	memcpy(wanted, random, sizeof(wanted));
	wanted[0] = first;
	return es_keylog_find(k, wanted);
}

static bool
knows(struct es_keylog *k, const char *random_hex)
{
	uint8_t wanted[ES_KEYLOG_RANDOM_BYTES];

	return es_hex_parse(es_slice_str(random_hex), wanted, sizeof(wanted)) == 0 &&
	       es_keylog_find(k, wanted) != NULL;
}

TEST(keylog_takes_every_secret_of_a_connection)
{
	struct es_keylog *k = load("\xef\xbb\xbf# made by somebody\r\n\n"
				   "CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " SECRET_32 "\r\n"
				   "SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " SECRET_32 "\n"
				   "EXPORTER_SECRET " RANDOM " " SECRET_48 "\n"
				   "RSA 0011223344556677 " SECRET_48 "\n"
				   "CLIENT_TRAFFIC_SECRET_0 " RANDOM "  " SECRET_48 "\n"
				   "CLIENT_RANDOM " RANDOM " " SECRET_48,
	    false);
	const struct es_keylog_row *row;

	CHECK(k != NULL);
	CHECK_EQ(said.n, 0);
	CHECK(find(k, 1) == NULL);
	row = find(k, 0);
	CHECK(row != NULL);
	CHECK_EQ(row->n_bytes[ES_KEYLOG_CLIENT_HANDSHAKE], 32);
	CHECK_EQ(row->n_bytes[ES_KEYLOG_SERVER_HANDSHAKE], 32);
	CHECK_EQ(row->n_bytes[ES_KEYLOG_CLIENT_TRAFFIC], 48);
	CHECK_EQ(row->n_bytes[ES_KEYLOG_SERVER_TRAFFIC], 0);
	CHECK_EQ(row->n_bytes[ES_KEYLOG_MASTER], 48);
	CHECK_EQ(row->secret[ES_KEYLOG_MASTER][1], 0x23);
	done(k);
}

TEST(keylog_later_line_counts)
{
	struct es_keylog *k =
	    load("CLIENT_RANDOM " RANDOM " " SECRET_48 "\n"
		 "CLIENT_RANDOM " RANDOM " ff" SECRET_32 "23456789abcdef0123456789abcdef\n",
		false);

	CHECK(k != NULL);
	CHECK_EQ(said.n, 0);
	CHECK_EQ(find(k, 0)->secret[ES_KEYLOG_MASTER][0], 0xff);
	done(k);
}

TEST(keylog_names_the_line_and_no_secret)
{
	static const char *const bad[] = {
		"CLIENT_RANDOM " RANDOM " " SECRET_32 "\n",             /* too short */
		"CLIENT_RANDOM " RANDOM "\n",                           /* no secret */
		"CLIENT_RANDOM 00 " SECRET_48 "\n",                     /* short random */
		"CLIENT_RANDOM " RANDOM " " SECRET_48 " more\n",        /* a word too many */
		"CLIENT_TRAFFIC_SECRET_0 " RANDOM " " SECRET_32 "00\n", /* no hash is that long */
		"client_random " RANDOM " " SECRET_48 "\n",
		"CLIENT_RANDOM " RANDOM " " SECRET_32 "0123456789abcdef0123456789abcdeg\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[1024];
		struct es_keylog *k;

		(void)snprintf(text, sizeof(text),
		    "# first\n%sCLIENT_RANDOM " OTHER_RANDOM " " SECRET_48 "\n", bad[i]);
		k = load(text, false);
		CHECK(k != NULL);
		CHECK_EQ(said.n_bad, 1);
		CHECK(strstr(said.text, ":2: expected ") != NULL);
		CHECK(strstr(said.text, "0123") == NULL);
		CHECK(knows(k, OTHER_RANDOM)); /* the other line counts */
		done(k);
	}
}

TEST(keylog_complains_in_few_words_of_a_file_that_is_no_keylog)
{
	static char text[200000];
	struct es_keylog *k;

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 7 == 6 ? '\n' : 'x';
	k = load(text, false);
	CHECK(k != NULL);
	CHECK_EQ(said.n_bad, ES_KEYLOG_BAD_LINES_MAX + 2);
	CHECK(strstr(said.text, "more lines were not understood") != NULL);
	CHECK(strstr(said.text, "holds no key") != NULL);
	done(k);
}

TEST(keylog_passes_over_a_line_without_an_end)
{
	static char text[100000];
	size_t n = sizeof(text) - 300;
	struct es_keylog *k;

	memset(text, 'a', n);
	(void)snprintf(text + n, 300, "\nCLIENT_RANDOM " RANDOM " " SECRET_48 "\n");
	k = load(text, false);
	CHECK(k != NULL);
	CHECK_EQ(said.n_bad, 1);
	CHECK(strstr(said.text, ":1: expected lines of at most") != NULL);
	CHECK(find(k, 0) != NULL);
	done(k);
}

TEST(keylog_that_grows_is_read_on)
{
	struct es_keylog *k = load("CLIENT_RANDOM " RANDOM " " SECRET_32, true);

	CHECK(k != NULL);
	CHECK(find(k, 0) == NULL); /* half a line is no line yet */
	CHECK(!es_keylog_is_longer(k));
	append("0123456789abcdef0123456789abcdef\nCLIENT_RANDOM ");
	CHECK(es_keylog_is_longer(k));
	CHECK_EQ(find(k, 0)->n_bytes[ES_KEYLOG_MASTER], 48);
	CHECK_EQ(said.n, 0);
	done(k);
}

TEST(keylog_without_an_end_ends)
{
	struct es_keylog_config cfg = { .path = "/dev/zero", .report = say, .ctx = &said };
	struct es_keylog *k = NULL;

	said = (struct complaints){ .n = 0 };
	CHECK_EQ(es_keylog_new(&cfg, &k), 0);
	CHECK(strstr(said.text, "longer than 512 MiB") != NULL);
	es_keylog_free(k);
}

TEST(keylog_that_cannot_be_read_is_said)
{
	struct es_keylog_config cfg = { .path = "/nonexistent/keys", .report = say, .ctx = &said };
	struct es_keylog *k = NULL;

	said = (struct complaints){ .n = 0 };
	CHECK_EQ(es_keylog_new(&cfg, &k), ES_EIO);
	CHECK(strstr(said.text, "/nonexistent/keys") != NULL);
	cfg.path = "/tmp";
	CHECK_EQ(es_keylog_new(&cfg, &k), ES_EIO);
	CHECK(k == NULL);
}

/* As they stand in a capture: in parts that end anywhere, the last line without an end. */
TEST(keylog_takes_logs_in_parts)
{
	static const char whole[] = "# a browser's\nCLIENT_RANDOM " RANDOM " " SECRET_48
				    "\nCLIENT_RANDOM " OTHER_RANDOM " " SECRET_48;

	for (size_t step = 1; step < 200; step += 33) {
		struct es_keylog_config cfg = { .report = say, .ctx = &said };
		struct es_keylog *k = NULL;

		said = (struct complaints){ .n = 0 };
		CHECK_EQ(es_keylog_new(&cfg, &k), 0);
		for (size_t at = 0; at < sizeof(whole) - 1; at += step) {
			size_t n = sizeof(whole) - 1 - at < step ? sizeof(whole) - 1 - at : step;

			es_keylog_take(k, "a.pcapng", es_slice_of((const uint8_t *)whole + at, n),
			    at + n == sizeof(whole) - 1);
		}
		CHECK(knows(k, RANDOM) && knows(k, OTHER_RANDOM));
		CHECK_EQ(said.n, 0);
		es_keylog_take(k, "b.pcapng", es_slice_of((const uint8_t *)"junk here", 9), true);
		CHECK(strstr(said.text, "b.pcapng, its decryption secrets:1: expected a label") !=
		      NULL);
		CHECK_EQ(said.n_bad, 1);
		es_keylog_free(k);
	}
}

TEST(tls_reader_opens_what_the_log_is_complete_for)
{
	static const char *const whole =
	    "CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " SECRET_32 "\n"
	    "SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM " " SECRET_32 "\n"
	    "CLIENT_TRAFFIC_SECRET_0 " RANDOM " " SECRET_32 "\n";
	struct es_keylog *k = load(whole, true);
	struct es_tls_hellos h = { .version = 0x0304, .suite = 0x1301 };
	struct es_tls_reader *r = NULL;
	struct es_tls_opener o;
	uint32_t id;

	CHECK(k != NULL);
	CHECK_EQ(es_tls_reader_new(k, &r), 0);
	o = es_tls_reader_opener(r);
	CHECK_EQ(o.open(o.ctx, &h, &id), ES_EAGAIN);
	memcpy(h.client_random, find(k, 0)->client_random, sizeof(h.client_random));
	CHECK_EQ(o.open(o.ctx, &h, &id), 0); /* the rest may come */
	CHECK_EQ(o.rekey(o.ctx, id, true, ES_TLS_HANDSHAKE_KEYS), 0);
	CHECK_EQ(o.rekey(o.ctx, id, true, ES_TLS_TRAFFIC_KEYS), ES_EAGAIN);
	append("SERVER_TRAFFIC_SECRET_0 " RANDOM " " SECRET_32 "\n");
	CHECK_EQ(o.rekey(o.ctx, id, true, ES_TLS_TRAFFIC_KEYS), 0);
	CHECK_EQ(o.rekey(o.ctx, id, true, ES_TLS_UPDATED_KEYS), 0);
	CHECK_EQ(o.rekey(o.ctx, id, false, ES_TLS_UPDATED_KEYS), ES_EINVALID); /* none before */
	o.close(o.ctx, id);
	CHECK_EQ(o.rekey(o.ctx, id, true, ES_TLS_TRAFFIC_KEYS), ES_EINVALID);
	h.suite = 0x1302; /* its hash is longer than these secrets */
	CHECK_EQ(o.open(o.ctx, &h, &id), ES_EAGAIN);
	h.version = 0x0303;
	h.suite = 0xc02f;
	CHECK_EQ(o.open(o.ctx, &h, &id), ES_EAGAIN); /* no master secret */
	h.suite = 0x000a;
	CHECK_EQ(o.open(o.ctx, &h, &id), ES_EUNSUPPORTED);
	es_tls_reader_free(r);
	done(k);
}

/* Of a log that is whole nothing more comes. */
TEST(tls_reader_of_a_whole_log_says_that_there_is_no_key)
{
	struct es_keylog *k = load("CLIENT_RANDOM " RANDOM " " SECRET_48 "\n", false);
	struct es_tls_hellos h = { .version = 0x0303, .suite = 0xc02f };
	struct es_tls_reader *r = NULL;
	struct es_tls_opener o;
	uint32_t id;

	CHECK(k != NULL);
	CHECK_EQ(es_tls_reader_new(k, &r), 0);
	o = es_tls_reader_opener(r);
	CHECK_EQ(o.open(o.ctx, &h, &id), ES_ENOTFOUND);
	es_tls_reader_free(r);
	done(k);
}

TEST(tls_reader_gives_places_back_and_says_when_it_is_full)
{
	struct es_keylog *k = load("CLIENT_RANDOM " RANDOM " " SECRET_48 "\n", false);
	struct es_tls_hellos h = { .version = 0x0303, .suite = 0xc02f };
	struct es_tls_reader *r = NULL;
	struct es_tls_opener o;
	uint32_t id = 0;

	CHECK(k != NULL);
	CHECK_EQ(es_tls_reader_new(k, &r), 0);
	o = es_tls_reader_opener(r);
	memcpy(h.client_random, find(k, 0)->client_random, sizeof(h.client_random));
	for (unsigned i = 0; i < ES_TLS_READER_CONNECTIONS_MAX; i++)
		CHECK_EQ(o.open(o.ctx, &h, &id), 0);
	CHECK_EQ(o.open(o.ctx, &h, &id), ES_EFULL);
	o.close(o.ctx, 7);
	o.close(o.ctx, 7); /* a second time is nothing */
	CHECK_EQ(o.open(o.ctx, &h, &id), 0);
	CHECK_EQ(id, 7);
	CHECK_EQ(o.open(o.ctx, &h, &id), ES_EFULL);
	es_tls_reader_free(r);
	done(k);
}
