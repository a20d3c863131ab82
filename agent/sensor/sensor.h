/* SPDX-License-Identifier: Apache-2.0 */
/* The role "sensor": hears packets and hands records to the shipper; holds no key, opens no network. */
#ifndef AGENT_SENSOR_SENSOR_H
#define AGENT_SENSOR_SENSOR_H

#include "agent/agent_config.h"

/*
 * Runs until SIGTERM or the end of a replay. ipc_fd: the inherited IPC socket, taken; -1: connects to the
 * configured path. Returns an exit status.
 */
int es_sensor_run(struct es_agent_config *cfg, int ipc_fd);

#endif
