/* SPDX-License-Identifier: Apache-2.0 */
/* The tenant key in its file. */
#include "collector/tenant.h"

#include "runtime/file.h"

#include <stdio.h>
#include <stdlib.h>

enum { DIGITS = 2 * ES_KEY_BYTES };

int
es_tenant_key_make(const char *path)
{
	uint8_t key[ES_KEY_BYTES];
	char text[DIGITS + 2];
	int err;

	es_random_bytes(key, sizeof(key));
	es_hex_text(key, sizeof(key), text);
	text[DIGITS] = '\n';
	err = es_file_write(path, es_slice_of(text, DIGITS + 1), 0600);
	es_secret_zero(key, sizeof(key));
	es_secret_zero(text, sizeof(text));
	return err;
}

int
es_tenant_key_load(
    const char *path, uid_t also, char why[ES_TRUST_WHY_MAX], uint8_t out[ES_KEY_BYTES])
{
	char *text = NULL;
	size_t n = 0;
	int err = es_trust_read_shut_secret(path, DIGITS + 2, also, &text, &n, why);

	if (err < 0)
		return err == ES_EFULL ? ES_EMALFORMED : err;
	err = es_hex_parse(es_slice_of(text, n < DIGITS ? n : DIGITS), out, ES_KEY_BYTES);
	es_secret_zero(text, n);
	free(text);
	if (err != 0)
		(void)snprintf(
		    why, ES_TRUST_WHY_MAX, "%s: expected %d hexadecimal digits", path, DIGITS);
	return err;
}
