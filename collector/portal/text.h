/* SPDX-License-Identifier: Apache-2.0 */
/* Text that grows, up to a limit: bodies of answers. */
#ifndef COLLECTOR_PORTAL_TEXT_H
#define COLLECTOR_PORTAL_TEXT_H

#include "probes/base/json.h"

enum { ES_TEXT_MAX_BYTES = 16 << 20 };

struct es_text {
	char *p;
	size_t n;
	size_t cap;
	bool bad; /* out of memory, or over the limit: what is there is not whole */
};

void es_text_add(struct es_text *t, const char *bytes, size_t n);
void es_text_format(struct es_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void es_text_clear(struct es_text *t); /* keeps the memory */
void es_text_done(struct es_text *t);

/* A JSON writer into t; es_json_flush at the end. */
struct es_text_json {
	struct es_json json;
	char buf[1024];
};
void es_text_json(struct es_text_json *j, struct es_text *t);

#endif
