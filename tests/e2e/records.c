/* SPDX-License-Identifier: Apache-2.0 */
/* Encoded records as lines of hexadecimal on standard input, as JSON on standard output. */
#include "agent/record_json.h"
#include "proto/decode.h"
#include "runtime/crypto/hmac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1 << 18 };

static void
to_stdout(void *ctx, const char *bytes, size_t n_bytes)
{
	(void)ctx;
	fwrite(bytes, 1, n_bytes, stdout);
}

static void
each(void *ctx, const struct es_record *rec)
{
	es_record_json(rec, ctx);
}

int
main(void)
{
	static char line[LINE_MAX_BYTES], text[1 << 16];
	static uint8_t bytes[LINE_MAX_BYTES / 2], arena[ES_ALLOC_BYTES];
	struct es_alloc alloc;
	struct es_json json;
	size_t n;

	es_json_init(&json, text, sizeof(text), to_stdout, NULL);
	es_alloc_init(&alloc, arena, sizeof(arena));
	while (fgets(line, sizeof(line), stdin) != NULL) {
		n = strcspn(line, "\r\n") / 2;
		es_alloc_reset(&alloc);
		if (es_hex_parse(es_slice_of(line, 2 * n), bytes, n) != 0 ||
		    es_record_decode(es_slice_of(bytes, n), &alloc, each, &json) <= 0) {
			fprintf(stderr, "records: a line is no record\n");
			return 1;
		}
	}
	es_json_flush(&json);
	return 0;
}
