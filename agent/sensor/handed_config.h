/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration on its way from the opener, which read the files, to a parser, which may not: a file in memory (memfd,
 * Linux 3.17). A file that is edited meanwhile changes no parser that begins later.
 */
#ifndef AGENT_SENSOR_HANDED_CONFIG_H
#define AGENT_SENSOR_HANDED_CONFIG_H

#include "agent/agent_config.h"

/* *fd: the caller's to close. ES_EIO (errno). */
int es_handed_config_new(const struct es_agent_config *cfg, int *fd);

/* The sensor's view of it. fd: taken. As es_agent_config_load. */
int es_handed_config_read(int fd, char error[ES_OPTIONS_ERROR_MAX], struct es_agent_config **out);

#endif
