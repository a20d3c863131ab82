/* SPDX-License-Identifier: Apache-2.0 */
/* The portal process: pages, API, health and metrics over HTTP. Opens the database for reading only. */
#ifndef COLLECTOR_PORTAL_PORTAL_H
#define COLLECTOR_PORTAL_PORTAL_H

#include "collector/collector_config.h"

/* Runs until SIGTERM or SIGINT. Returns an exit status. */
int es_portal_run(const struct es_collector_config *cfg);

/* True: localhost or an IP address, a Host that no page of another site can send by DNS rebinding. */
bool es_portal_is_local_name(const char *host);

#endif
