/* SPDX-License-Identifier: Apache-2.0 */
/* What a key log and the keys from it leave in the memory of the process: nothing. */
#include "agent/capture/capture.h"
#include "agent/keylog.h"
#include "agent/tls_reader.h"
#include "harness.h"
#include "runtime/crypto/hmac.h"
#include "runtime/crypto/tls_schedule.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATTERN_BYTES = 12, PATTERNS_MAX = 16, MASK = 0xa5, REGIONS_MAX = 512 };

/* What is searched for, masked so that the search does not find itself. */
static struct patterns {
	unsigned n;
	uint8_t masked[PATTERNS_MAX][PATTERN_BYTES];
	bool begins[256]; /* with this masked byte */
} wanted;

static void
note(const uint8_t *bytes)
{
	for (unsigned i = 0; i < PATTERN_BYTES; i++)
		wanted.masked[wanted.n][i] = bytes[i] ^ MASK;
	wanted.begins[bytes[0] ^ MASK] = true;
	wanted.n++;
}

__attribute__((no_sanitize_address)) static bool
is_at(const volatile uint8_t *at, const uint8_t masked[PATTERN_BYTES])
{
	for (unsigned i = 0; i < PATTERN_BYTES; i++)
		if ((at[i] ^ MASK) != masked[i])
			return false;
	return true;
}

/* Most places are passed over by their first byte. */
__attribute__((no_sanitize_address)) static bool
begins_at(uintptr_t at)
{
	return wanted.begins[*(const volatile uint8_t *)at ^ MASK];
}

/* How many of the patterns stand somewhere in memory that can be written to. */
static unsigned
found_in_memory(void)
{
	static struct {
		uintptr_t from, to;
	} regions[REGIONS_MAX];
	bool is_found[PATTERNS_MAX] = { false };
	unsigned n_regions = 0, n = 0;
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");

	if (maps == NULL)
		abort();
	while (fgets(line, sizeof(line), maps) != NULL && n_regions < REGIONS_MAX) {
		char *end;

		regions[n_regions].from = strtoul(line, &end, 16);
		regions[n_regions].to = strtoul(end + 1, &end, 16);
		if (strncmp(end, " rw", 3) == 0 && strstr(line, "[v") == NULL)
			n_regions++;
	}
	(void)fclose(maps);
	for (unsigned r = 0; r < n_regions; r++)
		for (uintptr_t at = regions[r].from; at + PATTERN_BYTES <= regions[r].to; at++)
			for (unsigned p = 0; begins_at(at) && p < wanted.n; p++)
				is_found[p] |=
				    is_at((const volatile uint8_t *)at, wanted.masked[p]);
	for (unsigned p = 0; p < wanted.n; p++)
		n += is_found[p];
	return n;
}

/* Appends a line about a new secret and notes it, as bytes and as text. */
static void
log_secret(int fd, const char *label, const uint8_t random[32], uint8_t *secret, size_t n)
{
	char line[256], hex[2 * 48 + 1], random_hex[65];
	int n_line;

	es_random_bytes(secret, n);
	es_hex_text(secret, n, hex);
	es_hex_text(random, 32, random_hex);
	note(secret);
	note((const uint8_t *)hex + 5);
	n_line = snprintf(line, sizeof(line), "%s %s %s\n", label, random_hex, hex);
	if (write(fd, line, (size_t)n_line) != n_line)
		abort();
	es_secret_zero(line, sizeof(line));
	es_secret_zero(hex, sizeof(hex));
}

static void
write_log(char *path, const uint8_t random[32])
{
	static const char *const labels[] = { "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
		"SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
		"SERVER_TRAFFIC_SECRET_0" };
	int fd = mkstemp(path);
	uint8_t secret[48], key[16];

	if (fd < 0)
		abort();
	log_secret(fd, "CLIENT_RANDOM", random, secret, 48);
	for (unsigned i = 0; i < 4; i++)
		log_secret(fd, labels[i], random, secret, 32);
	/* of the last one also a key that follows, and the one behind its update */
	(void)es_tls_expand(ES_TLS_SHA256, es_slice_of(secret, 32), "key", key, sizeof(key));
	note(key);
	(void)es_tls_expand(ES_TLS_SHA256, es_slice_of(secret, 32), "traffic upd", secret, 32);
	note(secret);
	es_secret_zero(secret, sizeof(secret));
	es_secret_zero(key, sizeof(key));
	(void)close(fd);
}

static void
say(void *ctx, bool is_bad, const char *text)
{
	(void)ctx;
	(void)is_bad;
	(void)text;
}

