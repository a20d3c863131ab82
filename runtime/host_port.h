/* SPDX-License-Identifier: Apache-2.0 */
/* The texts that name a host and a port, of options and URLs. */
#ifndef EARSHOT_RUNTIME_HOST_PORT_H
#define EARSHOT_RUNTIME_HOST_PORT_H

#include "earshot/addr.h"

/*
 * Parses "host:port", "[v6]:port" or "host" (default_port) into host and port; for options and URLs
 * without their scheme. Nobody can be reached at port 0. ES_EMALFORMED.
 */
enum { ES_HOST_MAX = 256 };
int
es_host_port_parse(const char *text, uint16_t default_port, char host[ES_HOST_MAX], uint16_t *port);

/* The same for a literal address, for listeners: "127.0.0.1:8080", "[::]:8080"; port 0: the system chooses one. ES_EMALFORMED. */
int es_bind_parse(const char *text, uint16_t default_port, struct es_addr *out);

#endif
