/* SPDX-License-Identifier: Apache-2.0 */
/* The blocks of one direction at one leg, or of one stream whose direction is not known, by time. */
#ifndef AGENT_REPORT_LANES_H
#define AGENT_REPORT_LANES_H

#include "agent/report/shown_call.h"

enum { ES_LANES_MAX = ES_PATH_MAX };

/* Blocks in a row; where it is several, the value of each kind is that of the worst one. */
struct es_lane_step {
	int64_t from_ms;
	int64_t to_ms;
	uint32_t has; /* ES_INTERVAL_HAS_ */
	uint32_t n_blocks;
	uint32_t expected; /* of the block that lost most */
	uint32_t lost;
	uint32_t late;
	uint32_t jitter_us;
	uint32_t p95_us;
	uint32_t mos_lq_milli;
};

struct es_lane {
	uint32_t leg;
	bool is_one_stream; /* of this one; else all of the direction */
	uint32_t stream;
	bool is_hit; /* the segment into it is the one of the verdict */
	struct es_lane_step *steps;
	size_t n_steps;
	size_t n_blocks;
	uint64_t lost; /* of all blocks */
	uint32_t has;
	uint32_t lost_max;
	uint32_t p95_max_us;
	uint32_t mos_min_milli;
};

struct es_lanes {
	enum es_direction_name direction;
	struct es_lane at[ES_LANES_MAX]; /* from the sender to the receiver */
	uint32_t n;
	uint32_t n_left_out; /* lanes beyond these */
};

/* room: steps in all. 0, or ES_ENOMEM; to be freed either way. */
int es_lanes_init(struct es_lanes *l, const struct es_shown_call *s,
    enum es_direction_name direction, size_t room);
void es_lanes_free(struct es_lanes *l);

#endif
