/* SPDX-License-Identifier: Apache-2.0 */
/* SRTCP through libsrtp: one session per key, made when its first packet comes. */
#include "agent/srtp.h"

#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

enum {
	MKI_MAX_BYTES = 128,
	SSRCS_MAX = 16, /* libsrtp keeps a context for each SSRC that ever used a key */
	SSRC_AT = 4,
};

struct slot {
	struct es_srtp_key key;
	srtp_t session; /* NULL before its first packet */
	uint32_t next_free;
	bool used;
	uint8_t n_ssrcs; /* that the session knows */
	uint8_t ssrcs[SSRCS_MAX][4];
};

struct es_srtp {
	uint32_t n_fresh; /* slots from here on were never used */
	uint32_t free_head;
	struct slot slots[ES_SRTP_KEYS_MAX];
};

int
es_srtp_new(struct es_srtp **out)
{
	struct es_srtp *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return ES_ENOMEM;
	if (srtp_init() != srtp_err_status_ok) {
		free(s);
		return ES_EIO;
	}
	s->free_head = ES_SRTP_KEYS_MAX;
	*out = s;
	return 0;
}

static void
close_slot(struct slot *k)
{
	if (k->session != NULL)
		(void)srtp_dealloc(k->session); /* wipes what it derived */
	explicit_bzero(k, sizeof(*k));
}

void
es_srtp_free(struct es_srtp *s)
{
	if (s == NULL)
		return;
	for (uint32_t i = 0; i < s->n_fresh; i++)
		close_slot(&s->slots[i]);
	(void)srtp_shutdown();
	free(s);
}

static int
open_key(void *ctx, const struct es_srtp_key *key, uint32_t *id)
{
	struct es_srtp *s = ctx;
	uint32_t i = s->free_head;

	if (key->mki_bytes > MKI_MAX_BYTES)
		return ES_EUNSUPPORTED;
	if (i != ES_SRTP_KEYS_MAX)
		s->free_head = s->slots[i].next_free;
	else if (s->n_fresh < ES_SRTP_KEYS_MAX)
		i = s->n_fresh++;
	else
		return ES_EFULL;
	s->slots[i].key = *key;
	s->slots[i].used = true;
	*id = i;
	return 0;
}

static void
close_key(void *ctx, uint32_t id)
{
	struct es_srtp *s = ctx;

	if (id >= s->n_fresh || !s->slots[id].used)
		return;
	close_slot(&s->slots[id]);
	s->slots[id].next_free = s->free_head;
	s->free_head = id;
}

/* The 32-bit tags are for RTP alone: RTCP keeps 80 bits (RFC 4568 section 6.2.2, RFC 6188). */
static void
set_suite(enum es_srtp_suite suite, srtp_crypto_policy_t *p)
{
	switch (suite) {
	case ES_SRTP_AES_CM_128_HMAC_SHA1_80:
	case ES_SRTP_AES_CM_128_HMAC_SHA1_32:
		srtp_crypto_policy_set_rtcp_default(p);
		break;
	case ES_SRTP_AES_256_CM_HMAC_SHA1_80:
	case ES_SRTP_AES_256_CM_HMAC_SHA1_32:
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(p);
		break;
	case ES_SRTP_AEAD_AES_128_GCM:
		srtp_crypto_policy_set_aes_gcm_128_16_auth(p);
		break;
	case ES_SRTP_AEAD_AES_256_GCM:
		srtp_crypto_policy_set_aes_gcm_256_16_auth(p);
		break;
	}
}

static int
make_session(struct slot *k)
{
	uint8_t mki[MKI_MAX_BYTES] = { 0 };
	srtp_master_key_t master = { k->key.bytes, mki, k->key.mki_bytes };
	srtp_master_key_t *keys[] = { &master };
	srtp_policy_t p;

	for (unsigned i = 0; i < k->key.mki_bytes && i < 8; i++)
		mki[k->key.mki_bytes - 1u - i] = (uint8_t)(k->key.mki >> 8 * i);
	memset(&p, 0, sizeof(p));
	set_suite(k->key.suite, &p.rtp);
	set_suite(k->key.suite, &p.rtcp);
	if (k->key.is_srtcp_clear)
		p.rtcp.sec_serv = sec_serv_auth;
	p.ssrc.type = ssrc_any_inbound;
	p.keys = keys;
	p.num_master_keys = 1;
	return srtp_create(&k->session, &p) == srtp_err_status_ok ? 0 : ES_EDENIED;
}

/*
 * The session knows a sender from now on. Who has the key could make it know any number: a session
 * that knows too many is given up, and with it what it saw.
 */
static void
note_ssrc(struct slot *k, const uint8_t *ssrc)
{
	for (unsigned i = 0; i < k->n_ssrcs; i++)
		if (memcmp(k->ssrcs[i], ssrc, 4) == 0)
			return;
	if (k->n_ssrcs < SSRCS_MAX) {
		memcpy(k->ssrcs[k->n_ssrcs++], ssrc, 4);
		return;
	}
	(void)srtp_dealloc(k->session);
	k->session = NULL;
	k->n_ssrcs = 0;
}

static int
decrypt(void *ctx, uint32_t id, const uint8_t *in, size_t n, uint8_t *out, size_t *n_out)
{
	struct es_srtp *s = ctx;
	struct slot *k;
	srtp_err_status_t status;
	int length = (int)n;

	if (id >= s->n_fresh || !s->slots[id].used || n > INT32_MAX)
		return ES_EDENIED;
	k = &s->slots[id];
	if (k->session == NULL && make_session(k) != 0)
		return ES_EDENIED;
	memcpy(out, in, n);
	status = srtp_unprotect_rtcp_mki(k->session, out, &length, k->key.mki_bytes > 0);
	if (status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old)
		return ES_EAGAIN;
	if (status != srtp_err_status_ok)
		return ES_EDENIED;
	note_ssrc(k, in + SSRC_AT);
	*n_out = (size_t)length;
	return 0;
}

struct es_keys
es_srtp_keys(struct es_srtp *s)
{
	return (struct es_keys){ s, open_key, decrypt, close_key };
}
