/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The role "sensor": opens interfaces and the hop, and keeps a child running, the parser, that reads them. It holds the one
 * right of the sensor and never reads a packet.
 */
#ifndef AGENT_SENSOR_OPENER_H
#define AGENT_SENSOR_OPENER_H

#include "agent/agent_config.h"

/*
 * Runs until SIGTERM or the end of a replay. hop_fd: the inherited connection to the shipper, taken; -1: connects to the
 * configured path. Returns an exit status.
 */
int es_opener_run(struct es_agent_config *cfg, int hop_fd);

#endif
