/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of a row: of its audio, for each direction. */
#ifndef AGENT_TOP_TOP_FIGURES_H
#define AGENT_TOP_TOP_FIGURES_H

#include "agent/top/top_calls.h"

enum es_top_sort {
	ES_TOP_BY_MOS,
	ES_TOP_BY_WORST,
	ES_TOP_BY_LOSS,
	ES_TOP_BY_JITTER,
	ES_TOP_BY_START
};

enum { ES_TOP_SORTS = ES_TOP_BY_START + 1 };

struct es_top_side {
	const struct es_top_stream
	    *stream;       /* the newest, and rather one that is not over; NULL: none */
	uint64_t expected; /* of all its streams */
	uint64_t lost;
	uint64_t late;
	uint64_t late_of; /* expected by those of them of which it is known what came late */
	uint32_t worst_mos_milli; /* of all its streams; 0: not known */
};

struct es_top_figures {
	struct es_top_side side[2]; /* es_top_calls_direction */
};

struct es_top_figures es_top_figures_of(const struct es_top_calls *t, const struct es_top_call *c);

/* How bad the worse direction is by a key, from 1 on, below 2^62; later calls rank before earlier ones. 0: not known. */
uint64_t es_top_figures_badness(
    const struct es_top_figures *f, const struct es_top_call *c, enum es_top_sort sort);

#endif
