/* SPDX-License-Identifier: Apache-2.0 */
/* Causes of one degraded direction: where the packets went, and what the machines there felt. */
#ifndef CORRELATE_CAUSE_H
#define CORRELATE_CAUSE_H

#include "correlate/judge.h"

enum { ES_COR_SURE_PPM = 990000 }; /* nothing here is ever certain */

/* Where most bad packets of a direction went. */
struct es_cor_blame {
	bool is_before; /* nobody saw them: before the first point */
	uint32_t from;  /* positions in the direction's sense */
	uint32_t to;
	uint64_t lost;
	uint64_t late;
	uint32_t share_ppm; /* of all bad packets */
};

/* A machine's signal or change, held against the blocks of a direction. */
struct es_cor_finding {
	enum es_cause cause;
	uint32_t confidence_ppm;
	uint32_t machine;
	uint32_t bad;     /* bad blocks the machine has a value for */
	uint32_t bad_hit; /* of those, with the signal beyond its threshold */
	uint32_t good;
	uint32_t good_hit;
	uint64_t harmed;     /* bad packets of the blamed span in blocks that were hit */
	uint64_t all_harmed; /* in all its blocks */
	bool is_change;
	uint32_t change; /* in the store */
	uint16_t signal;
	bool is_above;
	int64_t threshold;
};

enum { ES_COR_FINDINGS_MAX = 16 };

void es_cor_blame(const struct es_cor_direction *d, struct es_cor_blame *out);

/*
 * Signals and changes of the machines at both ends of the blamed span that overlap the bad blocks
 * and not the good ones; best first. Returns how many.
 */
uint32_t es_cor_findings(struct es_cor_direction *d, const struct es_cor_blame *blame,
    struct es_cor_finding out[ES_COR_FINDINGS_MAX]);

/* Sorts what the machines felt by machine and time: s->machines. ES_EFULL. */
int es_cor_machines(struct es_cor_solve *s);

const char *es_cor_signal_name(uint16_t signal);
const char *es_cor_change_name(uint16_t kind);

/*
 * How sure a machine's cause is: the share of bad blocks it hit times the share of good ones it
 * left alone, each with half an observation of doubt. More of either evidence, more confidence.
 */
uint32_t es_cor_overlap_ppm(uint32_t bad_hit, uint32_t bad, uint32_t good_hit, uint32_t good);

/* How sure a share of n packets is. */
uint32_t es_cor_share_ppm(uint32_t share_ppm, uint64_t n);

#endif
