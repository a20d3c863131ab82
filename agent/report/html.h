/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes HTML into memory that grows. Markup of ours enters through es_html_raw; all that comes from outside
 * enters through es_html_text, which escapes it. Numbers, times and addresses are the texts that the JSON has.
 */
#ifndef AGENT_REPORT_HTML_H
#define AGENT_REPORT_HTML_H

#include "earshot/addr.h"
#include "earshot/slice.h"
#include "earshot/time.h"

enum { ES_HTML_BYTES_MAX = 64 * 1024 * 1024 };

/* Zeroed it is empty. */
struct es_html {
	char *text; /* not NUL-terminated */
	size_t n_bytes;
	size_t cap_bytes;
	bool failed; /* no memory, or above ES_HTML_BYTES_MAX: stays so */
};

void es_html_free(struct es_html *h);

/* Markup as it stands: never anything from outside. */
void es_html_raw(struct es_html *h, const char *markup);

/*
 * Text, in an element or in a quoted attribute. Bytes of no UTF-8, control characters and those that change the direction
 * of a line or are not seen become U+FFFD: what is shown is what is there.
 */
void es_html_text(struct es_html *h, es_slice text);
void es_html_str(struct es_html *h, const char *text);

/* As json.h writes them, without quotes. */
void es_html_i64(struct es_html *h, int64_t v);
void es_html_u64(struct es_html *h, uint64_t v);
void es_html_scaled(struct es_html *h, int64_t v, unsigned scale, unsigned decimals);
void es_html_time(struct es_html *h, es_time t);
void es_html_addr(struct es_html *h, const struct es_addr *a);
void es_html_ssrc(struct es_html *h, uint32_t ssrc);

#endif
