/* SPDX-License-Identifier: Apache-2.0 */
/* How loss and MOS of a stream went over its time, as a line of small bars. */
#ifndef AGENT_OUTPUT_SPARKLINE_H
#define AGENT_OUTPUT_SPARKLINE_H

#include "earshot/record.h"
#include "probes/base/hash.h"
#include "probes/base/pool.h"
#include "probes/base/table.h"

#include <stdio.h>

enum {
	ES_SPARKLINE_BARS = 16,
	ES_SPARKLINE_STREAMS_MAX = 65536, /* at one time; further ones have no line */
};

/* Blocks of 256 numbers in a row; when all bars are taken, two neighbours become one. */
struct es_sparkline {
	struct es_stream_key key;
	uint64_t first_block;
	uint64_t blocks_per_bar;
	uint32_t n; /* bars, those of absent blocks within included */
	struct es_spark {
		uint32_t expected;
		uint32_t lost;
		uint32_t mos_milli; /* of the worst block; 0: none has a MOS */
	} bars[ES_SPARKLINE_BARS];
};

/* The lines of streams that have not ended. */
struct es_sparklines {
	struct es_pool pool;
	struct es_table table;
	struct es_hash_key key;
};

/* Fills lines whose struct belongs to the caller. ES_ENOMEM. */
int es_sparklines_new(struct es_sparklines *s, struct es_hash_key key);

/* Zeroed lines are fine. */
void es_sparklines_free(struct es_sparklines *s);

/* A block of a stream. */
void es_sparklines_block(struct es_sparklines *s, const struct es_interval *v);

/* The stream's line so far, valid until the next call; NULL where no block of it came. */
const struct es_sparkline *
es_sparklines_find(const struct es_sparklines *s, const struct es_stream_key *key);

/* The stream's line is *out and no longer kept; false where no block of it came, and of zeroed lines. */
bool es_sparklines_take(
    struct es_sparklines *s, const struct es_stream_key *key, struct es_sparkline *out);

/*
 * A character per bar: of the lost share in steps at 0.1, 0.5, 1, 2, 5, 10 and 20 %, and of MOS in equal steps from 1
 * to 4.5; a blank where nothing is known. Eighths of a block in UTF-8, else the digits 0 to 7.
 */
void es_sparkline_loss(const struct es_sparkline *line, bool is_utf8, FILE *to);
void es_sparkline_mos(const struct es_sparkline *line, bool is_utf8, FILE *to);

#endif