/* Everything that takes a secret in hand. */
static bool
use(const struct es_tls_opener *o, const uint8_t random[32], uint32_t id[2])
{
	struct es_tls_hellos h = { .version = 0x0303, .suite = 0xc023 };
	static const uint8_t record[85] = { 23, 3, 3, 0, 80 };
	uint8_t out[sizeof(record)], type;
	bool is_ok;
	size_t n;

	memcpy(h.client_random, random, 32);
	is_ok = o->open(o->ctx, &h, &id[0]) == 0;
	h.version = 0x0304;
	h.suite = 0x1301;
	is_ok &= o->open(o->ctx, &h, &id[1]) == 0;
	for (int side = 0; side < 2 && is_ok; side++) {
		is_ok &= o->rekey(o->ctx, id[0], side, ES_TLS_TRAFFIC_KEYS) == 0;
		is_ok &= o->rekey(o->ctx, id[1], side, ES_TLS_HANDSHAKE_KEYS) == 0;
		is_ok &= o->rekey(o->ctx, id[1], side, ES_TLS_TRAFFIC_KEYS) == 0;
		for (unsigned i = 0; i < 2 && is_ok; i++)
			is_ok &= o->record(o->ctx, id[i], side, es_slice_of(record, sizeof(record)),
				     out, &n, &type) == ES_EDENIED;
		is_ok &= o->rekey(o->ctx, id[1], side, ES_TLS_UPDATED_KEYS) == 0;
	}
	return is_ok;
}

#ifdef __SANITIZE_ADDRESS__
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

TEST(keylog_leaves_no_secret_in_memory)
{
	char path[] = "/tmp/earshot-keylog-XXXXXX";
	struct es_keylog_config cfg = { .path = path, .report = say };
	struct es_keylog *k = NULL;
	struct es_tls_reader *r = NULL;
	struct es_tls_opener o;
	uint8_t random[32];
	uint32_t id[2];

	if (IS_SANITIZED) {
		test_skip("the sanitizer's own memory is too large to search");
		return;
	}
	memset(&wanted, 0, sizeof(wanted));
	es_random_bytes(random, sizeof(random));
	write_log(path, random);
	CHECK_EQ(wanted.n, 12);
	CHECK_EQ(found_in_memory(), 0); /* the test itself keeps none */
	CHECK_EQ(es_keylog_new(&cfg, &k), 0);
	CHECK_EQ(es_tls_reader_new(k, &r), 0);
	o = es_tls_reader_opener(r);
	CHECK(use(&o, random, id));
	CHECK(found_in_memory() >= 5); /* and the search finds them */
	o.close(o.ctx, id[0]);
	es_tls_reader_free(r); /* closes the other */
	es_keylog_free(k);
	(void)unlink(path);
	CHECK_EQ(found_in_memory(), 0);
}

static void
take(void *ctx, const char *file, es_slice part, bool is_last)
{
	es_keylog_take(ctx, file, part, is_last);
}

/* A pcapng, in the order of this machine, whose only block behind its header holds the log; the bytes on the way are
 * wiped here. */
static void
wrap_log(int from, int to)
{
	static const struct {
		uint32_t type, length, magic;
		uint16_t major, minor;
		uint32_t section[2], length_again;
	} section = { 0x0a0d0d0a, sizeof(section), 0x1a2b3c4d, 1, 0, { UINT32_MAX, UINT32_MAX },
		sizeof(section) };
	uint8_t block[4096];
	ssize_t n = pread(from, block + 16, sizeof(block) - 32, 0);
	uint32_t head[4] = { 10, 0, 0x544c534b, (uint32_t)n };

	if (n <= 0)
		abort();
	head[1] = 20 + (((uint32_t)n + 3) & ~3u);
	memset(block + 16 + n, 0, head[1] - 16 - (size_t)n);
	memcpy(block, head, sizeof(head));
	memcpy(block + head[1] - 4, &head[1], 4);
	if (write(to, &section, sizeof(section)) != (ssize_t)sizeof(section) ||
	    write(to, block, head[1]) != (ssize_t)head[1])
		abort();
	es_secret_zero(block, sizeof(block));
}

TEST(keys_inside_a_capture_leave_no_secret_in_memory)
{
	char log[] = "/tmp/earshot-keylog-XXXXXX", path[] = "/tmp/earshot-keylog-XXXXXX";
	char error[ES_CAPTURE_ERROR_MAX];
	struct es_keylog_config cfg = { .report = say };
	struct es_keylog *k = NULL;
	struct es_capture_secrets to = { .take = take };
	struct es_capture *c = NULL;
	struct es_packet p;
	uint8_t random[32];
	int fd, from;

	if (IS_SANITIZED) {
		test_skip("the sanitizer's own memory is too large to search");
		return;
	}
	if (!es_secret_wipe_frees(false)) {
		test_skip("this C library does not overwrite what is freed");
		return;
	}
	memset(&wanted, 0, sizeof(wanted));
	es_random_bytes(random, sizeof(random));
	write_log(log, random);
	fd = mkstemp(path);
	from = open(log, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && from >= 0);
	wrap_log(from, fd);
	(void)close(from);
	(void)close(fd);
	CHECK_EQ(found_in_memory(), 0);

	CHECK_EQ(es_keylog_new(&cfg, &k), 0);
	CHECK_EQ(es_capture_file_open(path, ES_FILE_REGULAR, &c, error), 0);
	to.ctx = k;
	CHECK(es_capture_give_secrets(c, &to));
	CHECK_EQ(es_capture_next(c, &p), ES_EEOF);
	CHECK(es_keylog_find(k, random) != NULL);
	CHECK(found_in_memory() >= 5);
	es_capture_free(c);
	es_keylog_free(k);
	(void)unlink(log);
	(void)unlink(path);
	CHECK_EQ(found_in_memory(), 0);
}
