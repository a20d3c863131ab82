/* SPDX-License-Identifier: Apache-2.0 */
/* Text that grows, up to a limit. */
#include "collector/portal/body.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
es_body_add(struct es_body *t, const char *bytes, size_t n)
{
	size_t cap = t->cap == 0 ? 4096 : t->cap;
	char *grown;

	if (t->bad || n > ES_BODY_MAX_BYTES - t->n) {
		t->bad = true;
		return;
	}
	while (cap < t->n + n)
		cap *= 2;
	if (cap != t->cap) {
		grown = realloc(t->p, cap);
		if (grown == NULL) {
			t->bad = true;
			return;
		}
		t->p = grown;
		t->cap = cap;
	}
	memcpy(t->p + t->n, bytes, n);
	t->n += n;
}

void
es_body_format(struct es_body *t, const char *fmt, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(line))
		t->bad = true;
	else
		es_body_add(t, line, (size_t)n);
}

void
es_body_clear(struct es_body *t)
{
	t->n = 0;
	t->bad = false;
}

void
es_body_done(struct es_body *t)
{
	free(t->p);
	memset(t, 0, sizeof(*t));
}

static void
flush(void *ctx, const char *bytes, size_t n)
{
	es_body_add(ctx, bytes, n);
}

void
es_body_json(struct es_body_json *j, struct es_body *t)
{
	es_json_init(&j->json, j->buf, sizeof(j->buf), flush, t);
}
