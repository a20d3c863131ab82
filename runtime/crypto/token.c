/* SPDX-License-Identifier: Apache-2.0 */
/* Enrolment tokens: secret and pin in one line of text. */
#include "runtime/crypto/token.h"

#define PREFIX "earshot1."

enum { PREFIX_LEN = 9, SECRET_HEX = 2 * ES_TOKEN_SECRET_BYTES, PIN_HEX = 2 * ES_SHA256_BYTES };

void
es_token_make(const uint8_t ca_pin[ES_SHA256_BYTES], struct es_token *out)
{
	es_random_bytes(out->secret, sizeof(out->secret));
	memcpy(out->ca_pin, ca_pin, sizeof(out->ca_pin));
}

void
es_token_text(const struct es_token *t, char out[ES_TOKEN_TEXT_MAX])
{
	memcpy(out, PREFIX, PREFIX_LEN);
	es_hex_text(t->secret, sizeof(t->secret), out + PREFIX_LEN);
	out[PREFIX_LEN + SECRET_HEX] = '.';
	es_hex_text(t->ca_pin, sizeof(t->ca_pin), out + PREFIX_LEN + SECRET_HEX + 1);
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int
es_token_parse(es_slice text, struct es_token *out)
{
	struct es_token t;

	while (text.n > 0 && is_blank(text.p[text.n - 1]))
		text.n--;
	while (text.n > 0 && is_blank(text.p[0])) {
		text.p++;
		text.n--;
	}
	if (text.n != PREFIX_LEN + SECRET_HEX + 1 + PIN_HEX ||
	    memcmp(text.p, PREFIX, PREFIX_LEN) != 0 || text.p[PREFIX_LEN + SECRET_HEX] != '.')
		return ES_EMALFORMED;
	if (es_hex_parse(
		es_slice_of(text.p + PREFIX_LEN, SECRET_HEX), t.secret, sizeof(t.secret)) != 0 ||
	    es_hex_parse(es_slice_of(text.p + PREFIX_LEN + SECRET_HEX + 1, PIN_HEX), t.ca_pin,
		sizeof(t.ca_pin)) != 0)
		return ES_EMALFORMED;
	*out = t;
	es_secret_zero(&t, sizeof(t));
	return 0;
}

void
es_token_hash(const uint8_t secret[ES_TOKEN_SECRET_BYTES], uint8_t out[ES_SHA256_BYTES])
{
	static const char label[] = "earshot token 1";
	uint8_t bytes[sizeof(label) + ES_TOKEN_SECRET_BYTES];

	memcpy(bytes, label, sizeof(label));
	memcpy(bytes + sizeof(label), secret, ES_TOKEN_SECRET_BYTES);
	es_sha256(es_slice_of(bytes, sizeof(bytes)), out);
	es_secret_zero(bytes, sizeof(bytes));
}
