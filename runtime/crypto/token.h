/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens. An enrolment token is one line of text that a person carries to the new agent:
 *
 *     earshot1.<secret, 64 hex digits>.<pin of the collector's CA, 64 hex digits>
 *
 * The collector stores its hash only. The pin makes the first contact trustworthy: the agent refuses
 * an enrolment listener whose chain does not end in that CA.
 */
#ifndef EARSHOT_RUNTIME_TOKEN_H
#define EARSHOT_RUNTIME_TOKEN_H

#include "runtime/crypto/hmac.h"

enum { ES_TOKEN_SECRET_BYTES = 32, ES_TOKEN_TEXT_MAX = 9 + 64 + 1 + 64 + 1 };

struct es_token {
	uint8_t secret[ES_TOKEN_SECRET_BYTES];
	uint8_t ca_pin[ES_SHA256_BYTES];
};

/* A new random token for the CA with that pin. Zero both after use. */
void es_token_make(const uint8_t ca_pin[ES_SHA256_BYTES], struct es_token *out);
/* The text an administrator hands over: it is the secret. NUL-terminated. */
void es_token_text(const struct es_token *t, char out[ES_TOKEN_TEXT_MAX]);

/* Surrounding white space is fine. ES_EMALFORMED. */
int es_token_parse(es_slice text, struct es_token *out);

/* What is stored of a token, and looked up by: SHA-256 of a fixed label and the secret. */
void es_token_hash(const uint8_t secret[ES_TOKEN_SECRET_BYTES], uint8_t out[ES_SHA256_BYTES]);

#endif
