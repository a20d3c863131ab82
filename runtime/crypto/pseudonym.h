/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pseudonyms of the user parts of SIP URIs (docs/PRIVACY.md). Same key, same
 * person, same text; without the key the text reveals no more than the class.
 *
 *     n1-<class>-<24 hex>-<24 hex>   a number: HMAC of the normalised number, HMAC of its last 8 digits
 *     n1-<class>-<24 hex>            a number of fewer than 8 digits
 *     u1-<24 hex>                    anything else (a name)
 *     k1-<24 hex>                    a key that joins calls and may hold a number
 *
 * class = "cc" and the country code ("cc49") where the number is known to be international, "nat" for
 * digits whose country is not known, "ext" for up to 6 digits (an extension, a short code). The hex
 * is the first 96 bits of HMAC-SHA-256 over a one-letter label (n number, t tail, u name, k key), a
 * zero byte, and the text. Numbers are normalised to E.164 first: escapes (%2B), visual separators and
 * parameters (;phone-context) taken off, 00 or 011 (only with country 1) becomes +, one leading 0
 * becomes + and the country where one is configured.
 */
#ifndef EARSHOT_RUNTIME_PSEUDONYM_H
#define EARSHOT_RUNTIME_PSEUDONYM_H

#include "runtime/crypto/hmac.h"

enum { ES_PSEUDONYM_TEXT_MAX = 64, ES_PSEUDONYM_URI_MAX = 320 };

/* country: calling code of national numbers, "49"; NULL or "": not known. */
struct es_pseudonym {
	uint8_t key[ES_KEY_BYTES];
	char country[4];
};

/* ES_EINVALID unless country is NULL, empty, or 1 to 3 digits. */
int es_pseudonym_init(struct es_pseudonym *p, const uint8_t key[ES_KEY_BYTES], const char *country);

/*
 * "user@host": the user replaced, the host kept (cut to fit). Text without @ is a user. Returns the
 * length. "anonymous" stays readable: RFC 3323 says it is nobody.
 */
size_t es_pseudonym_uri(const struct es_pseudonym *p, es_slice uri, char out[ES_PSEUDONYM_URI_MAX]);

/*
 * User-to-User and the like, byte for byte: equal keys stay equal. An empty one stays empty, one of
 * this form stays as it is. Returns the length.
 */
size_t
es_pseudonym_key(const struct es_pseudonym *p, es_slice key, char out[ES_PSEUDONYM_TEXT_MAX]);

#endif
