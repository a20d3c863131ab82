/* SPDX-License-Identifier: Apache-2.0 */
/* The portal process: pages, API, health and metrics over HTTP. Opens the database for reading only. */
#ifndef COLLECTOR_PORTAL_PORTAL_H
#define COLLECTOR_PORTAL_PORTAL_H

#include "collector/collector_config.h"

struct es_collector_reload;

/*
 * Runs until SIGTERM or SIGINT. cfg is that of reload, which SIGHUP asks to read its file again; NULL: there is no
 * file. Returns an exit status.
 */
int es_portal_run(const struct es_collector_config *cfg, struct es_collector_reload *reload);

/* True: localhost or an IP address, a Host that no page of another site can send by DNS rebinding. */
bool es_portal_is_local_name(const char *host);

#endif
