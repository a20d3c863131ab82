/* SPDX-License-Identifier: Apache-2.0 */
/* One sentence of evidence, put together without the C library's formatting. */
#ifndef CORRELATE_VERDICT_EVIDENCE_H
#define CORRELATE_VERDICT_EVIDENCE_H

#include "earshot/correlate.h"

/* A new sentence at the end of the verdict's evidence; NULL when there is no room for more. */
struct es_evidence *es_cor_evidence(struct es_verdict *v);

/* Append to a sentence; what does not fit is cut off. A NULL sentence is fine. */
void es_cor_add_text(struct es_evidence *e, const char *text);
/* "forward: " */
void es_cor_add_way(struct es_evidence *e, uint32_t dir);
void es_cor_add_slice(struct es_evidence *e, es_slice text);
void es_cor_add_number(struct es_evidence *e, int64_t v);
/* Of a number in thousandths, with one decimal where it has any: "6.5", "200". */
void es_cor_add_milli(struct es_evidence *e, int64_t milli);
/* "5.6 %" of part in whole. */
void es_cor_add_percent(struct es_evidence *e, uint64_t part, uint64_t whole);
/* "1 packet", "2 packets" */
void es_cor_add_count(struct es_evidence *e, uint64_t n, const char *noun);

void es_cor_set_value(struct es_evidence *e, int64_t value, const char *unit);
void es_cor_set_milli(struct es_evidence *e, int64_t milli, const char *unit);

#endif
