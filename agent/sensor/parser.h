/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that reads packets, a child of the opener: engines in, records to the shipper out. It has no right, opens
 * nothing and gets what it needs handed over.
 */
#ifndef AGENT_SENSOR_PARSER_H
#define AGENT_SENSOR_PARSER_H

#include "agent/agent_config.h"

struct es_parser_start {
	int opener;       /* our end of the pair (handover.h), taken */
	uint64_t crashes; /* of the parsers before */
};

/* Gives up its rights, then runs until the opener says stop, or the end of a replay. Returns an exit status. */
int es_parser_run(struct es_agent_config *cfg, const struct es_parser_start *start);

#endif
