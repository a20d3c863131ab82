/* SPDX-License-Identifier: Apache-2.0 */
/* What receivers beyond the last vantage point reported of the streams that passed it. */
#ifndef CORRELATE_CALL_REPORTS_H
#define CORRELATE_CALL_REPORTS_H

#include "correlate/call/direction.h"

/* Sorts the reports of the store: s->reported. ES_EFULL. */
int es_cor_reports_sort(struct es_cor_solve *s);

/*
 * The most packets that a receiver beyond the last point reported as lost of a stream of this direction,
 * counted from the stream's start (RFC 3550 section 6.4.1). 0: no report.
 */
uint64_t es_cor_reports_lost(const struct es_cor_direction *d);

/*
 * By how much the losses that receivers reported of a stream view grew over a stretch of time. -1: no report soon
 * after it, or the count fell, as that of a receiver does that began to count again (RFC 3550 A.1). start and end
 * are of the clock that the stream view was seen on.
 */
int64_t es_cor_reports_growth(
    const struct es_cor_solve *s, const struct es_cor_stream_view *st, es_time start, es_time end);

#endif
