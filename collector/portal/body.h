/* SPDX-License-Identifier: Apache-2.0 */
/* The body of an answer: text that grows, up to a limit. A zeroed struct is an empty body. */
#ifndef COLLECTOR_PORTAL_BODY_H
#define COLLECTOR_PORTAL_BODY_H

#include "probes/base/json.h"

enum { ES_BODY_MAX_BYTES = 16 << 20 };

struct es_body {
	char *p;
	size_t n;
	size_t cap;
	bool bad; /* out of memory, or over the limit: what is there is not whole */
};

/* Appends n bytes, copied. Over the limit or without memory sets t->bad and leaves what is there. */
void es_body_add(struct es_body *t, const char *bytes, size_t n);
/* Appends at most 1023 bytes of formatted text; a longer text sets t->bad. */
void es_body_format(struct es_body *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Empties the body and keeps its memory for the next one. */
void es_body_clear(struct es_body *t);
/* Frees the memory; the body is empty and may be used again. */
void es_body_done(struct es_body *t);

/* A JSON writer that appends to t. Call es_json_flush(&j->json) at the end; t must outlive j. */
struct es_body_json {
	struct es_json json;
	char buf[1024];
};
void es_body_json(struct es_body_json *j, struct es_body *t);

#endif
