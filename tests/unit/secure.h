/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of secure calls: their keys, their a=crypto lines, their packets protected by libsrtp. */
#ifndef TESTS_SECURE_H
#define TESTS_SECURE_H

#include "agent/srtp.h"

#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = ES_SRTP_KEY_MAX_BYTES, SECURE_MAX = 512 };

/* What one end encrypts with. */
struct end {
	uint8_t key[KEY_MAX];
	uint8_t mki[4];
	unsigned mki_bytes;
	srtp_t session;
	bool is_clear; /* its RTP is signed only */
};

struct suite {
	const char *name;
	unsigned n_bytes;
	enum es_srtp_suite suite;
	void (*set)(srtp_crypto_policy_t *p); /* for RTCP */
	void (*set_rtp)(srtp_crypto_policy_t *p);
};

static const struct suite suites[] = {
	{ "AES_CM_128_HMAC_SHA1_80", 30, ES_SRTP_AES_CM_128_HMAC_SHA1_80,
	    srtp_crypto_policy_set_rtcp_default, srtp_crypto_policy_set_rtp_default },
	{ "AES_CM_128_HMAC_SHA1_32", 30, ES_SRTP_AES_CM_128_HMAC_SHA1_32,
	    srtp_crypto_policy_set_rtcp_default, srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32 },
	{ "AES_256_CM_HMAC_SHA1_80", 46, ES_SRTP_AES_256_CM_HMAC_SHA1_80,
	    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
	    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 },
	{ "AES_256_CM_HMAC_SHA1_32", 46, ES_SRTP_AES_256_CM_HMAC_SHA1_32,
	    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
	    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32 },
	{ "AEAD_AES_128_GCM", 28, ES_SRTP_AEAD_AES_128_GCM,
	    srtp_crypto_policy_set_aes_gcm_128_16_auth,
	    srtp_crypto_policy_set_aes_gcm_128_16_auth },
	{ "AEAD_AES_256_GCM", 44, ES_SRTP_AEAD_AES_256_GCM,
	    srtp_crypto_policy_set_aes_gcm_256_16_auth,
	    srtp_crypto_policy_set_aes_gcm_256_16_auth },
};

enum { N_SUITES = sizeof(suites) / sizeof(suites[0]) };

static inline void
base64(const uint8_t *p, unsigned n, char *out)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, n_bits = 0;

	for (unsigned i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		for (n_bits += 8; n_bits >= 6; n_bits -= 6)
			*out++ = digits[bits >> (n_bits - 6) & 63];
	}
	if (n_bits > 0)
		*out++ = digits[bits << (6 - n_bits) & 63];
	*out = '\0';
}

/* A sender with a key made from seed. mki_bytes 0: none. */
static inline void
make_end(struct end *e, const struct suite *s, unsigned seed, unsigned mki_bytes)
{
	srtp_master_key_t master = { e->key, e->mki, mki_bytes };
	srtp_master_key_t *keys[] = { &master };
	srtp_policy_t p;

	memset(e, 0, sizeof(*e));
	e->mki_bytes = mki_bytes;
	for (unsigned i = 0; i < KEY_MAX; i++)
		e->key[i] = (uint8_t)(seed * 41 + i * 7);
	if (mki_bytes > 0)
		e->mki[mki_bytes - 1] = 5;
	memset(&p, 0, sizeof(p));
	s->set_rtp(&p.rtp);
	s->set(&p.rtcp);
	p.ssrc.type = ssrc_any_outbound;
	p.keys = keys;
	p.num_master_keys = 1;
	if (srtp_create(&e->session, &p) != srtp_err_status_ok)
		abort();
}

/* Its a=crypto line. */
static inline const char *
line(const struct end *e, const struct suite *s, unsigned tag, const char *more, char out[256])
{
	char text[80];

	base64(e->key, s->n_bytes, text);
	snprintf(out, 256, "a=crypto:%u %s inline:%s%s\r\n", tag, s->name, text, more);
	return out;
}

/* Its packet with that rollover counter, SECURE_MAX bytes at out; returns their number. */
static inline size_t
protect(const struct end *e, const struct suite *s, uint32_t ssrc, uint64_t index, uint32_t ts,
    uint8_t *out)
{
	srtp_master_key_t master = { (uint8_t *)e->key, (uint8_t *)e->mki, e->mki_bytes };
	srtp_master_key_t *keys[] = { &master };
	srtp_policy_t p;
	srtp_t session;
	int n = 12 + 160;

	memset(&p, 0, sizeof(p));
	s->set_rtp(&p.rtp);
	s->set(&p.rtcp);
	if (e->is_clear)
		p.rtp.sec_serv = sec_serv_auth;
	p.ssrc.type = ssrc_specific;
	p.ssrc.value = ssrc;
	p.keys = keys;
	p.num_master_keys = 1;
	memset(out, 0xd5, SECURE_MAX);
	out[0] = 0x80;
	out[1] = 0;
	for (unsigned i = 0; i < 2; i++)
		out[2 + i] = (uint8_t)(index >> (8 - 8 * i));
	for (unsigned i = 0; i < 4; i++) {
		out[4 + i] = (uint8_t)(ts >> (24 - 8 * i));
		out[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
	}
	if (srtp_create(&session, &p) != srtp_err_status_ok ||
	    srtp_set_stream_roc(session, ssrc, (uint32_t)(index >> 16)) != srtp_err_status_ok ||
	    srtp_protect_mki(session, out, &n, e->mki_bytes > 0, 0) != srtp_err_status_ok)
		abort();
	(void)srtp_dealloc(session);
	return (size_t)n;
}

#endif
