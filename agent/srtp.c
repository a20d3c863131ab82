/* SPDX-License-Identifier: Apache-2.0 */
/* SRTCP and SRTP through libsrtp: sessions of a key are made when its first packet comes. */
#include "agent/srtp.h"

#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

enum {
	MKI_MAX_BYTES = 128,
	SSRCS_MAX = 16, /* libsrtp keeps a context for each SSRC that ever used a key */
	SSRC_AT = 4,
	RTP_SEQ_AT = 2,
	RTP_SSRC_AT = 8,
	RTP_HEAD_BYTES = 12,
	RTP_MAX_BYTES = 2048, /* of a packet that is authenticated */
	GCM_TAG_BYTES = 16,
};

struct slot {
	struct es_srtp_key key;
	srtp_t session; /* NULL before its first packet */
	uint32_t next_free;
	bool used;
	uint8_t n_ssrcs; /* that the session knows */
	uint8_t ssrcs[SSRCS_MAX][4];
	srtp_t rtp;         /* of one SSRC, NULL: none */
	uint32_t rtp_ssrc;  /* with it: */
	uint64_t rtp_least; /* lowest packet index (RFC 3711 section 3.3.1) it has not passed yet */
};

struct es_srtp {
	srtp_t keeper;    /* of nobody's key: see keep_loaded() */
	uint32_t n_fresh; /* slots from here on were never used */
	uint32_t free_head;
	struct slot slots[ES_SRTP_KEYS_MAX];
};

