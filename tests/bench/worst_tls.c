/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the most expensive packet of TLS costs whose keys are at hand: segments of 64 KiB, put together
 * before they were captured, of the smallest records and of the largest. Real keys, real ciphers.
 *
 *	worst_tls [PLAY]
 */
#include "agent/tls_reader.h"
#include "runtime/crypto/hmac.h"
#include "runtime/crypto/tls_schedule.h"
#include "tests/bench/worst.h"
#include "tests/unit/tls_hello.h"

#include <mbedtls/cipher.h>
#include <unistd.h>

enum {
	CLIENT = 0x0a000001,
	SERVER = 0x0a000002,
	SEGMENT_MAX = 65400,
	PACKETS = 100,
	OVERHEAD = 5 + 1 + 16, /* head, inner type, tag */
	SYN = 2,
	PSH = 0x18,
};

static const struct suite {
	const char *name;
	uint16_t number;
	mbedtls_cipher_type_t cipher;
	unsigned key_bytes;
} suites[] = {
	{ "aes_128_gcm", 0x1301, MBEDTLS_CIPHER_AES_128_GCM, 16 },
	{ "chacha20_poly1305", 0x1303, MBEDTLS_CIPHER_CHACHA20_POLY1305, 32 },
	{ "aes_128_ccm", 0x1304, MBEDTLS_CIPHER_AES_128_CCM, 16 },
};

static const struct suite *suite;
static size_t data_bytes; /* of a record */
static uint32_t seq[2];
static uint64_t number;
static uint8_t secret[32];
static mbedtls_cipher_context_t cipher;

static uint8_t *
payload(struct worst *w)
{
	return w->frame + 40;
}

static void
send(struct worst *w, bool by_server, uint8_t flags, size_t n)
{
	worst_ip(w, 6, by_server ? SERVER : CLIENT, by_server ? CLIENT : SERVER, 20 + n);
	memset(w->frame + 20, 0, 20);
	worst_put(w->frame + 20, 2, by_server ? 5061 : 40000);
	worst_put(w->frame + 22, 2, by_server ? 40000 : 5061);
	worst_put(w->frame + 24, 4, seq[by_server]);
	w->frame[32] = 0x50;
	w->frame[33] = flags;
	seq[by_server] += (uint32_t)n + ((flags & SYN) != 0 ? 1u : 0u);
	worst_send(w, ES_LINK_RAW, 40 + n, 1000);
}

/* A record of the client behind those that are there; its length. */
static size_t
seal(uint8_t *at, uint8_t type, const uint8_t *data, size_t n)
{
	uint8_t nonce[12], inner[16385];
	const uint8_t head[5] = { 23, 3, 3, (uint8_t)((n + 17) >> 8), (uint8_t)(n + 17) };
	size_t n_out;

	(void)es_tls_expand(ES_TLS_SHA256, es_slice_of(secret, 32), "iv", nonce, sizeof(nonce));
	for (unsigned i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(number >> 8 * i);
	number++;
	memcpy(inner, data, n);
	inner[n] = type;
	memcpy(at, head, sizeof(head));
	if (mbedtls_cipher_auth_encrypt_ext(&cipher, nonce, sizeof(nonce), head, sizeof(head),
		inner, n + 1, at + 5, n + 17, &n_out, 16) != 0)
		abort();
	return n + OVERHEAD;
}

static void
hellos(struct worst *w)
{
	static const uint8_t start[] = { 22, 3, 3, 0, 52, 2, 0, 0, 48, 3, 3 };
	const uint8_t end[] = { 0, (uint8_t)(suite->number >> 8), (uint8_t)suite->number, 0, 0, 6,
		0, 43, 0, 2, 3, 4 };

	seq[0] = seq[1] = 100;
	send(w, false, SYN, 0);
	send(w, true, SYN, 0);
	send(w, false, PSH, tls_hello(payload(w), NULL));
	memcpy(payload(w), start, sizeof(start));
	memset(payload(w) + sizeof(start), 0x33, 32);
	memcpy(payload(w) + sizeof(start) + 32, end, sizeof(end));
	payload(w)[4] = (uint8_t)(sizeof(start) + 32 + sizeof(end) - 5);
	payload(w)[8] = (uint8_t)(sizeof(start) + 32 + sizeof(end) - 9);
	send(w, true, PSH, sizeof(start) + 32 + sizeof(end));
}

static void
segments(struct worst *w)
{
	static const uint8_t finished[] = { 20, 0, 0, 0 };
	static uint8_t data[16384];
	uint8_t key[32];

	(void)es_tls_expand(ES_TLS_SHA256, es_slice_of(secret, 32), "key", key, suite->key_bytes);
	mbedtls_cipher_init(&cipher);
	if (mbedtls_cipher_setup(&cipher, mbedtls_cipher_info_from_type(suite->cipher)) != 0 ||
	    mbedtls_cipher_setkey(&cipher, key, (int)suite->key_bytes * 8, MBEDTLS_ENCRYPT) != 0)
		abort();
	hellos(w);
	number = 0;
	send(w, false, PSH, seal(payload(w), 22, finished, sizeof(finished)));
	number = 0; /* the same secret for all phases: the keys are the same */
	for (unsigned i = 0; i < PACKETS; i++) {
		size_t n = 0;

		while (n + data_bytes + OVERHEAD <= SEGMENT_MAX)
			n += seal(payload(w) + n, 23, data, data_bytes);
		send(w, false, PSH, n);
	}
	mbedtls_cipher_free(&cipher);
}

static void
say(void *ctx, bool is_bad, const char *text)
{
	(void)ctx;
	if (is_bad)
		fprintf(stderr, "%s\n", text);
}

/* A log whose secrets are all the same, for the random of tls_hello. */
static void
write_log(char *path)
{
	static const char *const labels[] = { "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
		"SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
		"SERVER_TRAFFIC_SECRET_0" };
	FILE *f = fdopen(mkstemp(path), "w");
	char hex[65];

	if (f == NULL)
		abort();
	memset(secret, 0x11, sizeof(secret));
	es_hex_text(secret, sizeof(secret), hex);
	for (unsigned i = 0; i < 4; i++) {
		fprintf(f, "%s ", labels[i]);
		for (unsigned j = 0; j < 32; j++)
			fputs("5a", f);
		fprintf(f, " %s\n", hex);
	}
	if (fclose(f) != 0)
		abort();
}

int
main(int argc, char **argv)
{
	static const size_t sizes[] = { 1, 16384 - 1 };
	char path[] = "/tmp/earshot-worst-XXXXXX";
	struct es_keylog_config log = { .path = path, .report = say };
	struct es_config cfg = { .max_tcp = 64 };
	struct es_tls_reader *reader = NULL;
	struct es_keylog *keys = NULL;
	int err = 0;

	write_log(path);
	if (es_keylog_new(&log, &keys) != 0 || es_tls_reader_new(keys, &reader) != 0)
		return 1;
	(void)unlink(path);
	cfg.tls = es_tls_reader_opener(reader);
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]) && err == 0; i++)
		for (size_t k = 0; k < 2 && err == 0; k++) {
			const struct worst_play play = { suites[i].name, segments };

			suite = &suites[i];
			data_bytes = sizes[k];
			err = worst_main(argc < 2 ? NULL : argv[1], &play, 1, &cfg);
		}
	es_tls_reader_free(reader);
	es_keylog_free(keys);
	return err;
}
