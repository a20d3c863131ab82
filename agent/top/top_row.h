/* SPDX-License-Identifier: Apache-2.0 */
/* The table of calls: which columns fit a width, their titles, and a row. */
#ifndef AGENT_TOP_TOP_ROW_H
#define AGENT_TOP_TOP_ROW_H

#include "agent/output/read_style.h"
#include "agent/top/top_view.h"

#include <stdio.h>

enum es_top_column {
	ES_TOP_COLUMN_STATE,
	ES_TOP_COLUMN_START,
	ES_TOP_COLUMN_TIME,
	ES_TOP_COLUMN_CODEC,
	ES_TOP_COLUMN_LOSS,
	ES_TOP_COLUMN_LAST_LOSS,
	ES_TOP_COLUMN_LATE,
	ES_TOP_COLUMN_JITTER,
	ES_TOP_COLUMN_MOS,
	ES_TOP_COLUMN_WORST,
};

enum { ES_TOP_COLUMNS = ES_TOP_COLUMN_WORST + 1 };

/* What fits. */
struct es_top_layout {
	bool has[ES_TOP_COLUMNS];
	int from; /* columns of each party */
	int to;
	int call_id; /* 0: not shown */
};

struct es_top_layout es_top_row_layout(uint32_t columns);

/* The moment that is shown of a call. */
struct es_top_moment {
	es_time now;  /* in capture time */
	bool is_held; /* a party holds it */
};

/* Without line breaks. */
void es_top_row_titles(const struct es_top_layout *l, FILE *to);
void es_top_row_put(const struct es_top_layout *l, const struct es_read_style *style,
    const struct es_top_calls *t, const struct es_top_call *c, const struct es_top_moment *at,
    FILE *to);

/* "ringing", "held", "err 486", and whether that is an end one did not wish for. */
enum { ES_TOP_STATE_BYTES = 12 };
bool es_top_row_state(const struct es_top_call *c, bool is_held, char out[ES_TOP_STATE_BYTES]);

/* For how long, "12:34", "1h05m" or "3d04h"; "-" where it is not known. */
enum { ES_TOP_TIME_BYTES = 24 };
void es_top_row_time(const struct es_top_call *c, es_time now, char out[ES_TOP_TIME_BYTES]);

#endif
