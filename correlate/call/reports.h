/* SPDX-License-Identifier: Apache-2.0 */
/* What receivers beyond the last vantage point reported of the streams that passed it. */
#ifndef CORRELATE_CALL_REPORTS_H
#define CORRELATE_CALL_REPORTS_H

#include "correlate/call/direction.h"
#include "correlate/call/holes.h"

/* Sorts the reports of the store: s->reported. ES_EFULL. */
int es_cor_reports_sort(struct es_cor_solve *s);

/*
 * The most packets that a receiver beyond the last point reported as lost of a stream of this direction,
 * counted from the stream's start (RFC 3550 section 6.4.1). 0: no report.
 */
uint64_t es_cor_reports_lost(const struct es_cor_direction *d);

/*
 * By how much the losses that receivers reported of a stream view grew over a stretch of time. -1: no report soon
 * after it. A stream without a report before it had no losses, since receivers count from its start. start and end
 * are of the clock that the stream view was seen on.
 */
int64_t es_cor_reports_growth(
    const struct es_cor_solve *s, const struct es_cor_stream_view *st, es_time start, es_time end);

/* What reports say of packets that were not seen. The higher one holds where they differ. */
enum es_cor_reports {
	ES_COR_REPORTS_NONE, /* no report soon after */
	ES_COR_REPORTS_RECEIVED,
	ES_COR_REPORTS_DOUBTFUL, /* they were missed, or the reports contradict each other */
};

/*
 * Whether the receiver of a stream view had the packets of a hole. A count of losses that did not grow is no proof:
 * some receivers never count, others begin to count again (RFC 3550 A.1). So one receiver reported before and
 * behind the hole, its highest number advanced in step with the packets, its cumulative loss never fell and
 * grew by an eighth of them at most, and of no interval up to the first report behind did it miss more.
 */
enum es_cor_reports es_cor_reports_hole(const struct es_cor_solve *s,
    const struct es_cor_stream_view *st, const struct es_cor_hole_at *x);

#endif
