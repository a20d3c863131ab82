/* SPDX-License-Identifier: Apache-2.0 */
/* In place of agent/sensor/links.c and agent/capture/ring*.c: one interface of the test. */
#ifndef TESTS_MADE_LINKS_H
#define TESTS_MADE_LINKS_H

#include "earshot/engine.h"

struct made_links {
	bool is_up;
	uint32_t index;         /* a new one when it is made again */
	int refusal;            /* of the next ring, ES_E...; 0: none */
	unsigned lacks_tunnels; /* that the filter of a ring cannot look into */
	unsigned n_rings;
	int ring; /* the test's end of the last ring: a packet of its source for each byte; -1: none */
	uint32_t fill_ppm;       /* of the buffer of its source */
	bool is_broken;          /* the source fails once */
	struct es_packet packet; /* that the source gives, a millisecond later each time */
};

extern struct made_links made_links;

void made_links_reset(void);
/* The kernel tells of a change. */
void made_links_change(bool is_up, uint32_t index);

#endif
