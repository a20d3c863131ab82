/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of SRTP in a description: a=crypto, RFC 4568 with the suites of RFC 6188 and 7714. */
#include "probes/base/text.h"
#include "probes/wire/sip/sdp_reader.h"

enum { TAG_MAX = 999999999 }; /* nine digits */

static enum es_sdp_suite
suite_of(es_slice name)
{
	static const struct {
		const char *name;
		enum es_sdp_suite suite;
	} suites[] = {
		{ "AES_CM_128_HMAC_SHA1_80", ES_SDP_AES_CM_128_HMAC_SHA1_80 },
		{ "AES_CM_128_HMAC_SHA1_32", ES_SDP_AES_CM_128_HMAC_SHA1_32 },
		{ "AES_192_CM_HMAC_SHA1_80", ES_SDP_AES_192_CM_HMAC_SHA1_80 },
		{ "AES_192_CM_HMAC_SHA1_32", ES_SDP_AES_192_CM_HMAC_SHA1_32 },
		{ "AES_256_CM_HMAC_SHA1_80", ES_SDP_AES_256_CM_HMAC_SHA1_80 },
		{ "AES_256_CM_HMAC_SHA1_32", ES_SDP_AES_256_CM_HMAC_SHA1_32 },
		{ "AES_CM_192_HMAC_SHA1_80", ES_SDP_AES_192_CM_HMAC_SHA1_80 }, /* seen in life */
		{ "AES_CM_192_HMAC_SHA1_32", ES_SDP_AES_192_CM_HMAC_SHA1_32 },
		{ "AES_CM_256_HMAC_SHA1_80", ES_SDP_AES_256_CM_HMAC_SHA1_80 },
		{ "AES_CM_256_HMAC_SHA1_32", ES_SDP_AES_256_CM_HMAC_SHA1_32 },
		{ "F8_128_HMAC_SHA1_80", ES_SDP_F8_128_HMAC_SHA1_80 },
		{ "AEAD_AES_128_GCM", ES_SDP_AEAD_AES_128_GCM },
		{ "AEAD_AES_256_GCM", ES_SDP_AEAD_AES_256_GCM },
	};

	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (es_text_is(name, suites[i].name))
			return suites[i].suite;
	return ES_SDP_SUITE_UNKNOWN;
}

/* WSH and FEC_ORDER change no key; what begins with '-' may be ignored by who does not know it. */
static void
read_session_params(es_slice rest, struct es_sdp_crypto *k)
{
	es_slice word;

	while ((word = es_text_word(&rest)).n > 0) {
		if (es_text_is(word, "UNENCRYPTED_SRTP"))
			k->is_srtp_clear = true;
		else if (es_text_is(word, "UNENCRYPTED_SRTCP"))
			k->is_srtcp_clear = true;
		else if (es_text_is(word, "UNAUTHENTICATED_SRTP"))
			k->is_srtp_unsigned = true;
		else if (!es_text_begins_same(word, "WSH=") &&
			 !es_text_begins_same(word, "FEC_ORDER=") && word.p[0] != '-')
			k->has_other = true;
	}
}

/* inline:KEY|2^20|1:4; lifetime and MKI may be missing. False: no key to use. */
static bool
read_key(es_slice text, struct es_sdp_crypto *k)
{
	if (!es_text_begins_same(text, "inline:"))
		return false;
	text = es_text_from(text, 7);
	k->key = es_text_cut(&text, '|');
	k->mki_bytes = 0;
	while (text.n > 0) {
		es_slice length = es_text_cut(&text, '|');
		es_slice value;
		uint32_t n;

		if (es_text_find(length, ':') == length.n)
			continue; /* the lifetime */
		value = es_text_cut(&length, ':');
		if (es_text_u64(value, UINT64_MAX, &k->mki) != 0 ||
		    es_text_u32(length, ES_SDP_MKI_MAX_BYTES, &n) != 0 || n == 0)
			return false;
		k->mki_bytes = (uint8_t)n;
	}
	return k->key.n > 0;
}

/* a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:..|2^20|1:4;inline:.. UNENCRYPTED_SRTCP */
void
es_sdp_on_crypto(struct es_sdp_reader *r, es_slice value)
{
	struct es_sdp_media *m = r->media;
	struct es_sdp_crypto k;
	es_slice tag = es_text_word(&value);
	es_slice suite = es_text_word(&value);
	es_slice keys = es_text_word(&value);

	m->has_crypto = true;
	memset(&k, 0, sizeof(k));
	if (es_text_u32(tag, TAG_MAX, &k.tag) != 0)
		return;
	k.suite = suite_of(suite);
	read_session_params(value, &k);
	while (keys.n > 0) {
		if (!read_key(es_text_cut(&keys, ';'), &k))
			continue;
		if (m->n_crypto == ES_SDP_CRYPTO_MAX) {
			r->sdp->n_over_limit++;
			return;
		}
		m->crypto[m->n_crypto++] = k;
	}
}
