/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that SDP announces: read, kept, chosen, given up. */
#include "probes/call/srtp_keys.h"

#include "harness.h"

static struct es_context c;
static struct es_media m;
static struct es_terms terms;
static struct es_sdp_media from;
static struct es_srtp_key opened; /* the last one */
static uint32_t n_opened, n_closed;
static uint32_t last_closed;
static bool refuses;

static int
open_key(void *ctx, const struct es_srtp_key *key, uint32_t *id)
{
	(void)ctx;
	if (refuses)
		return ES_EFULL;
	opened = *key;
	*id = ++n_opened;
	return 0;
}

static void
close_key(void *ctx, uint32_t id)
{
	(void)ctx;
	last_closed = id;
	n_closed++;
}

static void
begin(void)
{
	memset(&c, 0, sizeof(c));
	memset(&m, 0, sizeof(m));
	memset(&terms, 0, sizeof(terms));
	memset(&from, 0, sizeof(from));
	c.keys.open = open_key;
	c.keys.close = close_key;
	c.key = es_hash_key_of(NULL);
	m.terms = &terms;
	n_opened = n_closed = last_closed = 0;
	refuses = false;
}

/* The base64 of n bytes, each of them `of`, without padding. */
static const char *
text_of(uint8_t of, size_t n)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static char text[80];
	size_t k = 0;

	for (size_t bit = 0; bit < n * 8; bit += 6) {
		unsigned v = 0;

		for (size_t i = bit; i < bit + 6; i++)
			v = v << 1 | (i < n * 8 ? (unsigned)(of >> (7 - i % 8) & 1) : 0);
		text[k++] = digits[v];
	}
	text[k] = '\0';
	return text;
}

static void
offer(uint32_t tag, enum es_sdp_suite suite, uint8_t of, size_t n)
{
	static char texts[ES_SDP_CRYPTO_MAX][80];
	struct es_sdp_crypto *x = &from.crypto[from.n_crypto];

	snprintf(texts[from.n_crypto], sizeof(texts[0]), "%s", text_of(of, n));
	*x = (struct es_sdp_crypto){
		.tag = tag, .suite = suite, .key = es_slice_str(texts[from.n_crypto])
	};
	from.n_crypto++;
}

/* One key of 30 bytes with this tag on a line. */
static void
learn(uint8_t line, uint32_t tag, uint8_t of)
{
	from.n_crypto = 0;
	offer(tag, ES_SDP_AES_CM_128_HMAC_SHA1_80, of, 30);
	es_srtp_keys_learn(&c, &m, line, &from);
}

TEST(base64_of_every_length_up_to_a_key)
{
	uint8_t out[46];

	for (size_t n = 1; n <= sizeof(out); n++) {
		char padded[80];
		size_t chars = strlen(text_of(0xb6, n));

		CHECK_EQ(chars, (n * 8 + 5) / 6);
		snprintf(padded, sizeof(padded), "%s===", text_of(0xb6, n));
		for (unsigned pad = 0; pad < 3; pad++) {
			memset(out, 0, sizeof(out));
			CHECK_EQ(es_srtp_keys_base64(test_guarded(padded, chars + pad), out, n), 0);
			for (size_t i = 0; i < sizeof(out); i++)
				CHECK_EQ(out[i], i < n ? 0xb6 : 0);
		}
		CHECK_EQ(
		    es_srtp_keys_base64(es_slice_of(padded, chars + 3), out, n), ES_EMALFORMED);
		CHECK_EQ(
		    es_srtp_keys_base64(es_slice_of(padded, chars - 1), out, n), ES_EMALFORMED);
	}
	CHECK_EQ(es_srtp_keys_base64(es_slice_str("=="), out, 1), ES_EMALFORMED);
}

TEST(base64_has_64_digits)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned b = 1; b < 256; b++) {
		const uint8_t text[4] = { 'A', 'A', 'A', (uint8_t)b };
		const char *at = strchr(digits, (int)b);
		uint8_t out[3] = { 0 };

		if (b == '=')
			continue;
		CHECK_EQ(
		    es_srtp_keys_base64(GUARDED(text), out, 3), at != NULL ? 0 : ES_EMALFORMED);
		if (at != NULL)
			CHECK_EQ(out[2], at - digits);
	}
}