static void
close_slot(struct slot *k)
{
	if (k->session != NULL)
		(void)srtp_dealloc(k->session); /* wipes what it derived */
	if (k->rtp != NULL)
		(void)srtp_dealloc(k->rtp);
	explicit_bzero(k, sizeof(*k));
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
set_rtcp_suite(enum es_srtp_suite suite, srtp_crypto_policy_t *p)
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

static void
set_rtp_suite(enum es_srtp_suite suite, srtp_crypto_policy_t *p)
{
	set_rtcp_suite(suite, p);
	if (suite == ES_SRTP_AES_CM_128_HMAC_SHA1_32)
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(p);
	else if (suite == ES_SRTP_AES_256_CM_HMAC_SHA1_32)
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(p);
}

static bool
is_gcm(const struct slot *k)
{
	return k->key.suite == ES_SRTP_AEAD_AES_128_GCM || k->key.suite == ES_SRTP_AEAD_AES_256_GCM;
}

/* The key's identifier as its packets carry it. */
static void
write_mki(const struct es_srtp_key *key, uint8_t out[MKI_MAX_BYTES])
{
	memset(out, 0, MKI_MAX_BYTES);
	for (unsigned i = 0; i < key->mki_bytes && i < 8; i++)
		out[key->mki_bytes - 1u - i] = (uint8_t)(key->mki >> 8 * i);
}

/* rtp_ssrc NULL: a session for RTCP of any sender with that key. */
static int
make_session(struct slot *k, const uint32_t *rtp_ssrc, srtp_t *out)
{
	uint8_t mki[MKI_MAX_BYTES];
	srtp_master_key_t master = { k->key.bytes, mki, k->key.mki_bytes };
	srtp_master_key_t *keys[] = { &master };
	srtp_policy_t p;

	write_mki(&k->key, mki);
	memset(&p, 0, sizeof(p));
	set_rtp_suite(k->key.suite, &p.rtp);
	set_rtcp_suite(k->key.suite, &p.rtcp);
	if (k->key.is_srtcp_clear)
		p.rtcp.sec_serv = sec_serv_auth;
	p.ssrc.type = ssrc_any_inbound;
	if (rtp_ssrc != NULL) {
		p.ssrc.type = ssrc_specific;
		p.ssrc.value = *rtp_ssrc;
		master.mki_size = 0; /* taken out before */
		if (!is_gcm(k))
			p.rtp.sec_serv = sec_serv_auth; /* the tag alone: nothing is decrypted */
	}
	p.keys = keys;
	p.num_master_keys = 1;
	return srtp_create(out, &p) == srtp_err_status_ok ? 0 : ES_EDENIED;
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
	if (k->session == NULL && make_session(k, NULL, &k->session) != 0)
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

/*
 * Makes the session ready to judge a packet of that index. libsrtp guesses a rollover counter from what
 * it passed before and refuses what it saw: a new session does neither, nor does one that is behind.
 */
static int
ready(struct slot *k, uint32_t ssrc, uint64_t index)
{
	if (k->rtp != NULL && (k->rtp_ssrc != ssrc || index < k->rtp_least)) {
		(void)srtp_dealloc(k->rtp);
		k->rtp = NULL;
	}
	if (k->rtp == NULL) {
		if (make_session(k, &ssrc, &k->rtp) != 0) {
			k->rtp = NULL;
			return ES_EDENIED;
		}
		k->rtp_ssrc = ssrc;
		k->rtp_least = 0;
	}
	return srtp_set_stream_roc(k->rtp, ssrc, (uint32_t)(index >> 16)) == srtp_err_status_ok
		   ? 0
		   : ES_EDENIED;
}

/* A packet without MKI, which is overwritten. */
static enum es_srtp_fit
authenticate(struct slot *k, uint8_t *p, size_t n, uint32_t roc)
{
	uint64_t index = (uint64_t)roc << 16 | (uint64_t)p[RTP_SEQ_AT] << 8 | p[RTP_SEQ_AT + 1];
	uint32_t ssrc = (uint32_t)p[RTP_SSRC_AT] << 24 | (uint32_t)p[RTP_SSRC_AT + 1] << 16 |
			(uint32_t)p[RTP_SSRC_AT + 2] << 8 | p[RTP_SSRC_AT + 3];
	int length = (int)n;

	if (ready(k, ssrc, index) != 0)
		return ES_SRTP_UNKNOWN;
	switch (srtp_unprotect(k->rtp, p, &length)) {
	case srtp_err_status_ok:
		k->rtp_least = index + 1;
		return ES_SRTP_FITS;
	case srtp_err_status_auth_fail:
	case srtp_err_status_cipher_fail:
		return ES_SRTP_FITS_NOT;
	default:
		return ES_SRTP_UNKNOWN;
	}
}

/* The MKI is before the tag of HMAC-SHA1 (RFC 3711 section 3.1), and behind that of GCM (RFC 7714). */
static size_t
bytes_behind_mki(const struct slot *k)
{
	switch (k->key.suite) {
	case ES_SRTP_AES_CM_128_HMAC_SHA1_80:
	case ES_SRTP_AES_256_CM_HMAC_SHA1_80:
		return 10;
	case ES_SRTP_AES_CM_128_HMAC_SHA1_32:
	case ES_SRTP_AES_256_CM_HMAC_SHA1_32:
		return 4;
	case ES_SRTP_AEAD_AES_128_GCM:
	case ES_SRTP_AEAD_AES_256_GCM:
		break;
	}
	return 0;
}

/* The packet without its MKI. FITS: the MKI that was there is the key's. */
static enum es_srtp_fit
authenticate_marked(struct slot *k, const uint8_t *in, size_t n, uint32_t roc, uint8_t *scratch)
{
	size_t behind = bytes_behind_mki(k);
	size_t least = RTP_HEAD_BYTES + behind + (is_gcm(k) ? GCM_TAG_BYTES : 0) + k->key.mki_bytes;
	uint8_t mki[MKI_MAX_BYTES];
	enum es_srtp_fit fit;
	const uint8_t *at;

	if (n < least)
		return ES_SRTP_FITS_NOT;
	at = in + n - behind - k->key.mki_bytes;
	memcpy(scratch, in, (size_t)(at - in));
	memcpy(scratch + (at - in), at + k->key.mki_bytes, behind);
	fit = authenticate(k, scratch, n - k->key.mki_bytes, roc);
	write_mki(&k->key, mki);
	if (fit == ES_SRTP_FITS && memcmp(at, mki, k->key.mki_bytes) != 0)
		return ES_SRTP_OTHER_MKI;
	return fit;
}

static enum es_srtp_fit
check(void *ctx, uint32_t id, const uint8_t *packet, size_t n, uint32_t roc)
{
	struct es_srtp *s = ctx;
	uint32_t scratch[RTP_MAX_BYTES / 4]; /* libsrtp reads words */
	enum es_srtp_fit fit = ES_SRTP_FITS_NOT;
	struct slot *k;

	if (id >= s->n_fresh || !s->slots[id].used || n > sizeof(scratch) || n < RTP_HEAD_BYTES)
		return ES_SRTP_UNKNOWN;
	k = &s->slots[id];
	/* Without a tag nothing can be checked, and no RFC defines GCM without encryption. */
	if (k->key.is_srtp_unsigned || (is_gcm(k) && k->key.is_srtp_clear))
		return ES_SRTP_UNKNOWN;
	if (k->key.mki_bytes > 0)
		fit = authenticate_marked(k, packet, n, roc, (uint8_t *)scratch);
	if (fit == ES_SRTP_FITS_NOT) {
		memcpy(scratch, packet, n);
		fit = authenticate(k, (uint8_t *)scratch, n, roc);
		if (fit == ES_SRTP_FITS && k->key.mki_bytes > 0)
			fit = ES_SRTP_OTHER_MKI;
	}
	explicit_bzero(scratch, n); /* GCM decrypts as it authenticates */
	return fit;
}

/*
 * Debian's libsrtp encrypts by NSS, which it loads with its first session and unloads with its last:
 * 1.5 ms, on the next packet, and files to open, which the agent may no longer do by then.
 */
static int
keep_loaded(struct es_srtp *s)
{
	struct slot nobody = { .key.suite = ES_SRTP_AES_CM_128_HMAC_SHA1_80 };

	return make_session(&nobody, NULL, &s->keeper);
}

int
es_srtp_new(struct es_srtp **out)
{
	struct es_srtp *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return ES_ENOMEM;
	if (srtp_init() != srtp_err_status_ok || keep_loaded(s) != 0) {
		free(s);
		return ES_EIO;
	}
	s->free_head = ES_SRTP_KEYS_MAX;
	*out = s;
	return 0;
}

void
es_srtp_free(struct es_srtp *s)
{
	if (s == NULL)
		return;
	for (uint32_t i = 0; i < s->n_fresh; i++)
		close_slot(&s->slots[i]);
	(void)srtp_dealloc(s->keeper);
	(void)srtp_shutdown();
	free(s);
}

struct es_keys
es_srtp_callbacks(struct es_srtp *s)
{
	return (struct es_keys){ s, open_key, decrypt, close_key, check };
}
