/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Printed blocks and reports that wait for the fate of their stream. There may be hundreds for each stream, so they wait
 * in a temporary file without a name, in the order they came.
 */
#ifndef AGENT_OUTPUT_READ_LATER_H
#define AGENT_OUTPUT_READ_LATER_H

#include "earshot/record.h"

#include <stdio.h>

struct es_later {
	FILE *file; /* NULL: nothing waits */
};

struct es_later_row {
	enum es_record_type type;
	es_time start;
	struct es_stream_key key; /* of an interval; of a report, its subject's SSRC */
	bool is_wanted;           /* whatever becomes of the stream */
	size_t text_bytes;        /* NUL not counted */
};

/* 0, or ES_EFULL: the system has no room for it. */
int es_later_put(struct es_later *l, const struct es_later_row *row, const char *text);

/*
 * The rows in their order, from the first one on: 0 with *row filled and its text given in *text, ES_EEOF, ES_EIO
 * or ES_ENOMEM.
 */
int es_later_next(struct es_later *l, struct es_later_row *row, char **text);

/* Goes to the first row. 0, or ES_EFULL. */
int es_later_rewind(struct es_later *l);

/* A zeroed one is fine. */
void es_later_free(struct es_later *l);

#endif
