/* SPDX-License-Identifier: Apache-2.0 */
/* The role "sensor": hears packets and hands records to the shipper; holds no key, opens no network. */
#ifndef AGENT_SENSOR_SENSOR_H
#define AGENT_SENSOR_SENSOR_H

#include "agent/config.h"

/* Runs until SIGTERM or the end of a replay. hop_fd: inherited, or -1 for the path. Exit status. */
int es_sensor_run(const struct es_agent_config *cfg, int ipc_fd);

#endif
