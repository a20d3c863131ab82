/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines: stream views whose numbers and timestamps continue each other, or are the same at two vantage points. Every
 * line has a range of common numbers of its own.
 */
#ifndef CORRELATE_JOIN_LINE_H
#define CORRELATE_JOIN_LINE_H

#include "correlate/join/solve.h"

/* Common numbers of different lines stand far apart; the limits of blocks stay where they are. */
#define ES_COR_LINE_SPAN (INT64_C(1) << 44)

/* The stream view a line leads to; *shift is added to a number of `stream_view` to get one of it. */
uint32_t es_cor_line_find(struct es_cor_solve *s, uint32_t stream_view, int64_t *shift);
/* Joins two lines: number_of_b + shift = number_of_a. */
void es_cor_line_join(struct es_cor_solve *s, uint32_t a, uint32_t b, int64_t shift);

/* Once all matches are known: fills in the base of every stream view. ES_EFULL. */
int es_cor_lines(struct es_cor_solve *s);

#endif
