/* SPDX-License-Identifier: Apache-2.0 */
/* The body of an answer: text that grows, up to a limit. */
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

void es_body_add(struct es_body *t, const char *bytes, size_t n);
void es_body_format(struct es_body *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void es_body_clear(struct es_body *t); /* keeps the memory */
void es_body_done(struct es_body *t);

/* A JSON writer into t; es_json_flush at the end. */
struct es_body_json {
	struct es_json json;
	char buf[1024];
};
void es_body_json(struct es_body_json *j, struct es_body *t);

#endif
