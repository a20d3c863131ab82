/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detours: media that leave a 5-tuple for a while and come back, as when two phones send to each other
 * directly between two times over a relay. Each 5-tuple is a stream of its own; the numbers that another
 * one of the SSRC carried meanwhile are neither expected of this one nor lost.
 *
 * Open streams of one SSRC are in a list, the one whose media came to its path last in front. A stream that
 * was on its path before the other one stopped runs in parallel: it is no detour.
 */
#ifndef EARSHOT_MEDIA_DETOUR_H
#define EARSHOT_MEDIA_DETOUR_H

#include "probes/media/streams.h"

enum {
	ES_DETOURS_MAX = 16,        /* streams of the SSRC looked at, latest first */
	ES_DETOUR_SLACK_MS = 2000,  /* one path may be so much slower than the other */
	ES_DETOUR_COST = 1,         /* a record: the part before it goes out */
	ES_DETOUR_PACKETS_FREE = 32 /* since the part before began */
};

/* Numbers are missing before a: leaves out those that took another path. */
void es_detour_packet(struct es_streams *t, struct es_stream_state *s, const struct es_arrival *a);

#endif
