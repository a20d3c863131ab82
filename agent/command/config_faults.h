/* SPDX-License-Identifier: Apache-2.0 */
/* What a configuration of earshotd names that this machine does not have, or that the service may not use. */
#ifndef AGENT_COMMAND_CONFIG_FAULTS_H
#define AGENT_COMMAND_CONFIG_FAULTS_H

#include "agent/agent_config.h"
#include "earshot/time.h"

/*
 * Looks for interfaces, files, directories and their rights, users, and the identity that enrolment leaves, as the
 * service will use them. fault is called for each that is missing or wrong: "FILE:LINE:COLUMN: ..." of the option where it was given. now:
 * wall clock. Returns how often.
 */
unsigned es_config_faults(const struct es_agent_config *cfg, es_time now,
    void (*fault)(void *ctx, const char *text), void *ctx);

#endif
