/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One joined call under work: its points (a leg at a vantage point) in path order, and its media:
 * each a source with the sets of packets that the points saw of it.
 */
#ifndef CORRELATE_CALL_H
#define CORRELATE_CALL_H

#include "correlate/solve.h"

enum {
	ES_COR_BLOCKS_OF_SMALL = 64, /* packets: a smaller block is judged with its neighbour */
	ES_COR_GAP_MAX = 65536,      /* numbers: what a longer hole leaves out was never sent */
	ES_COR_ABSENCES_MAX = 8,     /* of a call */
};

struct es_cor_point {
	uint32_t leg;
	uint32_t place; /* points that share a media address and port */
	int8_t
	    end; /* of two like terminals in one place: -1 the caller's, 1 the callee's, else 0 */
	bool has_forwards; /* max_forwards is known */
	uint32_t max_forwards;
	es_slice name; /* of the vantage point, with /1, /2 where it sees several legs */
	enum es_role role;
};

/* What one point saw of one medium, in numbers common to all points. */
struct es_cor_view {
	bool is_there;
	uint32_t *sources; /* those of the medium at this point, ascending */
	uint32_t n_sources;
	struct es_cor_runs seen;
	struct es_cor_runs unknown; /* not delivered: neither seen nor lost */
};

struct es_cor_media {
	uint32_t group;
	int side; /* 1 forward, -1 reverse, 0 not known */
	uint64_t packets;
	struct es_cor_view views[ES_PATH_MAX]; /* by the index of the point */
};

/* A time in which no point saw media of the call, neither way. absence.c */
struct es_cor_absence {
	uint32_t point; /* on whose clock the times are */
	es_time start;
	es_time end;
	bool is_acquitted; /* a receiver reports that it missed nothing meanwhile */
};

struct es_cor_case {
	struct es_cor_solve *s;
	struct es_cor_point points[ES_PATH_MAX];
	uint32_t n_points;
	bool has_signalling;
	struct es_cor_media *media;
	uint32_t n_media;
	struct es_cor_absence absences[ES_COR_ABSENCES_MAX];
	uint32_t n_absences;
};

/* Builds media and sets of a case whose points are filled in (in any order). 0, ES_EFULL. */
int es_cor_media_build(struct es_cor_case *c);

/* All that any point saw of a medium; from the scratch memory. */
void es_cor_all_seen(const struct es_cor_case *c, uint32_t media, struct es_cor_runs *out);

/* Which media go from caller to callee, as far as signalling and addresses tell. */
void es_cor_media_sides(struct es_cor_case *c);

/* The rest, once the points are in path order: forward is away from the first one. */
void es_cor_media_sides_without_signalling(struct es_cor_case *c);

/* Sorts the points from the caller to the callee and names them. */
int es_cor_path_order(struct es_cor_case *c);

/* The source of a medium at a point, or ES_COR_NONE; the one with most packets where it is several. */
uint32_t
es_cor_source_at(const struct es_cor_case *c, const struct es_cor_media *m, uint32_t point);

/*
 * Difference of the clocks of two points as packets of this medium show it, the way between
 * included: the same clocks and two opposite media give the round trip. False when they share none.
 */
bool es_cor_offset(struct es_cor_case *c, const struct es_cor_media *m, uint32_t from, uint32_t to,
    int64_t *offset_ns);

/*
 * One vantage point has one clock: packets pass the leg nearer their sender first. Positive: that of a;
 * 0: two vantage points, or nobody can say.
 */
int
es_cor_by_one_clock(struct es_cor_case *c, const struct es_cor_media *m, uint32_t a, uint32_t b);

#endif
