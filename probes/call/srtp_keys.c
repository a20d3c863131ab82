/* SPDX-License-Identifier: Apache-2.0 */
/* From a=crypto lines to numbers of open keys. */
#include "probes/call/srtp_keys.h"

static const struct {
	enum es_srtp_suite suite; /* 0: not supported */
	uint8_t n_bytes;
} suites[] = {
	[ES_SDP_AES_CM_128_HMAC_SHA1_80] = { ES_SRTP_AES_CM_128_HMAC_SHA1_80, 30 },
	[ES_SDP_AES_CM_128_HMAC_SHA1_32] = { ES_SRTP_AES_CM_128_HMAC_SHA1_32, 30 },
	[ES_SDP_AES_256_CM_HMAC_SHA1_80] = { ES_SRTP_AES_256_CM_HMAC_SHA1_80, 46 },
	[ES_SDP_AES_256_CM_HMAC_SHA1_32] = { ES_SRTP_AES_256_CM_HMAC_SHA1_32, 46 },
	[ES_SDP_AEAD_AES_128_GCM] = { ES_SRTP_AEAD_AES_128_GCM, 28 },
	[ES_SDP_AEAD_AES_256_GCM] = { ES_SRTP_AEAD_AES_256_GCM, 44 },
};

/* Through volatile, so that no compiler finds the stores useless. */
static void
wipe(void *at, size_t n)
{
	volatile uint8_t *p = at;

	while (n-- > 0)
		*p++ = 0;
}

static int
sextet(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
es_srtp_keys_base64(es_slice text, uint8_t *out, size_t n)
{
	uint32_t bits = 0;
	unsigned n_bits = 0;
	size_t done = 0;

	for (unsigned i = 0; i < 2 && text.n > 0 && text.p[text.n - 1] == '='; i++)
		text.n--;
	if (text.n != (n * 8 + 5) / 6)
		return ES_EMALFORMED;
	for (size_t i = 0; i < text.n; i++) {
		int v = sextet(text.p[i]);

		if (v < 0)
			return ES_EMALFORMED;
		bits = bits << 6 | (uint32_t)v;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		out[done++] = (uint8_t)(bits >> n_bits);
	}
	return 0;
}

static int
read_key(const struct es_sdp_crypto *line, struct es_srtp_key *key)
{
	memset(key, 0, sizeof(*key));
	if (line->has_other || (unsigned)line->suite >= sizeof(suites) / sizeof(suites[0]) ||
	    suites[line->suite].suite == 0)
		return ES_EUNSUPPORTED;
	key->suite = suites[line->suite].suite;
	key->n_bytes = suites[line->suite].n_bytes;
	key->mki = line->mki;
	key->mki_bytes = line->mki_bytes;
	key->is_srtcp_clear = line->is_srtcp_clear;
	key->is_srtp_clear = line->is_srtp_clear;
	key->is_srtp_unsigned = line->is_srtp_unsigned;
	return es_srtp_keys_base64(line->key, key->bytes, key->n_bytes);
}

static uint64_t
print_of(const struct es_context *c, const struct es_srtp_key *key)
{
	uint64_t words[sizeof(*key) / 8];
	uint64_t print;

	memcpy(words, key, sizeof(words));
	print = es_hash_words(&c->key, words, sizeof(words) / sizeof(words[0]));
	wipe(words, sizeof(words));
	return print;
}

static void
give_up(struct es_context *c, struct es_media *m, unsigned i)
{
	c->keys.close(c->keys.ctx, m->key[i].id);
	c->count[ES_CNT_KEYS_HELD]--;
	m->n_keys--;
	memmove(&m->key[i], &m->key[i + 1], (m->n_keys - i) * sizeof(m->key[0]));
}

static void
keep(struct es_context *c, struct es_media *m, uint8_t line, uint32_t tag,
    const struct es_srtp_key *key)
{
	struct es_media_key k = { .print = print_of(c, key), .tag = tag, .line = line };

	for (unsigned i = 0; i < m->n_keys; i++)
		if (m->key[i].print == k.print) {
			m->key[i].tag = tag;
			m->key[i].line = line;
			return;
		}
	if (m->n_keys == ES_MEDIA_KEYS_MAX) {
		give_up(c, m, 0);
		m->has_lost_keys = true;
	}
	if (c->keys.open(c->keys.ctx, key, &k.id) != 0) {
		m->has_lost_keys = true;
		return;
	}
	c->count[ES_CNT_KEYS_HELD]++;
	m->key[m->n_keys++] = k;
}

void
es_srtp_keys_learn(
    struct es_context *c, struct es_media *m, uint8_t line, const struct es_sdp_media *from)
{
	struct es_srtp_key key;

	if (c->keys.open == NULL)
		return;
	for (uint32_t i = 0; i < from->n_crypto; i++)
		if (read_key(&from->crypto[i], &key) == 0)
			keep(c, m, line, from->crypto[i].tag, &key);
		else
			m->has_lost_keys = true;
	m->has_lost_keys |= from->n_crypto == ES_SDP_CRYPTO_MAX;
	wipe(&key, sizeof(key));
}

void
es_srtp_keys_chosen(struct es_context *c, struct es_media *m, uint8_t line, uint32_t tag)
{
	bool is_there = false;

	for (unsigned i = 0; i < m->n_keys; i++)
		is_there |= m->key[i].line == line && m->key[i].tag == tag;
	if (!is_there)
		return;
	for (unsigned i = m->n_keys; i-- > 0;)
		if (m->key[i].line == line && m->key[i].tag != tag)
			give_up(c, m, i);
	/* What could not be kept was not taken: it is not missed. */
	if (m->terms->lines == 1u << line)
		m->has_lost_keys = false;
}

void
es_srtp_keys_forget(struct es_context *c, struct es_media *m)
{
	while (m->n_keys > 0)
		give_up(c, m, m->n_keys - 1u);
	m->has_lost_keys = false;
}

void
es_srtp_keys_forget_all(struct es_context *c, struct es_media_table *all)
{
	const struct es_pool *p = &all->pool;

	for (uint32_t i = es_pool_next(p, 0); i != ES_POOL_NONE; i = es_pool_next(p, i + 1))
		es_srtp_keys_forget(c, es_media_table_at(all, i));
}
