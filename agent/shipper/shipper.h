/* SPDX-License-Identifier: Apache-2.0 */
/* The role "shipper": keeps what the sensor heard until the collector has it; never sees a packet. */
#ifndef AGENT_SHIPPER_SHIPPER_H
#define AGENT_SHIPPER_SHIPPER_H

#include "agent/agent_config.h"

/*
 * Runs until SIGTERM. ipc_fd: the inherited IPC socket, taken; -1: listens on the configured path. Returns an exit
 * status.
 */
int es_shipper_run(struct es_agent_config *cfg, int ipc_fd);

#endif