TEST(key_of_each_suite_has_its_length)
{
	static const struct {
		enum es_sdp_suite suite;
		enum es_srtp_suite is;
		uint8_t n;
	} rows[] = {
		{ ES_SDP_AES_CM_128_HMAC_SHA1_80, ES_SRTP_AES_CM_128_HMAC_SHA1_80, 30 },
		{ ES_SDP_AES_CM_128_HMAC_SHA1_32, ES_SRTP_AES_CM_128_HMAC_SHA1_32, 30 },
		{ ES_SDP_AES_256_CM_HMAC_SHA1_80, ES_SRTP_AES_256_CM_HMAC_SHA1_80, 46 },
		{ ES_SDP_AES_256_CM_HMAC_SHA1_32, ES_SRTP_AES_256_CM_HMAC_SHA1_32, 46 },
		{ ES_SDP_AEAD_AES_128_GCM, ES_SRTP_AEAD_AES_128_GCM, 28 },
		{ ES_SDP_AEAD_AES_256_GCM, ES_SRTP_AEAD_AES_256_GCM, 44 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin();
		offer(3, rows[i].suite, 0x5a, rows[i].n);
		from.crypto[0].mki = 7;
		from.crypto[0].mki_bytes = 2;
		from.crypto[0].is_srtp_clear = i % 3 == 0;
		from.crypto[0].is_srtcp_clear = i % 3 == 1;
		from.crypto[0].is_srtp_unsigned = i % 3 == 2;
		es_srtp_keys_learn(&c, &m, 1, &from);
		CHECK_EQ(m.n_keys, 1);
		CHECK(!m.has_lost_keys);
		CHECK_EQ(opened.suite, rows[i].is);
		CHECK_EQ(opened.n_bytes, rows[i].n);
		CHECK_EQ(opened.bytes[0], 0x5a);
		CHECK_EQ(opened.bytes[rows[i].n - 1], 0x5a);
		CHECK_EQ(opened.mki, 7);
		CHECK_EQ(opened.mki_bytes, 2);
		CHECK_EQ(opened.is_srtp_clear, i % 3 == 0);
		CHECK_EQ(opened.is_srtcp_clear, i % 3 == 1);
		CHECK_EQ(opened.is_srtp_unsigned, i % 3 == 2);
		begin();
		offer(3, rows[i].suite, 0x5a, rows[i].n - 1u);
		es_srtp_keys_learn(&c, &m, 1, &from);
		CHECK_EQ(m.n_keys, 0);
		CHECK(m.has_lost_keys);
	}
}

TEST(key_that_nobody_here_can_use_is_missed)
{
	begin();
	offer(1, ES_SDP_F8_128_HMAC_SHA1_80, 1, 30);
	es_srtp_keys_learn(&c, &m, 0, &from);
	CHECK_EQ(m.n_keys, 0);
	CHECK(m.has_lost_keys);
	begin();
	offer(1, (enum es_sdp_suite)(ES_SDP_AEAD_AES_256_GCM + 1), 1, 30);
	es_srtp_keys_learn(&c, &m, 0, &from);
	CHECK(m.has_lost_keys);
	begin();
	offer(1, ES_SDP_AES_CM_128_HMAC_SHA1_80, 1, 30);
	from.crypto[0].has_other = true;
	es_srtp_keys_learn(&c, &m, 0, &from);
	CHECK_EQ(m.n_keys, 0);
	CHECK(m.has_lost_keys);
	begin();
	refuses = true;
	learn(0, 1, 1);
	CHECK_EQ(m.n_keys, 0);
	CHECK_EQ(c.count[ES_CNT_KEYS_HELD], 0);
	CHECK(m.has_lost_keys);
	begin();
	c.keys.open = NULL; /* nobody decrypts: nothing is missed */
	learn(0, 1, 1);
	CHECK(!m.has_lost_keys);
	CHECK_EQ(m.n_keys, 0);
}

TEST(key_beyond_those_that_a_description_is_read_for_may_be_missed)
{
	for (unsigned n = 1; n <= ES_SDP_CRYPTO_MAX; n++) {
		begin();
		for (unsigned i = 0; i < n; i++)
			offer(i + 1, ES_SDP_AES_CM_128_HMAC_SHA1_80, (uint8_t)(i + 1), 30);
		es_srtp_keys_learn(&c, &m, 0, &from);
		CHECK_EQ(m.n_keys, n);
		CHECK_EQ(c.count[ES_CNT_KEYS_HELD], n);
		CHECK_EQ(m.has_lost_keys, n == ES_SDP_CRYPTO_MAX);
	}
}

TEST(key_that_is_announced_again_is_held_once)
{
	begin();
	learn(0, 1, 11);
	learn(0, 2, 22);
	learn(3, 7, 11);
	CHECK_EQ(m.n_keys, 2);
	CHECK_EQ(n_opened, 2);
	CHECK_EQ(m.key[0].tag, 7);
	CHECK_EQ(m.key[0].line, 3);
	CHECK_EQ(m.key[1].tag, 2);
	CHECK_EQ(m.key[1].line, 0);
	CHECK(m.key[0].print != m.key[1].print);
	CHECK(!m.has_lost_keys);
}

TEST(oldest_key_gives_way_to_a_fifth)
{
	begin();
	for (uint8_t i = 1; i <= 5; i++)
		learn(0, i, i);
	CHECK_EQ(m.n_keys, ES_MEDIA_KEYS_MAX);
	CHECK_EQ(c.count[ES_CNT_KEYS_HELD], ES_MEDIA_KEYS_MAX);
	CHECK_EQ(n_closed, 1);
	CHECK_EQ(last_closed, 1);
	CHECK(m.has_lost_keys);
	for (uint32_t i = 0; i < ES_MEDIA_KEYS_MAX; i++) {
		CHECK_EQ(m.key[i].id, i + 2);
		CHECK_EQ(m.key[i].tag, i + 2);
	}
	CHECK(m.terms == &terms);
}

TEST(key_that_the_answer_took_is_the_only_one_of_its_line)
{
	for (uint32_t taken = 1; taken <= 3; taken++) {
		begin();
		learn(0, 1, 1);
		learn(0, 2, 2);
		learn(0, 3, 3);
		learn(1, 9, 4);
		m.has_lost_keys = true;
		terms.lines = 1;
		es_srtp_keys_chosen(&c, &m, 1, 3); /* no such tag on that line */
		es_srtp_keys_chosen(&c, &m, 0, 4);
		CHECK_EQ(m.n_keys, 4);
		CHECK(m.has_lost_keys);
		es_srtp_keys_chosen(&c, &m, 0, taken);
		CHECK_EQ(m.n_keys, 2);
		CHECK_EQ(m.key[0].id, taken);
		CHECK_EQ(m.key[1].id, 4);
		CHECK_EQ(m.key[1].tag, 9);
		CHECK_EQ(n_closed, 2);
		CHECK_EQ(c.count[ES_CNT_KEYS_HELD], 2);
		CHECK(!m.has_lost_keys);
		CHECK(m.terms == &terms);
		m.has_lost_keys = true; /* of two lines, either may have them */
		terms.lines = 3;
		es_srtp_keys_chosen(&c, &m, 0, taken);
		CHECK(m.has_lost_keys);
		terms.lines = 2;
		es_srtp_keys_chosen(&c, &m, 0, taken);
		CHECK(m.has_lost_keys);
	}
}

TEST(keys_of_an_address_are_all_given_up)
{
	begin();
	learn(0, 1, 1);
	learn(0, 2, 2);
	m.has_lost_keys = true;
	es_srtp_keys_forget(&c, &m);
	CHECK_EQ(m.n_keys, 0);
	CHECK_EQ(n_closed, 2);
	CHECK_EQ(c.count[ES_CNT_KEYS_HELD], 0);
	CHECK(!m.has_lost_keys);
}
